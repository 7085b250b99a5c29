use delayed::prelude::*;

#[delayed]
const LIMIT: i64 = 3;

fn main() {}
