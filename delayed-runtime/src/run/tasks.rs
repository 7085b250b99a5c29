//! Tasks as they run: given out, called, polled, finished.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use tracing::Instrument;
use tracing::instrument::WithSubscriber;

use super::flight::{InFlight, Stage};
use super::guard::{Admitted, Guard, Next};
use super::in_order::Stopped;
use super::timed::timed;
use super::{Attached, Core, Spans};
use crate::advice;
use crate::error::Cause;
use crate::host::Handle;
use crate::limit::Limit;
use crate::node::{Kind, Outcome, TaskFuture, kind};
use crate::scheduler::{Scheduler, Seat};
use crate::sync::atomic::Ordering;
use crate::worker::{Inside, Search, Shift};

/// What comes of a call of a body: its future if it is async.
pub(super) type Called = Result<Option<TaskFuture>, Cause>;

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
    pub(crate) fn work(self: &Arc<Self>, attached: &Attached<'_>, shift: &mut Shift) -> Left {
        let _subscriber = self.subscribe();
        let _busy = self.measure.busy();
        self.measure.begins(|| self.pool.idle());
        let mut seat = attached.seat();
        let mut next = None;
        let scheduler = match self.scheduler.get() {
            Some(scheduler) if self.plan.is_ranked() => {
                seat = scheduler.no_seat();
                scheduler
            }
            Some(scheduler) => scheduler,
            None => {
                let Some(in_order) = &self.in_order else { return Left::Idle };
                let opened = match self.share_in_order(in_order, shift) {
                    Stopped::Idle => return Left::Idle,
                    Stopped::Yielded => return Left::Yielded,
                    Stopped::Opened(task) => task,
                };
                let Some(scheduler) = self.scheduler.get() else { return Left::Idle };
                next = self.finished(scheduler, &seat, opened);
                scheduler
            }
        };
        let left = self.work_on(scheduler, &mut seat, next, shift);
        self.pool.count_stolen(seat.stolen);
        left
    }

    fn work_on(
        self: &Arc<Self>,
        scheduler: &Scheduler,
        seat: &mut Seat,
        mut next: Option<u32>,
        shift: &mut Shift,
    ) -> Left {
        let runs = scheduler.runs(seat);
        loop {
            if self.stopped.load(Ordering::Relaxed) {
                return Left::Idle;
            }
            if self.pool.is_wanted(self) && shift.is_over() {
                if let Some(task) = next {
                    scheduler.put_back(seat, task);
                }
                if scheduler.has_work() {
                    self.call_for_help();
                }
                return Left::Yielded;
            }
            let task = match next.take() {
                Some(task) => task,
                None => {
                    let found = scheduler.next(seat, |task| self.plan.waits_for(task));
                    let Some(task) = found else {
                        self.measure.found_nothing(|| self.pool.taken(), || scheduler.running(seat));
                        return Left::Idle;
                    };
                    self.plan.order.fetch_ahead(task);
                    task
                }
            };
            let search = shift.found();
            let has_split = seat.has_split();
            if search != Search::None {
                self.pool.found_work(self, search);
            } else if has_split && scheduler.has_ready() {
                // Who looked meanwhile saw nothing of the part that was on its way here.
                self.call_for_help();
            }
            runs.store(task, Ordering::Relaxed);
            next = self.execute(scheduler, seat, task);
        }
    }

    /// Starts the async tasks that need nothing on the calling thread, which is inside their host: they are all under
    /// way before it returns to tokio.
    pub(super) fn launch_sources(self: &Arc<Self>) {
        let Some(scheduler) = self.scheduler.get() else { return };
        let seat = scheduler.no_seat();
        // All are taken before the first runs: with what that makes ready, the pool may set to work on the run.
        let sources = self.plan.async_sources.iter().copied();
        let taken: Vec<u32> = sources.filter(|&task| scheduler.take_source(task)).collect();
        for task in taken {
            let mut next = Some(task);
            while let Some(task) = next.take() {
                if self.plan.order.node(task).work_kind() == Kind::Async && !self.stopped.load(Ordering::Relaxed) {
                    next = self.execute(scheduler, &seat, task);
                } else {
                    scheduler.put_back(&seat, task);
                }
            }
        }
    }

    /// Runs one task that the scheduler gave out; returns the one to go on with.
    pub(super) fn execute(self: &Arc<Self>, scheduler: &Scheduler, seat: &Seat, task: u32) -> Option<u32> {
        match &self.guard {
            None => self.execute_plain(scheduler, seat, task),
            Some(guard) => self.execute_guarded(guard, scheduler, seat, task),
        }
    }

    #[cold]
    fn execute_guarded(self: &Arc<Self>, guard: &Guard, scheduler: &Scheduler, seat: &Seat, task: u32) -> Option<u32> {
        if let Some(limit) = self.limit()
            && !scheduler.has_backlog()
        {
            limit.look();
        }
        let is_async = self.plan.order.node(task).work_kind() == Kind::Async;
        let limit = self.limit().filter(|_| is_async);
        if let Some(limit) = limit
            && !self.take_off(guard, limit, task)
        {
            return None;
        }
        let admitted = self.admit(guard, task);
        let next = match (admitted, limit) {
            (Admitted::Now, Some(limit)) => self.execute_async(scheduler, seat, task, limit),
            (Admitted::Now, None) if self.plan.is_blocking(task) => {
                self.spawn_blocking(task);
                None
            }
            (Admitted::Now, None) => self.execute_in(scheduler, seat, task).0,
            (Admitted::Skipped | Admitted::Later, limit) => {
                limit.into_iter().for_each(Limit::give_back);
                if admitted == Admitted::Skipped { self.finished(scheduler, seat, task) } else { None }
            }
        };
        if self.plan.is_ranked()
            && let Some(next) = next
        {
            // The first of all that are ready comes first.
            scheduler.put_back(seat, next);
            return None;
        }
        next
    }

    /// [`execute`](Self::execute) in a run without a guard.
    #[inline(always)]
    fn execute_plain(self: &Arc<Self>, scheduler: &Scheduler, seat: &Seat, task: u32) -> Option<u32> {
        let Some(limit) = self.limit() else { return self.execute_in(scheduler, seat, task).0 };
        // Sync tasks may have been all that kept others back, and this the last of them.
        if !scheduler.has_backlog() {
            limit.look();
        }
        if self.plan.order.node(task).work_kind() != Kind::Async {
            return self.execute_in(scheduler, seat, task).0;
        }
        if limit.take_or_wait(self, task) {
            return self.execute_async(scheduler, seat, task, limit);
        }
        // Between our look at the run's end and the wait it may have been stopped, and its tasks forgotten.
        if self.stopped.load(Ordering::Relaxed) {
            limit.forget(self);
        }
        None
    }

    /// Runs an async task that has its place among those under way.
    fn execute_async(self: &Arc<Self>, scheduler: &Scheduler, seat: &Seat, task: u32, limit: &Limit) -> Option<u32> {
        let called = self.call_async(task);
        let (next, under_way) = self.called(scheduler, seat, task, called);
        if !under_way {
            limit.give_back();
        }
        next
    }

    /// [`execute`](Self::execute) without a place; whether tokio has the task now, too.
    #[inline(always)]
    fn execute_in(self: &Arc<Self>, scheduler: &Scheduler, seat: &Seat, task: u32) -> (Option<u32>, bool) {
        let mask = self.measure.mask();
        let called = if advice::is_timed(task, mask) { self.call_measured(task) } else { self.call(task) };
        self.called(scheduler, seat, task, called)
    }

    #[cold]
    #[inline(never)]
    pub(super) fn call_measured(&self, task: u32) -> Called {
        if self.plan.order.node(task).is_task() {
            return self.measure.sample(|| self.call(task));
        }
        self.measure.pass_over();
        self.call(task)
    }

    /// A task's body was called.
    fn called(self: &Arc<Self>, scheduler: &Scheduler, seat: &Seat, task: u32, called: Called) -> (Option<u32>, bool) {
        match called {
            Ok(Some(future)) => self.launch(scheduler, seat, task, future),
            Ok(None) if self.guard.is_none() => (self.finished(scheduler, seat, task), false),
            Ok(None) => (self.go_on(scheduler, seat, task, Ok(())), false),
            Err(cause) => (self.go_on(scheduler, seat, task, Err(cause)), false),
        }
    }

    /// An attempt has ended; returns the task to go on with.
    pub(super) fn go_on(
        self: &Arc<Self>,
        scheduler: &Scheduler,
        seat: &Seat,
        task: u32,
        result: Result<(), Cause>,
    ) -> Option<u32> {
        let ended = self.ended(task, result);
        self.after_attempt(task, ended, || self.finished(scheduler, seat, task))
    }

    /// What follows from an attempt; returns the task to go on with. `finish` tells the scheduler that the task has ended.
    pub(super) fn after_attempt(
        self: &Arc<Self>,
        task: u32,
        ended: Next,
        finish: impl FnOnce() -> Option<u32>,
    ) -> Option<u32> {
        let next = match ended {
            Next::Finished => finish(),
            Next::Again => Some(task),
            Next::AgainAfter(delay) => {
                self.try_again_after(task, delay);
                None
            }
            Next::Stopped => None,
        };
        self.hand_over(task, next);
        next
    }

    /// Calls a task's body; a future comes back if it is async.
    #[inline(always)]
    pub(super) fn call(&self, task: u32) -> Called {
        Inside::begin(task);
        let called = match &self.spans {
            // SAFETY: the scheduler gives a task out once, after its dependencies (its rule 1), and a run in order
            // follows a topological order; another attempt comes after the one before has ended, with uses of its own.
            // Whoever calls takes part in the run, so holds an `Arc` of it.
            None => match unsafe { self.run_node(task) } {
                Outcome::Done => Ok(None),
                Outcome::Failed(cause) => Err(cause),
                Outcome::Later(future) => Ok(Some(future)),
            },
            Some(spans) => self.call_in_span(task, spans),
        };
        Inside::end();
        called
    }

    /// [`call`](Self::call) for an async task, as it is polled: with all that holds inside of it.
    pub(super) fn call_async(&self, task: u32) -> Called {
        let _entered = self.host.get().map(Handle::enter);
        let _async = Inside::async_task(self, task);
        let _enclosed = self.enclose(Inside::AsyncTask);
        self.call(task)
    }

    #[cold]
    fn call_in_span(&self, task: u32, spans: &Spans) -> Called {
        let in_span = || {
            let span = self.task_span(task, &spans.parent);
            // SAFETY: as in `call`.
            match span.in_scope(|| unsafe { self.run_node(task) }) {
                Outcome::Done => Ok(None),
                Outcome::Failed(cause) => Err(cause),
                Outcome::Later(future) => {
                    let future: TaskFuture =
                        Box::pin(future.instrument(span).with_subscriber(spans.subscriber.clone()));
                    Ok(Some(future))
                }
            }
        };
        // A subscriber is the user's code, too.
        catch_unwind(AssertUnwindSafe(in_span)).unwrap_or_else(|payload| Err(Cause::panicked(payload)))
    }

    fn task_span(&self, task: u32, parent: &tracing::Span) -> tracing::Span {
        let node = self.plan.order.node(task);
        let (name, location, attempt) = (node.name(), node.location(), self.attempt(task));
        tracing::debug_span!(target: "delayed", parent: parent, "task", %name, %location, attempt)
    }

    /// Tells of a task: its name, and whether it may record others while it runs.
    pub(crate) fn tell_of(&self, task: u32, tell: impl FnOnce(&str, bool)) {
        let node = self.plan.order.node(task);
        tell(&node.name(), node.info().is_allowed_to_nest());
    }

    /// # Safety
    /// As [`kind::run`].
    #[inline]
    pub(super) unsafe fn run_node(&self, task: u32) -> Outcome {
        let caught = catch_unwind(AssertUnwindSafe(|| {
            // SAFETY: passed on; `owned` was computed from the counts of references.
            unsafe { kind::run(&self.plan.order, &self.slots, task, self.owned.is_sole(task)) }
        }));
        match caught {
            Ok(Outcome::Later(future)) if self.plan.has_timers() => Outcome::Later(self.with_time_limit(task, future)),
            Ok(outcome) => outcome,
            Err(payload) => Outcome::Failed(Cause::panicked(payload)),
        }
    }

    #[cold]
    fn with_time_limit(&self, task: u32, future: TaskFuture) -> TaskFuture {
        match self.plan.policy(task).and_then(|policy| policy.timeout) {
            Some(limit) => timed(future, limit),
            None => future,
        }
    }

    /// Polls an async task within tokio's context.
    pub(super) fn poll(&self, task: u32, future: &mut TaskFuture, cx: &mut Context<'_>) -> Poll<Result<(), Cause>> {
        let _entered = self.host.get().map(Handle::enter);
        let _async = Inside::async_task(self, task);
        let _enclosed = self.enclose(Inside::AsyncTask);
        match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))) {
            Ok(poll) => poll,
            Err(payload) => Poll::Ready(Err(Cause::panicked(payload))),
        }
    }

    /// Drops a future, which is done or will never be; a panic of a destructor in it is the task's failure.
    pub(super) fn drop_future(&self, task: u32, future: TaskFuture, result: Result<(), Cause>) -> Result<(), Cause> {
        let _async = Inside::async_task(self, task);
        let _enclosed = self.enclose(Inside::AsyncTask);
        match catch_unwind(AssertUnwindSafe(|| drop(future))) {
            Ok(()) => result,
            Err(payload) => result.and(Err(Cause::panicked(payload))),
        }
    }

    /// Starts an async task: polls it here once, and hands it to tokio if it is pending; whether it was.
    fn launch(
        self: &Arc<Self>,
        scheduler: &Scheduler,
        seat: &Seat,
        task: u32,
        mut future: TaskFuture,
    ) -> (Option<u32>, bool) {
        let mut cx = Context::from_waker(Waker::noop());
        let Poll::Ready(result) = self.poll(task, &mut future, &mut cx) else {
            return (None, self.spawn(task, Some(future)));
        };
        // What the future holds of the run goes before the task counts as finished.
        let result = self.drop_future(task, future, result);
        (self.go_on(scheduler, seat, task, result), false)
    }

    /// Hands an async task to tokio; one that waited for its place without a future: tokio calls the body. False if the
    /// run is over.
    pub(crate) fn spawn(self: &Arc<Self>, task: u32, future: Option<TaskFuture>) -> bool {
        let mut control = self.lock();
        // Who has called the body takes part in the run, which is not over then. Who has not may be a stranger.
        if future.is_none() && (control.complete || self.stopped.load(Ordering::Relaxed)) {
            return false;
        }
        control.flights += 1;
        let number = control.flights;
        control.in_flight.insert(number, None);
        drop(control);
        let stage = future.map_or(Stage::Waiting, Stage::Begun);
        let flight = InFlight { stage, number, task, core: self.clone() };
        let host = self.host.get().expect("a run with async tasks starts with a host");
        let abort = host.spawn(flight).abort_handle();
        let mut control = self.lock();
        if let Some(place) = control.in_flight.get_mut(&number) {
            *place = Some(abort.clone());
            if self.stopped.load(Ordering::Relaxed) {
                drop(control);
                abort.abort();
            }
        }
        true
    }
}
