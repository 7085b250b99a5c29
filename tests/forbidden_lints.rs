//! A crate may forbid lints that the macro's questions about statics would meet.
#![forbid(deprecated, static_mut_refs, unused_unsafe, unused_qualifications, clippy::borrow_interior_mutable_const)]
#![deny(warnings, clippy::all, clippy::pedantic)]

use delayed::prelude::*;
use std::sync::atomic::{AtomicU64, Ordering};

static TABLE: [u64; 2] = [1, 2];
static COUNT: AtomicU64 = AtomicU64::new(0);

mod limits {
    pub(crate) static HIGH: [u64; 2] = [5, 7];
}

use limits::HIGH;

macro_rules! log {
    ($($tokens:tt)*) => {};
}

#[delayed]
fn looked_up(i: usize) -> u64 {
    log!("looked up {i}");
    TABLE[i] + HIGH[i]
}

#[delayed]
#[allow(unsafe_code)]
fn unchecked(i: usize) -> u64 {
    assert!(i < TABLE.len());
    // SAFETY: just asserted.
    unsafe { *TABLE.get_unchecked(i) }
}

#[delayed]
fn with_items(i: usize) -> u64 {
    fn at(i: usize) -> u64 {
        TABLE[i]
    }
    log!(i);
    at(i) + HIGH[i].min(6)
}

#[derive(Clone)]
struct Shift(usize);

impl Shift {
    #[delayed]
    fn shifted(self, i: usize) -> u64 {
        log!(i);
        TABLE[i - self.0]
    }
}

#[delayed]
fn imported(i: usize) -> u64 {
    use limits::HIGH;
    HIGH[i]
}

#[delayed(allow(global_state))]
fn counted(x: u64) -> u64 {
    COUNT.fetch_add(x, Ordering::Relaxed)
}

#[test]
fn bodies_that_use_statics_compile() {
    assert_eq!(delayed::compute((looked_up(1), unchecked(1), imported(0))).unwrap(), (9, 2, 5));
    assert_eq!(delayed::compute((with_items(1), Shift::shifted(Shift(1), 2))).unwrap(), (8, 2));
    assert_eq!((counted(3).compute().unwrap(), COUNT.load(Ordering::Relaxed)), (0, 3));
}
