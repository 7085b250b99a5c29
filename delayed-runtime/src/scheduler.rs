//! What runs next: the state machine of one run, with no thread and no tokio in it.
//!
//! # States
//! A task is *waiting* while dependencies of it are not finished, *ready* from then on until somebody takes it,
//! *running* once it was given out, *finished* after [`finished`](Scheduler::finished).
//!
//! # Where ready tasks are found
//! Tasks are numbered in the plan's order, which is depth-first and puts dependencies first. Who works on the run has
//! a *lane*: a range of that order, walked by a cursor, and a queue. Each task starts with a *token* that belongs to
//! the cursor: it is taken when the cursor comes by.
//!
//! # Events
//! [`next`](Scheduler::next): somebody asks for a task. [`finished`](Scheduler::finished): a task's value is in its
//! slot. [`put_back`](Scheduler::put_back): a task that was given out is not run by its taker after all.
//!
//! # Rules
//! 1. A task is given out once, and only after all its dependencies have finished: to the cursor that takes its token
//!    when no dependency is left, or to whoever finishes the last dependency when the token is gone.
//! 2. Whoever finishes a task goes on with the first, in the plan's order, of those that it made ready itself; the
//!    others are queued. Then come the lane's queue, always the first in the plan's order, the lane's own range, and
//!    other lanes. With one lane and no async task that is the plan's order itself.
//! 3. Who finds nothing of its own takes from others: the first of a queue, else the upper half of the longest range,
//!    else, if that is short, the next task in order of the foremost range. A range is cut near its middle where the
//!    fewest values are alive in a sequential run, since these are what the upper part will have to wait for.
//! 4. Who walks a taken range and comes by blocked tasks holds values that their dependencies left. When these are
//!    more than a sequential run would ever hold, it takes the next task in order of the foremost range instead, until
//!    that is its own.
//! 5. Nothing waits for a layer: a ready task is given out whatever else runs.
//! 6. The run is complete when each distinct output has finished: every planned task is one of their dependencies.
//!    Whoever completes it reads nothing of the run's values afterwards.
//! 7. Where async tasks are held back, the *backlog* is counted: ready sync tasks that wait for others' values, from
//!    when they become ready until they are given out.

mod begin;
mod lane;

use crate::sync::atomic::{AtomicIsize, AtomicU32, AtomicUsize, Ordering};
use crate::sync::lock;
pub(crate) use begin::Tasks;
pub(crate) use lane::Seat;
use lane::{Few, Lane, Range};

/// The cursor has not come by.
const TOKEN: u32 = 1 << 30;
/// The task is an output.
const OUTPUT: u32 = 1 << 31;
/// The mark of data: finished before the run, and never given out.
const DATA: u32 = 1 << 29;
/// The most dependencies that one task may have: the flags lie above.
pub(crate) const MOST_DEPENDENCIES: u32 = SEEN - 1;
/// Set while the scheduler is made, on tasks with dependents further on.
const SEEN: u32 = 1 << 28;

/// A range shorter than this is not split: its tasks are taken in order.
const SHORT: u32 = 64;
/// So many tasks of a range are looked at to see whether one is ready.
const LOOK: u32 = 256;
/// Of how many tasks one cut is known.
const BLOCK: u32 = 64;
/// How many blocks are looked at to each side of a range's middle.
const NEAR: u32 = 32;

/// The state of one run's tasks.
pub(crate) struct Scheduler {
    /// How many dependencies of each task are not finished, and its flags.
    pending: Box<[AtomicU32]>,
    /// The tasks that wait for each task, as offsets and numbers.
    offsets: Box<[u32]>,
    dependents: Box<[u32]>,
    /// Distinct outputs that are not finished.
    outputs_left: AtomicUsize,
    lanes: Box<[Lane]>,
    /// How many values a sequential run holds at most, its outputs aside. (A value that another task only waits for
    /// counts as if that took it.)
    peak: u32,
    /// Where to cut, for each block of the order: how many values are alive there, and the task after the cut.
    cuts: Box<[(u32, u32)]>,
    /// More than one task was ready at the start.
    starts_wide: bool,
    /// Counted only where async tasks are held back while there is one.
    backlog: Option<Backlog>,
}

