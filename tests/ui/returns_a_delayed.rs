use delayed::prelude::*;

#[delayed]
fn inc(x: i64) -> i64 {
    x + 1
}

#[delayed]
fn twice(x: i64) -> Delayed<i64> {
    inc(inc(x))
}

fn main() {}
