//! A block in a delayed body builds a graph that nobody runs.
use delayed::prelude::*;

#[delayed]
fn outer(x: i64) -> i64 {
    let y = delayed_block! { x + 1 };
    drop(y);
    x
}

#[delayed(allow(nested_delayed))]
fn switched_off(x: i64) -> i64 {
    let y = delayed_block! { x + 1 };
    drop(y);
    x
}

fn main() {
    let _ = (outer(1), switched_off(1));
}
