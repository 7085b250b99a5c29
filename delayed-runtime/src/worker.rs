//! The threads that run sync tasks, and the places that bound how many do so at once.
//!
//! # Rules
//! 1. A thread runs sync tasks only while it holds a place; there are as many places as workers. Threads of the pool
//!    and threads that call `compute` are alike in this.
//! 2. A thread that waits for its run holds no place: a nested `compute` gives its place away while it waits and
//!    takes one again before its task's body goes on. Meanwhile the thread does not count as one of the pool's, so
//!    that another can be started in its stead; threads over the number end when they find nothing to do.
//! 3. Places are granted in the order of asking. While somebody asks, or another run has work, a thread gives its
//!    place back at the next task after its slice of time.
//! 4. A run with a queued task is on the pool's list, from the front of which threads take it; it stays there while it
//!    has work, so that others can help. A queued task wakes a parked thread, or starts one while there are fewer than
//!    workers, unless all places are taken (a place given back is looked after the same way) or a thread is looking
//!    for work already (it wakes the next).
//! 5. The pool's threads end when the runtime was dropped and they find nothing to do; a run that still goes on starts
//!    them anew.
//! 6. Nothing of a run is dropped under the pool's lock, and a panic on the way out of a run ends no thread.

mod shift;

use std::borrow::Cow;
use std::collections::VecDeque;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use crate::cancel::CancelToken;
use crate::limit::{Bound, Limit};
use crate::panic::quietly;
use crate::policy::OnFailure;
use crate::run::Core;
use crate::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering, fence};
use crate::sync::thread::{self, Thread};
use crate::sync::{Condvar, Mutex, MutexGuard, lock};

pub(crate) use shift::{Inside, Search, Shift, drive};
use shift::{enter_pool, work_in};

/// The places and threads of one runtime.
pub(crate) struct Pool {
    workers: usize,
    sequential: bool,
    hub: Mutex<Hub>,
    /// Threads of the pool wait here for work.
    work: Condvar,
    /// Free places, to be looked at without the lock.
    free: AtomicUsize,
    /// How many ask for a place, and how many runs are listed, to be looked at without the lock.
    pressure: AtomicUsize,
    /// Threads of the pool that were woken or started and have not found work yet.
    searching: AtomicUsize,
    counters: Counters,
    /// For async tasks.
    in_flight: Option<Limit>,
    /// For tasks that count against a limit, by its name.
    limits: Vec<(Cow<'static, str>, Limit)>,
    /// For tasks without inputs, by what values hold.
    memory: Option<Limit>,
    on_failure: OnFailure,
    deadline: Option<Duration>,
    token: Option<CancelToken>,
}

/// What is set on a runtime.
#[derive(Clone, Debug, Default)]
pub(crate) struct Settings {
    pub(crate) workers: Option<usize>,
    pub(crate) in_flight: Option<usize>,
    pub(crate) limits: Vec<(Cow<'static, str>, usize)>,
    pub(crate) memory: Option<usize>,
    pub(crate) on_failure: OnFailure,
    pub(crate) deadline: Option<Duration>,
    pub(crate) token: Option<CancelToken>,
}

/// What the threads of a pool did so far.
#[derive(Debug, Default)]
struct Counters {
    stolen: AtomicU64,
    wakes: AtomicU64,
    starts: AtomicU64,
    parks: AtomicU64,
    /// (Of the standard library, as the model checkers need not see it.)
    taken: std::sync::atomic::AtomicU64,
}

/// What the threads of a runtime did so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Tasks, or ranges of tasks, taken over from other workers.
    pub stolen: u64,
    /// Threads that were woken for a ready task.
    pub wakes: u64,
    /// Threads that were started for one.
    pub starts: u64,
    /// How often a thread found nothing and went to sleep.
    pub parks: u64,
}

/// So many listed runs are looked at to see whether one has a ready task.
const LOOK: usize = 4;

/// As many lanes as a run may have: more workers than that share.
const MOST_LANES: usize = 64;

#[derive(Default)]
struct Hub {
    /// Places nobody holds.
    free: usize,
    /// Who asked for a place, in order.
    asking: VecDeque<Arc<Ticket>>,
    /// Runs that have work, or had when they were put here; the one to look at first in front.
    runs: VecDeque<Arc<Core>>,
    /// Threads of the pool, but for those that wait for a run of their own (rule 2).
    threads: usize,
    /// Threads that wait on `work`, with those of `woken` that have not got the lock yet.
    parked: usize,
    /// Wake-ups that no thread has answered yet.
    woken: usize,
    closed: bool,
}

/// Somebody asks for a place.
struct Ticket {
    thread: Thread,
    /// Set under the pool's lock, and believed only under it.
    granted: AtomicBool,
}

/// A place, held by the calling thread; given back when dropped.
struct Place(Arc<Pool>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.give_back();
    }
}

