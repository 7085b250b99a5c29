use delayed::prelude::*;

struct Model(f64);
struct Rate(f64);

impl Rate {
    #[delayed]
    fn weight(&self, model: Model) -> f64 {
        model.0 * self.0
    }
}

fn main() {}
