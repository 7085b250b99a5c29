use delayed::prelude::*;

use std::rc::Rc;

#[delayed]
async fn fetch(x: i64) -> i64 {
    let shared = Rc::new(x);
    std::future::ready(()).await;
    *shared
}

fn main() {}
