//! What takes a failure in the place of a value, and runs that go on after one.

mod common;

use std::collections::{BTreeMap, HashMap};
use std::error::Error as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use common::{Counts, runtimes};
use delayed::prelude::*;

#[delayed]
fn parse(text: &str) -> Result<i64, std::num::ParseIntError> {
    text.parse()
}

#[delayed]
async fn parse_later(text: String) -> Result<i64, std::num::ParseIntError> {
    tokio::task::yield_now().await;
    text.parse()
}

#[delayed]
fn inc(x: i64) -> i64 {
    x + 1
}

#[delayed]
fn sum(xs: &[i64]) -> i64 {
    xs.iter().sum()
}

fn going_on() -> Vec<Runtime> {
    [1, 2, 8].map(|n| Runtime::builder().workers(n).on_failure(OnFailure::Continue).build().unwrap()).into()
}

#[test]
fn or_has_the_default_where_there_is_no_value() {
    for runtime in runtimes() {
        let numbers = ["1", "two", "3"].map(|text| inc(parse(text)).or(-1));
        assert_eq!(runtime.compute(sum(&numbers)).unwrap(), 2 - 1 + 4);
        let later = ["1", "two"].map(|text| inc(parse_later(text)).or(-1));
        assert_eq!(runtime.compute(later).unwrap(), [2, -1]);
    }
}

#[test]
fn recover_sees_the_failure_itself() {
    for runtime in runtimes() {
        let text = inc(inc(parse("two"))).recover(|error| {
            assert_eq!((error.task(), error.kind()), ("parse", ErrorKind::Failed));
            assert!(error.downcast_ref::<std::num::ParseIntError>().is_some());
            assert_eq!(error.path().collect::<Vec<_>>(), ["parse", "inc", "inc", "recover"]);
            i64::from(error.location().line())
        });
        let line = i64::from(line!()) - 6;
        assert_eq!(runtime.compute(text).unwrap(), line);
        assert_eq!(runtime.compute(parse("5").recover(|_| unreachable!())).unwrap(), 5);
    }
}

#[test]
fn into_result_is_an_ordinary_value() {
    #[delayed]
    fn good(all: &[Result<i64, delayed::Error>]) -> i64 {
        all.iter().flatten().sum()
    }
    for runtime in runtimes() {
        let all = ["1", "two", "3"].map(|text| parse(text).into_result());
        assert_eq!(runtime.compute(good(&all)).unwrap(), 4);
        let result = runtime.compute(parse("two").into_result()).unwrap();
        assert_eq!(result.unwrap_err().task(), "parse");
    }
}

#[test]
fn a_failure_that_is_taken_keeps_nothing_else_from_running() {
    for runtime in runtimes() {
        let ran = Arc::new(AtomicUsize::new(0));
        let tasks: Vec<_> = (0..50)
            .map(|x| {
                let ran = ran.clone();
                delayed(move |x: i64| {
                    ran.fetch_add(1, Ordering::SeqCst);
                    x
                })
                .call((x,))
            })
            .collect();
        let taken = parse("two").or(0);
        assert_eq!(runtime.compute((taken, sum(&tasks))).unwrap(), (0, 1225));
        assert_eq!(ran.load(Ordering::SeqCst), 50);
    }
}

#[test]
fn a_failure_that_reaches_an_output_otherwise_too_is_returned() {
    for runtime in runtimes() {
        let bad = parse("two");
        let error = runtime.compute((bad.clone().or(0), inc(&bad))).unwrap_err();
        assert_eq!(error.task(), "parse");
        // Behind a fallback it may fail again.
        let error = runtime.compute(inc(&bad).or(0).map(|x| 1 / x)).unwrap_err();
        assert_eq!((error.kind(), error.task()), (ErrorKind::Panicked, "map"));
    }
}

#[test]
fn a_fallback_waits_for_what_it_comes_after_and_is_skipped_with_it() {
    for runtime in going_on() {
        let after = parse("1").or(0).after(parse("two"));
        let error = runtime.try_compute(after).unwrap_err();
        assert_eq!((error.kind(), error.task()), (ErrorKind::Skipped, "or"));
    }
}

