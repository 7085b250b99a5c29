//! Where a run keeps values: one slot a task, and a word that says who still wants it.
//!
//! # The protocol of a slot's users
//! The word counts the users that have not let go of the value yet (`LEFT`), and how many of these are cloning it
//! at the moment (`CLONING`).
//! 1. The plan sets `LEFT` to the number of uses: the edges of dependents, and the outputs. A task that may be tried
//!    again has a second use by each edge, so that the value is there for the next attempt.
//! 2. The task writes the value and sets `FULL`, alone, before its dependents can know that it is done.
//! 3. Whoever lends lets go by taking one from `LEFT`.
//! 4. Whoever wants it by value looks at the word: alone (`LEFT == 1`) it moves the value out. With another user
//!    that is not cloning, it counts itself into `CLONING`, clones, and lets go. Otherwise all the others are cloning
//!    and it is the one that shall move: it waits for them. So n users by value make n - 1 clones with any number of
//!    threads, if nobody is lent the value at the end. Two things keep this from hanging or overflowing: with the most
//!    clones under way that the word can count a further user waits too, and one that has waited for long (a `Clone`
//!    may itself wait, for a graph it computes) clones after all.
//! 5. Whoever takes the last one from `LEFT` drops the value, unless `BORROWED` says that it lies in a node.
//!
//! Decrements release and the last one acquires, so that the drop or move comes after every other use.
//!
//! Numbers and the like need none of this: whoever wants one copies it, and nothing is to be dropped. Their words are
//! left as the plan set them.

use std::any::TypeId;
use std::mem::MaybeUninit;
use std::ptr::NonNull;
use std::time::Duration;

use super::aside::Aside;
use super::order::Uses;
use crate::sync::UnsafeCell;
use crate::sync::atomic::{AtomicU32, Ordering, fence};
use crate::sync::{Instant, hint, thread};

const LEFT: u32 = (1 << 25) - 1;
const CLONING: u32 = 1 << 25;
const MOST_CLONING: u32 = 31;
const BORROWED: u32 = 1 << 30;
const FULL: u32 = 1 << 31;

/// How long the user that shall move waits for those that clone.
const PATIENCE: Duration = Duration::from_secs(1);

/// How many uses one value may have in one run.
pub(crate) const MOST_USERS: u32 = LEFT;

/// What is known of a type of values at run time.
pub(crate) struct ValueType {
    pub(super) id: fn() -> TypeId,
    pub(super) name: fn() -> &'static str,
    drop: unsafe fn(&Cell),
    is_copied: fn() -> bool,
    release: unsafe fn(&Slots, u32),
}

impl ValueType {
    pub(super) const fn of<T: 'static>() -> ValueType {
        ValueType {
            id: TypeId::of::<T>,
            name: std::any::type_name::<T>,
            drop: drop_value::<T>,
            is_copied: is_copied::<T>,
            release: release_value::<T>,
        }
    }

    /// Whether values are copied as often as somebody wants.
    pub(super) fn is_copied(&self) -> bool {
        (self.is_copied)()
    }
}

/// A value where it fits into eight bytes, else a box of it; or the address of one that lies in a node.
struct Cell(UnsafeCell<MaybeUninit<u64>>);

const fn is_inline<T>() -> bool {
    size_of::<T>() <= size_of::<u64>() && align_of::<T>() <= align_of::<u64>()
}

/// Whether values of the type are copied out of their cell, as often as somebody wants: the primitive types that fit.
/// (Not every type without a destructor: whether one is `Copy` cannot be asked, and a `Clone` may count.)
#[inline]
pub(super) fn is_copied<T: 'static>() -> bool {
    if const { !is_inline::<T>() || std::mem::needs_drop::<T>() } {
        return false;
    }
    let ids = const {
        [
            TypeId::of::<()>(),
            TypeId::of::<bool>(),
            TypeId::of::<char>(),
            TypeId::of::<u8>(),
            TypeId::of::<i8>(),
            TypeId::of::<u16>(),
            TypeId::of::<i16>(),
            TypeId::of::<u32>(),
            TypeId::of::<i32>(),
            TypeId::of::<u64>(),
            TypeId::of::<i64>(),
            TypeId::of::<usize>(),
            TypeId::of::<isize>(),
            TypeId::of::<f32>(),
            TypeId::of::<f64>(),
        ]
    };
    ids.contains(&TypeId::of::<T>())
}

impl Cell {
    fn empty() -> Cell {
        Cell(UnsafeCell::new(MaybeUninit::uninit()))
    }

    /// # Safety
    /// The caller alone uses the cell.
    unsafe fn write_pointer<T>(&self, pointer: *mut T) {
        // SAFETY: exclusive by the caller's word; a pointer fits.
        self.0.with_mut(|cell| unsafe { cell.cast::<*mut T>().write(pointer) });
    }

