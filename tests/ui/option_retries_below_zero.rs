use delayed::prelude::*;

#[delayed(retries = -1)]
fn inc(x: i64) -> i64 {
    x + 1
}

fn main() {}
