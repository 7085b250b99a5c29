use delayed::prelude::*;

#[delayed]
unsafe extern "C" fn sum(count: usize, _: ...) -> usize {
    count
}

fn main() {}
