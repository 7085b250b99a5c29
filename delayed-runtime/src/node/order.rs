//! The nodes of a run, numbered, and what keeps them alive.

use std::cell::UnsafeCell;
use std::ptr::NonNull;

use super::head::{Node, NodeRef};
use super::slot::Slots;
use crate::panic::quietly;

/// Every node that the roots reach, dependencies first: a node's number is the number of its task and of its slot.
pub(crate) struct Order {
    /// Keep all of `nodes` alive (invariant 6). Emptied when the run is taken apart.
    roots: UnsafeCell<Vec<NodeRef>>,
    nodes: Vec<NonNull<u8>>,
}

// SAFETY: stands for `Vec<NodeRef>` and borrowed nodes, both `Send + Sync`; the roots change only in `take_apart`,
// whose caller knows that nobody else looks.
unsafe impl Send for Order {}
// SAFETY: as above.
unsafe impl Sync for Order {}

impl Order {
    /// Numbers the nodes that `walk` pushes; it pushes only nodes that the roots reach.
    pub(crate) fn new<R>(
        roots: Vec<NodeRef>,
        walk: impl for<'a> FnOnce(&'a [NodeRef], &mut Numbered<'a>) -> R,
    ) -> (Order, R) {
        let mut numbered = Numbered { nodes: Vec::new(), marker: std::marker::PhantomData };
        let made = walk(&roots, &mut numbered);
        let nodes = numbered.nodes;
        (Order { roots: UnsafeCell::new(roots), nodes }, made)
    }

    pub(crate) fn len(&self) -> u32 {
        u32::try_from(self.nodes.len()).expect("a plan numbers its nodes in 32 bits")
    }

    pub(crate) fn node(&self, number: u32) -> Node<'_> {
        // SAFETY: the roots keep the node alive until the run is taken apart, after which nobody asks.
        unsafe { Node::from_raw(self.nodes[number as usize]) }
    }

    /// Drops what the slots still hold, then the roots.
    ///
    /// # Safety
    /// No task of the run is under way, none will start, no output is asked for any more, and no other thread uses
    /// the order from now on.
    pub(crate) unsafe fn take_apart(&self, slots: &Slots) {
        // SAFETY: exclusive by the caller's word.
        let roots = unsafe { &mut *self.roots.get() };
        if roots.is_empty() {
            return;
        }
        for number in 0..self.len() {
            let kind = self.node(number).value_type();
            // SAFETY: no task is left, so no user is; the slot's type is its node's. A destructor that panics keeps
            // no other from running.
            quietly(|| unsafe { slots.clear(number, kind) });
        }
        for root in std::mem::take(roots) {
            quietly(|| drop(root));
        }
    }

    /// Whether the run is not taken apart yet.
    pub(crate) fn is_whole(&self) -> bool {
        // SAFETY: as in `take_apart`, whose caller alone looks by then.
        unsafe { !(*self.roots.get()).is_empty() }
    }

    /// Takes an output's value for one of its uses, of which there is one for each root; `None` if it would have to
    /// be cloned and nobody knows how.
    ///
    /// # Panics
    /// If the node's values are of another type, or it has not run.
    pub(crate) fn output<T: 'static>(&self, slots: &Slots, number: u32, clone: Option<fn(&T) -> T>) -> Option<T> {
        let node = self.node(number);
        assert_eq!((node.value_type().id)(), std::any::TypeId::of::<T>(), "an output has its node's type");
        assert!(slots.is_full(number), "an output is asked for once its task is done");
        // SAFETY: full, of this type, and each output is one use.
        unsafe { slots.take(number, clone.or_else(|| node.clone_fn::<T>())) }
    }
}

/// Nodes as they are numbered, all of them borrowed from the roots.
pub(crate) struct Numbered<'a> {
    nodes: Vec<NonNull<u8>>,
    marker: std::marker::PhantomData<&'a NodeRef>,
}

impl<'a> Numbered<'a> {
    pub(crate) fn push(&mut self, node: Node<'a>) -> u32 {
        let number = self.count();
        self.nodes.push(node.as_raw());
        number
    }

    pub(crate) fn count(&self) -> u32 {
        u32::try_from(self.nodes.len()).expect("a graph has less than 2^32 tasks")
    }

    pub(crate) fn get(&self, number: u32) -> Option<Node<'a>> {
        // SAFETY: pushed as a node borrowed for `'a`.
        self.nodes.get(number as usize).map(|&raw| unsafe { Node::from_raw(raw) })
    }
}
