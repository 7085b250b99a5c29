use delayed::prelude::*;

struct Model(f64);

#[delayed]
fn total(models: Vec<Model>) -> f64 {
    models.iter().map(|model| model.0).sum()
}

fn main() {}
