//! What happens to panics of the user's code: in a body, and in a destructor with which it makes a value ready, it is
//! the task's failure ([`Cause::panicked`](crate::error::Cause)); of the caller's own nodes, it goes on to the caller
//! once everything is freed; anywhere else nobody is there to be told, and it ends nothing.

use std::any::Any;
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;

use crate::worker::Inside;

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

thread_local! {
    /// The message and the place of the last panic in a task on this thread.
    static PLACE: RefCell<Option<(String, String)>> = const { RefCell::new(None) };
}

/// Notes from now on where tasks panic: only the process's hook is told. What was the hook goes on to be called; one
/// that is set later takes the place of both, and a panic's place is not known any more.
#[inline]
pub(crate) fn note_places() {
    static ONCE: Once = Once::new();
    // The model checkers' own panics are not to come by here.
    if cfg!(any(delayed_loom, delayed_shuttle)) || std::thread::panicking() {
        return;
    }
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if Inside::current() != Inside::Nothing {
                let text = text_of(info.payload()).unwrap_or_default();
                let place = info.location().map(|place| (text, place.to_string()));
                // The thread may be about to end, and its locals gone.
                let _ = PLACE.try_with(|cell| cell.replace(place));
            }
            before(info);
        }));
    });
}

/// The message of a panic, if it is text.
pub(crate) fn text_of(payload: &(dyn Any + Send)) -> Option<String> {
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned())
}

/// Where the panic with this message was that was just caught. (The last one noted may be another, which the body
/// itself has caught.)
pub(crate) fn take_place(text: &str) -> Option<String> {
    let (noted, place) = PLACE.with(RefCell::take)?;
    (noted == text).then_some(place)
}
