//! What can be done with handles: values, gathering, combinators, operators, names, order.

mod common;

use std::collections::{BTreeMap, HashMap};
use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use common::{Counts, runtimes};
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
fn add(x: i64, y: i64) -> i64 {
    x + y
}

/// A value that nothing can clone.
#[derive(Debug, PartialEq)]
struct Model(i64);

#[delayed]
fn model(x: i64) -> Model {
    Model(x)
}

fn names<T>(handle: &Delayed<T>) -> Vec<String> {
    Graph::of(handle).tasks().map(|task| task.name().to_owned()).collect()
}

#[test]
fn a_value_is_shared_by_its_users_and_is_no_task() {
    for runtime in runtimes() {
        let counts = Counts::default();
        let shared = value(counts.make(2));
        let users: Vec<_> = (0..5).map(|_| shared.clone().map_ref(|x: &common::Counted| x.content)).collect();
        drop(shared);
        assert_eq!(Graph::of(&users).n_tasks(), 5);
        assert_eq!(runtime.compute(users).unwrap(), [2; 5]);
        assert_eq!((counts.cloned(), counts.alive()), (0, 0));
    }
}

#[test]
fn gather_makes_one_handle_of_any_shape() {
    let (x, y) = (inc(1), inc(2));
    assert_eq!(got(gather(vec![x.clone(), y.clone()])), [2, 3]);
    assert_eq!(got(gather([&x, &y])), [2, 3]);
    assert_eq!(got(gather(&vec![x.clone(), y.clone()])), [2, 3]);
    assert_eq!(got(gather((&x, "plain", 7, vec![&y]))), (2, "plain", 7, vec![3]));
    assert_eq!(got(gather(Some(&x))), Some(2));
    assert_eq!(got(gather(None::<Delayed<i64>>)), None);
    assert_eq!(got(gather(HashMap::from([("k", x.clone())]))), HashMap::from([("k", 2)]));
    assert_eq!(got(gather(BTreeMap::from([(1, (x.clone(), [y.clone()]))]))), BTreeMap::from([(1, (2, [3]))]));
    assert_eq!(got(gather(())), ());
    assert_eq!(got(gather(gather(x))), 2);
}

#[test]
fn a_gathered_handle_is_no_task_and_leads_to_those_behind_it() {
    let both = gather(vec![inc(1), inc(2)]).map(|list| list.len());
    let graph = Graph::of(&both);
    assert_eq!(graph.n_tasks(), 3);
    let last = graph.tasks().last().unwrap();
    assert_eq!(last.dependencies().map(|task| task.name().to_owned()).collect::<Vec<_>>(), ["inc", "inc"]);
}

#[test]
fn a_function_is_lifted_and_can_be_called_again() {
    fn plus(x: i64, y: i64) -> i64 {
        x + y
    }
    let lifted = delayed(plus);
    assert_eq!(got(lifted.call((1, 2))), 3);
    assert_eq!(got(lifted.call((inc(1), 2))), 4);
    assert_eq!(got(lifted.clone().call((&inc(1), lifted.call((1, 1))))), 4);
    assert_eq!(names(&lifted.call((1, 2))), ["plus"]);
}

#[test]
fn functions_of_others_methods_and_constructors_are_lifted() {
    #[derive(Clone, Debug, PartialEq)]
    struct Wrap(i64);
    assert_eq!(got(delayed(i64::abs).call((-3,))), 3);
    assert_eq!(got(delayed(f64::max).call((1.0, value(2.5)))), 2.5);
    assert_eq!(got(delayed(Wrap).call((inc(1),))), Wrap(2));
    assert_eq!(got(delayed(Some::<i64>).call((inc(1),))), Some(2));
    assert_eq!(names(&delayed(i64::abs).call((-3,))), ["abs"]);
}

#[test]
fn a_closure_is_lifted_with_what_it_captured() {
    let by = 10;
    let scale = delayed(move |x: i64| x * by);
    let untyped = delayed(|x, y| x + y);
    assert_eq!(got(scale.call((inc(1),))), 20);
    assert_eq!(got(untyped.call((1, 2))), 3);
    assert_eq!(got(delayed(|| 7).call(())), 7);
    assert_eq!(names(&scale.call((1,))), ["closure"]);
}

