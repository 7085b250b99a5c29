//! `delayed_block!`: values, graphs, names, places.

use delayed::prelude::*;

fn inc(x: i64) -> i64 {
    x + 1
}

fn add(x: i64, y: i64) -> i64 {
    x + y
}

#[delayed]
fn dinc(x: i64) -> i64 {
    x + 1
}

#[delayed]
fn dsum(xs: &[i64]) -> i64 {
    xs.iter().sum()
}

fn names<T: Value>(handle: &Delayed<T>) -> Vec<String> {
    Graph::of(handle).tasks().map(|task| task.name().to_owned()).collect()
}

#[test]
fn plain_functions_are_tasks() -> Result<(), delayed::Error> {
    let sum = delayed_block! {
        let a = inc(1);
        let b = inc(2);
        add(a, b)
    };
    assert_eq!(names(&sum), ["inc", "inc", "add"]);
    assert_eq!(sum.compute()?, 5);
    Ok(())
}

#[test]
fn constructors_are_their_own_nodes() -> Result<(), delayed::Error> {
    let total = delayed_block! {
        let a = dinc(1);
        let list = for x in [1, 2, 3] { let y = dinc(x); add(y, x) };
        let all = dsum(&list);
        add(all, a)
    };
    assert_eq!(names(&total), ["dinc", "add", "dinc", "add", "dinc", "add", "dsum", "dinc", "add"]);
    assert_eq!(total.compute()?, 17);
    Ok(())
}

#[derive(Debug, PartialEq)]
struct Table(Vec<i64>);

impl Table {
    fn len(&self) -> usize {
        self.0.len()
    }
}

fn rows_of(table: Table) -> Vec<i64> {
    table.0
}

fn load(path: &str) -> Result<Table, std::num::ParseIntError> {
    path.split(',').map(str::parse).collect::<Result<_, _>>().map(Table)
}

#[delayed]
fn dload(path: &str) -> Result<Table, std::num::ParseIntError> {
    load(path)
}

fn join(a: &Table, b: &Table) -> Table {
    Table(a.0.iter().chain(&b.0).copied().collect())
}

#[delayed]
fn djoin(a: &Table, b: &Table) -> Table {
    join(a, b)
}

async fn later(x: i64) -> i64 {
    x + 1
}

async fn later_try(x: i64) -> Result<i64, String> {
    if x < 0 { Err(format!("{x} is negative")) } else { Ok(x) }
}

#[delayed]
async fn dlater(x: i64) -> Result<i64, String> {
    later_try(x).await
}

fn read(day: &str) -> Result<i64, std::num::ParseIntError> {
    day.parse()
}

#[test]
fn the_block_of_the_contract() -> Result<(), delayed::Error> {
    let (users_path, orders_path) = ("1,2", String::from("3"));
    let days = vec!["1", "2", "3"];
    let report = delayed_block! {
        let users = load(users_path)?;
        let orders = load(&orders_path)?;
        let joined = join(&users, &orders);
        let parts = for day in days { let d = read(&day)?; inc(d) };
        let total = dsum(&parts);
        format!("{total} of {}", joined.len())
    };
    let report: Delayed<String> = report;
    assert_eq!(names(&report), ["read", "inc", "read", "inc", "read", "inc", "dsum", "load", "load", "join", "block"]);
    assert_eq!(report.compute()?, "9 of 3");
    Ok(())
}

#[test]
fn what_is_not_clone_is_lent_moved_and_received() -> Result<(), delayed::Error> {
    let table = Table(vec![4, 5]);
    let report = delayed_block! {
        let a = dload("1,2")?;
        let b = load("3")?;
        let both = djoin(&a, &b);
        let count = both.len();
        let other = (&a).len();
        let rows = rows_of(both);
        let mine = table.len();
        (count, other, rows, mine)
    };
    // `both` is lent to `len`, and moved to `rows_of`: two tasks want it, and nobody can clone it.
    let error = report.compute().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Runtime, "{error}");
    assert!(error.to_string().contains("both"), "{error}");
    let table = Table(vec![4, 5]);
    let report = delayed_block! {
        let a = dload("1,2")?;
        let b = load("3")?;
        let both = djoin(&a, &b);
        let rows = rows_of(both);
        let other = (&a).len();
        let mine = table.len();
        (rows, other, mine)
    };
    assert_eq!(report.compute()?, (vec![1, 2, 3], 2, 2));
    Ok(())
}

