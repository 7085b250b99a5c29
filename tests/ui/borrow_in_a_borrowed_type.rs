use delayed::prelude::*;

struct Row<'a>(&'a str);

#[delayed]
fn len<'a>(row: Row<'a>) -> usize {
    row.0.len()
}

fn main() {}
