//! Loom's models of values, nodes and their memory: the production modules, driven by a few threads each.

mod references;
mod slots;
mod tasks;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use crate::sync::UnsafeCell;

/// What became of the values of one model. Loom does not see it, so that it orders nothing.
#[derive(Default)]
pub(crate) struct Log {
    clones: AtomicUsize,
    drops: AtomicUsize,
}

impl Log {
    pub(crate) fn clones(&self) -> usize {
        self.clones.load(Relaxed)
    }

    pub(crate) fn drops(&self) -> usize {
        self.drops.load(Relaxed)
    }
}

/// A value whose every use loom sees: reads must come after the write, the drop after all reads.
pub(crate) struct Seen {
    cell: UnsafeCell<u32>,
    log: Arc<Log>,
}

impl Seen {
    pub(crate) fn new(content: u32, log: &Arc<Log>) -> Seen {
        Seen { cell: UnsafeCell::new(content), log: log.clone() }
    }

    pub(crate) fn read(&self) -> u32 {
        // SAFETY: loom checks that nobody changes it meanwhile.
        self.cell.with(|content| unsafe { *content })
    }

    /// Changes the value where it is shared.
    pub(crate) fn change_shared(&self) {
        // SAFETY: loom checks that nobody reads meanwhile.
        self.cell.with_mut(|content| unsafe { *content += 100 });
    }

    /// Uses the value as its only owner.
    pub(crate) fn change(&mut self) {
        // SAFETY: exclusive; loom checks that nobody reads meanwhile.
        self.cell.with_mut(|content| unsafe { *content += 100 });
    }
}

impl Clone for Seen {
    fn clone(&self) -> Seen {
        self.log.clones.fetch_add(1, Relaxed);
        Seen::new(self.read(), &self.log)
    }
}

impl Drop for Seen {
    fn drop(&mut self) {
        self.change();
        self.log.drops.fetch_add(1, Relaxed);
    }
}
