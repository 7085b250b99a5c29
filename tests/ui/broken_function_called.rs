use delayed::prelude::*;

#[delayed]
fn first(list: &mut Vec<i64>, x: i64) -> i64 {
    list.push(x);
    list[0]
}

#[delayed]
fn inc(x: i64) -> i64 {
    x + 1
}

fn main() -> Result<(), delayed::Error> {
    let x = inc(first(vec![1], inc(2)));
    println!("{}", x.compute()?);
    Ok(())
}
