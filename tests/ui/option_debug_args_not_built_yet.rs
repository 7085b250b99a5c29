use delayed::prelude::*;

#[delayed(debug_args)]
fn inc(x: i64) -> i64 {
    x + 1
}

fn main() {}