#[test]
fn awaits_are_async_tasks() -> Result<(), delayed::Error> {
    let value = delayed_block! {
        let a = later(1).await;
        let b = later(a).await + 1;
        let c = later_try(b).await?;
        let d = dlater(c).await?;
        let e = dlater(d).await;
        let f = dlater(e);
        add(a, f)
    };
    assert_eq!(names(&value), ["later", "b", "later_try", "dlater", "dlater", "dlater", "add"]);
    assert_eq!(value.compute()?, 6);
    let failed = delayed_block! { let a = later_try(-1).await?; inc(a) };
    let error = failed.compute().unwrap_err();
    assert_eq!(error.task(), "later_try");
    assert_eq!(error.downcast_ref::<String>().unwrap(), "-1 is negative");
    Ok(())
}

struct Point {
    x: i64,
    y: i64,
}

impl Clone for Point {
    fn clone(&self) -> Self {
        panic!("a whole is never cloned to take it apart")
    }
}

fn point(x: i64) -> Point {
    Point { x, y: x + 1 }
}

#[delayed]
fn divide(x: i64, y: i64) -> (i64, i64) {
    (x / y, x % y)
}

#[test]
fn shadowing_destructuring_types_and_lazy_branches() -> Result<(), delayed::Error> {
    let text = delayed_block! {
        let n = read("17")?;
        let n: i64 = n + 1;
        let (q, r) = divide(n, 5);
        let Point { x, y: up } = point(q);
        let (_, third, ..) = (x, up, r, 4);
        let digits: Vec<_> = [x, third].iter().map(|x| x + r).collect();
        let parsed: i64 = "5".parse()?;
        let boxed: Box<dyn Fn(i64) -> i64 + Send + Sync> = Box::new(|x| x * 2);
        let double = boxed(parsed);
        let kept = if let Some(first) = digits.first() { *first } else { panic!("never runs") };
        let named = match double { 10 => "ten", _ => "more" };
        let inner = { let a = kept; let b = a + 1; a * b };
        format!("{q} {r} {x} {up} {third} {digits:?} {double} {kept} {named} {inner}")
    };
    assert_eq!(text.compute()?, "3 3 3 4 4 [6, 7] 10 6 ten 42");
    Ok(())
}

#[test]
fn rounds_nest_and_have_their_own_names() -> Result<(), delayed::Error> {
    let base = 100;
    let lists = vec![vec![1, 2], vec![], vec![3]];
    let nested = delayed_block! {
        let start = inc(base);
        let all = for (index, list) in lists.into_iter().enumerate() {
            let offset = add(start, base);
            for x in list {
                let x = add(x, offset);
                let x = x + index as i64;
                inc(x)
            }
        };
        all
    };
    assert_eq!(nested.compute()?, [vec![203, 204], vec![], vec![207]]);
    Ok(())
}

#[test]
fn a_delayed_list_is_split() -> Result<(), delayed::Error> {
    let doubled = delayed_block! {
        let list = vec![1, 2, 3];
        let parts = for x in list.split(3) { inc(x) };
        dsum(&parts)
    };
    assert_eq!(doubled.compute()?, 9);
    Ok(())
}

#[test]
fn outer_handles_are_as_the_blocks_own() -> Result<(), delayed::Error> {
    let (one, table) = (dinc(0), value(vec![1, 2, 3]));
    let sum = delayed_block! {
        let a = inc(one);
        let b = dinc(&one);
        let c = table.len() as i64;
        let d = dsum(&table);
        [a, b, c, d]
    };
    assert_eq!(sum.compute()?, [2, 2, 3, 6]);
    let table = value(Table(vec![4]));
    let rows = delayed_block! { let count = table.len(); count };
    assert_eq!(rows.compute()?, 1);
    let table = value(Table(vec![4]));
    assert_eq!(delayed_block! { rows_of(table) }.compute()?, [4]);
    Ok(())
}

