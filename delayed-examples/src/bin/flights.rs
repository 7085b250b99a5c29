//! Turns a folder of daily flight files into a report on delays: the graph is `delayed_examples::flights::report_on`.

use std::error::Error as _;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use delayed::CancelToken;
use delayed::prelude::*;
use delayed_examples::flights::cli::{Command, HELP, Options};
use delayed_examples::flights::{FILES, list_days, or_nothing, report_on, save};
use delayed_examples::interrupt::{INTERRUPTED, cancel_on_ctrl_c};

fn main() -> ExitCode {
    match Command::parse(std::env::args_os().skip(1)) {
        Ok(Command::Help) => print(0, HELP),
        Ok(Command::Run(options)) => run(&options),
        Err(error) => fail(2, &error),
    }
}

fn run(options: &Options) -> ExitCode {
    let token = CancelToken::new();
    if let Err(error) = cancel_on_ctrl_c(&token) {
        return fail(1, &error);
    }
    match make_report(options, &token) {
        Ok(Done { text, skipped: 0 }) => print(0, &text),
        Ok(Done { text, .. }) => print(2, &text),
        Err(error) if is_cancelled(&error) => fail(INTERRUPTED, &"interrupted by Ctrl-C, and the run was cancelled"),
        Err(error) => fail(1, &error),
    }
}

/// What a run came to.
struct Done {
    text: String,
    /// How many days are missing in it.
    skipped: usize,
}

fn make_report(options: &Options, token: &CancelToken) -> Result<Done, delayed::Error> {
    let on_failure = if options.keep_going { OnFailure::Continue } else { OnFailure::Stop };
    let builder = Runtime::builder().on_failure(on_failure).limit(FILES, options.limit).cancel_token(token);
    let runtime = match options.workers {
        Some(workers) => builder.workers(workers).build()?,
        None => builder.build()?,
    };

    // Which files there are decides what the graph looks like, so that is asked first.
    let files = runtime.compute(list_days(&options.data))?;
    let days: Vec<_> = files.iter().map(|file| options.loading.day(file.clone())).collect();
    let airports = options.loading.airports(options.data.join("airports.csv"));

    // Where the report does without days that fail, these are asked for beside it, to hear why.
    let (total, asked) = if options.keep_going { (or_nothing(&days), days) } else { (days, Vec::new()) };
    let report = save(report_on(total, airports), &options.report);
    let tasks = Graph::of(&report).n_tasks();

    let start = Instant::now();
    let (report, asked) = if options.keep_going {
        runtime.try_compute((report, asked)) // each handle's own value or failure
    } else {
        (runtime.compute(report), Vec::new())
    };
    let elapsed = start.elapsed();

    let skipped: Vec<_> = files.iter().zip(asked).filter_map(|(file, day)| Some((file, day.err()?))).collect();
    if !report.as_ref().is_err_and(is_cancelled) {
        skipped.iter().for_each(|(file, error)| say_skipped(file, error));
    }
    let report = report.map_err(|error| failure(&error).clone())?;

    let workers = match runtime.workers() {
        1 => "1 worker".into(),
        workers => format!("{workers} workers"),
    };
    let (file, skipped) = (options.report.display(), skipped.len());
    let written = match skipped {
        0 => format!("report written to {file}: {tasks} tasks ran on {workers} in {elapsed:.1?}"),
        _ => {
            format!("report written to {file} without {skipped} of {} days, on {workers} in {elapsed:.1?}", files.len())
        }
    };
    Ok(Done { text: format!("{report}\n{written}\n"), skipped })
}

fn is_cancelled(error: &delayed::Error) -> bool {
    error.kind() == ErrorKind::Cancelled
}

/// What kept a task from running, if something did, or else what went wrong in itself.
fn failure(error: &delayed::Error) -> &delayed::Error {
    error.source().and_then(|source| source.downcast_ref()).unwrap_or(error)
}

#[expect(clippy::print_stderr, reason = "this is where a command-line program says what it left out")]
fn say_skipped(day: &Path, error: &delayed::Error) {
    let name = day.file_name().unwrap_or(day.as_os_str());
    eprintln!("skipped {}: {}", name.display(), failure(error));
}

/// Prints to the standard output. Whoever reads it may stop before the end.
fn print(code: u8, text: &str) -> ExitCode {
    match io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => fail(1, &error),
        _ => code.into(),
    }
}

#[expect(clippy::print_stderr, reason = "this is where a command-line program says why it failed")]
fn fail(code: u8, error: &dyn std::fmt::Display) -> ExitCode {
    eprintln!("error: {error}");
    code.into()
}
