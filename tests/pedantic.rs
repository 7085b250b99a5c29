//! A crate of a hundred delayed functions and twenty blocks has no warning, clippy's pedantic ones among them, that points
//! at generated code. (Warnings are errors here; the functions are plain enough to give cause for none themselves.)
#![deny(warnings, clippy::all, clippy::pedantic)]

use delayed::prelude::*;

struct Owned(i64);

fn owned(x: i64) -> Owned {
    Owned(x)
}

fn plain(x: i64) -> i64 {
    x + 1
}

async fn plain_later(x: i64) -> i64 {
    std::future::ready(x).await
}

fn plain_read(text: &str) -> Result<i64, std::num::ParseIntError> {
    text.parse()
}

#[delayed]
fn add_0(x: i64, y: i64) -> i64 {
    x + y
}

#[delayed]
fn scale_0(x: f64) -> f64 {
    x * 1.5
}

#[delayed]
fn total_0(xs: &[i64]) -> i64 {
    xs.iter().sum()
}

#[delayed]
fn joined_0(words: &[String]) -> String {
    words.join("-")
}

#[delayed]
fn length_0(text: &str) -> usize {
    text.len()
}

#[delayed]
fn parsed_0(text: &str) -> Result<i64, std::num::ParseIntError> {
    text.parse()
}

#[delayed]
fn halved_0(x: i64) -> Option<i64> {
    (x % 2 == 0).then_some(x / 2)
}

#[delayed]
async fn later_0(x: i64) -> i64 {
    std::future::ready(x).await
}

#[delayed]
async fn tried_0(x: i64) -> Result<i64, String> {
    std::future::ready(Ok(x)).await
}

#[delayed]
fn pair_0(p: (i64, String)) -> String {
    p.1
}

#[delayed]
fn largest_0<T: Ord + Clone>(xs: &[T]) -> Option<T> {
    xs.iter().max().cloned()
}

#[delayed]
fn counted_0(map: &std::collections::BTreeMap<String, i64>) -> usize {
    map.len()
}

#[delayed]
fn chosen_0(x: Option<i64>, other: i64) -> i64 {
    x.unwrap_or(other)
}

#[delayed]
fn shared_0(x: std::sync::Arc<String>) -> Option<String> {
    std::sync::Arc::into_inner(x)
}

#[delayed]
fn array_0(xs: [i64; 3]) -> i64 {
    xs[0] + xs[2]
}

#[delayed]
fn path_0(p: &std::path::Path) -> bool {
    p.is_absolute()
}

#[delayed]
fn taken_0(#[take] x: Owned) -> i64 {
    let kept = [x];
    kept[0].0
}

#[delayed]
fn lent_0(x: &Owned) -> i64 {
    x.0
}

#[delayed]
fn unit_0(x: i64) {
    assert!(x > i64::MIN);
}

#[delayed]
fn clipped_0<const N: usize>(xs: [i64; N]) -> usize {
    xs.len().min(N)
}

#[delayed]
fn add_1(x: i64, y: i64) -> i64 {
    x + y
}

#[delayed]
fn scale_1(x: f64) -> f64 {
    x * 1.5
}

#[delayed]
fn total_1(xs: &[i64]) -> i64 {
    xs.iter().sum()
}

#[delayed]
fn joined_1(words: &[String]) -> String {
    words.join("-")
}

#[delayed]
fn length_1(text: &str) -> usize {
    text.len()
}

#[delayed]
fn parsed_1(text: &str) -> Result<i64, std::num::ParseIntError> {
    text.parse()
}

#[delayed]
fn halved_1(x: i64) -> Option<i64> {
    (x % 2 == 0).then_some(x / 2)
}

#[delayed]
async fn later_1(x: i64) -> i64 {
    std::future::ready(x).await
}

#[delayed]
async fn tried_1(x: i64) -> Result<i64, String> {
    std::future::ready(Ok(x)).await
}

#[delayed]
fn pair_1(p: (i64, String)) -> String {
    p.1
}

#[delayed]
fn largest_1<T: Ord + Clone>(xs: &[T]) -> Option<T> {
    xs.iter().max().cloned()
}

