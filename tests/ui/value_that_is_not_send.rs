use delayed::prelude::*;

fn main() {
    let _ = value(std::rc::Rc::new(1));
}
