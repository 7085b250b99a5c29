use delayed::prelude::*;

#[delayed]
fn show<T>(x: T) -> String {
    format!("{x}")
}

fn main() {}
