//! A run as a future: [`Run`], and [`TryRun`] for each output's value or failure.

use std::fmt;
use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use super::compute::blocking;
use super::{Core, Mode, Owner};
use crate::cancel::{CancelToken, Registered};
use crate::error::{Error, ErrorKind};
use crate::host::Caller;
use crate::shape::{Fetch, Outputs, Shape};
use crate::worker::{self, Pool};

/// A computation under way: what awaiting a [`Delayed`](crate::Delayed) gives, and
/// [`Runtime::compute_async`](crate::Runtime::compute_async), which begin when they are first polled, and
/// [`Runtime::start`](crate::Runtime::start), which begins at once. It is a future, and can be [waited for](Run::wait).
///
/// # Cancel safety
/// Dropping it cancels the run: async tasks are dropped at their await point, sync ones finish their body and their
/// value is dropped.
///
/// # Examples
/// ```
/// # futures::executor::block_on(async {
/// use std::future::IntoFuture;
///
/// let run = delayed_runtime::value(1).map(|x| x + 1).into_future();
/// assert_eq!(run.await?, 2);
/// # Ok::<(), delayed_runtime::Error>(())
/// # }).unwrap();
/// ```
#[must_use = "dropping a run cancels it: await it, or call `.wait()`"]
pub struct Run<T> {
    state: State<T>,
    tokens: Vec<Registered>,
    location: &'static Location<'static>,
}

/// Takes the values of a run that is over, in its shape; or says why there are none.
/// (Under a lock that nobody waits for, so that a run can be shared between threads.)
type FetchAll<T> = Mutex<Box<dyn FnOnce(Result<&Core, Error>) -> Result<T, Error> + Send>>;

enum State<T> {
    /// Refused before it began.
    Refused(Error, FetchAll<T>),
    Going {
        core: Arc<Core>,
        started: bool,
        fetch: FetchAll<T>,
    },
    Done,
}

impl<T: 'static> Run<T> {
    /// A run that starts when it is first polled.
    #[track_caller]
    pub(crate) fn awaited<S: Shape<Output = T>>(pool: Result<&Arc<Pool>, Error>, shape: S) -> Run<T> {
        let mut outputs = Outputs::default();
        let plan = shape.plan(&mut outputs);
        let fetch: FetchAll<T> = Mutex::new(Box::new(move |over| over?.fetch::<S>(plan)));
        Run::new(pool, outputs, Mode::All, fetch, Location::caller())
    }

    /// A run that starts now.
    #[track_caller]
    pub(crate) fn started<S: Shape<Output = T>>(pool: &Arc<Pool>, shape: S) -> Run<T> {
        let mut run = Run::awaited(Ok(pool), shape);
        if let State::Going { core, started, .. } = &mut run.state
            && !core.pool.is_sequential()
        {
            *started = true;
            if let Err(error) = core.start_awaited()
                && let State::Going { fetch, .. } = std::mem::replace(&mut run.state, State::Done)
            {
                run.state = State::Refused(error, fetch);
            }
        }
        run
    }

    fn new(
        pool: Result<&Arc<Pool>, Error>,
        outputs: Outputs,
        mode: Mode,
        fetch: FetchAll<T>,
        location: &'static Location<'static>,
    ) -> Run<T> {
        let planned = pool.and_then(|pool| Core::new(pool.clone(), outputs, Owner::Future, mode, location));
        let state = match planned {
            Err(error) => State::Refused(error, fetch),
            Ok(core) => State::Going { core, started: false, fetch },
        };
        Run { state, tokens: Vec::new(), location }
    }
}

