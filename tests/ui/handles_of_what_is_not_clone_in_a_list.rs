use delayed::prelude::*;

struct Model(f64);

#[delayed]
fn total(models: &[Model]) -> f64 {
    models.iter().map(|model| model.0).sum()
}

fn main() {
    let _ = total(vec![value(Model(1.0))]);
}
