//! Attempts with a time limit, of async tasks; and tasks that may block, on threads of tokio's for that.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use super::Core;
use super::guard::Next;
use crate::error::{Cause, ErrorKind};
use crate::node::TaskFuture;
use crate::panic::quietly;
use crate::sync::Instant;
use crate::sync::atomic::{AtomicU8, Ordering};
use crate::timer::{self, Alarm, Sleep};
use crate::worker::Inside;

/// The cause of an attempt that took longer than it may.
pub(super) fn timed_out(limit: Duration) -> Cause {
    Cause::library(ErrorKind::TimedOut, format!("the attempt took longer than {limit:?}"))
}

/// An async attempt; its future is dropped by whoever sees it end.
struct Timed {
    body: TaskFuture,
    limit: Duration,
    sleep: Sleep,
    /// When it was first polled.
    since: Option<Instant>,
}

/// A future that ends by the time limit.
pub(super) fn timed(body: TaskFuture, limit: Duration) -> TaskFuture {
    Box::pin(Timed { body, limit, sleep: Sleep::new(limit), since: None })
}

impl Future for Timed {
    type Output = Result<(), Cause>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Timed { body, limit, sleep, since } = &mut *self;
        let is_begun = since.is_some();
        let since = since.get_or_insert_with(Instant::now);
        // An attempt begins, however short its time is.
        if Pin::new(sleep).poll(cx).is_ready() && is_begun {
            return Poll::Ready(Err(timed_out(*limit)));
        }
        let polled = body.as_mut().poll(cx);
        // A poll that took longer than it may is no better than a wait.
        if since.elapsed() > *limit { Poll::Ready(Err(timed_out(*limit))) } else { polled }
    }
}

/// The body has not ended, nor its time.
const UNDER_WAY: u8 = 0;
const BODY_ENDED: u8 = 1;
const TIME_UP: u8 = 2;

/// An attempt of a task that may block, on its way to a thread and there.
struct Blocking {
    core: Arc<Core>,
    task: u32,
    is_called: bool,
}

impl Core {
    /// Hands a task to a thread that may block.
    pub(super) fn spawn_blocking(self: &Arc<Self>, task: u32) {
        let mut control = self.lock();
        control.blocking += 1;
        drop(control);
        let blocking = Blocking { core: self.clone(), task, is_called: false };
        let host = self.host.get().expect("a run with blocking tasks starts with a host");
        host.spawn_blocking(move || blocking.run());
    }

    /// A task has ended away from the workers, or is to be tried again.
    fn ended_elsewhere(self: &Arc<Self>, task: u32, ended: Next) {
        let next = self.after_attempt(task, ended, || {
            let scheduler = self.scheduler.get()?;
            // What was done with the task's node is done: the run may be over, and be taken apart.
            let after = scheduler.finished(&scheduler.no_seat(), task);
            self.follow(after);
            after.next
        });
        if let Some(next) = next {
            self.queue(next);
        }
    }

    /// The time of a blocking attempt is up: the task has failed, although its body goes on.
    fn give_up(self: &Arc<Self>, task: u32, limit: Duration) {
        if let Some(guard) = &self.guard {
            quietly(|| self.tell_of_late_body(guard, task, limit));
            let next = self.ended_guarded(guard, task, Err(timed_out(limit)));
            self.ended_elsewhere(task, next);
        }
    }

    fn no_longer_blocks(&self) {
        let mut control = self.lock();
        control.blocking -= 1;
    }
}

impl Blocking {
    fn run(mut self) {
        self.is_called = true;
        let (core, task) = (&self.core, self.task);
        if core.stopped.load(Ordering::Relaxed) {
            core.attempt_gone(task);
            core.no_longer_blocks();
            return;
        }
        let state = Arc::new(AtomicU8::new(UNDER_WAY));
        let alarm = core.plan.policy(task).and_then(|policy| policy.timeout).map(|limit| self.alarm(&state, limit));
        let called = {
            let _subscriber = core.subscribe();
            let _inside = Inside::sync_tasks(core);
            let _enclosed = core.enclose(Inside::SyncTask);
            core.call(task)
        };
        drop(alarm);
        let result = called.map(|_| ());
        if state.compare_exchange(UNDER_WAY, BODY_ENDED, Ordering::AcqRel, Ordering::Acquire).is_ok() {
            let next = core.ended(task, result);
            // The run may be over with what follows, and is taken apart by its owner.
            core.no_longer_blocks();
            core.ended_elsewhere(task, next);
        } else {
            core.drop_late_value(task);
            core.body_ended(task);
            core.no_longer_blocks();
        }
        // We may be the run's last owner.
        quietly(|| drop(self));
    }

    /// What happens when the time is up.
    fn alarm(&self, state: &Arc<AtomicU8>, limit: Duration) -> Alarm {
        let (core, task, state) = (Arc::downgrade(&self.core), self.task, state.clone());
        timer::after(limit, move || {
            let Some(core) = core.upgrade() else { return };
            // Counted before it is decided, so that the run is not taken apart under what follows.
            core.lock().blocking += 1;
            let is_up = state.compare_exchange(UNDER_WAY, TIME_UP, Ordering::AcqRel, Ordering::Acquire).is_ok();
            let given_up = GivenUp { core, task, limit: is_up.then_some(limit) };
            match given_up.core.host.get().cloned() {
                // What may run code of the user's is not for the timer's thread.
                Some(host) if is_up => host.spawn_blocking(move || given_up.tell()),
                _ => return,
            };
        })
    }
}

/// A task whose time may be up, of which its run is to be told.
struct GivenUp {
    core: Arc<Core>,
    task: u32,
    limit: Option<Duration>,
}

impl GivenUp {
    fn tell(mut self) {
        if let Some(limit) = self.limit.take() {
            self.core.give_up(self.task, limit);
        }
    }
}

impl Drop for GivenUp {
    fn drop(&mut self) {
        // The host shuts down: the run is lost, and the task is under way no more.
        if self.limit.is_some() {
            if !self.core.stopped.load(Ordering::Relaxed) {
                self.core.lose_host();
            }
            self.core.hand_over(self.task, None);
        }
        self.core.no_longer_blocks();
    }
}

impl Drop for Blocking {
    fn drop(&mut self) {
        // The host shuts down.
        if !self.is_called {
            if !self.core.stopped.load(Ordering::Relaxed) {
                self.core.lose_host();
            }
            self.core.attempt_gone(self.task);
            self.core.no_longer_blocks();
        }
    }
}
