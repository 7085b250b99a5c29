use delayed::prelude::*;

#[delayed]
fn consume(#[take = true] list: Vec<i64>) -> usize {
    list.len()
}

fn main() {}
