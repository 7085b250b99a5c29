use delayed::prelude::*;

type Loaded = Result<i64, String>;

#[delayed(retries = 3)]
fn retries(#[take] x: i64) -> Result<i64, String> {
    Ok(x)
}

#[delayed(retry_if = is_short, backoff = "1s")]
fn never_again(x: i64) -> Result<i64, String> {
    Ok(x)
}

#[delayed(retries = 3, retry_if = is_short)]
fn without_a_result(x: i64) -> i64 {
    x
}

#[delayed(retries = 3, retry_if = is_short, keep_result)]
fn a_result_that_is_kept(x: i64) -> Result<i64, String> {
    Ok(x)
}

#[delayed(retries = 3, retry_if = is_short)]
fn another_name(x: i64) -> Loaded {
    Ok(x)
}

#[delayed(retries = 3, retry_if = is_short)]
fn nothing(_x: i64) {}

#[delayed(timeout = "5s")]
fn timeout(x: i64) -> i64 {
    x
}

#[delayed(blocking, timeout = "5s", limit = "")]
async fn blocking(x: i64) -> i64 {
    x
}

#[delayed(debug_args)]
fn without_arguments() -> i64 {
    1
}

fn is_short(error: &String) -> bool {
    error.len() < 80
}

fn main() -> Result<(), delayed::Error> {
    let all = retries(never_again(without_a_result(1))) + timeout(blocking(1)) + without_arguments();
    println!("{}", all.compute()?);
    delayed::compute((a_result_that_is_kept(1), another_name(1), nothing(1)))?;
    Ok(())
}
