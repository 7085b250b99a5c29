use std::io;
use std::path::PathBuf;

/// Why a task of the graph failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FlightError {
    /// A folder that cannot be listed.
    #[error("cannot read the folder `{}`: {reason}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        reason: io::Error,
    },
    /// A folder without daily files.
    #[error("no `.csv` file in the folder `{}`", path.display())]
    NoDays {
        /// The folder.
        path: PathBuf,
    },
    /// A file that cannot be read.
    #[error("cannot read `{}`: {reason}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: io::Error,
    },
    /// A line that is not what it should be.
    #[error("`{}`, line {line}: {problem}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// The line's number, from 1.
        line: usize,
        /// What is wrong with it.
        problem: Problem,
    },
    /// Daily files that hold nothing but headers.
    #[error("there is no flight in any of the files")]
    NoFlights,
    /// A report that cannot be written.
    #[error("cannot write `{}`: {reason}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: io::Error,
    },
}

/// What is wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// Bytes that are no text.
    #[error("this is not UTF-8 text")]
    NotUtf8,
    /// No line, or a first one that does not name the columns.
    #[error("expected the header `{expected}`, found `{found}`")]
    Header {
        /// The header of such a file.
        expected: String,
        /// What stands there.
        found: String,
    },
    /// Another number of fields than the header has.
    #[error("expected {expected} fields, found {found}")]
    Fields {
        /// The number of columns.
        expected: usize,
        /// The number of fields.
        found: usize,
    },
    /// A quoted field that does not end where it should.
    #[error("a quoted field must end in `\"` before the next comma or the end of the line")]
    Quote,
    /// A field whose text is not what the column holds.
    #[error("the {column} `{text}` is not {expected}")]
    Field {
        /// The column.
        column: &'static str,
        /// What the column holds.
        expected: &'static str,
        /// What stands there.
        text: String,
    },
}

impl Problem {
    pub(super) fn header(columns: &[&str], found: &str) -> Self {
        Self::Header { expected: columns.join(","), found: excerpt(found) }
    }

    pub(super) fn field(column: &'static str, expected: &'static str, text: &str) -> Self {
        Self::Field { column, expected, text: excerpt(text) }
    }
}

/// The beginning of a text from a file, fit for a message of one line.
fn excerpt(text: &str) -> String {
    const LONGEST: usize = 60;
    let mut chars = text.chars().map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c });
    let mut excerpt: String = chars.by_ref().take(LONGEST).collect();
    if chars.next().is_some() {
        excerpt.push('…');
    }
    excerpt
}
