use delayed::prelude::*;

#[delayed]
const fn area(x: i64, y: i64) -> i64 {
    x * y
}

fn main() {}
