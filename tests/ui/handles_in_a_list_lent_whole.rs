use delayed::prelude::*;

#[delayed]
fn sum(xs: &Vec<i64>) -> i64 {
    xs.iter().sum()
}

fn main() {
    let _ = sum(vec![value(1), value(2)]);
}