#[test]
fn a_generic_function_is_lifted_with_the_type_of_its_arguments() {
    fn show<T: Debug>(x: T) -> String {
        format!("{x:?}")
    }
    assert_eq!(got(delayed(show).call((1_i64,))), "1");
    assert_eq!(got(delayed(show::<i64>).call((inc(1),))), "2");
    assert_eq!(got(delayed(show).call(("a",))), "\"a\"");
    assert_eq!(names(&delayed(show::<i64>).call((1,))), ["show"]);
}

#[test]
fn a_lifted_function_by_value_takes_up_to_eight_arguments_and_containers_of_handles() {
    #[allow(clippy::too_many_arguments, reason = "as many as there may be")]
    fn eight(a: i64, b: i64, c: i64, d: i64, e: i64, f: i64, g: i64, h: String) -> String {
        format!("{}{h}", a + b + c + d + e + f + g)
    }
    fn total(xs: Vec<i64>, pair: (i64, i64), option: Option<i64>) -> i64 {
        xs.iter().sum::<i64>() + pair.0 + pair.1 + option.unwrap_or(0)
    }
    assert_eq!(got(delayed(eight).call((1, inc(1), 3, 4, 5, 6, &inc(6), "!".to_owned()))), "28!");
    assert_eq!(got(delayed(total).call((vec![inc(1), inc(2)], (inc(3), 1), Some(inc(4))))), 15);
    assert_eq!(got(delayed(total).call((vec![1], (1, 1), None::<i64>))), 3);
}

#[test]
fn a_lifted_function_by_reference_is_lent_its_arguments() {
    fn one(x: &Model) -> i64 {
        x.0
    }
    fn two(x: &Model, y: &Model) -> i64 {
        x.0 + y.0
    }
    fn three(name: &str, xs: &[i64], path: &std::path::Path) -> String {
        format!("{name} {} {}", xs.len(), path.display())
    }
    let handle = model(2);
    assert_eq!(got(delayed(one).call((Model(1),))), 1);
    assert_eq!(got(delayed(one).call((&handle,))), 2);
    assert_eq!(got(delayed(two).call((&handle, Model(3)))), 5);
    assert_eq!(got(delayed(two).call((&handle, &handle))), 4);
    assert_eq!(got(delayed(three).call(("a", vec![inc(1), inc(2)], "dir"))), "a 2 dir");
    assert_eq!(got(delayed(three).call((inc(1).map(|x| x.to_string()), value(vec![1]), "dir"))), "2 1 dir");
    assert_eq!(got(delayed(str::len).call(("four",))), 4);
    assert_eq!(got(delayed(|list: &Vec<i64>| list.len()).call((vec![1, 2],))), 2);
}

#[test]
fn try_call_takes_a_function_that_may_fail() {
    fn checked(x: i64, most: i64) -> Result<i64, String> {
        if x > most { Err(format!("{x} is above {most}")) } else { Ok(x) }
    }
    fn parse(text: &str) -> Result<i64, std::num::ParseIntError> {
        text.parse()
    }
    let lifted = delayed(checked);
    assert_eq!(got(inc(lifted.try_call((inc(1), 5)))), 3);
    let error = inc(lifted.try_call((9, 5))).compute().unwrap_err();
    assert_eq!((error.kind(), error.task()), (ErrorKind::Failed, "checked"));
    assert_eq!(error.downcast_ref::<String>().unwrap(), "9 is above 5");
    assert_eq!(got(delayed(parse).try_call(("12",))), 12);
    let error = delayed(parse).try_call((value("x".to_owned()),)).compute().unwrap_err();
    assert!(error.downcast_ref::<std::num::ParseIntError>().is_some());
    assert_eq!(got(delayed(checked).call((9, 5))), Err("9 is above 5".to_owned()), "`call` keeps the `Result`");
}

