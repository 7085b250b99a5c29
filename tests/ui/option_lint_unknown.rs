use delayed::prelude::*;

#[delayed(deny(nested_delay))]
fn inc(x: i64) -> i64 {
    x + 1
}

fn main() {}
