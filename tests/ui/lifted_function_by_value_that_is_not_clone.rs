use delayed::prelude::*;

struct Model(f64);

fn weight(model: Model) -> f64 {
    model.0
}

fn main() {
    let _ = delayed(weight).call((Model(1.0),));
}
