//! One run: its values, its tasks under way, its end.
//!
//! # Who takes part
//! Threads that work on the run's sync tasks (`attached`), async tasks that tokio polls (`in_flight`), and the owner:
//! the caller of `compute`, or the [`Run`] future, which starts async tasks itself in its first poll. Every
//! participant holds an `Arc` of the run.
//!
//! # How it ends
//! 1. Complete: the last output has finished. No task is under way then, since all are dependencies of outputs, but for
//!    `blocking` bodies whose time was up; nobody but these and the owner touches values or nodes any more.
//! 2. Stopped, by the first failure, by its deadline, or because nobody wants it any more: no task starts, async ones
//!    are dropped at their next await, sync ones finish. It is over once nobody is attached and nothing in flight; one
//!    that was cancelled is over for its owner without waiting for sync bodies. Nobody waits for `blocking` ones.
//! 3. The owner takes the run apart once it is over and no body is under way. If one is, or the owner has gone away,
//!    the last participant does, by dropping its `Arc`.
#![expect(unsafe_code, reason = "running tasks and taking the run apart rest on the rules above")]

mod compute;
mod flight;
mod future;
mod guard;
mod in_order;
mod tasks;
mod timed;

use std::panic::Location;
use std::sync::Arc;
use std::task::Waker;
use std::time::Duration;

use ahash::AHashMap;
use tracing::dispatcher::DefaultGuard;

use crate::advice::{self, Measure};
use crate::cancel::Registered;
use crate::error::{Cause, Error, ErrorKind, Failed};
use crate::host::{self, AbortHandle, Handle};
use crate::limit::{Enclosing, Leave, Limit};
use crate::node::aside::Aside;
use crate::node::walk::TooLarge;
use crate::node::{Kind, Slots};
use crate::panic::{note_places, quietly};
use crate::plan::{Owned, Plan};
use crate::policy::OnFailure;
use crate::scheduler::{Finished, Scheduler, Seat};
use crate::shape::{Fetch, Outputs, Shape};
use crate::sync::atomic::{AtomicBool, AtomicU8, Ordering, fence};
use crate::sync::thread::{self, Thread};
use crate::sync::{Mutex, MutexGuard, OnceLock, lock};
use crate::timer::{self, Alarm};
use crate::worker::{Inside, Pool};

pub use compute::{Phase, compute_in_phases};
pub(crate) use compute::{compute, try_compute};
pub use future::{Run, TryRun};
pub(crate) use guard::Gate;
use guard::{Ends, Guard};
use in_order::InOrder;
pub(crate) use in_order::open_enclosing;
pub(crate) use tasks::Left;

/// How long the owner of a run that was cancelled waits for its async tasks to be dropped.
const PATIENCE: Duration = Duration::from_millis(8);
/// The same for one that took too long.
const LATE_PATIENCE: Duration = Duration::from_secs(1);

/// A run without the types of its outputs.
pub(crate) struct Core {
    plan: Plan,
    slots: Slots,
    owned: Owned,
    /// The run as one thread drives it, in the plan's order: without a queue, and without counts.
    in_order: Option<InOrder>,
    /// The run as several may; made at the start, or when one in order is opened up to others.
    scheduler: OnceLock<Scheduler>,
    /// What a run has that does more than to call each task once.
    guard: Option<Box<Guard>>,
    pool: Arc<Pool>,
    /// Where async tasks are polled, and those that may block are called; set when the run starts, if it has any.
    host: OnceLock<Handle>,
    /// Where the run was asked for, if spans of tasks are wanted.
    spans: Option<Spans>,
    /// What encloses the code that asked for the run.
    made_in: Option<Arc<Enclosing>>,
    /// Set when the run starts.
    places: OnceLock<Places>,
    /// What few runs have; set when the run starts, if there is anything.
    beyond: OnceLock<Box<Beyond>>,
    location: &'static Location<'static>,
    /// Set under the lock of `control`; looked at without it only to stop a little sooner.
    stopped: AtomicBool,
    control: Mutex<Control>,
    /// The thread of the owner, where that is one.
    owner: OnceLock<Thread>,
    /// The owner's thread is parked until there is something to do.
    owner_waits: AtomicBool,
    /// Whether the run is on the pool's list; changed under the pool's lock.
    listing: AtomicU8,
    /// Of runs of many tasks, and of those that several threads may work on.
    measure: Measure,
}

