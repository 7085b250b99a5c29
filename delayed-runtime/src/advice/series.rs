//! `repeated_compute`: computes from one call site, one after the other, on one thread.

use std::cell::Cell;
use std::panic::Location;
use std::time::{Duration, Instant};

use crate::host::{self, TaskId};

/// So many computes, within this time, are a loop that should be one compute.
const REPEATED: u8 = 8;
const WITHIN: Duration = Duration::from_millis(100);
/// So many call sites are looked after at once, of those that a loop goes round.
const SITES: usize = 4;

/// The computes from one call site, by one of tokio's tasks or by none: what a server does for each request is no loop.
#[derive(Clone, Copy)]
struct Series {
    site: &'static Location<'static>,
    task: Option<TaskId>,
    count: u8,
    /// The times of the last ones, of which the oldest is overwritten next.
    times: [Instant; REPEATED as usize - 1],
    oldest: u8,
}

thread_local! {
    static SERIES: [Cell<Option<Series>>; SITES] = const { [const { Cell::new(None) }; SITES] };
    /// The place of the next new series.
    static NEXT: Cell<usize> = const { Cell::new(0) };
    /// The call site that was told of last.
    static TOLD: Cell<Option<&'static Location<'static>>> = const { Cell::new(None) };
}

/// A blocking compute begins; `is_chain` if no two of its tasks are ever ready.
#[inline]
pub(crate) fn computed(location: &'static Location<'static>, is_chain: bool) {
    let is_told = TOLD.get().is_some_and(|told| std::ptr::eq(told, location));
    if !is_told && super::is_on() {
        look(location, is_chain);
    }
}

#[cold]
fn look(location: &'static Location<'static>, is_chain: bool) {
    SERIES.with(|all| {
        let known = all.iter().find(|series| series.get().is_some_and(|series| std::ptr::eq(series.site, location)));
        if !is_chain {
            known.iter().for_each(|series| series.set(None));
            return;
        }
        let task = host::current_task();
        let now = Instant::now();
        let known = known.filter(|series| series.get().is_some_and(|series| series.task == task));
        let Some(place) = known else {
            let place = &all[NEXT.get()];
            NEXT.set((NEXT.get() + 1) % SITES);
            let times = [now; REPEATED as usize - 1];
            place.set(Some(Series { site: location, task, count: 1, times, oldest: 1 }));
            return;
        };
        let Some(mut series) = place.get() else { return };
        if let Some(took) = series.add(now) {
            place.set(None);
            TOLD.set(Some(location));
            tell(location, took);
        } else {
            place.set(Some(series));
        }
    });
}

impl Series {
    /// One more; how long the last eight took, if that is too fast.
    fn add(&mut self, now: Instant) -> Option<Duration> {
        let oldest = &mut self.times[usize::from(self.oldest)];
        let took = now.saturating_duration_since(std::mem::replace(oldest, now));
        self.oldest = (self.oldest + 1) % (REPEATED - 1);
        self.count = (self.count + 1).min(REPEATED);
        (self.count == REPEATED && took <= WITHIN).then_some(took)
    }
}

fn tell(location: &'static Location<'static>, took: Duration) {
    super::give("repeated_compute", location, || {
        // Nobody can look for a loop there.
        let is_in_std = location.file().starts_with("/rustc/");
        format!(
            "{REPEATED} computes from here within {} ms, none of which ever had two tasks ready at once: collect the handles \
             in a list and compute them together, `delayed::compute(list)?`; where one needs another's value, pass the \
             handle on{}",
            took.as_millis(),
            if is_in_std {
                " (called by std; in a closure, `|handle| handle.compute()`, the call is told by its line)"
            } else {
                ""
            }
        )
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn computes_are_repeated_if_any_eight_are_close() {
        let start = Instant::now();
        let told = |times: &[u64]| {
            let at = |ms: u64| start + Duration::from_millis(ms);
            let times: Vec<_> = times.iter().map(|&ms| at(ms)).collect();
            let ring = [times[0]; REPEATED as usize - 1];
            let mut series = Series { site: Location::caller(), task: None, count: 1, times: ring, oldest: 1 };
            times[1..].iter().map(|&now| series.add(now)).find_map(|told| told)
        };
        let ms = |ms| Some(Duration::from_millis(ms));
        assert_eq!(told(&[0, 10, 20, 30, 40, 50, 60]), None);
        assert_eq!(told(&[0, 10, 20, 30, 40, 50, 60, 100]), ms(100));
        assert_eq!(told(&[0, 10, 20, 30, 40, 50, 60, 101]), None);
        // The first took long.
        assert_eq!(told(&[0, 500, 510, 520, 530, 540, 550, 560, 570]), ms(70));
        assert_eq!(told(&[0, 15, 30, 45, 60, 75, 90, 105, 120, 135, 150, 165]), None);
    }
}
