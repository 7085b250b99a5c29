use delayed::prelude::*;

#[derive(DelayedArg)]
#[delayed_arg(derive = Clone)]
struct Config {
    rows: Delayed<i64>,
}

fn main() {}
