//! The walk that numbers the nodes of a run: depth first, dependencies in the order of the arguments, each node after
//! its dependencies; without recursion, each node's edges looked at once.
//!
//! Everything here runs once for every node of every run, so it works on bare memory, with one check of the room at
//! each step: as safe vectors it took 1.4 times the instructions. What makes that right: a node on the stack is
//! borrowed from the roots, and an entry below `next` of the node at hand is a number that was given out.

use std::marker::PhantomData;
use std::mem::{ManuallyDrop, MaybeUninit};
use std::ptr::{NonNull, without_provenance_mut};

use super::arena::bytes_of_nodes;
use super::head::{Node, NodeRef, Use};
use super::kind::Traits;

/// Remembers the numbers of nodes during one walk.
///
/// # Safety
/// A number that `get` returns was given to the very node by `set`, in this walk.
pub(crate) unsafe trait Numbers {
    fn get(&self, node: Node<'_>, numbered: &Numbered<'_>) -> Option<u32>;
    fn set(&mut self, node: Node<'_>, number: u32);
}

/// What a walk notes of the nodes it comes by.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// The nodes of data.
    pub(crate) data: Vec<u32>,
    pub(crate) has_async: bool,
    /// The async tasks that wait for data at most.
    pub(crate) async_sources: Vec<u32>,
    /// A task, other than data, does not wait for the one before it.
    pub(crate) is_wide: bool,
    /// Whether it matters to a node that the run alone owns it.
    pub(crate) moves: bool,
    /// Whether a value must be moved, out of a node or out of a dependency.
    pub(crate) takes: bool,
    /// Whether a node takes failures in the place of values.
    pub(crate) catches: bool,
    /// Whether it was said of a task how it runs.
    pub(crate) has_policies: bool,
    /// The last node that is not of data.
    last: Option<u32>,
}

/// Nodes as they are numbered, all of them borrowed from the roots.
pub(crate) struct Numbered<'a> {
    pub(super) nodes: Vec<NonNull<u8>>,
    /// Where each node's edges begin in `edges`; one more than there are nodes.
    pub(super) offsets: Vec<u32>,
    pub(super) edges: Vec<u32>,
    /// How many uses each value has.
    pub(super) users: Vec<u32>,
    marker: PhantomData<&'a NodeRef>,
}

/// The graph has more tasks or edges than can be numbered.
#[derive(Debug)]
pub(crate) struct TooLarge;

/// So many numbers there are, of nodes, of edges, of places on the stack. No vector of the walk has room for more, so
/// that its length is looked at only when there is no room left.
const MOST: usize = if cfg!(test) { 1 << 18 } else { u32::MAX as usize };
/// So many nodes may be numbered before room is made for many more.
const FEW: usize = 4096;
/// How many times as many.
const MORE: usize = 1024;
/// Room for so many is made first.
const SOME: usize = 32;

impl<'a> Numbered<'a> {
    fn new() -> Numbered<'a> {
        let nodes = Vec::with_capacity(SOME);
        // The room of these is not asked for when a node is numbered.
        let (offsets, users) = (Vec::with_capacity(nodes.capacity() + 1), Vec::with_capacity(nodes.capacity()));
        let mut numbered = Numbered { nodes, offsets, edges: Vec::with_capacity(SOME), users, marker: PhantomData };
        numbered.offsets.push(0);
        numbered
    }

    #[inline]
    pub(crate) fn get(&self, number: u32) -> Option<Node<'a>> {
        // SAFETY: pushed as a node borrowed for `'a`.
        self.nodes.get(number as usize).map(|&raw| unsafe { Node::from_raw(raw) })
    }

    /// Gives a node the next number.
    ///
    /// # Safety
    /// `dependencies` are the entries of all of its own, in order, numbered in this walk.
    #[inline]
    unsafe fn push(&mut self, node: Node<'a>, dependencies: &[Entry]) -> Result<u32, TooLarge> {
        let number = self.nodes.len();
        let first = self.edges.len();
        if number == self.nodes.capacity() || self.edges.capacity() - first < dependencies.len() {
            self.make_room(dependencies.len())?;
        }
        let value_edges = node.edges().len();
        // SAFETY: `make_room` saw to the room for one more node, one more offset and these edges. Numbers of
        // dependencies are below this node's, up to which `users` is filled.
        unsafe {
            let edges = self.edges.as_mut_ptr().add(first);
            let users = self.users.as_mut_ptr();
            for (index, entry) in dependencies.iter().enumerate() {
                let dependency = entry.number();
                debug_assert!((dependency as usize) < number, "dependencies are numbered first");
                edges.add(index).write(dependency);
                if index < value_edges {
                    *users.add(dependency as usize) += 1;
                }
            }
            self.edges.set_len(first + dependencies.len());
            self.offsets.as_mut_ptr().add(number + 1).write((first + dependencies.len()) as u32);
            self.offsets.set_len(number + 2);
            users.add(number).write(0);
            self.users.set_len(number + 1);
            self.nodes.as_mut_ptr().add(number).write(node.as_raw());
            self.nodes.set_len(number + 1);
        }
        Ok(number as u32)
    }

    /// Makes room for at least one more node with so many edges, and for as many more as there may be.
    ///
    /// Once the graph is large, growing step by step would touch the memory several times over, and address space that
    /// is never touched costs nothing: all is reserved at once, for as many nodes as there may be, but not for a graph
    /// that is small among many.
    #[cold]
    fn make_room(&mut self, edges: usize) -> Result<(), TooLarge> {
        let count = self.nodes.len();
        if count >= FEW {
            let words = bytes_of_nodes() / size_of::<u64>();
            let nodes = (words / 4).min(count * MORE).min(MOST - count);
            let rest = (words - words / 4).min(self.edges.len().max(count) * MORE).min(MOST - self.edges.len());
            // Should the system refuse, they grow step by step after all.
            let reserved = self.nodes.try_reserve_exact(nodes).is_ok()
                && self.offsets.try_reserve_exact(nodes + 1).is_ok()
                && self.users.try_reserve_exact(nodes).is_ok()
                && self.edges.try_reserve_exact(rest).is_ok();
            if !reserved {
                self.nodes.shrink_to(2 * count);
                self.edges.shrink_to(2 * self.edges.len());
            }
        }
        grow(&mut self.nodes, 1)?;
        grow(&mut self.edges, edges)?;
        self.offsets.reserve_exact(self.nodes.capacity() + 1 - self.offsets.len());
        self.users.reserve_exact(self.nodes.capacity() - self.users.len());
        Ok(())
    }
}