/// How many sync tasks are ready to use up what others have made, and not given out.
struct Backlog {
    /// Below 0 for a moment when a task is given out before whoever made it ready has counted it.
    count: AtomicIsize,
    /// Sources and async tasks use nothing up.
    is_counted: Box<[bool]>,
}

impl Backlog {
    /// A task became ready, or was given out.
    fn add(&self, task: u32, change: isize) {
        if self.is_counted[task as usize] {
            self.count.fetch_add(change, Ordering::Relaxed);
        }
    }
}

/// What comes of looking at others' lanes.
enum Search {
    Found(u32),
    /// The own lane has a range again.
    Refilled,
    Nothing,
}

/// What follows from a finished task.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Finished {
    /// A task for whoever finished this one (rule 2).
    pub(crate) next: Option<u32>,
    /// Another task is ready now that nobody is sure to take soon.
    pub(crate) more: bool,
    /// This was the last output (rule 6).
    pub(crate) complete: bool,
}

impl Scheduler {
    /// Counts from the start on what [`has_backlog`](Self::has_backlog) tells.
    pub(crate) fn with_backlog(mut self, is_async: impl Fn(u32) -> bool) -> Scheduler {
        let counted = (0..).zip(&mut self.pending).map(|(task, word)| {
            let waits = word.load(Ordering::Relaxed) & !OUTPUT != TOKEN;
            waits && !is_async(task)
        });
        self.backlog = Some(Backlog { count: AtomicIsize::new(0), is_counted: counted.collect() });
        self
    }

    /// Whether more than one task was ready at the start.
    pub(crate) fn starts_wide(&self) -> bool {
        self.starts_wide
    }

    /// A seat for those who work on no lane.
    pub(crate) fn no_seat(&self) -> Seat {
        Seat::new(u32::try_from(self.lanes.len() - 1).unwrap_or(0))
    }

    /// Whether nothing is left to do. (Whoever relies on the values learns it from the run.)
    pub(crate) fn is_complete(&self) -> bool {
        self.outputs_left.load(Ordering::Relaxed) == 0
    }

    /// Whether somebody may find a ready task, or at least has to look.
    pub(crate) fn has_work(&self) -> bool {
        !self.is_complete()
            && self.lanes.iter().any(|lane| lane.queued.load(Ordering::Relaxed) > 0 || lane.range().len() > 0)
    }

    /// Whether a task is ready that nobody has taken, as far as a short look tells: if what begins a long range is
    /// blocked, there may be.
    pub(crate) fn has_ready(&self) -> bool {
        let may_begin = |lane: &Lane| self.may_begin_ready(lane.range());
        let is_queued = |lane: &Lane| lane.queued.load(Ordering::Relaxed) > 0;
        !self.is_complete() && (self.lanes.iter().any(is_queued) || self.lanes.iter().any(may_begin))
    }

    fn may_begin_ready(&self, range: Range) -> bool {
        let looked_at = range.next..range.end.min(range.next.saturating_add(LOOK));
        let is_ready = |task: u32| self.pending[task as usize].load(Ordering::Relaxed) & !OUTPUT == TOKEN;
        range.len() > LOOK || looked_at.into_iter().any(is_ready)
    }

    /// Whether sync tasks are ready to use up what others have made, and nobody has taken them; told only if they are
    /// counted.
    pub(crate) fn has_backlog(&self) -> bool {
        self.backlog.as_ref().is_some_and(|backlog| backlog.count.load(Ordering::Relaxed) > 0)
    }

    #[inline]
    fn count_ready(&self, task: u32) {
        if let Some(backlog) = &self.backlog {
            backlog.add(task, 1);
        }
    }

