use delayed::prelude::*;

fn main() {
    let _ = value(value(1));
}