#[test]
fn a_kept_graph_runs_again_with_clones_of_what_came_in() -> Result<(), delayed::Error> {
    let words = vec![String::from("a"), String::from("b")];
    let joined = delayed_block! { let text = words.join("-"); text.repeat(2) };
    assert_eq!(delayed::compute(&joined)?, "a-ba-b");
    assert_eq!(joined.compute()?, "a-ba-b");

    let table = Table(vec![1]);
    let rows = delayed_block! { rows_of(table) };
    assert_eq!(delayed::compute(&rows)?, [1]);
    let error = rows.compute().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Runtime);
    assert!(error.to_string().contains("`table`"), "{error}");
    Ok(())
}

#[test]
fn every_task_has_its_own_place() {
    let line = line!() + 1;
    let sum = delayed_block! {
        let a = inc(1);
        let b = dinc(a);
        let (c, d) = (a, b);
        c + d
    };
    let graph = Graph::of(&sum);
    let places: Vec<_> = graph.tasks().map(|task| (task.location().line() - line, task.location().column())).collect();
    assert_eq!(places, [(1, 17), (2, 17), (3, 22), (4, 9)]);
    assert_eq!(names(&sum), ["inc", "dinc", "c, d", "block"]);
}

struct Parts {
    a: Inner,
    a_b: i64,
    r#type: i64,
}

struct Inner {
    b: i64,
}

impl Parts {
    fn all(&self) -> Delayed<i64> {
        delayed_block! {
            let x = self.a.b * 100 + self.a_b * 10 + self.r#type;
            let is_set = matches!(self.a_b, n if n > 1);
            if is_set { x } else { 0 }
        }
    }
}

#[delayed]
fn dlen(table: &Table) -> usize {
    table.len()
}

