use delayed::prelude::*;

#[delayed]
fn read(#[cfg(unix)] path: &str) -> usize {
    path.len()
}

fn main() {}
