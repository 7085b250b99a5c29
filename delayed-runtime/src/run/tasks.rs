//! Tasks as they run: given out, called, polled, finished.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, Waker};

use tokio::runtime::Handle;
use tracing::Instrument;
use tracing::instrument::WithSubscriber;

use super::flight::InFlight;
use super::{Core, Mode};
use crate::error::Cause;
use crate::node::{Kind, Outcome, TaskFuture, kind};
use crate::scheduler::Scheduler;
use crate::worker::{Inside, Slice};

/// Why a thread stopped working on a run.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Left {
    /// Nothing is ready, or the run is over.
    Idle,
    /// Others want the thread's place.
    Yielded,
}

impl Core {
    /// Works on the run's tasks. The thread is attached, and holds a place of the pool.
    pub(crate) fn work(self: &Arc<Self>, slice: &mut Slice) -> Left {
        let _subscriber = self.spans.as_ref().map(|spans| tracing::dispatcher::set_default(&spans.subscriber));
        match &self.mode {
            // Its owner's alone.
            Mode::InOrder(_) => Left::Idle,
            Mode::General(scheduler) => {
                let mut next = None;
                loop {
                    if self.stopped.load(Ordering::Relaxed) {
                        return Left::Idle;
                    }
                    if self.pool.is_wanted(self) && slice.is_over() {
                        if let Some(task) = next {
                            scheduler.put_back(task);
                            self.call_for_help();
                        }
                        return Left::Yielded;
                    }
                    let task = match next.take() {
                        Some(task) => task,
                        None => match scheduler.next() {
                            Some(task) => {
                                if scheduler.has_ready() {
                                    self.call_for_help();
                                }
                                task
                            }
                            None => return Left::Idle,
                        },
                    };
                    next = self.execute(scheduler, task);
                }
            }
        }
    }

    /// Starts the async tasks that need nothing on the calling thread, which is inside their host: they are all under
    /// way before it returns to tokio.
    pub(super) fn launch_sources(self: &Arc<Self>) {
        let Mode::General(scheduler) = &self.mode else { return };
        if !self.plan.has_async {
            return;
        }
        for task in scheduler.next_all() {
            let mut next = Some(task);
            while let Some(task) = next.take() {
                if self.plan.order.node(task).work_kind() == Kind::Async && !self.stopped.load(Ordering::SeqCst) {
                    next = self.execute(scheduler, task);
                } else {
                    scheduler.put_back(task);
                }
            }
        }
    }

    /// Runs one task of the general mode; returns the one to go on with.
    fn execute(self: &Arc<Self>, scheduler: &Scheduler, task: u32) -> Option<u32> {
        match self.call(task) {
            Ok(None) => self.finished(scheduler, task),
            Ok(Some(future)) => self.launch(scheduler, task, future),
            Err(cause) => {
                self.fail(task, cause);
                None
            }
        }
    }

    /// Calls a task's body; a future comes back if it is async.
    pub(super) fn call(&self, task: u32) -> Result<Option<TaskFuture>, Cause> {
        let run = || {
            // SAFETY: the scheduler gives a task out once, after its dependencies (its rule 1), and a run in order
            // follows a topological order. Whoever calls takes part in the run, so holds an `Arc` of it.
            unsafe { self.run_node(task) }
        };
        let span = self.spans.as_ref().map(|spans| self.task_span(task, &spans.parent));
        let outcome = match &span {
            None => run(),
            Some(span) => span.in_scope(run),
        };
        match outcome {
            Outcome::Done => Ok(None),
            Outcome::Failed(cause) => Err(cause),
            Outcome::Later(future) => Ok(Some(match (span, &self.spans) {
                (Some(span), Some(spans)) => {
                    Box::pin(future.instrument(span).with_subscriber(spans.subscriber.clone()))
                }
                _ => future,
            })),
        }
    }

    fn task_span(&self, task: u32, parent: &tracing::Span) -> tracing::Span {
        let node = self.plan.order.node(task);
        tracing::debug_span!(target: "delayed", parent: parent, "task", name = %node.name(), location = %node.location())
    }

    /// # Safety
    /// As [`kind::run`].
    pub(super) unsafe fn run_node(&self, task: u32) -> Outcome {
        let edges = self.plan.value_edges(task);
        let caught = catch_unwind(AssertUnwindSafe(|| {
            // SAFETY: passed on; `owned` was computed from the counts of references.
            unsafe { kind::run(&self.plan.order, &self.slots, edges, task, self.owned.is_sole(task)) }
        }));
        caught.unwrap_or_else(|payload| Outcome::Failed(Cause::panicked(payload)))
    }

    /// Polls an async task within tokio's context.
    pub(super) fn poll(&self, future: &mut TaskFuture, cx: &mut Context<'_>) -> Poll<Result<(), Cause>> {
        let _entered = self.host.get().map(Handle::enter);
        let _async = Inside::async_task();
        match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))) {
            Ok(poll) => poll,
            Err(payload) => Poll::Ready(Err(Cause::panicked(payload))),
        }
    }

    /// Starts an async task: polls it here once, and hands it to tokio if it is pending.
    fn launch(self: &Arc<Self>, scheduler: &Scheduler, task: u32, mut future: TaskFuture) -> Option<u32> {
        let mut cx = Context::from_waker(Waker::noop());
        match self.poll(&mut future, &mut cx) {
            Poll::Ready(result) => {
                // What the future holds of the run goes before the task counts as finished.
                let result = drop_future(future, result);
                match result {
                    Ok(()) => self.finished(scheduler, task),
                    Err(cause) => {
                        self.fail(task, cause);
                        None
                    }
                }
            }
            Poll::Pending => {
                self.spawn(task, future);
                None
            }
        }
    }

    fn spawn(self: &Arc<Self>, task: u32, future: TaskFuture) {
        self.lock().in_flight.insert(task, None);
        let flight = InFlight { future: Some(future), first: task, task, core: self.clone() };
        let host = self.host.get().expect("a run with async tasks starts with a host");
        let abort = host.spawn(flight).abort_handle();
        let mut control = self.lock();
        if let Some(place) = control.in_flight.get_mut(&task) {
            *place = Some(abort.clone());
            if self.stopped.load(Ordering::SeqCst) {
                drop(control);
                abort.abort();
            }
        }
    }
}

/// Drops a future that is done; a panic of a destructor in it is the task's failure.
pub(super) fn drop_future(future: TaskFuture, result: Result<(), Cause>) -> Result<(), Cause> {
    match catch_unwind(AssertUnwindSafe(|| drop(future))) {
        Ok(()) => result,
        Err(payload) => result.and(Err(Cause::panicked(payload))),
    }
}
