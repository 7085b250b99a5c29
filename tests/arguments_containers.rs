//! Containers as parameters: lists, options, tuples, arrays and maps of whatever their elements accept.
#![allow(clippy::needless_borrows_for_generic_args, reason = "every form is tested, the borrowed ones too")]

mod common;

use std::collections::{BTreeMap, HashMap};
use std::fmt::Debug;
use std::path::{Path, PathBuf};

use common::{Counted, Counts, runtimes};
use delayed::prelude::*;

/// The value twice: of a run of a kept graph, and of the run that owns it.
fn got<T: Value + PartialEq + Debug>(handle: Delayed<T>) -> T {
    let kept = handle.clone().compute().unwrap();
    let owned = handle.compute().unwrap();
    assert_eq!(kept, owned, "a graph gives the same value in each run");
    owned
}

#[delayed]
fn inc(x: i64) -> i64 {
    x + 1
}

#[delayed]
fn text(x: i64) -> String {
    x.to_string()
}

#[delayed]
fn range(n: i64) -> Vec<i64> {
    (0..n).collect()
}

/// A value that nothing can clone.
#[derive(Debug, PartialEq)]
struct Model(i64);

#[delayed]
fn model(x: i64) -> Model {
    Model(x)
}

#[delayed]
fn sum(xs: &[i64]) -> i64 {
    xs.iter().sum()
}

#[delayed]
fn total(xs: Vec<i64>) -> i64 {
    xs.into_iter().sum()
}

#[test]
fn a_list_lent_takes_every_kind_of_list_of_values_and_of_handles() {
    let (plain, handles) = (vec![1, 2], vec![inc(1), inc(2)]);
    assert_eq!(got(sum(vec![1, 2])), 3);
    assert_eq!(got(sum(&plain)), 3);
    assert_eq!(got(sum([1, 2])), 3);
    assert_eq!(got(sum(&[1, 2])), 3);
    assert_eq!(got(sum(&plain[..1])), 1);
    assert_eq!(got(sum(&handles)), 5);
    assert_eq!(got(sum(&handles[1..])), 3);
    assert_eq!(got(sum([inc(1), inc(2)])), 5);
    assert_eq!(got(sum(&[inc(1), inc(2)])), 5);
    assert_eq!(got(sum([&handles[0], &handles[0]])), 4);
    assert_eq!(got(sum(handles.iter().collect::<Vec<_>>())), 5);
    assert_eq!(got(sum(handles)), 5);
    assert_eq!(got(sum(range(4))), 6);
    assert_eq!(got(sum(&range(4))), 6);
}

#[test]
fn a_list_by_value_takes_every_kind_of_list_of_values_and_of_handles() {
    let (plain, handles) = (vec![1, 2], vec![inc(1), inc(2)]);
    assert_eq!(got(total(vec![1, 2])), 3);
    assert_eq!(got(total(&plain)), 3);
    assert_eq!(got(total([1, 2])), 3);
    assert_eq!(got(total(&[1, 2])), 3);
    assert_eq!(got(total(&plain[..1])), 1);
    assert_eq!(got(total(&handles)), 5);
    assert_eq!(got(total(&handles[1..])), 3);
    assert_eq!(got(total([inc(1), inc(2)])), 5);
    assert_eq!(got(total([&handles[0], &handles[0]])), 4);
    assert_eq!(got(total(handles)), 5);
    assert_eq!(got(total(range(4))), 6);
    assert_eq!(got(total(&range(4))), 6);
}

#[test]
fn an_empty_list_is_a_list() {
    assert_eq!(got(sum(Vec::<i64>::new())), 0);
    assert_eq!(got(sum([0_i64; 0])), 0);
    assert_eq!(got(sum(Vec::<Delayed<i64>>::new())), 0);
    assert_eq!(got(total(Vec::<&Delayed<i64>>::new())), 0);
}

#[test]
fn a_list_adds_no_task_of_its_own() {
    let handle = sum((0..5).map(inc).collect::<Vec<_>>());
    assert_eq!(Graph::of(&handle).n_tasks(), 6);
    assert_eq!(got(handle), 15);
}

