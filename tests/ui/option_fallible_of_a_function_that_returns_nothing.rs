use delayed::prelude::*;

#[delayed(fallible)]
fn run() {}

fn main() {}
