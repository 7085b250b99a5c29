//! What the macro's output calls in an editor, where a block is an ordinary block. Its types are all that counts: nothing
//! of this ever runs.

use std::future::{Future, Ready};

use super::anything;
use crate::delayed::Delayed;
use crate::error::{Error, Fallible};
use crate::value::Value;

/// The block, from its value.
pub fn block<T>(_: T) -> Delayed<T> {
    anything()
}

/// A block that awaits.
pub fn block_async<F: Future>(_: F) -> Delayed<F::Output> {
    anything()
}

/// What is not typed yet.
pub fn missing<T>() -> T {
    anything()
}

/// What stands before `?`.
pub fn ok<T, E>(_: Result<T, E>) -> T {
    anything()
}

/// What the rounds of a `for` give together.
pub fn list<T>(_: T) -> Vec<T> {
    anything()
}

/// A name of the block where a handle is wanted.
pub fn handle<T>(_: T) -> Delayed<T> {
    anything()
}

/// What a call gives, or a variable from outside: asks whether that is a handle.
#[derive(Debug)]
pub struct Given<R>(pub R);

/// A variable from outside.
pub fn outer<R>(_: &R) -> Given<R> {
    anything()
}

/// What [`Given`] answers for a plain value, or what is not known yet.
pub trait GivenValue<R> {
    /// The value.
    fn value(&self) -> R {
        anything()
    }

    /// The value in `Ok`.
    fn value_in_ok(&self) -> R::Ok
    where
        R: Fallible,
    {
        anything()
    }

    /// What is awaited.
    fn settle(&self) -> R {
        anything()
    }

    /// What is awaited, before `?`.
    fn settle_in_ok(&self) -> R {
        anything()
    }
}

impl<R: Value> GivenValue<R> for &&Given<R> {}

/// What it answers for a handle.
pub trait GivenHandle<T> {
    /// The value.
    fn value(&self) -> T {
        anything()
    }

    /// The same: an `Err` has failed the task.
    fn value_in_ok(&self) -> T {
        anything()
    }

    /// The value is there without `.await`.
    fn settle(&self) -> Ready<T> {
        anything()
    }

    /// The same, before `?`.
    fn settle_in_ok(&self) -> Ready<Result<T, Error>> {
        anything()
    }
}

impl<T> GivenHandle<T> for &Given<Delayed<T>> {}

/// What it answers for the rest: futures, and borrows.
pub trait GivenOther<R> {
    /// The value.
    fn value(&self) -> R {
        anything()
    }

    /// The value in `Ok`.
    fn value_in_ok(&self) -> R::Ok
    where
        R: Fallible,
    {
        anything()
    }

    /// What is awaited.
    fn settle(&self) -> R {
        anything()
    }

    /// What is awaited, before `?`.
    fn settle_in_ok(&self) -> R {
        anything()
    }
}

impl<R> GivenOther<R> for Given<R> {}

#[cfg(test)]
mod tests {
    use super::*;

    /// The closures are not called: what they return is all.
    #[test]
    #[allow(clippy::needless_borrow, reason = "as the macro writes it")]
    fn a_handle_is_its_value_and_all_else_is_itself() {
        fn is<T>(_: impl FnOnce() -> T) {}
        is::<i64>(|| (&&&Given(anything::<Delayed<i64>>())).value());
        is::<i64>(|| (&&&Given(anything::<Delayed<i64>>())).value_in_ok());
        is::<Ready<i64>>(|| (&&&Given(anything::<Delayed<i64>>())).settle());
        is::<Ready<Result<i64, Error>>>(|| (&&&Given(anything::<Delayed<i64>>())).settle_in_ok());
        is::<String>(|| (&&&Given(String::new())).value());
        is::<String>(|| (&&&outer(&String::new())).value());
        is::<i64>(|| (&&&Given("1".parse::<i64>())).value_in_ok());
        is::<*const u8>(|| (&&&Given(std::ptr::null::<u8>())).value());
        is::<Delayed<i64>>(|| block(ok::<i64, Error>(missing())));
        is::<Delayed<i64>>(|| block_async(async { 1_i64 }));
        is::<Delayed<i64>>(|| handle(1_i64));
        is::<Vec<i64>>(|| list(1_i64));
    }
}
