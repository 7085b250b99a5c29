use delayed::prelude::*;

#[delayed(timeout = "5s")]
async fn fetch(x: i64) -> i64 {
    x
}

fn main() {}
