//! The planned graph: the nodes of a run, numbered, their edges as numbers, and what keeps them alive.

use std::cell::UnsafeCell;
use std::marker::PhantomData;
use std::ptr::{NonNull, without_provenance_mut};

use super::arena::{Freed, bytes_of_nodes};
use super::head::{Node, NodeRef, free_planned};
use super::slot::Slots;
use crate::panic::quietly;
use crate::scheduler::Tasks;
use crate::sync::atomic::{AtomicU32, Ordering};

/// How far ahead of the task at hand its memory is fetched: the order is known.
const AHEAD: u32 = 8;

/// Every node that the roots reach, dependencies first: a node's number is the number of its task and of its slot.
pub(crate) struct Order {
    /// Keep all of `nodes` alive (invariant 6). Emptied when the run is taken apart.
    roots: UnsafeCell<Vec<NodeRef>>,
    nodes: Vec<NonNull<u8>>,
    /// The numbers of the roots.
    pub(crate) outputs: Vec<u32>,
    /// Where each node's dependencies lie in `edges`; one more than there are nodes.
    offsets: Vec<u32>,
    /// Dependencies as numbers: a node's value edges first, then those that only order.
    edges: Vec<u32>,
}

// SAFETY: stands for `Vec<NodeRef>` and borrowed nodes, both `Send + Sync`; the roots change only in `take_apart`,
// whose caller knows that nobody else looks.
unsafe impl Send for Order {}
// SAFETY: as above.
unsafe impl Sync for Order {}

impl Order {
    /// Numbers the nodes that the roots reach; `number` gives one root's number, numbering what it reaches first.
    /// Returns the numbers of uses of each value, too: one for each edge that takes it, one for each root.
    pub(crate) fn new(
        roots: Vec<NodeRef>,
        walk: impl for<'a> FnOnce(&'a [NodeRef], &mut Numbered<'a>) -> Vec<u32>,
    ) -> (Order, Vec<AtomicU32>) {
        let mut numbered =
            Numbered { nodes: Vec::new(), offsets: vec![0], edges: Vec::new(), users: Vec::new(), marker: PhantomData };
        let outputs = walk(&roots, &mut numbered);
        assert_eq!(outputs.len(), roots.len(), "each root has its number");
        for &output in &outputs {
            numbered.use_value(output);
        }
        let Numbered { nodes, offsets, edges, users, .. } = numbered;
        (Order { roots: UnsafeCell::new(roots), nodes, outputs, offsets, edges }, users)
    }

    pub(crate) fn len(&self) -> u32 {
        u32::try_from(self.nodes.len()).expect("a plan numbers its nodes in 32 bits")
    }

