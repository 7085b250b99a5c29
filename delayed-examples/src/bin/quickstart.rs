//! The first example: four ordinary functions, a graph of sixteen tasks, one value.

use delayed::prelude::*;

#[delayed]
fn inc(x: i64) -> i64 {
    x + 1
}

#[delayed]
fn double(x: i64) -> i64 {
    x * 2
}

#[delayed]
fn add(x: i64, y: i64) -> i64 {
    x + y
}

#[delayed]
fn sum(xs: &[i64]) -> i64 {
    xs.iter().sum()
}

fn main() -> Result<(), delayed::Error> {
    let output: Vec<Delayed<i64>> = [1, 2, 3, 4, 5].map(|x| add(inc(x), double(x))).into();
    let total = sum(&output); // nothing has run: `total` is a typed handle on the graph
    println!("{}", total.compute()?);
    Ok(())
}
