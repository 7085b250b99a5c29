use delayed::prelude::*;

#[delayed(warn(giant_task))]
fn inc(x: i64) -> i64 {
    x + 1
}

fn main() {}
