//! Runs whose schedule is the plan's order: one thread, no queue, no counts.
//!
//! Such a run is its owner's alone, on a sequential runtime, with one worker, or where each task waits for the one
//! before it. If a task's body waits for a run of its own, and so gives its place away, others must be able to go on
//! with this one: it is *opened*, that is, handed to a scheduler as it stands.

use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use super::Core;
use super::guard::{Admitted, Next};
use super::tasks::Called;
use super::timed::timed_out;
use crate::advice::{self, Longest};
use crate::error::Cause;
use crate::host::{AbortHandle, Handle};
use crate::node::TaskFuture;
use crate::panic::quietly;
use crate::scheduler::Scheduler;
use crate::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use crate::sync::{Condvar, Mutex, lock, thread_local};
use crate::timer::Sleep;
use crate::worker::{Inside, Shift};

/// A run in order.
#[derive(Default)]
pub(super) struct InOrder {
    progress: Mutex<Progress>,
    /// The task that runs, for `open`.
    running: AtomicU32,
}

/// How far a run in order has come.
#[derive(Default)]
struct Progress {
    next: u32,
    /// Where in the plan's list of data that is.
    data: usize,
    /// The async task under way.
    future: Option<(u32, TaskFuture)>,
    /// The wait before a task that failed is tried again, which is the next.
    pause: Option<Box<Sleep>>,
    /// Whether the host is still there; from the first time that an async task is pending, or fails.
    watch: Option<Watch>,
}

impl Progress {
    /// A task is the next again.
    fn again(&mut self, task: u32, pause: Option<Sleep>) {
        self.next = task;
        self.pause = pause.map(Box::new);
    }

    fn drop_pending(&mut self) {
        let future = self.future.take();
        quietly(|| drop(future));
    }
}

/// Why a thread stopped working on a run in order.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Stopped {
    /// The run is over, or an async task is pending.
    Idle,
    /// Others want the thread's place.
    Yielded,
    /// The run was opened while this task ran, which has left its value.
    Opened(u32),
}

thread_local! {
    /// The runs in order in whose tasks the thread is, the innermost last.
    static ENCLOSING: RefCell<Vec<Arc<Core>>> = const { RefCell::new(Vec::new()) };
}

/// The thread waits: others can go on with the runs in whose tasks it is.
pub(crate) fn open_enclosing() {
    for core in ENCLOSING.with(RefCell::take) {
        core.open();
    }
}

impl Core {
    /// Works on a run in order that others may have to go on with.
    pub(super) fn share_in_order(self: &Arc<Self>, in_order: &InOrder, shift: &mut Shift) -> Stopped {
        /// Leaves the thread's list as it was.
        struct Leave(usize);
        impl Drop for Leave {
            fn drop(&mut self) {
                let inside = ENCLOSING.with(|inside| {
                    let mut inside = inside.borrow_mut();
                    let depth = self.0.min(inside.len());
                    inside.split_off(depth)
                });
                drop(inside);
            }
        }
        let depth = ENCLOSING.with(|inside| {
            let mut inside = inside.borrow_mut();
            inside.push(self.clone());
            inside.len() - 1
        });
        let _leave = Leave(depth);
        let mut progress = lock(&in_order.progress);
        self.work_in_order(in_order, &mut progress, &mut Context::from_waker(Waker::noop()), Some(shift))
    }

    /// Works on a sequential run until an async task is pending or none is left.
    pub(super) fn poll_in_order(&self, in_order: &InOrder, cx: &mut Context<'_>) {
        if let Ok(mut progress) = in_order.progress.try_lock() {
            self.work_in_order(in_order, &mut progress, cx, None);
        }
    }

