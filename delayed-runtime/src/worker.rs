//! The threads that run sync tasks, and the places that bound how many do so at once.
//!
//! # Rules
//! 1. A thread runs sync tasks only while it holds a place; there are as many places as workers. Threads of the pool
//!    and threads that call `compute` are alike in this.
//! 2. A thread that waits for its run holds no place: a nested `compute` gives its place away while it waits and
//!    takes one again before its task's body goes on.
//! 3. Places are granted in the order of asking. While somebody asks, or a submitted run has not been looked at, a
//!    thread gives its place back at the next task after its slice of time.
//! 4. A queued task wakes a parked thread, or starts one while there are fewer than workers, unless all places are
//!    taken (who gives one back looks for work) or a thread is looking for work already (it wakes the next).
//! 5. The pool's threads end when the runtime was dropped and its runs are over.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering, fence};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::Thread;
use std::time::{Duration, Instant};

use crate::run::{Core, Left};

/// How long a thread keeps its place while others want one.
const SLICE: Duration = Duration::from_millis(1);

/// The places and threads of one runtime.
pub(crate) struct Pool {
    workers: usize,
    sequential: bool,
    hub: Mutex<Hub>,
    /// Threads of the pool wait here for work.
    work: Condvar,
    /// How many wait for a place, and how many submitted runs no thread has looked at.
    wanted: AtomicUsize,
    /// Free places, to be looked at without the lock.
    free: AtomicUsize,
    /// Threads of the pool that were woken or started and have not found work yet.
    searching: AtomicUsize,
}

#[derive(Default)]
struct Hub {
    /// Places nobody holds.
    free: usize,
    /// Who asked for a place, in order.
    asking: VecDeque<Arc<Ticket>>,
    /// Runs that threads of the pool may help with, the one to look at first in front.
    runs: VecDeque<Listed>,
    threads: usize,
    /// Threads that wait on `work`, with those of `woken` that have not got the lock yet.
    parked: usize,
    /// Wake-ups that no thread has answered yet.
    woken: usize,
    closed: bool,
}

struct Listed {
    core: Arc<Core>,
    /// No thread has looked at it yet (counted in `wanted`).
    fresh: bool,
}

/// Somebody asks for a place.
struct Ticket {
    thread: Thread,
    granted: AtomicBool,
}

