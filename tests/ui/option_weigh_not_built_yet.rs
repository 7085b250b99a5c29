use delayed::prelude::*;

#[delayed(weigh = size)]
fn inc(x: i64) -> i64 {
    x + 1
}

fn main() {}
