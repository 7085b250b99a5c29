use delayed::prelude::*;
use std::rc::Rc;

#[delayed(timeout = "5s", debug_args)]
async fn fetch(url: &str) -> usize {
    let url = Rc::new(url.to_owned());
    std::future::ready(()).await;
    url.len()
}

fn main() {
    let _ = fetch("a").compute();
}