impl Pool {
    pub(crate) fn new(workers: usize) -> Arc<Pool> {
        Arc::new(Pool::with(workers, false))
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
            wanted: AtomicUsize::new(0),
            free: AtomicUsize::new(workers),
            searching: AtomicUsize::new(0),
        }
    }

    pub(crate) fn workers(&self) -> usize {
        self.workers
    }

    pub(crate) fn is_sequential(&self) -> bool {
        self.sequential
    }

    /// Whether somebody else could use the calling thread's place.
    pub(crate) fn is_wanted(&self) -> bool {
        self.wanted.load(Ordering::Relaxed) > 0
    }

    fn lock(&self) -> MutexGuard<'_, Hub> {
        self.hub.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The runtime was dropped (rule 5).
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.work.notify_all();
    }

    /// Hands a run without a thread of its own to the pool.
    pub(crate) fn submit(self: &Arc<Self>, core: &Arc<Core>) {
        if self.sequential {
            return;
        }
        let mut hub = self.lock();
        if core.list() {
            hub.runs.push_front(Listed { core: core.clone(), fresh: true });
            self.wanted.fetch_add(1, Ordering::Relaxed);
        }
        self.wake_one(hub);
    }

    /// The run needs no help any more.
    pub(crate) fn retire(&self, core: &Core) {
        let mut hub = self.lock();
        core.retire();
        if let Some(at) = hub.runs.iter().position(|listed| std::ptr::eq(&*listed.core, core)) {
            let gone = hub.runs.remove(at);
            let fresh = gone.as_ref().is_some_and(|listed| listed.fresh);
            self.wanted.fetch_sub(usize::from(fresh), Ordering::Relaxed);
            let closing = hub.closed && hub.runs.is_empty();
            drop(hub);
            if closing {
                self.work.notify_all();
            }
            // Outside the lock: this may be the run's last owner.
            drop(gone);
        }
    }

    /// A run has a queued task (rule 4).
    pub(crate) fn wake(self: &Arc<Self>, core: &Arc<Core>) {
        if self.sequential {
            return;
        }
        // Whoever looks for work from here on must find the run, so this comes before asking who does.
        if core.is_unlisted() {
            let mut hub = self.lock();
            if core.list() {
                hub.runs.push_back(Listed { core: core.clone(), fresh: false });
            }
        }
        // Pairs with the fences of threads that park or give a place back: either they see the queued task, or we see
        // the place.
        fence(Ordering::SeqCst);
        if self.free.load(Ordering::SeqCst) > 0 && self.searching.load(Ordering::SeqCst) == 0 {
            self.wake_one(self.lock());
        }
    }

    /// Wakes or starts a thread if there is a place for it.
    fn wake_one(self: &Arc<Self>, mut hub: MutexGuard<'_, Hub>) {
        if hub.free == 0 {
            return;
        }
        if hub.parked > hub.woken {
            hub.woken += 1;
            self.searching.fetch_add(1, Ordering::SeqCst);
            drop(hub);
            self.work.notify_one();
        } else if hub.threads < self.workers {
            hub.threads += 1;
            self.searching.fetch_add(1, Ordering::SeqCst);
            let name = format!("delayed-worker-{}", hub.threads);
            drop(hub);
            let pool = self.clone();
            if std::thread::Builder::new().name(name).spawn(move || pool.main()).is_err() {
                // The system gives no more threads: those that are there, and the callers, do the work.
                self.searching.fetch_sub(1, Ordering::SeqCst);
                self.lock().threads -= 1;
            }
        }
    }

    /// A thread of the pool.
    fn main(self: Arc<Self>) {
        let mut searching = true;
        let mut hub = self.lock();
        loop {
            let Some(core) = self.pick(&mut hub) else {
                if std::mem::take(&mut searching) {
                    self.searching.fetch_sub(1, Ordering::SeqCst);
                    // Between our look and this, a queued task may have relied on us.
                    fence(Ordering::SeqCst);
                    continue;
                }
                if hub.closed && hub.runs.is_empty() {
                    hub.threads -= 1;
                    return;
                }
                hub.parked += 1;
                hub = self.work.wait(hub).unwrap_or_else(PoisonError::into_inner);
                hub.parked -= 1;
                if hub.woken > 0 {
                    hub.woken -= 1;
                    searching = true;
                }
                continue;
            };
            hub = self.serve(hub, &core, std::mem::take(&mut searching));
        }
    }

    /// Works on a run in a place of the pool.
    fn serve<'a>(
        self: &'a Arc<Self>,
        hub: MutexGuard<'a, Hub>,
        core: &Arc<Core>,
        searching: bool,
    ) -> MutexGuard<'a, Hub> {
        let (mut hub, _) = self.place(hub, || false);
        if searching {
            self.searching.fetch_sub(1, Ordering::SeqCst);
            // Another queued task may have relied on us (rule 4).
            if hub.runs.iter().any(|listed| listed.core.has_work()) {
                self.wake_one(hub);
                hub = self.lock();
            }
        }
        drop(hub);
        if core.attach() {
            let _held = Held::of(Some(self.clone()));
            let _inside = Inside::sync_tasks();
            core.work(&mut Slice::default());
            core.detach();
        }
        self.give_back();
        self.lock()
    }

    /// The run to look at first; the next look starts behind it.
    fn pick(&self, hub: &mut Hub) -> Option<Arc<Core>> {
        for _ in 0..hub.runs.len() {
            let mut listed = hub.runs.pop_front()?;
            if std::mem::take(&mut listed.fresh) {
                self.wanted.fetch_sub(1, Ordering::Relaxed);
            }
            let core = listed.core.has_work().then(|| listed.core.clone());
            hub.runs.push_back(listed);
            if core.is_some() {
                return core;
            }
        }
        None
    }

    /// Takes a place, waiting for one if need be; false if `enough` says that it is not wanted any more.
    fn take_place(&self, enough: impl Fn() -> bool) -> bool {
        let (_hub, taken) = self.place(self.lock(), enough);
        taken
    }

    /// [`take_place`](Self::take_place) with the lock in hand; false if `enough` says that it is not wanted any more.
    fn place<'a>(&'a self, mut hub: MutexGuard<'a, Hub>, enough: impl Fn() -> bool) -> (MutexGuard<'a, Hub>, bool) {
        if hub.free > 0 && hub.asking.is_empty() {
            hub.free -= 1;
            self.free.store(hub.free, Ordering::SeqCst);
            return (hub, true);
        }
        let ticket = Arc::new(Ticket { thread: std::thread::current(), granted: AtomicBool::new(false) });
        hub.asking.push_back(ticket.clone());
        self.wanted.fetch_add(1, Ordering::Relaxed);
        drop(hub);
        loop {
            while !ticket.granted.load(Ordering::Acquire) && !enough() {
                std::thread::park();
            }
            let mut hub = self.lock();
            if ticket.granted.load(Ordering::Acquire) {
                return (hub, true);
            }
            if enough() {
                hub.asking.retain(|other| !Arc::ptr_eq(other, &ticket));
                self.wanted.fetch_sub(1, Ordering::Relaxed);
                return (hub, false);
            }
        }
    }

    /// Gives a place to who asked first, or back to the pool.
    fn give_back(self: &Arc<Self>) {
        let mut hub = self.lock();
        if let Some(ticket) = hub.asking.pop_front() {
            self.wanted.fetch_sub(1, Ordering::Relaxed);
            ticket.granted.store(true, Ordering::Release);
            drop(hub);
            ticket.thread.unpark();
            return;
        }
        hub.free += 1;
        self.free.store(hub.free, Ordering::SeqCst);
        // Pairs with the fence in `wake`.
        fence(Ordering::SeqCst);
        if hub.runs.iter().any(|listed| listed.core.has_work()) {
            self.wake_one(hub);
        }
    }
}

