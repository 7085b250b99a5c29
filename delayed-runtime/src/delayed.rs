//! The handle on a node: [`Delayed`].

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use crate::error::Error;
use crate::node::NodeRef;
use crate::runtime::Runtime;
use crate::value::{Value, sealed};

mod after;
mod awaited;
mod combine;
mod fallback;
mod lift;
mod operators;
mod policies;

pub use combine::{IntoDelayed, batched, gather, value};
pub use lift::{CallAsync, CallByValue, Callable, Fun, FunAsync, delayed, delayed_async};

/// A value that is not computed yet: a typed handle on a node of a graph.
///
/// Handles are cheap to clone, and `Send + Sync` whatever `T` is. Nothing runs until [`compute`](Self::compute) or
/// `.await`; dropping the last handle of a node frees it and what only it used, without recursion.
///
/// # Examples
/// ```
/// use delayed_runtime::value;
///
/// let double = value(20_i64).map(|x| x * 2);
/// let sum = double + 2;
/// assert_eq!(sum.compute()?, 42);
/// # Ok::<(), delayed_runtime::Error>(())
/// ```
#[must_use = "a `Delayed` does nothing until it is computed: pass it to another task or call `.compute()`"]
pub struct Delayed<T> {
    pub(crate) node: NodeRef,
    marker: PhantomData<fn() -> T>,
}

/// Never: see `sealed::PlainValue`.
impl<T> Unpin for Delayed<T> where Delayed<T>: sealed::PlainValue {}

impl<T> Clone for Delayed<T> {
    fn clone(&self) -> Self {
        Delayed::from_node(self.node.clone())
    }
}

impl<T> fmt::Debug for Delayed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Delayed<{}>({:?})", std::any::type_name::<T>(), self.node)
    }
}

impl<T> Delayed<T> {
    pub(crate) fn from_node(node: NodeRef) -> Delayed<T> {
        Delayed { node, marker: PhantomData }
    }

    /// Labels the task. The label is its name in errors, logs and pictures; two tasks may share one. On a shared
    /// handle it relabels the task for all owners.
    ///
    /// # Examples
    /// ```
    /// use delayed_runtime::{Graph, value};
    ///
    /// let total = value(1).map(|x| x + 1).named("total");
    /// let graph = Graph::of(&total);
    /// assert_eq!(graph.tasks().next().unwrap().name(), "total");
    /// ```
    pub fn named(self, name: impl Into<Cow<'static, str>>) -> Self {
        self.node.get().rename(name.into());
        self
    }
}

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
    #[cfg_attr(
        not(any(doc, docsrs, rust_analyzer, miri)),
        deprecated(
            since = "TBD",
            note = "nested_delayed: `compute` in a task runs a graph of its own while the task waits. Build one graph: take the value as a parameter, and pass the handle where the task is called. `#[delayed(allow(nested_delayed))]` on the function around switches this off"
        )
    )]
    #[track_caller]
    pub fn compute(self) -> Result<T, Error> {
        Runtime::standard()?.compute(self)
    }
}
