use delayed::prelude::*;

#[delayed(deny(giant_task))]
fn inc(x: i64) -> i64 {
    x + 1
}

fn main() {}