#[test]
fn a_list_of_texts_takes_every_kind_of_text() {
    #[delayed]
    fn join(xs: &[String]) -> String {
        xs.join("+")
    }
    #[delayed]
    fn join_owned(xs: Vec<String>) -> String {
        xs.join("+")
    }
    #[delayed]
    fn join_lent(xs: &[&str]) -> String {
        xs.join("+")
    }
    let owned = [String::from("a"), String::from("b")];
    assert_eq!(got(join(["a", "b"])), "a+b");
    assert_eq!(got(join(&owned)), "a+b");
    assert_eq!(got(join([text(1), text(2)])), "1+2");
    assert_eq!(got(join_owned(vec!["a", "b"])), "a+b");
    assert_eq!(got(join_owned(&owned[..])), "a+b");
    assert_eq!(got(join_owned(&[text(1), text(2)])), "1+2");
    assert_eq!(got(join_lent(["a", "b"])), "a+b");
    assert_eq!(got(join_lent(owned)), "a+b");
    assert_eq!(got(join_lent(vec![&text(1), &text(2)])), "1+2");
    assert_eq!(got(join_lent(value(vec![String::from("a")]))), "a");
}

#[test]
fn a_list_of_paths_takes_every_kind_of_path() {
    #[delayed]
    fn count(xs: &[&Path]) -> usize {
        xs.iter().map(|path| path.iter().count()).sum()
    }
    #[delayed]
    fn count_owned(xs: Vec<PathBuf>) -> usize {
        xs.iter().map(|path| path.iter().count()).sum()
    }
    assert_eq!(got(count(["a/b", "c"])), 3);
    assert_eq!(got(count([Path::new("a/b")])), 2);
    assert_eq!(got(count([value(PathBuf::from("a/b/c"))])), 3);
    assert_eq!(got(count_owned([PathBuf::from("a")])), 1);
    assert_eq!(got(count_owned(vec!["a/b"])), 2);
}

#[test]
fn lists_of_lists_nest_and_mix() {
    #[delayed]
    fn rows(xs: &[Vec<i64>]) -> Vec<usize> {
        xs.iter().map(Vec::len).collect()
    }
    #[delayed]
    fn rows_owned(xs: Vec<Vec<i64>>) -> Vec<usize> {
        xs.iter().map(Vec::len).collect()
    }
    #[delayed]
    fn rows_lent(xs: &[&[i64]]) -> Vec<usize> {
        xs.iter().map(|row| row.len()).collect()
    }
    assert_eq!(got(rows(vec![vec![1], vec![1, 2]])), [1, 2]);
    assert_eq!(got(rows([vec![inc(1)], vec![inc(1), inc(2)]])), [1, 2]);
    assert_eq!(got(rows([range(3), range(4)])), [3, 4]);
    assert_eq!(got(rows([[1, 2], [3, 4]])), [2, 2]);
    assert_eq!(got(rows([[inc(1), inc(2)]])), [2]);
    assert_eq!(got(rows(value(vec![vec![1], vec![]]))), [1, 0]);
    assert_eq!(got(rows_owned(vec![&[inc(1), inc(2)][..]])), [2]);
    assert_eq!(got(rows_owned([&range(3)])), [3]);
    assert_eq!(got(rows_lent([range(3), range(4)])), [3, 4]);
    assert_eq!(got(rows_lent(vec![vec![1, 2]])), [2]);
    assert_eq!(got(rows_lent([vec![inc(1)]])), [1]);
}

#[test]
fn a_list_of_references_is_lent_element_by_element_without_a_clone() {
    #[delayed]
    fn all(xs: &[&Model]) -> Vec<i64> {
        xs.iter().map(|x| x.0).collect()
    }
    let handles = [model(1), model(2)];
    assert_eq!(got(all(&handles)), [1, 2]);
    assert_eq!(got(all([&handles[1], &handles[1]])), [2, 2]);
    assert_eq!(got(all(vec![Model(3), Model(4)])), [3, 4]);
    assert_eq!(got(all(value(vec![Model(5)]))), [5]);
    assert_eq!(got(all(&value(vec![Model(5)]))), [5]);
    assert_eq!(got(all(handles)), [1, 2]);
}

#[test]
fn elements_of_a_lent_list_are_lent_where_they_lie() {
    #[delayed]
    fn make(counts: Counts, x: i64) -> Counted {
        counts.make(x)
    }
    #[delayed]
    fn read(xs: &[&Counted]) -> i64 {
        xs.iter().map(|x| x.content).sum()
    }
    for runtime in runtimes() {
        let counts = Counts::default();
        let made: Vec<_> = (1..=3).map(|x| make(counts.clone(), x)).collect();
        assert_eq!(runtime.compute((read(&made), read(&made[1..]), read([&made[0]]))).unwrap(), (6, 5, 1));
        let plain = read(vec![counts.make(7), counts.make(8)]);
        assert_eq!((runtime.compute(&plain).unwrap(), runtime.compute(plain).unwrap()), (15, 15));
        assert_eq!(counts.cloned(), 0);
        assert_eq!(counts.alive(), 0);
    }
}

