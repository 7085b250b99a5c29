//! A loop over a list parameter is told where it is asked for.
#![deny(warnings)]
use delayed::prelude::*;

#[delayed(warn(giant_task))]
fn all(paths: Vec<String>) -> usize {
    let mut total = 0;
    for path in paths {
        total += path.len();
    }
    total
}

#[delayed(deny(giant_task))]
fn borrowed(xs: &[i64]) -> i64 {
    let mut total = 0;
    for (index, x) in xs.iter().enumerate() {
        total += x * i64::try_from(index).unwrap();
    }
    total
}

#[delayed(warn(giant_task))]
fn by_index(xs: &[i64]) -> i64 {
    let mut total = 0;
    for i in 0..xs.len() {
        total += xs[i];
    }
    for x in &xs[1..] {
        total += x;
    }
    total
}

#[delayed(warn(giant_task))]
fn by_hand(xs: [i64; 4]) -> i64 {
    let mut total = 0;
    let mut all = (0..).zip(xs);
    while let Some((i, x)) = all.next() {
        total += i * x;
    }
    total
}

#[delayed(warn(giant_task))]
fn another_list(xs: Vec<i64>) -> i64 {
    let mut total = 0;
    let xs = [xs.len() as i64, 2];
    for x in xs {
        total += x;
    }
    total
}

#[delayed]
fn not_asked(xs: &[i64]) -> i64 {
    let mut total = 0;
    for x in xs {
        total += x;
    }
    total
}

#[delayed(warn(giant_task))]
fn mended(x: i64) -> i64 {
    let mut total = 0;
    for step in 0..x {
        total += step;
    }
    total
}

fn main() {
    let _ = (all(vec!["a"]), borrowed([1]), not_asked([1]));
    let _ = (by_index([1]), by_hand([1, 2, 3, 4]), another_list([1]));
    let _: Vec<_> = [1, 2].into_iter().map(mended).collect();
}
