//! What runs graphs: [`Runtime`], its builder, and the free functions on the default one.

use std::borrow::Cow;
use std::fmt;
use std::panic::Location;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use crate::cancel::CancelToken;
use crate::error::Error;
use crate::limit::Limit;
use crate::policy::OnFailure;
use crate::run::{self, Run, TryRun};
use crate::shape::Shape;
use crate::worker::{Counts, Pool, Settings};

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
        Builder(Settings::default())
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

    /// [`compute`](Self::compute), with each handle's value or failure in the place of the handle; what is plain in the
    /// shape stays plain.
    ///
    /// A task that did not run because of a failure has [`ErrorKind::Skipped`](crate::ErrorKind::Skipped), with the
    /// failure as its source. With [`OnFailure::Stop`], what the run did not come to has
    /// [`ErrorKind::Cancelled`](crate::ErrorKind::Cancelled). If the run cannot start, each handle has that error.
    ///
    /// # Examples
    /// ```
    /// use delayed_runtime::{OnFailure, Runtime, value};
    ///
    /// let runtime = Runtime::builder().workers(2).on_failure(OnFailure::Continue).build()?;
    /// let numbers = ["1", "two", "3"].map(|text| value(text).map(|text| text.parse::<i32>()).or_fail());
    /// let sum = numbers[0].clone() + &numbers[1];
    /// let (numbers, sum) = runtime.try_compute((numbers, sum));
    /// assert_eq!(numbers.map(|number| number.ok()), [Some(1), None, Some(3)]);
    /// assert_eq!(sum.unwrap_err().kind(), delayed_runtime::ErrorKind::Skipped);
    /// # Ok::<(), delayed_runtime::Error>(())
    /// ```
    #[cfg_attr(
        not(any(doc, docsrs, rust_analyzer, miri)),
        deprecated(
            since = "TBD",
            note = "nested_delayed: `try_compute` in a task runs a graph of its own while the task waits. Build one graph: take the value as a parameter, and pass the handle where the task is called. `#[delayed(allow(nested_delayed))]` on the function around switches this off"
        )
    )]
    #[must_use = "each handle's failure is in here"]
    #[track_caller]
    pub fn try_compute<S: Shape>(&self, shape: S) -> S::Tried {
        run::try_compute(Ok(&self.pool), shape, Location::caller())
    }

    /// [`try_compute`](Self::try_compute) for async code, on any executor: the future borrows nothing.
    ///
    /// # Cancel safety
    /// Dropping the future cancels the run.
    ///
    /// # Examples
    /// ```
    /// use delayed_runtime::{Runtime, value};
    ///
    /// let runtime = Runtime::builder().workers(1).build()?;
    /// let each = runtime.try_compute_async([value(1) + 1, value(2) + 2]);
    /// let [two, four] = futures::executor::block_on(each);
    /// assert_eq!((two?, four?), (2, 4));
    /// # Ok::<(), delayed_runtime::Error>(())
    /// ```
    #[track_caller]
    pub fn try_compute_async<S: Shape>(&self, shape: S) -> TryRun<S::Tried> {
        TryRun::awaited(Ok(&self.pool), shape)
    }

    /// Begins to compute a shape, and returns at once: a run that can be awaited, [waited for](Run::wait) and
    /// [cancelled](Run::cancel). Dropping it cancels it. It borrows nothing, and outlives the runtime.
    ///
    /// On a [sequential](Self::sequential) runtime, the run goes on in [`wait`](Run::wait), or when it is polled.
    ///
    /// # Examples
    /// ```
    /// use delayed_runtime::{Runtime, value};
    ///
    /// let runtime = Runtime::builder().workers(2).build()?;
    /// let run = runtime.start((value(1) + 1, value(2) + 2));
    /// // Meanwhile, something else.
    /// assert_eq!(run.wait()?, (2, 4));
    /// # Ok::<(), delayed_runtime::Error>(())
    /// ```
    #[track_caller]
    pub fn start<S: Shape>(&self, shape: S) -> Run<S::Output> {
        Run::started(&self.pool, shape)
    }

    /// How many bytes the values of the runtime's runs held together at most, as [`Weigh`](crate::Weigh) counts them; 0
    /// without a [`memory_limit`](Builder::memory_limit).
    pub fn peak_memory(&self) -> usize {
        self.pool.memory().map_or(0, Limit::peak)
    }
}

/// What a runtime's threads did so far; for tests.
pub fn counts(runtime: &Runtime) -> Counts {
    runtime.pool.counts()
}

/// Settings for a [`Runtime`].
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing until `.build()` or `.install()`"]
pub struct Builder(Settings);

impl Builder {
    /// How many sync tasks run at a time, at most: 1 or more. Without it as many as there are cores, or as the
    /// environment variable `DELAYED_WORKERS` says.
    pub fn workers(mut self, n: usize) -> Builder {
        self.0.workers = Some(n);
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
        self.0.in_flight = Some(n);
        self
    }

    /// How many tasks that count against the limit `name` run at a time, at most: 1 or more; over all runs of the
    /// runtime, fair between them. Tasks count against it by `#[delayed(limit = "..")]` or
    /// [`.limit(..)`](crate::Delayed::limit). One that waits for its place holds no worker, and nothing else.
    ///
    /// # Examples
    /// ```
    /// use delayed_runtime::{Runtime, value};
    ///
    /// let runtime = Runtime::builder().limit("db", 2).build()?;
    /// let rows: Vec<_> = (0..10).map(|id| value(id).map(|id| id * 2).limit("db")).collect();
    /// assert_eq!(runtime.compute(rows)?.len(), 10);
    /// # Ok::<(), delayed_runtime::Error>(())
    /// ```
    pub fn limit(mut self, name: impl Into<Cow<'static, str>>, n: usize) -> Builder {
        self.0.limits.push((name.into(), n));
        self
    }