#[delayed]
fn counted_1(map: &std::collections::BTreeMap<String, i64>) -> usize {
    map.len()
}

#[delayed]
fn chosen_1(x: Option<i64>, other: i64) -> i64 {
    x.unwrap_or(other)
}

#[delayed]
fn shared_1(x: std::sync::Arc<String>) -> Option<String> {
    std::sync::Arc::into_inner(x)
}

#[delayed]
fn array_1(xs: [i64; 3]) -> i64 {
    xs[0] + xs[2]
}

#[delayed]
fn path_1(p: &std::path::Path) -> bool {
    p.is_absolute()
}

#[delayed]
fn taken_1(#[take] x: Owned) -> i64 {
    let kept = [x];
    kept[0].0
}

#[delayed]
fn lent_1(x: &Owned) -> i64 {
    x.0
}

#[delayed]
fn unit_1(x: i64) {
    assert!(x > i64::MIN);
}

#[delayed]
fn clipped_1<const N: usize>(xs: [i64; N]) -> usize {
    xs.len().min(N)
}

#[delayed]
fn add_2(x: i64, y: i64) -> i64 {
    x + y
}

#[delayed]
fn scale_2(x: f64) -> f64 {
    x * 1.5
}

#[delayed]
fn total_2(xs: &[i64]) -> i64 {
    xs.iter().sum()
}

#[delayed]
fn joined_2(words: &[String]) -> String {
    words.join("-")
}

#[delayed]
fn length_2(text: &str) -> usize {
    text.len()
}

#[delayed]
fn parsed_2(text: &str) -> Result<i64, std::num::ParseIntError> {
    text.parse()
}

#[delayed]
fn halved_2(x: i64) -> Option<i64> {
    (x % 2 == 0).then_some(x / 2)
}

#[delayed]
async fn later_2(x: i64) -> i64 {
    std::future::ready(x).await
}

#[delayed]
async fn tried_2(x: i64) -> Result<i64, String> {
    std::future::ready(Ok(x)).await
}

#[delayed]
fn pair_2(p: (i64, String)) -> String {
    p.1
}

#[delayed]
fn largest_2<T: Ord + Clone>(xs: &[T]) -> Option<T> {
    xs.iter().max().cloned()
}

#[delayed]
fn counted_2(map: &std::collections::BTreeMap<String, i64>) -> usize {
    map.len()
}

#[delayed]
fn chosen_2(x: Option<i64>, other: i64) -> i64 {
    x.unwrap_or(other)
}

#[delayed]
fn shared_2(x: std::sync::Arc<String>) -> Option<String> {
    std::sync::Arc::into_inner(x)
}

#[delayed]
fn array_2(xs: [i64; 3]) -> i64 {
    xs[0] + xs[2]
}

#[delayed]
fn path_2(p: &std::path::Path) -> bool {
    p.is_absolute()
}

#[delayed]
fn taken_2(#[take] x: Owned) -> i64 {
    let kept = [x];
    kept[0].0
}

#[delayed]
fn lent_2(x: &Owned) -> i64 {
    x.0
}

#[delayed]
fn unit_2(x: i64) {
    assert!(x > i64::MIN);
}

#[delayed]
fn clipped_2<const N: usize>(xs: [i64; N]) -> usize {
    xs.len().min(N)
}

#[delayed]
fn add_3(x: i64, y: i64) -> i64 {
    x + y
}

#[delayed]
fn scale_3(x: f64) -> f64 {
    x * 1.5
}

#[delayed]
fn total_3(xs: &[i64]) -> i64 {
    xs.iter().sum()
}

#[delayed]
fn joined_3(words: &[String]) -> String {
    words.join("-")
}

#[delayed]
fn length_3(text: &str) -> usize {
    text.len()
}

#[delayed]
fn parsed_3(text: &str) -> Result<i64, std::num::ParseIntError> {
    text.parse()
}

#[delayed]
fn halved_3(x: i64) -> Option<i64> {
    (x % 2 == 0).then_some(x / 2)
}

#[delayed]
async fn later_3(x: i64) -> i64 {
    std::future::ready(x).await
}

