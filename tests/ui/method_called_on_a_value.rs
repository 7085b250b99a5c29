use delayed::prelude::*;

struct Model(f64);

impl Model {
    #[delayed]
    fn predict(&self, x: f64) -> f64 {
        self.0 * x
    }
}

fn main() {
    let model = Model(2.0);
    let _ = model.predict(1.0);
}
