use delayed::prelude::*;

use std::collections::HashMap;

#[delayed]
fn sum(xs: &HashMap<String, i64>) -> i64 {
    xs.values().sum()
}

fn main() {
    let _ = sum(HashMap::from([(String::new(), value(1))]));
}
