//! A task that waits for others without taking their values, because it needs what they do on the side.
//!
//! State beside the graph is what a graph is best without: here it is the very thing to show.

use std::sync::{Mutex, MutexGuard};

use delayed::prelude::*;

static DATA: Mutex<Vec<i64>> = Mutex::new(Vec::new());

fn data() -> MutexGuard<'static, Vec<i64>> {
    DATA.lock().expect("nobody panics while holding the data")
}

#[delayed]
fn inc(x: i64) -> i64 {
    x + 1
}

#[delayed]
fn add_data(x: i64) {
    data().push(x);
}

#[delayed]
fn sum_data(x: i64) -> i64 {
    data().iter().sum::<i64>() + x
}

fn main() -> Result<(), delayed::Error> {
    let a = inc(1);
    let b = add_data(a);
    let c = inc(3);
    let d = add_data(c);
    let e = inc(5);
    let f = sum_data(e).after((&b, &d)); // 2 and 4 are there, in whichever order they came
    println!("{}", f.compute()?);
    Ok(())
}