/// Has room for so many more, twice as much as before if there is not, and never for more than can be numbered.
fn grow<T>(words: &mut Vec<T>, more: usize) -> Result<(), TooLarge> {
    let needed = words.len() + more;
    if needed > MOST {
        return Err(TooLarge);
    }
    if needed > words.capacity() {
        let capacity = (2 * words.capacity()).max(needed + SOME).min(MOST);
        words.reserve_exact(capacity - words.len());
    }
    Ok(())
}

/// A word of the walk's stack: an open node, or a dependency of one, and once that is numbered its number, told from an
/// address by the lowest bit. Or, below an open node, where the walk goes on when it is done.
#[derive(Clone, Copy)]
struct Entry(*mut u8);

impl Entry {
    #[inline]
    fn of_node(node: Node<'_>) -> Entry {
        Entry(node.as_raw().as_ptr())
    }

    #[inline]
    fn of_number(number: u32) -> Entry {
        Entry(without_provenance_mut((number as usize) << 1 | 1))
    }

    #[inline]
    fn number(self) -> u32 {
        debug_assert!(self.0.addr() & 1 == 1, "a number has the lowest bit");
        (self.0.addr() >> 1) as u32
    }

    /// # Safety
    /// The entry was made of a node that is borrowed for `'a`.
    #[inline]
    unsafe fn node<'a>(self) -> Node<'a> {
        debug_assert!(self.0.addr() & 1 == 0, "an address has not the lowest bit");
        // SAFETY: by the caller's word.
        unsafe { Node::from_raw(NonNull::new_unchecked(self.0)) }
    }
}

/// A root, then the dependencies of the node at hand and of those between it and the root, one node's after the other's.
struct Stack<'a> {
    words: Vec<Entry>,
    /// The nodes between: where the dependencies of each begin, and the one that the walk went on to, whose entry is
    /// the next node.
    back: Vec<(u32, u32)>,
    /// Whether a handle said of a task how it runs.
    has_changes: bool,
    marker: PhantomData<Node<'a>>,
}

impl<'a> Stack<'a> {
    /// Puts all dependencies of a node on the stack, and has them fetched; whether it must have a value moved.
    #[inline]
    fn enter(&mut self, node: Node<'a>) -> Result<bool, TooLarge> {
        let (edges, (after, has_changes)) = (node.edges(), node.said_of());
        self.has_changes |= has_changes;
        let base = self.words.len();
        if self.words.capacity() - base < edges.len() + after.len() {
            self.make_room(edges.len() + after.len())?;
        }
        let mut moved = false;
        // SAFETY: there is room for so many.
        unsafe {
            let to = self.words.as_mut_ptr().add(base);
            for (index, edge) in edges.iter().enumerate() {
                let dependency = edge.node();
                prefetch(dependency.as_raw());
                moved |= edge.usage() != Use::Shared;
                to.add(index).write(Entry::of_node(dependency));
            }
            self.words.set_len(base + edges.len());
        }
        if !after.is_empty() {
            self.words.extend(after.iter().map(|node| Entry::of_node(node.get())));
        }
        Ok(moved)
    }

    #[cold]
    fn make_room(&mut self, words: usize) -> Result<(), TooLarge> {
        grow(&mut self.words, words)
    }
}

