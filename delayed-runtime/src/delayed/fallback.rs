//! What takes a failure in the place of a value: `or`, `recover`, `into_result`.

use std::sync::{Mutex, PoisonError};

use crate::arg::{Args, Build, Moved, Stored};
use crate::delayed::Delayed;
use crate::error::{Cause, Error, ErrorKind, Made, made};
use crate::make::{Given, label, make_labelled};
use crate::node::Use;
use crate::node::make::NotKnown;
use crate::node::view::Cx;
use crate::value::Value;

label! {
    Or: "or", Fallback;
    Recover: "recover", Task;
    IntoResult: "into_result", Hidden;
}

impl<T: Value> Delayed<T> {
    /// The value, or `default` if its task failed, was skipped or timed out; not counted as a task. The failure neither
    /// stops the run nor is it returned.
    ///
    /// No `Clone` is needed: value and default are moved. Where they cannot be, because another task wants the value
    /// too or the graph is kept for another run, they are cloned if the task knows how.
    ///
    /// # Errors
    /// The task fails if the default was moved out by an earlier run, and nobody knows how to clone it.
    ///
    /// # Examples
    /// ```
    /// let number = delayed_runtime::value("x").map(|text| text.parse::<i32>()).or_fail().or(-1);
    /// assert_eq!((number + 1).compute()?, 0);
    /// # Ok::<(), delayed_runtime::Error>(())
    /// ```
    #[track_caller]
    pub fn or(self, default: T) -> Delayed<T> {
        let clone = self.node.get().clone_or_copy::<T>();
        let or = make_labelled::<Or, NotKnown, Given<Result<T, Cause>>, T, _, _>(OrElse(self, default), Made::of);
        or.node.get().teach(clone);
        or
    }

    /// A task that calls `f` with the failure, if there is one, and has its answer in the place of the value. The failure
    /// neither stops the run nor is it returned. The value is moved, as by [`or`](Self::or).
    ///
    /// # Examples
    /// ```
    /// let number = delayed_runtime::value("x").map(|text| text.parse::<i32>()).or_fail();
    /// let length = number.recover(|error| error.to_string().len() as i32);
    /// assert!(length.compute()? > 10);
    /// # Ok::<(), delayed_runtime::Error>(())
    /// ```
    #[track_caller]
    pub fn recover<F>(self, f: F) -> Delayed<T>
    where
        F: Fn(&Error) -> T + Send + Sync + 'static,
    {
        let clone = self.node.get().clone_or_copy::<T>();
        let recovered = make_labelled::<Recover, NotKnown, Given<Result<T, Error>>, T, _, _>(
            Caught(self),
            move |value: Result<T, Error>| made(value.unwrap_or_else(|failure| f(&failure))),
        );
        recovered.node.get().teach(clone);
        recovered
    }

    /// The value or the failure as an ordinary value; not counted as a task. The failure neither stops the run nor is it
    /// returned. The value is moved, as by [`or`](Self::or).
    ///
    /// # Examples
    /// ```
    /// use delayed_runtime::{CallByValue as _, Error, delayed, value};
    ///
    /// let numbers = ["1", "x"].map(|text| value(text).map(|text| text.parse::<i32>()).or_fail());
    /// let [good, bad] = numbers.map(|number| number.into_result());
    /// let count = delayed(|all: Vec<Result<i32, Error>>| all.iter().filter(|one| one.is_ok()).count());
    /// assert_eq!(count.call((vec![good, bad],)).compute()?, 1);
    /// # Ok::<(), delayed_runtime::Error>(())
    /// ```
    #[track_caller]
    pub fn into_result(self) -> Delayed<Result<T, Error>> {
        make_labelled::<IntoResult, NotKnown, Given<Result<T, Error>>, _, _, _>(Caught(self), made)
    }
}

/// A handle, and what stands for its value.
struct OrElse<T>(Delayed<T>, T);

impl<T: Value> Args<Given<Result<T, Cause>>> for OrElse<T> {
    type Stored = OrElseEdge<T>;

    fn args(self, build: &mut Build) -> OrElseEdge<T> {
        OrElseEdge { edge: Moved::record(self.0, Use::Move, build), default: Mutex::new(Some(self.1)) }
    }
}

/// The edge of an [`OrElse`]. The default is moved out by the run that needs it, unless it can be cloned.
struct OrElseEdge<T> {
    edge: Moved<T>,
    default: Mutex<Option<T>>,
}

impl<T: Value> Stored for OrElseEdge<T> {
    type Ready = Result<T, Cause>;
    const EDGES: Option<u32> = Some(1);
    const CATCHES: bool = true;
    const MOVES: bool = std::mem::needs_drop::<T>();

    fn ready(&self, cx: &mut Cx<'_>) -> Result<T, Cause> {
        if cx.failure().is_none() {
            return Ok(self.edge.ready(cx));
        }
        let mut default = self.default.lock().unwrap_or_else(PoisonError::into_inner);
        let value = match (&*default, cx.own_clone::<T>()) {
            (Some(value), Some(clone)) => Some(clone(value)),
            _ => default.take(),
        };
        value.ok_or_else(gone)
    }

    fn ready_last(self, cx: &mut Cx<'_>) -> Result<T, Cause> {
        if cx.failure().is_none() {
            return Ok(self.edge.ready_last(cx));
        }
        let default = self.default.into_inner().unwrap_or_else(PoisonError::into_inner);
        default.ok_or_else(gone)
    }
}

/// The default is not there any more.
fn gone() -> Cause {
    let text = "the default of `or` was moved out by an earlier run, and nothing says how to clone it; build the call \
                again for each run, or compute `&handle`";
    Cause::library(ErrorKind::Runtime, text)
}

/// A handle whose failure is taken, too.
struct Caught<T>(Delayed<T>);

impl<T: Value> Args<Given<Result<T, Error>>> for Caught<T> {
    type Stored = CaughtEdge<T>;

    fn args(self, build: &mut Build) -> CaughtEdge<T> {
        CaughtEdge(Moved::record(self.0, Use::Move, build))
    }
}

/// The edge of a [`Caught`].
struct CaughtEdge<T>(Moved<T>);

impl<T: Value> Stored for CaughtEdge<T> {
    type Ready = Result<T, Error>;
    const EDGES: Option<u32> = Some(1);
    const CATCHES: bool = true;

    fn ready(&self, cx: &mut Cx<'_>) -> Result<T, Error> {
        cx.failure().map_or_else(|| Ok(self.0.ready(cx)), Err)
    }

    fn ready_last(self, cx: &mut Cx<'_>) -> Result<T, Error> {
        self.ready(cx)
    }
}
