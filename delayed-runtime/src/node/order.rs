//! The planned graph: the nodes of a run, numbered, their edges as numbers, and what keeps them alive.

use std::cell::UnsafeCell;
use std::ptr::NonNull;

use super::arena::Freed;
use super::head::{Node, NodeRef, free_planned};
use super::slot::Slots;
use super::walk::{Found, Numbered, Numbers, Spare, TooLarge, prefetch, walk};
use crate::panic::quietly;
use crate::scheduler::Tasks;
use crate::sync::atomic::Ordering;

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
    /// Numbers the nodes that the roots reach. Returns how many uses each value has, too: one for each edge that takes
    /// it, one for each root; and memory that is not needed any more.
    pub(crate) fn new(
        roots: Vec<NodeRef>,
        numbers: &mut impl Numbers,
        found: &mut Found,
    ) -> Result<(Order, Uses), TooLarge> {
        let (Numbered { nodes, offsets, edges, users, .. }, outputs, spare) = walk(&roots, numbers, found)?;
        let order = Order { roots: UnsafeCell::new(roots), nodes, outputs, offsets, edges };
        Ok((order, Uses { counts: users, spare }))
    }

    pub(crate) fn len(&self) -> u32 {
        u32::try_from(self.nodes.len()).expect("a plan numbers its nodes in 32 bits")
    }

    #[inline]
    pub(crate) fn node(&self, number: u32) -> Node<'_> {
        // SAFETY: the roots keep the node alive until the run is taken apart, after which nobody asks.
        unsafe { Node::from_raw(self.nodes[number as usize]) }
    }

    /// All dependencies of a node.
    #[inline]
    pub(crate) fn dependencies(&self, number: u32) -> &[u32] {
        let number = number as usize;
        &self.edges[self.offsets[number] as usize..self.offsets[number + 1] as usize]
    }

    /// The dependencies whose values the node takes.
    pub(crate) fn value_edges(&self, number: u32) -> &[u32] {
        &self.dependencies(number)[..self.node(number).edges().len()]
    }

    /// A node that is about to run, and its dependencies, those whose values it takes first.
    #[inline]
    pub(super) fn task(&self, number: u32) -> (Node<'_>, &[u32]) {
        let number = number as usize;
        assert!(number < self.nodes.len(), "a task has a planned number");
        // SAFETY: checked just now: there is one offset more than there are nodes, and offsets lie within the edges.
        // The roots keep the node alive, as in `node`.
        unsafe {
            let edges = *self.offsets.get_unchecked(number) as usize..*self.offsets.get_unchecked(number + 1) as usize;
            (Node::from_raw(*self.nodes.get_unchecked(number)), self.edges.get_unchecked(edges))
        }
    }

    pub(crate) fn tasks<'a>(&'a self, data: &'a [u32]) -> Tasks<'a> {
        Tasks { offsets: &self.offsets, edges: &self.edges, data, outputs: &self.outputs }
    }

    /// Gives the nodes other numbers: `by_new` has the old number of each new one, `by_old` the reverse.
    pub(crate) fn renumber(&mut self, by_new: &[u32], by_old: &[u32], uses: &mut Uses) {
        let number = |old: &u32| by_old[*old as usize];
        let (mut offsets, mut edges) = (Vec::with_capacity(self.offsets.len()), Vec::with_capacity(self.edges.len()));
        offsets.push(0);
        for &old in by_new {
            edges.extend(self.dependencies(old).iter().map(number));
            offsets.push(edges.len() as u32);
        }
        self.nodes = by_new.iter().map(|&old| self.nodes[old as usize]).collect();
        self.outputs = self.outputs.iter().map(number).collect();
        (self.offsets, self.edges) = (offsets, edges);
        let counts = &mut uses.counts;
        let renumbered = by_new.iter().map(|&old| counts[old as usize]).collect();
        *counts = renumbered;
    }

    /// The most dependencies that a node has.
    pub(crate) fn most_dependencies(&self) -> u32 {
        self.offsets.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap_or(0)
    }

    /// Whether there are so many edges that one value could have more users than its slot can count.
    pub(crate) fn has_many_edges(&self) -> bool {
        self.edges.len() + self.outputs.len() > super::slot::MOST_USERS as usize
    }

    /// Fetches what will soon be looked at: the node of a task a little further on.
    #[inline]
    pub(crate) fn fetch_ahead(&self, number: u32) {
        if let Some(&node) = self.nodes.get(number as usize + AHEAD as usize) {
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
        let held = slots.words();
        for (number, word) in held.iter().enumerate() {
            if slots.is_left(number as u32) {
                // SAFETY: no task is left, so no user is; the slot's type is its node's. A destructor that panics
                // keeps no other from running.
                quietly(|| unsafe { slots.clear(number as u32, self.node(number as u32).value_type()) });
            }
            word.store(0, Ordering::Relaxed);
        }
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
        let mut end = self.edges.len();
        for (number, &raw) in self.nodes.iter().enumerate().rev() {
            if let Some(&ahead) = self.nodes.get(number.wrapping_sub(AHEAD as usize)) {
                prefetch(ahead);
            }
            // SAFETY: alive: it has references that were not given back.
            let node = unsafe { Node::from_raw(raw) };
            let first = self.offsets[number] as usize;
            let dependencies = &self.edges[first..end];
            end = first;
            let count = held[number].load(Ordering::Relaxed);
            if node.refs() == count {
                dependencies.iter().copied().for_each(add);
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

    /// Lets go of one use of a value.
    ///
    /// # Safety
    /// The value is in its slot, and the use is the caller's.
    pub(crate) unsafe fn release(&self, slots: &Slots, number: u32) {
        // SAFETY: passed on; the slot's type is its node's.
        unsafe { slots.release_any(number, self.node(number).value_type()) };
    }

    /// Adds one use of a value of which the caller has another.
    pub(crate) fn add_use(&self, slots: &Slots, number: u32) {
        if !self.node(number).value_type().is_copied() {
            slots.add_use(number);
        }
    }

    /// Whether nobody uses a value any more.
    pub(crate) fn is_gone(&self, slots: &Slots, number: u32) -> bool {
        slots.is_gone(number)
    }

    /// Counts the outputs as the only users of their values.
    ///
    /// # Safety
    /// Nobody else uses a value, or will.
    pub(crate) unsafe fn leave_to_outputs(&self, slots: &Slots) {
        self.outputs.iter().for_each(|&output| slots.forget_uses(output));
        self.outputs.iter().for_each(|&output| slots.add_use(output));
    }

    /// Drops a value, if there is one, that is not to count.
    ///
    /// # Safety
    /// As [`Slots::revoke`].
    pub(crate) unsafe fn revoke(&self, slots: &Slots, number: u32) {
        if slots.is_left(number) {
            // SAFETY: passed on; the slot's type is its node's.
            unsafe { slots.revoke(number, self.node(number).value_type()) };
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

/// How many uses each value of a run has, and memory in which the values may lie.
pub(crate) struct Uses {
    pub(crate) counts: Vec<u32>,
    pub(super) spare: Spare,
}

impl Uses {
    #[cfg(test)]
    pub(super) fn of(counts: Vec<u32>) -> Uses {
        Uses { counts, spare: Spare::none() }
    }
}

/// The values of a run that is done.
pub(crate) struct Results<'a> {
    order: &'a Order,
    slots: &'a Slots,
    outputs: std::slice::Iter<'a, u32>,
}

impl<'a> Results<'a> {
    /// How many outputs are left.
    pub(crate) fn len(&self) -> usize {
        self.outputs.len()
    }

    /// Leaves out outputs until so many are left.
    pub(crate) fn skip_to(&mut self, left: usize) {
        let skipped = self.outputs.len().saturating_sub(left);
        self.outputs = self.outputs.as_slice()[skipped..].iter();
    }

    /// The number of the next output.
    ///
    /// # Panics
    /// If there are no more.
    pub(crate) fn number(&self) -> u32 {
        *self.outputs.as_slice().first().expect("a shape asks for as many values as it had handles")
    }

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
