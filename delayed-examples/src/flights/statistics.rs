use std::collections::BTreeMap;
use std::ops::AddAssign;

use super::airport::Code;
use super::flight::{Day, Flight};

/// How many flights there were, and how late.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Delays {
    /// The number of flights.
    pub flights: u64,
    /// The sum of their delays, in minutes.
    pub minutes: i64,
}

impl Delays {
    /// The mean delay in minutes; not a number where there is no flight.
    pub fn mean(self) -> f64 {
        self.minutes as f64 / self.flights as f64
    }
}

impl AddAssign for Delays {
    fn add_assign(&mut self, more: Self) {
        self.flights += more.flights;
        self.minutes += more.minutes;
    }
}

/// The delays of some flights by origin and by day.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Statistics {
    origins: BTreeMap<Code, Delays>,
    days: BTreeMap<Day, Delays>,
}

impl Statistics {
    /// Adds the flights of another one.
    pub fn merge(&mut self, other: Self) {
        for (origin, delays) in other.origins {
            *self.origins.entry(origin).or_default() += delays;
        }
        for (day, delays) in other.days {
            *self.days.entry(day).or_default() += delays;
        }
    }

    /// The delays of all flights.
    pub fn total(&self) -> Delays {
        let mut total = Delays::default();
        self.days.values().for_each(|delays| total += *delays);
        total
    }

    /// The first and the last day, if there is a flight.
    pub fn period(&self) -> Option<(Day, Day)> {
        Some((*self.days.first_key_value()?.0, *self.days.last_key_value()?.0))
    }

    /// The day with the worst mean delay, if there is a flight.
    pub fn worst_day(&self) -> Option<(Day, Delays)> {
        worst_first(&self.days).into_iter().next()
    }

    /// The origins of at least so many flights, the one with the worst mean delay first.
    pub fn worst_origins(&self, min_flights: u64) -> Vec<(Code, Delays)> {
        let mut origins = worst_first(&self.origins);
        origins.retain(|(_, delays)| delays.flights >= min_flights);
        origins
    }
}

impl<'a> FromIterator<&'a Flight> for Statistics {
    fn from_iter<I: IntoIterator<Item = &'a Flight>>(flights: I) -> Self {
        let mut statistics = Self::default();
        for flight in flights {
            let delays = Delays { flights: 1, minutes: flight.delay.into() };
            *statistics.origins.entry(flight.origin).or_default() += delays;
            *statistics.days.entry(flight.day).or_default() += delays;
        }
        statistics
    }
}

/// The entries by falling mean delay; those of the same one stay in the order of their keys.
fn worst_first<K: Copy>(entries: &BTreeMap<K, Delays>) -> Vec<(K, Delays)> {
    let mut sorted: Vec<_> = entries.iter().map(|(key, delays)| (*key, *delays)).collect();
    sorted.sort_by(|(_, a), (_, b)| b.mean().total_cmp(&a.mean()));
    sorted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flight(date: &str, delay: i32, origin: &str) -> Flight {
        let [origin, destination] = [origin, "ZZZ"].map(|code| Code::of(code).unwrap());
        Flight { day: Day::of(date).unwrap(), delay, distance: 1, origin, destination }
    }

    #[test]
    fn the_parts_merge_to_what_the_whole_gives() {
        let flights: Vec<_> = (["AAA", "BBB", "CCC"].into_iter().cycle().zip(0..100))
            .map(|(origin, n)| flight(&format!("2001-01-0{} 12:00", 1 + n % 7), n * 37 % 50 - 9, origin))
            .collect();
        let whole: Statistics = flights.iter().collect();
        for cut in [0, 1, 50, 99, 100] {
            let (left, right) = flights.split_at(cut);
            let mut merged: Statistics = left.iter().collect();
            merged.merge(right.iter().collect());
            assert_eq!(merged, whole, "cut at {cut}");
        }
    }

    #[test]
    fn the_worst_come_first_and_equals_by_their_codes() {
        let flights = [("B", 5), ("A", 5), ("C", 9), ("D", -1), ("D", 19), ("D", 60)];
        let flights = flights.map(|(origin, delay)| flight("2001-01-01 00:00", delay, &origin.repeat(3)));
        let statistics: Statistics = flights.iter().collect();
        let order = |min| statistics.worst_origins(min).iter().map(|(code, _)| code.to_string()).collect::<Vec<_>>();
        assert_eq!(order(1), ["DDD", "CCC", "AAA", "BBB"]);
        assert_eq!(order(3), ["DDD"]);
        assert_eq!(statistics.total(), Delays { flights: 6, minutes: 97 });
    }

    #[test]
    fn without_flights_there_is_no_worst_day() {
        let none = Statistics::default();
        assert_eq!((none.period(), none.worst_day()), (None, None));
        assert!(none.worst_origins(0).is_empty());
    }
}
