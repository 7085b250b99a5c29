use delayed::prelude::*;

struct Model(f64);

fn main() {
    let _ = value(Model(1.0)) + value(Model(2.0));
}
