use delayed::prelude::*;

#[delayed(name = "a" fallible)]
fn load(x: i64) -> Result<i64, String> {
    Ok(x)
}

fn main() {}
