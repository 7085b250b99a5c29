//! What happens to panics of the user's code: in a body, and in a destructor with which it makes a value ready, it is
//! the task's failure ([`Cause::panicked`](crate::error::Cause)); of the caller's own nodes, it goes on to the caller
//! once everything is freed; anywhere else nobody is there to be told, and it ends nothing.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Does something in which only the user's code can panic: a destructor, a subscriber. Nobody is there to be told.
pub(crate) fn quietly(act: impl FnOnce()) {
    if let Err(payload) = catch_unwind(AssertUnwindSafe(act)) {
        forget_panic(payload);
    }
}

/// Drops what a panic left, or leaks it if that panics in turn.
pub(crate) fn forget_panic(payload: Box<dyn Any + Send>) {
    if let Err(next) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        std::mem::forget(next);
    }
}
