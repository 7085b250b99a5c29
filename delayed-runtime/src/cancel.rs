//! Ending runs from outside: [`CancelToken`], and [`is_cancelled`] for bodies that can end early.

use std::fmt;
use std::sync::{Arc, Weak};

use ahash::AHashMap;

use crate::run::Core;
use crate::sync::atomic::{AtomicBool, Ordering};
use crate::sync::{Mutex, lock};
use crate::worker::Inside;

/// Ends several runs at once: those of a runtime that was [given](crate::Builder::cancel_token) it, and those that
/// [were](crate::Run::cancelled_by). A clone is the same token.
///
/// # Examples
/// ```
/// use delayed_runtime::{CancelToken, ErrorKind, Runtime, value};
///
/// let token = CancelToken::new();
/// let runtime = Runtime::builder().workers(1).cancel_token(&token).build()?;
/// assert_eq!(runtime.compute(value(1).map(|x| x + 1))?, 2);
/// token.cancel();
/// assert_eq!(runtime.compute(value(1).map(|x| x + 1)).unwrap_err().kind(), ErrorKind::Cancelled);
/// # Ok::<(), delayed_runtime::Error>(())
/// ```
#[derive(Clone)]
pub struct CancelToken(Arc<Token>);

struct Token {
    is_cancelled: AtomicBool,
    runs: Mutex<Runs>,
}

#[derive(Default)]
struct Runs {
    registered: u64,
    runs: AHashMap<u64, Weak<Core>>,
}

/// A run that ends with a token, as long as it goes on.
pub(crate) struct Registered {
    token: CancelToken,
    number: u64,
}

impl CancelToken {
    /// A token that nobody has cancelled yet.
    pub fn new() -> CancelToken {
        CancelToken(Arc::new(Token { is_cancelled: AtomicBool::new(false), runs: Mutex::default() }))
    }

    /// Cancels all runs under way that have the token, and all later ones: they end with
    /// [`ErrorKind::Cancelled`](crate::ErrorKind::Cancelled). Returns at once.
    pub fn cancel(&self) {
        self.0.is_cancelled.store(true, Ordering::Release);
        let runs = std::mem::take(&mut lock(&self.0.runs).runs);
        for run in runs.into_values() {
            if let Some(core) = run.upgrade() {
                core.cancel();
            }
        }
    }

    /// Whether the token was cancelled.
    pub fn is_cancelled(&self) -> bool {
        self.0.is_cancelled.load(Ordering::Acquire)
    }

    /// The run ends with the token.
    pub(crate) fn register(&self, core: &Arc<Core>) -> Registered {
        let mut runs = lock(&self.0.runs);
        runs.registered += 1;
        let number = runs.registered;
        runs.runs.insert(number, Arc::downgrade(core));
        drop(runs);
        // Whoever cancels sees the run in the list, or we see that it was cancelled.
        if self.is_cancelled() {
            core.cancel();
        }
        Registered { token: self.clone(), number }
    }
}

impl Default for CancelToken {
    fn default() -> CancelToken {
        CancelToken::new()
    }
}

impl fmt::Debug for CancelToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CancelToken").field("is_cancelled", &self.is_cancelled()).finish_non_exhaustive()
    }
}

impl Drop for Registered {
    fn drop(&mut self) {
        lock(&self.token.0.runs).runs.remove(&self.number);
    }
}

/// Whether the run of the task that calls this was stopped, or its time is up: a long sync body can end early then.
/// Whatever it returns is dropped. Outside of tasks it is false.
///
/// # Examples
/// ```
/// use delayed_runtime::{is_cancelled, value};
///
/// let count = value(1_000_u64).map(|n| (0..n).take_while(|_| !is_cancelled()).count());
/// assert_eq!(count.compute()?, 1_000);
/// assert!(!is_cancelled());
/// # Ok::<(), delayed_runtime::Error>(())
/// ```
pub fn is_cancelled() -> bool {
    Inside::is_given_up()
}
