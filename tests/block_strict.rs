//! Blocks in a crate that forbids what is unused, has no prelude, and gives std's names to types of its own.
#![no_implicit_prelude]
#![forbid(unused)]
#![deny(warnings, clippy::all, clippy::pedantic)]
#![allow(clippy::many_single_char_names)]

use ::delayed::prelude::*;
use ::std::option::Option as Maybe;
use ::std::result::Result as Outcome;

macro_rules! mine {
    ($($name:ident)*) => {$(
        struct $name;
        impl $name {
            fn touch(&self) -> usize {
                ::std::mem::size_of_val(self)
            }
        }
    )*};
}

mine! { Some None Ok Err Option Vec Box String Clone Copy Send Sync Fn FnOnce Into Iterator IntoIterator Default Named }

#[test]
fn own_names() {
    let sizes = [Some.touch(), None.touch(), Ok.touch(), Err.touch(), Option.touch(), Vec.touch(), Box.touch()];
    let more = [String.touch(), Clone.touch(), Copy.touch(), Send.touch(), Sync.touch(), Fn.touch(), FnOnce.touch()];
    let last = [Into.touch(), Iterator.touch(), IntoIterator.touch(), Default.touch(), Named.touch()];
    ::std::assert!(sizes == [0; 7] && more == [0; 7] && last == [0; 5]);
}

#[delayed]
fn add(x: i64, y: i64) -> i64 {
    x + y
}

#[delayed]
fn first(list: &[i64]) -> i64 {
    list[0]
}

#[delayed]
fn scale(x: i64, by: Maybe<i64>) -> i64 {
    if let Maybe::Some(by) = by { x * by } else { x }
}

fn half(x: i64) -> i64 {
    x / 2
}

fn join(list: &[i64], y: i64) -> i64 {
    list[0] + y
}

async fn later(x: i64) -> i64 {
    ::std::future::ready(x).await
}

fn read(x: i64) -> Outcome<i64, ::std::fmt::Error> {
    if x < 0 { Outcome::Err(::std::fmt::Error) } else { Outcome::Ok(x) }
}

fn both(x: i64) -> (::std::vec::Vec<i64>, i64) {
    (::std::vec![x], x)
}

#[test]
fn each_kind() -> Outcome<(), ::delayed::Error> {
    let (k, days) = (1, [1, 2]);
    let block = delayed_block! {
        let a = add(k, 2);
        let mut q = half(a);
        let p = { q += 1; q };
        let v = ::std::vec![a, 5, 6];
        let one = first(&v[1..]);
        let two = first(&[one, 1, v[2]]);
        let s = scale(half(two), Maybe::Some(one));
        let z = join(&v[1..], half(s + 1));
        let l = later(z + 1).await;
        let t = read(l)?;
        let parts = for d in days { let x = d + 1; half(x + 1) };
        let (mut w, b) = both(t + q);
        let w = { w.push(b); w };
        let all = first(&parts);
        let late = if all > 100 { ::std::panic!("large") } else { 0 };
        half(w[0] + all + p + late)
    };
    ::std::assert_eq!(block.compute()?, 7);
    Outcome::Ok(())
}

#[test]
fn inner_calls() -> Outcome<(), ::delayed::Error> {
    let block = delayed_block! {
        let a = half(::std::default::Default::default());
        let b = half(half(half(half(a + 80))));
        add(half(b), add(half(a), half(half(b + 8))))
    };
    ::std::assert_eq!(block.compute()?, 5);
    Outcome::Ok(())
}
