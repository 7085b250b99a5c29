use delayed::prelude::*;

#[delayed(fallible = true)]
fn load(x: i64) -> Result<i64, String> {
    Ok(x)
}

fn main() {}
