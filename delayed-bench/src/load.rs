//! Whether other programs used the processors while a run was measured.

use std::fs;

/// Above this share of the processors' time, a run says that the machine was busy.
pub(crate) const BUSY: f64 = 0.05;

/// What the processors had done when this was taken, in ticks of the system's clock; nothing where it is not told.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    /// All processors together: whatever they could have done.
    all: f64,
    busy: f64,
    /// This program and those it has started.
    own: f64,
}

impl Load {
    pub(crate) fn now() -> Option<Load> {
        Load::of(&fs::read_to_string("/proc/stat").ok()?, &fs::read_to_string("/proc/self/stat").ok()?)
    }

    /// From the first line of `/proc/stat`, and `/proc/self/stat`.
    pub(crate) fn of(system: &str, own: &str) -> Option<Load> {
        let numbers = |text: &str| text.split_whitespace().map(|word| word.parse().ok()).collect::<Option<Vec<f64>>>();
        // user, nice, system, idle, iowait, irq, softirq, steal; guests' are counted in user.
        let ticks = numbers(system.lines().next()?.strip_prefix("cpu ")?)?;
        let all: f64 = ticks.get(..8)?.iter().sum();
        // After the name in brackets: the state, then numbers; the 12th to the 15th are own and children's time.
        let own = own.rsplit_once(')')?.1.split_whitespace().skip(12 - 1).take(4);
        let own = own.map(|word| word.parse::<f64>().ok()).sum::<Option<f64>>()?;
        Some(Load { all, busy: all - ticks[3] - ticks[4], own })
    }

    /// Which share of the processors' time others have used since.
    pub(crate) fn others(self, now: Load) -> f64 {
        let others = (now.busy - self.busy) - (now.own - self.own);
        (others / (now.all - self.all).max(1.0)).max(0.0)
    }
}
