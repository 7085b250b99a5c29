use delayed::prelude::*;

#[delayed]
unsafe fn read(x: usize) -> usize {
    x
}

fn main() {}