/// Numbers all nodes that the roots reach; returns the roots' numbers, and memory that the walk needs no more.
pub(super) fn walk<'a>(
    roots: &'a [NodeRef],
    numbers: &mut impl Numbers,
    found: &mut Found,
) -> Result<(Numbered<'a>, Vec<u32>, Spare), TooLarge> {
    let mut numbered = Numbered::new();
    let mut stack =
        Stack { words: Vec::with_capacity(SOME), back: Vec::new(), has_changes: false, marker: PhantomData };
    let mut outputs = Vec::with_capacity(roots.len());
    for root in roots {
        outputs.push(match numbers.get(root.get(), &numbered) {
            Some(number) => number,
            None => visit(root.get(), &mut stack, &mut numbered, numbers, found)?,
        });
    }
    for &output in &outputs {
        numbered.users[output as usize] += 1;
    }
    found.has_policies |= stack.has_changes;
    Ok((numbered, outputs, Spare(stack.words)))
}

/// Memory for words of 64 bits.
pub(crate) struct Spare(Vec<Entry>);

impl Spare {
    #[cfg(test)]
    pub(super) fn none() -> Spare {
        Spare(Vec::new())
    }

    /// Makes use of it for a number of values, if it is large enough.
    pub(super) fn into_vec<T>(self, count: usize) -> Option<Vec<MaybeUninit<T>>> {
        let fits = size_of::<T>() == size_of::<Entry>() && align_of::<T>() == align_of::<Entry>();
        if !fits || self.0.capacity() < count {
            return None;
        }
        let mut words = ManuallyDrop::new(self.0);
        // SAFETY: the allocation is a vector's, of elements of the same layout, which may be uninitialised now.
        Some(unsafe { Vec::from_raw_parts(words.as_mut_ptr().cast(), count, words.capacity()) })
    }
}

/// Numbers a node, and before it all that it reaches.
fn visit<'a>(
    root: Node<'a>,
    stack: &mut Stack<'a>,
    numbered: &mut Numbered<'a>,
    numbers: &mut impl Numbers,
    found: &mut Found,
) -> Result<u32, TooLarge> {
    stack.words.clear();
    stack.words.push(Entry::of_node(root));
    // The root's entry is at the bottom, as if it were somebody's dependency.
    stack.back.push((0, 0));
    found.takes |= stack.enter(root)?;
    let (mut first, mut next) = (1, 1);
    loop {
        while next < stack.words.len() {
            // SAFETY: within the stack; entries of the node at hand from `next` on are its dependencies, which are
            // borrowed as it is.
            let (entry, node): (&mut Entry, Node<'a>) = unsafe {
                let entry = stack.words.get_unchecked_mut(next);
                let node = entry.node();
                (entry, node)
            };
            match numbers.get(node, numbered) {
                Some(number) => {
                    *entry = Entry::of_number(number);
                    next += 1;
                }
                None => {
                    stack.back.push((first as u32, next as u32));
                    first = stack.words.len();
                    next = first;
                    found.takes |= stack.enter(node)?;
                }
            }
        }
        let Some((back_first, back_next)) = stack.back.pop() else { unreachable!("a node at hand was come to") };
        // SAFETY: the entry that the walk went on to is the node at hand, all of whose dependencies are numbers now.
        let number = unsafe {
            let node: Node<'a> = stack.words.get_unchecked(back_next as usize).node();
            let dependencies = stack.words.get_unchecked(first..);
            let number = numbered.push(node, dependencies)?;
            found.note(node.traits(), number, dependencies);
            numbers.set(node, number);
            number
        };
        stack.words.truncate(first);
        if stack.back.is_empty() {
            return Ok(number);
        }
        first = back_first as usize;
        next = back_next as usize + 1;
        // SAFETY: within the stack, as it was when the walk went on from there.
        unsafe { *stack.words.get_unchecked_mut(next - 1) = Entry::of_number(number) };
    }
}

impl Found {
    #[inline]
    fn note(&mut self, traits: Option<Traits>, number: u32, dependencies: &[Entry]) {
        if let Some(traits) = traits {
            self.note_traits(traits, number, dependencies);
            if traits.is_data {
                return;
            }
        }
        if !self.is_wide {
            let follows = |last| dependencies.iter().any(|entry| entry.number() == last);
            self.is_wide = !self.last.is_none_or(follows);
            self.last = Some(number);
        }
    }

    fn note_traits(&mut self, traits: Traits, number: u32, dependencies: &[Entry]) {
        self.moves |= traits.moves;
        self.takes |= traits.takes;
        self.catches |= traits.catches;
        self.has_policies |= traits.has_policy;
        if traits.is_async {
            self.has_async = true;
            if dependencies.iter().all(|entry| self.data.binary_search(&entry.number()).is_ok()) {
                self.async_sources.push(number);
            }
        }
        if traits.is_data {
            self.data.push(number);
        }
    }
}

/// Has the memory of a node fetched.
#[inline]
pub(super) fn prefetch(node: NonNull<u8>) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: a hint, for any address.
    unsafe {
        std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T0 }>(node.as_ptr().cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = node;
}
