use delayed::prelude::*;

#[derive(DelayedArg)]
#[delayed_arg(name = Plain, name = Other)]
struct Config {
    rows: Delayed<i64>,
}

fn main() {}
