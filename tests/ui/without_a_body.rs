use delayed::prelude::*;

trait Predict {
    #[delayed]
    fn predict(x: f64) -> f64;
}

fn main() {}
