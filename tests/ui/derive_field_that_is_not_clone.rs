use delayed::prelude::*;

struct Model(f64);

#[derive(DelayedArg)]
struct Config {
    model: Model,
    rows: Delayed<i64>,
}

fn main() {}
