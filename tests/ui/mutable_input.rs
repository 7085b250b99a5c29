//! An input that all who share it can change is warned of, whatever name its type has.
#![deny(warnings)]
use delayed::prelude::*;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, RwLock};

type Shared = Arc<Mutex<Vec<i64>>>;

#[delayed]
fn by_another_name(log: Shared, x: i64) -> i64 {
    log.lock().unwrap().push(x);
    x
}

#[delayed]
fn borrowed(n: &AtomicU64) -> u64 {
    n.load(std::sync::atomic::Ordering::Relaxed)
}

#[delayed]
fn in_a_list(all: &[Arc<RwLock<i64>>]) -> usize {
    all.len()
}

#[delayed(allow(mutable_input))]
fn switched_off(log: Arc<Mutex<i64>>) -> i64 {
    *log.lock().unwrap()
}

#[delayed]
fn mended(mut log: Vec<i64>, x: i64) -> Vec<i64> {
    log.push(x);
    log
}

fn main() {
    let _ = (by_another_name(Shared::default(), 1), borrowed(AtomicU64::new(0)), switched_off(Arc::default()));
    let _ = (in_a_list(vec![Arc::new(RwLock::new(1))]), mended(vec![1], 2));
}
