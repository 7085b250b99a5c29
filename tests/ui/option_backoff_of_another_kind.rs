use delayed::prelude::*;

#[delayed(retries = 3, backoff = "soon")]
fn load(x: i64) -> Result<i64, String> {
    Ok(x)
}

fn main() {}
