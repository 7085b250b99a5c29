use delayed::prelude::*;

struct Model;

trait Predict {
    fn predict(&self, x: f64) -> f64;
}

impl Predict for Model {
    #[delayed]
    fn predict(&self, x: f64) -> f64 {
        x
    }
}

fn main() {}
