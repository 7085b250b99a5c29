use delayed::prelude::*;

#[delayed(retry_if = is_worth_it)]
fn load(x: i64) -> Result<i64, String> {
    Ok(x)
}

fn main() {}
