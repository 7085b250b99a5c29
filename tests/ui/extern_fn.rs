use delayed::prelude::*;

#[delayed]
extern "C" fn add(x: i64, y: i64) -> i64 {
    x + y
}

fn main() {}
