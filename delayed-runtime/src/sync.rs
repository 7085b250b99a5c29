//! The one door to atomics, locks and threads: of the standard library, or of the model checker under test.
//!
//! With `--cfg delayed_loom` the protocols of nodes, slots, scheduler and pool run on loom's types, with
//! `--cfg delayed_shuttle` whole runs on shuttle's; see `docs/src/testing.md`.

#[cfg(not(any(delayed_loom, delayed_shuttle)))]
mod imp {
    pub(crate) use std::sync::atomic;
    pub(crate) use std::sync::{Condvar, Mutex, MutexGuard};
    pub(crate) use std::{hint, thread};
}

#[cfg(delayed_loom)]
mod imp {
    pub(crate) use loom::sync::atomic;
    pub(crate) use loom::sync::{Condvar, Mutex, MutexGuard};
    pub(crate) use loom::{hint, thread};
}

#[cfg(delayed_shuttle)]
mod imp {
    pub(crate) use shuttle::sync::atomic;
    pub(crate) use shuttle::sync::{Condvar, Mutex, MutexGuard};
    pub(crate) use shuttle::{hint, thread};
}

pub(crate) use imp::*;

/// A cell whose accesses the model checker sees.
#[cfg(not(delayed_loom))]
#[derive(Debug)]
pub(crate) struct UnsafeCell<T>(std::cell::UnsafeCell<T>);

#[cfg(not(delayed_loom))]
impl<T> UnsafeCell<T> {
    pub(crate) fn new(value: T) -> UnsafeCell<T> {
        UnsafeCell(std::cell::UnsafeCell::new(value))
    }

    /// Shows the content to be read.
    pub(crate) fn with<R>(&self, f: impl FnOnce(*const T) -> R) -> R {
        f(self.0.get())
    }

    /// Shows the content to be changed.
    pub(crate) fn with_mut<R>(&self, f: impl FnOnce(*mut T) -> R) -> R {
        f(self.0.get())
    }
}

#[cfg(delayed_loom)]
pub(crate) use loom::cell::UnsafeCell;

/// Locks, also after a panic: what is under a lock is put right before anything can panic.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
