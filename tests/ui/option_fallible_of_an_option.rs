use delayed::prelude::*;

#[delayed(fallible)]
fn find(x: i64) -> Option<i64> {
    Some(x)
}

fn main() {}
