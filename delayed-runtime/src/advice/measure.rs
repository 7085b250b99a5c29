//! What a run measures of itself: the share of its tasks' own work, and the longest task while workers idled.
//!
//! Nothing here orders anything, so the model checkers need not see it.

use std::cell::Cell;
use std::panic::Location;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::scheduler::Finished;

/// Runs of more tasks than this are measured for `tiny_tasks`.
const MANY: u32 = 10_000;
/// One task in so many is timed, but all where the first few show that they are long: so that what interrupts a thread
/// counts for both, the work and the whole.
const SAMPLE: u32 = 128;
const FIRST: u64 = 64;
const IS_LONG: u64 = 2_000;
/// A batch is to have at most this share of overhead.
const BATCH_OVERHEAD: f64 = 0.05;
/// Shorter runs have no giant task.
const LONG: Duration = Duration::from_millis(100);

/// No task has all bits.
const NONE: u32 = u32::MAX;

/// The measures of one run: what is looked at on the way of each task, and the rest.
pub(crate) struct Measure {
    /// The bits of its number that a task must have to be timed.
    mask: AtomicU32,
    /// A worker found nothing to do.
    has_idle: AtomicBool,
    figures: Option<Box<Figures>>,
}

#[derive(Default)]
struct Figures {
    /// Time that threads spent on the run, in nanoseconds.
    busy: AtomicU64,
    /// Time in the bodies that were timed, in nanoseconds, and how many these were.
    sampled: AtomicU64,
    samples: AtomicU64,
    idle: Mutex<Idle>,
}

impl Figures {
    fn idle(&self) -> MutexGuard<'_, Idle> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is seen of the tasks that run while a worker has nothing to do.
#[derive(Default)]
struct Idle {
    /// When the run began.
    began: Option<Instant>,
    /// How long it took.
    took: Option<Duration>,
    /// The run began with one task, and nobody has finished one.
    is_alone: bool,
    /// The tasks, and since when they are looked at.
    running: Vec<(u32, Instant)>,
    /// How many of them have finished.
    seen: u32,
    /// The one that took longest.
    longest: Option<(u32, Duration)>,
}

/// Of many short tasks, one after the other, only the first few are timed.
fn looks_on(timed: u32, took: Duration) -> bool {
    let timed = u64::from(timed);
    timed < FIRST || nanos(took) / timed > IS_LONG
}

/// A thread's time on a run.
pub(crate) struct Busy<'a>(&'a Figures, Instant);

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.busy.fetch_add(nanos(self.1.elapsed()), Ordering::Relaxed);
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

impl Measure {
    /// The measures of a run of so many tasks that several threads may work on, or one.
    pub(crate) fn of(tasks: u32, is_shared: bool) -> Measure {
        let is_measured = is_shared || tasks > MANY;
        let mask = if tasks > MANY { 0 } else { NONE };
        Measure {
            mask: AtomicU32::new(mask),
            has_idle: AtomicBool::new(false),
            figures: is_measured.then(Box::default),
        }
    }

    /// The bits of its number that a task must have to be timed.
    #[inline]
    pub(crate) fn mask(&self) -> u32 {
        self.mask.load(Ordering::Relaxed)
    }

