use delayed::prelude::*;

#[delayed(retries = 3, fallibel)]
async fn fetch<'a>(url: &'a str, tries: u8) -> Result<String, &'a str> {
    if tries > 0 { Ok(url.to_owned()) } else { Err(url) }
}

#[delayed]
const fn largest<T: Ord>(xs: &[&T], least: &&T) -> impl Iterator<Item = T> {
    xs.iter().max().unwrap_or(least)
}

struct Model;

impl Model {
    #[delayed]
    unsafe fn predict(&mut self, x: f64) -> f64 {
        x
    }
}

#[delayed]
fn len(text: &str) -> usize {
    text.len()
}

fn main() -> Result<(), delayed::Error> {
    let text = fetch("a", value(1)).named("text").after(value(1));
    let largest = largest::<i64>([1, 2], 3);
    let predicted = unsafe { Model::predict(Model, 1.0) };
    println!("{} {}", len(text).compute()?, (predicted * 2.0).zip(largest.map_ref(|_| 1)).compute()?.0);
    Ok(())
}
