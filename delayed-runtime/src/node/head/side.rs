//! What few nodes have, kept beside the node so that the others do not pay for it: labels, what was said of cloning,
//! claims, dependencies without values.

use std::borrow::Cow;
use std::panic::Location;

use super::super::kind::CloneFn;
use super::{Node, NodeRef, SIDE, TAGS, untagged};
use crate::policy::Changes;
use crate::sync::atomic::Ordering;
use crate::sync::{Mutex, lock};

/// The record of one node.
pub(super) struct Side {
    location: &'static Location<'static>,
    said: Mutex<Said>,
    /// Dependencies whose values are not taken. Changed only while the node has one owner.
    pub(super) after: Vec<NodeRef>,
    /// What was said of how the task runs. Changed only while the node has one owner.
    pub(super) changes: Option<Box<Changes>>,
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
            changes: None,
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

impl<'a> Node<'a> {
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
    pub(crate) fn teach_clone(self, clone: CloneFn) {
        lock(&self.side().said).clone = Some(clone);
    }

    pub(crate) fn taught_clone(self) -> Option<CloneFn> {
        self.existing_side().and_then(|side| lock(&side.said).clone)
    }

    #[inline]
    pub(super) fn existing_side(self) -> Option<&'a Side> {
        // Pairs with the release in `side`.
        let place = self.head().place.load(Ordering::Acquire);
        // SAFETY: with SIDE, `place` is a boxed `Side` that lives as long as the node.
        (place.addr() & SIDE != 0).then(|| unsafe { Side::at(place) })
    }

    /// The side record, made now if there is none.
    pub(super) fn side(self) -> &'a Side {
        let place = &self.head().place;
        let mut seen = place.load(Ordering::Acquire);
        if seen.addr() & SIDE == 0 {
            let side = Side::new(self.location());
            let fresh = Box::into_raw(Box::new(side));
            while seen.addr() & SIDE == 0 {
                let tagged = fresh.cast::<u8>().map_addr(|address| address | SIDE | (seen.addr() & TAGS));
                // Release: the record is whole for whoever sees the tag. Nothing lies behind what it replaces.
                match place.compare_exchange_weak(seen, tagged, Ordering::Release, Ordering::Acquire) {
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

    /// Claims for one run what is moved out of the node; false if another run has claimed it.
    pub(crate) fn set_claim(self) -> bool {
        let claim = &mut lock(&self.side().said).claim;
        let free = *claim == Claim::Free;
        if free {
            *claim = Claim::Claimed;
        }
        free
    }

    /// Notes that the run with the claim has moved the value out.
    pub(crate) fn use_claim(self) {
        if let Some(side) = self.existing_side() {
            lock(&side.said).claim = Claim::Taken;
        }
    }

    /// Gives a claim back that was not used.
    pub(crate) fn clear_claim(self) {
        let claim = &mut lock(&self.side().said).claim;
        if *claim == Claim::Claimed {
            *claim = Claim::Free;
        }
    }
}
