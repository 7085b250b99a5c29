use delayed::prelude::*;

#[delayed]
fn first(list: Vec<i64>) -> &mut i64 {
    &mut list[0]
}

fn main() {}
