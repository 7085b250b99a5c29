//! Bounds on the tasks that are under way at a time, over all runs of a runtime: on async tasks, on tasks that count
//! against a limit with a name, and on what values hold.
//!
//! # Rules of the bound on async tasks
//! 1. An async task takes a place before its body is called, and gives it back when its future is gone. An async
//!    successor on which the same tokio task goes on keeps the place.
//! 2. A task that finds no place waits here, with its run; it keeps no worker. Runs are served in turn, each in its
//!    plan's order. Who comes while a place is free takes it at once: those that wait then are held back (rule 3).
//! 3. A place that becomes free goes to a waiting task, but not to one of a run that has ready sync tasks which would
//!    use up what others made, and which no worker has taken yet: that goes first. The worker that takes the last of these looks
//!    here. Whoever hands out a place runs nothing: the task's body is called where its run's async tasks are polled.
//! 4. A run that is asked for inside an async task of a run that takes places, or inside any task of a run that was,
//!    takes none itself: the task would wait for it, and it for the task.
//!
//! # Rules of limits with names
//! 5. A task takes a place when it is given out, and gives it back when its attempt has ended; a `blocking` one whose
//!    time is up, when its body has. One that finds none waits here (rule 2), and goes back to its run's queue with the
//!    place that it is given.
//!
//! # Rules of the bound on memory
//! 6. A source, that is a task without inputs, waits here (rule 2) while values hold more than the bound, as long as
//!    any task is under way, or ready to use up what others have made. All other tasks only count as under way.
//!    Nor does a source of a run that a task asked for wait: it would wait for the task, and the task for it.
//! 7. Sources under way count as if each held as much as those before it did on the average, so that a thousand of them
//!    do not start while nothing is held yet; until one has ended, only a few are.

use std::cell::Cell;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::sync::Arc;

use crate::panic::quietly;
use crate::run::{Core, Gate};
use crate::sync::atomic::{AtomicBool, Ordering, fence};
use crate::sync::{Mutex, MutexGuard, lock, thread_local};
use crate::worker::Pool;

/// A bound on tasks that are under way.
pub(crate) struct Limit {
    bound: Bound,
    state: Mutex<State>,
    /// Whether a task waits, to be looked at without the lock.
    has_waiting: AtomicBool,
}

/// What is bounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bound {
    /// Async tasks.
    Async(usize),
    /// Tasks that count against a limit with a name.
    Named(usize),
    /// The bytes that values hold.
    Memory(usize),
}

#[derive(Default)]
struct State {
    taken: usize,
    memory: Memory,
    /// Somebody hands places out, and looks again whenever it comes back to the lock.
    is_handed_out: bool,
    waiting: VecDeque<Waiting>,
}

/// So many sources are under way before it is known how much one makes.
const FIRST_SOURCES: usize = 4;

/// What values hold.
#[derive(Default)]
struct Memory {
    /// How many bytes, and at most so far.
    held: usize,
    peak: usize,
    /// How many sources are under way.
    sources: usize,
    /// How many have ended with a value, and what these held together.
    ended: usize,
    made: usize,
}

impl Memory {
    /// Whether there is room for a source beside those under way.
    fn has_room(&self, bytes: usize) -> bool {
        match self.made.checked_div(self.ended) {
            None => self.held <= bytes && self.sources < FIRST_SOURCES,
            Some(mean) => self.held.saturating_add(mean.saturating_mul(self.sources)) <= bytes,
        }
    }
}

/// What became of a task under way, for the bound on memory.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Settled {
    /// So many bytes its value holds.
    pub(crate) more: usize,
    /// So many bytes its inputs held that are gone.
    pub(crate) less: usize,
    pub(crate) has_ended: bool,
    pub(crate) is_source: bool,
}

/// The tasks of a run that wait.
struct Waiting {
    core: Arc<Core>,
    tasks: BinaryHeap<Reverse<u32>>,
}

impl Limit {
    pub(crate) fn new(bound: Bound) -> Limit {
        Limit { bound, state: Mutex::default(), has_waiting: AtomicBool::new(false) }
    }

    /// Takes a place for a task, or has it wait for one; whether it has it.
    pub(crate) fn take_or_wait(&self, core: &Arc<Core>, task: u32) -> bool {
        let mut state = lock(&self.state);
        if state.has_room_for(self.bound, core) {
            state.take(self.bound);
            return true;
        }
        match state.waiting.iter_mut().find(|waiting| Arc::ptr_eq(&waiting.core, core)) {
            Some(waiting) => waiting.tasks.push(Reverse(task)),
            None => state.waiting.push_back(Waiting { core: core.clone(), tasks: [Reverse(task)].into() }),
        }
        self.note(&state);
        false
    }

    /// Takes a place if there is one.
    pub(crate) fn take_if_free(&self) -> bool {
        let mut state = lock(&self.state);
        let is_free = state.has_room(self.bound);
        if is_free {
            state.take(self.bound);
        }
        is_free
    }

    /// Counts a task that need not wait.
    pub(crate) fn take(&self) {
        lock(&self.state).taken += 1;
    }

    /// Gives back a place.
    pub(crate) fn give_back(&self) {
        self.settle(Settled { has_ended: true, ..Settled::default() });
    }

    /// Values hold more or less than before; a task may have ended.
    pub(crate) fn settle(&self, settled: Settled) {
        let Settled { more, less, has_ended, is_source } = settled;
        let mut state = lock(&self.state);
        let memory = &mut state.memory;
        memory.held += more;
        memory.peak = memory.peak.max(memory.held);
        memory.held = memory.held.saturating_sub(less);
        if is_source {
            memory.sources -= usize::from(has_ended);
            memory.ended += usize::from(more > 0);
            memory.made = memory.made.saturating_add(more);
        }
        state.taken -= usize::from(has_ended);
        self.hand_out(state);
    }