    /// # Safety
    /// The cell holds a pointer.
    unsafe fn pointer<T>(&self) -> *mut T {
        // SAFETY: by the caller's word.
        self.0.with(|cell| unsafe { cell.cast::<*mut T>().read() })
    }

    /// # Safety
    /// The caller alone uses the cell.
    unsafe fn write<T>(&self, value: T) {
        // SAFETY: exclusive by the caller's word; an inline `T` fits.
        unsafe {
            if is_inline::<T>() {
                self.0.with_mut(|cell| cell.cast::<T>().write(value));
            } else {
                self.write_pointer(Box::into_raw(Box::new(value)));
            }
        }
    }

    /// # Safety
    /// The cell holds a `T` of its own.
    unsafe fn address<T>(&self) -> NonNull<T> {
        // SAFETY: what `write::<T>` left there.
        unsafe {
            NonNull::new_unchecked(if is_inline::<T>() {
                self.0.with(|cell| cell.cast_mut().cast::<T>())
            } else {
                self.pointer()
            })
        }
    }

    /// # Safety
    /// The cell holds a `T` of its own that nobody else uses any more; it counts as empty afterwards.
    unsafe fn take<T>(&self) -> T {
        // SAFETY: what `write::<T>` left there.
        unsafe {
            if is_inline::<T>() {
                self.0.with_mut(|cell| cell.cast::<T>().read())
            } else {
                *Box::from_raw(self.pointer())
            }
        }
    }
}

/// # Safety
/// As [`Cell::take`].
unsafe fn drop_value<T>(cell: &Cell) {
    // SAFETY: passed on.
    drop(unsafe { cell.take::<T>() });
}

/// # Safety
/// As [`Slots::release`].
unsafe fn release_value<T: 'static>(slots: &Slots, slot: u32) {
    // SAFETY: passed on.
    unsafe { slots.release::<T>(slot) };
}

/// The slots of one run, by the number the plan gave to each node.
pub(crate) struct Slots {
    users: Vec<AtomicU32>,
    cells: Vec<Cell>,
    aside: Option<Box<Aside>>,
}

// SAFETY: values are `Send + Sync` (a bound of `Value`), and the protocol of users orders every access.
unsafe impl Send for Slots {}
// SAFETY: as above.
unsafe impl Sync for Slots {}

impl Slots {
    /// Empty slots for values with these numbers of users, each at most [`MOST_USERS`].
    pub(crate) fn new(uses: Uses, aside: Option<Aside>) -> Slots {
        let Uses { counts, spare } = uses;
        let cells = match spare.into_vec::<u64>(counts.len()) {
            Some(cells) => cells.into_iter().map(|_| Cell::empty()).collect(),
            None => (0..counts.len()).map(|_| Cell::empty()).collect(),
        };
        let users = counts.into_iter().map(AtomicU32::new).collect();
        Slots { users, cells, aside: aside.map(Box::new) }
    }

    /// What is noted beside the values, in a run where that is.
    #[inline]
    pub(crate) fn aside(&self) -> Option<&Aside> {
        self.aside.as_deref()
    }

    #[inline]
    fn cell(&self, slot: u32) -> &Cell {
        &self.cells[slot as usize]
    }

    #[inline]
    fn word(&self, slot: u32) -> &AtomicU32 {
        &self.users[slot as usize]
    }

