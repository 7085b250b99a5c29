use delayed::prelude::*;

#[derive(DelayedArg)]
#[delayed_arg(name)]
struct Config {
    rows: Delayed<i64>,
}

fn main() {}