    /// A ready task; `None` if there is none that nobody else has taken. `waits_for` is a task's number of dependencies
    /// that are not data.
    #[inline]
    pub(crate) fn next(&self, seat: &mut Seat, waits_for: impl Fn(u32) -> usize) -> Option<u32> {
        let task = self.take(seat, waits_for)?;
        if let Some(backlog) = &self.backlog {
            backlog.add(task, -1);
        }
        Some(task)
    }

    #[inline]
    fn take(&self, seat: &mut Seat, waits_for: impl Fn(u32) -> usize) -> Option<u32> {
        let lane = &self.lanes[seat.lane as usize];
        loop {
            if let Some(task) = lane.pop() {
                return Some(task);
            }
            while !seat.follows
                && let Some(task) = lane.advance()
            {
                let Some(left) = self.take_token(task) else { return Some(task) };
                if left < DATA {
                    let held = u32::try_from(waits_for(task)).unwrap_or(u32::MAX).saturating_sub(left);
                    seat.ahead = seat.ahead.saturating_add(held);
                    seat.follows = seat.ahead > self.peak && !self.is_foremost(seat.lane);
                }
            }
            match self.search(seat) {
                Search::Found(task) => return Some(task),
                Search::Refilled => {}
                Search::Nothing => return None,
            }
        }
    }

    /// Takes from others (rules 3 and 4).
    #[cold]
    fn search(&self, seat: &mut Seat) -> Search {
        let own = seat.lane as usize;
        let (before, after) = self.lanes.split_at(own);
        if let Some(task) = after.iter().chain(before).find_map(Lane::pop) {
            seat.stolen += 1;
            return Search::Found(task);
        }
        loop {
            let ranges = || self.lanes.iter().map(Lane::range).enumerate().filter(|(_, range)| range.len() > 0);
            let Some((foremost, _)) = ranges().min_by_key(|(_, range)| range.next) else { return Search::Nothing };
            let Some((longest, range)) = ranges().max_by_key(|(_, range)| range.len()) else { return Search::Nothing };
            if foremost == own {
                (seat.follows, seat.ahead) = (false, 0);
                return Search::Refilled;
            }
            if seat.follows || range.len() < SHORT {
                if let Some(task) = self.lanes[foremost].advance()
                    && self.take_token(task).is_none()
                {
                    seat.stolen += 1;
                    return Search::Found(task);
                }
            } else if self.split(longest, range, own) {
                seat.ahead = 0;
                seat.stolen += 1;
                seat.has_split = true;
                return Search::Refilled;
            }
        }
    }

    fn is_foremost(&self, lane: u32) -> bool {
        let own = self.lanes[lane as usize].range().next;
        self.lanes.iter().map(Lane::range).all(|range| range.len() == 0 || range.next >= own)
    }

    /// The cursor comes by a task; `None` if that is ready (rule 1), else how many dependencies are left ([`DATA`] for
    /// what is not to be given out).
    fn take_token(&self, task: u32) -> Option<u32> {
        let word = &self.pending[task as usize];
        // Acquire: the values of all dependencies are in their slots. Without dependencies left nobody else changes
        // the word, so the token need not be taken for others to see.
        let seen = word.load(Ordering::Acquire);
        if seen & !OUTPUT == TOKEN {
            return None;
        }
        // Data, and what was started before the cursor came by.
        if seen & TOKEN == 0 {
            return Some(DATA);
        }
        let left = word.fetch_and(!TOKEN, Ordering::Acquire) & !(OUTPUT | TOKEN);
        (left > 0).then_some(left)
    }

    /// Takes a source before the cursor comes by. Nobody else works on the run yet.
    pub(crate) fn take_source(&self, task: u32) -> bool {
        let word = &self.pending[task as usize];
        let seen = word.load(Ordering::Relaxed);
        word.store(seen & !TOKEN, Ordering::Relaxed);
        seen & !OUTPUT == TOKEN
    }