    /// What becomes of a run when a task fails: [`OnFailure::Stop`] without it.
    pub fn on_failure(mut self, policy: OnFailure) -> Builder {
        self.0.on_failure = policy;
        self
    }

    /// How many bytes the values of all runs together should hold at most. While they hold more, no task without
    /// inputs starts as long as anything else can go on; a single task whose value is larger runs alone. Values are
    /// counted as [`Weigh`](crate::Weigh) says, from when their task has ended until nobody needs them.
    ///
    /// # Examples
    /// ```
    /// use delayed_runtime::{CallByValue as _, Runtime, delayed};
    ///
    /// let runtime = Runtime::builder().workers(2).memory_limit(64 << 20).build()?;
    /// let load = delayed(|id: u64| vec![id; 1000]);
    /// let sums: Vec<_> = (0..100).map(|id| load.call((id,)).map_ref(|row: &Vec<u64>| row.iter().sum::<u64>())).collect();
    /// assert_eq!(runtime.compute(sums)?.len(), 100);
    /// # Ok::<(), delayed_runtime::Error>(())
    /// ```
    pub fn memory_limit(mut self, bytes: usize) -> Builder {
        self.0.memory = Some(bytes);
        self
    }

    /// How long a run may take, from its start. One that takes longer is stopped, and ends with
    /// [`ErrorKind::TimedOut`](crate::ErrorKind::TimedOut) once its sync bodies have ended.
    ///
    /// # Examples
    /// ```
    /// use std::time::Duration;
    /// use delayed_runtime::{CallAsync, ErrorKind, Runtime, delayed_async};
    ///
    /// let runtime = Runtime::builder().workers(1).deadline(Duration::from_millis(10)).build()?;
    /// let hang = delayed_async(|()| std::future::pending::<()>());
    /// assert_eq!(runtime.compute(hang.call(((),))).unwrap_err().kind(), ErrorKind::TimedOut);
    /// # Ok::<(), delayed_runtime::Error>(())
    /// ```
    pub fn deadline(mut self, time: Duration) -> Builder {
        self.0.deadline = Some(time);
        self
    }

    /// All runs are cancelled with this token.
    pub fn cancel_token(mut self, token: &CancelToken) -> Builder {
        self.0.token = Some(token.clone());
        self
    }

    /// Makes the runtime. Its threads are started when there is work for them.
    ///
    /// # Errors
    /// If the number of workers, of async tasks in flight or of a limit is 0, or the deadline is; if a limit is set twice
    /// or has no name; or if `DELAYED_WORKERS` is asked and is not a number
    /// above 0.
    ///
    /// # Examples
    /// ```
    /// assert!(delayed_runtime::Runtime::builder().workers(0).build().is_err());
    /// ```
    #[track_caller]
    pub fn build(self) -> Result<Runtime, Error> {
        let Builder(settings) = self;
        let workers = match settings.workers {
            Some(0) => return Err(Error::of_settings("`workers(0)` could run nothing; write 1 or more")),
            Some(workers) => workers,
            None => standard_workers()?,
        };
        if settings.in_flight == Some(0) {
            return Err(Error::of_settings("`async_in_flight(0)` could start nothing; write 1 or more"));
        }
        if settings.deadline == Some(Duration::ZERO) {
            return Err(Error::of_settings("a deadline of 0 would end every run; write a longer one, or none"));
        }
        for (index, (name, places)) in settings.limits.iter().enumerate() {
            if name.is_empty() {
                return Err(Error::of_settings("a limit has an empty name; write the name that tasks count against"));
            }
            if *places == 0 {
                let text = format!("`limit(\"{name}\", 0)` could start none of its tasks; write 1 or more");
                return Err(Error::of_settings(text));
            }
            if settings.limits[..index].iter().any(|(other, _)| other == name) {
                return Err(Error::of_settings(format!("the limit `{name}` is set twice; set it once")));
            }
        }
        Ok(Runtime { pool: Pool::of(workers, settings) })
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

/// Each handle's value or failure, in the same shape, on the default runtime; see [`Runtime::try_compute`].
///
/// # Examples
/// ```
/// use delayed_runtime::{try_compute, value};
///
/// let bad = value("x").map(|text| text.parse::<i32>()).or_fail();
/// let (bad, good) = try_compute((bad, value(1)));
/// assert!(bad.is_err());
/// assert_eq!(good?, 1);
/// # Ok::<(), delayed_runtime::Error>(())
/// ```
#[cfg_attr(
    not(any(doc, docsrs, rust_analyzer, miri)),
    deprecated(
        since = "TBD",
        note = "nested_delayed: `try_compute` in a task runs a graph of its own while the task waits. Build one graph: take the value as a parameter, and pass the handle where the task is called. `#[delayed(allow(nested_delayed))]` on the function around switches this off"
    )
)]
#[must_use = "each handle's failure is in here"]
#[track_caller]
pub fn try_compute<S: Shape>(shape: S) -> S::Tried {
    run::try_compute(Runtime::standard().map(Runtime::pool), shape, Location::caller())
}
