//! A constructor in the midst of a plain call's arguments would record a task that nobody runs.
use delayed::prelude::*;

#[delayed]
fn dinc(x: i64) -> i64 {
    x + 1
}

#[delayed]
fn dsum(list: &[i64]) -> i64 {
    list.iter().sum()
}

fn flag(x: bool, n: usize) -> usize {
    n + usize::from(x)
}

fn apply(f: impl Fn(i64) -> i64, x: i64) -> i64 {
    f(x)
}

fn any<T>(_: T) -> usize {
    1
}

fn main() {
    let _ = delayed_block! { flag(Some(dinc(1)).is_some(), vec![dinc(2)].len()) };
    let _ = delayed_block! { apply(|y| { let _ = dinc(y); y }, 1) };
    // Elements of a list are no better.
    let _ = delayed_block! { any(vec![dinc(1)]) };
    // What a constructor takes.
    let _ = delayed_block! { dsum(vec![dinc(1), dinc(dinc(2))]) };
}
