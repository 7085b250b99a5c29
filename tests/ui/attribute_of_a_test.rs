use delayed::prelude::*;

#[delayed]
#[test]
fn check() {}

fn main() {}
