use delayed::prelude::*;

#[delayed]
fn serve(port: u16) -> ! {
    panic!("{port}")
}

fn main() {}
