use delayed::prelude::*;

#[derive(DelayedArg)]
#[delayed_arg(derives(Clone))]
struct Config {
    rows: Delayed<i64>,
}

fn main() {}
