use delayed::prelude::*;

#[delayed]
fn show(pair: (i64, String)) -> String {
    format!("{pair:?}")
}

fn main() {
    let _ = show((1, "a", 2));
}
