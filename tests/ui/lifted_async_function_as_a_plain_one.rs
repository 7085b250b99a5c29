use delayed::prelude::*;

async fn later(x: i64) -> i64 {
    x + 1
}

fn main() {
    let _ = delayed(later).call((1,));
}
