use delayed::prelude::*;

#[delayed]
fn load(text: &str) -> Result<i64, &str> {
    text.parse().map_err(|_| text)
}

fn main() {}
