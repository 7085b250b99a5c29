//! What a body made: a value, or the cause of its failure.

use std::fmt::{self, Write};
use std::future::Future;

use super::Cause;
use crate::weigh::WeighFn;
use crate::worker::Inside;

/// How an error of the user's is seen as a standard one.
pub type SourceFn<E> = Option<fn(&E) -> &(dyn std::error::Error + 'static)>;

/// What a body made: a value, or the cause of its failure.
pub struct Made<T> {
    pub(crate) result: Result<T, Cause>,
    /// How large the value is, where that is known.
    pub(crate) weigh: WeighFn<T>,
}

impl<T> Made<T> {
    pub(crate) fn of(result: Result<T, Cause>) -> Made<T> {
        Made { result, weigh: None }
    }

    pub(crate) fn failed(cause: Cause) -> Made<T> {
        Made { result: Err(cause), weigh: None }
    }

    /// Says how large the value is.
    #[must_use]
    pub fn weighed(self, weigh: WeighFn<T>) -> Made<T> {
        Made { weigh, ..self }
    }
}

/// A body's value.
pub fn made<T>(value: T) -> Made<T> {
    Made { result: Ok(value), weigh: None }
}

/// A fallible body's result.
pub fn made_result<R: Fallible>(result: R, source: SourceFn<R::Err>) -> Made<R::Ok> {
    Made { result: result.into_result().map_err(|error| Cause::returned(error, source)), weigh: None }
}

/// [`made_result`] of a function that says which errors are worth another attempt.
pub fn made_result_if<R: Fallible>(result: R, source: SourceFn<R::Err>, retry_if: fn(&R::Err) -> bool) -> Made<R::Ok> {
    let caused = |error| {
        let is_worth = retry_if(&error);
        let cause = Cause::returned(error, source);
        if is_worth { cause } else { cause.finally() }
    };
    Made { result: result.into_result().map_err(caused), weigh: None }
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

impl<T> fmt::Debug for Made<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Made").field(&self.result.as_ref().map(|_| "..")).finish()
    }
}

/// So many characters of each argument are shown.
const MOST_SHOWN: usize = 200;

/// The arguments of a call, kept by its run while it is under way, for the case that it fails.
#[derive(Debug)]
pub struct Shown(());

impl Shown {
    /// Writes the arguments down, each with its name.
    pub fn new(args: &[(&str, &dyn fmt::Debug)]) -> Shown {
        let mut text = String::new();
        for (index, (name, arg)) in args.iter().enumerate() {
            let mut cut = Cut { text: &mut text, left: MOST_SHOWN };
            let comma = if index == 0 { "" } else { ", " };
            cut.text.push_str(comma);
            cut.text.push_str(name);
            cut.text.push_str(" = ");
            // A `Debug` that fails, or is cut, has said what it has.
            if write!(cut, "{arg:?}").is_err() {
                text.push_str("..");
            }
        }
        Inside::task(|run, task| run.show_args(task, text));
        Shown(())
    }

    /// Calls a body.
    pub fn call<T>(self, body: impl FnOnce() -> Made<T>) -> Made<T> {
        self.ended(body())
    }

    /// Goes on with the body of an async function.
    pub async fn run<T, F: Future<Output = Made<T>>>(self, body: F) -> Made<T> {
        let made = body.await;
        self.ended(made)
    }

    /// A call that did not fail needs them no more.
    fn ended<T>(self, made: Made<T>) -> Made<T> {
        if made.result.is_ok() {
            Inside::task(|run, task| drop(run.take_args(task)));
        }
        made
    }
}

/// Text that ends when there is enough of it.
struct Cut<'a> {
    text: &'a mut String,
    left: usize,
}

impl Write for Cut<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        match text.char_indices().nth(self.left) {
            Some((end, _)) => {
                self.text.push_str(&text[..end]);
                self.left = 0;
                Err(fmt::Error)
            }
            None => {
                self.text.push_str(text);
                self.left -= text.chars().count();
                Ok(())
            }
        }
    }
}