#[test]
fn an_async_function_is_lifted() {
    async fn later(x: i64, y: i64) -> i64 {
        std::future::ready(x + y).await
    }
    async fn fails(x: i64) -> Result<i64, String> {
        std::future::ready(Err(format!("no {x}"))).await
    }
    let lifted = delayed_async(later);
    let handle = inc(lifted.call((inc(1), 2)));
    assert_eq!(names(&handle), ["inc", "later", "inc"]);
    assert!(Graph::of(&handle).tasks().nth(1).unwrap().is_async());
    assert_eq!(got(handle), 5);
    assert_eq!(got(delayed_async(|x: i64| async move { x * 2 }).call((4,))), 8);
    let error = delayed_async(fails).try_call((1,)).compute().unwrap_err();
    assert_eq!((error.task(), error.downcast_ref::<String>().unwrap().as_str()), ("fails", "no 1"));
}

#[test]
fn map_takes_the_value_and_map_ref_borrows_it() {
    let handle = inc(1);
    assert_eq!(got(handle.clone().map(|x| x * 2)), 4);
    assert_eq!(got(handle.map(i64::abs)), 2);
    assert_eq!(got(model(3).map_ref(|model| model.0)), 3);
    let model = model(4);
    assert_eq!(got(model.clone().map_ref(|model| model.0) + model.map_ref(|model| model.0)), 8);
}

#[test]
fn zip_pairs_with_an_owned_or_a_borrowed_handle() {
    let (x, y) = (inc(1), inc(2));
    assert_eq!(got(x.clone().zip(&y)), (2, 3));
    assert_eq!(got(x.zip(y.map(|y| y.to_string()))), (2, "3".to_owned()));
    assert_eq!(names(&inc(1).zip(inc(2))), ["inc", "inc"]);
}

#[test]
fn unzip_takes_tuples_of_two_to_eight_apart() {
    let (a, b) = value((1, "b")).unzip();
    assert_eq!((got(a), got(b)), (1, "b"));
    let (a, b, c) = value((1, 2, 3)).unzip();
    assert_eq!(got(a + b + c), 6);
    let (a, b, c, d) = value((1, 2, 3, 4)).unzip();
    assert_eq!(got(a + b + c + d), 10);
    let (a, b, c, d, e) = value((1, 2, 3, 4, 5)).unzip();
    assert_eq!(got(a + b + c + d + e), 15);
    let (a, b, c, d, e, f) = value((1, 2, 3, 4, 5, 6)).unzip();
    assert_eq!(got(a + b + c + d + e + f), 21);
    let (a, b, c, d, e, f, g) = value((1, 2, 3, 4, 5, 6, 7)).unzip();
    assert_eq!(got(a + b + c + d + e + f + g), 28);
    let (a, b, c, d, e, f, g, h) = value((1, 2, 3, 4, 5, 6, 7, String::from("h"))).unzip();
    assert_eq!(got(a + b + c + d + e + f + g), 28);
    assert_eq!(got(h), "h");
}

#[test]
fn parts_may_be_used_by_several_tasks_and_dropped() {
    let (a, b) = inc(1).map(|x| (x, vec![x; 3])).unzip();
    let users = (add(&a, &a), b.clone().map(|list| list.len()), b.map_ref(|list| list[0]));
    drop(a);
    assert_eq!(delayed::compute(users).unwrap(), (4, 3, 2));
    let (first, _) = inc(1).map(|x| (x, x)).unzip();
    assert_eq!(got(first), 2);
}

#[test]
fn split_gives_a_handle_for_each_element() {
    let parts = inc(3).map(|n| (0..n).collect::<Vec<_>>()).split(4);
    assert_eq!(parts.len(), 4);
    assert_eq!(delayed::compute(&parts).unwrap(), [0, 1, 2, 3]);
    assert_eq!(got(&parts[1] + &parts[3]), 4);
    assert!(value(Vec::<i64>::new()).split(0).is_empty());
}

