use delayed::prelude::*;

#[delayed]
unsafe extern "C" fn sum(count: usize, ...) -> usize {
    count
}

fn main() {}