#[delayed]
async fn tried_3(x: i64) -> Result<i64, String> {
    std::future::ready(Ok(x)).await
}

#[delayed]
fn pair_3(p: (i64, String)) -> String {
    p.1
}

#[delayed]
fn largest_3<T: Ord + Clone>(xs: &[T]) -> Option<T> {
    xs.iter().max().cloned()
}

#[delayed]
fn counted_3(map: &std::collections::BTreeMap<String, i64>) -> usize {
    map.len()
}

#[delayed]
fn chosen_3(x: Option<i64>, other: i64) -> i64 {
    x.unwrap_or(other)
}

#[delayed]
fn shared_3(x: std::sync::Arc<String>) -> Option<String> {
    std::sync::Arc::into_inner(x)
}

#[delayed]
fn array_3(xs: [i64; 3]) -> i64 {
    xs[0] + xs[2]
}

#[delayed]
fn path_3(p: &std::path::Path) -> bool {
    p.is_absolute()
}

#[delayed]
fn taken_3(#[take] x: Owned) -> i64 {
    let kept = [x];
    kept[0].0
}

#[delayed]
fn lent_3(x: &Owned) -> i64 {
    x.0
}

#[delayed]
fn unit_3(x: i64) {
    assert!(x > i64::MIN);
}

#[delayed]
fn clipped_3<const N: usize>(xs: [i64; N]) -> usize {
    xs.len().min(N)
}

#[delayed]
fn add_4(x: i64, y: i64) -> i64 {
    x + y
}

#[delayed]
fn scale_4(x: f64) -> f64 {
    x * 1.5
}

#[delayed]
fn total_4(xs: &[i64]) -> i64 {
    xs.iter().sum()
}

#[delayed]
fn joined_4(words: &[String]) -> String {
    words.join("-")
}

#[delayed]
fn length_4(text: &str) -> usize {
    text.len()
}

#[delayed]
fn parsed_4(text: &str) -> Result<i64, std::num::ParseIntError> {
    text.parse()
}

#[delayed]
fn halved_4(x: i64) -> Option<i64> {
    (x % 2 == 0).then_some(x / 2)
}

#[delayed]
async fn later_4(x: i64) -> i64 {
    std::future::ready(x).await
}

#[delayed]
async fn tried_4(x: i64) -> Result<i64, String> {
    std::future::ready(Ok(x)).await
}

#[delayed]
fn pair_4(p: (i64, String)) -> String {
    p.1
}

#[delayed]
fn largest_4<T: Ord + Clone>(xs: &[T]) -> Option<T> {
    xs.iter().max().cloned()
}

#[delayed]
fn counted_4(map: &std::collections::BTreeMap<String, i64>) -> usize {
    map.len()
}

#[delayed]
fn chosen_4(x: Option<i64>, other: i64) -> i64 {
    x.unwrap_or(other)
}

#[delayed]
fn shared_4(x: std::sync::Arc<String>) -> Option<String> {
    std::sync::Arc::into_inner(x)
}

#[delayed]
fn array_4(xs: [i64; 3]) -> i64 {
    xs[0] + xs[2]
}

#[delayed]
fn path_4(p: &std::path::Path) -> bool {
    p.is_absolute()
}

#[delayed]
fn taken_4(#[take] x: Owned) -> i64 {
    let kept = [x];
    kept[0].0
}

#[delayed]
fn lent_4(x: &Owned) -> i64 {
    x.0
}

#[delayed]
fn unit_4(x: i64) {
    assert!(x > i64::MIN);
}

#[delayed]
fn clipped_4<const N: usize>(xs: [i64; N]) -> usize {
    xs.len().min(N)
}

#[test]
fn block_0_0() -> Result<(), delayed::Error> {
    let block = delayed_block! {
        let a = plain(1);
        let b = add_0(a, 2);
        let c = total_0(&[a, b]);
        a + b + c
    };
    assert_eq!(block.compute()?, 12);
    Ok(())
}

