use delayed::prelude::*;

#[delayed]
fn main() {
    println!("hello");
}
