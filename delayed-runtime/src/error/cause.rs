//! Why a task failed, until its error is made of it.

use std::any::Any;
use std::error::Error as StdError;
use std::fmt;

use super::{Error, ErrorKind, SourceFn};
use crate::panic::{forget_panic, take_place, text_of};

/// Why a task failed. (Boxed: what nearly every task returns stays small.)
pub(crate) struct Cause(Box<Told>);

/// What is told of a failure.
struct Told {
    why: Why,
    /// Another attempt would be in vain, says the function's `retry_if`.
    is_final: bool,
}

enum Why {
    /// It returned this error.
    Returned(Box<dyn Returned>),
    /// It panicked with this message; where, if that is known.
    Panicked { text: String, place: Option<String> },
    /// The library says so.
    Library(ErrorKind, String),
    /// This failed, and the task needs it.
    Skipped(Error),
}

/// An error of the user's, of whatever type.
trait Returned: Send + Sync {
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

impl Cause {
    fn new(why: Why) -> Cause {
        Cause(Box::new(Told { why, is_final: false }))
    }

    pub(crate) fn returned<E>(error: E, source: SourceFn<E>) -> Cause
    where
        E: fmt::Display + fmt::Debug + Send + Sync + 'static,
    {
        Cause::new(Why::Returned(Box::new(Typed { error, source })))
    }

    /// Of a panic that was caught.
    pub(crate) fn panicked(payload: Box<dyn Any + Send>) -> Cause {
        let text = text_of(&*payload);
        forget_panic(payload);
        let place = take_place(text.as_deref().unwrap_or_default());
        let text = text.unwrap_or_else(|| "a panic whose payload is no text".to_owned());
        Cause::new(Why::Panicked { text, place })
    }

    /// Of what the library itself finds wrong.
    pub(crate) fn library(kind: ErrorKind, text: impl Into<String>) -> Cause {
        Cause::new(Why::Library(kind, text.into()))
    }

    /// Of a task that needs what failed.
    pub(crate) fn skipped(failure: Error) -> Cause {
        Cause::new(Why::Skipped(failure))
    }

    /// Another attempt would be in vain.
    pub(super) fn finally(mut self) -> Cause {
        self.0.is_final = true;
        self
    }

    pub(crate) fn is_final(&self) -> bool {
        self.0.is_final
    }

    pub(crate) fn kind(&self) -> ErrorKind {
        match &self.0.why {
            Why::Returned(_) => ErrorKind::Failed,
            Why::Panicked { .. } => ErrorKind::Panicked,
            Why::Library(kind, _) => *kind,
            Why::Skipped(_) => ErrorKind::Skipped,
        }
    }

    /// Where the body panicked.
    pub(super) fn place(&self) -> Option<&str> {
        match &self.0.why {
            Why::Panicked { place, .. } => place.as_deref(),
            _ => None,
        }
    }

    /// What the task needed.
    pub(super) fn failure(&self) -> Option<&Error> {
        match &self.0.why {
            Why::Skipped(failure) => Some(failure),
            _ => None,
        }
    }

    /// The user's own error, or the message of a panic.
    pub(super) fn as_any(&self) -> Option<&dyn Any> {
        match &self.0.why {
            Why::Returned(error) => Some((**error).as_any()),
            Why::Panicked { text, .. } => Some(text),
            Why::Library(..) | Why::Skipped(_) => None,
        }
    }

    /// The user's own error as a standard one.
    pub(super) fn as_returned(&self) -> Option<&(dyn StdError + 'static)> {
        match &self.0.why {
            Why::Returned(error) => Some((**error).as_source()),
            _ => None,
        }
    }
}

/// What comes after the words that name the task and say what happened to it.
impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.why {
            Why::Returned(error) => fmt::Display::fmt(error.as_source(), f),
            Why::Panicked { text, .. } | Why::Library(_, text) => f.write_str(text),
            Why::Skipped(failure) => fmt::Display::fmt(failure, f),
        }
    }
}

impl fmt::Debug for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {self}", self.kind())
    }
}
