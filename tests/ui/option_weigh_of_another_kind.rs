use delayed::prelude::*;

#[delayed(weigh = 3)]
fn inc(x: i64) -> i64 {
    x + 1
}

fn main() {}
