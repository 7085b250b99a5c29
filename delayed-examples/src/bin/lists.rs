//! A loop over data, as Dask's documentation has it: each round adds three tasks, and one task sums up what the
//! rounds put into a list.

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
    let data = [1, 2, 3, 4, 5];

    let mut output = Vec::new();
    for x in data {
        let a = inc(x);
        let b = double(x);
        let c = add(a, b);
        output.push(c);
    }
    let total = sum(output);

    println!("{} tasks, and nothing has run yet", Graph::of(&total).n_tasks());
    println!("sum: {}", total.compute()?);
    Ok(())
}
