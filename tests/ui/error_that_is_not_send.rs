use delayed::prelude::*;

use std::rc::Rc;

#[delayed]
fn load(x: i64) -> Result<i64, Rc<str>> {
    Ok(x)
}

fn main() {}
