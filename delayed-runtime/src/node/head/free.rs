//! Freeing nodes, without recursion.

use std::alloc::dealloc;
use std::cell::Cell;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::ptr::NonNull;

use super::super::arena::Freed;
use super::side::Side;
use super::{APART, Head, Node, SIDE, SPENT, TAGS, untagged};
use crate::panic::{forget_panic, quietly};
use crate::sync::atomic::{Ordering, fence};
use crate::sync::thread_local;

thread_local! {
    /// The list of nodes to free that a `free` further up this thread's stack works through; null if there is none.
    /// One list for all, so that neither a chain of edges nor a chain of closures that captured handles recurses. (A
    /// bare pointer: it has no destructor, so it is there until the thread's very end.)
    static DYING: Cell<*mut Vec<NonNull<Head>>> = const { Cell::new(std::ptr::null_mut()) };
}

/// Frees a node to which no reference is left, and in turn what it alone held.
pub(super) fn free(node: NonNull<Head>) {
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
pub(crate) unsafe fn free_planned(node: Node<'_>, freed: &mut Freed) {
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

impl Node<'_> {
    /// Gives back references that were counted off, the last of which may have been the node's last.
    ///
    /// # Safety
    /// The caller owns `count` references, and the node's memory is not touched through `self` afterwards.
    pub(crate) unsafe fn give_back(self, count: u32) {
        // Release, for the acquire of whoever is last.
        if count > 0 && self.head().refs.fetch_sub(count, Ordering::Release) == count {
            fence(Ordering::Acquire);
            free(self.0);
        }
    }
}
