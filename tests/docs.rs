//! The README and the guide: their links lead somewhere, the code of every chapter is among the doctests, and what they
//! quote of compiler and runtime is what these say.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use delayed::prelude::*;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The guide's chapters, by file name.
fn chapters() -> Vec<String> {
    let files = fs::read_dir(root().join("docs/src")).expect("the guide has a folder");
    let names =
        files.map(|file| file.expect("the folder can be read").file_name().into_string().expect("a plain name"));
    let mut chapters: Vec<_> = names.filter(|name| name.ends_with(".md") && name != "SUMMARY.md").collect();
    chapters.sort();
    chapters
}

/// A page without its code blocks.
fn prose(page: &str) -> String {
    let mut is_code = false;
    let lines = page.lines().filter(|line| {
        let is_fence = line.starts_with("```");
        is_code ^= is_fence;
        !is_code && !is_fence
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The targets of a page's links.
fn links(page: &str) -> Vec<String> {
    let targets = prose(page);
    targets.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target.to_owned()).collect()
}

/// The anchors of a page's headings.
fn anchors(page: &str) -> HashSet<String> {
    let headings = prose(page);
    let headings = headings.lines().filter(|line| line.starts_with('#'));
    let anchor = |heading: &str| {
        let text = heading.trim_start_matches('#').trim().to_lowercase().replace(' ', "-");
        text.chars().filter(|c| c.is_alphanumeric() || "-_".contains(*c)).collect()
    };
    headings.map(anchor).collect()
}

#[test]
fn links_lead_somewhere() {
    let mut pages: Vec<PathBuf> = chapters().iter().map(|name| root().join("docs/src").join(name)).collect();
    pages.extend(["README.md", "CHANGELOG.md", "docs/src/SUMMARY.md"].map(|page| root().join(page)));
    for page in pages {
        for link in links(&read(&page)).iter().filter(|link| !link.starts_with("https://")) {
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = if file.is_empty() { page.clone() } else { page.with_file_name("").join(file) };
            let place = format!("`{link}` in {}", page.display());
            assert!(target.is_file(), "{place}: there is no such file");
            assert!(anchor.is_empty() || anchors(&read(&target)).contains(anchor), "{place}: there is no such heading");
        }
    }
}

#[test]
fn every_chapter_is_in_the_summary_and_among_the_doctests() {
    let (summary, facade) = (read(&root().join("docs/src/SUMMARY.md")), read(&root().join("src/lib.rs")));
    for chapter in chapters() {
        assert!(summary.contains(&format!("({chapter})")), "{chapter} is not in the summary");
        let doctest = format!("#[doc = include_str!(\"../docs/src/{chapter}\")]");
        assert!(facade.contains(&doctest), "the code of {chapter} is not tested: src/lib.rs lacks `{doctest}`");
    }
}

/// What a newcomer types first.
#[test]
fn the_readme_opens_with_two_commands() {
    let readme = read(&root().join("README.md"));
    let (_, rest) = readme.split_once("```sh\n").expect("the README has shell commands");
    let (commands, _) = rest.split_once("```").expect("a block has an end");
    let commands: Vec<_> = commands.lines().map(|line| line.split("  ").next().unwrap_or_default()).collect();
    assert_eq!(commands, ["cargo run --release -p delayed-examples", "cargo test --workspace"]);
}

/// The blocks of a compiler's or the runtime's words in a page.
fn quoted(page: &str) -> Vec<String> {
    page.split("```text\n")
        .skip(1)
        .filter_map(|rest| rest.split_once("```"))
        .map(|(block, _)| block.to_owned())
        .collect()
}

/// What the compiler says of the mistakes in `tests/ui`.
fn said_by_the_compiler() -> String {
    let files = fs::read_dir(root().join("tests/ui")).expect("the mistakes have a folder");
    let paths = files.map(|file| file.expect("the folder can be read").path());
    let said: String =
        paths.filter(|path| path.extension().is_some_and(|end| end == "stderr")).map(|path| read(&path)).collect();
    one_line(&said)
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn the_compilers_words_in_the_best_practices_are_its_own() {
    let page = read(&root().join("docs/src/best-practices.md"));
    let said = said_by_the_compiler();
    // Of the rest tests/advice.rs asks the runtime.
    let of_compiler = |line: &&str| line.starts_with("error") || line.contains("= note") || line.contains("_delayed: ");
    let lints = ["mutable_input: ", "global_state: ", "giant_task: "];
    let mut seen = 0;
    for block in quoted(&page) {
        for line in block.lines().filter(|line| of_compiler(line) || lints.iter().any(|lint| line.starts_with(lint))) {
            assert!(said.contains(&one_line(line)), "nobody says: {line}");
            seen += 1;
        }
    }
    assert_eq!(seen, 10, "lines of the compiler's");
}

#[test]
fn the_compilers_words_on_running_unattended_are_its_own() {
    let page = read(&root().join("docs/src/unattended.md"));
    let said = said_by_the_compiler();
    let blocks = quoted(&page);
    let errors: Vec<_> =
        blocks.iter().flat_map(|block| block.lines()).filter(|line| line.starts_with("error")).collect();
    for line in &errors {
        assert!(said.contains(&one_line(line)), "nobody says: {line}");
    }
    assert_eq!(errors.len(), 6, "lines of the compiler's");
}

#[delayed]
fn consume(#[take] text: String) -> usize {
    text.len()
}

#[delayed]
fn slow(x: i64) -> i64 {
    x
}

#[delayed]
async fn hang(x: i64) -> i64 {
    std::future::pending::<()>().await;
    x
}

#[delayed(limit = "db")]
fn query(id: u64) -> u64 {
    id * 2
}

#[delayed(limit = "db", allow(nested_delayed))]
fn report(runtime: Arc<Runtime>) -> Result<u64, delayed::Error> {
    runtime.compute(query(1))
}

/// A text in which all places in code are the same.
fn without_places(text: &str) -> String {
    text.split_whitespace()
        .map(|word| if word.contains(".rs:") { "(place)" } else { word })
        .collect::<Vec<_>>()
        .join(" ")
}

#[test]
fn the_runtimes_words_on_running_unattended_are_its_own() {
    let page = read(&root().join("docs/src/unattended.md"));
    let page: Vec<_> = quoted(&page).iter().map(|block| without_places(block)).collect();
    let runtime = Arc::new(Runtime::builder().limit("db", 8).build().unwrap());
    let with_deadline = Runtime::builder().deadline(Duration::from_millis(100)).build().unwrap();
    let cancelled = runtime.start(hang(1));
    cancelled.cancel();
    let host = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let errors = [
        consume(String::from("abc")).retries(1).compute().unwrap_err(),
        slow(1).timeout(Duration::from_secs(1)).compute().unwrap_err(),
        value(1).zip(value(2)).retries(3).compute().unwrap_err(),
        query(1).compute().unwrap_err(),
        runtime.compute(report(runtime.clone())).unwrap_err(),
        with_deadline.compute(hang(1)).unwrap_err(),
        cancelled.wait().unwrap_err(),
        host.block_on(async { runtime.start(slow(1)).wait().unwrap_err() }),
    ];
    for error in errors {
        let text = without_places(&error.to_string());
        assert!(page.iter().any(|block| block == &text), "the chapter does not quote: {text}");
    }
}