impl Pool {
    #[cfg(all(test, delayed_loom))]
    pub(crate) fn new(workers: usize, in_flight: Option<usize>) -> Arc<Pool> {
        Pool::of(workers, Settings { in_flight, ..Settings::default() })
    }

    /// The pool of a runtime with these settings.
    pub(crate) fn of(workers: usize, settings: Settings) -> Arc<Pool> {
        let Settings { in_flight, limits, memory, on_failure, deadline, token, .. } = settings;
        let named = |(name, places)| (name, Limit::new(Bound::Named(places)));
        Arc::new(Pool {
            in_flight: in_flight.map(|places| Limit::new(Bound::Async(places))),
            limits: limits.into_iter().map(named).collect(),
            memory: memory.map(|bytes| Limit::new(Bound::Memory(bytes))),
            on_failure,
            deadline,
            token,
            ..Pool::with(workers, false)
        })
    }

    /// No threads and no places: every run is its caller's.
    pub(crate) fn sequential() -> Arc<Pool> {
        Arc::new(Pool::with(1, true))
    }

    fn with(workers: usize, sequential: bool) -> Pool {
        Pool {
            workers,
            sequential,
            hub: Mutex::new(Hub { free: workers, ..Hub::default() }),
            work: Condvar::new(),
            free: AtomicUsize::new(workers),
            pressure: AtomicUsize::new(0),
            searching: AtomicUsize::new(0),
            counters: Counters::default(),
            in_flight: None,
            limits: Vec::new(),
            memory: None,
            on_failure: OnFailure::Stop,
            deadline: None,
            token: None,
        }
    }

    pub(crate) fn workers(&self) -> usize {
        self.workers
    }

    /// The bound on async tasks under way, if there is one.
    pub(crate) fn in_flight(&self) -> Option<&Limit> {
        self.in_flight.as_ref()
    }

    /// The limit of this name, if it is set.
    pub(crate) fn named_limit(&self, name: &str) -> Option<&Limit> {
        self.limits.iter().find(|(set, _)| set == name).map(|(_, limit)| limit)
    }

    /// The names of the limits that are set.
    pub(crate) fn limit_names(&self) -> impl Iterator<Item = &str> {
        self.limits.iter().map(|(name, _)| &**name)
    }

    /// Which limit this is, in the order in which they were set.
    pub(crate) fn number_of_limit(&self, name: &str) -> Option<usize> {
        self.limits.iter().position(|(set, _)| set == name)
    }

    /// The bound on memory, if there is one.
    pub(crate) fn memory(&self) -> Option<&Limit> {
        self.memory.as_ref()
    }

    pub(crate) fn on_failure(&self) -> OnFailure {
        self.on_failure
    }

    /// How long a run may take.
    pub(crate) fn deadline(&self) -> Option<Duration> {
        self.deadline
    }

    /// The token that ends all runs.
    pub(crate) fn token(&self) -> Option<&CancelToken> {
        self.token.as_ref()
    }

    /// How many lanes a run's scheduler has.
    pub(crate) fn lanes(&self) -> u32 {
        u32::try_from(self.workers.min(MOST_LANES)).unwrap_or(1)
    }

    pub(crate) fn counts(&self) -> Counts {
        let counters = &self.counters;
        Counts {
            stolen: counters.stolen.load(Ordering::Relaxed),
            wakes: counters.wakes.load(Ordering::Relaxed),
            starts: counters.starts.load(Ordering::Relaxed),
            parks: counters.parks.load(Ordering::Relaxed),
        }
    }

    pub(crate) fn count_stolen(&self, stolen: u64) {
        if stolen > 0 {
            self.counters.stolen.fetch_add(stolen, Ordering::Relaxed);
        }
    }

    pub(crate) fn is_sequential(&self) -> bool {
        self.sequential
    }

