use delayed::prelude::*;

use std::cell::RefCell;

#[delayed]
fn read(x: &RefCell<i64>) -> i64 {
    *x.borrow()
}

fn main() {}
