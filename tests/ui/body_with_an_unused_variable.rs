#![deny(warnings)]

use delayed::prelude::*;

#[delayed]
fn inc(x: i64, by: i64) -> i64 {
    let unused = by;
    x + 1
}

fn main() {
    let _ = inc(1, 2);
}
