use delayed::prelude::*;

#[delayed(keep_result(true))]
fn load(x: i64) -> Result<i64, String> {
    Ok(x)
}

fn main() {}