    fn work_in_order(
        &self,
        in_order: &InOrder,
        progress: &mut Progress,
        cx: &mut Context<'_>,
        mut shift: Option<&mut Shift>,
    ) -> Stopped {
        let _inside = Inside::sync_tasks(self);
        let _enclosed = self.enclose(Inside::SyncTask);
        let data = |progress: &Progress| self.plan.data.get(progress.data).copied();
        let mut next_data = data(progress);
        // The others, if there are any, have nothing to do.
        let mut longest = if self.pool.workers() > 1 { Longest::begin(|| self.pool.idle()) } else { None };
        let mut mask = self.mask(longest.as_ref());
        while !self.stopped.load(Ordering::Relaxed) {
            if let Some((task, mut future)) = progress.future.take() {
                let Poll::Ready(result) = self.poll(task, &mut future, cx) else {
                    progress.future = Some((task, future));
                    if self.has_lost_host(progress, cx) {
                        self.lose_host();
                        continue;
                    }
                    return Stopped::Idle;
                };
                match self.drop_future(task, future, result) {
                    // What tokio's own parts answer then is no fault of the task.
                    Err(_) if self.has_lost_host(progress, cx) => self.lose_host(),
                    result => self.go_on_in_order(progress, task, result),
                }
                continue;
            }
            if let Some(pause) = &mut progress.pause {
                if Pin::new(&mut **pause).poll(cx).is_pending() {
                    return Stopped::Idle;
                }
                progress.pause = None;
            }
            let task = progress.next;
            if task == self.plan.len() {
                self.tell_of_giant(longest.and_then(|longest| longest.giant(self.pool.idle())));
                self.complete();
                return Stopped::Idle;
            }
            if let Some(shift) = &mut shift
                && self.pool.is_wanted(self)
                && shift.is_over()
            {
                return Stopped::Yielded;
            }
            progress.next += 1;
            if next_data == Some(task) {
                progress.data += 1;
                next_data = data(progress);
                continue;
            }
            if let Some(guard) = &self.guard {
                if self.admit_in_order(guard, task) == Admitted::Skipped {
                    continue;
                }
                if self.plan.has_timers() {
                    guard.begin_in_order();
                }
            }
            in_order.running.store(task, Ordering::Relaxed);
            self.plan.order.fetch_ahead(task);
            let called = if advice::is_timed(task, mask) {
                let called = self.call_measured(task);
                longest.iter_mut().for_each(|longest| longest.finished(task));
                mask = self.mask(longest.as_ref());
                called
            } else {
                self.call(task)
            };
            match self.in_time(task, called) {
                Ok(None) if self.guard.is_none() => {}
                Ok(None) => self.go_on_in_order(progress, task, Ok(())),
                Ok(Some(future)) => progress.future = Some((task, future)),
                // The loop ends with the run: what failed is not to count as finished, opened or not.
                Err(cause) => {
                    self.go_on_in_order(progress, task, Err(cause));
                    continue;
                }
            }
            if shift.is_some() && self.scheduler.get().is_some() {
                return Stopped::Opened(task);
            }
        }
        progress.drop_pending();
        progress.pause = None;
        Stopped::Idle
    }

    /// An attempt has ended: the next task is the next, or it again.
    #[cold]
    #[inline(never)]
    fn go_on_in_order(&self, progress: &mut Progress, task: u32, result: Result<(), Cause>) {
        match self.ended(task, result) {
            Next::Finished | Next::Stopped => {}
            Next::Again => progress.again(task, None),
            Next::AgainAfter(delay) => progress.again(task, Some(Sleep::new(delay))),
        }
    }

    /// Whether the time of a blocking body that runs here is up.
    pub(super) fn is_late_in_order(&self, task: u32) -> bool {
        if self.in_order.is_none() || !self.plan.is_blocking(task) {
            return false;
        }
        let limit = self.plan.policy(task).and_then(|policy| policy.timeout);
        limit.zip(self.guard.as_ref()).is_some_and(|(limit, guard)| guard.is_late_in_order(limit))
    }

    /// A blocking body that ran here may have taken longer than its time: then its value is dropped.
    fn in_time(&self, task: u32, called: Called) -> Called {
        let limit = self.plan.policy(task).and_then(|policy| policy.timeout);
        match limit {
            Some(limit) if self.is_late_in_order(task) => Err(timed_out(limit)),
            _ => called,
        }
    }

    /// Which tasks are timed: all are while the longest is looked for.
    fn mask(&self, longest: Option<&Longest>) -> u32 {
        if longest.is_some_and(Longest::looks_on) { 0 } else { self.measure.mask() }
    }

