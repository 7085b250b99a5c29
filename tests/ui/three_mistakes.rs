use delayed::prelude::*;

#[delayed(nam = "first")]
fn first(list: &mut Vec<i64>) -> &i64 {
    &list[0]
}

fn main() {}
