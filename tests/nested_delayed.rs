//! Where `nested_delayed` says nothing: switched off, in plain code, and in bodies that use what std has marked itself.
#![deny(warnings)]
#![allow(clippy::legacy_numeric_constants)]

use std::f64;
use std::i32::MAX;

use delayed::prelude::*;

#[delayed]
fn inc(x: i64) -> i64 {
    x + 1
}

/// Plain functions build graphs.
fn built(x: i64) -> Delayed<i64> {
    inc(inc(x))
}

#[delayed(allow(nested_delayed))]
fn computes(n: u64) -> Result<u64, delayed::Error> {
    if n == 0 { Ok(0) } else { Ok(1 + computes(n - 1).compute()?) }
}

#[delayed(eager = plain_factorial)]
fn factorial(n: u64) -> u64 {
    if n == 0 { 1 } else { n * plain_factorial(n - 1) }
}

#[delayed]
fn constants(x: f64) -> f64 {
    x + f64::EPSILON * f64::from(u8::MAX) + f64::consts::PI.floor()
}

#[delayed]
#[allow(deprecated_in_future, clippy::legacy_numeric_constants)]
fn marked(x: i64) -> i64 {
    x + i64::from(MAX) - i64::from(i32::max_value())
}

#[delayed]
fn local(x: i64) -> i64 {
    let inc = |x: i64| x + 1;
    inc(x)
}

struct Counter(i64);

impl Counter {
    fn inc(&self) -> i64 {
        self.0 + 1
    }
}

#[delayed]
fn method(x: i64) -> i64 {
    Counter(x).inc()
}

#[test]
fn graphs_are_built_in_plain_code() {
    assert_eq!(built(1).compute().unwrap(), 3);
    assert_eq!((local(1).compute().unwrap(), method(1).compute().unwrap()), (2, 2));
}

#[test]
fn the_switch_lets_a_task_compute() {
    assert_eq!(computes(3).compute().unwrap(), 3);
    assert_eq!(factorial(5).compute().unwrap(), 120);
}

#[test]
fn constants_of_numbers_are_what_they_are_in_plain_code() {
    assert_eq!(constants(0.0).compute().unwrap(), f64::EPSILON * 255.0 + 3.0);
    assert_eq!(marked(1).compute().unwrap(), 1);
}
