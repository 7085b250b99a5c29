//! What runs graphs: [`Runtime`], its builder, and the free functions on the default one.

use std::fmt;
use std::panic::Location;
use std::sync::{Arc, OnceLock};

use crate::error::Error;
use crate::run::{self, Run};
use crate::shape::Shape;
use crate::worker::{Counts, Pool};

/// The runtime of the free functions.
static STANDARD: OnceLock<Runtime> = OnceLock::new();

/// The environment variable that sets the number of workers of the default runtime.
const WORKERS: &str = "DELAYED_WORKERS";

/// What runs graphs: at most `workers` sync tasks at a time, async ones on tokio.
///
/// A thread that calls [`compute`](Self::compute) works too, in the place of one worker; threads are started when a
/// second task is ready. Dropping a runtime neither blocks nor panics; runs under way go on.
///
/// # Examples
/// ```
/// use delayed_runtime::{Runtime, value};
///
/// let runtime = Runtime::builder().workers(2).build()?;
/// assert_eq!(runtime.compute(value(1).map(|x| x + 1))?, 2);
/// # Ok::<(), delayed_runtime::Error>(())
/// ```
pub struct Runtime {
    pool: Arc<Pool>,
}

impl fmt::Debug for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut f = f.debug_struct("Runtime");
        if self.pool.is_sequential() {
            f.field("sequential", &true)
        } else {
            f.field("workers", &self.workers())
        };
        f.finish_non_exhaustive()
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        self.pool.close();
    }
}

impl Runtime {
    /// Settings for a runtime.
    ///
    /// # Examples
    /// ```
    /// let runtime = delayed_runtime::Runtime::builder().workers(3).build()?;
    /// assert_eq!(runtime.workers(), 3);
    /// # Ok::<(), delayed_runtime::Error>(())
    /// ```
    pub fn builder() -> Builder {
        Builder { workers: None, in_flight: None }
    }

    /// A runtime that runs everything on the calling thread, in one fixed order: depth-first, dependencies in the
    /// order of the arguments. An async task is polled to its end before the next task begins.
    ///
    /// # Examples
    /// ```
    /// use delayed_runtime::{Runtime, value};
    ///
    /// let here = std::thread::current().id();
    /// let there = value(()).map(|()| std::thread::current().id());
    /// assert_eq!(Runtime::sequential().compute(there)?, here);
    /// # Ok::<(), delayed_runtime::Error>(())
    /// ```
    pub fn sequential() -> Runtime {
        Runtime { pool: Pool::sequential() }
    }

    /// The runtime of the free functions: as many workers as cores, or as `DELAYED_WORKERS` says, unless another was
    /// installed.
    #[track_caller]
    pub(crate) fn standard() -> Result<&'static Runtime, Error> {
        if let Some(runtime) = STANDARD.get() {
            return Ok(runtime);
        }
        let made = Runtime::builder().build()?;
        Ok(STANDARD.get_or_init(|| made))
    }

    pub(crate) fn pool(&self) -> &Arc<Pool> {
        &self.pool
    }

    /// How many sync tasks run at a time, at most.
    pub fn workers(&self) -> usize {
        self.pool.workers()
    }

    /// Runs the graph behind a shape of handles and returns the same shape of values; shared nodes run once.
    ///
    /// Owned handles move their values out; `&handle` clones where somebody else still uses the value.
    ///
    /// # Errors
    /// The first failure of a task; [`ErrorKind::Runtime`](crate::ErrorKind::Runtime) if the run could not start:
    /// called inside a current-thread tokio runtime (use [`compute_async`](Self::compute_async) there), or a value
    /// that can be neither moved nor cloned.
    ///
    /// # Examples
    /// ```
    /// use delayed_runtime::{Runtime, value};
    ///
    /// let runtime = Runtime::builder().workers(2).build()?;
    /// let x = value(3);
    /// let squares = vec![&x * &x, &x * 3 * &x];
    /// assert_eq!(runtime.compute((squares, "plain"))?, (vec![9, 27], "plain"));
    /// # Ok::<(), delayed_runtime::Error>(())
    /// ```
    #[cfg_attr(
        not(any(doc, docsrs, rust_analyzer, miri)),
        deprecated(
            since = "TBD",
            note = "nested_delayed: `compute` in a task runs a graph of its own while the task waits. Build one graph: take the value as a parameter, and pass the handle where the task is called. `#[delayed(allow(nested_delayed))]` on the function around switches this off"
        )
    )]
    #[track_caller]
    pub fn compute<S: Shape>(&self, shape: S) -> Result<S::Output, Error> {
        run::compute(&self.pool, shape, Location::caller())
    }

    /// [`compute`](Self::compute) for async code, on any executor: the future borrows nothing.
    ///
    /// # Cancel safety
    /// Dropping the future cancels the run.
    ///
    /// # Examples
    /// ```
    /// use delayed_runtime::{Runtime, value};
    ///
    /// let runtime = Runtime::builder().workers(1).build()?;
    /// let run = runtime.compute_async((value(1) + 1, value(2) + 2));
    /// assert_eq!(futures::executor::block_on(run)?, (2, 4));
    /// # Ok::<(), delayed_runtime::Error>(())
    /// ```
    #[track_caller]
    pub fn compute_async<S: Shape>(&self, shape: S) -> Run<S::Output> {
        Run::awaited(Ok(&self.pool), shape)
    }
}

