use delayed::prelude::*;

#[derive(DelayedArg)]
struct Nothing;

fn main() {}
