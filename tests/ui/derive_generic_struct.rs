use delayed::prelude::*;

#[derive(DelayedArg)]
struct Config<T> {
    rows: Delayed<T>,
}

fn main() {}
