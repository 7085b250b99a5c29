use delayed::prelude::*;

#[delayed]
fn reset(lists: &[&mut Vec<i64>]) -> usize {
    lists.len()
}

fn main() {}
