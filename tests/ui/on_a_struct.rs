use delayed::prelude::*;

#[delayed]
struct Config {
    path: String,
}

fn main() {}
