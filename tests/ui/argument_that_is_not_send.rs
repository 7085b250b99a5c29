use delayed::prelude::*;

use std::rc::Rc;

#[delayed]
fn show<T: std::fmt::Debug>(x: &T) -> String {
    format!("{x:?}")
}

fn main() {
    let _ = show(Rc::new(1));
}