#[test]
fn a_list_of_values_that_nothing_can_clone_is_lent_whole() {
    #[delayed]
    fn all(xs: &[Model]) -> Vec<i64> {
        xs.iter().map(|x| x.0).collect()
    }
    #[delayed]
    fn models(n: i64) -> Vec<Model> {
        (0..n).map(Model).collect()
    }
    assert_eq!(got(all(models(3))), [0, 1, 2]);
    assert_eq!(got(all(&models(2))), [0, 1]);
    assert_eq!(got(all(value(vec![Model(5)]))), [5]);
    assert_eq!(got(all(vec![Model(6), Model(7)])), [6, 7]);
    assert_eq!(got(all([Model(8)])), [8]);
}

#[test]
fn an_option_takes_what_is_there_and_what_is_not() {
    #[delayed]
    fn or_zero(o: Option<i64>) -> i64 {
        o.unwrap_or(0)
    }
    assert_eq!(got(or_zero(None)), 0);
    assert_eq!(got(or_zero(Some(2))), 2);
    assert_eq!(got(or_zero(3)), 3);
    assert_eq!(got(or_zero(inc(3))), 4);
    assert_eq!(got(or_zero(&inc(3))), 4);
    assert_eq!(got(or_zero(value(None))), 0);
    assert_eq!(got(or_zero(&value(Some(5)))), 5);
    assert_eq!(got(or_zero(gather(Some(inc(5))))), 6);
}

#[test]
fn an_option_of_a_reference_is_lent() {
    #[delayed]
    fn or_zero(o: Option<&Model>) -> i64 {
        o.map_or(0, |model| model.0)
    }
    assert_eq!(got(or_zero(None)), 0);
    assert_eq!(got(or_zero(Some(Model(2)))), 2);
    assert_eq!(got(or_zero(Model(3))), 3);
    assert_eq!(got(or_zero(model(4))), 4);
    assert_eq!(got(or_zero(&model(4))), 4);
    assert_eq!(got(or_zero(value(Some(Model(5))))), 5);
    assert_eq!(got(or_zero(&value(None::<Model>))), 0);
}

#[test]
fn an_option_of_text_takes_every_kind_of_text() {
    #[delayed]
    fn lent(o: Option<&str>) -> usize {
        o.map_or(0, str::len)
    }
    #[delayed]
    fn owned(o: Option<String>) -> usize {
        o.map_or(0, |s| s.len())
    }
    assert_eq!((got(lent(None)), got(owned(None))), (0, 0));
    assert_eq!((got(lent(Some("ab"))), got(owned(Some(String::from("ab"))))), (2, 2));
    assert_eq!((got(lent("ab")), got(owned("ab"))), (2, 2));
    assert_eq!((got(lent(String::from("ab"))), got(owned(&String::from("ab")))), (2, 2));
    assert_eq!((got(lent(text(123))), got(owned(&text(123)))), (3, 3));
    assert_eq!((got(lent(value(Some(String::from("a"))))), got(owned(value(Some(String::from("a")))))), (1, 1));
}

#[test]
fn an_option_of_a_path_takes_every_kind_of_path() {
    #[delayed]
    fn lent(o: Option<&Path>) -> usize {
        o.map_or(0, |path| path.iter().count())
    }
    #[delayed]
    fn owned(o: Option<PathBuf>) -> usize {
        o.map_or(0, |path| path.iter().count())
    }
    assert_eq!((got(lent(None)), got(owned(None))), (0, 0));
    assert_eq!((got(lent("a/b")), got(owned("a/b"))), (2, 2));
    assert_eq!((got(lent(Path::new("a"))), got(owned(Path::new("a")))), (1, 1));
    assert_eq!((got(lent(Some(PathBuf::from("a")))), got(owned(Some(PathBuf::from("a"))))), (1, 1));
    assert_eq!((got(lent(value(PathBuf::from("a")))), got(owned(value(PathBuf::from("a"))))), (1, 1));
}

#[test]
fn an_option_of_a_list_takes_lists_of_handles() {
    #[delayed]
    fn owned(o: Option<Vec<i64>>) -> i64 {
        o.map_or(-1, |xs| xs.iter().sum())
    }
    #[delayed]
    fn lent(o: Option<&[i64]>) -> i64 {
        o.map_or(-1, |xs| xs.iter().sum())
    }
    assert_eq!((got(owned(None)), got(lent(None))), (-1, -1));
    assert_eq!((got(owned(Some(vec![1, 2]))), got(lent(Some(vec![1, 2])))), (3, 3));
    assert_eq!((got(owned(vec![1, 2])), got(lent(vec![1, 2]))), (3, 3));
    assert_eq!((got(owned(vec![inc(1)])), got(lent(vec![inc(1)]))), (2, 2));
    assert_eq!((got(owned(range(3))), got(lent(&range(3)))), (3, 3));
    assert_eq!((got(owned([inc(1), inc(2)])), got(lent(&[inc(1), inc(2)]))), (5, 5));
    assert_eq!((got(owned(&[1, 2][..])), got(lent(&vec![1, 2]))), (3, 3));
    assert_eq!((got(owned(value(None::<Vec<i64>>))), got(lent(value(Some(vec![4]))))), (-1, 4));
}

