#![deny(warnings, clippy::all)]
// What the bodies do on purpose.
#![allow(
    clippy::eq_op,
    clippy::legacy_numeric_constants,
    clippy::let_and_return,
    clippy::manual_clamp,
    clippy::manual_is_multiple_of,
    clippy::never_loop,
    clippy::unnecessary_min_or_max,
    clippy::vec_init_then_push
)]
// What the bodies use, and what shows their results.

use std::f32;
use std::i32::MAX;

const LIMIT: i64 = 7;
static NAMES: [&str; 2] = ["a", "bc"];
#[allow(dead_code)]
static mut UNSAFE_COUNT: i64 = 0;

mod limits {
    pub const HIGH: i64 = 9;
}

macro_rules! thrice {
    ($x:expr) => {
        $x * 3
    };
}

macro_rules! lower_limit {
    () => {
        const LOWER: i64 = 4;
    };
}

macro_rules! lower_static {
    ($name:ident) => {
        static $name: [i64; 2] = [1, 2];
        static BEHIND: [i64; 3] = [1, 2, 3];
    };
}

macro_rules! ignored {
    ($($tokens:tt)*) => {};
}

macro_rules! bound {
    ($name:ident, $x:expr) => {
        let $name = $x;
    };
}

#[allow(non_upper_case_globals)]
static mut lower_count: i64 = 2;
static WORDS: std::sync::OnceLock<Vec<&str>> = std::sync::OnceLock::new();

#[derive(Clone)]
struct Room<const SIZE: usize>;

trait Bounded {
    const TOP: u64;
}

impl Bounded for u8 {
    const TOP: u64 = 255;
}

#[allow(clippy::upper_case_acronyms)]
#[derive(Clone, Copy)]
enum Color {
    RED = 1,
    GREEN = 2,
}

trait Area {
    fn area(&self) -> i64;
}

struct Square(i64);

impl Area for Square {
    fn area(&self) -> i64 {
        self.0 * self.0
    }
}

struct Line;

impl Area for Line {
    fn area(&self) -> i64 {
        0
    }
}

#[derive(Clone, Debug)]
struct Point {
    x: i64,
    y: i64,
}

impl Point {
    const ORIGIN: i64 = 0;
}

fn plain_twice(x: i64) -> i64 {
    x * 2
}

fn seen_here(x: i64) -> i64 {
    thread_local! {
        static SEEN: std::cell::Cell<i64> = const { std::cell::Cell::new(0) };
    }
    SEEN.set(x);
    SEEN.get()
}

struct W<T>(T);

#[allow(clippy::upper_case_acronyms)]
enum Chain<T> {
    EMPTY,
    FULL(T),
}
use Chain::{EMPTY, FULL};

const TWICE: fn(i64) -> i64 = plain_twice;

mod names {
    pub fn imported_name(x: i64) -> i64 {
        x + 5
    }

    pub fn imported_by_a_glob(x: i64) -> i64 {
        x + 6
    }

    macro_rules! own_format {
        ($($tokens:tt)*) => {
            1
        };
    }
    pub(crate) use own_format as format;
}
