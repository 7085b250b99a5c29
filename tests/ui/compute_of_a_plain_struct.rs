use delayed::prelude::*;

struct Config;

fn main() {
    let _ = delayed::compute((value(1), Config));
}
