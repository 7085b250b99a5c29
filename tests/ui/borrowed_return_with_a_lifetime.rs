use delayed::prelude::*;

#[delayed]
fn head<'a>(xs: &'a [u8]) -> Option<&'a [u8]> {
    xs.get(..2)
}

fn main() {}
