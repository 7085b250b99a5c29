//! State that tasks share behind their arguments is warned of, wherever it is used.
#![deny(warnings)]
use delayed::prelude::*;
use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{LazyLock, Mutex, OnceLock, RwLock};

static COUNT: AtomicU64 = AtomicU64::new(0);
static LOG: Mutex<Vec<i64>> = Mutex::new(Vec::new());
static TABLE: LazyLock<RwLock<Vec<i64>>> = LazyLock::new(RwLock::default);
static NAMES: [&str; 2] = ["a", "b"];
static PARTS: [AtomicU64; 2] = [AtomicU64::new(0), AtomicU64::new(0)];
static WORDS: OnceLock<Vec<String>> = OnceLock::new();
static mut LAST: i64 = 0;
const LIMIT: i64 = 10;

thread_local! {
    static SEEN: Cell<i64> = const { Cell::new(0) };
}

mod state {
    use std::sync::Mutex;

    pub(crate) static DEEP: Mutex<i64> = Mutex::new(0);
}

#[delayed]
fn counted(x: i64) -> i64 {
    COUNT.fetch_add(1, Ordering::Relaxed);
    x
}

#[delayed]
async fn logged(x: i64) -> i64 {
    let log = || LOG.lock().unwrap().push(x);
    log();
    x + i64::try_from(TABLE.read().unwrap().len()).unwrap()
}

#[delayed]
fn elsewhere(x: i64) -> i64 {
    println!("{}", state::DEEP.lock().unwrap());
    SEEN.with(|seen| seen.get()) + x
}

#[delayed]
fn unsafely(x: i64) -> i64 {
    unsafe { LAST = x };
    x
}

#[delayed]
fn by_address(x: i64) -> i64 {
    let last = &raw mut LAST;
    unsafe { *last = x };
    x
}

#[delayed]
fn of_its_own(x: u64) -> u64 {
    static LAST_SEEN: AtomicU64 = AtomicU64::new(0);
    static mut CALLS: u64 = 0;
    thread_local! {
        static HERE: Cell<u64> = const { Cell::new(0) };
    }
    HERE.set(x);
    unsafe { CALLS += 1 };
    LAST_SEEN.swap(x, Ordering::Relaxed)
}

macro_rules! my_log {
    ($($t:tt)*) => {};
}

#[delayed]
fn beside_a_macro(x: u64) -> u64 {
    my_log!("hi");
    COUNT.fetch_add(x, Ordering::Relaxed)
}

#[delayed]
fn beside_a_glob(x: i64) -> i64 {
    use state::*;
    *DEEP.lock().unwrap() + x
}

#[delayed]
fn imported(x: i64) -> i64 {
    use state::DEEP as DEPTH;
    *DEPTH.lock().unwrap() + x
}

#[delayed]
fn in_unsafe(x: u64) -> u64 {
    unsafe { COUNT.fetch_add(std::ptr::read(&x), Ordering::Relaxed) }
}

#[delayed]
fn reads(x: i64) -> i64 {
    unsafe { LAST + x }
}

#[delayed]
fn shown(x: i64) -> String {
    format!("{COUNT:?} {:?} {x}", LOG)
}

#[delayed(deny(global_state))]
fn denied(i: usize) -> u64 {
    PARTS[i].load(Ordering::Relaxed)
}

struct Model;

impl Model {
    #[delayed]
    fn logged(&self, x: i64) -> u64 {
        my_log!("hi");
        COUNT.load(Ordering::Relaxed) + x.unsigned_abs()
    }

    #[delayed]
    fn of(&self, x: i64) -> u64 {
        COUNT.load(Ordering::Relaxed) + x.unsigned_abs()
    }
}

#[delayed(allow(global_state))]
fn switched_off(x: i64) -> i64 {
    LOG.lock().unwrap().push(x);
    x
}

#[delayed]
fn constants(x: i64) -> i64 {
    const OWN: i64 = 3;
    let words = WORDS.get().map_or(0, Vec::len);
    i64::MAX.min(x + LIMIT + OWN) + i64::try_from(NAMES.len() + words).unwrap()
}

#[delayed]
fn mended(mut log: Vec<i64>, x: i64) -> Vec<i64> {
    log.push(x);
    log
}

fn main() {
    let _ = (counted(1), logged(1), elsewhere(1), unsafely(1), by_address(1), denied(1), Model::of(Model, 1));
    let _ = (of_its_own(1), beside_a_macro(1), beside_a_glob(1), imported(1), in_unsafe(1), reads(1), shown(1));
    let _ = Model::logged(Model, 1);
    let _ = (switched_off(1), constants(1), mended(vec![1], 2));
}
