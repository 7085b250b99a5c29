use delayed::prelude::*;

#[delayed]
fn evens(n: u64) -> impl Iterator<Item = u64> {
    (0..n).step_by(2)
}

fn main() {}
