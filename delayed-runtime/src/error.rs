//! What went wrong: which task, where it was built, why, and on the way to which output.

mod cause;
mod made;

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::panic::Location;
use std::sync::Arc;

pub(crate) use cause::Cause;
pub use made::{Fallible, Made, Shown, SourceFn, made, made_result, made_result_if};

/// What kind of failure an [`Error`] is.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The task's function returned an `Err`.
    Failed,
    /// The task's function panicked.
    Panicked,
    /// The task, or the run, took longer than it was allowed to.
    TimedOut,
    /// The run was cancelled, or its host shut down.
    Cancelled,
    /// The task did not run because a dependency failed.
    Skipped,
    /// The run could not start, or its value could not be had; nothing is wrong with a task's body.
    Runtime,
}

/// The failure of a run.
///
/// `Display` is one line; `{:?}` is a report with the path to the output and the cause's own text. The error is
/// cheap to clone.
///
/// # Examples
/// ```
/// use delayed_runtime::{CallByValue as _, ErrorKind, delayed};
///
/// let port = delayed(|text: String| text.parse::<u16>()).try_call(("http".to_owned(),));
/// let error = port.compute().unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::Failed);
/// assert_eq!(error.task(), "closure");
/// assert!(error.downcast_ref::<std::num::ParseIntError>().is_some());
/// ```
#[derive(Clone)]
pub struct Error(Arc<Inner>);

struct Inner {
    task: Cow<'static, str>,
    location: &'static Location<'static>,
    attempts: u32,
    path: Vec<Cow<'static, str>>,
    args: Option<String>,
    cause: Cause,
}

/// What is known of a task that failed.
pub(crate) struct Failed {
    pub(crate) task: Cow<'static, str>,
    pub(crate) location: &'static Location<'static>,
    pub(crate) attempts: u32,
    /// The names of the tasks from it to the output.
    pub(crate) path: Vec<Cow<'static, str>>,
    /// Its arguments' `Debug`, where the function shows them.
    pub(crate) args: Option<String>,
}

impl Error {
    /// The failure of a task.
    pub(crate) fn of_task(failed: Failed, cause: Cause) -> Error {
        let Failed { task, location, attempts, path, args } = failed;
        Error(Arc::new(Inner { task, location, attempts, path, args, cause }))
    }

    /// A failure of no task: `location` is the compute's.
    pub(crate) fn of_run(kind: ErrorKind, location: &'static Location<'static>, text: impl Into<String>) -> Error {
        let nobody = Failed { task: Cow::Borrowed(""), location, attempts: 0, path: Vec::new(), args: None };
        Error::of_task(nobody, Cause::library(kind, text))
    }

    /// A failure found before any task was there: bad settings.
    #[track_caller]
    pub(crate) fn of_settings(text: impl Into<String>) -> Error {
        Error::of_run(ErrorKind::Runtime, Location::caller(), text)
    }

    /// Of a task that did not run because of this failure.
    pub(crate) fn skips(&self, task: Cow<'static, str>, location: &'static Location<'static>) -> Error {
        let skipped = Failed { task, location, attempts: 0, path: Vec::new(), args: None };
        Error::of_task(skipped, Cause::skipped(self.clone()))
    }

    /// What kind of failure this is.
    pub fn kind(&self) -> ErrorKind {
        self.0.cause.kind()
    }

    /// The name of the task that failed, or was skipped; empty if none did.
    pub fn task(&self) -> &str {
        &self.0.task
    }

    /// Where that task was built; without a task, where the run was asked for.
    pub fn location(&self) -> &'static Location<'static> {
        self.0.location
    }

    /// How often the task was tried: 1 without retries, 0 if it never began.
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// The names of the tasks from the failed one, which comes first, to the output that was asked for. Of a skipped
    /// task, the path of the failure that caused it.
    pub fn path(&self) -> impl Iterator<Item = &str> {
        self.root().0.path.iter().map(|name| &**name)
    }

    /// The error that the task returned, if it is an `E`; of a panic its message, as `String`. Of a skipped task, that
    /// of the failure that caused it.
    pub fn downcast_ref<E: 'static>(&self) -> Option<&E> {
        self.root().0.cause.as_any()?.downcast_ref()
    }

    /// The failure that caused this one, or itself.
    fn root(&self) -> &Error {
        let mut at = self;
        while let Some(failure) = at.0.cause.failure() {
            at = failure;
        }
        at
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { task, location, attempts, cause, .. } = &*self.0;
        if task.is_empty() {
            return write!(f, "run at {location}: {cause}");
        }
        let what = match cause.kind() {
            ErrorKind::Failed => "failed",
            ErrorKind::Panicked => "panicked",
            ErrorKind::TimedOut => "timed out",
            ErrorKind::Cancelled => "was cancelled",
            ErrorKind::Skipped => "was skipped",
            ErrorKind::Runtime => "could not run",
        };
        write!(f, "task `{task}` ({location}) {what}")?;
        if *attempts > 1 {
            write!(f, " after {attempts} attempts")?;
        }
        write!(f, ": {cause}")
    }
}

/// How many names of a path a report shows from each end.
const SHOWN: usize = 8;

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")?;
        let Inner { path, args, cause, .. } = &*self.root().0;
        if path.len() > 1 {
            write!(f, "\n  on the path: ")?;
            let hidden = path.len().saturating_sub(2 * SHOWN);
            for (index, name) in path.iter().enumerate() {
                if hidden > 1 && (SHOWN..SHOWN + hidden).contains(&index) {
                    if index == SHOWN {
                        write!(f, " -> ({hidden} more)")?;
                    }
                    continue;
                }
                write!(f, "{}{name}", if index == 0 { "" } else { " -> " })?;
            }
        }
        if let Some(args) = args {
            write!(f, "\n  arguments: {args}")?;
        }
        if let Some(place) = cause.place() {
            write!(f, "\n  panicked at {place}")?;
        }
        if let Some(source) = cause.as_returned() {
            write!(f, "\n  cause: {source:?}")?;
            let mut next = source.source();
            while let Some(source) = next {
                write!(f, "\n  caused by: {source}")?;
                next = source.source();
            }
        }
        Ok(())
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        let cause = &self.0.cause;
        cause.as_returned().or_else(|| cause.failure().map(|failure| failure as &(dyn StdError + 'static)))
    }
}
