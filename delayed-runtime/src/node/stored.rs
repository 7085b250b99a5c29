//! What an argument leaves in a node, and what a body is given in its place.

use super::view::{Cx, Lent};

/// A parameter's written type, as a type of its own.
pub trait Pattern: 'static {
    /// What the body is given: the value, or a guard that lends it.
    type Ready: 'static;
    /// The type of a plain value that goes in, for messages: the owned one where the parameter borrows.
    type Written: ?Sized;
}

/// What the body of a parameter of pattern `P` is given.
pub type Ready<P> = <P as Pattern>::Ready;

/// What an argument leaves in the node.
///
/// A stored argument asks the view for the slots of just the edges it recorded, in that order.
pub trait Stored: Send + Sync + 'static {
    /// What it becomes when the task runs.
    type Ready: 'static;
    /// How many edges it recorded; `None` if that depends on the value.
    const EDGES: Option<u32>;
    /// Whether moving it out of the node, instead of cloning it, saves anything.
    const MOVES: bool = false;
    /// Whether it is, or holds, a `#[take]`n literal.
    const TAKES: bool = false;
    /// Whether it takes failures in the place of values.
    const CATCHES: bool = false;

    /// Makes the argument ready; the node may run again.
    fn ready(&self, cx: &mut Cx<'_>) -> Self::Ready;

    /// Makes the argument ready as a guard: lent from where it lies, if that can be.
    fn lend(&self, cx: &mut Cx<'_>) -> Lent<Self::Ready> {
        Lent::own(self.ready(cx))
    }

    /// Makes the argument ready; the node does not run again.
    fn ready_last(self, cx: &mut Cx<'_>) -> Self::Ready;
}
