//! Async tasks in tokio's hands.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::Core;
use super::guard::Admitted;
use crate::error::Cause;
use crate::node::{Kind, TaskFuture};
use crate::sync::atomic::Ordering;

/// An async task that tokio polls, and then its async successors.
pub(super) struct InFlight {
    pub(super) stage: Stage,
    /// By which the run knows it. (Not by its task, of which the next attempt may be there before this one has landed.)
    pub(super) number: u64,
    /// The task at hand.
    pub(super) task: u32,
    pub(super) core: Arc<Core>,
}

/// How far a task has come.
pub(super) enum Stage {
    /// Its body is to be called.
    Waiting,
    Begun(TaskFuture),
    /// The run knows nothing of it any more.
    Landed,
}

impl InFlight {
    /// Whether the task at hand may begin, or go on; `None` if its body is not called any more.
    fn begin(&self) -> Option<Admitted> {
        match (&self.stage, &self.core.guard) {
            (Stage::Waiting, _) if self.core.stopped.load(Ordering::Relaxed) => None,
            (Stage::Waiting, Some(guard)) => Some(self.core.admit(guard, self.task)),
            _ => Some(Admitted::Now),
        }
    }

    /// The task at hand goes on: its value is in its slot, or it is pending, or it has failed.
    fn go_on(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Cause>> {
        if matches!(self.stage, Stage::Waiting) {
            let _subscriber = self.core.subscribe();
            match self.core.call_async(self.task) {
                Ok(Some(future)) => self.stage = Stage::Begun(future),
                Ok(None) => unreachable!("the body of an async task is a future"),
                Err(cause) => return Poll::Ready(Err(cause)),
            }
        }
        let Stage::Begun(future) = &mut self.stage else { return Poll::Ready(Ok(())) };
        let Poll::Ready(result) = self.core.poll(self.task, future, cx) else { return Poll::Pending };
        // What the future holds of the run goes before the task counts as finished.
        match std::mem::replace(&mut self.stage, Stage::Waiting) {
            Stage::Begun(future) => Poll::Ready(self.core.drop_future(self.task, future, result)),
            _ => Poll::Ready(result),
        }
    }

    fn land(&mut self) {
        self.stage = Stage::Landed;
        self.core.landed(self.number);
    }
}

impl Future for InFlight {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        let core = this.core.clone();
        let Some(scheduler) = core.scheduler.get() else { return Poll::Ready(()) };
        let seat = scheduler.no_seat();
        while !matches!(this.stage, Stage::Landed) {
            let next = match this.begin() {
                Some(Admitted::Now) => {
                    let Poll::Ready(result) = this.go_on(cx) else { return Poll::Pending };
                    core.go_on(scheduler, &seat, this.task, result)
                }
                Some(Admitted::Skipped) => core.finished(scheduler, &seat, this.task),
                Some(Admitted::Later) | None => None,
            };
            let Some(next) = next else {
                this.land();
                break;
            };
            let is_async = core.plan.order.node(next).work_kind() == Kind::Async;
            // What must be admitted first is for a worker.
            if !is_async || core.guard.is_some() || core.stopped.load(Ordering::Relaxed) {
                scheduler.put_back(&seat, next);
                core.call_for_help();
                this.land();
                break;
            }
            this.task = next;
        }
        Poll::Ready(())
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        // Not landed: dropped by an abort, or by a host that shuts down.
        let future = match std::mem::replace(&mut self.stage, Stage::Landed) {
            Stage::Landed => return,
            Stage::Waiting => None,
            Stage::Begun(future) => Some(future),
        };
        let dropped = future.map(|future| {
            let dropped = self.core.drop_future(self.task, future, Ok(()));
            self.core.attempt_gone(self.task);
            dropped
        });
        if let Some(Err(cause)) = dropped {
            self.core.fail(self.task, cause);
        }
        if !self.core.stopped.load(Ordering::Relaxed) {
            self.core.lose_host();
        }
        self.core.landed(self.number);
    }
}
