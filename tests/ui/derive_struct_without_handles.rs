use delayed::prelude::*;

#[derive(DelayedArg)]
struct Config {
    path: String,
}

#[delayed]
fn read(config: &ConfigValue) -> usize {
    config.path.len()
}

fn main() {}
