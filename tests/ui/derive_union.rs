use delayed::prelude::*;

#[derive(DelayedArg)]
union Either {
    x: u8,
}

fn main() {}
