use delayed::prelude::*;

struct Config {
    rows: Delayed<i64>,
}

#[delayed]
fn show<T>(x: &T) -> usize {
    std::mem::size_of_val(x)
}

fn main() {
    let _ = show(Config { rows: value(1) });
}