/// The caller's tracing context: parent of the tasks' spans on whatever thread they run.
struct Spans {
    parent: tracing::Span,
    subscriber: tracing::Dispatch,
}

impl Spans {
    fn current() -> Option<Spans> {
        let wanted = tracing::span_enabled!(target: "delayed", tracing::Level::DEBUG, "task", name, location);
        wanted.then(|| Spans {
            parent: tracing::Span::current(),
            subscriber: tracing::dispatcher::get_default(Clone::clone),
        })
    }
}

/// What a run has to do with limits on async tasks.
struct Places {
    /// Its async tasks take places of the pool.
    limited: bool,
    /// What encloses the run.
    outer: Option<Arc<Enclosing>>,
    /// What encloses a run that one of its async tasks waits for.
    inner: Option<Arc<Enclosing>>,
}

/// What a run has to do with the world around it.
struct Beyond {
    /// Whether a task asked for it, and may wait for it.
    is_inner: bool,
    /// The limits of which the tasks have places that wait for the run, each with its runtime, to be compared only.
    held_limits: Vec<(usize, String)>,
    /// What may end it from outside.
    ends: OnceLock<(Option<Alarm>, Option<Registered>)>,
}

/// What is asked of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// All values, or the first failure.
    All,
    /// Each output's value or failure.
    Each,
}

/// The run is not on the pool's list, is there, comes there no more.
const UNLISTED: u8 = 0;
const LISTED: u8 = 1;
const RETIRED: u8 = 2;

#[derive(Default)]
struct Control {
    /// Threads that work on the run.
    attached: usize,
    /// Which of the scheduler's lanes they have.
    lanes: u64,
    /// What tokio has of the run, each by a number of its own; `None` until its handle is known.
    in_flight: AHashMap<u64, Option<AbortHandle>>,
    /// How many of these there were.
    flights: u64,
    /// Tasks that were handed to threads which may block, and whose bodies have not ended.
    blocking: usize,
    failure: Option<Error>,
    complete: bool,
    /// The owner waits for no body any more, but for a moment for async tasks to be dropped.
    cancelled: bool,
    /// That moment has passed.
    is_impatient: bool,
    /// The arguments of tasks under way, of functions that show them.
    args: Option<Box<AHashMap<u32, String>>>,
    /// The owner is a future that waits for the end.
    waker: Option<Waker>,
}

impl Core {
    /// Plans a run of these handles. Nothing starts.
    pub(crate) fn new(
        pool: Arc<Pool>,
        outputs: Outputs,
        owner: Owner,
        mode: Mode,
        location: &'static Location<'static>,
    ) -> Result<Arc<Core>, Error> {
        advice::run_asked_for(location);
        let (plan, uses) = Plan::of(outputs.nodes).map_err(|TooLarge| {
            let text = "the graph has 2^32 tasks or edges, or more; compute a part of it first";
            Error::of_run(ErrorKind::Runtime, location, text)
        })?;
        if !plan.is_plain() {
            check_policies(&plan, &pool, location)?;
        }
        plan.check_users(&uses.counts, location)?;
        let owned = plan.own(&uses.counts, &outputs.usages, location)?;
        let is_plain = plan.is_plain() && mode == Mode::All && pool.on_failure() == OnFailure::Stop;
        let is_guarded = !is_plain || pool.memory().is_some();
        let (guard, aside) = if is_guarded { Core::guarded(&plan, &pool, mode) } else { (None, None) };
        let slots = Slots::new(uses, aside);
        // The order is the schedule where nobody could help.
        let is_narrow = pool.workers() == 1 || plan.is_chain;
        let alone = owner == Owner::Thread && !plan.has_async && is_narrow && guard.is_none();
        let in_order = (pool.is_sequential() || alone).then(InOrder::default);
        let scheduler = OnceLock::new();
        let measure = Measure::of(plan.len(), in_order.is_none());
        if in_order.is_none() {
            // With priorities all work in one lane, the first task first.
            let lanes = if plan.is_ranked() { 0 } else { pool.lanes() as usize };
            let made = Scheduler::new(plan.tasks(), lanes, None);
            let holds_back = (plan.has_async && pool.in_flight().is_some()) || pool.memory().is_some();
            let is_async = |task| plan.order.node(task).work_kind() == Kind::Async;
            let made = if holds_back { made.with_backlog(is_async) } else { made };
            let _ = scheduler.set(made);
        }
        Ok(Arc::new(Core {
            plan,
            slots,
            owned,
            in_order,
            scheduler,
            guard,
            pool,
            host: OnceLock::new(),
            beyond: OnceLock::new(),
            made_in: Enclosing::current(),
            places: OnceLock::new(),
            spans: Spans::current(),
            location,
            stopped: AtomicBool::new(false),
            control: Mutex::default(),
            owner: OnceLock::new(),
            owner_waits: AtomicBool::new(false),
            listing: AtomicU8::new(UNLISTED),
            measure,
        }))
    }