#[test]
fn block_0_1() -> Result<(), delayed::Error> {
    let block = delayed_block! {
        let a = plain_read("1")?;
        let b = plain_later(a).await;
        let c = later_0(b);
        let d = tried_0(c)?;
        plain(d)
    };
    assert_eq!(block.compute()?, 2);
    Ok(())
}

#[test]
fn block_0_2() -> Result<(), delayed::Error> {
    let block = delayed_block! {
        let list = for x in [1, 2, 3] { let y = plain(x); add_0(y, x) };
        let sum = total_0(&list);
        let text = format!("{sum} of {}", list.len());
        let len = length_0(&text);
        i64::try_from(len).unwrap_or(0)
    };
    assert_eq!(block.compute()?, 7);
    Ok(())
}

#[test]
fn block_0_3() -> Result<(), delayed::Error> {
    let base = 7;
    let owned_value = value(Owned(3));
    let block = delayed_block! {
        let first = owned(base);
        let y = lent_0(&first);
        let z = taken_0(owned_value);
        let (half, rest) = (y / 2, z % 2);
        let larger = if half > rest { half } else { rest };
        match larger { 0 => 1, other => other }
    };
    assert_eq!(block.compute()?, 3);
    Ok(())
}

#[test]
fn block_1_0() -> Result<(), delayed::Error> {
    let block = delayed_block! {
        let a = plain(1);
        let b = add_1(a, 2);
        let c = total_1(&[a, b]);
        a + b + c
    };
    assert_eq!(block.compute()?, 12);
    Ok(())
}

#[test]
fn block_1_1() -> Result<(), delayed::Error> {
    let block = delayed_block! {
        let a = plain_read("1")?;
        let b = plain_later(a).await;
        let c = later_1(b);
        let d = tried_1(c)?;
        plain(d)
    };
    assert_eq!(block.compute()?, 2);
    Ok(())
}

#[test]
fn block_1_2() -> Result<(), delayed::Error> {
    let block = delayed_block! {
        let list = for x in [1, 2, 3] { let y = plain(x); add_1(y, x) };
        let sum = total_1(&list);
        let text = format!("{sum} of {}", list.len());
        let len = length_1(&text);
        i64::try_from(len).unwrap_or(0)
    };
    assert_eq!(block.compute()?, 7);
    Ok(())
}

#[test]
fn block_1_3() -> Result<(), delayed::Error> {
    let base = 7;
    let owned_value = value(Owned(3));
    let block = delayed_block! {
        let first = owned(base);
        let y = lent_1(&first);
        let z = taken_1(owned_value);
        let (half, rest) = (y / 2, z % 2);
        let larger = if half > rest { half } else { rest };
        match larger { 0 => 1, other => other }
    };
    assert_eq!(block.compute()?, 3);
    Ok(())
}

#[test]
fn block_2_0() -> Result<(), delayed::Error> {
    let block = delayed_block! {
        let a = plain(1);
        let b = add_2(a, 2);
        let c = total_2(&[a, b]);
        a + b + c
    };
    assert_eq!(block.compute()?, 12);
    Ok(())
}

#[test]
fn block_2_1() -> Result<(), delayed::Error> {
    let block = delayed_block! {
        let a = plain_read("1")?;
        let b = plain_later(a).await;
        let c = later_2(b);
        let d = tried_2(c)?;
        plain(d)
    };
    assert_eq!(block.compute()?, 2);
    Ok(())
}

#[test]
fn block_2_2() -> Result<(), delayed::Error> {
    let block = delayed_block! {
        let list = for x in [1, 2, 3] { let y = plain(x); add_2(y, x) };
        let sum = total_2(&list);
        let text = format!("{sum} of {}", list.len());
        let len = length_2(&text);
        i64::try_from(len).unwrap_or(0)
    };
    assert_eq!(block.compute()?, 7);
    Ok(())
}

#[test]
fn block_2_3() -> Result<(), delayed::Error> {
    let base = 7;
    let owned_value = value(Owned(3));
    let block = delayed_block! {
        let first = owned(base);
        let y = lent_2(&first);
        let z = taken_2(owned_value);
        let (half, rest) = (y / 2, z % 2);
        let larger = if half > rest { half } else { rest };
        match larger { 0 => 1, other => other }
    };
    assert_eq!(block.compute()?, 3);
    Ok(())
}

