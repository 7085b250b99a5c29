use delayed::prelude::*;

#[delayed]
fn join(words: Vec<&str>) -> String {
    words.concat()
}

fn main() {}
