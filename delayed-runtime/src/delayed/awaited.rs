//! From a handle to its value in async code: `.await`.

use std::future::IntoFuture;

use crate::delayed::Delayed;
use crate::error::Error;
use crate::run::Run;
use crate::runtime::Runtime;
use crate::value::Value;

/// Awaiting a handle runs its graph: sync tasks on the default runtime's workers, async ones on the caller's tokio
/// runtime where there is one. Dropping the future cancels the run.
///
/// # Examples
/// ```
/// # futures::executor::block_on(async {
/// assert_eq!(delayed_runtime::value(1).map(|x| x + 1).await?, 2);
/// # Ok::<(), delayed_runtime::Error>(())
/// # }).unwrap();
/// ```
impl<T: Value> IntoFuture for Delayed<T> {
    type Output = Result<T, Error>;
    type IntoFuture = Run<T>;

    #[track_caller]
    fn into_future(self) -> Run<T> {
        Run::awaited(Runtime::standard().map(Runtime::pool), self)
    }
}