#[test]
fn an_option_of_a_container_is_plain_in_some_and_may_hold_handles_without_it() {
    #[delayed]
    fn array(o: Option<[i64; 2]>) -> i64 {
        o.map_or(-1, |[a, b]| a + b)
    }
    #[delayed]
    fn pair(o: Option<(i64, String)>) -> String {
        o.map_or(String::new(), |(a, b)| format!("{a}{b}"))
    }
    #[delayed]
    fn map(o: Option<BTreeMap<String, i64>>) -> i64 {
        o.map_or(-1, |map| map.into_values().sum())
    }
    #[delayed]
    fn table(o: Option<HashMap<u8, i64>>) -> i64 {
        o.map_or(-1, |map| map.into_values().sum())
    }
    let key = || String::from("k");
    assert_eq!((got(array(None)), got(pair(None)), got(map(None)), got(table(None))), (-1, String::new(), -1, -1));
    assert_eq!((got(array(Some([1, 2]))), got(array([1, 2])), got(array([inc(1), inc(2)]))), (3, 3, 5));
    assert_eq!((got(array(value([1, 2]))), got(array(&value(Some([1, 2]))))), (3, 3));
    assert_eq!((got(pair(Some((1, key())))), got(pair((inc(1), "x")))), ("1k".to_owned(), "2x".to_owned()));
    assert_eq!(
        (got(pair(value((1, key())))), got(pair(value(None::<(i64, String)>)))),
        ("1k".to_owned(), String::new())
    );
    assert_eq!((got(map(Some(BTreeMap::from([(key(), 1)])))), got(map(BTreeMap::from([(key(), inc(1))])))), (1, 2));
    assert_eq!((got(table(HashMap::from([(1, inc(1))]))), got(table(value(HashMap::from([(1, 5)]))))), (2, 5));
}

#[test]
fn an_option_of_an_option_has_its_content_plain() {
    #[delayed]
    fn depth(o: Option<Option<i64>>) -> u8 {
        o.map_or(0, |inner| 1 + u8::from(inner.is_some()))
    }
    assert_eq!((got(depth(None::<Option<i64>>)), got(depth(Some(None))), got(depth(Some(Some(1))))), (0, 1, 2));
    assert_eq!(got(depth(value(Some(1)))), 2);
}

#[test]
fn a_tuple_takes_any_mix_of_values_and_handles() {
    #[delayed]
    fn show(pair: (i64, String)) -> String {
        format!("{}{}", pair.0, pair.1)
    }
    assert_eq!(got(show((1, "a"))), "1a");
    assert_eq!(got(show((inc(1), "a"))), "2a");
    assert_eq!(got(show((1, text(2)))), "12");
    assert_eq!(got(show((&inc(1), &text(2)))), "22");
    assert_eq!(got(show(value((1, String::from("b"))))), "1b");
    assert_eq!(got(show(&inc(1).zip(text(2)))), "22");
}

#[test]
fn a_tuple_of_eight_is_taken_apart_and_a_longer_one_whole() {
    #[delayed]
    fn eight(t: (i64, i64, i64, i64, i64, i64, i64, String)) -> String {
        format!("{}{}", t.0 + t.1 + t.2 + t.3 + t.4 + t.5 + t.6, t.7)
    }
    #[delayed]
    fn nine(t: (i64, i64, i64, i64, i64, i64, i64, i64, i64)) -> i64 {
        t.0 + t.8
    }
    #[delayed]
    fn one(t: (i64,)) -> i64 {
        t.0
    }
    assert_eq!(got(eight((1, inc(1), 3, &inc(3), 5, 6, 7, "!"))), "28!");
    assert_eq!(got(nine((1, 2, 3, 4, 5, 6, 7, 8, 9))), 10);
    assert_eq!(got(nine(value((1, 2, 3, 4, 5, 6, 7, 8, 9)))), 10);
    assert_eq!((got(one((1,))), got(one((inc(1),)))), (1, 2));
}

