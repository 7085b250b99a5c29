//! Clocks, and what is kept of many rounds.

use std::cell::Cell;
use std::hint::black_box;
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};
use serde::{Deserialize, Serialize};

/// What having a graph and its answer consists of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// The program says what there is to do.
    Build,
    /// All that the run needs is laid out, before the first task.
    Plan,
    /// The tasks run.
    Run,
    /// Everything is freed.
    Drop,
}

impl Phase {
    pub(crate) const ALL: [Phase; 4] = [Phase::Build, Phase::Plan, Phase::Run, Phase::Drop];

    pub(crate) fn name(self) -> &'static str {
        ["build", "plan", "run", "drop"][self as usize]
    }
}

/// CPU time of the whole process, all its threads, and time on the wall, in ns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Time {
    pub(crate) cpu: f64,
    pub(crate) wall: f64,
}

impl Time {
    fn plus(self, other: Time) -> Time {
        Time { cpu: self.cpu + other.cpu, wall: self.wall + other.wall }
    }

    pub(crate) fn per(self, tasks: usize) -> Time {
        Time { cpu: self.cpu / tasks as f64, wall: self.wall / tasks as f64 }
    }
}

/// One measured pass over a graph: the time of each phase, by its number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Sample {
    pub(crate) phases: [Time; 4],
}

impl Sample {
    pub(crate) fn total(&self) -> Time {
        self.phases.iter().copied().fold(Time::default(), Time::plus)
    }
}

/// Tells phases apart.
#[derive(Debug)]
pub(crate) struct Clock {
    cpu: Duration,
    wall: Instant,
    sample: Sample,
}

impl Clock {
    pub(crate) fn start() -> Clock {
        Clock { cpu: cpu(), wall: Instant::now(), sample: Sample::default() }
    }

    /// What was done since the last call belongs to this phase.
    pub(crate) fn ended(&mut self, phase: Phase) {
        let (cpu, wall) = (cpu(), Instant::now());
        let spent =
            Time { cpu: (cpu - self.cpu).as_nanos() as f64, wall: wall.duration_since(self.wall).as_nanos() as f64 };
        let time = &mut self.sample.phases[phase as usize];
        *time = time.plus(spent);
        (self.cpu, self.wall) = (cpu, wall);
    }

    pub(crate) fn sample(&self) -> Sample {
        self.sample
    }
}

fn cpu() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// The middle of some measurements, and how far they lie apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    pub(crate) min: f64,
    pub(crate) max: f64,
}

impl Spread {
    pub(crate) fn of(values: impl IntoIterator<Item = f64>) -> Spread {
        let mut values: Vec<f64> = values.into_iter().collect();
        values.sort_by(f64::total_cmp);
        let (Some(&min), Some(&max)) = (values.first(), values.last()) else { return Spread::default() };
        let (low, high) = (values[(values.len() - 1) / 2], values[values.len() / 2]);
        Spread { median: f64::midpoint(low, high), min, max }
    }
}

thread_local! {
    /// Where the thread's last spinning ended.
    static SPUN: Cell<u64> = const { Cell::new(1) };
}

/// Work that takes a time in proportion to `spins` and reads no clock.
///
/// Each step waits for the one before, and no closed form is known to the compiler. It begins with what the thread's
/// last call ended with: else the processor would begin this body before that one ends. And since it waits more than
/// it works, a second thread on the same core, as virtual machines have them, hardly slows it down.
pub(crate) fn spin(spins: u32) {
    if spins > 0 {
        SPUN.with(|spun| {
            let mut x = spun.get();
            for _ in 0..spins {
                x = (x ^ (x >> 29)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            }
            spun.set(x);
        });
    }
}

/// How long one spin takes on this machine, in ns: the least of several tries is the one that nothing disturbed.
pub(crate) fn spin_times() -> Spread {
    const SPINS: u32 = 4_000_000;
    Spread::of((0..7).map(|_| {
        let start = Instant::now();
        spin(black_box(SPINS));
        start.elapsed().as_nanos() as f64 / f64::from(SPINS)
    }))
}
