use delayed::prelude::*;

struct Model(f64);

#[delayed]
fn weight(model: Model) -> f64 {
    model.0
}

fn main() {}