    pub(crate) fn node(&self, number: u32) -> Node<'_> {
        // SAFETY: the roots keep the node alive until the run is taken apart, after which nobody asks.
        unsafe { Node::from_raw(self.nodes[number as usize]) }
    }

    /// All dependencies of a node.
    pub(crate) fn dependencies(&self, number: u32) -> &[u32] {
        let number = number as usize;
        &self.edges[self.offsets[number] as usize..self.offsets[number + 1] as usize]
    }

    /// The dependencies whose values the node takes.
    pub(crate) fn value_edges(&self, number: u32) -> &[u32] {
        &self.dependencies(number)[..self.node(number).edges().len()]
    }

    pub(crate) fn tasks<'a>(&'a self, data: &'a [u32]) -> Tasks<'a> {
        Tasks { offsets: &self.offsets, edges: &self.edges, data, outputs: &self.outputs }
    }

    /// Whether there are so many edges that one value could have more users than its slot can count.
    pub(crate) fn has_many_edges(&self) -> bool {
        self.edges.len() + self.outputs.len() > super::slot::MOST_USERS as usize
    }

    /// Fetches what will soon be looked at: the node of a task a little further on.
    #[inline]
    pub(crate) fn fetch_ahead(&self, number: u32) {
        if let Some(&node) = self.nodes.get((number + AHEAD) as usize) {
            prefetch(node);
        }
    }

    /// Drops what the slots still hold, then the roots and with them every node that nobody else holds.
    ///
    /// Backwards, a node is dead if all references to it are the roots' and dead dependents'. These are counted aside,
    /// so that a dead node costs no counting down of its dependencies. References to the living are given back at the
    /// end: until then they keep alive what is still to be looked at.
    ///
    /// # Safety
    /// No task of the run is under way, none will start, no output is asked for any more, and no other thread uses
    /// the order from now on.
    pub(crate) unsafe fn take_apart(&self, slots: &Slots) {
        // SAFETY: exclusive by the caller's word.
        let roots = std::mem::take(unsafe { &mut *self.roots.get() });
        if roots.is_empty() {
            return;
        }
        for number in 0..self.len() {
            // SAFETY: no task is left, so no user is; the slot's type is its node's. A destructor that panics keeps
            // no other from running.
            quietly(|| unsafe { slots.clear(number, || self.node(number).value_type()) });
        }
        let held = slots.words();
        let add = |number: u32| {
            let count = &held[number as usize];
            count.store(count.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
        };
        for (root, &number) in roots.into_iter().zip(&self.outputs) {
            std::mem::forget(root);
            add(number);
        }
        let mut alive = Vec::new();
        let mut freed = Freed::new();
        for number in (0..self.len()).rev() {
            if let Some(&node) = number.checked_sub(AHEAD).and_then(|ahead| self.nodes.get(ahead as usize)) {
                prefetch(node);
            }
            let node = self.node(number);
            let count = held[number as usize].load(Ordering::Relaxed);
            if node.refs() == count {
                self.dependencies(number).iter().copied().for_each(add);
                // SAFETY: all references are counted off, and those of its edges were passed on just now.
                unsafe { free_planned(node, &mut freed) };
            } else if count > 0 {
                alive.push((node, count));
            }
        }
        drop(freed);
        for (node, count) in alive {
            // SAFETY: counted off above; the order is not looked at any more.
            quietly(|| unsafe { node.give_back(count) });
        }
    }

    /// Whether the run is not taken apart yet.
    pub(crate) fn is_whole(&self) -> bool {
        // SAFETY: as in `take_apart`, whose caller alone looks by then.
        unsafe { !(*self.roots.get()).is_empty() }
    }

    /// The values of the outputs, in order, each for one use: one for each root.
    ///
    /// # Safety
    /// The run of the order is done, its values are in the slots, and this is called once.
    pub(crate) unsafe fn results<'a>(&'a self, slots: &'a Slots) -> Results<'a> {
        Results { order: self, slots, outputs: self.outputs.iter() }
    }

    pub(crate) fn into_edges(self) -> (Vec<u32>, Vec<u32>) {
        (self.offsets, self.edges)
    }
}

/// The values of a run that is done.
pub(crate) struct Results<'a> {
    order: &'a Order,
    slots: &'a Slots,
    outputs: std::slice::Iter<'a, u32>,
}

impl<'a> Results<'a> {
    /// The next output's node, and its value; `None` if it would have to be cloned and nobody knows how.
    ///
    /// # Panics
    /// If there are no more outputs, or its values are of another type; and as the clone function does.
    pub(crate) fn next<T: 'static>(&mut self, clone: Option<fn(&T) -> T>) -> (Node<'a>, impl FnOnce() -> Option<T>) {
        let number = *self.outputs.next().expect("a shape asks for as many values as it had handles");
        let node = self.order.node(number);
        assert_eq!((node.value_type().id)(), std::any::TypeId::of::<T>(), "an output has its node's type");
        let slots = self.slots;
        // SAFETY: done, of this type, and each output is one use, which the iterator gives out once.
        (node, move || unsafe { slots.take(number, clone.or_else(|| node.clone_fn::<T>())) })
    }
}

