use delayed::prelude::*;

#[delayed(colour = "red")]
fn inc(x: i64) -> i64 {
    x + 1
}

fn main() {}
