use delayed::prelude::*;

#[delayed]
trait Predict {
    fn predict(&self, x: f64) -> f64;
}

fn main() {}
