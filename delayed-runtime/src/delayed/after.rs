//! `.after`: order without a value.

use crate::delayed::Delayed;
use crate::error::made;
use crate::make::{Given, label, make_labelled};
use crate::node::Kind;
use crate::node::make::{self, NotKnown};
use crate::shape::Handles;
use crate::value::Value;

label! {
    PassedOn: "after", Hidden;
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
        let mut handle = self.into_sole();
        handle.node.add_after(earlier);
        handle
    }

    /// A handle with one owner, whose node can be edited: this one, or one of the same work.
    #[track_caller]
    pub(super) fn into_sole(self) -> Self {
        if self.node.is_sole() && self.node.get().kind() != Kind::Data {
            return self;
        }
        match self.node.get().work_kind() {
            Kind::Part => passed_on::<T>(self),
            _ => Delayed::from_node(make::again(&self.node)),
        }
    }
}

/// A node that has another's value, for edges of its own.
#[track_caller]
fn passed_on<T: Value>(handle: Delayed<T>) -> Delayed<T> {
    make_labelled::<PassedOn, NotKnown, Given<T>, T, _, _>(handle, made)
}
