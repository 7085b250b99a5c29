use delayed::prelude::*;

struct Model;

#[delayed]
impl Model {
    fn predict(&self, x: f64) -> f64 {
        x
    }
}

fn main() {}
