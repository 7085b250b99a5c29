use delayed::prelude::*;

#[delayed]
fn inc(x: i64) -> i64 {
    x + 1
}

fn main() {
    let _ = delayed(|x: i64| inc(x)).call((1,));
}
