//! What a running task sees of its run: the slots of its dependencies, in order, and its own.

use std::fmt;
use std::ops::Deref;
use std::ptr::NonNull;

use super::head::Node;
use super::kind::{IsDone, Outcome};
use super::order::Order;
use super::slot::{Slots, is_copied};
use crate::error::{Cause, Error};
use crate::weigh::{WeighFn, weigh_any};

/// One task's view of its run, while its arguments are made ready and its body runs.
pub struct Cx<'r> {
    order: &'r Order,
    slots: &'r Slots,
    /// The slots of the dependencies not asked for yet.
    edges: std::slice::Iter<'r, u32>,
    own: u32,
    /// What comes of the body if not a value.
    pub(super) rest: Option<Outcome>,
}

impl<'r> Cx<'r> {
    /// A view for the task of slot `own`, whose dependencies have the slots `edges`.
    pub(super) fn new(order: &'r Order, slots: &'r Slots, edges: &'r [u32], own: u32) -> Cx<'r> {
        Cx { order, slots, edges: edges.iter(), own, rest: None }
    }

    /// A view of the same task, at the same dependency.
    pub(crate) fn again(&self) -> Cx<'r> {
        Cx { order: self.order, slots: self.slots, edges: self.edges.clone(), own: self.own, rest: None }
    }

    /// Leaves the task's value.
    ///
    /// # Safety
    /// The task makes values of type `T`, and makes this one only.
    #[inline]
    pub(super) unsafe fn put<T: 'static>(&self, value: T) {
        // SAFETY: passed on.
        unsafe { self.slots.put(self.own, value) };
    }

    /// The task failed. (Apart, so that what nearly every task does stays small.)
    #[cold]
    #[inline(never)]
    pub(super) fn fail(&mut self, cause: Cause) -> IsDone {
        self.rest = Some(Outcome::Failed(cause));
        false
    }

    /// The slot of the next dependency, in the order in which the edges were recorded (invariant 1).
    ///
    /// A stored argument asks once for each edge it recorded, so there is always one.
    #[inline]
    fn next_edge<T: 'static>(&mut self) -> u32 {
        let slot = *self.edges.next().expect("an argument asks for as many slots as it recorded edges");
        debug_assert_eq!(
            (self.order.node(slot).value_type().id)(),
            std::any::TypeId::of::<T>(),
            "the slot of `{}` holds `{}`",
            self.order.node(slot).name(),
            (self.order.node(slot).value_type().name)(),
        );
        slot
    }

    /// The next dependency's value, for a parameter by value.
    #[inline]
    pub(crate) fn take<T: Clone + 'static>(&mut self) -> T {
        let slot = self.next_edge::<T>();
        // SAFETY: the task is one of the slot's users and its dependency is done (invariants 2 and 3).
        unsafe { self.slots.take(slot, Some(T::clone)) }.expect("a value with a clone function is moved or cloned")
    }

    /// The next dependency's value, moved, or cloned if the caller or the node knows how. The plan has made sure that
    /// one of these is possible.
    pub(crate) fn take_moved<T: 'static>(&mut self, clone: Option<fn(&T) -> T>) -> T {
        let slot = self.next_edge::<T>();
        // Compares the types in release builds too: shapes are filled through here.
        let known = self.order.node(slot).clone_fn::<T>();
        let clone = clone.or(known);
        // SAFETY: as in `take`.
        unsafe { self.slots.take(slot, clone) }.expect("the plan refuses a run in which this value cannot be moved")
    }

    /// What keeps the next dependency's value from being there, if that is so; then it is not asked for.
    pub(crate) fn failure(&mut self) -> Option<Error> {
        let aside = self.slots.aside()?;
        let failure = aside.failure(*self.edges.as_slice().first()?)?;
        self.edges.next();
        Some(failure)
    }

    /// How the task's own value is cloned, if anybody said so.
    pub(crate) fn own_clone<T: 'static>(&self) -> Option<fn(&T) -> T> {
        self.order.node(self.own).clone_or_copy::<T>()
    }

    /// The next dependency's value, lent until the guard is dropped.
    #[inline]
    pub(crate) fn lend<T: 'static>(&mut self) -> Lent<T> {
        let slot = self.next_edge::<T>();
        // SAFETY: as in `take`; the guard owns the use from here on, and does not outlive the run (invariant 4).
        let value = unsafe { self.slots.address(slot) };
        Lent(Inner::Slot { value, slots: NonNull::from(self.slots), slot })
    }

    /// Where the task's own value goes.
    pub(super) fn target(&self) -> Target {
        Target { slots: NonNull::from(self.slots), own: self.own }
    }

    pub(super) fn put_borrowed<T: 'static>(&mut self, value: NonNull<T>) {
        // SAFETY: the value lies in a node, which the order keeps alive until the run is taken apart (invariant 6).
        unsafe { self.slots.put_borrowed(self.own, value) };
    }

    /// The node that a task is planned for, and its run's.
    pub(super) fn node_of(&self, slot: u32) -> Node<'r> {
        self.order.node(slot)
    }
}

