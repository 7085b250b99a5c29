use delayed::prelude::*;

#[derive(DelayedArg)]
enum Source {
    Path(String),
    Rows(Delayed<Vec<i64>>),
}

fn main() {}
