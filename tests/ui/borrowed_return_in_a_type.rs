use delayed::prelude::*;

struct Row<'a>(&'a str);

#[delayed]
fn row(text: &str) -> Row<'_> {
    Row(text)
}

fn main() {}
