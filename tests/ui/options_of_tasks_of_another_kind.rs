use delayed::prelude::*;

#[delayed(retries = 2.5)]
fn half(x: i64) -> Result<i64, String> {
    Ok(x)
}

#[delayed(retries)]
fn bare(x: i64) -> Result<i64, String> {
    Ok(x)
}

#[delayed(retries = 3, retry_if = |error| true)]
fn closure(x: i64) -> Result<i64, String> {
    Ok(x)
}

#[delayed(timeout = 5)]
async fn number(x: i64) -> i64 {
    x
}

#[delayed(timeout = "0s")]
async fn at_once(x: i64) -> i64 {
    x
}

#[delayed(timeout = "5 min")]
async fn minutes(x: i64) -> i64 {
    x
}

#[delayed(timeout = "9999999999999h")]
async fn eternity(x: i64) -> i64 {
    x
}

#[delayed(retries = 3, backoff = "1d")]
fn days(x: i64) -> Result<i64, String> {
    Ok(x)
}

#[delayed(retries = 3, backoff = 100)]
fn pause(x: i64) -> Result<i64, String> {
    Ok(x)
}

#[delayed(limit = 3)]
fn limit(x: i64) -> i64 {
    x
}

#[delayed(priority = 0.5)]
fn priority(x: i64) -> i64 {
    x
}

#[delayed(blocking = 3)]
fn blocking(x: i64) -> i64 {
    x
}

#[delayed(weigh = "size")]
fn weigh(x: i64) -> i64 {
    x
}

#[delayed(debug_args(x))]
fn debug_args(x: i64) -> i64 {
    x
}

fn main() -> Result<(), delayed::Error> {
    let fallible = half(bare(closure(1))) + days(1) + pause(1);
    let timed = number(1) + at_once(1) + minutes(1) + eternity(1);
    let others = limit(priority(blocking(1))) + weigh(debug_args(1));
    println!("{}", (fallible + timed + others).compute()?);
    Ok(())
}
