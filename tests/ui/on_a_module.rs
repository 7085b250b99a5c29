use delayed::prelude::*;

#[delayed]
mod tasks {}

fn main() {}
