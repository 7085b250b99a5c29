use delayed::prelude::*;

#[delayed(retries = 3, retries = 4)]
fn retries(x: i64) -> Result<i64, String> {
    Ok(x)
}

#[delayed(retries = 3, retry_if = is_short, retry_if = is_short)]
fn retry_if(x: i64) -> Result<i64, String> {
    Ok(x)
}

#[delayed(timeout = "1s", timeout = "1s")]
async fn timeout(x: i64) -> i64 {
    x
}

#[delayed(retries = 3, backoff = "1s", backoff = "2s")]
fn backoff(x: i64) -> Result<i64, String> {
    Ok(x)
}

#[delayed(limit = "db", limit = "disk")]
fn limit(x: i64) -> i64 {
    x
}

#[delayed(priority = 1, priority = -1)]
fn priority(x: i64) -> i64 {
    x
}

#[delayed(blocking, blocking)]
fn blocking(x: i64) -> i64 {
    x
}

#[delayed(weigh = size, weigh = size)]
fn weigh(x: i64) -> i64 {
    x
}

#[delayed(debug_args, debug_args)]
fn debug_args(x: i64) -> i64 {
    x
}

fn is_short(error: &String) -> bool {
    error.len() < 80
}

fn size(_: &i64) -> usize {
    8
}

fn main() -> Result<(), delayed::Error> {
    let fallible = retries(retry_if(timeout(1))) + backoff(1);
    let others = limit(priority(blocking(1))) + weigh(debug_args(1));
    println!("{}", (fallible + others).compute()?);
    Ok(())
}
