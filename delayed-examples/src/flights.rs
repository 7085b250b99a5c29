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
//! The functions below are the tasks, and [`report_on`] is the graph. Files are loaded asynchronously, a few at a time;
//! the rest runs on the workers. A value goes when its last task has used it: a day's text once it is parsed, its
//! flights once they are counted. None of these is ever copied.

mod airport;
pub mod cli;
mod error;
mod flight;
mod report;
mod statistics;
mod text;

use std::path::{Path, PathBuf};
use std::time::Duration;
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

/// The limit of the runtime that says how many files are loaded at once.
pub const FILES: &str = "files";

/// How a file is loaded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Loading {
    /// How many more times one is tried that cannot be loaded.
    pub retries: u32,
    /// How long one attempt may take.
    pub timeout: Option<Duration>,
}

impl Loading {
    /// The text of a file. The runtime must set the limit [`FILES`].
    fn load(self, path: PathBuf) -> Delayed<TextFile> {
        let text = load(path).limit(FILES).retries(self.retries);
        match self.timeout {
            Some(time) => text.timeout(time),
            None => text,
        }
    }

    /// What the flights of a daily file come to.
    pub fn day(self, path: PathBuf) -> Delayed<Statistics> {
        statistics(parse_day(self.load(path)))
    }

    /// The airports of an `airports.csv`.
    pub fn airports(self, path: PathBuf) -> Delayed<Airports> {
        parse_airports(self.load(path))
    }
}

/// Builds the graph of the report on these days. Nothing is read before it is computed.
pub fn report_on(days: Vec<Delayed<Statistics>>, airports: Delayed<Airports>) -> Delayed<Report> {
    let total = merge_all(&days);
    let origins = join(&total, airports);
    report(total, origins)
}

/// Each day's statistics, or none in the place of those that cannot be had: their failures are not the report's. Of a
/// day that is asked for too, to hear whether it failed, they are copied.
pub fn or_nothing(days: &[Delayed<Statistics>]) -> Vec<Delayed<Statistics>> {
    days.iter().map(|day| day.clone().or(Statistics::default())).collect()
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
#[delayed(debug_args)]
pub async fn load(path: PathBuf) -> Result<TextFile, FlightError> {
    TextFile::read(path).await
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
