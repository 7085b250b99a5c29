//! A tripwire: `nested_delayed` rests on rustc reporting uses of what is deprecated since "TBD", under a lint that is
//! silent elsewhere. Should a compiler stop to report them, this file compiles, and the test fails.
use delayed::prelude::*;

#[delayed]
fn inc(x: i64) -> i64 {
    x + 1
}

#[delayed]
fn twice(x: i64) -> usize {
    let _ = inc(x);
    2
}

fn main() {
    let _ = twice(1);
}