#[test]
fn an_array_takes_any_array_and_a_handle_of_one() {
    #[delayed]
    fn show(xs: [i64; 3]) -> String {
        format!("{xs:?}")
    }
    #[delayed]
    fn names(xs: [String; 2]) -> String {
        xs.concat()
    }
    let (a, b) = (inc(1), inc(2));
    assert_eq!(got(show([1, 2, 3])), "[1, 2, 3]");
    assert_eq!(got(show([inc(0), a.clone(), b.clone()])), "[1, 2, 3]");
    assert_eq!(got(show([&a, &b, &a])), "[2, 3, 2]");
    assert_eq!(got(show(value([7, 8, 9]))), "[7, 8, 9]");
    assert_eq!(got(show(&value([7, 8, 9]))), "[7, 8, 9]");
    assert_eq!(got(names(["a", "b"])), "ab");
    assert_eq!(got(names([text(1), text(2)])), "12");
}

#[test]
fn maps_take_maps_of_values_and_of_handles() {
    #[delayed]
    fn hashed(map: HashMap<String, i64>) -> i64 {
        map.values().sum()
    }
    #[delayed]
    fn ordered(map: BTreeMap<u8, String>) -> String {
        map.into_values().collect()
    }
    let key = || String::from("k");
    assert_eq!(got(hashed(HashMap::from([(key(), 1)]))), 1);
    assert_eq!(got(hashed(HashMap::from([(key(), inc(1))]))), 2);
    assert_eq!(got(hashed(HashMap::from([(key(), &inc(1))]))), 2);
    assert_eq!(got(hashed(value(HashMap::from([(key(), 4)])))), 4);
    assert_eq!(got(hashed(&value(HashMap::from([(key(), 4)])))), 4);
    assert_eq!(got(ordered(BTreeMap::from([(2, "b"), (1, "a")]))), "ab");
    assert_eq!(got(ordered(BTreeMap::from([(2, text(2)), (1, text(1))]))), "12");
    assert_eq!(got(ordered(value(BTreeMap::from([(1, String::from("x"))])))), "x");
}

#[test]
fn a_map_with_many_handles_keeps_each_with_its_key() {
    #[delayed]
    fn sorted(map: HashMap<i64, i64>) -> Vec<(i64, i64)> {
        let mut entries: Vec<_> = map.into_iter().collect();
        entries.sort_unstable();
        entries
    }
    let map: HashMap<_, _> = (0..50).map(|k| (k, inc(k))).collect();
    assert_eq!(got(sorted(map)), (0..50).map(|k| (k, k + 1)).collect::<Vec<_>>());
}

#[test]
fn containers_nest_and_mix() {
    #[delayed]
    fn deep(x: Vec<(i64, HashMap<String, Vec<i64>>)>) -> i64 {
        x.into_iter().map(|(n, map)| n + map.into_values().flatten().sum::<i64>()).sum()
    }
    #[delayed]
    fn pairs(xs: &[(String, [i64; 2])]) -> String {
        xs.iter().map(|(name, [a, b])| format!("{name}{a}{b} ")).collect()
    }
    let key = || String::from("k");
    assert_eq!(got(deep(vec![(inc(0), HashMap::from([(key(), vec![inc(1), inc(2)])]))])), 6);
    assert_eq!(got(deep(vec![(1, HashMap::from([(key(), range(3))]))])), 4);
    assert_eq!(got(deep([(1, value(HashMap::from([(key(), vec![5])])))])), 6);
    assert_eq!(got(pairs(vec![("a", [inc(1), inc(2)]), ("b", [inc(3), inc(4)])])), "a23 b45 ");
    assert_eq!(got(pairs([(text(9), [1, 2])])), "912 ");
}

#[test]
fn a_list_by_value_moves_its_elements_and_clones_them_for_another_run() {
    #[delayed]
    fn make(counts: Counts, x: i64) -> Counted {
        counts.make(x)
    }
    #[delayed]
    fn consume(xs: Vec<Counted>) -> i64 {
        xs.iter().map(|x| x.content).sum()
    }
    for runtime in runtimes() {
        let counts = Counts::default();
        let total = consume([make(counts.clone(), 1), make(counts.clone(), 2)]);
        assert_eq!(runtime.compute(total).unwrap(), 3);
        assert_eq!((counts.made(), counts.cloned(), counts.alive()), (2, 0, 0));
        let kept = consume(vec![counts.make(3)]);
        assert_eq!(runtime.compute(&kept).unwrap(), 3);
        assert_eq!(runtime.compute(kept).unwrap(), 3);
        assert_eq!((counts.cloned(), counts.alive()), (1, 0));
    }
}
