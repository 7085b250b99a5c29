//! What `crawl` makes of the website's pages, against what the website had in mind for each.

use std::process::{Command, Output};

use delayed_examples::crawl::website::{Manner, links_of};
use delayed_examples::crawl::{AT_ONCE, TRIES};

fn crawl(arguments: &[&str]) -> Command {
    let mut crawl = Command::new(env!("CARGO_BIN_EXE_crawl"));
    crawl.args(arguments).env_remove("DELAYED_WORKERS");
    crawl
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("crawl prints text")
}

/// What the account of so many pages is to be, and how many requests it takes.
fn planned(pages: usize) -> (String, u32) {
    let (mut found, mut missing, mut broken, mut silent, mut links, mut requests) = ([0; 3], 0, 0, 0, 0, 0);
    for page in 0..pages {
        let (class, tries) = match Manner::of(page) {
            Manner::Prompt | Manner::Slow(_) => (&mut found[0], 1),
            Manner::Flaky(failures) => (&mut found[failures as usize], failures + 1),
            Manner::Missing => (&mut missing, 1),
            Manner::Broken => (&mut broken, TRIES),
            Manner::Silent => (&mut silent, TRIES),
        };
        *class += 1;
        requests += tries;
        if !matches!(Manner::of(page), Manner::Missing | Manner::Broken | Manner::Silent) {
            links += links_of(page);
        }
    }
    let [first, second, third] = found;
    let table = format!(
        "{first:>6}  fetched at the first try\n\
         {second:>6}  fetched after 2 tries\n\
         {third:>6}  fetched after 3 tries\n\
         {missing:>6}  failed for good: the website answered 404 Not Found\n\
         {broken:>6}  failed for good: the website answered 500 Internal Server Error\n\
         {silent:>6}  timed out at every try\n\
         {pages:>6}  pages in all, with {links} links\n"
    );
    assert_eq!(first + second + third + missing + broken + silent, pages);
    (table, requests)
}

/// The pages and the time are such that no answer which comes is late, on a busy machine too.
#[test]
fn every_page_is_what_the_website_had_in_mind() {
    let Output { status, stdout, stderr } =
        crawl(&["--pages", "60", "--timeout", "1500ms"]).output().expect("crawl starts");
    let (stdout, stderr) = (text(&stdout), text(&stderr));
    assert_eq!((status.code(), stderr), (Some(0), ""), "{stdout}");

    let mut parts = stdout.split("\n\n");
    let head = parts.next().expect("a first line");
    assert!(head.starts_with("crawling 60 pages of http://127.0.0.1:"), "{stdout}");
    let (table, requests) = planned(60);
    assert_eq!(parts.next().map(|table| format!("{table}\n")), Some(table), "{stdout}");

    let last = parts.next().expect("what the website saw");
    let most = last.strip_prefix(&format!("the website saw {requests} requests, ")).expect(stdout);
    let (most, rest) = most.split_once(" at once at most\n").expect(stdout);
    assert!((1..=AT_ONCE).contains(&most.parse().expect("a number")), "{stdout}");
    assert!(rest.starts_with("181 tasks ran in "), "{stdout}");
}

/// A page of each kind is there, or the test above would say little.
#[test]
fn sixty_pages_show_every_manner() {
    let manners: Vec<_> = (0..60).map(Manner::of).collect();
    let slow = manners.iter().any(|manner| matches!(manner, Manner::Slow(_)));
    let others = [Manner::Prompt, Manner::Flaky(1), Manner::Flaky(2), Manner::Broken, Manner::Missing, Manner::Silent];
    assert!(slow && others.iter().all(|manner| manners.contains(manner)), "{manners:?}");
}

#[test]
fn a_wrong_command_line() {
    for (arguments, said) in [
        (
            &["--page", "2"][..],
            "error: unknown argument `--page`; the options are `--pages`, `--timeout` and `--help`\n",
        ),
        (&["--pages", "0"], "error: `--pages` takes a number from 1 to 100000, not `0`\n"),
        (&["--timeout", "fast"], "error: `--timeout` takes a whole number above 0 and its unit, "),
        (&["--timeout"], "error: `--timeout` needs a value behind it\n"),
    ] {
        let Output { status, stdout, stderr } = crawl(arguments).output().expect("crawl starts");
        assert_eq!((status.code(), text(&stdout)), (Some(2), ""));
        assert!(text(&stderr).starts_with(said), "{}", text(&stderr));
    }
    let Output { status, stdout, .. } = crawl(&["--help"]).output().expect("crawl starts");
    assert_eq!(status.code(), Some(0));
    assert!(["Usage: crawl", "--pages N", "--timeout T", "--help"].iter().all(|said| text(&stdout).contains(said)));
}

/// Some pages never come, so that only Ctrl-C ends this crawl.
#[cfg(unix)]
#[test]
fn ctrl_c_cancels_the_crawl() {
    use std::io::{BufRead as _, BufReader, Read as _};
    use std::process::Stdio;

    let mut crawl = crawl(&["--pages", "60", "--timeout", "1h"]);
    let mut crawl = crawl.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("crawl starts");
    let mut stdout = BufReader::new(crawl.stdout.take().expect("its output"));
    let mut head = String::new();
    stdout.read_line(&mut head).expect("a first line");
    assert!(head.starts_with("crawling 60 pages"), "{head}");

    let told = Command::new("kill").args(["-INT", &crawl.id().to_string()]).status().expect("kill starts");
    assert!(told.success(), "{told}");
    let output = crawl.wait_with_output().expect("crawl ends");
    let mut rest = String::new();
    stdout.read_to_string(&mut rest).expect("the rest of its output");
    assert_eq!((output.status.code(), rest.trim()), (Some(130), ""));
    assert_eq!(text(&output.stderr), "error: interrupted by Ctrl-C, and the run was cancelled\n");
}
