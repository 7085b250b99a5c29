//! What a call may put where: every written type of a parameter with every form that it accepts.
#![allow(clippy::needless_borrows_for_generic_args, reason = "every form is tested, the borrowed ones too")]

mod common;

use std::collections::{BTreeMap, HashMap};
use std::fmt::Debug;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use common::{Counted, Counts, runtimes};
use delayed::prelude::*;

/// The value twice: of a run of a kept graph, which lends or clones what the call put in, and of the run that owns the
/// graph, which moves it.
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

/// A value that nothing can clone.
#[derive(Debug, PartialEq)]
struct Model(i64);

#[delayed]
fn model(x: i64) -> Model {
    Model(x)
}

#[test]
fn a_parameter_by_value_takes_the_value_and_its_handles() {
    let handle = inc(2);
    assert_eq!(got(inc(2)), 3);
    assert_eq!(got(inc(handle.clone())), 4);
    assert_eq!(got(inc(&handle)), 4);
    assert_eq!(got(inc(value(5))), 6);
}

#[test]
fn literals_take_the_type_of_the_parameter() {
    #[delayed]
    fn byte(x: u8) -> u8 {
        x
    }
    #[delayed]
    fn half(x: f64) -> f64 {
        x / 2.0
    }
    assert_eq!(got(byte(200)), 200);
    assert_eq!(got(half(1.)), 0.5);
    assert_eq!(got(inc(-1)), 0);
    assert_eq!(got(inc(1 << 4)), 17);
}

#[test]
fn a_constructor_is_a_function_like_any_other() {
    let f = inc;
    assert_eq!(got(f(1)), 2);
    let all: Vec<Delayed<i64>> = (0..3).map(inc).collect();
    assert_eq!(delayed::compute(all).unwrap(), [1, 2, 3]);
    let nested: Vec<Delayed<i64>> = vec![inc(0), inc(1)].into_iter().map(inc).collect();
    assert_eq!(delayed::compute(nested).unwrap(), [2, 3]);
}

#[test]
fn a_parameter_by_reference_takes_the_value_and_its_handles_and_clones_nothing() {
    #[delayed]
    fn read(x: &Model) -> i64 {
        x.0
    }
    let handle = model(2);
    assert_eq!(got(read(Model(1))), 1);
    assert_eq!(got(read(&handle)), 2);
    assert_eq!(got(read(handle)), 2);
    assert_eq!(got(read(value(Model(3)))), 3);
}

#[test]
fn an_async_function_is_lent_what_it_asks_for() {
    #[delayed]
    async fn read(x: &Model, name: &str, list: &[i64]) -> String {
        std::future::ready(()).await;
        format!("{name} {} {}", x.0, list.len())
    }
    assert_eq!(got(read(Model(1), "a", [1, 2])), "a 1 2");
    assert_eq!(got(read(model(2), text(7), vec![inc(1)])), "7 2 1");
}

#[test]
fn a_method_takes_its_receiver_as_any_other_parameter() {
    #[derive(Clone)]
    struct Rate(i64);
    impl Rate {
        #[delayed]
        fn of(&self, x: i64) -> i64 {
            self.0 * x
        }
        #[delayed]
        fn into_number(self) -> i64 {
            self.0
        }
    }
    let rate = value(Rate(3));
    assert_eq!(got(Rate::of(Rate(2), 5)), 10);
    assert_eq!(got(Rate::of(&rate, inc(4))), 15);
    assert_eq!(got(Rate::of(rate.clone(), 1)), 3);
    assert_eq!(got(Rate::into_number(&rate)), 3);
    assert_eq!(got(Rate::into_number(Rate(4))), 4);
}

#[test]
fn a_text_lent_takes_every_kind_of_text() {
    #[delayed]
    fn len(s: &str) -> usize {
        s.len()
    }
    let owned = String::from("four");
    assert_eq!(got(len("one")), 3);
    assert_eq!(got(len(&owned)), 4);
    assert_eq!(got(len(&owned[1..])), 3);
    assert_eq!(got(len(owned)), 4);
    assert_eq!(got(len(text(12))), 2);
    assert_eq!(got(len(&text(12))), 2);
}

#[test]
fn a_reference_to_a_string_is_a_text() {
    #[delayed]
    #[allow(clippy::ptr_arg)]
    fn capacity_at_least(s: &String, n: usize) -> bool {
        s.capacity() >= n
    }
    assert!(got(capacity_at_least("one", 3)));
    assert!(got(capacity_at_least(&String::from("one"), 3)));
    assert!(got(capacity_at_least(String::from("one"), 3)));
    assert!(got(capacity_at_least(text(123), 3)));
    assert!(got(capacity_at_least(&text(123), 3)));
}

