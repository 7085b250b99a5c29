use delayed::prelude::*;

#[delayed]
fn inc(x: i64) -> i64 {
    x + 1
}

struct Config;

fn main() {
    let _ = inc(1).after(Config);
}
