use delayed::prelude::*;

#[delayed(backoff = "100ms")]
fn load(x: i64) -> Result<i64, String> {
    Ok(x)
}

fn main() {}