#[test]
fn a_string_takes_every_kind_of_text() {
    #[delayed]
    fn shout(mut s: String) -> String {
        s.push('!');
        s
    }
    assert_eq!(got(shout("a")), "a!");
    assert_eq!(got(shout(&String::from("b"))), "b!");
    assert_eq!(got(shout(String::from("c"))), "c!");
    assert_eq!(got(shout(text(1))), "1!");
    assert_eq!(got(shout(&text(1))), "1!");
    assert_eq!(got(shout(shout("d"))), "d!!");
}

#[test]
fn a_static_text_is_a_plain_value() {
    #[delayed]
    fn same(s: &'static str) -> &'static str {
        s
    }
    assert_eq!(got(same("a")), "a");
    assert_eq!(got(same(same("b"))), "b");
    assert_eq!(got(same(&value("c"))), "c");
}

#[test]
fn a_path_lent_takes_every_kind_of_path() {
    #[delayed]
    fn stem(p: &Path) -> String {
        p.file_stem().unwrap().to_string_lossy().into_owned()
    }
    #[delayed]
    fn place(name: &str) -> PathBuf {
        Path::new("dir").join(name)
    }
    assert_eq!(got(stem("dir/a.csv")), "a");
    assert_eq!(got(stem(&String::from("dir/b.csv"))), "b");
    assert_eq!(got(stem(String::from("dir/c.csv"))), "c");
    assert_eq!(got(stem(Path::new("dir/d.csv"))), "d");
    assert_eq!(got(stem(&PathBuf::from("dir/e.csv"))), "e");
    assert_eq!(got(stem(PathBuf::from("dir/f.csv"))), "f");
    assert_eq!(got(stem(place("g.csv"))), "g");
    assert_eq!(got(stem(&place("h.csv"))), "h");
}

#[test]
fn a_path_by_value_takes_every_kind_of_path() {
    #[delayed]
    fn with_ending(mut p: PathBuf, ending: &str) -> PathBuf {
        p.set_extension(ending);
        p
    }
    let expected = PathBuf::from("a.svg");
    assert_eq!(got(with_ending("a", "svg")), expected);
    assert_eq!(got(with_ending(&String::from("a.csv"), "svg")), expected);
    assert_eq!(got(with_ending(String::from("a"), "svg")), expected);
    assert_eq!(got(with_ending(Path::new("a"), "svg")), expected);
    assert_eq!(got(with_ending(&PathBuf::from("a"), "svg")), expected);
    assert_eq!(got(with_ending(PathBuf::from("a"), "svg")), expected);
    assert_eq!(got(with_ending(with_ending("a", "x"), "svg")), expected);
    assert_eq!(got(with_ending(&with_ending("a", "x"), "svg")), expected);
}

#[test]
fn a_reference_to_a_path_buffer_is_a_path() {
    #[delayed]
    #[allow(clippy::ptr_arg)]
    fn parts(p: &PathBuf) -> usize {
        p.iter().count()
    }
    assert_eq!(got(parts("a/b")), 2);
    assert_eq!(got(parts(Path::new("a/b/c"))), 3);
    assert_eq!(got(parts(value(PathBuf::from("a")))), 1);
}

#[test]
fn an_arc_is_a_plain_value() {
    #[delayed]
    fn users(x: Arc<Model>) -> (i64, usize) {
        (x.0, Arc::strong_count(&x))
    }
    #[delayed]
    fn lent(x: &Arc<Model>) -> i64 {
        x.0
    }
    let shared = Arc::new(Model(4));
    assert_eq!(users(shared.clone()).compute().unwrap(), (4, 2), "moved to its only user");
    let handle = value(shared.clone());
    assert_eq!(users(&handle).compute().unwrap().0, 4);
    assert_eq!(users(handle.clone()).compute().unwrap().0, 4);
    assert_eq!(got(lent(&handle)), 4);
    assert_eq!(got(lent(shared)), 4);
}

trait Shape: Debug {
    fn area(&self) -> f64;
}

#[derive(Debug)]
struct Square(f64);

impl Shape for Square {
    fn area(&self) -> f64 {
        self.0 * self.0
    }
}

#[test]
fn a_trait_object_lent_takes_a_box_or_an_arc_of_it() {
    #[delayed]
    fn area(shape: &(dyn Shape + Send + Sync)) -> f64 {
        shape.area()
    }
    #[delayed]
    fn boxed(side: f64) -> Box<dyn Shape + Send + Sync> {
        Box::new(Square(side))
    }
    #[delayed]
    fn shared(side: f64) -> Arc<dyn Shape + Send + Sync> {
        Arc::new(Square(side))
    }
    let plain_box: Box<dyn Shape + Send + Sync> = Box::new(Square(2.0));
    let plain_arc: Arc<dyn Shape + Send + Sync> = Arc::new(Square(3.0));
    assert_eq!(got(area(plain_box)), 4.0);
    assert_eq!(got(area(plain_arc)), 9.0);
    assert_eq!(got(area(boxed(4.0))), 16.0);
    assert_eq!(got(area(&boxed(4.0))), 16.0);
    assert_eq!(got(area(shared(5.0))), 25.0);
    assert_eq!(got(area(&shared(5.0))), 25.0);
}

#[test]
fn a_trait_that_is_send_and_sync_itself_needs_no_more_bounds() {
    trait Rule: Send + Sync {
        fn holds(&self, x: i64) -> bool;
    }
    struct Above(i64);
    impl Rule for Above {
        fn holds(&self, x: i64) -> bool {
            x > self.0
        }
    }
    #[delayed]
    fn check(rule: &dyn Rule, x: i64) -> bool {
        rule.holds(x)
    }
    assert!(got(check(Box::new(Above(1)) as Box<dyn Rule>, 2)));
    assert!(!got(check(Arc::new(Above(2)) as Arc<dyn Rule>, inc(1))));
    assert!(got(check(value(Box::new(Above(0)) as Box<dyn Rule>), 2)));
}

#[test]
fn a_reference_to_another_container_is_taken_whole_and_never_cloned() {
    #[delayed]
    fn first(xs: &Vec<Counted>) -> i64 {
        xs[0].content
    }
    #[delayed]
    fn of_option(x: &Option<Counted>) -> i64 {
        x.as_ref().map_or(0, |x| x.content)
    }
    #[delayed]
    fn of_map(map: &HashMap<String, Counted>) -> i64 {
        map["a"].content
    }
    for runtime in runtimes() {
        let counts = Counts::default();
        let list = value(vec![counts.make(1)]);
        let all = (
            [first(&list), first(list), first(vec![counts.make(2)])],
            [of_option(Some(counts.make(3))), of_option(value(Some(counts.make(4)))), of_option(None)],
            of_map(HashMap::from([("a".to_owned(), counts.make(5))])),
        );
        let kept = (all.0.each_ref(), all.1.each_ref(), &all.2);
        assert_eq!(runtime.compute(kept).unwrap(), ([1, 1, 2], [3, 4, 0], 5));
        assert_eq!(runtime.compute(all).unwrap(), ([1, 1, 2], [3, 4, 0], 5));
        assert_eq!((counts.cloned(), counts.alive()), (0, 0));
    }
}

#[test]
fn handles_go_into_a_container_that_is_taken_whole_through_gather() {
    #[delayed]
    fn largest(xs: &Vec<i64>) -> i64 {
        *xs.iter().max().unwrap()
    }
    #[delayed]
    fn total(map: &BTreeMap<String, i64>) -> i64 {
        map.values().sum()
    }
    assert_eq!(got(largest(gather(vec![inc(1), inc(4)]))), 5);
    assert_eq!(got(total(gather(BTreeMap::from([(String::from("a"), inc(1)), (String::from("b"), inc(2))])))), 5);
}

#[test]
fn a_parameter_that_ignores_its_value_still_waits_for_it() {
    #[delayed]
    fn second(_: String, y: i64) -> i64 {
        y
    }
    let handle = second(text(1), 2);
    assert_eq!(Graph::of(&handle).n_tasks(), 2);
    assert_eq!(got(handle), 2);
}

#[test]
fn twelve_parameters_fit() {
    #[delayed]
    fn all(a: i64, b: i64, c: i64, d: i64, e: i64, f: i64, g: i64, h: i64, i: i64, j: i64, k: i64, l: &str) -> String {
        format!("{}{l}", a + b + c + d + e + f + g + h + i + j + k)
    }
    assert_eq!(got(all(1, 2, 3, 4, 5, inc(5), 7, 8, 9, 10, 11, "!")), "66!");
}
