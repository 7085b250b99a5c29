//! A node's memory: head, edges, captures; counted references, freed without recursion.

use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, Location, catch_unwind, resume_unwind};
use std::ptr::NonNull;

use super::arena::{self, Freed};
use super::kind::{CloneFn, Meta};
use super::make::Build;
use crate::panic::{forget_panic, quietly};
use crate::sync::atomic::{AtomicPtr, AtomicU32, Ordering, fence};
use crate::sync::{Mutex, lock, thread_local};

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
    assert!(align_of::<Head>() > (MOVE | TAKE), "an edge's tags fit below a head's address");
};

/// What few nodes have, kept beside the node so that the others do not pay for it.
struct Side {
    location: &'static Location<'static>,
    said: Mutex<Said>,
    /// Dependencies whose values are not taken. Changed only while the node has one owner.
    after: Vec<NodeRef>,
    /// Stands for the record, so that the model checker sees who uses it when.
    #[cfg(delayed_loom)]
    memory: crate::sync::UnsafeCell<()>,
}

impl Side {
    fn new(location: &'static Location<'static>) -> Side {
        let side = Side {
            location,
            said: Mutex::default(),
            after: Vec::new(),
            #[cfg(delayed_loom)]
            memory: crate::sync::UnsafeCell::new(()),
        };
        #[cfg(delayed_loom)]
        side.memory.with_mut(|_| ());
        side
    }

    /// The record behind a tagged place.
    ///
    /// # Safety
    /// `place` has the tag [`SIDE`], was read in a way that pairs with the release in `Node::side`, and its node is
    /// alive for `'a`.
    unsafe fn at<'a>(place: *mut u8) -> &'a Side {
        // SAFETY: by the caller's word.
        let side = unsafe { &*untagged(place).cast::<Side>() };
        #[cfg(delayed_loom)]
        side.memory.with(|_| ());
        side
    }
}

/// What handles said of a node after it was made.
#[derive(Default)]
struct Said {
    name: Option<Cow<'static, str>>,
    clone: Option<CloneFn>,
    claim: Claim,
}

/// Who may move a value out of a node that its graph's owner keeps.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Claim {
    #[default]
    Free,
    /// One run may.
    Claimed,
    /// That run has.
    Taken,
}

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

/// A counted reference to a node.
pub struct NodeRef(NonNull<Head>);

// SAFETY: the captures of a node are `Send + Sync` (a bound of `make` and `Stored`), its counters are atomic.
unsafe impl Send for NodeRef {}
// SAFETY: as above.
unsafe impl Sync for NodeRef {}
// SAFETY: an edge is a tagged `NodeRef`.
unsafe impl Send for Edge {}
// SAFETY: as above.
unsafe impl Sync for Edge {}

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
        self.get().side();
        let pointer = self.head().place.load(Ordering::Relaxed);
        // SAFETY: `side()` made sure that `place` is a tagged pointer to a `Side`, which lives as long as the node;
        // the reference is exclusive because nobody else can reach the node.
        let side = unsafe { &mut *untagged(pointer).cast::<Side>() };
        side.after.extend(nodes);
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

thread_local! {
    /// The list of nodes to free that a `free` further up this thread's stack works through; null if there is none.
    /// One list for all, so that neither a chain of edges nor a chain of closures that captured handles recurses. (A
    /// bare pointer: it has no destructor, so it is there until the thread's very end.)
    static DYING: Cell<*mut Vec<NonNull<Head>>> = const { Cell::new(std::ptr::null_mut()) };
}

/// Frees a node to which no reference is left, and in turn what it alone held.
fn free(node: NonNull<Head>) {
    let list = DYING.with(Cell::get);
    if !list.is_null() {
        // SAFETY: set by the call below, which is under way on this thread and holds no reference into the list while
        // it drops anything.
        unsafe { (*list).push(node) };
        return;
    }
    let mut waiting = Vec::new();
    DYING.with(|dying| dying.set(&raw mut waiting));
    let mut first_panic = None;
    let mut next = Some(node);
    while let Some(node) = next {
        // SAFETY: the count of `node` reached zero, so this thread alone knows of it.
        if let Err(payload) = catch_unwind(AssertUnwindSafe(|| unsafe { free_one(node) })) {
            match first_panic {
                None => first_panic = Some(payload),
                Some(_) => forget_panic(payload),
            }
        }
        // SAFETY: `waiting` is alive, and only this thread knows where it is.
        next = unsafe { (*DYING.with(Cell::get)).pop() };
    }
    DYING.with(|dying| dying.set(std::ptr::null_mut()));
    if let Some(payload) = first_panic {
        // A destructor of the user's panicked; every other node is freed, and the panic goes on to the caller.
        resume_unwind(payload);
    }
}

