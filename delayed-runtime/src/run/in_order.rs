//! Runs whose schedule is the plan's order: one thread, no queue, no counts.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;

use super::tasks::Left;
use super::{Core, Mode};
use crate::node::{Kind, TaskFuture};
use crate::worker::{Inside, Slice};

/// How far a run in order has come.
#[derive(Default)]
pub(super) struct InOrder {
    pub(super) next: u32,
    /// The async task under way.
    pub(super) future: Option<(u32, TaskFuture)>,
    pub(super) done: bool,
}

impl Core {
    /// Runs tasks in the plan's order until one is pending or none is left.
    pub(super) fn work_in_order(
        &self,
        state: &mut InOrder,
        cx: &mut Context<'_>,
        mut slice: Option<&mut Slice>,
    ) -> Left {
        let _inside = Inside::sync_tasks();
        while !self.stopped.load(Ordering::Relaxed) {
            if let Some((task, future)) = &mut state.future {
                let polled = self.poll(future, cx);
                let Poll::Ready(result) = polled else { return Left::Idle };
                let task = *task;
                state.future = None;
                if let Err(cause) = result {
                    self.fail(task, cause);
                }
                continue;
            }
            if slice.as_mut().is_some_and(|slice| self.pool.is_wanted() && slice.is_over()) {
                return Left::Yielded;
            }
            if state.next == self.plan.len() {
                state.done = true;
                let mut control = self.lock();
                control.complete = true;
                self.announce(control);
                return Left::Idle;
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
        state.done = true;
        state.future = None;
        Left::Idle
    }

    /// Drives a run of a sequential runtime on the calling thread to its end, sleeping while an async task is pending.
    pub(crate) fn drive_alone(self: &Arc<Self>) {
        let Mode::InOrder(state) = &self.mode else { return };
        let parker = Arc::new(Parker(std::thread::current(), AtomicBool::new(false)));
        let waker = Waker::from(parker.clone());
        let mut cx = Context::from_waker(&waker);
        while !self.is_over() {
            let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
            self.work_in_order(&mut state, &mut cx, None);
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
