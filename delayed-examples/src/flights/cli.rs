//! The command line of `flights`.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::Loading;
use crate::cli::{Arguments, UsageError};

/// What `--help` prints.
pub const HELP: &str = "\
Reports on the delays of a folder of daily flight files, by one delayed graph

Usage: flights [OPTIONS]

Options:
  --data DIR     The folder with `airports.csv` and `days/*.csv` [default: the example's own]
  --report FILE  Where to write the report [default: report.txt]
  --workers N    How many workers run the tasks, 1 to 1024 [default: DELAYED_WORKERS, else one a core]
  --keep-going   Report on the other days where one cannot be read, and say which were skipped
  --limit N      How many files are loaded at once, 1 to 1024 [default: 16]
  --retries N    How many more times a file is tried that cannot be loaded, 0 to 1000 [default: 0]
  --timeout T    How long an attempt to load a file may take: `5s`, say; units are us, ms, s, m, h [default: for ever]
  --help         Print this

Ctrl-C cancels the run, a second one ends the program.
Exit codes: 0 done, 1 failed, 2 days skipped or a wrong command line, 130 cancelled
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
    /// Days that cannot be read are skipped.
    pub keep_going: bool,
    /// How many files are loaded at once.
    pub limit: usize,
    /// How a file is loaded.
    pub loading: Loading,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            data: own_data(),
            report: "report.txt".into(),
            workers: None,
            keep_going: false,
            limit: 16,
            loading: Loading::default(),
        }
    }
}

/// The data that comes with the example: where it was built, or else below the folder that it is run in.
fn own_data() -> PathBuf {
    let built = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/flights");
    if built.is_dir() { built } else { "delayed-examples/data/flights".into() }
}

/// The options, for messages.
const OPTIONS: &str =
    "`--data`, `--report`, `--workers`, `--keep-going`, `--limit`, `--retries`, `--timeout` and `--help`";

impl Command {
    /// Reads the arguments behind the program's name. Of an option that is given twice, the last one holds.
    ///
    /// # Errors
    ///
    /// The first argument that is not understood.
    pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Self, UsageError> {
        let mut options = Options::default();
        let mut arguments = Arguments::new(arguments);
        while let Some(argument) = arguments.next_option() {
            match argument.name() {
                "--data" => options.data = argument.value()?.into(),
                "--report" => options.report = argument.value()?.into(),
                "--workers" => options.workers = Some(argument.number(1..=1024)?),
                "--keep-going" => {
                    argument.flag()?;
                    options.keep_going = true;
                }
                "--limit" => options.limit = argument.number(1..=1024)?,
                "--retries" => options.loading.retries = argument.number(0..=1000)? as u32,
                "--timeout" => options.loading.timeout = Some(argument.time()?),
                "--help" | "-h" => return argument.flag().map(|()| Self::Help),
                _ => return Err(argument.unknown(OPTIONS)),
            }
        }
        Ok(Self::Run(options))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn parse(line: &str) -> Result<Command, String> {
        Command::parse(line.split_whitespace().map(OsString::from)).map_err(|error| error.to_string())
    }

    #[test]
    fn options_are_read() {
        assert_eq!(parse(""), Ok(Command::Run(Options::default())));
        assert!(Options::default().data.join("airports.csv").is_file());
        let all = Options { data: "d".into(), report: "r=1".into(), workers: Some(3), ..Options::default() };
        assert_eq!(parse("--data d --report r=1 --workers 3"), Ok(Command::Run(all.clone())));
        assert_eq!(parse("--data=d --report=r=1 --workers=9 --workers=3"), Ok(Command::Run(all)));
        assert_eq!(parse("--workers 3 --help --nonsense"), Ok(Command::Help));
        let loading = Loading { retries: 2, timeout: Some(Duration::from_millis(1500)) };
        let all = Options { keep_going: true, limit: 4, loading, ..Options::default() };
        assert_eq!(parse("--limit 4 --retries=2 --keep-going --timeout 1500ms"), Ok(Command::Run(all)));
    }

    #[test]
    fn all_options_are_named() {
        let listed = HELP.lines().filter_map(|line| line.strip_prefix("  --")?.split(' ').next());
        let named: Vec<_> = listed.map(|option| format!("`--{option}`")).collect();
        let named = |option: &str| named.iter().any(|name| name == option);
        assert!(OPTIONS.replace(" and ", ", ").split(", ").all(named));
    }

    #[test]
    fn a_wrong_argument_is_named() {
        assert_eq!(parse("--worker 3").unwrap_err(), format!("unknown argument `--worker`; the options are {OPTIONS}"));
        assert!(parse("folder").unwrap_err().starts_with("unknown argument `folder`"));
        assert_eq!(parse("--data").unwrap_err(), "`--data` needs a value behind it");
        for number in ["0", "-1", "1025", "two", "1.5", "99999999999999999999"] {
            let message = format!("`--workers` takes a number from 1 to 1024, not `{number}`");
            assert_eq!(parse(&format!("--workers {number}")).unwrap_err(), message);
        }
        assert_eq!(parse("--limit 0").unwrap_err(), "`--limit` takes a number from 1 to 1024, not `0`");
        assert_eq!(parse("--retries=x").unwrap_err(), "`--retries` takes a number from 0 to 1000, not `x`");
        let message = "`--timeout` takes a whole number above 0 and its unit, us, ms, s, m or h, as in `5s`; not `5`";
        assert_eq!(parse("--timeout 5").unwrap_err(), message);
        assert_eq!(parse("--keep-going=yes").unwrap_err(), "`--keep-going` takes no value");
    }
}
