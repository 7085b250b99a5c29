use delayed::prelude::*;

#[derive(DelayedArg)]
struct Config {
    rows: Delayed<i64>,
}

#[delayed]
fn read(path: &str) -> usize {
    path.len()
}

fn main() {
    let _ = read(Config { rows: value(1) });
}
