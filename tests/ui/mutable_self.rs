use delayed::prelude::*;

struct Model(f64);

impl Model {
    #[delayed]
    fn train(&mut self, x: f64) {
        self.0 += x;
    }
}

fn main() {}