#[test]
fn values_and_defaults_need_no_clone() {
    #[derive(Debug, PartialEq)]
    struct Plain(i64);
    #[delayed]
    fn plain(x: i64) -> Result<Plain, String> {
        if x > 0 { Ok(Plain(x)) } else { Err("low".to_owned()) }
    }
    for runtime in runtimes() {
        assert_eq!(runtime.compute([1, -1].map(|x| plain(x).or(Plain(0)))).unwrap(), [Plain(1), Plain(0)]);
        assert_eq!(runtime.compute([1, -1].map(|x| plain(x).recover(|_| Plain(9)))).unwrap(), [Plain(1), Plain(9)]);
    }
}

#[test]
fn a_kept_fallback_runs_again() {
    for runtime in runtimes() {
        let text = parse("two").map(|x| x.to_string()).or("none".to_owned());
        for _ in 0..3 {
            assert_eq!(runtime.compute(&text).unwrap(), "none");
        }
        let number = parse("two").or(7);
        for _ in 0..3 {
            assert_eq!(runtime.compute(number.clone()).unwrap(), 7);
        }
    }
}

#[test]
fn a_default_that_cannot_be_cloned_is_there_once() {
    #[derive(Debug, PartialEq)]
    struct Plain(i64);
    let runtime = common::workers(1);
    let kept = parse("two").map(Plain).or(Plain(7));
    assert_eq!(runtime.compute(kept.clone()).unwrap(), Plain(7));
    let error = runtime.compute(kept.clone()).unwrap_err();
    assert!(error.to_string().contains("the default of `or` was moved out by an earlier run"), "{error}");
}

#[test]
fn going_on_runs_all_that_does_not_need_the_failure() {
    for runtime in going_on() {
        let ran = Arc::new(AtomicUsize::new(0));
        let count = {
            let ran = ran.clone();
            delayed(move |x: i64| {
                ran.fetch_add(1, Ordering::SeqCst);
                x
            })
        };
        let bad = parse("two");
        let below: Vec<_> = (0..5).map(|_| count.call((&bad,))).collect();
        let beside: Vec<_> = (0..20).map(|x| count.call((x,))).collect();
        let (bad, below, beside) = runtime.try_compute((bad, below, beside));
        assert_eq!(bad.unwrap_err().kind(), ErrorKind::Failed);
        for error in below.into_iter().map(Result::unwrap_err) {
            assert_eq!((error.kind(), error.task(), error.attempts()), (ErrorKind::Skipped, "closure", 0));
            assert!(error.downcast_ref::<std::num::ParseIntError>().is_some());
            let source = error.source().and_then(|source| source.downcast_ref::<delayed::Error>()).unwrap();
            assert_eq!((source.kind(), source.task()), (ErrorKind::Failed, "parse"));
        }
        assert_eq!(beside.into_iter().map(Result::unwrap).sum::<i64>(), 190);
        assert_eq!(ran.load(Ordering::SeqCst), 20);
    }
}

#[test]
fn compute_of_a_run_that_goes_on_returns_the_first_outputs_failure() {
    for runtime in going_on() {
        let ran = Arc::new(AtomicUsize::new(0));
        let counted = ran.clone();
        let last = delayed(move |x: i64| counted.fetch_add(x as usize, Ordering::SeqCst)).call((3,));
        let error = runtime.compute((inc(parse("one")).named("first"), parse("two"), last)).unwrap_err();
        // The failure itself, not what was skipped for it.
        assert_eq!((error.kind(), error.task()), (ErrorKind::Failed, "parse"));
        assert_eq!(
            error.downcast_ref::<std::num::ParseIntError>().map(ToString::to_string).as_deref(),
            Some("invalid digit found in string")
        );
        assert_eq!(error.path().collect::<Vec<_>>(), ["parse", "first"]);
        assert_eq!(ran.load(Ordering::SeqCst), 3);
    }
}

