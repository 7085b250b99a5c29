use delayed::prelude::*;

struct Broken;

#[delayed]
fn load(x: i64) -> Result<i64, Broken> {
    if x > 0 { Ok(x) } else { Err(Broken) }
}

fn main() {}
