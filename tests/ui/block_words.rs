//! What a beginner writes in a block, and what is said instead of rustc's words.
use delayed::prelude::*;

fn inc(x: i64) -> i64 {
    x + 1
}

#[delayed]
fn dapply(f: &(dyn Fn(i64) -> i64 + Send + Sync), x: i64) -> i64 {
    f(x)
}

#[delayed]
fn dinc(x: i64) -> i64 {
    x + 1
}

fn main() {
    let _ = delayed_block! { let v = vec![1]; let a = v.first().copied()?; inc(a) };
    let _ = delayed_block! { let a = inc(1); dapply(std::sync::Arc::new(move |x| x + a), 1) };
    let _ = delayed_block! { let a = inc(1); dinc(a).map(inc) };
}