    /// Whether the host shuts down, so that a pending task may never be woken; if not yet, `cx` is woken then.
    fn has_lost_host(&self, progress: &mut Progress, cx: &Context<'_>) -> bool {
        let Some(host) = self.host.get() else { return false };
        progress.watch.get_or_insert_with(|| Watch::of(host)).poll(cx)
    }

    /// Hands the run to a scheduler, in the midst of a task. On the thread that runs it.
    fn open(self: &Arc<Self>) {
        let Some(in_order) = &self.in_order else { return };
        let running = in_order.running.load(Ordering::Relaxed);
        let scheduler = Scheduler::new(self.plan.tasks(), self.pool.lanes() as usize, Some(running));
        let is_wide = scheduler.starts_wide();
        if self.scheduler.set(scheduler).is_ok() && is_wide {
            self.call_for_help();
        }
    }

    /// Drops the async task under way of a run in order that has stopped, unless the thread that works on it will.
    pub(super) fn drop_pending(&self) {
        if let Some(in_order) = &self.in_order
            && let Ok(mut progress) = in_order.progress.try_lock()
        {
            progress.drop_pending();
        }
    }

    /// The same for a run that is over: whoever drops the task at this moment is waited for.
    pub(super) fn drop_pending_at_end(&self) {
        if let Some(in_order) = &self.in_order
            && self.plan.has_async
        {
            lock(&in_order.progress).drop_pending();
        }
    }

    /// Drives a run of a sequential runtime on the calling thread to its end, sleeping while an async task is pending.
    pub(crate) fn drive_alone(self: &Arc<Self>) {
        let Some(in_order) = &self.in_order else { return };
        let parker = Arc::new(Parker::default());
        let waker = Waker::from(parker.clone());
        let mut cx = Context::from_waker(&waker);
        self.lock().waker = Some(waker.clone());
        while !self.is_over() {
            let mut progress = lock(&in_order.progress);
            self.work_in_order(in_order, &mut progress, &mut cx, None);
            let pending = progress.future.is_some() || progress.pause.is_some();
            drop(progress);
            if pending {
                parker.wait();
            }
        }
    }
}

/// Tells whether a tokio runtime is there: a run in order has nothing else in it that would be dropped.
struct Watch {
    end: Arc<End>,
    sentinel: AbortHandle,
}

/// The end of a tokio runtime.
#[derive(Default)]
struct End {
    is_there: AtomicBool,
    waker: Mutex<Option<Waker>>,
}

/// Lies in a tokio runtime until that drops it.
struct Sentinel(Arc<End>);

impl Watch {
    fn of(host: &Handle) -> Watch {
        let end = Arc::<End>::default();
        let sentinel = host.spawn(Sentinel(end.clone())).abort_handle();
        Watch { end, sentinel }
    }

    fn is_over(&self) -> bool {
        self.end.is_there.load(Ordering::Relaxed)
    }

    fn poll(&self, cx: &Context<'_>) -> bool {
        let mut waker = lock(&self.end.waker);
        let before = waker.replace(cx.waker().clone());
        // Set before the waker is asked for, under the same lock.
        let is_over = self.is_over();
        drop(waker);
        drop(before);
        is_over
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.sentinel.abort();
    }
}

impl Future for Sentinel {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        Poll::Pending
    }
}

impl Drop for Sentinel {
    fn drop(&mut self) {
        self.0.is_there.store(true, Ordering::Relaxed);
        let waker = lock(&self.0.waker).take();
        if let Some(waker) = waker {
            quietly(|| waker.wake());
        }
    }
}

/// Where the thread that drives a run alone waits to be woken.
#[derive(Default)]
struct Parker {
    is_woken: Mutex<bool>,
    woken: Condvar,
}

impl Parker {
    fn wait(&self) {
        let mut is_woken = lock(&self.is_woken);
        while !std::mem::take(&mut *is_woken) {
            is_woken = self.woken.wait(is_woken).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Wake for Parker {
    fn wake(self: Arc<Self>) {
        *lock(&self.is_woken) = true;
        self.woken.notify_one();
    }
}
