use delayed::prelude::*;

#[derive(DelayedArg)]
#[delayed_arg(nam = Plain, name = 3)]
struct Config<T> {
    rows: Delayed<T>,
}

fn main() {}
