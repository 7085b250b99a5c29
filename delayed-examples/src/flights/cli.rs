//! The command line of `flights`.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// What `--help` prints.
pub const HELP: &str = "\
Reports on the delays of a folder of daily flight files, by one delayed graph

Usage: flights [OPTIONS]

Options:
  --data DIR     The folder with `airports.csv` and `days/*.csv` [default: the example's own]
  --report FILE  Where to write the report [default: report.txt]
  --workers N    How many workers run the tasks, 1 to 1024 [default: DELAYED_WORKERS, else one a core]
  --help         Print this
";

/// What the command line asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Print [`HELP`].
    Help,
    /// Make the report.
    Run(Options),
}

/// The options of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The folder with `airports.csv` and `days/*.csv`.
    pub data: PathBuf,
    /// Where the report is written.
    pub report: PathBuf,
    /// How many workers run the tasks, where it is not for the runtime to say.
    pub workers: Option<usize>,
}

impl Default for Options {
    fn default() -> Self {
        Self { data: own_data(), report: "report.txt".into(), workers: None }
    }
}

/// The data that comes with the example: where it was built, or else below the folder that it is run in.
fn own_data() -> PathBuf {
    let built = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/flights");
    if built.is_dir() { built } else { "delayed-examples/data/flights".into() }
}

/// An argument that is not understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UsageError {
    /// Something that is no option.
    #[error("unknown argument `{0}`; the options are `--data`, `--report`, `--workers` and `--help`")]
    Unknown(String),
    /// An option without what belongs behind it.
    #[error("`{0}` needs a value behind it")]
    NoValue(String),
    /// A number of workers that is none.
    #[error("`--workers` takes a number from 1 to 1024, not `{0}`")]
    Workers(String),
}

impl Command {
    /// Reads the arguments behind the program's name. Of an option that is given twice, the last one holds.
    ///
    /// # Errors
    ///
    /// The first argument that is not understood.
    pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Self, UsageError> {
        let mut options = Options::default();
        let mut arguments = arguments.into_iter();
        while let Some(argument) = arguments.next() {
            let argument = argument.to_string_lossy();
            let (option, given) = match argument.split_once('=') {
                Some((option, given)) => (option, Some(OsString::from(given))),
                None => (&*argument, None),
            };
            let value = || given.or_else(|| arguments.next()).ok_or_else(|| UsageError::NoValue(option.into()));
            match option {
                "--data" => options.data = value()?.into(),
                "--report" => options.report = value()?.into(),
                "--workers" => options.workers = Some(workers(&value()?.to_string_lossy())?),
                "--help" | "-h" => return Ok(Self::Help),
                _ => return Err(UsageError::Unknown(argument.into())),
            }
        }
        Ok(Self::Run(options))
    }
}

fn workers(text: &str) -> Result<usize, UsageError> {
    let number = text.parse().ok().filter(|number| (1..=1024).contains(number));
    number.ok_or_else(|| UsageError::Workers(text.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Command, String> {
        Command::parse(line.split_whitespace().map(OsString::from)).map_err(|error| error.to_string())
    }

    #[test]
    fn options_are_read() {
        assert_eq!(parse(""), Ok(Command::Run(Options::default())));
        assert!(Options::default().data.join("airports.csv").is_file());
        let all = Options { data: "d".into(), report: "r=1".into(), workers: Some(3) };
        assert_eq!(parse("--data d --report r=1 --workers 3"), Ok(Command::Run(all.clone())));
        assert_eq!(parse("--data=d --report=r=1 --workers=9 --workers=3"), Ok(Command::Run(all)));
        assert_eq!(parse("--workers 3 --help --nonsense"), Ok(Command::Help));
    }

    #[test]
    fn a_wrong_argument_is_named() {
        let unknown = "unknown argument `--worker`; the options are `--data`, `--report`, `--workers` and `--help`";
        assert_eq!(parse("--worker 3").unwrap_err(), unknown);
        assert!(parse("folder").unwrap_err().starts_with("unknown argument `folder`"));
        assert_eq!(parse("--data").unwrap_err(), "`--data` needs a value behind it");
        for number in ["0", "-1", "1025", "two", "1.5", "99999999999999999999"] {
            let message = format!("`--workers` takes a number from 1 to 1024, not `{number}`");
            assert_eq!(parse(&format!("--workers {number}")).unwrap_err(), message);
        }
    }
}
