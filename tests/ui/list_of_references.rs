use delayed::prelude::*;

#[delayed]
fn sum(xs: &[i64]) -> i64 {
    xs.iter().sum()
}

fn main() {
    let plain = [1, 2];
    let _ = sum(plain.iter().collect::<Vec<&i64>>());
}
