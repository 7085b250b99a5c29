use delayed::prelude::*;

#[delayed(priority = high)]
fn inc(x: i64) -> i64 {
    x + 1
}

fn main() {}
