use delayed::prelude::*;

struct Model(f64);

impl Model {
    #[delayed]
    fn weight(self) -> f64 {
        self.0
    }
}

fn main() {}
