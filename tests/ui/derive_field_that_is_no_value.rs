use delayed::prelude::*;

use std::rc::Rc;

#[derive(DelayedArg)]
struct Config {
    shared: Rc<i64>,
    rows: Delayed<i64>,
}

fn main() {}
