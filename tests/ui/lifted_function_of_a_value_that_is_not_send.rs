use delayed::prelude::*;

use std::rc::Rc;

fn shared(x: i64) -> Rc<i64> {
    Rc::new(x)
}

fn main() {
    let _ = delayed(shared).call((1,));
}
