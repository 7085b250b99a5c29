use std::fmt;

use super::airport::{Airport, Code};
use super::flight::Day;
use super::statistics::{Delays, Statistics};

/// What the flights of a period say on delays. It displays as a text of some twenty lines.
#[derive(Debug, Clone)]
pub struct Report {
    /// The first and the last day.
    pub period: (Day, Day),
    /// All flights.
    pub total: Delays,
    /// The day with the worst mean delay.
    pub worst_day: (Day, Delays),
    /// The origins with the worst mean delays, the worst first.
    pub origins: Vec<Origin>,
}

/// An airport that flights left, and how late they did.
#[derive(Debug, Clone)]
pub struct Origin {
    /// Its code.
    pub code: Code,
    /// The flights that left it.
    pub delays: Delays,
    /// Where it is, if `airports.csv` has it.
    pub airport: Option<Airport>,
}

impl Report {
    /// Puts the report together, if there is a flight to report on.
    pub fn new(statistics: &Statistics, origins: Vec<Origin>) -> Option<Self> {
        let (period, worst_day) = (statistics.period()?, statistics.worst_day()?);
        Some(Self { period, total: statistics.total(), worst_day, origins })
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ((first, last), (day, of_day)) = (self.period, self.worst_day);
        writeln!(f, "Departure delays from {first} to {last}")?;
        writeln!(f)?;
        writeln!(f, "flights read  {}", grouped(self.total.flights))?;
        writeln!(f, "mean delay    {:.4} minutes", self.total.mean())?;
        writeln!(f, "worst day     {day}: {:.4} minutes over {} flights", of_day.mean(), grouped(of_day.flights))?;
        writeln!(f)?;
        writeln!(f, "Origins with the worst mean delay, of those with at least {} flights", super::MIN_FLIGHTS)?;
        writeln!(f)?;
        self.fmt_origins(f)
    }
}

impl Report {
    fn fmt_origins(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.origins.is_empty() {
            return writeln!(f, "  (none)");
        }
        let cities: Vec<_> = self.origins.iter().map(Origin::city).collect();
        let width = cities.iter().map(|city| city.chars().count()).max().unwrap_or(0);
        writeln!(f, "      origin  {:width$}  flights  mean delay", "city")?;
        for (rank, (origin, city)) in (1..).zip(self.origins.iter().zip(cities)) {
            let (flights, mean) = (grouped(origin.delays.flights), origin.delays.mean());
            writeln!(f, "  {rank:>2}  {:<6}  {city:width$}  {flights:>7}  {mean:>10.4}", origin.code)?;
        }
        Ok(())
    }
}

impl Origin {
    fn city(&self) -> String {
        self.airport.as_ref().map_or_else(|| "unknown".into(), Airport::to_string)
    }
}

/// A number with a comma between thousands.
fn grouped(number: u64) -> String {
    if number < 1000 { number.to_string() } else { format!("{},{:03}", grouped(number / 1000), number % 1000) }
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!([0, 999, 1000, 20_000, 1_002_003].map(grouped), ["0", "999", "1,000", "20,000", "1,002,003"]);
    }
}
