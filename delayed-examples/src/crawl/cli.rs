//! The command line of `crawl`.

use std::ffi::OsString;
use std::time::Duration;

use crate::cli::{Arguments, UsageError};

/// What `--help` prints.
pub const HELP: &str = "\
Fetches the pages of a website that has its faults, by one delayed graph, and accounts for every page

Usage: crawl [OPTIONS]

Options:
  --pages N    How many pages to fetch, 1 to 100000 [default: 500]
  --timeout T  How long a try may take: `1s`, say; units are us, ms, s, m, h [default: 300ms]
  --help       Print this

Ctrl-C cancels the run, a second one ends the program.
Exit codes: 0 all pages accounted for, 1 not, 2 a wrong command line, 130 cancelled
";

/// The options, for messages.
const OPTIONS: &str = "`--pages`, `--timeout` and `--help`";

/// What the command line asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Print [`HELP`].
    Help,
    /// Crawl.
    Run(Options),
}

/// The options of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// How many pages are fetched.
    pub pages: usize,
    /// How long a try may take.
    pub timeout: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self { pages: 500, timeout: Duration::from_millis(300) }
    }
}

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
                "--pages" => options.pages = argument.number(1..=100_000)?,
                "--timeout" => options.timeout = argument.time()?,
                "--help" | "-h" => return argument.flag().map(|()| Self::Help),
                _ => return Err(argument.unknown(OPTIONS)),
            }
        }
        Ok(Self::Run(options))
    }
}