    /// A thread works on the run until this is dropped; measured for runs of many tasks.
    pub(crate) fn busy(&self) -> Option<Busy<'_>> {
        let figures = self.figures.as_ref().filter(|_| self.mask() != NONE)?;
        Some(Busy(figures, Instant::now()))
    }

    /// Times a body, without the clock's own time.
    pub(crate) fn sample<T>(&self, body: impl FnOnce() -> T) -> T {
        let Some(figures) = &self.figures else { return body() };
        let before = Instant::now();
        let start = Instant::now();
        let made = body();
        let took = start.elapsed().saturating_sub(start - before);
        let sampled = figures.sampled.fetch_add(nanos(took), Ordering::Relaxed);
        let samples = figures.samples.fetch_add(1, Ordering::Relaxed);
        if samples == FIRST && sampled / FIRST < IS_LONG {
            self.mask.store(SAMPLE - 1, Ordering::Relaxed);
        }
        made
    }

    /// The run starts, with more than one task that is ready or not.
    pub(crate) fn starts(&self, is_wide: bool) {
        let Some(figures) = &self.figures else { return };
        let mut idle = figures.idle();
        idle.began = Some(Instant::now());
        idle.is_alone = !is_wide;
        self.has_idle.store(idle.is_alone, Ordering::Relaxed);
    }

    /// A worker found nothing to do, while these tasks ran.
    #[cold]
    pub(crate) fn found_nothing(&self, running: impl FnOnce() -> Vec<u32>) {
        let Some(figures) = &self.figures else { return };
        if self.has_idle() {
            return;
        }
        let running = running();
        let mut idle = figures.idle();
        if !self.has_idle.swap(true, Ordering::Relaxed) {
            let now = Instant::now();
            idle.running = running.into_iter().map(|task| (task, now)).collect();
        }
    }

    /// Whether it is of interest when a task has finished.
    #[inline]
    pub(crate) fn has_idle(&self) -> bool {
        self.has_idle.load(Ordering::Relaxed)
    }

    /// A task has finished; `ahead` is what its worker goes on with, if nothing follows from it.
    #[cold]
    #[inline(never)]
    pub(crate) fn finished(&self, task: u32, after: Finished, ahead: impl FnOnce() -> Option<u32>) {
        let Some(figures) = &self.figures else { return };
        let next = after.next.or_else(ahead);
        let mut idle = figures.idle();
        let now = Instant::now();
        let place = idle.running.iter().position(|&(running, _)| running == task);
        let alone = if std::mem::take(&mut idle.is_alone) { idle.began } else { None };
        if let Some(since) = place.map(|place| idle.running.swap_remove(place).1).or(alone) {
            let took = now - since;
            idle.seen += 1;
            if idle.longest.is_none_or(|(_, longest)| longest < took) {
                idle.longest = Some((task, took));
            }
        }
        if after.complete {
            idle.took = idle.began.map(|began| now - began);
        }
        let looks_on = idle.began.is_some_and(|began| looks_on(idle.seen, now - began));
        if after.complete || after.more || !looks_on {
            // There is something to do for who had nothing.
            idle.running.clear();
            self.has_idle.store(false, Ordering::Relaxed);
        } else if let Some(next) = next {
            idle.running.push((next, now));
        }
    }

    /// The longest task while workers idled, with the run's length; of a complete run.
    pub(crate) fn giant(&self) -> Option<(u32, Duration, Duration)> {
        let idle = self.figures.as_ref()?.idle();
        let ((task, took), run) = (idle.longest?, idle.took?);
        is_giant(took, run).then_some((task, took, run))
    }

    /// A run of so many tasks is complete: whether these were too short.
    pub(crate) fn tell_of_tiny(&self, tasks: u32, location: &'static Location<'static>) {
        let Some(figures) = &self.figures else { return };
        let samples = figures.samples.load(Ordering::Relaxed);
        if tasks <= MANY || samples == 0 {
            return;
        }
        let work = figures.sampled.load(Ordering::Relaxed) as f64 / samples as f64;
        let whole = figures.busy.load(Ordering::Relaxed) as f64 / f64::from(tasks);
        if let Some(Tiny { overhead, share, batch }) = tiny(work, whole) {
            super::give("tiny_tasks", location, || {
                format!(
                    "{tasks} tasks of {work:.0} ns each, with {overhead:.0} ns of overhead, {:.0} % of the time: let one \
                     task do many, with `batched(items, size, f)`; from a size of {batch} on the overhead is under 5 %",
                    share * 100.0
                )
            });
        }
    }
}

/// Tasks that are too short; in nanoseconds a task.
#[derive(Debug, PartialEq)]
struct Tiny {
    overhead: f64,
    /// Of the whole.
    share: f64,
    /// The least number of them to a batch.
    batch: u64,
}

/// Whether the overhead is above half of the work; in nanoseconds a task.
fn tiny(work: f64, whole: f64) -> Option<Tiny> {
    let overhead = (whole - work).max(0.0);
    if overhead <= work / 2.0 {
        return None;
    }
    // So many pieces of work make their one overhead a small share; below a nanosecond nothing is measured.
    let batch = (overhead * (1.0 - BATCH_OVERHEAD) / (BATCH_OVERHEAD * work.max(1.0))).ceil() as u64;
    Some(Tiny { overhead, share: overhead / whole, batch })
}

/// Whether a task that ran so long, while workers idled, is a giant in a run of this length.
fn is_giant(task: Duration, run: Duration) -> bool {
    run >= LONG && task > run / 2
}

/// The tasks of a run in order, timed one by one.
#[derive(Clone, Copy)]
pub(crate) struct Longest {
    began: Instant,
    /// When the last one that was timed had finished.
    last: Instant,
    timed: u32,
    looks_on: bool,
    longest: Option<(u32, Duration)>,
}

/// Of the runs in order on one thread, one of so many is timed after one that was short.
const ONE_OF: u32 = 16;
const IS_SHORT: Duration = Duration::from_millis(1);

thread_local! {
    /// How many runs are not timed.
    static PASSED_OVER: Cell<u32> = const { Cell::new(0) };
}

impl Longest {
    /// Begins with a run, if it is to be timed.
    pub(crate) fn begin() -> Option<Longest> {
        let left = PASSED_OVER.get();
        // Models cannot depend on how long something takes.
        if cfg!(any(delayed_loom, delayed_shuttle)) || left > 0 {
            PASSED_OVER.set(left.saturating_sub(1));
            return None;
        }
        let began = Instant::now();
        Some(Longest { began, last: began, timed: 0, looks_on: true, longest: None })
    }

    /// Whether the next task is timed: of many short ones only the first few are.
    pub(crate) fn looks_on(&self) -> bool {
        self.looks_on
    }