#[test]
fn or_fail_makes_an_err_the_failure_and_needs_no_clone() {
    struct Only(i64);
    let good = value(1).map(|x: i64| Ok::<_, String>(Only(x))).or_fail().map_ref(|only| only.0);
    assert_eq!(got(good), 1);
    let bad = value(1).map(|_: i64| Err::<Only, _>("no".to_owned())).or_fail().map_ref(|only| only.0);
    assert_eq!(bad.compute().unwrap_err().downcast_ref::<String>().unwrap(), "no");
}

#[test]
fn arithmetic_operators_work_between_handles_owned_and_borrowed() {
    let (x, y) = (value(17_i64), value(5_i64));
    assert_eq!(got(&x + &y), 22);
    assert_eq!(got(x.clone() - &y), 12);
    assert_eq!(got(&x * y.clone()), 85);
    assert_eq!(got(x.clone() / y.clone()), 3);
    assert_eq!(got(&x % &y), 2);
    assert_eq!(got(-&x), -17);
    assert_eq!(got(-x), -17);
    assert_eq!(names(&(&y + &y)), ["+"]);
}

#[test]
fn bit_operators_work_between_handles_owned_and_borrowed() {
    let (x, y) = (value(0b1100_u8), value(0b1010_u8));
    assert_eq!(got(&x & &y), 0b1000);
    assert_eq!(got(x.clone() | &y), 0b1110);
    assert_eq!(got(&x ^ y.clone()), 0b0110);
    assert_eq!(got(&x << value(1_u32)), 0b1_1000);
    assert_eq!(got(x.clone() >> value(2_u32)), 0b11);
    assert_eq!(got(!&x), !0b1100);
    assert!(got(!value(false)));
}

#[test]
fn operators_take_plain_values_on_the_right() {
    let x = value(17_i64);
    assert_eq!(got(&x + 1), 18);
    assert_eq!(got(&x - 1), 16);
    assert_eq!(got(&x * 2), 34);
    assert_eq!(got(&x / 2), 8);
    assert_eq!(got(&x % 4), 1);
    assert_eq!(got((&x & 1) | 2), 3);
    assert_eq!(got(&x ^ 1), 16);
    assert_eq!(got(&x << 1), 34);
    assert_eq!(got(x >> 1), 8);
    assert_eq!(got(value(std::time::Duration::from_secs(1)) + std::time::Duration::from_secs(2)).as_secs(), 3);
}

#[test]
fn operators_take_plain_numbers_on_the_left() {
    let x = value(5_i64);
    assert_eq!(got(1 + &x), 6);
    assert_eq!(got(1 - &x), -4);
    assert_eq!(got(2 * x.clone()), 10);
    assert_eq!(got(17 / &x), 3);
    assert_eq!(got(17 % &x), 2);
    assert_eq!(got((3 & x.clone()) | 8), 9);
    assert_eq!(got(1 ^ &x), 4);
    assert_eq!(got(1 << &x), 32);
    assert_eq!(got(64 >> x), 2);
    assert_eq!(got(1.5 - value(0.5)), 1.0);
    assert!(got(true & value(true)));
    assert_eq!(got(1_u8 + value(2_u8)), 3);
}

#[test]
fn operators_work_between_handles_of_different_types() {
    #[derive(Clone, Copy, Debug, PartialEq)]
    struct Metres(f64);
    impl std::ops::Mul<f64> for Metres {
        type Output = Metres;
        fn mul(self, by: f64) -> Metres {
            Metres(self.0 * by)
        }
    }
    impl std::ops::Div for Metres {
        type Output = f64;
        fn div(self, by: Metres) -> f64 {
            self.0 / by.0
        }
    }
    let (long, factor) = (value(Metres(2.0)), value(1.5));
    assert_eq!(got(&long * &factor), Metres(3.0));
    assert_eq!(got(&long / Metres(4.0)), 0.5);
    assert_eq!(got(long.clone() / long), 1.0);
}