/// Since when a thread keeps its place while others want one.
#[derive(Default)]
pub(crate) struct Slice(Option<Instant>);

impl Slice {
    /// Asked only while somebody wants the place, so that no clock is read otherwise.
    pub(crate) fn is_over(&mut self) -> bool {
        self.0.get_or_insert_with(Instant::now).elapsed() >= SLICE
    }
}

/// What the calling thread does for a run at the moment.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Inside {
    Nothing,
    SyncTask,
    AsyncTask,
}

thread_local! {
    static INSIDE: Cell<Inside> = const { Cell::new(Inside::Nothing) };
    /// The pool in whose place the thread runs a task.
    static PLACE: RefCell<Option<Arc<Pool>>> = const { RefCell::new(None) };
}

/// Restores what the thread did before.
pub(crate) struct Restore(Inside);

impl Inside {
    pub(crate) fn current() -> Inside {
        INSIDE.get()
    }

    /// The thread runs sync tasks.
    pub(crate) fn sync_tasks() -> Restore {
        Restore(INSIDE.replace(Inside::SyncTask))
    }

    /// The thread polls an async task.
    pub(crate) fn async_task() -> Restore {
        Restore(INSIDE.replace(Inside::AsyncTask))
    }
}

impl Drop for Restore {
    fn drop(&mut self) {
        INSIDE.set(self.0);
    }
}

/// The calling thread's place, within `drive` and `serve`.
struct Held(Option<Arc<Pool>>);

impl Held {
    /// Notes that the thread runs tasks in a place of `pool`.
    fn of(pool: Option<Arc<Pool>>) -> Held {
        Held(PLACE.replace(pool))
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        PLACE.set(self.0.take());
    }
}

/// Drives a run on its owner's thread to its end.
pub(crate) fn drive(core: &Arc<Core>) {
    let pool = core.pool();
    core.set_owner(std::thread::current());
    // The thread may be inside a task's body, which goes on when this returns (rule 2).
    let outer = PLACE.with_borrow(Clone::clone);
    let same = outer.as_ref().is_some_and(|outer| Arc::ptr_eq(outer, pool));
    if let Some(outer) = &outer
        && !same
    {
        outer.give_back();
    }
    if pool.sequential {
        let _held = Held::of(None);
        core.drive_alone();
    } else {
        let held = drive_in(pool, core, same);
        if same && !held {
            pool.take_place(|| false);
        } else if held && !same {
            pool.give_back();
        }
    }
    if let Some(outer) = &outer
        && !same
    {
        outer.take_place(|| false);
    }
}

/// The loop of [`drive`]; `held` says whether the thread holds a place of the pool, before and after.
fn drive_in(pool: &Arc<Pool>, core: &Arc<Core>, mut held: bool) -> bool {
    let _held = Held::of(Some(pool.clone()));
    let _inside = Inside::sync_tasks();
    while !core.is_over() {
        if !core.has_work() {
            if std::mem::take(&mut held) {
                pool.give_back();
            }
            core.wait();
            continue;
        }
        if !held {
            held = pool.take_place(|| core.is_over());
        }
        if held && core.attach() {
            let left = core.work(&mut Slice::default());
            core.detach();
            if left == Left::Yielded {
                held = false;
                pool.give_back();
            }
        }
    }
    pool.retire(core);
    held
}