    /// A task has finished.
    pub(crate) fn finished(&mut self, task: u32) {
        let now = Instant::now();
        let took = now - self.last;
        (self.last, self.timed) = (now, self.timed + 1);
        if self.longest.is_none_or(|(_, longest)| longest < took) {
            self.longest = Some((task, took));
        }
        self.looks_on = looks_on(self.timed, now - self.began);
    }

    /// The longest task of a complete run, with the run's length, if it is a giant.
    pub(crate) fn giant(self) -> Option<(u32, Duration, Duration)> {
        let run = if self.looks_on { self.last - self.began } else { self.began.elapsed() };
        if run < IS_SHORT {
            PASSED_OVER.set(ONE_OF - 1);
        }
        let (task, took) = self.longest?;
        is_giant(took, run).then_some((task, took, run))
    }
}

/// Tells of a giant task.
#[cold]
pub(crate) fn tell_of_giant(name: &str, location: &'static Location<'static>, task: Duration, run: Duration) {
    super::give("giant_task", location, || {
        format!(
            "the task `{name}` ran for {} ms of the run's {} ms while workers had nothing to do: break it up into many \
             tasks, one for each element or file, or for each batch of them with `batched(items, size, f)`",
            task.as_millis(),
            run.as_millis()
        )
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn idle(measure: &Measure) -> MutexGuard<'_, Idle> {
        measure.figures.as_ref().unwrap().idle()
    }

    #[test]
    fn tasks_are_tiny_if_the_overhead_is_above_half_of_the_work() {
        assert_eq!(tiny(100.0, 150.0), None);
        assert_eq!(tiny(100.0, 200.0), Some(Tiny { overhead: 100.0, share: 0.5, batch: 19 }));
        assert!(tiny(100.0, 151.0).is_some());
        assert_eq!(tiny(0.0, 95.0).map(|tiny| tiny.batch), Some(1805));
    }

    #[test]
    fn runs_of_more_than_ten_thousand_tasks_are_told_of() {
        let told = |tasks, work: u64, location| {
            let measure = Measure::of(tasks, true);
            let figures = measure.figures.as_ref().unwrap();
            figures.sampled.store(work * 80, Ordering::Relaxed);
            figures.samples.store(80, Ordering::Relaxed);
            figures.busy.store(u64::from(tasks) * 300, Ordering::Relaxed);
            measure.tell_of_tiny(tasks, location);
            let here = |advice: &crate::advice::Advice| std::ptr::eq(advice.location, location);
            crate::advice::given().into_iter().find(here).map(|advice| advice.text)
        };
        assert_eq!(told(10_000, 100, Location::caller()), None);
        assert_eq!(told(20_000, 200, Location::caller()), None);
        let text = told(10_001, 100, Location::caller()).unwrap();
        assert!(text.starts_with("10001 tasks of 100 ns each, with 200 ns of overhead, 67 % of the time"), "{text}");
        assert!(text.contains("from a size of 38 on"), "{text}");
    }

    #[test]
    fn a_task_is_a_giant_if_it_is_longer_than_half_of_a_long_run() {
        let ms = Duration::from_millis;
        assert!(is_giant(ms(51), ms(100)));
        assert!(!is_giant(ms(50), ms(100)));
        assert!(!is_giant(ms(90), ms(99)));
    }

    #[test]
    fn what_others_waited_for_is_noted() {
        let noted = |measure: &Measure| idle(measure).longest.map(|(task, _)| task);
        let after = |next, more| Finished { next, more, ..Finished::default() };
        let measure = Measure::of(2, true);
        measure.starts(true);
        measure.finished(3, after(None, true), || None);
        assert_eq!(noted(&measure), None);
        measure.found_nothing(|| vec![3, 5]);
        measure.finished(5, after(None, true), || None);
        assert_eq!(noted(&measure), Some(5));
        // One that began later says nothing.
        let other = Measure::of(2, true);
        other.starts(true);
        other.found_nothing(|| vec![3]);
        other.finished(4, after(None, true), || None);
        other.finished(3, after(None, true), || None);
        assert_eq!(noted(&other), None);
    }

    #[test]
    fn what_runs_while_nothing_else_is_ready_is_noted() {
        let after = |next, more| Finished { next, more, ..Finished::default() };
        let measure = Measure::of(2, true);
        measure.starts(false);
        let seen = |measure: &Measure| {
            let idle = idle(measure);
            (idle.seen, idle.running.iter().map(|(task, _)| *task).collect::<Vec<_>>())
        };
        measure.finished(0, after(Some(1), false), || None);
        assert_eq!(seen(&measure), (1, vec![1]));
        measure.finished(1, after(Some(2), true), || None);
        assert_eq!(seen(&measure), (2, vec![]));
        measure.finished(2, after(None, false), || None);
        assert_eq!(seen(&measure), (2, vec![]));
    }

    #[test]
    fn of_many_short_ones_the_first_few_are_timed() {
        assert!(looks_on(63, Duration::ZERO));
        assert!(!looks_on(64, Duration::from_nanos(64 * 2_000)));
        assert!(looks_on(64, Duration::from_nanos(64 * 2_001)));
    }
}
