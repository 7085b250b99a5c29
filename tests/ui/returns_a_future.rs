use delayed::prelude::*;

#[delayed]
fn fetch(url: String) -> impl Future<Output = String> {
    async move { url }
}

fn main() {}
