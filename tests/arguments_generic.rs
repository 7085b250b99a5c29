//! Parameters of generic functions, `impl Trait` and aliases: the type at the call decides what they are.
#![allow(clippy::needless_borrows_for_generic_args, reason = "every form is tested, the borrowed ones too")]

use std::collections::{BTreeMap, HashMap};
use std::fmt::{Debug, Display};

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
fn show<T: Debug>(x: T) -> String {
    format!("{x:?}")
}

#[test]
fn a_type_parameter_takes_plain_values_and_handles() {
    assert_eq!(got(show(1)), "1");
    assert_eq!(got(show("a")), "\"a\"");
    assert_eq!(got(show(String::from("b"))), "\"b\"");
    assert_eq!(got(show(inc(1))), "2");
    assert_eq!(got(show(text(3))), "\"3\"");
    assert_eq!(got(show(vec![1, 2])), "[1, 2]");
}

#[test]
fn a_borrowed_handle_for_a_type_parameter_needs_the_type_or_a_clone() {
    let handle = inc(1);
    assert_eq!(got(show::<i64>(&handle)), "2");
    assert_eq!(got(show(handle.clone())), "2");
}

#[test]
fn a_type_parameter_takes_containers_of_handles_one_level_deep() {
    assert_eq!(got(show(vec![inc(1), inc(2)])), "[2, 3]");
    assert_eq!(got(show([inc(1), inc(2)])), "[2, 3]");
    assert_eq!(got(show((inc(1), 5))), "(2, 5)");
    assert_eq!(got(show((5, inc(1)))), "(5, 2)");
    assert_eq!(got(show((inc(1), inc(2)))), "(2, 3)");
    assert_eq!(got(show((inc(1), "x", inc(2)))), "(2, \"x\", 3)");
    assert_eq!(got(show((1, "x", inc(2)))), "(1, \"x\", 3)");
    assert_eq!(got(show(Some(inc(1)))), "Some(2)");
    assert_eq!(got(show(HashMap::from([("k", inc(1))]))), "{\"k\": 2}");
}

#[test]
fn an_ordered_map_of_handles_for_a_type_parameter_needs_the_type() {
    // For the compiler a `BTreeMap` of handles is a plain value as well: it is `Unpin` whatever it holds.
    let map = BTreeMap::from([("k", inc(1)), ("l", inc(2))]);
    assert_eq!(got(show::<BTreeMap<&str, i64>>(map.clone())), "{\"k\": 2, \"l\": 3}");
    assert_eq!(got(show(gather(map))), "{\"k\": 2, \"l\": 3}");
}

#[test]
fn two_parameters_of_one_type_may_be_given_as_value_and_as_handle() {
    #[delayed]
    fn largest<T: Ord>(x: T, y: T) -> T {
        x.max(y)
    }
    assert_eq!(got(largest(1, 2)), 2);
    assert_eq!(got(largest(inc(5), 2)), 6);
    assert_eq!(got(largest(2, inc(5))), 6);
    assert_eq!(got(largest(inc(1), inc(5))), 6);
}

#[test]
fn a_list_of_a_type_parameter_is_gathered_or_lent() {
    #[delayed]
    fn owned<T: Ord>(xs: Vec<T>) -> T {
        xs.into_iter().max().unwrap()
    }
    #[delayed]
    fn lent<T: Ord + Clone>(xs: &[T]) -> T {
        xs.iter().max().unwrap().clone()
    }
    #[delayed]
    fn each<T: Ord + Clone>(xs: &[&T]) -> T {
        (*xs.iter().max().unwrap()).clone()
    }
    let handles = vec![inc(1), inc(4)];
    assert_eq!((got(owned(vec![1, 3])), got(lent(vec![1, 3])), got(each(vec![1, 3]))), (3, 3, 3));
    assert_eq!((got(owned([1, 3])), got(lent([1, 3])), got(each([1, 3]))), (3, 3, 3));
    assert_eq!((got(owned(vec![inc(1)])), got(lent(vec![inc(1)])), got(each(vec![inc(1)]))), (2, 2, 2));
    assert_eq!((got(owned([inc(4)])), got(lent([inc(4)])), got(each([inc(4)]))), (5, 5, 5));
    assert_eq!((got(owned(&handles)), got(lent(&handles)), got(each(&handles))), (5, 5, 5));
    assert_eq!((got(owned(&handles[1..])), got(lent(&handles[1..]))), (5, 5));
    let list = value(vec![7, 8]);
    assert_eq!((got(owned(&list)), got(lent(list.clone())), got(each(list))), (8, 8, 8));
    assert_eq!((got(owned(["b", "a"])), got(lent(vec![text(1), text(2)]))), ("b", "2".to_owned()));
    assert_eq!(got(lent(vec![vec![inc(1)], vec![inc(2)]])), [3]);
}