#[inline]
fn prefetch(node: NonNull<u8>) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: a hint, for any address.
    unsafe {
        std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T0 }>(node.as_ptr().cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = node;
}

/// A dependency of an open node, on the walk's stack: the node itself, and once it is numbered its number.
#[derive(Clone, Copy)]
pub(crate) struct Entry<'a>(*mut u8, PhantomData<Node<'a>>);

impl<'a> Entry<'a> {
    fn of(node: Node<'a>) -> Entry<'a> {
        Entry(node.as_raw().as_ptr(), PhantomData)
    }

    /// A number, told from an address by its lowest bit.
    pub(crate) fn number(number: u32) -> Entry<'a> {
        Entry(without_provenance_mut((number as usize) << 1 | 1), PhantomData)
    }

    pub(crate) fn node(self) -> Option<Node<'a>> {
        if self.0.addr() & 1 != 0 {
            return None;
        }
        // SAFETY: without the bit it is the address of a node that was borrowed for `'a`.
        NonNull::new(self.0).map(|node| unsafe { Node::from_raw(node) })
    }

    pub(crate) fn as_number(self) -> u32 {
        debug_assert!(self.0.addr() & 1 != 0, "dependencies are numbered first");
        (self.0.addr() >> 1) as u32
    }

    /// Puts all dependencies of a node on the stack, and has them fetched.
    #[inline]
    pub(crate) fn push_all(node: Node<'a>, stack: &mut Vec<Entry<'a>>) {
        for edge in node.edges() {
            let dependency = edge.node();
            prefetch(dependency.as_raw());
            stack.push(Entry::of(dependency));
        }
        stack.extend(node.after().iter().map(|node| Entry::of(node.get())));
    }
}

/// Nodes as they are numbered, all of them borrowed from the roots.
pub(crate) struct Numbered<'a> {
    nodes: Vec<NonNull<u8>>,
    offsets: Vec<u32>,
    edges: Vec<u32>,
    users: Vec<AtomicU32>,
    marker: PhantomData<&'a NodeRef>,
}

/// So many nodes may be numbered before room is made for all there can be.
const FEW: usize = 4096;

impl<'a> Numbered<'a> {
    /// Gives a node the next number; `dependencies` are all of its own, in order, numbered.
    #[inline]
    pub(crate) fn push(&mut self, node: Node<'a>, dependencies: &[Entry<'a>]) -> u32 {
        if self.nodes.len() == FEW {
            self.make_room();
        }
        let number = self.count();
        for dependency in dependencies {
            self.edges.push(dependency.as_number());
        }
        for dependency in &dependencies[..node.edges().len()] {
            self.use_value(dependency.as_number());
        }
        self.offsets.push(u32::try_from(self.edges.len()).expect("a graph has less than 2^32 edges"));
        self.users.push(AtomicU32::new(0));
        self.nodes.push(node.as_raw());
        number
    }

    fn use_value(&mut self, number: u32) {
        let users = &self.users[number as usize];
        users.store(users.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
    }

    pub(crate) fn count(&self) -> u32 {
        u32::try_from(self.nodes.len()).expect("a graph has less than 2^32 tasks")
    }

    pub(crate) fn get(&self, number: u32) -> Option<Node<'a>> {
        // SAFETY: pushed as a node borrowed for `'a`.
        self.nodes.get(number as usize).map(|&raw| unsafe { Node::from_raw(raw) })
    }

    /// The graph is large: growing step by step would touch the memory several times over, and address space that is
    /// never touched costs nothing. So all is reserved once, for as many nodes as there may be.
    #[cold]
    fn make_room(&mut self) {
        let words = bytes_of_nodes() / size_of::<u64>();
        let nodes = words / 4;
        // Should the system refuse, they grow step by step after all.
        let _ = self.nodes.try_reserve_exact(nodes);
        let _ = self.offsets.try_reserve_exact(nodes);
        let _ = self.users.try_reserve_exact(nodes);
        let _ = self.edges.try_reserve_exact(words - words / 4);
    }
}
