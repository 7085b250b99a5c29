use std::collections::{BTreeMap, BTreeSet};
use std::error::Error as _;
use std::fmt;

use delayed::ErrorKind;

/// What became of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The page.
    pub page: usize,
    /// What became of it.
    pub outcome: Outcome,
}

/// What becomes of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It was fetched.
    Found {
        /// Its title.
        title: String,
        /// How many links there are on it.
        links: usize,
        /// How often it was asked for.
        tries: u32,
    },
    /// It cannot be had.
    Failed {
        /// Why, in one line.
        why: String,
    },
    /// No answer came in time.
    TimedOut,
}

impl Entry {
    /// Of a page whose tasks failed.
    pub fn lost(page: usize, error: &delayed::Error) -> Self {
        let outcome = match error.kind() {
            ErrorKind::TimedOut => Outcome::TimedOut,
            _ => Outcome::Failed { why: error.source().map_or_else(|| error.to_string(), |cause| cause.to_string()) },
        };
        Self { page, outcome }
    }
}

/// What became of all pages. It displays as a table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Account {
    pages: BTreeSet<usize>,
    /// How many were fetched, by how often they were asked for.
    pub found: BTreeMap<u32, usize>,
    /// How many cannot be had, by the reason.
    pub failed: BTreeMap<String, usize>,
    /// How many gave no answer in time.
    pub timed_out: usize,
    /// How many links there are on those that were fetched.
    pub links: usize,
}

impl Account {
    /// How many pages, each counted once, there is an entry on.
    pub fn pages(&self) -> usize {
        self.pages.len()
    }

    /// How many entries there are. In an account that is right, they are as many as the pages.
    pub fn entries(&self) -> usize {
        self.found.values().sum::<usize>() + self.failed.values().sum::<usize>() + self.timed_out
    }
}

impl<'a> FromIterator<&'a Entry> for Account {
    fn from_iter<I: IntoIterator<Item = &'a Entry>>(entries: I) -> Self {
        let mut account = Self::default();
        for Entry { page, outcome } in entries {
            account.pages.insert(*page);
            match outcome {
                Outcome::Found { links, tries, .. } => {
                    *account.found.entry(*tries).or_default() += 1;
                    account.links += links;
                }
                Outcome::Failed { why } => *account.failed.entry(why.clone()).or_default() += 1,
                Outcome::TimedOut => account.timed_out += 1,
            }
        }
        account
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (tries, pages) in &self.found {
            match tries {
                1 => writeln!(f, "{pages:>6}  fetched at the first try")?,
                _ => writeln!(f, "{pages:>6}  fetched after {tries} tries")?,
            }
        }
        for (why, pages) in &self.failed {
            writeln!(f, "{pages:>6}  failed for good: {why}")?;
        }
        if self.timed_out > 0 {
            writeln!(f, "{:>6}  timed out at every try", self.timed_out)?;
        }
        writeln!(f, "{:>6}  pages in all, with {} links", self.entries(), self.links)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_is_accounted_for() {
        let found = |tries| Outcome::Found { title: "x".into(), links: 2, tries };
        let failed = |why: &str| Outcome::Failed { why: why.into() };
        let outcomes = [found(1), found(1), found(3), failed("gone"), failed("gone"), failed("ill"), Outcome::TimedOut];
        let entries: Vec<_> = (0..).zip(outcomes).map(|(page, outcome)| Entry { page, outcome }).collect();
        let account: Account = entries.iter().collect();
        assert_eq!((account.pages(), account.entries()), (7, 7));
        let table = [
            "     2  fetched at the first try",
            "     1  fetched after 3 tries",
            "     2  failed for good: gone",
            "     1  failed for good: ill",
            "     1  timed out at every try",
            "     7  pages in all, with 6 links",
        ];
        assert_eq!(account.to_string().lines().collect::<Vec<_>>(), table);

        let twice: Account = entries.iter().chain(&entries[..1]).collect();
        assert_eq!((twice.pages(), twice.entries()), (7, 8));
    }
}
