use delayed::prelude::*;

#[delayed(allow(giant_task, tiny_tasks))]
fn inc(x: i64) -> i64 {
    x + 1
}

#[delayed(warn(repeated_compute))]
fn twice(x: i64) -> i64 {
    x * 2
}

#[delayed(deny(repeated_input))]
fn thrice(x: i64) -> i64 {
    x * 3
}

fn main() {
    let _ = (inc(1), twice(1), thrice(1));
}