    /// Makes ready for the first task: finds the host, puts data into its slots. Called where the run begins.
    pub(crate) fn start(self: &Arc<Self>, host: Option<Handle>) -> Result<(), Error> {
        note_places();
        let outer = self.made_in.clone().or_else(Enclosing::current);
        let is_inner = outer.as_ref().is_some_and(|outer| outer.has(&self.pool));
        let limited = self.plan.has_async && self.pool.in_flight().is_some() && !is_inner;
        let inner = if limited { Some(Enclosing::new(self.pool.clone(), outer.clone())) } else { outer.clone() };
        let _ = self.places.set(Places { limited, outer, inner });
        self.look_beyond()?;
        if self.plan.has_async || self.plan.has_blocking() {
            let host = match host {
                Some(host) => host,
                None => host::standard().map_err(|error| {
                    let text = format!("no tokio runtime could be made for async tasks: {error}");
                    Error::of_run(ErrorKind::Runtime, self.location, text)
                })?,
            };
            let _ = self.host.set(host);
        }
        self.measure.starts(self.starts_wide());
        for &number in &self.plan.data {
            // SAFETY: data has no dependencies, and this runs once, before any task.
            unsafe { self.run_node(number) };
        }
        if self.guard.is_some() {
            self.note_data();
        }
        if let Some(beyond) = self.beyond.get() {
            self.await_ends(beyond);
        }
        if self.scheduler.get().is_some_and(Scheduler::is_complete) {
            self.lock().complete = true;
        }
        Ok(())
    }

    /// The bound on async tasks that holds for the run's own.
    fn limit(&self) -> Option<&Limit> {
        let limit = self.pool.in_flight()?;
        self.places.get().is_some_and(|places| places.limited).then_some(limit)
    }

    /// The thread works on the run's tasks of a kind.
    pub(crate) fn enclose(&self, kind: Inside) -> Leave {
        let places = self.places.get();
        Enclosing::enter(match kind {
            Inside::AsyncTask => places.and_then(|places| places.inner.clone()),
            _ => places.and_then(|places| places.outer.clone()),
        })
    }

    /// Tasks that run on the thread see the subscriber of the run's caller, where spans are wanted.
    fn subscribe(&self) -> Option<DefaultGuard> {
        self.spans.as_ref().map(|spans| tracing::dispatcher::set_default(&spans.subscriber))
    }

