use delayed::prelude::*;

#[delayed]
fn len(#[take] text: &str) -> usize {
    text.len()
}

fn main() {}
