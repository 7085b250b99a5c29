use delayed::prelude::*;

struct Model(f64);

fn main() {
    let _ = value(Model(1.0)).map(|model| model.0);
}
