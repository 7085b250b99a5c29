use delayed::prelude::*;

#[delayed(retries = 3)]
fn inc(x: i64) -> i64 {
    x + 1
}

fn main() {}
