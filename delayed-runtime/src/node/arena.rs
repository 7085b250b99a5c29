//! Where nodes lie: in chunks, filled one node after another by the thread that makes them.
//!
//! A node costs no allocation of its own, and its neighbours in memory are its neighbours in the graph. A chunk goes
//! back to the allocator when the last of its nodes is freed, on whatever thread.
//!
//! # The protocol of a chunk
//! 1. `live` starts at [`OWNED`], which stands for the thread that fills the chunk; that thread alone counts the nodes
//!    it makes, without touching `live`.
//! 2. Whoever frees a node takes one from `live`.
//! 3. The thread lets go of a full chunk by exchanging `OWNED` for the number of nodes made. Whoever brings `live` to
//!    zero returns the memory. Decrements release and the last acquires, so that the memory goes after every use.
//! 4. A full chunk all of whose nodes are freed is filled anew by its thread instead: nobody else knows of it then.

use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use std::cell::Cell;
use std::ptr::{NonNull, null_mut};

use crate::sync::atomic::{AtomicU32, Ordering, fence};
use crate::sync::thread_local;

/// The size of a chunk, and its alignment: a node's chunk is found from the node's address.
const CHUNK: usize = 64 << 10;
/// What is asked of the allocator: less by what it keeps for itself, so that chunks lie side by side.
const BYTES: usize = CHUNK - 128;
/// The largest node kept in a chunk.
const LARGEST: usize = CHUNK / 16;
/// The alignment that nodes in chunks have.
const ALIGN: usize = 8;
const OWNED: u32 = 1 << 31;

const LAYOUT: Layout = match Layout::from_size_align(BYTES, CHUNK) {
    Ok(layout) => layout,
    Err(_) => panic!("a chunk is a valid layout"),
};

/// The head of a chunk; nodes follow.
#[repr(C)]
pub(super) struct Chunk {
    live: AtomicU32,
    /// Stands for the memory, so that the model checker sees who uses it when.
    #[cfg(delayed_loom)]
    memory: crate::sync::UnsafeCell<()>,
}

/// Where the first node of a chunk lies.
const FIRST: usize = size_of::<Chunk>().next_multiple_of(ALIGN);

/// How many chunks there are, for an estimate of the number of nodes.
static CHUNKS: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);

/// An upper bound of the bytes that nodes in chunks take, of all graphs there are.
pub(crate) fn bytes_of_nodes() -> usize {
    CHUNKS.load(std::sync::atomic::Ordering::Relaxed) * BYTES
}

impl Chunk {
    fn new() -> NonNull<Chunk> {
        // SAFETY: the layout is not empty.
        let memory = unsafe { alloc(LAYOUT) };
        let Some(chunk) = NonNull::new(memory.cast::<Chunk>()) else { handle_alloc_error(LAYOUT) };
        // SAFETY: fresh memory, large and aligned enough.
        unsafe {
            chunk.write(Chunk {
                live: AtomicU32::new(OWNED),
                #[cfg(delayed_loom)]
                memory: crate::sync::UnsafeCell::new(()),
            });
        }
        CHUNKS.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        chunk
    }

    /// Takes `count` from `live` (rules 2 and 3).
    ///
    /// # Safety
    /// The count stands for nodes of this chunk that are freed, or for its thread; none of them is used afterwards.
    unsafe fn leave(chunk: NonNull<Chunk>, count: u32) {
        // SAFETY: what the count stands for keeps the chunk alive.
        let live = unsafe { &chunk.as_ref().live };
        // SAFETY: as above.
        #[cfg(delayed_loom)]
        unsafe { chunk.as_ref() }.memory.with(|_| ());
        // Release, for the acquire of whoever is last.
        if live.fetch_sub(count, Ordering::Release) == count {
            fence(Ordering::Acquire);
            // SAFETY: nobody else is left; and nothing may be left of what loom keeps there.
            #[cfg(delayed_loom)]
            unsafe {
                chunk.as_ref().memory.with_mut(|_| ());
                chunk.drop_in_place();
            }
            CHUNKS.fetch_sub(1, std::sync::atomic::Ordering::Relaxed);
            // SAFETY: allocated in `new` with this layout, and nobody knows of it any more.
            unsafe { dealloc(chunk.as_ptr().cast(), LAYOUT) };
        }
    }
}

