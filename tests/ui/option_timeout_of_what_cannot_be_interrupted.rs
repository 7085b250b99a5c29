use delayed::prelude::*;

#[delayed(timeout = "5s")]
fn inc(x: i64) -> i64 {
    x + 1
}

fn main() {}