    /// How many bytes values held at most.
    pub(crate) fn peak(&self) -> usize {
        lock(&self.state).memory.peak
    }

    /// A task that waited has its place; false if its run is over.
    fn start(&self, core: &Arc<Core>, task: u32) -> bool {
        match self.bound {
            Bound::Async(_) => core.spawn(task, None),
            Bound::Named(_) => core.grant(task, Gate::Limit),
            Bound::Memory(_) => core.grant(task, Gate::Memory),
        }
    }

    /// Hands out free places to tasks that wait, if any do.
    pub(crate) fn look(&self) {
        // Pairs with the fence in `hand_out`: either it sees that the backlog is gone, or we see that a task waits.
        fence(Ordering::SeqCst);
        if self.has_waiting.load(Ordering::Relaxed) {
            self.hand_out(lock(&self.state));
        }
    }

    fn hand_out<'a>(&'a self, mut state: MutexGuard<'a, State>) {
        // Also where tokio drops at once what is handed to it, and the place comes back from in there.
        if std::mem::replace(&mut state.is_handed_out, true) {
            return;
        }
        while state.has_room(self.bound) {
            // Pairs with the fence in `look`, at each look anew: others were at the lock meanwhile.
            fence(Ordering::SeqCst);
            let Some((core, task)) = state.next(self.bound) else { break };
            state.take(self.bound);
            self.note(&state);
            drop(state);
            let under_way = self.start(&core, task);
            // We may be the run's last owner, and are not under the lock.
            quietly(|| drop(core));
            state = lock(&self.state);
            if !under_way {
                state.taken -= 1;
                state.memory.sources -= usize::from(matches!(self.bound, Bound::Memory(_)));
            }
        }
        state.is_handed_out = false;
    }

    /// The run is over: its tasks wait no more.
    pub(crate) fn forget(&self, core: &Core) {
        let mut state = lock(&self.state);
        let at = state.waiting.iter().position(|waiting| std::ptr::eq(&*waiting.core, core));
        let gone = at.and_then(|at| state.waiting.remove(at));
        self.note(&state);
        // Not under the lock: it may be the run's last owner.
        drop(state);
        quietly(|| drop(gone));
    }

    fn note(&self, state: &State) {
        self.has_waiting.store(!state.waiting.is_empty(), Ordering::Relaxed);
    }
}

/// The pools in whose places the code at hand runs, the innermost first (rule 4).
pub(crate) struct Enclosing {
    pool: Arc<Pool>,
    outer: Option<Arc<Enclosing>>,
}

thread_local! {
    static ENCLOSING: Cell<Option<Arc<Enclosing>>> = const { Cell::new(None) };
}

/// Restores what enclosed the code before.
pub(crate) struct Leave(Option<Arc<Enclosing>>);

impl Enclosing {
    pub(crate) fn new(pool: Arc<Pool>, outer: Option<Arc<Enclosing>>) -> Arc<Enclosing> {
        Arc::new(Enclosing { pool, outer })
    }

    /// What encloses the calling code.
    pub(crate) fn current() -> Option<Arc<Enclosing>> {
        ENCLOSING.with(|cell| {
            let enclosing = cell.take();
            cell.set(enclosing.clone());
            enclosing
        })
    }

    /// The thread runs code that is enclosed so.
    pub(crate) fn enter(enclosing: Option<Arc<Enclosing>>) -> Leave {
        Leave(ENCLOSING.with(|cell| cell.replace(enclosing)))
    }

    pub(crate) fn has(&self, pool: &Arc<Pool>) -> bool {
        Arc::ptr_eq(&self.pool, pool) || self.outer.as_ref().is_some_and(|outer| outer.has(pool))
    }
}

impl Drop for Leave {
    fn drop(&mut self) {
        let outer = self.0.take();
        // The pool may be dropped with it, outside of the cell.
        let inner = ENCLOSING.with(|cell| cell.replace(outer));
        drop(inner);
    }
}

impl State {
    /// Whether a further task may begin.
    fn has_room(&self, bound: Bound) -> bool {
        match bound {
            Bound::Async(places) | Bound::Named(places) => self.taken < places,
            Bound::Memory(bytes) => self.memory.has_room(bytes) || self.taken == 0,
        }
    }

    /// Whether a further task of this run may begin.
    fn has_room_for(&self, bound: Bound, core: &Core) -> bool {
        match bound {
            // What others have made is used up first.
            Bound::Memory(bytes) if !self.memory.has_room(bytes) => self.taken == 0 && !core.has_backlog(),
            _ => self.has_room(bound),
        }
    }

    /// A task begins that had to ask: under the bound on memory only sources do.
    fn take(&mut self, bound: Bound) {
        self.taken += 1;
        self.memory.sources += usize::from(matches!(bound, Bound::Memory(_)));
    }

    /// The next task to be given a place (rules 2, 3 and 6).
    fn next(&mut self, bound: Bound) -> Option<(Arc<Core>, u32)> {
        let others_first = match bound {
            Bound::Async(_) => true,
            Bound::Named(_) => false,
            Bound::Memory(bytes) => !self.memory.has_room(bytes),
        };
        let at = self.waiting.iter().position(|waiting| !(others_first && waiting.core.has_backlog()))?;
        let mut waiting = self.waiting.remove(at)?;
        let Reverse(task) = waiting.tasks.pop()?;
        let core = waiting.core.clone();
        if !waiting.tasks.is_empty() {
            self.waiting.push_back(waiting);
        }
        Some((core, task))
    }
}
