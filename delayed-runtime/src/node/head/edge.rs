//! Edges: a node's references to its dependencies.

use std::marker::PhantomData;
use std::ptr::NonNull;

use super::{Head, Node, NodeRef};

/// How an edge uses its dependency's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Use {
    /// Lent, or taken by value by somebody who knows how to clone it.
    Shared,
    /// Moved; cloned only where the node itself knows how.
    Move,
    /// Moved, never cloned: `#[take]`.
    Take,
}

/// One recorded dependency: a counted reference to its node, tagged with its [`Use`].
#[repr(transparent)]
pub(crate) struct Edge(NonNull<Head>);

const MOVE: usize = 1;
const TAKE: usize = 2;

const _: () = assert!(align_of::<Head>() > (MOVE | TAKE), "the tags fit below a head's address");

impl Edge {
    #[inline]
    pub(crate) fn new(node: NodeRef, usage: Use) -> Edge {
        let tag = match usage {
            Use::Shared => 0,
            Use::Move => MOVE,
            Use::Take => TAKE,
        };
        let pointer = node.0;
        std::mem::forget(node);
        Edge(pointer.map_addr(|address| address | tag))
    }

    #[inline]
    pub(crate) fn node(&self) -> Node<'_> {
        Node(self.pointer(), PhantomData)
    }

    #[inline]
    pub(crate) fn usage(&self) -> Use {
        match self.0.addr().get() & (MOVE | TAKE) {
            0 => Use::Shared,
            MOVE => Use::Move,
            _ => Use::Take,
        }
    }

    #[inline]
    fn pointer(&self) -> NonNull<Head> {
        // SAFETY: the tags lie below the address of an aligned `Head`, so clearing them cannot give null.
        self.0.map_addr(|address| unsafe { std::num::NonZero::new_unchecked(address.get() & !(MOVE | TAKE)) })
    }
}

impl Drop for Edge {
    fn drop(&mut self) {
        drop(NodeRef(self.pointer()));
    }
}

// SAFETY: an edge is a tagged `NodeRef`.
unsafe impl Send for Edge {}
// SAFETY: as above.
unsafe impl Sync for Edge {}
