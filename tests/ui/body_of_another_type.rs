use delayed::prelude::*;

#[delayed]
fn inc(x: i64) -> i64 {
    "one more"
}

fn main() {}
