//! A crate that knows `delayed` by another name: no option is needed.
#![deny(warnings, missing_docs, unreachable_pub, unused_qualifications, rust_2018_idioms)]
#![forbid(unsafe_code)]

use graphs::prelude::*;

/// Adds one.
#[delayed]
pub fn inc(x: i64) -> i64 {
    x + 1
}

/// Fails without a number.
#[graphs::delayed(eager = parse_now)]
pub async fn parse(text: &str) -> Result<i64, std::num::ParseIntError> {
    text.parse()
}

/// A block.
pub fn block(x: i64) -> Delayed<i64> {
    delayed_block! {
        let a = inc(x);
        let (b, c) = (a + 1, a + 2);
        let all = for y in [1, 2] { inc(y) };
        b + c + all.len() as i64
    }
}

/// A rate.
#[derive(Clone, Debug)]
pub struct Rate(pub i64);

impl Rate {
    /// Multiplies.
    #[delayed]
    pub fn of(&self, xs: &[i64]) -> i64 {
        xs.iter().map(|x| x * self.0).sum()
    }
}

/// Handles.
#[derive(Debug, DelayedArg)]
#[delayed_arg(derive(Debug))]
pub struct Config {
    /// A number.
    pub x: Delayed<i64>,
}

/// Reads the plain twin.
#[delayed]
pub fn read(config: &ConfigValue) -> i64 {
    config.x
}

/// Keys of a type with parameters.
#[derive(Clone, Debug)]
pub struct Table<K>(pub Vec<K>);

impl<K: Clone + Ord + Send + Sync + Unpin + 'static> Table<K> {
    /// The largest.
    #[delayed]
    pub async fn largest(&self, least: K) -> K {
        self.0.iter().cloned().fold(least, K::max)
    }

    /// Shown without the type.
    #[delayed]
    pub async fn shown(keys: Vec<K>, key: &K) -> bool {
        std::future::ready(keys.contains(key)).await
    }
}

/// All of them.
pub fn all() -> Delayed<i64> {
    Rate::of(Rate(2), [inc(1), parse("3")]) + read(Config { x: inc(0) })
}