#[test]
fn names_of_fields_of_items_and_of_patterns() -> Result<(), delayed::Error> {
    assert_eq!(Parts { a: Inner { b: 1 }, a_b: 2, r#type: 3 }.all().compute()?, 123);
    let outer = Some(String::from("a"));
    let table = Table(vec![1, 2]);
    let all = delayed_block! {
        let r#type = inc(1);
        let text = format!("{type}");
        let mapped = {
            #[allow(non_upper_case_globals)]
            const k: i64 = 4;
            fn helper(x: i64) -> i64 { x + k }
            [r#type].into_iter().map(helper).next()
        };
        let is_some = matches!(mapped, Some(n) if n > 3);
        let is_a = matches!(outer, Some(n) if n == "a");
        let checked = { assert_eq!(r#type, 2); assert!(is_some, "{text}"); 1 };
        let len = dlen(&table);
        (text, mapped, is_some, is_a, checked, len)
    };
    assert_eq!(all.compute()?, ("2".to_owned(), Some(6), true, true, 1, 2));
    Ok(())
}

struct Model {
    weights: Vec<i64>,
    scale: i64,
}

impl Model {
    fn score(&self, xs: &[i64]) -> Delayed<i64> {
        let xs = xs.to_vec();
        delayed_block! {
            let dot = dot(&self.weights, &xs);
            let count = self.weights.len() as i64;
            dot * self.scale + count
        }
    }
}

fn dot(a: &[i64], b: &[i64]) -> i64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn largest<T: Value + Clone + Ord>(list: Vec<T>, other: T) -> Delayed<T> {
    delayed_block! {
        let first = list.into_iter().max().unwrap();
        std::cmp::max(first, other)
    }
}

#[test]
fn in_methods_generic_and_async_functions() -> Result<(), delayed::Error> {
    let model = Model { weights: vec![1, 2], scale: 10 };
    assert_eq!(model.score(&[3, 4]).compute()?, 112);
    assert_eq!(largest(vec![1, 5], 3).compute()?, 5);
    let in_async = async |n: i64| -> Result<i64, delayed::Error> {
        let x = delayed_block! { let a = later(n).await; inc(a) }.await?;
        Ok(x)
    };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    assert_eq!(runtime.block_on(in_async(1))?, 3);
    Ok(())
}

#[test]
fn closures_and_functions_as_values() -> Result<(), delayed::Error> {
    let factor = 3;
    let times = move |x: i64| x * factor;
    let list = delayed_block!({
        let list = vec![1, 2, 3];
        let list: Vec<i64> = list.into_iter().map(inc).map(|x| x * factor).collect();
        let last = times(list[2]);
        let text = vec![last; 2];
        (list, text)
    });
    assert_eq!(list.compute()?, (vec![6, 9, 12], vec![36, 36]));
    Ok(())
}

fn parse<T: std::str::FromStr>(text: &str) -> Result<T, T::Err> {
    text.parse()
}

fn describe<T: std::fmt::Debug>(x: &T) -> String {
    format!("{x:?}")
}

#[derive(Clone, Debug, PartialEq)]
enum Shape {
    Dot,
    Line { from: i64, to: i64 },
}

macro_rules! twice {
    ($x:expr) => {
        $x * 2
    };
}

#[test]
fn all_kinds_of_expressions() -> Result<(), delayed::Error> {
    let outer = Some(5);
    let words = ["a", "b"];
    let all = delayed_block! {
        let one = parse::<i64>("1")?;
        let two: i64 = parse("2")?;
        let shape = Shape::Line { from: one, to: two };
        let same = shape.clone();
        let dot = Shape::Dot;
        let is_line = matches!(shape, Shape::Line { from, .. } if from == one);
        let kind = match &same { Shape::Dot => 0, Shape::Line { from, to } => from + to };
        let other = if let Shape::Dot = dot { one } else { two };
        let list = vec![one, two, kind, other];
        let tail = list[1..].to_vec();
        let found = 'search: {
            for x in &list { if *x > 2 { break 'search Some(*x); } }
            None
        };
        let counted = { let mut n = 0; while n < 3 { n += 1; if n == 2 { continue; } } n };
        let doubled = twice!(kind);
        let text = describe(&list);
        let r#type = text.len();
        let sum = list.iter().map(|x| x + one).filter(|x| *x > 2).sum::<i64>();
        let joined = words.join("+");
        let padded = format!("{one:>width$}", width = r#type);
        let inside = outer.map_or(0, |x| x + one);
        let boxed = [inside].map(|x: i64| x + two)[0];
        #[allow(clippy::identity_op)]
        let noted = boxed + 0;
        let array = [noted; 2];
        let unit = ();
        let shown = describe(&unit);
        let numbers = [counted, doubled, sum];
        (is_line, kind, other, tail, found, numbers, r#type, joined, padded, array, shown)
    };
    let all = all.compute()?;
    assert!(all.0);
    assert_eq!((all.1, all.2), (3, 1));
    assert_eq!(all.3, [2, 3, 1]);
    assert_eq!((all.4, all.5, all.6), (Some(3), [3, 6, 7], 12));
    assert_eq!((all.7.as_str(), all.8.as_str()), ("a+b", "           1"));
    assert_eq!((all.9, all.10.as_str()), ([8, 8], "()"));
    Ok(())
}

#[test]
fn a_failure_names_the_task_and_its_place() {
    let line = line!() + 2;
    let failed = delayed_block! {
        let n = read("x")?;
        inc(n)
    };
    let error = failed.compute().unwrap_err();
    assert_eq!((error.task(), error.location().line(), error.location().column()), ("read", line, 17));
    assert!(error.downcast_ref::<std::num::ParseIntError>().is_some());
    let direct = delayed_block! { read("7")? };
    assert_eq!(direct.compute().unwrap(), 7);
    let chosen = true;
    let branch = delayed_block! { let n = if chosen { read("7") } else { Ok(0) }?; inc(n) };
    assert_eq!(branch.compute().unwrap(), 8);
}

#[test]
fn nothing_runs_before_the_compute_and_branches_are_lazy() {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    let calls = Arc::new(AtomicUsize::new(0));
    let count = value(calls.clone());
    let block = delayed_block! {
        let a = { count.fetch_add(1, Ordering::Relaxed); 1 };
        if a > 0 { a } else { count.fetch_add(10, Ordering::Relaxed); 0 }
    };
    assert_eq!(calls.load(Ordering::Relaxed), 0);
    assert_eq!(block.compute().unwrap(), 1);
    assert_eq!(calls.load(Ordering::Relaxed), 1);
}

#[test]
fn independent_lets_run_beside_each_other() {
    use std::sync::{Arc, Barrier};
    fn meet(barrier: &Barrier) -> usize {
        usize::from(barrier.wait().is_leader())
    }
    let runtime = Runtime::builder().workers(2).build().unwrap();
    let barrier = value(Barrier::new(2));
    let block = delayed_block! {
        let a = meet(&barrier);
        let b = meet(&barrier);
        a + b
    };
    assert_eq!(runtime.compute(block).unwrap(), 1);
    drop(Arc::new(runtime));
}

#[test]
fn a_value_moves_through_the_block_without_a_clone() -> Result<(), delayed::Error> {
    fn fill(n: usize) -> Vec<u8> {
        vec![1; n]
    }
    fn address(list: Vec<u8>) -> (usize, Vec<u8>) {
        (list.as_ptr() as usize, list)
    }
    let (same, len) = delayed_block! {
        let list = fill(1000);
        let (before, list) = address(list);
        let (after, list) = address(list);
        (before == after, list.len())
    }
    .compute()?;
    assert_eq!((same, len), (true, 1000));
    Ok(())
}

#[delayed]
fn dlength(text: &str) -> i64 {
    text.len() as i64
}

#[delayed]
fn dcapped(x: i64, cap: Option<i64>) -> i64 {
    cap.map_or(x, |cap| x.min(cap))
}

#[delayed]
fn dswap(pair: (i64, i64)) -> (i64, i64) {
    (pair.1, pair.0)
}

#[delayed]
fn drows(table: &Table, from: usize) -> i64 {
    table.0[from..].iter().sum()
}

#[delayed]
fn dadd(x: i64, y: i64) -> i64 {
    x + y
}

#[test]
fn expressions_as_arguments_of_constructors_are_tasks_before_them() -> Result<(), delayed::Error> {
    let all = delayed_block! {
        let v = vec![1, 2, 3];
        let a = dinc(v[0]);
        let b = dinc(v.len() as i64);
        let c = dlength(&format!("{a}{b}"));
        let d = dsum(&v[..2]);
        let e = dinc(inc(a));
        let f = dadd(a, a);
        let g = dlater(v[1]).await?;
        (b, c, d, e, f, g)
    };
    let expected =
        ["v", "b", "dinc", "a", "dinc", "c", "dlength", "d", "dsum", "inc", "dinc", "dadd", "g", "dlater", "block"];
    assert_eq!(names(&all), expected);
    assert_eq!(all.compute()?, (4, 2, 3, 4, 4, 2));

    let (extra, texts) = (10, vec![String::from("ab"), String::from("c")]);
    let all = delayed_block! {
        let a = dinc(1);
        let list = dsum(&[a, 2, extra]);
        let same = dsum(vec![a, list]);
        let swapped = dswap((a + 1, same));
        let capped = dcapped(list, Some(a));
        let both = dadd(dinc(a), inc(a + extra));
        let table = load("1,2,3")?;
        let rows = drows(&table, table.len() - 2);
        let lengths = for text in texts { let short = dlength(&text); dadd(short, short * 2) };
        (list, same, swapped, capped, both, rows, lengths)
    };
    assert_eq!(all.compute()?, (14, 16, (16, 3), 2, 16, 5, vec![6, 3]));
    Ok(())
}

fn apply(f: impl Fn(i64) -> i64, x: i64) -> i64 {
    f(x)
}

fn total(xs: impl Iterator<Item = i64>) -> i64 {
    xs.sum()
}

fn or<T>(x: Option<T>, y: T) -> T {
    x.unwrap_or(y)
}

fn characters<T: AsRef<str>>(text: T) -> usize {
    text.as_ref().chars().count()
}

#[test]
fn expressions_as_arguments_of_plain_functions_stay_in_their_task() -> Result<(), delayed::Error> {
    use std::rc::Rc;
    fn held(x: Rc<i64>) -> i64 {
        *x
    }
    fn shown(x: &dyn std::fmt::Debug) -> String {
        format!("{x:?}")
    }
    fn boxed(f: Box<dyn Fn(i64) -> i64>) -> i64 {
        f(1)
    }
    fn both(a: Table, b: usize) -> usize {
        a.len() + b
    }
    let prefix = String::from("abc");
    let offset = move |x: i64| x + prefix.len() as i64;
    let all = delayed_block! {
        let v = vec![1_i64, 2, 3];
        let a = inc(v.iter().sum());
        let b = apply(|x| x + a, v[1]);
        let c = total(v.iter().map(|x| x + a));
        let d = held(Rc::new(a));
        let e = or(None, a + 1);
        let f = characters(format!(" {a} ").trim());
        let g = boxed(Box::new(move |x| x + a));
        let h = shown(&v[0]);
        let i = offset(v[2]);
        let j = Some(v.iter().map(|x| x + 1).collect::<Vec<i64>>());
        let table = load("1,2")?;
        let k = both(load("7").unwrap_or(table), v.len());
        let l = add("5".parse().unwrap(), inc(inc(a)));
        (b, c, d, e, f, g, (h, i, j), k, l)
    };
    assert_eq!(Graph::of(&all).tasks().count(), 15);
    let expected = (9, 27, 7, 8, 1, 8, ("1".to_owned(), 6, Some(vec![2, 3, 4])), 4, 14);
    assert_eq!(all.compute()?, expected);
    Ok(())
}

#[derive(Clone)]
struct Rates {
    base: i64,
}

impl Rates {
    fn both(&self) -> Delayed<i64> {
        delayed_block! {
            let (a, b) = tokio::join!(later(self.base), later(1));
            let sum = async { let (c, d) = tokio::join!(later(a), later(b)); c + d }.await;
            sum
        }
    }
}

macro_rules! named {
    ($name:ident, $value:expr) => {{
        let $name = $value;
        $name * 2
    }};
}

fn mk(x: i64) -> Table {
    Table(vec![x])
}

#[test]
fn macros_of_others() -> Result<(), delayed::Error> {
    assert_eq!(Rates { base: 3 }.both().compute()?, 8);
    let doubled = delayed_block! { let a = inc(1); named!(thing, a) };
    assert_eq!(doubled.compute()?, 4);
    Ok(())
}

#[test]
fn a_for_over_names_and_a_let_for_some_builds() -> Result<(), delayed::Error> {
    let list = delayed_block! {
        let a = inc(1);
        let b = dinc(a);
        let parts = for x in [a, b] { let y = inc(x); dinc(y) };
        let more = for x in vec![b, a] { x + 1 };
        dadd(dsum(&parts), dsum(&more))
    };
    assert_eq!(list.compute()?, 16);
    let chosen = delayed_block! {
        #[cfg(all())]
        let a = inc(1);
        #[cfg(not(all()))]
        let a = inc(2);
        let b = dlen(&mk(a));
        let c = dlen(&mk(1));
        (a, b, c)
    };
    assert_eq!(chosen.compute()?, (2, 1, 1));
    Ok(())
}

#[delayed]
async fn fetch(url: String) -> Result<String, std::io::Error> {
    Ok(format!("<{url}>"))
}

#[delayed]
fn dposition<T: Value + Clone + PartialEq>(list: &[T], x: T) -> usize {
    list.iter().position(|y| *y == x).unwrap_or(list.len())
}

struct Site {
    pages: Vec<String>,
}

impl Site {
    fn lengths(&self, base: &str) -> Delayed<Vec<usize>> {
        let (base, pages) = (base.to_owned(), self.pages.clone());
        let base = value(base);
        delayed_block! {
            let lengths = for page in pages {
                let page = page;
                let text = fetch(format!("{base}/{page}")).await?;
                let at = dposition(&self.pages, page.trim().to_owned());
                text.len() + at
            };
            lengths
        }
    }
}

fn ends<T: Value + Clone + PartialEq>(list: Vec<T>) -> Delayed<(usize, usize)> {
    delayed_block! {
        let list = list;
        let last = list.last().cloned().ok_or("empty")?;
        let at = dposition(&list, last);
        let rest = dposition(&list[1..], list[0].clone());
        (at, rest)
    }
}

#[test]
fn expressions_over_what_comes_from_outside() -> Result<(), delayed::Error> {
    let site = Site { pages: vec!["a".into(), "bc".into()] };
    assert_eq!(site.lengths("x").compute()?, [5, 7]);
    assert_eq!(ends(vec![1, 2, 3]).compute()?, (2, 2));
    let (words, extra) = (value(vec![String::from(" ab ")]), String::from("abc"));
    let all = delayed_block! {
        let a = dlength(words[0].trim());
        let b = dlength(&words[0]);
        let c = dadd(a, extra.len() as i64);
        let d = dlength(words[0].as_str());
        (a, b, c, d)
    };
    assert_eq!(all.compute()?, (2, 4, 5, 4));
    Ok(())
}

fn seven() -> i64 {
    7
}

fn count_bytes(text: String) -> usize {
    text.len()
}

#[test]
fn loops_with_one_name() -> Result<(), delayed::Error> {
    let (names, others) = (vec![String::from("a")], vec![String::from("bc")]);
    let nested = vec![vec![String::from("d")], vec![String::from("e"), String::from("fg")]];
    let all = delayed_block! {
        let a = for s in names { count_bytes(s) };
        let b = for s in others { count_bytes(s) };
        let c = for s in nested { let inner = for s in s { count_bytes(s) }; inner };
        (a, b, c)
    };
    assert_eq!(all.compute()?, (vec![1], vec![2], vec![vec![1], vec![1, 2]]));
    Ok(())
}

macro_rules! json {
    ({ $($key:tt : $value:expr),* $(,)? }) => { vec![$(($key.to_string(), $value.to_string())),*] };
}

#[test]
fn names_in_macros() -> Result<(), delayed::Error> {
    let all = delayed_block! {
        let a = seven();
        let b = seven();
        let keys = json!({ "a": a, "b": b });
        (keys, a)
    };
    let (keys, a) = all.compute()?;
    assert_eq!((keys.len(), keys[0].1.as_str(), a), (2, "7", 7));
    let text = delayed_block! {
        let a = seven();
        let empty = format!("{}", "{b}");
        format!("{} {} {empty}", "{name}", a)
    };
    assert_eq!(text.compute()?, "{name} 7 {b}");
    Ok(())
}

async fn later_sum(list: Vec<i64>) -> i64 {
    list.iter().sum()
}

#[test]
fn await_in_macros() -> Result<(), delayed::Error> {
    let sum = delayed_block! {
        let sum = later_sum(vec![later(1).await, later(2).await]).await;
        let found = usize::from(matches!(later(sum).await, 5 | 6 if sum > 0));
        (sum, found)
    };
    assert_eq!(sum.compute()?, (5, 1));
    Ok(())
}

#[test]
fn one_name_on_each_system() -> Result<(), delayed::Error> {
    let sum = delayed_block! {
        #[cfg(any(unix, windows, not(any(unix, windows))))]
        let a = seven();
        #[cfg(not(any(unix, windows, not(any(unix, windows)))))]
        let a = missing();
        a + 1
    };
    assert_eq!(sum.compute()?, 8);
    Ok(())
}

fn same<T>(x: T) -> T {
    x
}

fn items<T>(list: Vec<T>) -> usize {
    list.len()
}

fn by_function<F: Fn(i64) -> i64>(f: F, x: i64) -> i64 {
    f(x)
}

fn boxed(f: Box<dyn Fn(i64) -> i64>) -> i64 {
    f(1)
}

fn slice_length(list: &[i64]) -> usize {
    list.len()
}

fn whole(list: &Vec<i64>) -> &Vec<i64> {
    list
}

#[delayed]
fn one_more(x: i64) -> i64 {
    x + 1
}

#[delayed]
fn all_of(list: &[i64]) -> i64 {
    list.iter().sum()
}

#[test]
fn calls_as_arguments() -> Result<(), delayed::Error> {
    let word = String::from("abc");
    let outside = move |x: i64| x + i64::try_from(word.len()).unwrap_or(0);
    let all = delayed_block! {
        let a = same(seven());
        let handles = all_of(vec![one_more(1), one_more(one_more(2))]);
        let some = all_of(&[same(a), 1]);
        let called = by_function(|x| x + same(x), same(a));
        let through = boxed(Box::new(move |x| x + a));
        let length = slice_length(whole(&vec![a, 1]));
        let outer = same(outside(same(3)));
        let count = items(vec![same(1); 3]);
        let empty: Vec<i64> = same(Vec::new());
        let known: Option<i64> = same(Option::Some(same(Into::into(3_i32))));
        let nothing: i64 = same(Default::default());
        (handles, some, called, through, (length, outer, count), empty, known, nothing)
    };
    assert_eq!(all.compute()?, (6, 8, 14, 8, (2, 6, 3), vec![], Some(3), 0));
    Ok(())
}
