//! What a run measures of itself: the share of its tasks' own work, and the longest task while workers idled.
//!
//! Nothing here orders anything, and models cannot depend on how long something takes: there, nothing is measured.

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

/// A model checker runs.
const IS_MODEL: bool = cfg!(any(delayed_loom, delayed_shuttle));

/// No task is timed; or one that is only here and there, in a run that has no use for it.
const NONE: u32 = u32::MAX;

/// Whether a task is timed: the bits of its number, mixed, has those of the mask. (Mixed, as what repeats itself in a
/// graph has a period.)
#[inline]
pub(crate) fn is_timed(task: u32, mask: u32) -> bool {
    (task.wrapping_mul(0x9E37_79B1) & mask) == mask
}

/// The measures of one run: what is looked at on the way of each task, and the rest.
pub(crate) struct Measure {
    /// Which tasks are timed: see [`is_timed`].
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
    /// How many times the library's own work was come by instead.
    hidden: AtomicU64,
    idle: Mutex<Idle>,
}

impl Figures {
    fn idle(&self) -> MutexGuard<'_, Idle> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is seen as a task finishes.
#[derive(Clone, Copy)]
pub(crate) struct Seen {
    pub(crate) is_sync: bool,
    /// How often a worker took up work, if one has nothing to do, in other runs either.
    pub(crate) idle: Option<u64>,
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
    /// How often a worker had taken up work when that task began, if one had nothing to do.
    idle_at_first: Option<u64>,
    /// The tasks, since when they are looked at, and how often a worker had taken up work by then.
    running: Vec<(u32, Instant, Option<u64>)>,
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
        let is_measured = (is_shared || tasks > MANY) && !IS_MODEL;
        let mask = if tasks > MANY { 0 } else { NONE };
        Measure {
            mask: AtomicU32::new(mask),
            has_idle: AtomicBool::new(false),
            figures: is_measured.then(Box::default),
        }
    }

