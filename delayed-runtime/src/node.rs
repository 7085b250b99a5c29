//! The node: one record a task, and nearly all of the crate's `unsafe`.
//!
//! A node is one allocation: a [`Head`](head), the edges to its dependencies, then what the call captured. The
//! stored type of each argument is chosen at the call: a literal is the bare value, an edge a zero-sized marker that
//! knows the type behind it. What is generic is small: `run_args` depends on the stored arguments alone, the body on
//! the function alone, and everything else (planning, dropping, graphs) sees nodes without types.
//!
//! # Invariants
//! 1. A marker asks for slots in the order in which its edges were recorded ([`view::Cx::next_edge`]); debug builds
//!    compare the type of every slot.
//! 2. A slot holds a value of its node's type, and only once the node has run.
//! 3. Whoever reads a slot owns one of its users ([`slot`]).
//! 4. What a task lends does not outlive its run: sync bodies return first, futures are kept with an `Arc` of the run.
//! 5. Captures are moved out only by the run that alone owns the node, once ([`head::Node::spend`]).
//! 6. The outputs of a run keep every planned node alive until the run is taken apart ([`order`]).
//! 7. Bodies and clone functions are cast back to the types they were made of.
#![expect(unsafe_code, reason = "typed values in untyped nodes; each block names the invariant it rests on")]

pub(crate) mod arena;
pub(crate) mod aside;
pub(crate) mod head;
pub(crate) mod kind;
pub(crate) mod make;
pub(crate) mod order;
pub(crate) mod slot;
pub(crate) mod stored;
pub(crate) mod view;
pub(crate) mod walk;

pub use head::NodeRef;
pub(crate) use head::{Edge, Node, Use};
pub(crate) use kind::{Kind, Outcome, TaskFuture};
pub use make::Build;
pub(crate) use order::Order;
pub(crate) use slot::Slots;

#[cfg(all(test, delayed_loom))]
pub(crate) mod models;
#[cfg(all(test, not(any(delayed_loom, delayed_shuttle))))]
mod random;
