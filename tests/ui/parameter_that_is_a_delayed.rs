use delayed::prelude::*;

#[delayed]
fn read(x: Delayed<i64>) -> i64 {
    x.compute().unwrap()
}

fn main() {}
