//! From the pages of a website that has its faults to an account of every one, as one graph.
//!
//! ```text
//! fetch -> extract -> recover --+
//! fetch -> extract -> recover --+
//! fetch -> extract -> recover --+-> account
//! fetch -> extract -> recover --+
//! ```
//!
//! A `fetch` waits for its answer without a worker, counts against a limit, may take only so long and is tried again
//! where it fails. What fails for good goes no further than its own `recover`, which makes an entry of the failure.
//! The website, in [`website`], is started by the program itself, and listens to this machine alone.

mod account;
pub mod cli;
mod client;
pub mod website;

use std::time::Duration;

use delayed::prelude::*;

pub use self::account::{Account, Entry, Outcome};
pub use self::client::{Answer, Client, FetchError};

/// The limit of the runtime that says how many requests are under way at once.
pub const REQUESTS: &str = "requests";

/// How many requests are under way at once.
pub const AT_ONCE: usize = 16;

/// How often a page is tried at most, as [`fetch()`] says.
pub const TRIES: u32 = 3;

/// Builds the graph of the account of the pages from 0 to `pages`. The runtime must set the limit [`REQUESTS`].
pub fn account_of(client: Client, pages: usize, timeout: Duration) -> Delayed<Account> {
    let client = value(client);
    let entries = (0..pages).map(|page| {
        let answer = fetch(&client, page).timeout(timeout);
        extract(page, answer).recover(move |error| Entry::lost(page, error))
    });
    account(entries.collect::<Vec<_>>())
}

/// Asks for a page once. It fails where another try may help: the website is at fault, or the network.
#[delayed(backoff = "20ms", retries = 2, limit = "requests")]
pub async fn fetch(client: &Client, page: usize) -> Result<Answer, FetchError> {
    client.get(page).await
}

/// What is to be known of a page.
#[delayed]
pub fn extract(page: usize, answer: &Answer) -> Result<Entry, FetchError> {
    let Answer { status, body, tries } = answer;
    if *status != 200 {
        return Err(FetchError::Status(*status));
    }
    let title = between(body, "<title>", "</title>").ok_or(FetchError::NoTitle)?;
    let links = body.matches("<a href=").count();
    Ok(Entry { page, outcome: Outcome::Found { title: title.into(), links, tries: *tries } })
}

/// Sums up what became of the pages.
#[delayed]
pub fn account(entries: &[Entry]) -> Account {
    entries.iter().collect()
}

/// The text between two others.
fn between<'a>(text: &'a str, before: &str, behind: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(before)?;
    Some(rest.split_once(behind)?.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(status: u16, body: &str) -> Result<Entry, delayed::Error> {
        let answer = Answer { status, body: body.into(), tries: 2 };
        Runtime::sequential().compute(extract(7, value(answer)))
    }

    #[test]
    fn title_and_links_are_extracted() {
        let body = "<html><title>Seven</title><a href=\"/1\">1</a> <a href='/2'>2</a></html>";
        let outcome = Outcome::Found { title: "Seven".into(), links: 2, tries: 2 };
        assert_eq!(entry(200, body).unwrap(), Entry { page: 7, outcome });
    }

    #[test]
    fn what_is_no_page_is_refused() {
        let error = |status, body| entry(status, body).unwrap_err().downcast_ref::<FetchError>().unwrap().to_string();
        assert_eq!(error(404, "<title>x</title>"), "the website answered 404 Not Found");
        assert_eq!(error(200, "<title>x"), "the page has no title");
    }
}
