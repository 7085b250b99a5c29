//! What a run notes of its tasks beside their values: how they ended, and how large values are. Runs have it that have a
//! guard (`run/guard.rs`).

use ahash::AHashMap;

use crate::error::Error;
use crate::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering};
use crate::sync::{Mutex, lock};

/// The task was not begun, or is to be tried again.
const PENDING: u8 = 0;
/// Its value is in its slot, or was.
const DONE: u8 = 1;
/// It failed, finally.
const FAILED: u8 = 2;
/// It needs what failed.
const SKIPPED: u8 = 3;
/// It was begun, and has not ended.
const BEGUN: u8 = 4;
/// Nor has this, and knows that it is in vain.
const TOLD: u8 = 5;

/// What is noted of a run's tasks, by their numbers.
pub(crate) struct Aside {
    ends: Box<[AtomicU8]>,
    /// Whether a task failed; looked at before anything else.
    has_failures: AtomicBool,
    /// The failures, and those that tasks were skipped for.
    failures: Mutex<AHashMap<u32, Error>>,
    /// How many bytes each value holds that is held; empty if nobody wants to know.
    weights: Box<[AtomicUsize]>,
}

/// How a task ended without a value.
pub(crate) enum Ended {
    Failed(Error),
    /// For this failure of another.
    Skipped(Error),
}

impl Aside {
    pub(crate) fn new(tasks: usize, weighs: bool) -> Aside {
        let weights = if weighs { tasks } else { 0 };
        Aside {
            ends: (0..tasks).map(|_| AtomicU8::new(PENDING)).collect(),
            has_failures: AtomicBool::new(false),
            failures: Mutex::default(),
            weights: (0..weights).map(|_| AtomicUsize::new(0)).collect(),
        }
    }

    fn end(&self, task: u32) -> u8 {
        // Acquire: the owner of a run that was cancelled is told by nothing else that a value is there.
        self.ends[task as usize].load(Ordering::Acquire)
    }

    pub(crate) fn note_done(&self, task: u32) {
        // Release: its value is in its slot.
        self.ends[task as usize].store(DONE, Ordering::Release);
    }

    pub(crate) fn note_begun(&self, task: u32) {
        self.ends[task as usize].store(BEGUN, Ordering::Relaxed);
    }

    /// It is to be tried again.
    pub(crate) fn note_waits(&self, task: u32) {
        self.ends[task as usize].store(PENDING, Ordering::Relaxed);
    }

    pub(crate) fn is_unreached(&self, task: u32) -> bool {
        self.end(task) == PENDING
    }

    /// The task was told that what it makes is not wanted.
    pub(crate) fn note_told(&self, task: u32) {
        // Not if it has ended: a body may go on after its time.
        let _ = self.ends[task as usize].compare_exchange(BEGUN, TOLD, Ordering::Relaxed, Ordering::Relaxed);
    }

    pub(crate) fn was_told(&self, task: u32) -> bool {
        self.end(task) == TOLD
    }

    pub(crate) fn note_failed(&self, task: u32, failure: Error) {
        self.note(task, FAILED, failure);
    }

    pub(crate) fn note_skipped(&self, task: u32, failure: Error) {
        self.note(task, SKIPPED, failure);
    }

    fn note(&self, task: u32, end: u8, failure: Error) {
        lock(&self.failures).insert(task, failure);
        self.ends[task as usize].store(end, Ordering::Relaxed);
        self.has_failures.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_done(&self, task: u32) -> bool {
        self.end(task) == DONE
    }

    /// How the task ended, if it did without a value.
    pub(crate) fn ended(&self, task: u32) -> Option<Ended> {
        let end = match self.end(task) {
            FAILED => Ended::Failed,
            SKIPPED => Ended::Skipped,
            _ => return None,
        };
        lock(&self.failures).get(&task).cloned().map(end)
    }

    /// What keeps a task's value from being there: its failure, or the one that it was skipped for.
    pub(crate) fn failure(&self, task: u32) -> Option<Error> {
        match self.ended(task)? {
            Ended::Failed(failure) | Ended::Skipped(failure) => Some(failure),
        }
    }

    /// The first of some tasks that has no value.
    pub(crate) fn first_without(&self, tasks: &[u32]) -> Option<u32> {
        if !self.has_failures.load(Ordering::Relaxed) {
            return None;
        }
        tasks.iter().copied().find(|&task| matches!(self.end(task), FAILED | SKIPPED))
    }

    /// Notes how large a value is.
    pub(super) fn weigh(&self, task: u32, bytes: impl FnOnce() -> usize) {
        if let Some(weight) = self.weights.get(task as usize) {
            weight.store(bytes(), Ordering::Relaxed);
        }
    }

    /// How large a task's value is.
    pub(crate) fn weight(&self, task: u32) -> usize {
        self.weights.get(task as usize).map_or(0, |weight| weight.load(Ordering::Relaxed))
    }

    /// Takes a value off the scales: how large it was, for whoever is first.
    pub(crate) fn take_weight(&self, task: u32) -> usize {
        self.weights.get(task as usize).map_or(0, |weight| weight.swap(0, Ordering::Relaxed))
    }
}