impl fmt::Debug for Cx<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cx").field("task", &self.node_of(self.own)).finish_non_exhaustive()
    }
}

/// The slot a task writes to, free of lifetimes so that a future can keep it.
#[derive(Clone, Copy)]
pub(super) struct Target {
    slots: NonNull<Slots>,
    own: u32,
}

// SAFETY: `Slots` is `Sync`, and whoever keeps a target keeps the run (invariant 4).
unsafe impl Send for Target {}
// SAFETY: as above.
unsafe impl Sync for Target {}

impl Target {
    /// Notes how large the value is, in a run where that counts.
    #[inline]
    pub(super) fn weigh<T: 'static>(self, value: &T, weigh: WeighFn<T>) {
        // SAFETY: whoever keeps a target keeps the run (invariant 4).
        if let Some(aside) = unsafe { self.slots.as_ref() }.aside()
            && !is_copied::<T>()
        {
            aside.weigh(self.own, || weigh.map_or_else(|| weigh_any(value), |weigh| weigh(value)));
        }
    }

    /// # Safety
    /// The run is alive, its task of this slot makes values of type `T`, and makes this one only.
    pub(super) unsafe fn put<T: 'static>(self, value: T) {
        // SAFETY: passed on.
        unsafe { self.slots.as_ref().put(self.own, value) };
    }
}

/// A value lent to a body for as long as it runs; dropping it lets the run free the value.
pub struct Lent<T: 'static>(Inner<T>);

enum Inner<T> {
    Own(T),
    /// In the captures of a node.
    Node(NonNull<T>),
    /// In a slot, of which this guard is one user.
    Slot {
        value: NonNull<T>,
        slots: NonNull<Slots>,
        slot: u32,
    },
}

// SAFETY: stands for `&T` or a `T`, and values are `Send + Sync`; the pointers are kept valid by the run.
unsafe impl<T: Send + Sync> Send for Lent<T> {}
// SAFETY: as above.
unsafe impl<T: Send + Sync> Sync for Lent<T> {}

impl<T> Lent<T> {
    /// A value that belongs to the body alone.
    pub(crate) fn own(value: T) -> Lent<T> {
        Lent(Inner::Own(value))
    }

    /// A literal that stays in its node.
    ///
    /// # Safety
    /// The node is alive, and its captures in place, for as long as the guard.
    unsafe fn in_node(value: &T) -> Lent<T> {
        Lent(Inner::Node(NonNull::from(value)))
    }

    pub(crate) fn literal(value: &T, cx: &Cx<'_>) -> Lent<T> {
        let _ = cx;
        // SAFETY: `Stored::ready` and `Stored::lend` are called on captures in a node of the run whose view is at
        // hand, and captures are moved out only instead of being lent (invariants 4 to 6).
        unsafe { Lent::in_node(value) }
    }
}

impl<T> Deref for Lent<T> {
    type Target = T;

    fn deref(&self) -> &T {
        match &self.0 {
            Inner::Own(value) => value,
            // SAFETY: valid while the guard lives.
            Inner::Node(value) | Inner::Slot { value, .. } => unsafe { value.as_ref() },
        }
    }
}

impl<T> Drop for Lent<T> {
    fn drop(&mut self) {
        if let Inner::Slot { slots, slot, .. } = self.0 {
            // SAFETY: the guard owns one use, which ends here; the run is alive (invariant 4).
            unsafe { slots.as_ref().release::<T>(slot) };
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for Lent<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
