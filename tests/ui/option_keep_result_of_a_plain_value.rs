use delayed::prelude::*;

#[delayed(keep_result)]
fn inc(x: i64) -> i64 {
    x + 1
}

fn main() {}
