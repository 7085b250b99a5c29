//! Where ready tasks are found: a range of the plan's order and a queue, for each who works on the run.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};
use crate::sync::{Mutex, lock};

/// One worker's part of the ready tasks, on cache lines of its own.
#[repr(align(128))]
pub(super) struct Lane {
    /// The next task of the range in the lower half, its end in the upper.
    pub(super) range: AtomicU64,
    /// The length of `queue`, to be looked at without its lock.
    pub(super) queued: AtomicUsize,
    pub(super) queue: Mutex<BinaryHeap<Reverse<u32>>>,
    /// The task that runs, for who finds nothing to do.
    pub(super) runs: AtomicU32,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Range {
    pub(super) next: u32,
    pub(super) end: u32,
}

impl Range {
    pub(super) fn unpack(word: u64) -> Range {
        Range { next: word as u32, end: (word >> 32) as u32 }
    }

    pub(super) fn pack(self) -> u64 {
        u64::from(self.next) | u64::from(self.end) << 32
    }

    pub(super) fn len(self) -> u32 {
        self.end - self.next
    }
}

/// Somebody who works on a run, between its tasks.
#[derive(Debug)]
pub(crate) struct Seat {
    pub(super) lane: u32,
    /// How many values it holds ready for tasks that are blocked (rule 4).
    pub(super) ahead: u32,
    /// Whether it takes the foremost task (rule 4).
    pub(super) follows: bool,
    /// Whether it took a part of a range, which for a moment nobody else could see.
    pub(super) has_split: bool,
    /// Tasks taken from others' lanes.
    pub(crate) stolen: u64,
}

impl Seat {
    /// Whether a part of a range was taken since this was last asked.
    #[inline]
    pub(crate) fn has_split(&mut self) -> bool {
        std::mem::take(&mut self.has_split)
    }

    pub(crate) fn new(lane: u32) -> Seat {
        Seat { lane, ahead: 0, follows: false, has_split: false, stolen: 0 }
    }
}

/// Tasks on their way to a queue, a few at a time.
#[derive(Default)]
pub(super) struct Few {
    tasks: [u32; 8],
    count: usize,
}

impl Few {
    pub(super) fn push(&mut self, task: u32, lane: &Lane) {
        if self.count == self.tasks.len() {
            self.queue(lane);
        }
        self.tasks[self.count] = task;
        self.count += 1;
    }

    pub(super) fn queue(&mut self, lane: &Lane) {
        if self.count > 0 {
            lane.push(self.tasks[..self.count].iter().copied());
            self.count = 0;
        }
    }
}

impl Lane {
    pub(super) fn new(range: Option<Range>) -> Lane {
        Lane {
            range: AtomicU64::new(range.map_or(0, Range::pack)),
            queued: AtomicUsize::new(0),
            queue: Mutex::new(BinaryHeap::new()),
            runs: AtomicU32::new(u32::MAX),
        }
    }

    pub(super) fn range(&self) -> Range {
        Range::unpack(self.range.load(Ordering::Relaxed))
    }

    /// Takes the next task from the range. What is in a range orders nothing (see [`Scheduler::split`]).
    #[inline]
    pub(super) fn advance(&self) -> Option<u32> {
        let mut word = self.range.load(Ordering::Relaxed);
        loop {
            let range = Range::unpack(word);
            if range.len() == 0 {
                return None;
            }
            // The next task lies in the lower half.
            match self.range.compare_exchange_weak(word, word + 1, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return Some(range.next),
                Err(now) => word = now,
            }
        }
    }

    /// Queues tasks; cheapest in ascending order.
    pub(super) fn push(&self, tasks: impl IntoIterator<Item = u32>) {
        let mut queue = lock(&self.queue);
        queue.extend(tasks.into_iter().map(Reverse));
        self.queued.store(queue.len(), Ordering::Relaxed);
    }

    #[inline]
    pub(super) fn pop(&self) -> Option<u32> {
        if self.queued.load(Ordering::Relaxed) == 0 {
            return None;
        }
        let mut queue = lock(&self.queue);
        let task = queue.pop();
        self.queued.store(queue.len(), Ordering::Relaxed);
        task.map(|Reverse(task)| task)
    }
}