/// Drops one node's parts and returns its memory. References it held go through [`free`], which only lists them.
///
/// # Safety
/// No reference to the node is left.
unsafe fn free_one(node: NonNull<Head>) {
    // SAFETY: passed on; the memory goes even when a destructor unwinds, and the edges go first.
    unsafe {
        let view = Node(node, PhantomData);
        let _memory = Memory(view, None);
        let (edges, count) = view.edges_raw();
        for index in 0..count {
            edges.add(index).drop_in_place();
        }
        drop_captures(view);
    }
}

/// Frees a dead node of a plan: its edges' references were counted off by the caller (see `order.rs`).
///
/// # Safety
/// No reference to the node is left, and its dependencies know that its edges are gone.
#[inline]
pub(super) unsafe fn free_planned(node: Node<'_>, freed: &mut Freed) {
    let place = node.head().place.load(Ordering::Relaxed);
    if !node.meta().drops && place.addr() & TAGS == 0 {
        // Nothing to drop, and the memory is a chunk's.
        // SAFETY: by the caller's word.
        unsafe { freed.add(node.as_raw()) };
        return;
    }
    // SAFETY: passed on.
    unsafe { drop_planned(node, freed) };
}

/// [`free_planned`] where there is something to drop.
///
/// # Safety
/// As there.
#[inline(never)]
unsafe fn drop_planned(node: Node<'_>, freed: &mut Freed) {
    let place = node.head().place.load(Ordering::Relaxed);
    if place.addr() & SIDE != 0 {
        // SAFETY: the side was made in `side`, and is nobody else's any more.
        let side = unsafe { &mut *untagged(place).cast::<Side>() };
        side.after.drain(..).for_each(std::mem::forget);
    }
    quietly(|| {
        let _memory = Memory(node, Some(freed));
        // SAFETY: by the caller's word.
        unsafe { drop_captures(node) };
    });
}

/// Drops a node's captures, and its side record.
///
/// # Safety
/// No reference to the node is left, and this is done once.
unsafe fn drop_captures(node: Node<'_>) {
    let place = node.head().place.load(Ordering::Relaxed);
    // SAFETY: the side was made in `side`. The captures' drop function belongs to the type they were written with;
    // arguments moved out (SPENT) are left alone.
    unsafe {
        let _side = (place.addr() & SIDE != 0).then(|| Box::from_raw(untagged(place).cast::<Side>()));
        (node.meta().drop_captures)(node.captures().as_ptr(), place.addr() & SPENT != 0);
    }
}

/// The memory of a node whose parts are being dropped; goes last, also when a destructor unwinds.
struct Memory<'a>(Node<'a>, Option<&'a mut Freed>);

