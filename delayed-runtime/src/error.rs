//! What went wrong: which task, where it was built, why, and on the way to which output.

use std::any::Any;
use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::panic::Location;
use std::sync::Arc;

use crate::panic::forget_panic;

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
    kind: ErrorKind,
    task: Cow<'static, str>,
    location: &'static Location<'static>,
    path: Vec<Cow<'static, str>>,
    cause: Cause,
}

/// Why a task failed.
pub(crate) enum Cause {
    /// It returned this error.
    Returned(Box<dyn Returned>),
    /// It panicked with this message.
    Panicked(String),
    /// The library says so.
    Runtime(ErrorKind, String),
}

/// An error of the user's, of whatever type.
pub(crate) trait Returned: Send + Sync {
    /// For downcasts to the user's type.
    fn as_any(&self) -> &dyn Any;
    /// The error itself where it is a standard one, else an adaptor with its text.
    fn as_source(&self) -> &(dyn StdError + 'static);
}

struct Typed<E> {
    error: E,
    source: SourceFn<E>,
}

impl<E: fmt::Display + fmt::Debug + Send + Sync + 'static> Returned for Typed<E> {
    fn as_any(&self) -> &dyn Any {
        &self.error
    }

    fn as_source(&self) -> &(dyn StdError + 'static) {
        match self.source {
            Some(source) => source(&self.error),
            None => self,
        }
    }
}

impl<E: fmt::Display> fmt::Display for Typed<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl<E: fmt::Debug> fmt::Debug for Typed<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl<E: fmt::Display + fmt::Debug> StdError for Typed<E> {}

/// How an error of the user's is seen as a standard one.
pub type SourceFn<E> = Option<fn(&E) -> &(dyn std::error::Error + 'static)>;

/// What a body made: a value, or the cause of its failure.
pub struct Made<T>(pub(crate) Result<T, Cause>);

/// A body's value.
pub fn made<T>(value: T) -> Made<T> {
    Made(Ok(value))
}

/// A fallible body's result.
pub fn made_result<R: Fallible>(result: R, source: SourceFn<R::Err>) -> Made<R::Ok> {
    Made(result.into_result().map_err(|error| Cause::returned(error, source)))
}

/// A `Result` whose error can be reported.
#[diagnostic::on_unimplemented(
    message = "a fallible delayed function cannot return `{Self}`",
    label = "not a `Result` whose error can be reported",
    note = "it returns a `Result<T, E>` with `E: Display + Debug + Send + Sync + 'static`; `#[delayed(keep_result)]` makes any `Result` an ordinary value"
)]
pub trait Fallible {
    /// The value of a task that succeeds.
    type Ok;
    /// The error that `delayed::Error` holds.
    type Err: fmt::Display + fmt::Debug + Send + Sync + 'static;
    /// The plain `Result`.
    fn into_result(self) -> Result<Self::Ok, Self::Err>;
}

#[diagnostic::do_not_recommend]
impl<T, E: fmt::Display + fmt::Debug + Send + Sync + 'static> Fallible for Result<T, E> {
    type Ok = T;
    type Err = E;

    fn into_result(self) -> Result<T, E> {
        self
    }
}

impl Cause {
    pub(crate) fn returned<E>(error: E, source: SourceFn<E>) -> Cause
    where
        E: fmt::Display + fmt::Debug + Send + Sync + 'static,
    {
        Cause::Returned(Box::new(Typed { error, source }))
    }

    /// Of a panic that was caught.
    pub(crate) fn panicked(payload: Box<dyn Any + Send>) -> Cause {
        let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let text = text.or_else(|| payload.downcast_ref::<String>().cloned());
        forget_panic(payload);
        Cause::Panicked(text.unwrap_or_else(|| "a panic whose payload is no text".to_owned()))
    }

    fn kind(&self) -> ErrorKind {
        match self {
            Cause::Returned(_) => ErrorKind::Failed,
            Cause::Panicked(_) => ErrorKind::Panicked,
            Cause::Runtime(kind, _) => *kind,
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cause::Returned(error) => fmt::Display::fmt(error.as_source(), f),
            Cause::Panicked(text) => write!(f, "panicked: {text}"),
            Cause::Runtime(_, text) => f.write_str(text),
        }
    }
}

impl Error {
    /// The failure of a task; `path` names the tasks from it to the output.
    pub(crate) fn of_task(
        task: Cow<'static, str>,
        location: &'static Location<'static>,
        path: Vec<Cow<'static, str>>,
        cause: Cause,
    ) -> Error {
        Error(Arc::new(Inner { kind: cause.kind(), task, location, path, cause }))
    }

    /// A failure of no task: `location` is the compute's.
    pub(crate) fn of_run(kind: ErrorKind, location: &'static Location<'static>, text: impl Into<String>) -> Error {
        Error::of_task(Cow::Borrowed(""), location, Vec::new(), Cause::Runtime(kind, text.into()))
    }

    /// A failure found before any task was there: bad settings.
    #[track_caller]
    pub(crate) fn of_settings(text: impl Into<String>) -> Error {
        Error::of_run(ErrorKind::Runtime, Location::caller(), text)
    }

    /// What kind of failure this is.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The name of the task that failed; empty if no task did.
    pub fn task(&self) -> &str {
        &self.0.task
    }

    /// Where the failed task was built; without a task, where the run was asked for.
    pub fn location(&self) -> &'static Location<'static> {
        self.0.location
    }

    /// How often the task was tried: 1 without retries, 0 if it never began.
    pub fn attempts(&self) -> u32 {
        u32::from(matches!(self.0.kind, ErrorKind::Failed | ErrorKind::Panicked))
    }

    /// The names of the tasks from the failed one, which comes first, to the output that was asked for.
    pub fn path(&self) -> impl Iterator<Item = &str> {
        self.0.path.iter().map(|name| &**name)
    }

    /// The error that the task returned, if it is an `E`.
    pub fn downcast_ref<E: 'static>(&self) -> Option<&E> {
        match &self.0.cause {
            Cause::Returned(error) => (**error).as_any().downcast_ref(),
            Cause::Panicked(text) => (text as &dyn Any).downcast_ref(),
            Cause::Runtime(..) => None,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { kind, task, location, cause, .. } = &*self.0;
        if task.is_empty() {
            return write!(f, "run at {location}: {cause}");
        }
        match (kind, cause) {
            (ErrorKind::Failed, _) => write!(f, "task `{task}` ({location}) failed: {cause}"),
            (ErrorKind::Panicked, Cause::Panicked(text)) => write!(f, "task `{task}` ({location}) panicked: {text}"),
            _ => write!(f, "task `{task}` ({location}): {cause}"),
        }
    }
}

/// How many names of a path a report shows from each end.
const SHOWN: usize = 8;

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = &self.0.path;
        write!(f, "{self}")?;
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
        if let Cause::Returned(error) = &self.0.cause {
            let source = error.as_source();
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
        match &self.0.cause {
            Cause::Returned(error) => Some(error.as_source()),
            Cause::Panicked(_) | Cause::Runtime(..) => None,
        }
    }
}

impl fmt::Debug for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<T> fmt::Debug for Made<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Made").field(&self.0.as_ref().map(|_| "..")).finish()
    }
}