/// What a runtime's threads did so far; for tests.
pub fn counts(runtime: &Runtime) -> Counts {
    runtime.pool.counts()
}

/// Settings for a [`Runtime`].
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing until `.build()` or `.install()`"]
pub struct Builder {
    workers: Option<usize>,
    in_flight: Option<usize>,
}

impl Builder {
    /// How many sync tasks run at a time, at most: 1 or more. Without it as many as there are cores, or as the
    /// environment variable `DELAYED_WORKERS` says.
    pub fn workers(mut self, n: usize) -> Builder {
        self.workers = Some(n);
        self
    }

    /// How many async tasks are under way at a time, at most: 1 or more; over all runs of the runtime. Without it there
    /// is no bound: ten thousand tasks that sleep overlap.
    ///
    /// Set it where async tasks make large values faster than others use them up: no more than so many are being made,
    /// and while sync tasks wait to use what is there, no further one is started.
    ///
    /// A run that an async task asks for on the same runtime is not bounded: the task has a place, and the two would wait
    /// for each other. (They do if the run is asked for on another thread, in `spawn_blocking` say, and the task waits
    /// for that.)
    ///
    /// # Examples
    /// ```
    /// use delayed_runtime::{CallAsync, Runtime, delayed_async};
    ///
    /// let runtime = Runtime::builder().async_in_flight(2).build()?;
    /// let load = delayed_async(|id: u64| async move { vec![id; 1000] });
    /// let lengths: Vec<_> = (0..10).map(|id| load.call((id,)).map_ref(|block: &Vec<u64>| block.len())).collect();
    /// assert_eq!(runtime.compute(lengths)?, [1000; 10]);
    /// # Ok::<(), delayed_runtime::Error>(())
    /// ```
    pub fn async_in_flight(mut self, n: usize) -> Builder {
        self.in_flight = Some(n);
        self
    }

    /// Makes the runtime. Its threads are started when there is work for them.
    ///
    /// # Errors
    /// If the number of workers or of async tasks in flight is 0, or `DELAYED_WORKERS` is asked and is not a number
    /// above 0.
    ///
    /// # Examples
    /// ```
    /// assert!(delayed_runtime::Runtime::builder().workers(0).build().is_err());
    /// ```
    #[track_caller]
    pub fn build(self) -> Result<Runtime, Error> {
        let workers = match self.workers {
            Some(0) => return Err(Error::of_settings("`workers(0)` could run nothing; write 1 or more")),
            Some(workers) => workers,
            None => standard_workers()?,
        };
        if self.in_flight == Some(0) {
            return Err(Error::of_settings("`async_in_flight(0)` could start nothing; write 1 or more"));
        }
        Ok(Runtime { pool: Pool::new(workers, self.in_flight) })
    }

    /// Makes the runtime the one of the free functions and of `.compute()`; possible once, before their first use.
    ///
    /// # Errors
    /// As [`build`](Self::build), and if there is a default runtime already.
    ///
    /// # Examples
    /// ```
    /// delayed_runtime::Runtime::builder().workers(1).install()?;
    /// assert_eq!(delayed_runtime::value(1).map(|x| x + 1).compute()?, 2);
    /// # Ok::<(), delayed_runtime::Error>(())
    /// ```
    #[track_caller]
    pub fn install(self) -> Result<(), Error> {
        let runtime = self.build()?;
        match STANDARD.set(runtime) {
            Ok(()) => Ok(()),
            Err(_) => Err(Error::of_settings(
                "there is a default runtime already; call `install()` once, before anything is computed",
            )),
        }
    }
}

#[track_caller]
fn standard_workers() -> Result<usize, Error> {
    match std::env::var_os(WORKERS) {
        None => Ok(std::thread::available_parallelism().map_or(1, usize::from)),
        Some(text) => match text.to_str().and_then(|text| text.trim().parse().ok()) {
            Some(workers) if workers > 0 => Ok(workers),
            _ => Err(Error::of_settings(format!(
                "`{WORKERS}={}` is no number of workers; write 1 or more",
                text.display()
            ))),
        },
    }
}

/// Runs the graph behind a shape of handles on the default runtime and returns the same shape of values; see
/// [`Runtime::compute`].
///
/// # Errors
/// As [`Runtime::compute`], and if `DELAYED_WORKERS` is no number above 0.
///
/// # Examples
/// ```
/// use delayed_runtime::{compute, value};
///
/// let base = value(20);
/// let (double, sum) = compute((&base * 2, &base + 1))?;
/// assert_eq!((double, sum), (40, 21));
/// # Ok::<(), delayed_runtime::Error>(())
/// ```
#[cfg_attr(
    not(any(doc, docsrs, rust_analyzer, miri)),
    deprecated(
        since = "TBD",
        note = "nested_delayed: `compute` in a task runs a graph of its own while the task waits. Build one graph: take the value as a parameter, and pass the handle where the task is called. `#[delayed(allow(nested_delayed))]` on the function around switches this off"
    )
)]
#[track_caller]
pub fn compute<S: Shape>(shape: S) -> Result<S::Output, Error> {
    run::compute(Runtime::standard()?.pool(), shape, Location::caller())
}
