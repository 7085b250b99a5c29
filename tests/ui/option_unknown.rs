use delayed::prelude::*;

#[delayed(nam = "increment")]
fn inc(x: i64) -> i64 {
    x + 1
}

fn main() {}
