use delayed::prelude::*;

#[delayed(limit = db)]
fn inc(x: i64) -> i64 {
    x + 1
}

fn main() {}
