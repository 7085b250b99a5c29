use delayed::prelude::*;

#[delayed(timeout = 5)]
async fn fetch(x: i64) -> i64 {
    x
}

fn main() {}