#[test]
fn a_reference_to_a_type_parameter_is_lent_without_clone() {
    #[derive(Debug)]
    struct Model(#[expect(dead_code, reason = "shown by `Debug`")] i64);
    #[delayed]
    fn show_lent<T: Debug>(x: &T) -> String {
        format!("{x:?}")
    }
    let model = value(Model(2));
    assert_eq!(got(show_lent(Model(1))), "Model(1)");
    assert_eq!(got(show_lent::<Model>(&model)), "Model(2)");
    assert_eq!(got(show_lent(model)), "Model(2)");
    assert_eq!(got(show_lent(5)), "5");
}

#[test]
fn a_type_parameter_can_be_taken() {
    struct Model(i64);
    #[delayed]
    fn boxed<T>(#[take] x: T) -> Box<T> {
        Box::new(x)
    }
    assert_eq!(boxed(Model(1)).compute().unwrap().0, 1);
    assert_eq!(boxed(value(Model(2))).compute().unwrap().0, 2);
}

#[test]
fn an_option_of_a_type_parameter_is_taken_whole() {
    #[delayed]
    fn or_default<T: Default>(x: Option<T>) -> T {
        x.unwrap_or_default()
    }
    #[delayed]
    fn is_there<T>(x: Option<&T>) -> bool {
        x.is_some()
    }
    assert_eq!(got(or_default(Some(1))), 1);
    assert_eq!(got(or_default(None::<i64>)), 0);
    assert_eq!(got(or_default(Some(inc(1)))), 2);
    assert_eq!(got(or_default(value(Some(4)))), 4);
    assert!(got(is_there(Some(1))) && !got(is_there(None::<i64>)) && got(is_there(value(Some("x")))));
}

#[test]
fn containers_of_type_parameters_nest() {
    #[delayed]
    fn pairs<K: Display, V: Display>(xs: &[(K, V)]) -> String {
        xs.iter().map(|(k, v)| format!("{k}={v};")).collect()
    }
    #[delayed]
    fn longest<T>(xs: Vec<Vec<T>>) -> usize {
        xs.iter().map(Vec::len).max().unwrap_or(0)
    }
    #[delayed]
    fn first<T, const N: usize>(xs: [T; N]) -> T {
        xs.into_iter().next().unwrap()
    }
    assert_eq!(got(pairs([("a", 1)])), "a=1;");
    assert_eq!(got(pairs([("a", inc(1)), ("b", inc(2))])), "a=2;b=3;");
    assert_eq!(got(longest(vec![vec![inc(1), inc(2)], vec![inc(3)]])), 2);
    assert_eq!(got(first([inc(1), inc(2), inc(3)])), 2);
    assert_eq!(got(first(["x"; 2])), "x");
}

#[test]
fn an_impl_trait_takes_what_a_type_parameter_takes() {
    #[delayed]
    fn joined(x: impl Display, y: &impl Display, zs: Vec<impl Display>) -> String {
        format!("{x}{y}{}", zs.len())
    }
    assert_eq!(got(joined(1, 2, vec![3])), "121");
    assert_eq!(got(joined(inc(1), "b", vec![inc(1), inc(2)])), "2b2");
    assert_eq!(got(joined("a", inc(1), [text(1)])), "a21");
}

#[test]
fn a_function_is_an_argument_too() {
    #[delayed]
    fn apply<F: Fn(i64) -> i64>(f: F, x: i64) -> i64 {
        f(x)
    }
    #[delayed]
    fn apply_lent(f: &(impl Fn(i64) -> i64 + Send + Sync), x: i64) -> i64 {
        f(x)
    }
    let y = 10;
    assert_eq!(got(apply(|x| x + 1, 2)), 3);
    assert_eq!(got(apply(move |x| x * y, inc(1))), 20);
    assert_eq!(got(apply(i64::abs, -3)), 3);
    assert_eq!(got(apply_lent(|x: i64| x + 2, 1)), 3);
}

#[test]
fn an_alias_is_a_plain_value_that_takes_containers_one_level_deep() {
    type Row = Vec<i64>;
    type Table = HashMap<String, i64>;
    #[delayed]
    fn total(row: Row) -> i64 {
        row.into_iter().sum()
    }
    #[delayed]
    fn total_lent(row: &Row) -> i64 {
        row.iter().sum()
    }
    #[delayed]
    fn total_of_table(table: Table) -> i64 {
        table.into_values().sum()
    }
    assert_eq!(got(total(vec![1, 2])), 3);
    assert_eq!(got(total(vec![inc(1), inc(2)])), 5);
    assert_eq!(got(total(value(vec![1]))), 1);
    assert_eq!(got(total(&value(vec![1]))), 1);
    assert_eq!(got(total_lent(vec![1, 2])), 3);
    assert_eq!(got(total_lent(gather(vec![inc(1)]))), 2);
    assert_eq!(got(total_of_table(HashMap::from([("k".to_owned(), inc(1))]))), 2);
}

#[test]
fn an_alias_of_an_ordered_map_takes_one_of_handles() {
    type Scores = BTreeMap<String, i64>;
    #[delayed]
    fn best(scores: Scores) -> i64 {
        scores.into_values().max().unwrap()
    }
    assert_eq!(got(best(BTreeMap::from([("a".to_owned(), inc(1)), ("b".to_owned(), inc(7))]))), 8);
    assert_eq!(got(best(BTreeMap::from([("a".to_owned(), 1)]))), 1);
}

#[test]
fn an_alias_of_a_plain_type_takes_what_the_type_takes() {
    type Number = i64;
    #[delayed]
    fn double(x: Number) -> Number {
        x * 2
    }
    let handle = inc(1);
    assert_eq!((got(double(3)), got(double(&handle)), got(double(handle))), (6, 4, 4));
}
