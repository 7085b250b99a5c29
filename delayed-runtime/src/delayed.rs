//! The handle on a node: [`Delayed`].

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use crate::arg::{Args, Moved, Pattern};
use crate::make::make_with;
use crate::node::make::{self, NotKnown};
use crate::node::{Build, Kind, NodeRef, Use};
use crate::shape::Handles;
use crate::value::Value;

mod combine;
mod compute;
mod lift;
mod operators;

pub use combine::{Handle, batched, gather};
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
    /// Runs the task only after `handles`, whose values it does not take.
    ///
    /// On a handle with one owner it edits that task. On a shared one it gives a new task round the same work and
    /// leaves the other owners' task alone, so no cycle can be written.
    ///
    /// # Examples
    /// ```
    /// use std::sync::atomic::{AtomicU32, Ordering};
    /// use delayed_runtime::value;
    ///
    /// static STEP: AtomicU32 = AtomicU32::new(0);
    /// let first = value(()).map(|()| STEP.store(1, Ordering::SeqCst));
    /// let second = value(()).map(|()| STEP.load(Ordering::SeqCst)).after(&first);
    /// assert_eq!(second.compute()?, 1);
    /// # Ok::<(), delayed_runtime::Error>(())
    /// ```
    #[track_caller]
    pub fn after(self, handles: impl Handles) -> Self {
        let mut earlier = Vec::new();
        handles.visit(&mut |node| earlier.push(node.clone()));
        drop(handles);
        if earlier.is_empty() {
            return self;
        }
        let Delayed { mut node, .. } = self;
        if !node.is_sole() || node.get().kind() == Kind::Data {
            node = match node.get().work_kind() {
                Kind::Part => passed_on::<T>(Delayed::from_node(node)).node,
                _ => make::again(&node),
            };
        }
        node.add_after(earlier);
        Delayed::from_node(node)
    }
}

/// Puts data into the graph once, to be shared by every task that uses the handle.
///
/// # Examples
/// ```
/// use delayed_runtime::value;
///
/// let table = value(vec![1, 2, 3]);
/// let len = table.clone().map_ref(|table: &Vec<i32>| table.len());
/// let sum = table.map_ref(|table: &Vec<i32>| table.iter().sum::<i32>());
/// assert_eq!(delayed_runtime::compute((len, sum))?, (3, 6));
/// # Ok::<(), delayed_runtime::Error>(())
/// ```
#[track_caller]
pub fn value<T: Value>(value: T) -> Delayed<T> {
    Delayed::from_node(make::of_data(value))
}

/// A label for nodes that the library makes.
macro_rules! label {
    ($($name:ident: $text:literal, $kind:ident;)*) => {$(
        pub(crate) enum $name {}

        impl $crate::node::make::Label for $name {
            const INFO: $crate::func::Info = $crate::func::Info::new($text);
            const KIND: $crate::node::Kind = $crate::node::Kind::$kind;
        }
    )*};
}
pub(crate) use label;

label! {
    PassedOn: "after", Hidden;
}

/// A parameter list of one value that is moved, or cloned as its node knows how.
pub(crate) struct Given<T>(PhantomData<fn() -> T>);

impl<T: 'static> Pattern for Given<T> {
    type Ready = T;
    type Written = T;
}

impl<T: Value> Args<Given<T>> for Delayed<T> {
    type Stored = Moved<T>;

    fn args(self, build: &mut Build) -> Moved<T> {
        Moved::record(self, Use::Move, build)
    }
}

/// A node that has another's value, for edges of its own.
#[track_caller]
fn passed_on<T: Value>(handle: Delayed<T>) -> Delayed<T> {
    make_with::<PassedOn, NotKnown, Given<T>, T, _, _>(handle, crate::error::made)
}
