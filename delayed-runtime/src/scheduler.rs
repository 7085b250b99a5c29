//! What runs next: the state machine of one run, with no thread and no tokio in it.
//!
//! # States
//! A task is *waiting* while it has a positive pending count, *ready* in the queue (or handed to whoever made it
//! ready), *running* once it was given out, *finished* after [`finished`](Scheduler::finished).
//!
//! # Events
//! [`next`](Scheduler::next): somebody asks for a task. [`finished`](Scheduler::finished): a task's value is in its
//! slot. [`put_back`](Scheduler::put_back): a task that was given out is not run by its taker after all.
//!
//! # Rules
//! 1. A task is given out once, and only after all its dependencies have finished: it becomes ready when its pending
//!    count, which starts at the number of its dependencies, falls to zero.
//! 2. Whoever finishes a task goes on with the first, in the plan's order, of those it made ready and of the queue.
//!    In a chain that is without the queue.
//! 3. The queue gives out the first in the plan's order, which is depth-first, so that values die soon.
//! 4. Nothing waits for a layer: a ready task is given out whatever else runs.
//! 5. The run is complete when each distinct output has finished: every planned task is one of their dependencies.
//!    Whoever completes it reads nothing of the run's values afterwards.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::node::Kind;
use crate::plan::Plan;

/// The state of one run's tasks.
pub(crate) struct Scheduler {
    /// How many dependencies of each task are not finished.
    pending: Box<[AtomicU32]>,
    /// The tasks that wait for each task, as offsets and numbers.
    offsets: Vec<u32>,
    dependents: Vec<u32>,
    is_output: Box<[bool]>,
    /// Distinct outputs that are not finished.
    outputs_left: AtomicUsize,
    ready: Mutex<BinaryHeap<Reverse<u32>>>,
    /// The length of `ready`, to be looked at without its lock.
    queued: AtomicUsize,
    /// The first of `ready`, likewise; `u32::MAX` if there is none.
    first: AtomicU32,
}

/// What follows from a finished task.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Finished {
    /// A task for whoever finished this one (rule 2).
    pub(crate) next: Option<u32>,
    /// How many others are queued, if this changed the queue.
    pub(crate) queued: usize,
    /// This was the last output (rule 5).
    pub(crate) complete: bool,
}

impl Scheduler {
    /// All tasks of the plan, none of them given out; data counts as finished.
    pub(crate) fn new(plan: &Plan) -> Scheduler {
        let count = plan.len() as usize;
        let is_data: Vec<bool> = (0..plan.len()).map(|number| plan.order.node(number).kind() == Kind::Data).collect();
        let waits_for = |number: u32| plan.dependencies(number).iter().filter(|&&edge| !is_data[edge as usize]);

        let mut offsets = vec![0_u32; count + 1];
        for number in 0..plan.len() {
            for &dependency in waits_for(number) {
                offsets[dependency as usize + 1] += 1;
            }
        }
        for number in 0..count {
            offsets[number + 1] += offsets[number];
        }
        let mut dependents = vec![0; offsets[count] as usize];
        let mut filled = offsets.clone();
        let mut pending = Vec::with_capacity(count);
        let mut sources = Vec::new();
        for number in 0..plan.len() {
            let mut waiting = 0;
            for &dependency in waits_for(number) {
                let place = &mut filled[dependency as usize];
                dependents[*place as usize] = number;
                *place += 1;
                waiting += 1;
            }
            pending.push(AtomicU32::new(waiting));
            if waiting == 0 && !is_data[number as usize] {
                sources.push(Reverse(number));
            }
        }
        let mut is_output = vec![false; count];
        let mut outputs_left = 0;
        for &output in plan.outputs() {
            if !is_data[output as usize] && !std::mem::replace(&mut is_output[output as usize], true) {
                outputs_left += 1;
            }
        }
        Scheduler {
            pending: pending.into(),
            offsets,
            dependents,
            is_output: is_output.into(),
            outputs_left: AtomicUsize::new(outputs_left),
            queued: AtomicUsize::new(sources.len()),
            first: AtomicU32::new(sources.first().map_or(u32::MAX, |Reverse(number)| *number)),
            ready: Mutex::new(sources.into()),
        }
    }

    /// Whether nothing is left to do.
    pub(crate) fn is_complete(&self) -> bool {
        self.outputs_left.load(Ordering::Acquire) == 0
    }

    /// Whether the queue holds a task, as far as can be told without its lock.
    pub(crate) fn has_ready(&self) -> bool {
        self.queued.load(Ordering::SeqCst) > 0
    }

    /// The first ready task (rule 3).
    pub(crate) fn next(&self) -> Option<u32> {
        if self.queued.load(Ordering::Relaxed) == 0 {
            return None;
        }
        let mut ready = self.lock();
        let next = ready.pop();
        self.note(&ready);
        next.map(|Reverse(number)| number)
    }

