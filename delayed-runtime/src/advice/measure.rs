//! What a run measures of itself: the share of its tasks' own work, and the longest task while workers idled.

use std::cell::Cell;
use std::panic::Location;
use std::time::{Duration, Instant};

use crate::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use crate::sync::{Mutex, lock};

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

/// The measures of one run.
#[derive(Default)]
pub(crate) struct Measure {
    /// Time that threads spent on the run, in nanoseconds.
    busy: AtomicU64,
    /// Time in the bodies that were timed, in nanoseconds, and how many these were.
    sampled: AtomicU64,
    samples: AtomicU64,
    /// The bits of its number that a task must not have to be timed.
    mask: AtomicU32,
    /// A worker found nothing to do.
    has_idle: AtomicBool,
    idle: Mutex<Idle>,
}

/// What a worker that found nothing to do saw of the others.
#[derive(Default)]
struct Idle {
    /// When the run began.
    began: Option<Instant>,
    /// Since when, and which tasks ran then.
    since: Option<(Instant, Vec<u32>)>,
    /// The task that ran longest meanwhile.
    longest: Option<(u32, Duration)>,
}

/// A thread's time on a run.
pub(crate) struct Busy<'a>(&'a Measure, Instant);

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.busy.fetch_add(nanos(self.1.elapsed()), Ordering::Relaxed);
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

impl Measure {
    /// The measures of a run of so many tasks that begins now, and that several threads may work on, or one.
    pub(crate) fn of(tasks: u32, is_shared: bool) -> Option<Box<Measure>> {
        (is_shared || tasks > MANY).then(|| Box::new(Measure::begin(tasks)))
    }

    fn begin(tasks: u32) -> Measure {
        let idle = Idle { began: Some(Instant::now()), ..Idle::default() };
        // No task has all bits.
        let mask = if tasks > MANY { 0 } else { u32::MAX };
        Measure { mask: AtomicU32::new(mask), idle: Mutex::new(idle), ..Measure::default() }
    }

    /// Whether a task is timed.
    #[inline]
    pub(crate) fn samples(&self, task: u32) -> bool {
        let mask = self.mask.load(Ordering::Relaxed);
        task & mask == 0 && mask != u32::MAX
    }

    /// A thread works on the run until this is dropped; measured for runs of many tasks.
    pub(crate) fn busy(&self) -> Option<Busy<'_>> {
        (self.mask.load(Ordering::Relaxed) != u32::MAX).then(|| Busy(self, Instant::now()))
    }

    /// Times a body, without the clock's own time.
    #[cold]
    pub(crate) fn sample<T>(&self, body: impl FnOnce() -> T) -> T {
        let before = Instant::now();
        let start = Instant::now();
        let made = body();
        let took = start.elapsed().saturating_sub(start - before);
        let sampled = self.sampled.fetch_add(nanos(took), Ordering::Relaxed);
        let samples = self.samples.fetch_add(1, Ordering::Relaxed);
        if samples == FIRST && sampled / FIRST < IS_LONG {
            self.mask.store(SAMPLE - 1, Ordering::Relaxed);
        }
        made
    }

    /// A worker found nothing to do, while these tasks ran.
    #[cold]
    pub(crate) fn found_nothing(&self, running: impl FnOnce() -> Vec<u32>) {
        let mut idle = lock(&self.idle);
        if idle.since.is_none() {
            idle.since = Some((Instant::now(), running()));
            self.has_idle.store(true, Ordering::Relaxed);
        }
    }

    /// A task has finished, so that others can go on, or the run is complete.
    #[inline]
    pub(crate) fn goes_on(&self, task: u32) {
        if self.has_idle.load(Ordering::Relaxed) {
            self.note(task);
        }
    }

    #[cold]
    fn note(&self, task: u32) {
        let mut idle = lock(&self.idle);
        if let Some((since, running)) = idle.since.take()
            && running.contains(&task)
        {
            let took = since.elapsed();
            if idle.longest.is_none_or(|(_, longest)| longest < took) {
                idle.longest = Some((task, took));
            }
        }
        self.has_idle.store(false, Ordering::Relaxed);
    }

    /// The longest task while workers idled, with the run's length.
    pub(crate) fn giant(&self) -> Option<(u32, Duration, Duration)> {
        let idle = lock(&self.idle);
        let (task, took) = idle.longest?;
        let run = idle.began?.elapsed();
        is_giant(took, run).then_some((task, took, run))
    }

    /// A run of so many tasks is complete: whether these were too short.
    pub(crate) fn tell_of_tiny(&self, tasks: u32, location: &'static Location<'static>) {
        let samples = self.samples.load(Ordering::Relaxed);
        if tasks <= MANY || samples == 0 {
            return;
        }
        let work = self.sampled.load(Ordering::Relaxed) as f64 / samples as f64;
        let whole = self.busy.load(Ordering::Relaxed) as f64 / f64::from(tasks);
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
    longest: Option<(u32, Duration)>,
}

/// The tasks of a run in order are timed if there are no more than this, in the first run of a thread and in one of so
/// many.
const FEW: u32 = 64;
const ONE_OF: u32 = 16;

thread_local! {
    static RUNS: Cell<u32> = const { Cell::new(0) };
}

impl Longest {
    /// Begins with a run of so many tasks, if it is to be timed.
    pub(crate) fn begin(tasks: u32) -> Option<Longest> {
        let number = RUNS.get();
        RUNS.set(number.wrapping_add(1));
        let is_timed = tasks <= FEW && number.is_multiple_of(ONE_OF);
        is_timed.then(|| Longest { began: Instant::now(), longest: None })
    }

    #[cold]
    pub(crate) fn time<T>(&mut self, task: u32, body: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let made = body();
        let took = start.elapsed();
        if self.longest.is_none_or(|(_, longest)| longest < took) {
            self.longest = Some((task, took));
        }
        made
    }

    /// The longest task, with the run's length, if it is a giant.
    pub(crate) fn giant(self) -> Option<(u32, Duration, Duration)> {
        let (task, took) = self.longest?;
        let run = self.began.elapsed();
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
            let measure = Measure::begin(tasks);
            measure.sampled.store(work * 80, Ordering::Relaxed);
            measure.samples.store(80, Ordering::Relaxed);
            measure.busy.store(u64::from(tasks) * 300, Ordering::Relaxed);
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
    fn the_task_that_others_waited_for_is_noted() {
        let noted = |measure: &Measure| lock(&measure.idle).longest.map(|(task, _)| task);
        let measure = Measure::begin(2);
        measure.goes_on(3);
        assert_eq!(noted(&measure), None);
        measure.found_nothing(|| vec![3, 5]);
        measure.goes_on(5);
        assert_eq!(noted(&measure), Some(5));
        // One that began later says nothing.
        let other = Measure::begin(2);
        other.found_nothing(|| vec![3]);
        other.goes_on(4);
        assert_eq!(noted(&other), None);
    }
}
