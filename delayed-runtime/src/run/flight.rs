//! Async tasks in tokio's hands.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::Core;
use super::tasks::drop_future;
use crate::error::{Error, ErrorKind};
use crate::node::{Kind, TaskFuture};
use crate::sync::atomic::Ordering;

/// An async task that tokio polls, and then its async successors.
pub(super) struct InFlight {
    pub(super) future: Option<TaskFuture>,
    /// The task it began with, by which the run knows it.
    pub(super) first: u32,
    /// The task whose future this is.
    pub(super) task: u32,
    pub(super) core: Arc<Core>,
}

impl Future for InFlight {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        let core = this.core.clone();
        let Some(scheduler) = core.scheduler.get() else { return Poll::Ready(()) };
        let seat = scheduler.no_seat();
        loop {
            let Some(future) = &mut this.future else { return Poll::Ready(()) };
            let Poll::Ready(result) = core.poll(future, cx) else { return Poll::Pending };
            let Some(future) = this.future.take() else { return Poll::Ready(()) };
            let task = this.task;
            let next = match drop_future(future, result) {
                Ok(()) => core.finished(scheduler, &seat, task),
                Err(cause) => {
                    core.fail(task, cause);
                    None
                }
            };
            let Some(next) = next else {
                core.landed(this.first);
                return Poll::Ready(());
            };
            let is_async = core.plan.order.node(next).work_kind() == Kind::Async;
            if !is_async || core.stopped.load(Ordering::Relaxed) {
                scheduler.put_back(&seat, next);
                core.call_for_help();
                core.landed(this.first);
                return Poll::Ready(());
            }
            match core.call(next) {
                Ok(Some(future)) => {
                    this.future = Some(future);
                    this.task = next;
                }
                Ok(None) => unreachable!("the body of an async task is a future"),
                Err(cause) => {
                    core.fail(next, cause);
                    core.landed(this.first);
                    return Poll::Ready(());
                }
            }
        }
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        // Still there: dropped by an abort, or by a host that shuts down.
        if let Some(future) = self.future.take() {
            if let Err(cause) = drop_future(future, Ok(())) {
                self.core.fail(self.task, cause);
            }
            if !self.core.stopped.load(Ordering::Relaxed) {
                let text = "the tokio runtime that polled the run's async tasks shut down";
                let error = Error::of_run(ErrorKind::Cancelled, self.core.location, text);
                self.core.lock().failure.get_or_insert(error);
                self.core.stop();
            }
            self.core.landed(self.first);
        }
    }
}
