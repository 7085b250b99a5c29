//! The one door to atomics, locks and threads: of the standard library, or of the model checker under test.
//!
//! With `--cfg delayed_loom` the protocols of nodes, slots, scheduler, pool and limit run on loom's types, with
//! `--cfg delayed_shuttle` whole runs on shuttle's; see `docs/src/testing.md`.

#[cfg(not(any(delayed_loom, delayed_shuttle)))]
mod imp {
    pub(crate) use std::sync::{Condvar, Mutex, MutexGuard, OnceLock, atomic};
    pub(crate) use std::time::Instant;
    pub(crate) use std::{hint, thread, thread_local};
}

#[cfg(delayed_loom)]
mod imp {
    pub(crate) use loom::hint;
    pub(crate) use loom::sync::{Condvar, Mutex, MutexGuard, atomic};

    pub(crate) use super::modelled::{Instant, OnceLock, thread};

    /// Loom's, which does not know of `const`.
    macro_rules! local {
        ($($(#[$attr:meta])* static $name:ident: $t:ty = const { $init:expr };)*) => {
            loom::thread_local! { $($(#[$attr])* static $name: $t = $init;)* }
        };
    }
    pub(crate) use local as thread_local;
}

#[cfg(delayed_shuttle)]
mod imp {
    // Shuttle's threads share one thread of the system, and setting a value that is made already lets no other run.
    pub(crate) use shuttle::sync::{Condvar, Mutex, MutexGuard, atomic};
    pub(crate) use shuttle::{hint, thread, thread_local};
    pub(crate) use std::sync::OnceLock;

    pub(crate) use super::modelled::Instant;
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

/// What the model checkers do not have.
#[cfg(any(delayed_loom, delayed_shuttle))]
mod modelled {
    use std::cell::Cell;
    use std::time::Duration;

    /// A clock that repeats itself, so that a schedule can be run again: its first answer is no time at all; the
    /// others are long under loom, and left to the schedule under shuttle.
    #[derive(Clone, Debug)]
    pub(crate) struct Instant(Cell<bool>);

    impl Instant {
        pub(crate) fn now() -> Instant {
            Instant(Cell::new(false))
        }

        pub(crate) fn elapsed(&self) -> Duration {
            let asked = self.0.replace(true);
            #[cfg(delayed_shuttle)]
            let asked = asked && shuttle::rand::Rng::r#gen(&mut shuttle::rand::thread_rng());
            if asked { Duration::from_secs(3600) } else { Duration::ZERO }
        }
    }

    /// Loom's threads, parked in a way of our own: loom's `unpark` wakes a thread that waits for a lock, too.
    #[cfg(delayed_loom)]
    pub(crate) mod thread {
        use std::cell::{Cell, RefCell};
        use std::io;
        use std::sync::Arc;

        use loom::sync::{Condvar, Mutex};
        #[cfg(test)]
        pub(crate) use loom::thread::spawn;
        pub(crate) use loom::thread::yield_now;

        use crate::sync::lock;

        #[derive(Clone)]
        pub(crate) struct Thread(Arc<(Mutex<bool>, Condvar)>);

        loom::thread_local! {
            static CURRENT: Thread = Thread(Arc::new((Mutex::new(false), Condvar::new())));
        }

        pub(crate) fn current() -> Thread {
            CURRENT.with(Clone::clone)
        }

        pub(crate) fn park() {
            let Thread(token) = current();
            let mut is_there = lock(&token.0);
            while !std::mem::take(&mut *is_there) {
                is_there = token.1.wait(is_there).unwrap_or_else(std::sync::PoisonError::into_inner);
            }
        }

        impl Thread {
            pub(crate) fn unpark(&self) {
                *lock(&self.0.0) = true;
                self.0.1.notify_one();
            }
        }

        // All threads of a model are one thread of the system.
        std::thread_local! {
            static BUILT: RefCell<Vec<loom::thread::JoinHandle<()>>> = const { RefCell::new(Vec::new()) };
            static REFUSES: Cell<bool> = const { Cell::new(false) };
        }

        /// Makes threads for which a model can wait.
        pub(crate) struct Builder(loom::thread::Builder);

        impl Builder {
            pub(crate) fn new() -> Builder {
                Builder(loom::thread::Builder::new())
            }

            pub(crate) fn name(self, name: String) -> Builder {
                Builder(self.0.name(name))
            }

            pub(crate) fn spawn(self, body: impl FnOnce() + Send + 'static) -> io::Result<()> {
                if REFUSES.get() {
                    return Err(io::ErrorKind::WouldBlock.into());
                }
                let built = self.0.spawn(body)?;
                BUILT.with_borrow_mut(|all| all.push(built));
                Ok(())
            }
        }

        /// A schedule begins: the threads of the one before it are done.
        #[cfg(test)]
        pub(crate) fn begin() {
            REFUSES.set(false);
            drop(BUILT.take());
        }

        /// The system gives no more threads.
        #[cfg(test)]
        pub(crate) fn refuse() {
            REFUSES.set(true);
        }

        /// Waits for all threads that were built.
        #[cfg(test)]
        pub(crate) fn join_all() {
            while let Some(built) = BUILT.with_borrow_mut(Vec::pop) {
                built.join().unwrap();
            }
        }
    }

    /// As the standard library's, with the orderings that it promises.
    #[cfg(delayed_loom)]
    pub(crate) struct OnceLock<T> {
        setting: loom::sync::Mutex<()>,
        is_set: loom::sync::atomic::AtomicBool,
        value: std::cell::UnsafeCell<Option<T>>,
    }

    // SAFETY: the value is written once, under the lock, before the release of `is_set`, and only read afterwards.
    #[cfg(delayed_loom)]
    #[expect(unsafe_code, reason = "a lock of our own, under test only")]
    unsafe impl<T: Send + Sync> Sync for OnceLock<T> {}

    #[cfg(delayed_loom)]
    #[expect(unsafe_code, reason = "a lock of our own, under test only")]
    impl<T> OnceLock<T> {
        pub(crate) fn new() -> OnceLock<T> {
            OnceLock {
                setting: loom::sync::Mutex::new(()),
                is_set: loom::sync::atomic::AtomicBool::new(false),
                value: std::cell::UnsafeCell::new(None),
            }
        }

        pub(crate) fn get(&self) -> Option<&T> {
            use loom::sync::atomic::Ordering;
            // SAFETY: written before `is_set`, and never again.
            self.is_set.load(Ordering::Acquire).then(|| unsafe { (*self.value.get()).as_ref() }).flatten()
        }

        pub(crate) fn set(&self, value: T) -> Result<(), T> {
            use loom::sync::atomic::Ordering;
            let _setting = super::lock(&self.setting);
            if self.is_set.load(Ordering::Relaxed) {
                return Err(value);
            }
            // SAFETY: under the lock, and nobody reads before `is_set`.
            unsafe { *self.value.get() = Some(value) };
            self.is_set.store(true, Ordering::Release);
            Ok(())
        }
    }
}

/// Locks, also after a panic: what is under a lock is put right before anything can panic.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Runs a program under every interleaving; under those with so many preemptions at most, where there are too many.
/// (Most faults need one or two: a thread is interrupted at the wrong moment, and what it relied on has changed.)
#[cfg(all(test, delayed_loom))]
pub(crate) fn model(preemptions: Option<usize>, program: impl Fn() + Send + Sync + 'static) {
    let mut model = loom::model::Builder::new();
    model.max_branches = 20_000;
    model.preemption_bound = model.preemption_bound.or(preemptions);
    model.check(move || {
        thread::begin();
        program();
    });
}