    /// Keeps the value that the slot's task made; drops it at once if nobody wants it.
    ///
    /// # Safety
    /// The caller runs the slot's task, whose values are of type `T`.
    #[inline]
    pub(super) unsafe fn put<T: 'static>(&self, slot: u32, value: T) {
        if is_copied::<T>() {
            // SAFETY: until its dependents know of it only the task itself uses the cell.
            unsafe { self.cell(slot).write(value) };
            return;
        }
        let word = self.word(slot);
        let users = word.load(Ordering::Relaxed);
        debug_assert_eq!(users & FULL, 0, "a task's value is written once");
        if users & LEFT > 0 {
            // SAFETY: before FULL is set only the task itself uses the cell.
            unsafe { self.cell(slot).write(value) };
            // Made visible by whatever tells dependents that the task is done.
            word.store(users | FULL, Ordering::Relaxed);
        }
    }

    /// Lends out a value that lies in a node.
    ///
    /// # Safety
    /// As [`put`](Self::put); the value stays where it is until the run is taken apart.
    pub(super) unsafe fn put_borrowed<T: 'static>(&self, slot: u32, value: NonNull<T>) {
        if is_copied::<T>() {
            // SAFETY: as in `put`.
            unsafe { self.cell(slot).write(value.read()) };
            return;
        }
        // SAFETY: as in `put`.
        unsafe { self.cell(slot).write_pointer(value.as_ptr()) };
        let word = self.word(slot);
        word.store(word.load(Ordering::Relaxed) | FULL | BORROWED, Ordering::Relaxed);
    }

    /// Where the value lies.
    ///
    /// # Safety
    /// The slot is full, its type is `T`, and the caller owns one of its users for as long as it reads.
    #[inline]
    pub(super) unsafe fn address<T: 'static>(&self, slot: u32) -> NonNull<T> {
        let borrowed = !is_copied::<T>() && self.word(slot).load(Ordering::Relaxed) & BORROWED != 0;
        let cell = self.cell(slot);
        // SAFETY: what `put` or `put_borrowed` left there.
        unsafe { if borrowed { NonNull::new_unchecked(cell.pointer()) } else { cell.address() } }
    }

    /// Lets go of one use.
    ///
    /// # Safety
    /// As [`address`](Self::address); the use ends here.
    #[inline]
    pub(super) unsafe fn release<T: 'static>(&self, slot: u32) {
        if !is_copied::<T>() {
            // SAFETY: passed on.
            unsafe { self.leave::<T>(slot, 1) };
        }
    }

    /// # Safety
    /// As [`release`](Self::release); `leaving` is one user, with or without its mark as cloning.
    unsafe fn leave<T: 'static>(&self, slot: u32, leaving: u32) {
        let word = self.word(slot);
        let before = word.load(Ordering::Relaxed);
        // Nobody else is left: no read-modify-write is needed (rule 5). The fence below pairs with the others' release.
        let before = if before & LEFT == 1 {
            word.store(before & BORROWED, Ordering::Relaxed);
            before
        } else {
            // Release: our use comes before the last user's drop or move.
            word.fetch_sub(leaving, Ordering::Release)
        };
        if before & LEFT == 1 {
            fence(Ordering::Acquire);
            word.store(before & BORROWED, Ordering::Relaxed);
            if before & BORROWED == 0 {
                // SAFETY: the last user is gone, so the value is nobody's.
                unsafe { drop_value::<T>(self.cell(slot)) };
            }
        }
    }

    /// Takes the value for one use: moved if this is the last one (rule 4), else cloned. `None` if it would have to
    /// be cloned and nobody knows how; the use is let go all the same.
    ///
    /// # Safety
    /// As [`release`](Self::release).
    #[inline]
    pub(super) unsafe fn take<T: 'static>(&self, slot: u32, clone: Option<fn(&T) -> T>) -> Option<T> {
        if is_copied::<T>() {
            // SAFETY: full, and of a type that is copied.
            return Some(unsafe { self.cell(slot).address::<T>().read() });
        }
        // Acquire: the others' uses come before a move.
        if self.word(slot).load(Ordering::Acquire) == FULL | 1 {
            self.word(slot).store(0, Ordering::Relaxed);
            // SAFETY: the only user moves the value out; the slot counts as empty from here on.
            return Some(unsafe { self.cell(slot).take() });
        }
        // SAFETY: passed on.
        unsafe { self.take_shared(slot, clone) }
    }

    /// [`take`](Self::take) of a value that others use too, or did a moment ago.
    ///
    /// # Safety
    /// As [`release`](Self::release).
    unsafe fn take_shared<T: 'static>(&self, slot: u32, clone: Option<fn(&T) -> T>) -> Option<T> {
        /// Lets go after the clone, also when it unwinds.
        struct Cloning<'a, T: 'static>(&'a Slots, u32, std::marker::PhantomData<T>);
        impl<T: 'static> Drop for Cloning<'_, T> {
            fn drop(&mut self) {
                // SAFETY: made below by the owner of a use, which was counted as cloning.
                unsafe { self.0.leave::<T>(self.1, 1 + CLONING) };
            }
        }
        let word = self.word(slot);
        let mut spins = 0;
        let mut since = None;
        loop {
            // Acquire: the others' uses come before a move.
            let seen = word.load(Ordering::Acquire);
            let (left, cloning) = (seen & LEFT, (seen / CLONING) & MOST_CLONING);
            if left == 1 && seen & BORROWED == 0 {
                word.store(0, Ordering::Relaxed);
                // SAFETY: the only user moves the value out; the slot counts as empty from here on.
                return Some(unsafe { self.cell(slot).take() });
            }
            let impatient = since.as_ref().is_some_and(|since: &Instant| since.elapsed() > PATIENCE);
            let others = left - 1 > cloning || seen & BORROWED != 0 || (impatient && clone.is_some());
            if others && cloning < MOST_CLONING {
                if word.compare_exchange_weak(seen, seen + CLONING, Ordering::Relaxed, Ordering::Relaxed).is_err() {
                    continue;
                }
                let _leaves = Cloning::<T>(self, slot, std::marker::PhantomData);
                // SAFETY: full, and this use is not let go before the clone is made.
                return clone.map(|clone| clone(unsafe { self.address::<T>(slot).as_ref() }));
            }
            spins += 1;
            if spins < 64 {
                hint::spin_loop();
            } else {
                since.get_or_insert_with(Instant::now);
                thread::yield_now();
            }
        }
    }

    /// [`release`](Self::release) of a value whose type is known at run time only.
    ///
    /// # Safety
    /// As there; `kind` is the type of the slot's task.
    pub(crate) unsafe fn release_any(&self, slot: u32, kind: &ValueType) {
        // SAFETY: passed on.
        unsafe { (kind.release)(self, slot) };
    }

    /// Adds one use of a value that the caller owns another use of.
    pub(crate) fn add_use(&self, slot: u32) {
        self.word(slot).fetch_add(1, Ordering::Relaxed);
    }

    /// No use counts any more. Nobody has one.
    pub(super) fn forget_uses(&self, slot: u32) {
        let word = self.word(slot);
        word.store(word.load(Ordering::Relaxed) & (FULL | BORROWED), Ordering::Relaxed);
    }

    /// Whether nobody uses the value any more, and it is gone or lies in a node.
    pub(crate) fn is_gone(&self, slot: u32) -> bool {
        self.word(slot).load(Ordering::Relaxed) & LEFT == 0
    }

    /// Whether the slot still holds a value of its own. Nobody else uses it.
    #[inline]
    pub(super) fn is_left(&self, slot: u32) -> bool {
        self.word(slot).load(Ordering::Relaxed) & (FULL | BORROWED) == FULL
    }

    /// Drops a value that is not to count, so that the task can make another.
    ///
    /// # Safety
    /// As [`clear`](Self::clear), but for the users, who do not know of the value.
    pub(super) unsafe fn revoke(&self, slot: u32, kind: &ValueType) {
        let word = self.word(slot);
        word.store(word.load(Ordering::Relaxed) & LEFT, Ordering::Relaxed);
        // SAFETY: by the caller's word.
        unsafe { (kind.drop)(self.cell(slot)) };
    }

    /// Drops the value that is left in a slot.
    ///
    /// # Safety
    /// It [is left](Self::is_left), no user is, and nobody else uses the slot; `kind` is the type of the slot's task.
    pub(super) unsafe fn clear(&self, slot: u32, kind: &ValueType) {
        self.word(slot).store(0, Ordering::Relaxed);
        // SAFETY: by the caller's word.
        unsafe { (kind.drop)(self.cell(slot)) };
    }

    /// The words of a run that is over, to count with.
    pub(super) fn words(&self) -> &[AtomicU32] {
        &self.users
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::AtomicUsize;

    use super::*;

    #[derive(Debug)]
    struct Counted(Arc<[AtomicUsize; 2]>, [u64; 4]);

    impl Clone for Counted {
        fn clone(&self) -> Counted {
            self.0[0].fetch_add(1, Ordering::Relaxed);
            Counted(self.0.clone(), self.1)
        }
    }

    impl Drop for Counted {
        fn drop(&mut self) {
            self.0[1].fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn users_by_value_clone_all_but_once() {
        for round in 0..500 {
            let counts = Arc::new([const { AtomicUsize::new(0) }; 2]);
            let users = 1 + round % 4;
            let slots = Slots::new(Uses::of(vec![users]), None);
            // SAFETY: the type agrees everywhere, and each thread owns one use.
            unsafe { slots.put(0, Counted(counts.clone(), [round.into(); 4])) };
            std::thread::scope(|scope| {
                for _ in 0..users {
                    scope.spawn(|| {
                        // SAFETY: as above.
                        let value = unsafe { slots.take::<Counted>(0, Some(Clone::clone)) };
                        assert_eq!(value.map(|value| value.1[3]), Some(round.into()));
                    });
                }
            });
            assert_eq!(counts[0].load(Ordering::Relaxed), users as usize - 1);
            assert_eq!(counts[1].load(Ordering::Relaxed), users as usize);
        }
    }

    #[test]
    fn a_value_nobody_wants_is_dropped_at_once() {
        let counts = Arc::new([const { AtomicUsize::new(0) }; 2]);
        let slots = Slots::new(Uses::of(vec![0]), None);
        // SAFETY: the slot's only task.
        unsafe { slots.put(0, Counted(counts.clone(), [0; 4])) };
        assert_eq!(counts[1].load(Ordering::Relaxed), 1);
    }
}
