//! Fetches 500 pages of a website that is slow, fails, has gaps and hangs, and accounts for every one of them: the
//! graph is `delayed_examples::crawl::account_of`. The website is started here too.

use std::error::Error;
use std::io::{self, Write as _};
use std::process::ExitCode;
use std::time::Instant;

use delayed::CancelToken;
use delayed::prelude::*;
use delayed_examples::crawl::cli::{Command, HELP, Options};
use delayed_examples::crawl::website::Website;
use delayed_examples::crawl::{AT_ONCE, Client, REQUESTS, account_of};
use delayed_examples::interrupt::{INTERRUPTED, cancel_on_ctrl_c};

fn main() -> ExitCode {
    let token = CancelToken::new();
    let done = match Command::parse(std::env::args_os().skip(1)) {
        Ok(Command::Help) => print(HELP).map_err(Into::into),
        Ok(Command::Run(options)) => crawl(&options, &token),
        Err(error) => return fail(2, &error),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) if token.is_cancelled() => fail(INTERRUPTED, &"interrupted by Ctrl-C, and the run was cancelled"),
        Err(error) => fail(1, &error),
    }
}

fn crawl(options: &Options, token: &CancelToken) -> Result<(), Box<dyn Error>> {
    cancel_on_ctrl_c(token)?;
    let website = Website::start()?;
    let address = website.address();
    print(&format!("crawling {} pages of http://{address}, {AT_ONCE} at once\n\n", options.pages))?;

    let runtime = Runtime::builder().limit(REQUESTS, AT_ONCE).cancel_token(token).build()?;
    let account = account_of(Client::new(address), options.pages, options.timeout);
    let tasks = Graph::of(&account).n_tasks();
    let start = Instant::now();
    let account = runtime.compute(account)?;
    let elapsed = start.elapsed();

    let (requests, most) = (website.requests(), website.most_at_once());
    let table = format!("{account}\nthe website saw {requests} requests, {most} at once at most");
    print(&format!("{table}\n{tasks} tasks ran in {elapsed:.1?}\n"))?;
    if (account.pages(), account.entries()) != (options.pages, options.pages) {
        return Err(format!("{} pages were to be fetched, and not all are accounted for once", options.pages).into());
    }
    Ok(())
}

/// Prints to the standard output. Whoever reads it may stop before the end.
fn print(text: &str) -> io::Result<()> {
    match io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error),
        _ => Ok(()),
    }
}

#[expect(clippy::print_stderr, reason = "this is where a command-line program says why it failed")]
fn fail(code: u8, error: &dyn std::fmt::Display) -> ExitCode {
    eprintln!("error: {error}");
    code.into()
}
