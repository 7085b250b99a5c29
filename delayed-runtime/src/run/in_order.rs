//! Runs whose schedule is the plan's order: one thread, no queue, no counts.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;

use super::tasks::drop_future;
use super::{Core, Mode};
use crate::node::{Kind, TaskFuture};
use crate::panic::quietly;
use crate::worker::Inside;

/// How far a run in order has come.
#[derive(Default)]
pub(super) struct InOrder {
    pub(super) next: u32,
    /// The async task under way.
    pub(super) future: Option<(u32, TaskFuture)>,
}

impl InOrder {
    fn drop_pending(&mut self) {
        let future = self.future.take();
        quietly(|| drop(future));
    }
}

impl Core {
    /// Runs tasks in the plan's order until one is pending or none is left.
    pub(super) fn work_in_order(&self, state: &mut InOrder, cx: &mut Context<'_>) {
        let _inside = Inside::sync_tasks();
        while !self.stopped.load(Ordering::Relaxed) {
            if let Some((task, mut future)) = state.future.take() {
                let Poll::Ready(result) = self.poll(&mut future, cx) else {
                    state.future = Some((task, future));
                    return;
                };
                if let Err(cause) = drop_future(future, result) {
                    self.fail(task, cause);
                }
                continue;
            }
            if state.next == self.plan.len() {
                let mut control = self.lock();
                control.complete = true;
                self.announce(control);
                return;
            }
            let task = state.next;
            state.next += 1;
            if self.plan.order.node(task).kind() == Kind::Data {
                continue;
            }
            match self.call(task) {
                Ok(None) => {}
                Ok(Some(future)) => state.future = Some((task, future)),
                Err(cause) => self.fail(task, cause),
            }
        }
        state.drop_pending();
    }

    /// Drops the async task under way of a run in order that has stopped, unless the thread that works on it will.
    pub(super) fn drop_pending(&self) {
        if let Mode::InOrder(state) = &self.mode
            && let Ok(mut state) = state.try_lock()
        {
            state.drop_pending();
        }
    }

    /// Drives a run of a sequential runtime on the calling thread to its end, sleeping while an async task is pending.
    pub(crate) fn drive_alone(self: &Arc<Self>) {
        let Mode::InOrder(state) = &self.mode else { return };
        let parker = Arc::new(Parker(std::thread::current(), AtomicBool::new(false)));
        let waker = Waker::from(parker.clone());
        let mut cx = Context::from_waker(&waker);
        while !self.is_over() {
            let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
            self.work_in_order(&mut state, &mut cx);
            let pending = state.future.is_some();
            drop(state);
            while pending && !parker.1.swap(false, Ordering::AcqRel) {
                std::thread::park();
            }
        }
    }
}

/// Wakes the thread that drives a run alone.
struct Parker(Thread, AtomicBool);

impl Wake for Parker {
    fn wake(self: Arc<Self>) {
        self.1.store(true, Ordering::Release);
        self.0.unpark();
    }
}
