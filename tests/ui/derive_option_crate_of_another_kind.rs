use delayed::prelude::*;

#[derive(DelayedArg)]
#[delayed_arg(crate = "kit")]
struct Config {
    rows: Delayed<i64>,
}

fn main() {}
