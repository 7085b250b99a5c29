//! A run as a future: [`Run`].

use std::fmt;
use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::{Core, Owner};
use crate::error::{Error, ErrorKind};
use crate::host::Caller;
use crate::shape::{Outputs, Shape};
use crate::worker::Pool;

/// A computation under way, as a future: what awaiting a [`Delayed`](crate::Delayed) gives, and
/// [`Runtime::compute_async`](crate::Runtime::compute_async).
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
#[must_use = "a run does nothing until it is awaited, and dropping it cancels it"]
pub struct Run<T> {
    state: State<T>,
    location: &'static Location<'static>,
}

/// Takes the values of a run that is over, in its shape.
type FetchAll<T> = Box<dyn FnOnce(&Core) -> Result<T, Error> + Send>;

enum State<T> {
    /// Refused before it began.
    Refused(Error),
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
        let location = Location::caller();
        let planned = pool.and_then(|pool| {
            let mut outputs = Outputs::default();
            let plan = shape.plan(&mut outputs);
            let core = Core::new(pool.clone(), outputs, Owner::Future, location)?;
            Ok((core, plan))
        });
        let state = match planned {
            Err(error) => State::Refused(error),
            Ok((core, plan)) => State::Going {
                core: Arc::new(core),
                started: false,
                fetch: Box::new(move |core| core.fetch::<S>(plan)),
            },
        };
        Run { state, location }
    }
}

impl<T> Future for Run<T> {
    type Output = Result<T, Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        match std::mem::replace(&mut this.state, State::Done) {
            State::Done => {
                let text = "this run was awaited to its end already";
                Poll::Ready(Err(Error::of_run(ErrorKind::Runtime, this.location, text)))
            }
            State::Refused(error) => Poll::Ready(Err(error)),
            State::Going { core, started, fetch } => {
                if !started && let Err(error) = core.start_awaited() {
                    return Poll::Ready(Err(error));
                }
                if core.poll_end(cx).is_pending() {
                    this.state = State::Going { core, started: true, fetch };
                    return Poll::Pending;
                }
                core.pool.retire(&core);
                Poll::Ready(fetch(&core))
            }
        }
    }
}

impl Core {
    /// Starts a run that has no thread of its own, inside the poll of its future.
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
            State::Refused(_) => "refused",
            State::Going { started: false, .. } => "not started",
            State::Going { .. } => "under way",
            State::Done => "done",
        };
        f.debug_struct("Run").field("state", &state).finish_non_exhaustive()
    }
}