#[test]
fn block_3_0() -> Result<(), delayed::Error> {
    let block = delayed_block! {
        let a = plain(1);
        let b = add_3(a, 2);
        let c = total_3(&[a, b]);
        a + b + c
    };
    assert_eq!(block.compute()?, 12);
    Ok(())
}

#[test]
fn block_3_1() -> Result<(), delayed::Error> {
    let block = delayed_block! {
        let a = plain_read("1")?;
        let b = plain_later(a).await;
        let c = later_3(b);
        let d = tried_3(c)?;
        plain(d)
    };
    assert_eq!(block.compute()?, 2);
    Ok(())
}

#[test]
fn block_3_2() -> Result<(), delayed::Error> {
    let block = delayed_block! {
        let list = for x in [1, 2, 3] { let y = plain(x); add_3(y, x) };
        let sum = total_3(&list);
        let text = format!("{sum} of {}", list.len());
        let len = length_3(&text);
        i64::try_from(len).unwrap_or(0)
    };
    assert_eq!(block.compute()?, 7);
    Ok(())
}

#[test]
fn block_3_3() -> Result<(), delayed::Error> {
    let base = 7;
    let owned_value = value(Owned(3));
    let block = delayed_block! {
        let first = owned(base);
        let y = lent_3(&first);
        let z = taken_3(owned_value);
        let (half, rest) = (y / 2, z % 2);
        let larger = if half > rest { half } else { rest };
        match larger { 0 => 1, other => other }
    };
    assert_eq!(block.compute()?, 3);
    Ok(())
}

#[test]
fn block_4_0() -> Result<(), delayed::Error> {
    let block = delayed_block! {
        let a = plain(1);
        let b = add_4(a, 2);
        let c = total_4(&[a, b]);
        a + b + c
    };
    assert_eq!(block.compute()?, 12);
    Ok(())
}

#[test]
fn block_4_1() -> Result<(), delayed::Error> {
    let block = delayed_block! {
        let a = plain_read("1")?;
        let b = plain_later(a).await;
        let c = later_4(b);
        let d = tried_4(c)?;
        plain(d)
    };
    assert_eq!(block.compute()?, 2);
    Ok(())
}

#[test]
fn block_4_2() -> Result<(), delayed::Error> {
    let block = delayed_block! {
        let list = for x in [1, 2, 3] { let y = plain(x); add_4(y, x) };
        let sum = total_4(&list);
        let text = format!("{sum} of {}", list.len());
        let len = length_4(&text);
        i64::try_from(len).unwrap_or(0)
    };
    assert_eq!(block.compute()?, 7);
    Ok(())
}

#[test]
fn block_4_3() -> Result<(), delayed::Error> {
    let base = 7;
    let owned_value = value(Owned(3));
    let block = delayed_block! {
        let first = owned(base);
        let y = lent_4(&first);
        let z = taken_4(owned_value);
        let (half, rest) = (y / 2, z % 2);
        let larger = if half > rest { half } else { rest };
        match larger { 0 => 1, other => other }
    };
    assert_eq!(block.compute()?, 3);
    Ok(())
}

#[test]
fn all_of_0_run() -> Result<(), delayed::Error> {
    delayed::compute((
        add_0(1, 2),
        scale_0(2.0),
        total_0([add_0(1, 2)]),
        joined_0(vec!["a"]),
        length_0("a"),
        parsed_0("1"),
    ))?;
    delayed::compute((halved_0(2), later_0(1), tried_0(1), pair_0((1, "a".to_owned())), largest_0([1, 2])))?;
    delayed::compute((
        counted_0(std::collections::BTreeMap::from([("a".to_owned(), 1)])),
        chosen_0(None, 1),
        shared_0(std::sync::Arc::new("a".to_owned())),
    ))?;
    delayed::compute((
        array_0([1, 2, 3]),
        path_0("a"),
        unit_0(1),
        clipped_0([1, 2]),
        taken_0(Owned(1)),
        lent_0(Owned(1)),
    ))?;
    Ok(())
}

