use delayed::prelude::*;

#[delayed]
fn len(text: &str) -> usize {
    text.len()
}

fn main() {
    let _ = len(5);
}