#[test]
fn operators_join_into_expressions() {
    let x = inc(2);
    assert_eq!(got((&x + 1) * (&x - 1) - 2 * &x), 2);
    let total = (1..=4).map(inc).reduce(|a, b| a + b).unwrap();
    assert_eq!(got(total), 14);
}

#[test]
fn naming_a_shared_handle_relabels_its_task_for_all() {
    let x = inc(1);
    let user = add(&x, 1);
    assert_eq!(names(&user), ["inc", "add"]);
    let x = x.named("first").named(String::from("second"));
    assert_eq!(names(&user), ["second", "add"]);
    assert_eq!(names(&add(&x, &user)), ["second", "add", "add"]);
}

#[test]
fn a_name_is_no_identity() {
    let sum = inc(1).named("same") + inc(2).named("same");
    assert_eq!(names(&sum), ["same", "same", "+"]);
    assert_eq!(got(sum), 5);
}

/// Notes the order in which tasks ran.
type Log = Arc<Mutex<Vec<i64>>>;

#[delayed(allow(mutable_input))]
fn note(log: Log, x: i64) -> i64 {
    log.lock().unwrap().push(x);
    x
}

#[test]
fn after_takes_every_form_of_handles() {
    let log = Log::default();
    let (a, b) = (note(log.clone(), 1), note(log.clone(), 2));
    let earlier: [&dyn Fn(Delayed<i64>) -> Delayed<i64>; 10] = [
        &|x| x.after(&a),
        &|x| x.after(a.clone()),
        &|x| x.after((&a, b.clone())),
        &|x| x.after(vec![a.clone(), b.clone()]),
        &|x| x.after(vec![&a]),
        &|x| x.after([&a, &b]),
        &|x| x.after(&[a.clone()][..]),
        &|x| x.after(Some(&a)),
        &|x| x.after(HashMap::from([("k", &a)])),
        &|x| x.after((&a, [vec![&b]], BTreeMap::from([(1, Some(&a))]))),
    ];
    for (index, after) in earlier.into_iter().enumerate() {
        for runtime in runtimes() {
            log.lock().unwrap().clear();
            let last = after(note(log.clone(), 3));
            assert_eq!(runtime.compute(last).unwrap(), 3);
            let order = log.lock().unwrap().clone();
            assert!(order.contains(&1) && order.last() == Some(&3), "form {index}: {order:?}");
        }
    }
}

#[test]
fn after_nothing_is_the_handle_itself() {
    let x = inc(1).after(()).after(None::<Delayed<i64>>).after(Vec::<Delayed<i64>>::new());
    assert_eq!(names(&x), ["inc"]);
    assert_eq!(got(x), 2);
}

#[test]
fn after_needs_no_clone_and_no_common_type() {
    let log = Log::default();
    let first = note(log.clone(), 1);
    let last = model(7).after((&first, value("text"), model(1)));
    assert_eq!(last.compute().unwrap(), Model(7));
    assert_eq!(*log.lock().unwrap(), [1]);
}

#[test]
fn after_on_a_shared_handle_leaves_its_other_owners_task_alone() {
    let log = Log::default();
    let x = note(log.clone(), 2);
    let ordered = x.clone().after(note(log.clone(), 1));
    assert_eq!(Graph::of(&x).n_tasks(), 1);
    assert_eq!(Graph::of(&ordered).n_tasks(), 2);
    assert_eq!(delayed::compute((&ordered, &x)).unwrap(), (2, 2));
    assert_eq!(log.lock().unwrap().len(), 3, "they are two tasks round the same work");
    let chain = x.clone().after(&x);
    assert_eq!(got(chain), 2, "a task can be ordered after itself, since it is a new one");
}

#[test]
fn batched_makes_a_task_for_each_batch() {
    let sums = batched(1..=10, 4, |batch: &[i64]| batch.iter().sum::<i64>());
    assert_eq!(Graph::of(&sums).n_tasks(), 3);
    assert_eq!(delayed::compute(sums).unwrap(), [10, 26, 19]);
    assert!(batched(Vec::<i64>::new(), 4, |batch: &[i64]| batch.len()).is_empty());
}