#[test]
fn all_of_1_run() -> Result<(), delayed::Error> {
    delayed::compute((
        add_1(1, 2),
        scale_1(2.0),
        total_1([add_1(1, 2)]),
        joined_1(vec!["a"]),
        length_1("a"),
        parsed_1("1"),
    ))?;
    delayed::compute((halved_1(2), later_1(1), tried_1(1), pair_1((1, "a".to_owned())), largest_1([1, 2])))?;
    delayed::compute((
        counted_1(std::collections::BTreeMap::from([("a".to_owned(), 1)])),
        chosen_1(None, 1),
        shared_1(std::sync::Arc::new("a".to_owned())),
    ))?;
    delayed::compute((
        array_1([1, 2, 3]),
        path_1("a"),
        unit_1(1),
        clipped_1([1, 2]),
        taken_1(Owned(1)),
        lent_1(Owned(1)),
    ))?;
    Ok(())
}

#[test]
fn all_of_2_run() -> Result<(), delayed::Error> {
    delayed::compute((
        add_2(1, 2),
        scale_2(2.0),
        total_2([add_2(1, 2)]),
        joined_2(vec!["a"]),
        length_2("a"),
        parsed_2("1"),
    ))?;
    delayed::compute((halved_2(2), later_2(1), tried_2(1), pair_2((1, "a".to_owned())), largest_2([1, 2])))?;
    delayed::compute((
        counted_2(std::collections::BTreeMap::from([("a".to_owned(), 1)])),
        chosen_2(None, 1),
        shared_2(std::sync::Arc::new("a".to_owned())),
    ))?;
    delayed::compute((
        array_2([1, 2, 3]),
        path_2("a"),
        unit_2(1),
        clipped_2([1, 2]),
        taken_2(Owned(1)),
        lent_2(Owned(1)),
    ))?;
    Ok(())
}

#[test]
fn all_of_3_run() -> Result<(), delayed::Error> {
    delayed::compute((
        add_3(1, 2),
        scale_3(2.0),
        total_3([add_3(1, 2)]),
        joined_3(vec!["a"]),
        length_3("a"),
        parsed_3("1"),
    ))?;
    delayed::compute((halved_3(2), later_3(1), tried_3(1), pair_3((1, "a".to_owned())), largest_3([1, 2])))?;
    delayed::compute((
        counted_3(std::collections::BTreeMap::from([("a".to_owned(), 1)])),
        chosen_3(None, 1),
        shared_3(std::sync::Arc::new("a".to_owned())),
    ))?;
    delayed::compute((
        array_3([1, 2, 3]),
        path_3("a"),
        unit_3(1),
        clipped_3([1, 2]),
        taken_3(Owned(1)),
        lent_3(Owned(1)),
    ))?;
    Ok(())
}

#[test]
fn all_of_4_run() -> Result<(), delayed::Error> {
    delayed::compute((
        add_4(1, 2),
        scale_4(2.0),
        total_4([add_4(1, 2)]),
        joined_4(vec!["a"]),
        length_4("a"),
        parsed_4("1"),
    ))?;
    delayed::compute((halved_4(2), later_4(1), tried_4(1), pair_4((1, "a".to_owned())), largest_4([1, 2])))?;
    delayed::compute((
        counted_4(std::collections::BTreeMap::from([("a".to_owned(), 1)])),
        chosen_4(None, 1),
        shared_4(std::sync::Arc::new("a".to_owned())),
    ))?;
    delayed::compute((
        array_4([1, 2, 3]),
        path_4("a"),
        unit_4(1),
        clipped_4([1, 2]),
        taken_4(Owned(1)),
        lent_4(Owned(1)),
    ))?;
    Ok(())
}

fn both(x: i64) -> (Vec<i64>, i64) {
    (vec![x], x)
}

#[test]
fn block_mut() -> Result<(), delayed::Error> {
    let block = delayed_block! {
        let (mut list, x) = both(1);
        { list.push(x); list }
    };
    assert_eq!(block.compute()?, [1, 1]);
    Ok(())
}