/// A chunk as its thread fills it.
struct Filling {
    chunk: Cell<*mut Chunk>,
    /// Where the next node goes, from the start of the chunk.
    at: Cell<usize>,
    /// How many nodes were made.
    made: Cell<u32>,
}

impl Filling {
    const fn new() -> Filling {
        Filling { chunk: Cell::new(null_mut()), at: Cell::new(BYTES), made: Cell::new(0) }
    }

    #[inline]
    fn take(&self, size: usize) -> NonNull<u8> {
        let mut at = self.at.get();
        if BYTES - at < size {
            self.renew();
            at = self.at.get();
        }
        self.at.set(at + size.next_multiple_of(ALIGN));
        self.made.set(self.made.get() + 1);
        // SAFETY: within the chunk, which `renew` made sure is there.
        unsafe { NonNull::new_unchecked(self.chunk.get().cast::<u8>().add(at)) }
    }

    /// Gets an empty chunk: the present one if all of its nodes are freed (rule 4), else a new one.
    #[cold]
    fn renew(&self) {
        match NonNull::new(self.chunk.get()) {
            // SAFETY: the thread's part of `live` keeps the chunk alive. Acquire: what others did with the nodes
            // they freed comes before the memory is used anew.
            Some(chunk) if unsafe { chunk.as_ref() }.live.load(Ordering::Acquire) == OWNED - self.made.get() => {
                // SAFETY: as above.
                unsafe { chunk.as_ref() }.live.store(OWNED, Ordering::Relaxed);
                #[cfg(delayed_loom)]
                // SAFETY: as above.
                unsafe { chunk.as_ref() }.memory.with_mut(|_| ());
            }
            _ => {
                self.let_go();
                self.chunk.set(Chunk::new().as_ptr());
            }
        }
        self.at.set(FIRST);
        self.made.set(0);
    }

    /// The thread fills the chunk no more (rule 3).
    fn let_go(&self) {
        if let Some(chunk) = NonNull::new(self.chunk.replace(null_mut())) {
            // SAFETY: the thread's part, given up here, but for the nodes made.
            unsafe { Chunk::leave(chunk, OWNED - self.made.get()) };
        }
        self.at.set(BYTES);
    }
}

impl Drop for Filling {
    fn drop(&mut self) {
        self.let_go();
    }
}

thread_local! {
    static FILLING: Filling = const { Filling::new() };
}

/// Memory for a node, in the thread's chunk; `None` if the node needs an allocation of its own.
#[inline]
pub(super) fn take(layout: Layout) -> Option<NonNull<u8>> {
    if layout.size() > LARGEST || layout.align() > ALIGN || cfg!(delayed_loom) {
        return None;
    }
    // At a thread's end, nodes made by destructors of its locals have allocations of their own.
    FILLING.try_with(|filling| filling.take(layout.size())).ok()
}

/// Chunks whose nodes are freed in a row: neighbours are counted down together.
pub(super) struct Freed {
    chunk: *mut Chunk,
    count: u32,
}

impl Freed {
    pub(super) const fn new() -> Freed {
        Freed { chunk: null_mut(), count: 0 }
    }

    /// Notes that a node is freed.
    ///
    /// # Safety
    /// Its memory came from [`take`], and is not used any more.
    #[inline]
    pub(super) unsafe fn add(&mut self, node: NonNull<u8>) {
        let chunk = node.as_ptr().map_addr(|address| address & !(CHUNK - 1)).cast::<Chunk>();
        if chunk != self.chunk {
            self.flush();
            self.chunk = chunk;
        }
        self.count += 1;
    }

    fn flush(&mut self) {
        if let Some(chunk) = NonNull::new(self.chunk)
            && self.count > 0
        {
            // SAFETY: these nodes are freed, as `add` was told.
            unsafe { Chunk::leave(chunk, self.count) };
            self.count = 0;
        }
    }
}

impl Drop for Freed {
    fn drop(&mut self) {
        self.flush();
    }
}

#[cfg(all(test, delayed_loom))]
mod models;
