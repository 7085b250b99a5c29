use delayed::prelude::*;

#[delayed]
fn consume(#[take] #[take] list: Vec<i64>) -> usize {
    list.len()
}

fn main() {}
