use delayed::prelude::*;

#[derive(DelayedArg)]
struct Config {
    rows: Delayed<i64>,
}

#[delayed]
fn read(config: ConfigValue) -> i64 {
    config.rows
}

fn main() {
    let _ = read(Config { rows: value(1) });
}
