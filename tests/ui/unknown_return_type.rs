use delayed::prelude::*;

#[delayed]
fn trained(x: f64) -> Modell {
    Modell(x)
}

fn main() {}
