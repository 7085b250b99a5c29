use delayed::prelude::*;

#[delayed]
fn inc(x: i64) -> i64 {
    x + 1
}

fn main() {
    let x = 5;
    let _ = inc(&x);
}