impl Drop for Memory<'_> {
    fn drop(&mut self) {
        let node = self.0;
        let head = node.head();
        // SAFETY: the caller of what made this guard has the only pointer to the node, which came from `NodeRef::new`.
        unsafe {
            if head.place.load(Ordering::Relaxed).addr() & APART != 0 {
                let layout = head.meta.layout(node.count());
                dealloc(node.as_raw().as_ptr(), layout);
            } else {
                match &mut self.1 {
                    Some(freed) => freed.add(node.as_raw()),
                    None => Freed::new().add(node.as_raw()),
                }
            }
        }
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
        self.existing_side().map_or(&[], |side| &side.after)
    }

    #[inline]
    pub(super) fn captures(self) -> NonNull<u8> {
        let at = self.meta().captures_at(self.count());
        // SAFETY: within the node by `layout`.
        unsafe { self.0.cast::<u8>().add(at) }
    }

    pub(crate) fn location(self) -> &'static Location<'static> {
        let place = self.head().place.load(Ordering::Acquire);
        // SAFETY: `place` is a boxed `Side` that lives as long as the node, or the `&'static Location` of `new`.
        unsafe {
            if place.addr() & SIDE != 0 {
                Side::at(place).location
            } else {
                &*untagged(place).cast::<Location<'static>>()
            }
        }
    }

    /// The label: the node's own, else its function's.
    pub(crate) fn name(self) -> Cow<'static, str> {
        self.own_name().unwrap_or(Cow::Borrowed(self.info().name()))
    }

    pub(crate) fn rename(self, name: Cow<'static, str>) {
        lock(&self.side().said).name = Some(name);
    }

    pub(crate) fn own_name(self) -> Option<Cow<'static, str>> {
        self.existing_side().and_then(|side| lock(&side.said).name.clone())
    }

    /// Notes how the node's value is cloned; for a node that does not know it by itself.
    pub(super) fn teach_clone(self, clone: CloneFn) {
        lock(&self.side().said).clone = Some(clone);
    }

    pub(super) fn taught_clone(self) -> Option<CloneFn> {
        self.existing_side().and_then(|side| lock(&side.said).clone)
    }

    #[inline]
    fn existing_side(self) -> Option<&'a Side> {
        // Pairs with the release in `side`.
        let place = self.head().place.load(Ordering::Acquire);
        // SAFETY: with SIDE, `place` is a boxed `Side` that lives as long as the node.
        (place.addr() & SIDE != 0).then(|| unsafe { Side::at(place) })
    }

    /// The side record, made now if there is none.
    fn side(self) -> &'a Side {
        let place = &self.head().place;
        let mut seen = place.load(Ordering::Acquire);
        if seen.addr() & SIDE == 0 {
            let side = Side::new(self.location());
            let fresh = Box::into_raw(Box::new(side));
            while seen.addr() & SIDE == 0 {
                let tagged = fresh.cast::<u8>().map_addr(|address| address | SIDE | (seen.addr() & TAGS));
                // Release: the record is whole for whoever sees the tag.
                match place.compare_exchange_weak(seen, tagged, Ordering::AcqRel, Ordering::Acquire) {
                    Ok(_) => seen = tagged,
                    Err(now) => {
                        seen = now;
                        if now.addr() & SIDE != 0 {
                            // SAFETY: ours was never shared.
                            drop(unsafe { Box::from_raw(fresh) });
                        }
                    }
                }
            }
        }
        // SAFETY: as in `existing_side`.
        unsafe { Side::at(seen) }
    }

    /// Notes that the captured arguments are moved out, by the run that alone owns the node.
    pub(super) fn spend(self) {
        let place = &self.head().place;
        let seen = place.load(Ordering::Relaxed);
        debug_assert!(seen.addr() & SPENT == 0, "arguments are moved out once");
        place.store(seen.map_addr(|address| address | SPENT), Ordering::Relaxed);
    }

    /// Claims for one run what is moved out of the node; false if another run has claimed it.
    pub(super) fn set_claim(self) -> bool {
        let claim = &mut lock(&self.side().said).claim;
        let free = *claim == Claim::Free;
        if free {
            *claim = Claim::Claimed;
        }
        free
    }

    /// Notes that the run with the claim has moved the value out.
    pub(super) fn use_claim(self) {
        if let Some(side) = self.existing_side() {
            lock(&side.said).claim = Claim::Taken;
        }
    }

    /// Gives a claim back that was not used.
    pub(super) fn clear_claim(self) {
        let claim = &mut lock(&self.side().said).claim;
        if *claim == Claim::Claimed {
            *claim = Claim::Free;
        }
    }

    /// Gives back references that were counted off, the last of which may have been the node's last.
    ///
    /// # Safety
    /// The caller owns `count` references, and the node's memory is not touched through `self` afterwards.
    pub(super) unsafe fn give_back(self, count: u32) {
        // Release, for the acquire of whoever is last.
        if count > 0 && self.head().refs.fetch_sub(count, Ordering::Release) == count {
            fence(Ordering::Acquire);
            free(self.0);
        }
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
