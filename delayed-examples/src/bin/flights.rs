//! Turns a folder of daily flight files into a report on delays: the graph is `delayed_examples::flights::report_on`.

use std::io::{self, Write as _};
use std::process::ExitCode;
use std::time::Instant;

use delayed::prelude::*;
use delayed_examples::flights::cli::{Command, HELP, Options};
use delayed_examples::flights::{list_days, report_on, save};

fn main() -> ExitCode {
    match Command::parse(std::env::args_os().skip(1)) {
        Ok(Command::Help) => print(HELP),
        Ok(Command::Run(options)) => match run(&options) {
            Ok(text) => print(&text),
            Err(error) => fail(1, &error),
        },
        Err(error) => fail(2, &error),
    }
}

fn run(options: &Options) -> Result<String, delayed::Error> {
    let builder = Runtime::builder();
    let runtime = match options.workers {
        Some(workers) => builder.workers(workers).build()?,
        None => builder.build()?,
    };

    // Which files there are decides what the graph looks like, so that is asked first.
    let days = runtime.compute(list_days(&options.data))?;
    let report = save(report_on(days, options.data.join("airports.csv")), &options.report);
    let tasks = Graph::of(&report).n_tasks();

    let start = Instant::now();
    let report = runtime.compute(report)?;
    let elapsed = start.elapsed();

    let workers = match runtime.workers() {
        1 => "1 worker".into(),
        workers => format!("{workers} workers"),
    };
    let file = options.report.display();
    Ok(format!("{report}\nreport written to {file}: {tasks} tasks ran on {workers} in {elapsed:.1?}\n"))
}

/// Prints to the standard output. Whoever reads it may stop before the end.
fn print(text: &str) -> ExitCode {
    match io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => fail(1, &error),
        _ => ExitCode::SUCCESS,
    }
}

#[expect(clippy::print_stderr, reason = "this is where a command-line program says why it failed")]
fn fail(code: u8, error: &dyn std::error::Error) -> ExitCode {
    eprintln!("error: {error}");
    code.into()
}
