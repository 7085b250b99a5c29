//! From a handle to its value: `compute` and `.await`.

use std::future::IntoFuture;

use crate::delayed::Delayed;
use crate::error::Error;
use crate::run::Run;
use crate::runtime::Runtime;
use crate::value::Value;

impl<T: Value> Delayed<T> {
    /// Runs the graph behind this handle on the default runtime, and returns its value once it is there.
    ///
    /// The value is moved out, without `Clone`. To keep the graph, compute a clone of the handle; to keep the value
    /// of a [`value`](crate::value) that other handles hold too, pass `&x` to [`compute`](crate::compute).
    ///
    /// # Errors
    /// The first failure of a task; [`ErrorKind::Runtime`](crate::ErrorKind::Runtime) if the run could not start:
    /// called inside a current-thread tokio runtime (write `.await` there), or with a bad `DELAYED_WORKERS`.
    ///
    /// # Examples
    /// ```
    /// use delayed_runtime::value;
    ///
    /// assert_eq!(value(2).map(|x| x + 1).compute()?, 3);
    /// # Ok::<(), delayed_runtime::Error>(())
    /// ```
    #[track_caller]
    pub fn compute(self) -> Result<T, Error> {
        Runtime::standard()?.compute(self)
    }
}

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