    fn lock(&self) -> MutexGuard<'_, Control> {
        lock(&self.control)
    }

    /// Whether some thread could work on the run at this moment.
    pub(crate) fn has_work(&self) -> bool {
        if self.stopped.load(Ordering::Relaxed) {
            return false;
        }
        // In order, the owner has work until the end.
        self.scheduler.get().is_none_or(Scheduler::has_work)
    }

    /// Whether another thread would find a task at this moment, as far as a short look tells.
    pub(crate) fn has_ready(&self) -> bool {
        !self.stopped.load(Ordering::Relaxed) && self.scheduler.get().is_some_and(Scheduler::has_ready)
    }

    /// Whether no two tasks are ever ready.
    fn is_chain(&self) -> bool {
        self.plan.is_chain
    }

    /// Whether more than one task is ready at the start.
    pub(crate) fn starts_wide(&self) -> bool {
        self.scheduler.get().is_some_and(Scheduler::starts_wide)
    }

    /// Whether sync tasks wait for a worker that would use up what others have made.
    pub(crate) fn has_backlog(&self) -> bool {
        self.scheduler.get().is_some_and(Scheduler::has_backlog)
    }

    #[inline]
    pub(crate) fn is_over(&self) -> bool {
        let control = self.lock();
        self.over(&control)
    }

    #[inline]
    fn over(&self, control: &Control) -> bool {
        let has_landed = control.in_flight.is_empty() || control.is_impatient;
        let is_still = has_landed && (control.attached == 0 || control.cancelled);
        control.complete || (self.stopped.load(Ordering::Relaxed) && is_still)
    }

    pub(crate) fn is_listed(&self) -> bool {
        self.listing.load(Ordering::Relaxed) == LISTED
    }

    /// Notes, under the pool's lock, that the run comes to its list; false if it is there, or comes no more.
    pub(crate) fn set_listed(&self) -> bool {
        let unlisted = self.listing.load(Ordering::Relaxed) == UNLISTED;
        if unlisted {
            self.listing.store(LISTED, Ordering::Relaxed);
        }
        unlisted
    }

    /// Notes, under the pool's lock, that the run was taken from the list.
    pub(crate) fn set_unlisted(&self) {
        self.listing.store(UNLISTED, Ordering::Relaxed);
    }

    /// Notes, under the pool's lock, that the run comes to the list no more; whether it is there.
    pub(crate) fn set_retired(&self) -> bool {
        self.listing.swap(RETIRED, Ordering::Relaxed) == LISTED
    }

    pub(crate) fn pool(&self) -> &Arc<Pool> {
        &self.pool
    }

    /// Lets the thread work on the run until nothing is ready; `None` if the run takes nobody any more.
    pub(crate) fn attach(&self) -> Option<Attached<'_>> {
        let mut control = self.lock();
        let open = !control.complete && !self.stopped.load(Ordering::Relaxed);
        if !open {
            return None;
        }
        control.attached += 1;
        // More threads than lanes are there only while some wait for runs of their own; they share.
        let free = control.lanes.trailing_ones();
        let shares = free >= self.pool.lanes();
        let lane = if shares { 0 } else { free };
        control.lanes |= 1 << lane;
        Some(Attached { core: self, lane, shares })
    }

    /// Tells the owner if the run is over.
    fn announce(&self, mut control: MutexGuard<'_, Control>) {
        if self.over(&control) {
            let waker = control.waker.take();
            drop(control);
            self.unpark_owner();
            if let Some(waker) = waker {
                quietly(|| waker.wake());
            }
        }
    }

    /// A task's value is in its slot.
    fn finished(self: &Arc<Self>, scheduler: &Scheduler, seat: &Seat, task: u32) -> Option<u32> {
        let after = scheduler.finished(seat, task);
        if self.measure.has_idle() || (after.complete && self.measure.is_measured()) {
            self.measured_finish(scheduler, seat, task, after);
        }
        self.follow(after);
        after.next
    }

    /// What follows for others from a task that has finished.
    #[inline]
    fn follow(self: &Arc<Self>, after: Finished) {
        if after.complete {
            self.complete();
        } else if after.more {
            self.call_for_help();
        }
    }

    /// The last output has finished: the run is complete, unless it was stopped before. (What a body returns that has
    /// seen that its run was stopped is not wanted.)
    fn complete(&self) {
        let mut control = self.lock();
        control.complete = !self.stopped.load(Ordering::Relaxed);
        self.announce(control);
    }

    #[cold]
    fn measured_finish(&self, scheduler: &Scheduler, seat: &Seat, task: u32, after: Finished) {
        let is_sync = |task: u32| self.plan.order.node(task).work_kind() != Kind::Async;
        let next = after.next.or_else(|| scheduler.ahead(seat)).filter(|&next| is_sync(next));
        let seen = advice::Seen { is_sync: is_sync(task), idle: self.pool.idle() };
        self.measure.finished(task, after, next, seen);
    }

    /// A task is ready that nobody is sure to take.
    pub(crate) fn call_for_help(self: &Arc<Self>) {
        // Pairs with the fence in `wait`: either the owner sees the task, or we see that it waits. And with those of
        // the pool, likewise.
        fence(Ordering::SeqCst);
        if self.owner_waits.load(Ordering::Relaxed) {
            // It takes this task, and calls for help if there are more.
            self.unpark_owner();
        } else {
            self.pool.wake(self);
        }
    }

    pub(crate) fn set_owner(&self, thread: Thread) {
        let _ = self.owner.set(thread);
    }

    fn unpark_owner(&self) {
        if let Some(owner) = self.owner.get() {
            owner.unpark();
        }
    }

    /// Parks the owner's thread until there is something to do or the run is over.
    pub(crate) fn wait(&self) {
        self.owner_waits.store(true, Ordering::Relaxed);
        // Pairs with the fence in `call_for_help`.
        fence(Ordering::SeqCst);
        while !self.is_over() && !self.has_work() {
            thread::park();
        }
        self.owner_waits.store(false, Ordering::Relaxed);
    }

    /// Tokio has nothing more of this: it finished, failed or was dropped.
    fn landed(&self, flight: u64) {
        let mut control = self.lock();
        control.in_flight.remove(&flight);
        self.announce(control);
        if let Some(limit) = self.limit() {
            limit.give_back();
        }
    }

    /// A task failed: the first failure is the run's.
    fn fail(&self, task: u32, cause: Cause) {
        if self.lock().failure.is_none() {
            // The path is looked for without the lock: it takes as long as the plan is large.
            let node = self.plan.order.node(task);
            let (name, location, path) = (node.name(), node.location(), self.plan.path(task));
            let failed = Failed { task: name, location, attempts: 1, path, args: self.take_args(task) };
            let error = Error::of_task(failed, cause);
            self.end_with(error);
        }
        self.stop();
    }

    /// The host of the run's async tasks shuts down.
    fn lose_host(&self) {
        let text = "the tokio runtime that polled the run's async tasks shut down";
        self.end_with(Error::of_run(ErrorKind::Cancelled, self.location, text));
    }

    /// No task starts any more; async ones are dropped at their next await.
    pub(crate) fn stop(&self) {
        let control = self.lock();
        if self.stopped.swap(true, Ordering::Relaxed) {
            return;
        }
        let aborts: Vec<AbortHandle> = control.in_flight.values().flatten().cloned().collect();
        self.announce(control);
        for abort in aborts {
            abort.abort();
        }
        self.drop_pending();
        self.pool.retire(self);
        if let Some(limit) = self.limit() {
            limit.forget(self);
        }
        self.give_back_granted();
    }

    /// Stops the run, whose owner waits for no sync body.
    pub(crate) fn cancel(self: &Arc<Self>) {
        let mut control = self.lock();
        control.cancelled = true;
        drop(control);
        self.stop();
        self.be_patient(PATIENCE);
    }

    /// The run was stopped from outside: its owner waits no longer than this for async tasks to be dropped. Whoever
    /// polls them may be slow, or gone.
    fn be_patient(self: &Arc<Self>, time: Duration) {
        let control = self.lock();
        let waits = !control.in_flight.is_empty();
        self.announce(control);
        if waits && timer::start().is_ok() {
            let core = Arc::downgrade(self);
            timer::after(time, move || {
                if let Some(core) = core.upgrade() {
                    let mut control = core.lock();
                    control.is_impatient = true;
                    core.announce(control);
                }
            })
            .leave();
        }
    }

    /// What a run has that does more than to call each task once.
    #[cold]
    #[inline(never)]
    fn guarded(plan: &Plan, pool: &Pool, mode: Mode) -> (Option<Box<Guard>>, Option<Aside>) {
        let guard = Guard::new(pool.on_failure(), mode);
        (Some(Box::new(guard)), Some(Aside::new(plan.len() as usize, pool.memory().is_some())))
    }

    /// Finds out what the run has to do with the world around it; refuses what cannot be.
    #[inline]
    fn look_beyond(&self) -> Result<(), Error> {
        let has_ends = self.pool.deadline().is_some() || self.pool.token().is_some();
        let is_plain = !has_ends && !self.plan.has_timers() && Inside::task(|_, _| ()).is_none();
        if is_plain { Ok(()) } else { self.look_further(has_ends) }
    }

    #[cold]
    #[inline(never)]
    fn look_further(&self, has_ends: bool) -> Result<(), Error> {
        let asker = Inside::task(Core::held_limits);
        if has_ends || asker.is_some() {
            let (is_inner, held_limits) = (asker.is_some(), asker.unwrap_or_default());
            self.refuse_held_limits(&held_limits)?;
            let _ = self.beyond.set(Box::new(Beyond { is_inner, held_limits, ends: OnceLock::new() }));
        }
        if self.plan.has_timers() || has_ends {
            timer::start().map_err(|error| {
                let text = format!("the system starts no thread for timeouts: {error}");
                Error::of_run(ErrorKind::Runtime, self.location, text)
            })?;
        }
        Ok(())
    }

    /// Has the run end by its runtime's deadline, and with its token.
    #[cold]
    fn await_ends(self: &Arc<Self>, beyond: &Beyond) {
        let alarm = self.pool.deadline().map(|time| {
            let core = Arc::downgrade(self);
            timer::after(time, move || {
                if let Some(core) = core.upgrade() {
                    let text = format!("the run took longer than its deadline of {time:?}");
                    core.end_with(Error::of_run(ErrorKind::TimedOut, core.location, text));
                    core.be_patient(LATE_PATIENCE);
                }
            })
        });
        let token = self.pool.token().map(|token| token.register(self));
        let _ = beyond.ends.set((alarm, token));
    }

    /// The limits of which one of the run's tasks has a place, or those have that wait for it.
    fn held_limits(&self, task: u32) -> Vec<(usize, String)> {
        let mut held = self.beyond.get().map(|beyond| beyond.held_limits.clone()).unwrap_or_default();
        if let Some(name) = self.plan.policy(task).and_then(|policy| policy.limit.as_deref()) {
            held.push((Arc::as_ptr(&self.pool).addr(), name.to_owned()));
        }
        held
    }

    /// A task of a limit that waits for a run whose own tasks count against the same would wait for itself; two whose
    /// runs count against each other's would wait for each other, unless limits are only ever held in one order.
    fn refuse_held_limits(&self, held: &[(usize, String)]) -> Result<(), Error> {
        // One that runs a task at a time has no places.
        if self.pool.is_sequential() {
            return Ok(());
        }
        let pool = Arc::as_ptr(&self.pool).addr();
        let held = held.iter().filter(|(of, _)| *of == pool).map(|(_, name)| &**name);
        let number = |name: &str| self.pool.number_of_limit(name);
        let Some(last) = held.max_by_key(|name| number(name)) else { return Ok(()) };
        let Some(wanted) = self.plan.limits().find(|name| number(name) <= number(last)) else { return Ok(()) };
        let why = if wanted == last {
            format!("count against `{wanted}` too: they would wait for each other; leave the limit out of one of them")
        } else {
            format!(
                "count against `{wanted}`, which the runtime sets before `{last}`: two such tasks could wait for each \
                 other; set `{wanted}` after `{last}`"
            )
        };
        let text = format!(
            "the run was asked for inside of a task that has a place of the limit `{last}`, and its own tasks {why}"
        );
        Err(Error::of_run(ErrorKind::Runtime, self.location, text))
    }

    /// Keeps the arguments' text of a task that has begun.
    pub(crate) fn show_args(&self, task: u32, text: String) {
        self.lock().args.get_or_insert_default().insert(task, text);
    }

    /// The arguments' text of a task that has ended.
    pub(crate) fn take_args(&self, task: u32) -> Option<String> {
        self.lock().args.as_mut()?.remove(&task)
    }

    /// Ends the run with a failure, unless it has ended by another, or was cancelled.
    fn end_with(&self, failure: Error) {
        let mut control = self.lock();
        if !self.stopped.load(Ordering::Relaxed) {
            control.failure.get_or_insert(failure);
        }
        drop(control);
        self.stop();
    }

    /// Whether the run has stopped, or has given up a task: its body may end early.
    pub(crate) fn is_given_up(&self, task: u32) -> bool {
        let aside = self.slots.aside();
        let has_ended = || aside.is_some_and(|aside| aside.ended(task).is_some());
        let is_given_up = self.stopped.load(Ordering::Relaxed) || has_ended() || self.is_late_in_order(task);
        if is_given_up && let Some(aside) = aside {
            // What it makes from now on is not what was asked for.
            aside.note_told(task);
        }
        is_given_up
    }

    /// The failure of a run that is over.
    fn failure(&self) -> Option<Error> {
        let control = self.lock();
        if control.complete {
            return None;
        }
        let cancelled = || Error::of_run(ErrorKind::Cancelled, self.location, "the run was cancelled");
        Some(control.failure.clone().unwrap_or_else(cancelled))
    }

    /// The values of a run that is over, in its shape; takes the run apart.
    fn fetch<S: Shape>(&self, plan: S::Plan) -> Result<S::Output, Error> {
        self.drop_pending_at_end();
        let made = match self.failure() {
            Some(error) => Err(error),
            None => {
                self.tell_of_measures();
                S::get(plan, &mut self.outputs())
            }
        };
        self.take_apart();
        made
    }

    /// The values and failures of a run that is over, in its shape; takes the run apart.
    fn fetch_each<S: Shape>(&self, plan: S::Plan) -> S::Tried {
        self.drop_pending_at_end();
        let made = S::try_get(plan, &mut self.outputs());
        self.take_apart();
        made
    }

    /// The outputs of a run that is over: complete, or with a note of which have their values.
    fn outputs(&self) -> Fetch<'_> {
        let guard = self.guard.as_deref();
        if guard.is_some() {
            self.let_go_of_outputs();
        }
        // SAFETY: the owner asks once, and takes only values that are there.
        let results = unsafe { self.plan.order.results(&self.slots) };
        Fetch::of_run(results, guard.map(|guard| Box::new(Ends { core: self, guard, is_still: self.is_still() }) as _))
    }

    /// What the run shows of its tasks' lengths.
    fn tell_of_measures(&self) {
        if !self.plan.has_async {
            let count = || (0..self.plan.len()).filter(|&number| self.plan.order.node(number).is_task()).count();
            let nodes = self.plan.len() - self.plan.data.len() as u32;
            self.measure.tell_of_tiny(nodes, || count() as u32, self.location);
        }
        self.tell_of_giant(self.measure.giant());
    }

    /// Tells of the task that took so long of a run of such a length.
    fn tell_of_giant(&self, giant: Option<(u32, Duration, Duration)>) {
        let Some((task, took, run)) = giant else { return };
        let node = self.plan.order.node(task);
        if !node.info().is_allowed_to_be_giant() {
            advice::tell_of_giant(&node.name(), node.location(), took, run);
        }
    }

    /// Whether no body of a run that is over is under way; then none will be.
    fn is_still(&self) -> bool {
        let control = self.lock();
        control.blocking == 0 && (control.complete || (control.attached == 0 && control.in_flight.is_empty()))
    }

    /// Nobody who does not run any more keeps an output's value.
    #[cold]
    fn let_go_of_outputs(&self) {
        if self.is_still() {
            // SAFETY: no body is under way, and none will start: nobody but the outputs wants a value any more.
            unsafe { self.plan.order.leave_to_outputs(&self.slots) };
        } else if !self.has_bodies() {
            self.release_unreached();
        }
    }

    /// Whether a body is under way that is not blocking.
    fn has_bodies(&self) -> bool {
        let control = self.lock();
        control.attached > 0 || !control.in_flight.is_empty()
    }

    fn take_apart(&self) {
        if !self.is_still() {
            // Bodies are under way for which nobody waits: the last of them does it (end 3).
            return;
        }
        self.owned.give_back(&self.plan);
        // SAFETY: the run is over, so no task is under way and none will start (ends 1 and 2); only the owner calls
        // this, after the last output was asked for, and nobody else touches values or nodes.
        unsafe { self.plan.order.take_apart(&self.slots) };
    }
}