#[test]
fn try_compute_keeps_every_shape() {
    let runtime = &going_on()[1];
    let (good, bad) = (|| parse("1"), || parse("x"));
    let (array, plain, option) = runtime.try_compute(([good(), bad()], "plain", Some(bad())));
    assert_eq!(array.map(|one| one.ok()), [Some(1), None]);
    assert_eq!(plain, "plain");
    assert!(option.unwrap().is_err());
    let maps = (HashMap::from([("a", good())]), BTreeMap::from([(1, bad()), (2, good())]), Vec::from([(good(), 5)]));
    let (hash, tree, list) = runtime.try_compute(maps);
    assert_eq!(*hash["a"].as_ref().unwrap(), 1);
    assert!(tree[&1].is_err() && tree[&2].is_ok());
    assert_eq!((*list[0].0.as_ref().unwrap(), list[0].1), (1, 5));
    let kept = good();
    assert_eq!(runtime.try_compute(&kept).unwrap(), 1);
    assert_eq!(runtime.try_compute(&vec![kept.clone(), bad()]).into_iter().filter_map(Result::ok).sum::<i64>(), 1);
    let () = runtime.try_compute(());
}

#[derive(DelayedArg, Debug)]
struct Pair {
    left: Delayed<i64>,
    right: Vec<Delayed<i64>>,
    scale: i64,
}

#[test]
fn a_struct_of_handles_has_one_result_and_what_follows_has_its_own() {
    let runtime = &going_on()[1];
    let pair = Pair { left: parse("x"), right: vec![parse("2"), parse("y")], scale: 3 };
    let (pair, after) = runtime.try_compute((pair, parse("4")));
    assert!(pair.is_err());
    assert_eq!(after.unwrap(), 4);
    let pair = Pair { left: parse("1"), right: vec![parse("2"), parse("3")], scale: 3 };
    let pair = runtime.try_compute(pair).unwrap();
    assert_eq!((pair.left, pair.right, pair.scale), (1, vec![2, 3], 3));
}

#[test]
fn a_stopped_run_tells_of_each_output_what_became_of_it() {
    // In order: the first has its value, the second fails, the third needs it, the last was not come to.
    let runtime = common::workers(1);
    let bad = parse("x");
    let below = inc(&bad);
    let [first, second, third, last] = runtime.try_compute([parse("1"), bad, below, parse("4")]);
    assert_eq!(first.unwrap(), 1);
    assert_eq!(second.unwrap_err().kind(), ErrorKind::Failed);
    assert_eq!(third.unwrap_err().kind(), ErrorKind::Skipped);
    let last = last.unwrap_err();
    assert_eq!((last.kind(), last.task()), (ErrorKind::Cancelled, ""));
    assert!(last.to_string().contains("was not reached"), "{last}");
}

#[test]
fn what_is_found_before_the_start_stands_at_every_handle() {
    let runtime = common::workers(1);
    let limited = parse("1").limit("nowhere");
    let (a, b) = runtime.try_compute((limited, parse("2")));
    for error in [a.unwrap_err(), b.unwrap_err()] {
        assert_eq!((error.kind(), error.task(), error.attempts()), (ErrorKind::Runtime, "", 0));
        assert!(error.to_string().contains("counts against the limit `nowhere`, which the runtime does not set"));
    }
}

#[test]
fn skipped_tasks_let_go_of_their_other_inputs() {
    for runtime in going_on() {
        let counts = Counts::default();
        let made = counts.clone();
        let input = delayed(move |x: i64| made.make(x)).call((1,));
        let both = delayed(|input: common::Counted, x: i64| input.content + x).call((input, parse("x")));
        // Comes after the skipped task in the plan's order, and with one worker in time.
        let alive = counts.clone();
        let later = delayed(move |()| alive.alive()).call((value(()).map(|()| ()).after(parse("1")),));
        let (both, later) = runtime.try_compute((both, later));
        assert_eq!(both.unwrap_err().kind(), ErrorKind::Skipped);
        if runtime.workers() == 1 {
            assert_eq!(later.unwrap(), 0);
        }
        assert_eq!((counts.made(), counts.alive()), (1, 0));
    }
}

#[test]
fn asynchronous_runs_try_each() {
    for runtime in going_on() {
        let each = runtime.try_compute_async([parse_later("1"), parse_later("x"), inc(parse_later("y"))]);
        let [good, bad, skipped] = futures::executor::block_on(each);
        assert_eq!(good.unwrap(), 1);
        assert_eq!(bad.unwrap_err().kind(), ErrorKind::Failed);
        assert_eq!(skipped.unwrap_err().kind(), ErrorKind::Skipped);
    }
}
