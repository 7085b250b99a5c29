use delayed::prelude::*;

#[delayed]
fn count(lists: &[&[&str]]) -> usize {
    lists.len()
}

fn main() {}
