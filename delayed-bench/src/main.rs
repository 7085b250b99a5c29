//! `delayed` measured beside its peers; `--help` says how to ask.

mod aims;
mod args;
mod blocks;
mod child;
mod compare;
mod delayed;
mod extras;
mod growth;
mod load;
mod measure;
mod peers;
mod picture;
mod report;
mod rounds;
mod stencil;
mod table;
#[cfg(test)]
mod tests;
mod workloads;

use std::process::ExitCode;

use args::{Command, Options};
use load::Load;
use report::{About, Report};

fn main() -> ExitCode {
    match args::parse(std::env::args_os().skip(1)).and_then(carry_out) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            say(&format!("error: {message}"));
            ExitCode::FAILURE
        }
    }
}

/// To the user, beside the tables.
#[expect(clippy::print_stderr, reason = "standard output is for the tables")]
fn say(text: &str) {
    eprintln!("{text}");
}

fn carry_out(command: Command) -> Result<(), String> {
    match command {
        Command::Help => print!("{}", args::HELP),
        Command::Run(options) => run(&options)?,
        Command::Growth(options) => {
            for &kind in &options.workloads {
                print!("{}", growth::table(kind, &options)?);
            }
        }
        Command::Compare { old, new } => print!("{}", compare::text(&Report::read(&old)?, &Report::read(&new)?)?),
        Command::Picture { run, out } => {
            let report = Report::read(&run)?;
            if report.graphs.is_empty() {
                return Err(format!("{} has no graph to draw; measure some of W1 to W6", run.display()));
            }
            let svg = picture::svg(&report);
            std::fs::write(&out, svg).map_err(|error| format!("cannot write {}: {error}", out.display()))?;
        }
        Command::Child(job) => job.carry_out()?,
    }
    Ok(())
}

fn run(options: &Options) -> Result<(), String> {
    // Before minutes are spent on what cannot be saved.
    if let Some(path) = &options.json {
        report::writable(path)?;
    }
    let before = Load::now();
    let mut report = Report { about: about(options), ..Report::default() };
    for &workers in &options.workers {
        for &kind in &options.workloads {
            say(&format!("measuring {kind}, workers: {workers}"));
            report.graphs.extend(rounds::measure(kind, workers, options)?);
        }
    }
    for &extra in &options.extras {
        say(&format!("measuring {}", extra.name()));
        rounds::extra(extra, options, &mut report)?;
    }
    report.about.others = before.zip(Load::now()).map(|(before, now)| before.others(now));
    print!("{}", table::of(&report));
    match &options.json {
        Some(path) => report.write(path),
        None => Ok(()),
    }
}

fn about(options: &Options) -> About {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    About {
        version: env!("CARGO_PKG_VERSION").into(),
        machine: format!("{cores} cores, {} {}", std::env::consts::ARCH, std::env::consts::OS),
        scale: options.scale,
        rounds: options.rounds,
        warm: options.warm,
        others: None,
    }
}
