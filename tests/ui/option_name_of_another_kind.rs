use delayed::prelude::*;

#[delayed(name = 3)]
fn inc(x: i64) -> i64 {
    x + 1
}

fn main() {}
