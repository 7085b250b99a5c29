use delayed::prelude::*;

use std::rc::Rc;

fn main() {
    let shared = Rc::new(1);
    let _ = delayed(move |x: i64| x + *shared);
}
