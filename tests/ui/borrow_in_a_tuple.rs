use delayed::prelude::*;

#[delayed]
fn show(pair: (&str, i64)) -> String {
    format!("{pair:?}")
}

fn main() {}
