use delayed::prelude::*;

#[delayed(priority = 3_000_000_000)]
fn inc(x: i64) -> i64 {
    x + 1
}

fn main() {}
