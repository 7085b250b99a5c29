use delayed::prelude::*;

#[delayed(retries = 3)]
fn consume(#[take] list: Vec<i64>) -> usize {
    list.len()
}

fn main() {}
