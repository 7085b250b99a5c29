use delayed::prelude::*;

fn inc(x: i64) -> i64 {
    x + 1
}

fn main() {
    let _ = delayed(inc).try_call((1,));
}
