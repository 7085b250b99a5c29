use delayed::prelude::*;

#[delayed(crate = kit)]
fn inc(x: i64) -> i64 {
    x + 1
}

fn main() {}