    /// Moves the upper half of a range to a lane without one.
    fn split(&self, victim: usize, range: Range, own: usize) -> bool {
        // Only its lock's owner gives a lane a range, and others leave an empty one alone.
        let _filling = lock(&self.lanes[own].queue);
        if self.lanes[own].range().len() > 0 {
            return true;
        }
        let middle = self.cut(range);
        let lower = Range { next: range.next, end: middle };
        let word = &self.lanes[victim].range;
        // What is in a range orders nothing: tasks are handed over by their own words.
        if word.compare_exchange(range.pack(), lower.pack(), Ordering::Relaxed, Ordering::Relaxed).is_err() {
            return false;
        }
        self.lanes[own].range.store(Range { next: middle, end: range.end }.pack(), Ordering::Relaxed);
        true
    }

    /// Where to cut a range (rule 3): within its middle half.
    fn cut(&self, range: Range) -> u32 {
        let middle = range.next + range.len() / 2;
        let inner = range.next + range.len() / 4..range.end - range.len() / 4;
        let near = (middle / BLOCK).saturating_sub(NEAR)..=middle / BLOCK + NEAR;
        let cuts = near.filter_map(|block| self.cuts.get(block as usize)).filter(|(_, task)| inner.contains(task));
        let best = cuts.min_by_key(|&&(live, task)| (live, task.abs_diff(middle)));
        best.map_or(middle, |&(_, task)| task)
    }

    /// A task that was given out waits in the queue for somebody else.
    pub(crate) fn put_back(&self, seat: &Seat, task: u32) {
        self.count_ready(task);
        self.lanes[seat.lane as usize].push([task]);
    }

    /// Where the number of the task that runs at a seat is kept.
    pub(crate) fn runs(&self, seat: &Seat) -> &AtomicU32 {
        &self.lanes[seat.lane as usize].runs
    }

    /// The tasks that run, but for the seat's own.
    pub(crate) fn running(&self, seat: &Seat) -> Vec<u32> {
        self.runs(seat).store(u32::MAX, Ordering::Relaxed);
        let running = self.lanes.iter().map(|lane| lane.runs.load(Ordering::Relaxed));
        running.filter(|&task| task != u32::MAX).collect()
    }

    /// What the seat's cursor comes by next, if it is ready.
    pub(crate) fn ahead(&self, seat: &Seat) -> Option<u32> {
        let range = self.lanes[seat.lane as usize].range();
        let is_ready = |task: u32| self.pending[task as usize].load(Ordering::Relaxed) & !OUTPUT == TOKEN;
        (range.len() > 0 && is_ready(range.next)).then_some(range.next)
    }

    /// A task's value is in its slot.
    #[inline(always)]
    pub(crate) fn finished(&self, seat: &Seat, task: u32) -> Finished {
        let task = task as usize;
        let lane = &self.lanes[seat.lane as usize];
        let mut after = Finished::default();
        let mut others = Few::default();
        let mut for_cursor = false;
        for &dependent in &self.dependents[self.offsets[task] as usize..self.offsets[task + 1] as usize] {
            let word = &self.pending[dependent as usize];
            // Acquire: the values of the dependencies that finished before are in their slots. Nobody else is left to
            // count down if ours is the last and the token is gone.
            // Release: so is ours.
            let left = (word.fetch_sub(1, Ordering::AcqRel) & !OUTPUT) - 1;
            if left == 0 {
                match after.next {
                    None => after.next = Some(dependent),
                    Some(_) => {
                        self.count_ready(dependent);
                        others.push(dependent, lane);
                        after.more = true;
                    }
                }
            } else if left == TOKEN {
                // A cursor will take it: ours, as its next task, or another.
                self.count_ready(dependent);
                let is_next = !seat.follows && lane.range().next == dependent;
                after.more |= !is_next;
                for_cursor |= is_next;
            }
        }
        after.more |= for_cursor && after.next.is_some();
        others.queue(lane);
        let word = self.pending[task].load(Ordering::Relaxed);
        // Release: all that was done for this output comes before the end of the run; acquire: so did the others.
        after.complete = word & OUTPUT != 0 && self.outputs_left.fetch_sub(1, Ordering::AcqRel) == 1;
        after
    }
}

#[cfg(test)]
#[path = "scheduler/tests.rs"]
mod tests;