    /// Whether somebody else could use the place of a thread that works on `core` (rule 3).
    #[inline]
    pub(crate) fn is_wanted(&self, core: &Core) -> bool {
        let pressure = self.pressure.load(Ordering::Relaxed);
        pressure > 0 && pressure > usize::from(core.is_listed())
    }

    /// How many times a place was taken.
    pub(crate) fn taken(&self) -> u64 {
        self.counters.taken.load(Ordering::Relaxed)
    }

    /// How many times a place was taken, if one is free: a worker has nothing to do in any run.
    pub(crate) fn idle(&self) -> Option<u64> {
        (self.free.load(Ordering::Relaxed) > 0).then(|| self.taken())
    }

    /// Shows how many want a place.
    fn note_pressure(&self, hub: &Hub) {
        self.pressure.store(hub.runs.len() + hub.asking.len(), Ordering::Relaxed);
    }

    fn lock(&self) -> MutexGuard<'_, Hub> {
        lock(&self.hub)
    }

    /// The runtime was dropped (rule 5).
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.work.notify_all();
    }

    /// Hands a run without a thread of its own to the pool; false if no thread can be had for it.
    pub(crate) fn submit(self: &Arc<Self>, core: &Arc<Core>) -> bool {
        if self.sequential {
            return true;
        }
        let mut hub = self.lock();
        self.list(&mut hub, core);
        self.wake_one(hub)
    }

    /// Puts a run on the list, if it is not there and not over.
    fn list(&self, hub: &mut Hub, core: &Arc<Core>) {
        if core.set_listed() {
            hub.runs.push_back(core.clone());
            self.note_pressure(hub);
        }
    }

    /// The run needs no help any more.
    pub(crate) fn retire(&self, core: &Core) {
        let mut hub = self.lock();
        if core.set_retired() {
            let at = hub.runs.iter().position(|listed| std::ptr::eq(&**listed, core));
            let gone = at.and_then(|at| hub.runs.remove(at));
            self.note_pressure(&hub);
            drop(hub);
            drop(gone);
        }
    }

    /// A run has a task that nobody is sure to take (rule 4). After a fence, which pairs with those in `find`,
    /// `found_work` and `give_back`: either they see the task, or we see that the run is off the list, that nobody
    /// searches any more, or the free place.
    pub(crate) fn wake(self: &Arc<Self>, core: &Arc<Core>) {
        if self.sequential {
            return;
        }
        if !core.is_listed() {
            self.list(&mut self.lock(), core);
        }
        if self.free.load(Ordering::Relaxed) > 0 && self.searching.load(Ordering::Relaxed) == 0 {
            self.wake_one(self.lock());
        }
    }

    /// A thread that was woken for work has a task now; another may be there.
    pub(crate) fn found_work(self: &Arc<Self>, core: &Arc<Core>, search: Search) {
        if search == Search::Counted {
            self.searching.fetch_sub(1, Ordering::Relaxed);
        }
        // Pairs with the fence before `wake`.
        fence(Ordering::SeqCst);
        if core.has_ready() {
            self.wake(core);
            return;
        }
        if search == Search::Counted {
            self.wake_if_ready(self.lock());
        }
    }

    /// Wakes a thread if it would find a task in a listed run, as far as a short look tells, which is not taken under
    /// the lock.
    fn wake_if_ready(self: &Arc<Self>, hub: MutexGuard<'_, Hub>) {
        if hub.runs.is_empty() || hub.free == 0 {
            return;
        }
        let runs: Vec<Arc<Core>> = hub.runs.iter().take(LOOK).cloned().collect();
        let has_more = hub.runs.len() > LOOK;
        drop(hub);
        if has_more || runs.iter().any(|run| run.has_ready()) {
            self.wake_one(self.lock());
        }
        // We may be a run's last owner (rule 6).
        quietly(|| drop(runs));
    }

    /// Wakes or starts a thread if there is a place for it; false if there is none and none can be started.
    fn wake_one(self: &Arc<Self>, mut hub: MutexGuard<'_, Hub>) -> bool {
        if hub.free == 0 {
            return true;
        }
        if hub.parked > hub.woken {
            hub.woken += 1;
            self.searching.fetch_add(1, Ordering::Relaxed);
            self.counters.wakes.fetch_add(1, Ordering::Relaxed);
            drop(hub);
            self.work.notify_one();
        } else if hub.threads < self.workers {
            hub.threads += 1;
            self.searching.fetch_add(1, Ordering::Relaxed);
            let started = self.counters.starts.fetch_add(1, Ordering::Relaxed);
            let name = format!("delayed-worker-{}", started + 1);
            drop(hub);
            let pool = self.clone();
            if thread::Builder::new().name(name).spawn(move || pool.main()).is_err() {
                // The system gives no more threads: those that are there do the work.
                self.searching.fetch_sub(1, Ordering::Relaxed);
                let mut hub = self.lock();
                hub.threads -= 1;
                return hub.threads > 0;
            }
        }
        true
    }

    /// A thread of the pool.
    fn main(self: Arc<Self>) {
        enter_pool(&self);
        let mut searching = true;
        while let Some(core) = self.find(&mut searching) {
            self.serve(core, &mut searching);
        }
    }

    /// A run with work, as soon as there is one; `None` if the thread is to end.
    fn find(&self, searching: &mut bool) -> Option<Arc<Core>> {
        let mut hub = self.lock();
        loop {
            if let Some(core) = hub.runs.pop_front() {
                self.note_pressure(&hub);
                core.set_unlisted();
                // Pairs with the fence before `wake`.
                fence(Ordering::SeqCst);
                if core.has_work() {
                    self.list(&mut hub, &core);
                    return Some(core);
                }
                // Not under the lock (rule 6).
                drop(hub);
                quietly(|| drop(core));
                hub = self.lock();
                continue;
            }
            // The list is empty. Whoever relies on us for a task of a run that was taken from it sees that it was (the
            // fence above), and comes to the lock, which we keep until we sleep.
            if std::mem::take(searching) {
                self.searching.fetch_sub(1, Ordering::Relaxed);
            }
            if hub.closed || hub.threads > self.workers {
                hub.threads -= 1;
                return None;
            }
            hub.parked += 1;
            self.counters.parks.fetch_add(1, Ordering::Relaxed);
            hub = self.work.wait(hub).unwrap_or_else(PoisonError::into_inner);
            hub.parked -= 1;
            if hub.woken > 0 {
                hub.woken -= 1;
                *searching = true;
            }
        }
    }

    /// Works on a run in a place of the pool.
    fn serve(self: &Arc<Self>, core: Arc<Core>, searching: &mut bool) {
        let Some(place) = self.take_place(|| false) else { return };
        let search = if std::mem::take(searching) { Search::Counted } else { Search::None };
        let mut shift = Shift::new(search);
        quietly(|| drop(work_in(place, &core, &mut shift)));
        *searching = shift.found() == Search::Counted;
        // We may be the run's last owner (rule 6).
        quietly(|| drop(core));
    }

    /// Takes a place, waiting for one if need be; `None` if `enough` says that it is not wanted any more.
    fn take_place(self: &Arc<Self>, enough: impl Fn() -> bool) -> Option<Place> {
        self.counters.taken.fetch_add(1, Ordering::Relaxed);
        let mut hub = self.lock();
        if hub.free > 0 && hub.asking.is_empty() {
            hub.free -= 1;
            self.free.store(hub.free, Ordering::Relaxed);
            return Some(Place(self.clone()));
        }
        let ticket = Arc::new(Ticket { thread: thread::current(), granted: AtomicBool::new(false) });
        hub.asking.push_back(ticket.clone());
        self.note_pressure(&hub);
        drop(hub);
        loop {
            while !ticket.granted.load(Ordering::Relaxed) && !enough() {
                thread::park();
            }
            let mut hub = self.lock();
            if ticket.granted.load(Ordering::Relaxed) {
                return Some(Place(self.clone()));
            }
            if enough() {
                hub.asking.retain(|other| !Arc::ptr_eq(other, &ticket));
                self.note_pressure(&hub);
                return None;
            }
        }
    }

    /// Gives a place to who asked first, or back to the pool.
    fn give_back(self: &Arc<Self>) {
        let mut hub = self.lock();
        if let Some(ticket) = hub.asking.pop_front() {
            self.note_pressure(&hub);
            ticket.granted.store(true, Ordering::Relaxed);
            drop(hub);
            ticket.thread.unpark();
            return;
        }
        hub.free += 1;
        self.free.store(hub.free, Ordering::Relaxed);
        // Pairs with the fence before `wake`.
        fence(Ordering::SeqCst);
        self.wake_if_ready(hub);
    }
}
