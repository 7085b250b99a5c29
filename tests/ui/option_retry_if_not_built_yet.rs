use delayed::prelude::*;

#[delayed(retries = 3, retry_if = is_worth_it)]
fn load(x: i64) -> Result<i64, String> {
    Ok(x)
}

fn main() {}