impl<T> Run<T> {
    /// Cancels the run: async tasks are dropped at their await point, sync ones finish their body and their value is
    /// dropped. The run ends, with [`ErrorKind::Cancelled`] unless it was over, without waiting for these.
    ///
    /// # Examples
    /// ```
    /// use delayed_runtime::{CallAsync, ErrorKind, Runtime, delayed_async};
    ///
    /// let hang = delayed_async(|()| std::future::pending::<()>());
    /// let run = Runtime::builder().workers(1).build()?.start(hang.call(((),)));
    /// run.cancel();
    /// assert_eq!(run.wait().unwrap_err().kind(), ErrorKind::Cancelled);
    /// # Ok::<(), delayed_runtime::Error>(())
    /// ```
    pub fn cancel(&self) {
        if let State::Going { core, .. } = &self.state {
            core.cancel();
        }
    }

    /// The run is cancelled with the token, too; at once, if that was.
    ///
    /// # Examples
    /// ```
    /// use delayed_runtime::{CallAsync, CancelToken, Runtime, delayed_async};
    ///
    /// let token = CancelToken::new();
    /// let hang = delayed_async(|()| std::future::pending::<()>());
    /// let runtime = Runtime::builder().workers(1).build()?;
    /// let runs: Vec<_> = (0..3).map(|_| runtime.start(hang.call(((),))).cancelled_by(&token)).collect();
    /// token.cancel();
    /// assert!(runs.into_iter().all(|run| run.wait().is_err()));
    /// # Ok::<(), delayed_runtime::Error>(())
    /// ```
    pub fn cancelled_by(mut self, token: &CancelToken) -> Run<T> {
        if let State::Going { core, .. } = &self.state {
            self.tokens.push(token.register(core));
        }
        self
    }

    /// Blocks until the run is over, and takes part in it: the thread runs tasks in the place of one worker.
    ///
    /// # Errors
    /// The first failure of a task; [`ErrorKind::Cancelled`] if the run was cancelled; [`ErrorKind::Runtime`] if it
    /// could not start, or if this is called inside a current-thread tokio runtime, where the run is to be awaited.
    ///
    /// # Examples
    /// ```
    /// use delayed_runtime::{Runtime, value};
    ///
    /// let run = Runtime::builder().workers(2).build()?.start(value(1).map(|x| x + 1));
    /// assert_eq!(run.wait()?, 2);
    /// # Ok::<(), delayed_runtime::Error>(())
    /// ```
    pub fn wait(mut self) -> Result<T, Error> {
        match std::mem::replace(&mut self.state, State::Done) {
            State::Done => Err(self.is_done()),
            State::Refused(error, fetch) => take(fetch)(Err(error)),
            State::Going { core, started, fetch } => {
                let refuse = "`wait()` would block a current-thread tokio runtime; write `.await` on the run instead";
                let waited = blocking(self.location, refuse, |_| {
                    if !started {
                        core.start_awaited()?;
                    }
                    worker::drive(&core);
                    Ok(())
                });
                match waited.and_then(|waited| waited) {
                    Ok(()) => take(fetch)(Ok(&core)),
                    Err(error) => {
                        core.stop();
                        take(fetch)(Err(error))
                    }
                }
            }
        }
    }

    fn is_done(&self) -> Error {
        let text = "this run was awaited to its end already";
        Error::of_run(ErrorKind::Runtime, self.location, text)
    }
}

fn take<T>(fetch: Mutex<T>) -> T {
    fetch.into_inner().unwrap_or_else(PoisonError::into_inner)
}

impl<T> Future for Run<T> {
    type Output = Result<T, Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        match std::mem::replace(&mut this.state, State::Done) {
            State::Done => Poll::Ready(Err(this.is_done())),
            State::Refused(error, fetch) => Poll::Ready(take(fetch)(Err(error))),
            State::Going { core, started, fetch } => {
                if !started && let Err(error) = core.start_awaited() {
                    return Poll::Ready(take(fetch)(Err(error)));
                }
                if core.poll_end(cx).is_pending() {
                    this.state = State::Going { core, started: true, fetch };
                    return Poll::Pending;
                }
                core.pool.retire(&core);
                Poll::Ready(take(fetch)(Ok(&core)))
            }
        }
    }
}

