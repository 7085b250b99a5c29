use delayed::prelude::*;

use std::cell::Cell;

#[delayed]
fn cell(x: i64) -> Cell<i64> {
    Cell::new(x)
}

fn main() {}