/// Makes sure that what was said of the tasks can be had on this runtime.
#[cold]
#[inline(never)]
fn check_policies(plan: &Plan, pool: &Pool, location: &'static Location<'static>) -> Result<(), Error> {
    let names: Vec<&str> = pool.limit_names().collect();
    plan.check_policies(if pool.is_sequential() { None } else { Some(&names) }, location)
}

impl Drop for Core {
    fn drop(&mut self) {
        // End 3. If the owner did it, there is nothing left to do.
        if self.guard.is_some() {
            self.unweigh();
        }
        self.drop_pending();
        self.owned.give_back(&self.plan);
        // SAFETY: the last `Arc` is gone, and with it every participant.
        unsafe { self.plan.order.take_apart(&self.slots) };
    }
}

/// Who drives a run.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Owner {
    /// The thread that waits for it.
    Thread,
    /// A future; the work is the pool's.
    Future,
}

/// A thread works on a run.
pub(crate) struct Attached<'a> {
    core: &'a Core,
    lane: u32,
    /// Another thread has the same lane.
    shares: bool,
}

impl Attached<'_> {
    pub(crate) fn seat(&self) -> Seat {
        Seat::new(self.lane)
    }
}

impl Drop for Attached<'_> {
    fn drop(&mut self) {
        let mut control = self.core.lock();
        control.attached -= 1;
        if !self.shares {
            control.lanes &= !(1 << self.lane);
        }
        self.core.announce(control);
    }
}

#[cfg(all(test, delayed_loom))]
mod models;
#[cfg(all(test, delayed_shuttle))]
mod shuttled;