/// A computation under way, as a future of each output's value or failure:
/// [`Runtime::try_compute_async`](crate::Runtime::try_compute_async).
///
/// # Cancel safety
/// Dropping it cancels the run. Polled after its end it is pending for ever.
///
/// # Examples
/// ```
/// # futures::executor::block_on(async {
/// use delayed_runtime::{Runtime, value};
///
/// let runtime = Runtime::builder().workers(1).build()?;
/// let (good, bad) = (value("2"), value("x"));
/// let parse = |text: delayed_runtime::Delayed<&'static str>| text.map(|text| text.parse::<i32>()).or_fail();
/// let (good, bad) = runtime.try_compute_async((parse(good), parse(bad))).await;
/// assert!(good.is_ok() || bad.is_err());
/// # Ok::<(), delayed_runtime::Error>(())
/// # }).unwrap();
/// ```
#[must_use = "a run does nothing until it is awaited, and dropping it cancels it"]
#[derive(Debug)]
pub struct TryRun<T>(Run<T>);

impl<T: 'static> TryRun<T> {
    /// A run that starts when it is first polled.
    #[track_caller]
    pub(crate) fn awaited<S: Shape<Tried = T>>(pool: Result<&Arc<Pool>, Error>, shape: S) -> TryRun<T> {
        let mut outputs = Outputs::default();
        let plan = shape.plan(&mut outputs);
        let fetch: FetchAll<T> = Mutex::new(Box::new(move |over| {
            Ok(match over {
                Ok(core) => core.fetch_each::<S>(plan),
                Err(error) => S::try_get(plan, &mut Fetch::refused(error)),
            })
        }));
        TryRun(Run::new(pool, outputs, Mode::Each, fetch, Location::caller()))
    }
}

impl<T> TryRun<T> {
    /// Cancels the run, as [`Run::cancel`] does: what has no value by then has
    /// [`ErrorKind::Cancelled`](crate::ErrorKind::Cancelled).
    pub fn cancel(&self) {
        self.0.cancel();
    }

    /// The run is cancelled with the token, too; see [`Run::cancelled_by`].
    pub fn cancelled_by(self, token: &CancelToken) -> TryRun<T> {
        TryRun(self.0.cancelled_by(token))
    }
}

impl<T> Future for TryRun<T> {
    type Output = T;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        match Pin::new(&mut self.get_mut().0).poll(cx) {
            Poll::Ready(Ok(each)) => Poll::Ready(each),
            // It was awaited to its end before.
            Poll::Ready(Err(_)) | Poll::Pending => Poll::Pending,
        }
    }
}

impl Core {
    /// Starts a run that has no thread of its own.
    fn start_awaited(self: &Arc<Self>) -> Result<(), Error> {
        self.start(Caller::current().into_handle())?;
        self.launch_sources();
        if self.pool.submit(self) {
            return Ok(());
        }
        self.stop();
        let text = "the system starts no thread for the run's tasks; call `compute()` from a thread of your own";
        Err(Error::of_run(ErrorKind::Runtime, self.location, text))
    }

    /// Whether the run is over; if not, the task of `cx` is woken when it is. A sequential run goes on here.
    pub(super) fn poll_end(&self, cx: &mut Context<'_>) -> Poll<()> {
        if let Some(in_order) = &self.in_order {
            self.poll_in_order(in_order, cx);
        }
        let waker = cx.waker().clone();
        let mut control = self.lock();
        if self.over(&control) {
            return Poll::Ready(());
        }
        let before = control.waker.replace(waker);
        // Not under the lock: a waker's drop is its executor's affair.
        drop(control);
        drop(before);
        Poll::Pending
    }
}

impl<T> Drop for Run<T> {
    fn drop(&mut self) {
        if let State::Going { core, .. } = &self.state {
            core.stop();
        }
    }
}

impl<T> fmt::Debug for Run<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match &self.state {
            State::Refused(..) => "refused",
            State::Going { started: false, .. } => "not started",
            State::Going { .. } => "under way",
            State::Done => "done",
        };
        f.debug_struct("Run").field("state", &state).finish_non_exhaustive()
    }
}
