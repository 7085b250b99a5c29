//! What `retry_if` and `weigh` name.
use delayed::prelude::*;

#[derive(Clone)]
struct Image(Vec<u8>);

#[derive(Debug)]
enum Oops {
    Timeout,
}

impl std::fmt::Display for Oops {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("timeout")
    }
}

fn is_timeout(error: Oops) -> bool {
    matches!(error, Oops::Timeout)
}

fn is_text(error: &String) -> bool {
    error.is_empty()
}

fn how_often(_: &Oops) -> u32 {
    3
}

#[delayed(retries = 3, retry_if = is_timeout)]
fn by_value(x: i64) -> Result<i64, Oops> {
    if x > 0 { Ok(x) } else { Err(Oops::Timeout) }
}

#[delayed(retries = 3, retry_if = is_text)]
async fn of_another_error(x: i64) -> Result<i64, Oops> {
    if x > 0 { Ok(x) } else { Err(Oops::Timeout) }
}

#[delayed(retries = 3, retry_if = how_often)]
fn of_another_answer(x: i64) -> Result<i64, Oops> {
    if x > 0 { Ok(x) } else { Err(Oops::Timeout) }
}

#[delayed(retries = 3, retry_if = is_lost)]
fn not_there(x: i64) -> Result<i64, Oops> {
    if x > 0 { Ok(x) } else { Err(Oops::Timeout) }
}

#[delayed(retries = 3, retry_if = Oops::Timeout)]
fn no_function(x: i64) -> Result<i64, Oops> {
    if x > 0 { Ok(x) } else { Err(Oops::Timeout) }
}

fn pixels(image: &Image) -> u64 {
    image.0.len() as u64
}

fn length(text: &str) -> usize {
    text.len()
}

#[delayed(weigh = pixels)]
fn load(x: u8) -> Image {
    Image(vec![x])
}

#[delayed(weigh = length)]
fn join(x: &Image) -> Result<Vec<u8>, Oops> {
    Ok(x.0.clone())
}

#[delayed(weigh = Image::bytes_of_pixels)]
fn invert(x: Image) -> Image {
    x
}

impl Image {
    #[delayed(weigh = Self::bytes_of_pixels)]
    fn half(&self) -> Self {
        self.clone()
    }
}

fn main() -> Result<(), delayed::Error> {
    let sum = by_value(of_another_error(of_another_answer(not_there(no_function(1)))));
    let image = join(Image::half(invert(load(1))));
    println!("{:?}", delayed::compute((sum, image))?);
    Ok(())
}
