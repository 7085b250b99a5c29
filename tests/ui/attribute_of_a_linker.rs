use delayed::prelude::*;

#[delayed]
#[unsafe(no_mangle)]
fn exported(x: i64) -> i64 {
    x
}

fn main() {}