    /// Shows the queue to those without its lock.
    fn note(&self, ready: &BinaryHeap<Reverse<u32>>) {
        self.queued.store(ready.len(), Ordering::SeqCst);
        self.first.store(ready.peek().map_or(u32::MAX, |Reverse(number)| *number), Ordering::Relaxed);
    }

    /// All tasks that are ready at this moment, in the plan's order.
    pub(crate) fn next_all(&self) -> Vec<u32> {
        let mut queue = self.lock();
        let ready = std::mem::take(&mut *queue);
        self.note(&queue);
        drop(queue);
        let mut ready: Vec<u32> = ready.into_iter().map(|Reverse(number)| number).collect();
        ready.sort_unstable();
        ready
    }

    /// Queues a task that was given out.
    pub(crate) fn put_back(&self, task: u32) {
        let mut ready = self.lock();
        ready.push(Reverse(task));
        self.note(&ready);
    }

    /// A task's value is in its slot.
    pub(crate) fn finished(&self, task: u32) -> Finished {
        let task = task as usize;
        let mut after = Finished::default();
        let mut others: Vec<Reverse<u32>> = Vec::new();
        for &dependent in &self.dependents[self.offsets[task] as usize..self.offsets[task + 1] as usize] {
            let pending = &self.pending[dependent as usize];
            // Release: the value is in its slot; acquire: so are those of the dependencies that finished before.
            // Nobody else is left to count down if ours is the last (rule 1).
            let last = pending.load(Ordering::Acquire) == 1 || pending.fetch_sub(1, Ordering::AcqRel) == 1;
            if last {
                match after.next {
                    None => after.next = Some(dependent),
                    Some(_) => others.push(Reverse(dependent)),
                }
            }
        }
        let overtaken = after.next.is_some_and(|next| self.first.load(Ordering::Relaxed) < next);
        if !others.is_empty() || overtaken {
            let mut ready = self.lock();
            ready.extend(others);
            ready.extend(after.next.map(Reverse));
            after.next = ready.pop().map(|Reverse(number)| number);
            after.queued = ready.len();
            self.note(&ready);
        }
        // Release: all that was done for this output comes before the end of the run; acquire: so did the others.
        after.complete = self.is_output[task] && self.outputs_left.fetch_sub(1, Ordering::AcqRel) == 1;
        after
    }

    fn lock(&self) -> MutexGuard<'_, BinaryHeap<Reverse<u32>>> {
        self.ready.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delayed::{Delayed, value};

    fn plan(handles: &[Delayed<i64>]) -> Plan {
        Plan::of(handles.iter().map(|handle| handle.node.clone()).collect()).0
    }

    /// A diamond: 0 -> 1 and 2 -> 3, behind a datum of number 0.
    fn diamond() -> Delayed<i64> {
        let top = value(1_i64) + 1;
        &top * 2 + (&top - 1)
    }

    #[test]
    fn a_task_is_given_out_after_its_dependencies() {
        let scheduler = Scheduler::new(&plan(&[diamond()]));
        // Numbers: 0 data, 1 top, 2 and 3 the sides, 4 the join.
        assert_eq!(scheduler.next(), Some(1));
        assert_eq!(scheduler.next(), None);
        assert_eq!(scheduler.finished(1), Finished { next: Some(2), queued: 1, complete: false });
        assert_eq!(scheduler.next(), Some(3));
        assert_eq!(scheduler.finished(3), Finished::default());
        assert_eq!(scheduler.finished(2), Finished { next: Some(4), ..Finished::default() });
        assert!(!scheduler.is_complete());
        assert_eq!(scheduler.finished(4), Finished { complete: true, ..Finished::default() });
        assert!(scheduler.is_complete());
    }

    #[test]
    fn the_queue_follows_the_plan() {
        let sources: Vec<_> = (0..5_i64).map(|x| value(x) + 1).collect();
        let scheduler = Scheduler::new(&plan(&sources));
        let first = scheduler.next().unwrap();
        let second = scheduler.next().unwrap();
        assert!(first < second);
        scheduler.put_back(first);
        assert_eq!(scheduler.next(), Some(first));
    }

    #[test]
    fn a_run_of_data_is_complete_from_the_start() {
        assert!(Scheduler::new(&plan(&[value(1)])).is_complete());
        assert!(Scheduler::new(&plan(&[])).is_complete());
    }

    #[test]
    fn an_output_asked_for_twice_counts_once() {
        let sum = value(1_i64) + 1;
        let scheduler = Scheduler::new(&plan(&[sum.clone(), sum]));
        assert_eq!(scheduler.next(), Some(1));
        assert!(scheduler.finished(1).complete);
    }
}
