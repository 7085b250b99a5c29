//! How many async tasks are under way at a time, over all runs of a runtime.
//!
//! # Rules
//! 1. An async task takes a place before its body is called, and gives it back when its future is gone. An async
//!    successor on which the same tokio task goes on keeps the place.
//! 2. A task that finds no place waits here, with its run; it keeps no worker. Runs are served in turn, each in its
//!    plan's order.
//! 3. A place that becomes free goes to a waiting task, but not to one of a run that has ready sync tasks which no
//!    worker has taken yet: what has been made is used up before more is. The worker that takes the last of these looks
//!    here.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::sync::Arc;

use crate::run::Core;
use crate::sync::atomic::{AtomicBool, Ordering, fence};
use crate::sync::{Mutex, MutexGuard, lock};

/// Places for async tasks.
pub(crate) struct Limit {
    places: usize,
    state: Mutex<State>,
    /// Whether a task waits, to be looked at without the lock.
    has_waiting: AtomicBool,
}

#[derive(Default)]
struct State {
    taken: usize,
    waiting: VecDeque<Waiting>,
}

/// The tasks of a run that wait.
struct Waiting {
    core: Arc<Core>,
    tasks: BinaryHeap<Reverse<u32>>,
}

impl Limit {
    pub(crate) fn new(places: usize) -> Limit {
        Limit { places, state: Mutex::default(), has_waiting: AtomicBool::new(false) }
    }

    /// Takes a place for a task, or has it wait for one; whether it has it.
    pub(crate) fn take_or_wait(&self, core: &Arc<Core>, task: u32) -> bool {
        let mut state = lock(&self.state);
        if state.taken < self.places {
            state.taken += 1;
            return true;
        }
        match state.waiting.iter_mut().find(|waiting| Arc::ptr_eq(&waiting.core, core)) {
            Some(waiting) => waiting.tasks.push(Reverse(task)),
            None => state.waiting.push_back(Waiting { core: core.clone(), tasks: [Reverse(task)].into() }),
        }
        self.note(&state);
        false
    }

    /// Gives back a place.
    pub(crate) fn give_back(&self) {
        let mut state = lock(&self.state);
        state.taken -= 1;
        self.hand_out(state);
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
        // Pairs with the fence in `look`.
        fence(Ordering::SeqCst);
        while state.taken < self.places
            && let Some((core, task)) = state.next()
        {
            state.taken += 1;
            self.note(&state);
            drop(state);
            let under_way = core.launch_waiting(task);
            drop(core);
            state = lock(&self.state);
            if !under_way {
                state.taken -= 1;
            }
        }
    }

    /// The run is over: its tasks wait no more.
    pub(crate) fn forget(&self, core: &Core) {
        let mut state = lock(&self.state);
        let at = state.waiting.iter().position(|waiting| std::ptr::eq(&*waiting.core, core));
        let gone = at.and_then(|at| state.waiting.remove(at));
        self.note(&state);
        // Not under the lock: it may be the run's last owner.
        drop(state);
        drop(gone);
    }

    fn note(&self, state: &State) {
        self.has_waiting.store(!state.waiting.is_empty(), Ordering::Relaxed);
    }
}

impl State {
    /// The next task to be given a place (rules 2 and 3).
    fn next(&mut self) -> Option<(Arc<Core>, u32)> {
        let at = self.waiting.iter().position(|waiting| !waiting.core.has_backlog())?;
        let mut waiting = self.waiting.remove(at)?;
        let Reverse(task) = waiting.tasks.pop()?;
        let core = waiting.core.clone();
        if !waiting.tasks.is_empty() {
            self.waiting.push_back(waiting);
        }
        Some((core, task))
    }
}
