//! A crate that sees `delayed` through another one only: the option says where.
#![deny(warnings, missing_docs, unreachable_pub, unused_qualifications, rust_2018_idioms)]
#![forbid(unsafe_code)]

use kit::graphs::prelude::*;

/// Adds one.
#[delayed(crate = kit::graphs)]
pub fn inc(x: i64) -> i64 {
    x + 1
}

/// A rate.
#[derive(Clone, Debug)]
pub struct Rate(pub i64);

impl Rate {
    /// Multiplies.
    #[delayed(crate = ::kit::graphs, name = "rate")]
    pub async fn of(&self, xs: &[i64]) -> Result<i64, String> {
        Ok(xs.iter().map(|x| x * self.0).sum())
    }
}

/// Handles.
#[derive(Debug, DelayedArg)]
#[delayed_arg(derive(Debug), crate = kit::graphs)]
pub struct Config {
    /// A number.
    pub x: Delayed<i64>,
}

/// Reads the plain twin.
#[delayed(crate = kit::graphs)]
pub fn read(config: &ConfigValue) -> i64 {
    config.x
}

/// All of them.
pub fn all() -> Delayed<i64> {
    Rate::of(Rate(2), [inc(1), inc(2)]) + read(Config { x: inc(0) })
}
