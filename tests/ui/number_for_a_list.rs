use delayed::prelude::*;

#[delayed]
fn sum(xs: &[i64]) -> i64 {
    xs.iter().sum()
}

fn main() {
    let _ = sum(5);
}
