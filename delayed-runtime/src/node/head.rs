//! A node's memory: head, edges, captures; counted references.

mod edge;
mod free;
mod side;

use std::alloc::{Layout, alloc, handle_alloc_error};
use std::fmt;
use std::marker::PhantomData;
use std::panic::Location;
use std::ptr::NonNull;

use super::arena;
use super::kind::Meta;
use super::make::Build;
use crate::policy::Changes;
use crate::sync::atomic::{AtomicPtr, AtomicU32, Ordering, fence};
pub(crate) use edge::{Edge, Use};
use free::free;
pub(super) use free::free_planned;
use side::Side;

/// The fixed part of a node; `count` (only where the number of edges is not a constant of the type), the edges and
/// the captures follow it.
#[repr(C)]
pub(super) struct Head {
    meta: &'static Meta,
    /// The call's `Location`, or a boxed [`Side`]; tagged with [`SIDE`], [`SPENT`] and [`APART`].
    place: AtomicPtr<u8>,
    refs: AtomicU32,
    /// The number a plan gave to the node; see `plan.rs`.
    mark: AtomicU32,
}

/// `place` points to a [`Side`].
const SIDE: usize = 1;
/// The captured arguments were moved out.
const SPENT: usize = 2;
/// The node has an allocation of its own.
const APART: usize = 4;
const TAGS: usize = SIDE | SPENT | APART;

const _: () = {
    assert!(align_of::<Location<'static>>() > TAGS, "the tags fit below a location's address");
    assert!(align_of::<Side>() > TAGS, "the tags fit below a side record's address");
};

/// A counted reference to a node.
pub struct NodeRef(NonNull<Head>);

// SAFETY: the captures of a node are `Send + Sync` (a bound of `make` and `Stored`), its counters are atomic.
unsafe impl Send for NodeRef {}
// SAFETY: as above.
unsafe impl Sync for NodeRef {}

/// A borrowed node. (Not a plain reference: the edges and captures lie behind the head.)
#[derive(Clone, Copy)]
pub(crate) struct Node<'a>(NonNull<Head>, PhantomData<&'a NodeRef>);

// SAFETY: as `&NodeRef`, whose target is `Sync`.
unsafe impl Send for Node<'_> {}
// SAFETY: as above.
unsafe impl Sync for Node<'_> {}

/// Where the edges lie in a node.
#[inline]
pub(super) const fn edges_at(counted: bool) -> usize {
    size_of::<Head>() + if counted { size_of::<usize>() } else { 0 }
}

/// Where the captures lie behind a number of edges.
#[inline]
pub(super) const fn captures_at(counted: bool, edges: usize, captures: Layout) -> usize {
    let align = captures.align();
    // Alignments are powers of two.
    (edges_at(counted) + edges * size_of::<Edge>() + align - 1) & !(align - 1)
}

/// The memory of a node with a number of edges.
#[inline]
pub(super) const fn layout(counted: bool, edges: usize, captures: Layout) -> Layout {
    let size = captures_at(counted, edges, captures) + captures.size();
    let align = if captures.align() > align_of::<Head>() { captures.align() } else { align_of::<Head>() };
    match Layout::from_size_align(size, align) {
        Ok(layout) => layout,
        Err(_) => panic!("a node is smaller than the address space"),
    }
}

impl NodeRef {
    /// Makes a node of `meta` with the recorded edges; `write` fills the captures.
    ///
    /// # Safety
    /// `write` must initialise captures of the layout and type that `meta` was made of, and not unwind.
    #[inline]
    pub(super) unsafe fn new(
        meta: &'static Meta,
        location: &'static Location<'static>,
        build: Build,
        write: impl FnOnce(*mut u8),
    ) -> NodeRef {
        let count = build.count();
        assert!(meta.edges.is_none_or(|constant| constant as usize == count), "a stored type records its edges");
        let layout = meta.layout(count);
        let (memory, apart) = match arena::take(layout) {
            Some(memory) => (memory, 0),
            None => (allocate(layout), APART),
        };
        let head = memory.cast::<Head>();
        let place = std::ptr::from_ref(location).cast_mut().cast::<u8>();
        // SAFETY: the memory is large and aligned enough for all parts by `layout`; nothing else knows of it yet.
        unsafe {
            head.write(Head {
                meta,
                place: AtomicPtr::new(place.map_addr(|address| address | apart)),
                refs: AtomicU32::new(1),
                mark: AtomicU32::new(0),
            });
            if meta.edges.is_none() {
                memory.add(size_of::<Head>()).cast::<usize>().write(count);
            }
            build.write(memory.add(edges_at(meta.edges.is_none())).cast::<Edge>());
            write(memory.add(meta.captures_at(count)).as_ptr());
        }
        NodeRef(head)
    }

    #[inline]
    pub(crate) fn get(&self) -> Node<'_> {
        Node(self.0, PhantomData)
    }

    /// Whether this is the only reference, so that nobody else can reach the node.
    pub(crate) fn is_sole(&self) -> bool {
        // Pairs with the release in `drop`: what other owners did before they let go is visible.
        self.head().refs.load(Ordering::Acquire) == 1
    }

    /// Adds dependencies without values. The caller holds the only reference.
    pub(crate) fn add_after(&mut self, nodes: Vec<NodeRef>) {
        assert!(self.is_sole(), "only a node with one owner is edited");
        self.edit_side(|side| side.after.extend(nodes));
    }

    /// Says how the node's task runs. The caller holds the only reference.
    pub(crate) fn change(&mut self, change: impl FnOnce(&mut Changes)) {
        assert!(self.is_sole(), "only a node with one owner is edited");
        self.edit_side(|side| change(side.changes.get_or_insert_default()));
    }

    fn edit_side(&mut self, edit: impl FnOnce(&mut Side)) {
        self.get().side();
        let pointer = self.head().place.load(Ordering::Relaxed);
        // SAFETY: `side()` made sure that `place` is a tagged pointer to a `Side`, which lives as long as the node;
        // the reference is exclusive because nobody else can reach the node.
        edit(unsafe { &mut *untagged(pointer).cast::<Side>() });
    }

    fn head(&self) -> &Head {
        // SAFETY: a `NodeRef` keeps its head alive.
        unsafe { self.0.as_ref() }
    }
}