    /// Which tasks are timed: see [`is_timed`].
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
            self.mask.store(!(u32::MAX / SAMPLE), Ordering::Relaxed);
        }
        made
    }

    /// A node of the library's own is come by instead of a task that is timed.
    pub(crate) fn pass_over(&self) {
        if let Some(figures) = &self.figures {
            figures.hidden.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The run starts, with more than one task that is ready or not.
    pub(crate) fn starts(&self, is_wide: bool) {
        let Some(figures) = &self.figures else { return };
        let mut idle = figures.idle();
        idle.began = Some(Instant::now());
        idle.is_alone = !is_wide;
        self.has_idle.store(idle.is_alone, Ordering::Relaxed);
    }

    /// A worker sets to work on the run.
    pub(crate) fn begins(&self, idle: impl FnOnce() -> Option<u64>) {
        if let Some(figures) = self.figures.as_ref().filter(|_| self.has_idle()) {
            let now = idle();
            let mut idle = figures.idle();
            if idle.is_alone {
                idle.idle_at_first = idle.idle_at_first.or(now);
            }
        }
    }

    /// A worker found nothing to do, while these tasks ran.
    #[cold]
    pub(crate) fn found_nothing(&self, taken: impl FnOnce() -> u64, running: impl FnOnce() -> Vec<u32>) {
        let Some(figures) = &self.figures else { return };
        if self.has_idle() {
            return;
        }
        let (taken, running) = (taken(), running());
        let mut idle = figures.idle();
        if !self.has_idle.swap(true, Ordering::Relaxed) {
            let now = Instant::now();
            idle.running = running.into_iter().map(|task| (task, now, Some(taken))).collect();
        }
    }

    /// Whether it is of interest when a task has finished.
    #[inline]
    pub(crate) fn has_idle(&self) -> bool {
        self.has_idle.load(Ordering::Relaxed)
    }

    /// Whether it is of interest when the run is complete.
    pub(crate) fn is_measured(&self) -> bool {
        self.figures.is_some()
    }

    /// A task has finished, a sync one or not; `next` is what its worker goes on with, if that is a sync one. Others may
    /// be busy with other runs: then nobody waits for this one.
    #[cold]
    #[inline(never)]
    pub(crate) fn finished(&self, task: u32, after: Finished, next: Option<u32>, seen: Seen) {
        let Some(figures) = &self.figures else { return };
        let mut idle = figures.idle();
        let now = Instant::now();
        let place = idle.running.iter().position(|&(running, ..)| running == task);
        let first = if std::mem::take(&mut idle.is_alone) { idle.began.zip(Some(idle.idle_at_first)) } else { None };
        let found = place.map(|place| idle.running.swap_remove(place)).map(|(_, since, then)| (since, then)).or(first);
        // Who took up work meanwhile had something to do.
        let was_idle = |then: Option<u64>| seen.is_sync && seen.idle.is_some() && seen.idle == then;
        if let Some((since, _)) = found.filter(|&(_, then)| was_idle(then)) {
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
            idle.running.push((next, now, seen.idle));
        }
    }

    /// The longest task while workers idled, with the run's length; of a complete run.
    pub(crate) fn giant(&self) -> Option<(u32, Duration, Duration)> {
        let idle = self.figures.as_ref()?.idle();
        let ((task, took), run) = (idle.longest?, idle.took?);
        is_giant(took, run).then_some((task, took, run))
    }

    /// A run of so many nodes, data aside, is complete: whether its tasks, to be counted, were many and too short.
    pub(crate) fn tell_of_tiny(&self, nodes: u32, count: impl FnOnce() -> u32, location: &'static Location<'static>) {
        let Some(figures) = &self.figures else { return };
        let samples = figures.samples.load(Ordering::Relaxed);
        if nodes <= MANY || samples == 0 {
            return;
        }
        let hidden = figures.hidden.load(Ordering::Relaxed);
        let tasks = f64::from(nodes) * samples as f64 / (samples + hidden) as f64;
        let work = figures.sampled.load(Ordering::Relaxed) as f64 / samples as f64;
        let whole = figures.busy.load(Ordering::Relaxed) as f64 / tasks;
        let found = tiny(work, whole).filter(|_| tasks > f64::from(MANY) / 2.0);
        if let Some(Tiny { overhead, share, batch }) = found {
            let tasks = if hidden == 0 { nodes } else { count() };
            if tasks <= MANY {
                return;
            }
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
    /// How often a worker had taken up work by then, if one had nothing to do.
    idle: Option<u64>,
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
    pub(crate) fn begin(idle: impl FnOnce() -> Option<u64>) -> Option<Longest> {
        let left = PASSED_OVER.get();
        if IS_MODEL || left > 0 {
            PASSED_OVER.set(left.saturating_sub(1));
            return None;
        }
        let began = Instant::now();
        Some(Longest { began, idle: idle(), last: began, timed: 0, looks_on: true, longest: None })
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
    pub(crate) fn giant(self, idle: Option<u64>) -> Option<(u32, Duration, Duration)> {
        let run = if self.looks_on { self.last - self.began } else { self.began.elapsed() };
        if run < IS_SHORT {
            PASSED_OVER.set(ONE_OF - 1);
        }
        let (task, took) = self.longest.filter(|_| idle.is_some() && idle == self.idle)?;
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

    fn end(measure: &Measure, task: u32, next: Option<u32>, more: bool) {
        let seen = Seen { is_sync: true, idle: Some(1) };
        measure.finished(task, Finished { next, more, ..Finished::default() }, next, seen);
    }

    #[test]
    fn what_is_timed_has_no_period() {
        let mask = !(u32::MAX / SAMPLE);
        let timed: Vec<u32> = (0..100_000).filter(|&task| is_timed(task, mask)).collect();
        assert!((700..900).contains(&timed.len()), "{}", timed.len());
        for period in [2, 3, 4, 8, 16] {
            let even = timed.iter().filter(|&&task| task % period == 0).count() as u32;
            assert!((timed.len() as u32 / period).abs_diff(even) < 40, "{period}: {even}");
        }
        assert!((0..100_000).all(|task| is_timed(task, 0) && !is_timed(task, NONE)));
    }

    #[test]
    fn nobody_waits_for_a_task_while_others_are_busy_or_that_is_async() {
        let cases = [(true, Some(1), 1), (true, None, 0), (true, Some(2), 0), (false, Some(1), 0)];
        for (is_sync, idle_at_end, expected) in cases {
            let measure = Measure::of(2, true);
            measure.starts(false);
            measure.begins(|| Some(1));
            let seen = Seen { is_sync, idle: idle_at_end };
            measure.finished(0, Finished { complete: true, ..Finished::default() }, None, seen);
            assert_eq!(idle(&measure).seen, expected);
        }
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
            measure.tell_of_tiny(tasks, || tasks, location);
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
        let measure = Measure::of(2, true);
        measure.starts(true);
        end(&measure, 3, None, true);
        assert_eq!(noted(&measure), None);
        measure.found_nothing(|| 1, || vec![3, 5]);
        end(&measure, 5, None, true);
        assert_eq!(noted(&measure), Some(5));
        // One that began later says nothing.
        let other = Measure::of(2, true);
        other.starts(true);
        other.found_nothing(|| 1, || vec![3]);
        end(&other, 4, None, true);
        end(&other, 3, None, true);
        assert_eq!(noted(&other), None);
    }

    #[test]
    fn what_runs_while_nothing_else_is_ready_is_noted() {
        let measure = Measure::of(2, true);
        measure.starts(false);
        measure.begins(|| Some(1));
        let seen = |measure: &Measure| {
            let idle = idle(measure);
            (idle.seen, idle.running.iter().map(|(task, ..)| *task).collect::<Vec<_>>())
        };
        end(&measure, 0, Some(1), false);
        assert_eq!(seen(&measure), (1, vec![1]));
        end(&measure, 1, Some(2), true);
        assert_eq!(seen(&measure), (2, vec![]));
        end(&measure, 2, None, false);
        assert_eq!(seen(&measure), (2, vec![]));
    }

    #[test]
    fn of_many_short_ones_the_first_few_are_timed() {
        assert!(looks_on(63, Duration::ZERO));
        assert!(!looks_on(64, Duration::from_nanos(64 * 2_000)));
        assert!(looks_on(64, Duration::from_nanos(64 * 2_001)));
    }
}
