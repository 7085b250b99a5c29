use delayed::prelude::*;

#[delayed]
fn weight(model: &Modell) -> f64 {
    model.0
}

fn main() {}