impl Clone for NodeRef {
    fn clone(&self) -> NodeRef {
        let before = self.head().refs.fetch_add(1, Ordering::Relaxed);
        if before > u32::MAX / 2 {
            // As `Arc` does: the count cannot be trusted any more, and unwinding would only go on with it.
            std::process::abort();
        }
        NodeRef(self.0)
    }
}

impl Drop for NodeRef {
    fn drop(&mut self) {
        let refs = &self.head().refs;
        // The last owner needs no read-modify-write: nobody else is left to race with.
        if refs.load(Ordering::Acquire) != 1 {
            // Release, for the acquire of whoever is last.
            if refs.fetch_sub(1, Ordering::Release) != 1 {
                return;
            }
            fence(Ordering::Acquire);
        }
        free(self.0);
    }
}

#[cold]
fn allocate(layout: Layout) -> NonNull<u8> {
    // SAFETY: the layout holds at least a `Head`, so its size is not zero.
    NonNull::new(unsafe { alloc(layout) }).unwrap_or_else(|| handle_alloc_error(layout))
}

fn untagged(pointer: *mut u8) -> *mut u8 {
    pointer.map_addr(|address| address & !TAGS)
}

impl<'a> Node<'a> {
    /// Rebuilds a borrowed node from its address.
    ///
    /// # Safety
    /// The node is kept alive for `'a`.
    #[inline]
    pub(super) unsafe fn from_raw(pointer: NonNull<u8>) -> Node<'a> {
        Node(pointer.cast(), PhantomData)
    }

    #[inline]
    pub(super) fn as_raw(self) -> NonNull<u8> {
        self.0.cast()
    }

    /// A further counted reference to this node.
    pub(crate) fn to_ref(self) -> NodeRef {
        let borrowed = std::mem::ManuallyDrop::new(NodeRef(self.0));
        NodeRef::clone(&borrowed)
    }

    pub(crate) fn is(self, other: Node<'_>) -> bool {
        self.0 == other.0
    }

    pub(crate) fn address(self) -> usize {
        self.0.addr().get()
    }

    #[inline]
    fn head(self) -> &'a Head {
        // SAFETY: the node is alive for `'a`.
        unsafe { self.0.as_ref() }
    }

    #[inline]
    pub(super) fn meta(self) -> &'static Meta {
        self.head().meta
    }

    #[inline]
    fn count(self) -> usize {
        match self.meta().edges {
            Some(count) => count as usize,
            // SAFETY: nodes without a constant count have it right behind the head, written in `new`.
            None => unsafe { self.0.add(1).cast::<usize>().read() },
        }
    }

    #[inline]
    fn edges_raw(self) -> (*mut Edge, usize) {
        let at = edges_at(self.meta().edges.is_none());
        // SAFETY: within the node by `layout`.
        (unsafe { self.0.cast::<u8>().add(at) }.cast::<Edge>().as_ptr(), self.count())
    }

    /// The dependencies whose values this node takes, in the order of its arguments.
    #[inline]
    pub(crate) fn edges(self) -> &'a [Edge] {
        let (edges, count) = self.edges_raw();
        // SAFETY: `count` edges were written there in `new`, and stay until the node is freed.
        unsafe { std::slice::from_raw_parts(edges, count) }
    }

    /// The dependencies whose values this node does not take.
    #[inline]
    pub(crate) fn after(self) -> &'a [NodeRef] {
        self.said_of().0
    }

    /// The dependencies whose values this node does not take, and whether it was said how the task runs.
    #[inline]
    pub(super) fn said_of(self) -> (&'a [NodeRef], bool) {
        self.existing_side().map_or((&[], false), |side| (&side.after, side.changes.is_some()))
    }

    /// What was said of how the task runs.
    pub(crate) fn changes(self) -> Option<&'a Changes> {
        self.existing_side()?.changes.as_deref()
    }

    #[inline]
    pub(super) fn captures(self) -> NonNull<u8> {
        let at = self.meta().captures_at(self.count());
        // SAFETY: within the node by `layout`.
        unsafe { self.0.cast::<u8>().add(at) }
    }

    /// Notes that the captured arguments are moved out, by the run that alone owns the node.
    pub(super) fn spend(self) {
        let place = &self.head().place;
        let seen = place.load(Ordering::Relaxed);
        debug_assert!(seen.addr() & SPENT == 0, "arguments are moved out once");
        place.store(seen.map_addr(|address| address | SPENT), Ordering::Relaxed);
    }

    /// How many references there are. Exact only while nobody else can reach the node.
    #[inline]
    pub(crate) fn refs(self) -> u32 {
        self.head().refs.load(Ordering::Acquire)
    }

    #[inline]
    pub(crate) fn mark(self) -> u32 {
        self.head().mark.load(Ordering::Relaxed)
    }

    #[inline]
    pub(crate) fn set_mark(self, mark: u32) {
        self.head().mark.store(mark, Ordering::Relaxed);
    }
}

impl fmt::Debug for NodeRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.get().fmt(f)
    }
}

impl fmt::Debug for Node<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.name(), self.location())
    }
}
