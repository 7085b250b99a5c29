//! From a folder of daily flight files to one report on delays, as one graph.
//!
//! ```text
//! load -> parse_day -> statistics --+
//! load -> parse_day -> statistics --+-> merge --+
//! load -> parse_day -> statistics --+           +-> .. -> merge --+----------> report -> save
//! load -> parse_day -> statistics --+-> merge --+                 |              ^
//!                                                                 v              |
//!                                    load -> parse_airports ---> join -----------+
//! ```
//!
//! The functions below are the tasks, and [`report_on`] is the graph. A value goes when its last task has used it: a
//! day's text once it is parsed, its flights once they are counted. None of these is ever copied.

mod airport;
pub mod cli;
mod error;
mod flight;
mod report;
mod statistics;
mod text;

use std::path::{Path, PathBuf};
use std::{fs, io};

use delayed::prelude::*;

pub use self::airport::{Airport, Airports, Code};
pub use self::error::{FlightError, Problem};
pub use self::flight::{Day, Flight};
pub use self::report::{Origin, Report};
pub use self::statistics::{Delays, Statistics};
pub use self::text::TextFile;

/// An origin with fewer flights than this is not ranked: a few late ones would say too much.
pub const MIN_FLIGHTS: u64 = 100;

/// How many origins the report lists.
pub const WORST_ORIGINS: usize = 10;

/// Builds the graph of the report on the daily files `days`. Nothing is read before it is computed.
pub fn report_on(days: Vec<PathBuf>, airports: PathBuf) -> Delayed<Report> {
    let per_day: Vec<_> = days.into_iter().map(|day| statistics(parse_day(load(day)))).collect();
    let total = merge_all(&per_day);
    let origins = join(&total, parse_airports(load(airports)));
    report(total, origins)
}

/// Merges the parts pair by pair, as a binary tree of `merge` tasks: neighbours meet as soon as both are there.
fn merge_all(parts: &[Delayed<Statistics>]) -> Delayed<Statistics> {
    match parts {
        [] => value(Statistics::default()),
        [one] => one.clone(),
        _ => {
            let (left, right) = parts.split_at(parts.len().div_ceil(2));
            merge(merge_all(left), merge_all(right))
        }
    }
}

/// The daily files of a folder in the order of their names: its `days/*.csv`.
#[delayed]
pub fn list_days(folder: &Path) -> Result<Vec<PathBuf>, FlightError> {
    let path = folder.join("days");
    let listed: io::Result<Vec<_>> =
        fs::read_dir(&path).and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect());
    let mut days = listed.map_err(|reason| FlightError::Folder { path: path.clone(), reason })?;
    days.retain(|file| file.extension().is_some_and(|extension| extension == "csv"));
    days.sort_unstable();
    if days.is_empty() { Err(FlightError::NoDays { path }) } else { Ok(days) }
}

/// Reads a file's text.
#[delayed]
pub fn load(path: PathBuf) -> Result<TextFile, FlightError> {
    TextFile::read(path)
}

/// The flights of a daily file: trimmed, without empty lines, and none that cannot be right.
#[delayed]
pub fn parse_day(file: &TextFile) -> Result<Vec<Flight>, FlightError> {
    file.rows(Flight::COLUMNS, Flight::from_row)
}

/// Counts flights and sums up delays, by origin and by day.
#[delayed]
pub fn statistics(flights: &[Flight]) -> Statistics {
    flights.iter().collect()
}

/// One statistics of two.
#[delayed]
pub fn merge(mut left: Statistics, right: Statistics) -> Statistics {
    left.merge(right);
    left
}

/// The airports of `airports.csv`, by code.
#[delayed]
pub fn parse_airports(file: &TextFile) -> Result<Airports, FlightError> {
    file.rows(Airport::COLUMNS, Airport::from_row)
}

/// The origins with the worst mean delay, each with its airport.
#[delayed]
pub fn join(statistics: &Statistics, airports: &Airports) -> Vec<Origin> {
    let worst = statistics.worst_origins(MIN_FLIGHTS).into_iter().take(WORST_ORIGINS);
    worst.map(|(code, delays)| Origin { code, delays, airport: airports.find(code).cloned() }).collect()
}

/// Puts the report together.
#[delayed]
pub fn report(statistics: &Statistics, origins: Vec<Origin>) -> Result<Report, FlightError> {
    Report::new(statistics, origins).ok_or(FlightError::NoFlights)
}

/// Writes the report to a file, and hands it on.
#[delayed]
pub fn save(report: Report, path: &Path) -> Result<Report, FlightError> {
    fs::write(path, report.to_string()).map_err(|reason| FlightError::Write { path: path.into(), reason })?;
    Ok(report)
}
