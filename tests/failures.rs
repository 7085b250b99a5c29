//! An `Err` or a panic ends the run with an error that says which task, where, and why.

mod common;

use std::error::Error as _;
use std::fmt;
use std::num::ParseIntError;

use common::{Counts, runtimes};
use delayed::prelude::*;

#[derive(Debug, PartialEq)]
struct NoStandardError(i64);

impl fmt::Display for NoStandardError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "number {} is no good", self.0)
    }
}

#[delayed]
fn parse(text: &str) -> Result<i64, ParseIntError> {
    text.parse()
}

#[delayed]
fn refuse(x: i64) -> Result<i64, NoStandardError> {
    Err(NoStandardError(x))
}

#[delayed]
fn text_error(x: i64) -> Result<i64, String> {
    Err(format!("no {x}"))
}

#[delayed]
fn burst(x: i64) -> i64 {
    assert!(x < 0, "burst at {x}");
    x
}

#[delayed]
async fn late_error(x: i64) -> Result<i64, String> {
    tokio::task::yield_now().await;
    Err(format!("late {x}"))
}

#[delayed]
async fn late_burst(x: i64) -> i64 {
    tokio::task::yield_now().await;
    panic!("late burst at {x}")
}

#[delayed]
fn inc(x: i64) -> i64 {
    x + 1
}

#[delayed]
fn report(x: i64) -> String {
    x.to_string()
}

#[test]
fn ok_gives_dependents_the_plain_value() {
    for runtime in runtimes() {
        assert_eq!(runtime.compute(inc(parse("41"))).unwrap(), 42);
    }
}

#[test]
fn an_err_names_task_place_path_and_cause() {
    for runtime in runtimes() {
        let line = line!() + 1;
        let number = parse("4x");
        let error = runtime.compute(report(inc(number)).named("final report")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Failed);
        assert_eq!(error.task(), "parse");
        assert_eq!((error.location().file(), error.location().line()), (file!(), line));
        assert_eq!(error.location().column(), 22);
        assert_eq!(error.attempts(), 1);
        assert_eq!(error.path().collect::<Vec<_>>(), ["parse", "inc", "final report"]);
        assert_eq!(error.downcast_ref::<ParseIntError>(), Some(&"4x".parse::<i64>().unwrap_err()));
        let source = error.source().expect("the user's error");
        assert!(source.is::<ParseIntError>(), "the source is the very error");
        let place = error.location();
        assert_eq!(error.to_string(), format!("task `parse` ({place}) failed: invalid digit found in string"));
        assert_eq!(
            format!("{error:?}"),
            format!(
                "task `parse` ({place}) failed: invalid digit found in string\n  \
                 on the path: parse -> inc -> final report\n  \
                 cause: ParseIntError {{ kind: InvalidDigit }}"
            )
        );
    }
}

#[test]
fn errors_that_are_no_standard_ones_are_reached_too() {
    for runtime in runtimes() {
        let error = runtime.compute(refuse(3)).unwrap_err();
        assert_eq!(error.downcast_ref::<NoStandardError>(), Some(&NoStandardError(3)));
        assert_eq!(error.source().unwrap().to_string(), "number 3 is no good");
        assert_eq!(error.downcast_ref::<String>(), None);

        let error = runtime.compute(text_error(3)).unwrap_err();
        assert_eq!(error.downcast_ref::<String>().map(String::as_str), Some("no 3"));
        assert_eq!(error.source().unwrap().to_string(), "no 3");
        assert!(error.to_string().ends_with("failed: no 3"), "{error}");
    }
}

#[test]
fn a_panic_is_caught_named_and_the_runtime_stays_usable() {
    for runtime in runtimes() {
        for _ in 0..3 {
            let error = runtime.compute(inc(burst(5))).unwrap_err();
            assert_eq!((error.kind(), error.task(), error.attempts()), (ErrorKind::Panicked, "burst", 1));
            assert!(error.to_string().ends_with("panicked: burst at 5"), "{error}");
            assert_eq!(error.path().collect::<Vec<_>>(), ["burst", "inc"]);
            assert!(error.source().is_none());
            assert_eq!(runtime.compute(inc(burst(-5))).unwrap(), -4);
        }
    }
}

#[test]
fn async_tasks_fail_alike() {
    for runtime in runtimes() {
        let error = runtime.compute(inc(late_error(1))).unwrap_err();
        assert_eq!((error.kind(), error.task()), (ErrorKind::Failed, "late_error"));
        assert_eq!(error.downcast_ref::<String>().map(String::as_str), Some("late 1"));
        let error = runtime.compute(inc(late_burst(1))).unwrap_err();
        assert_eq!((error.kind(), error.task()), (ErrorKind::Panicked, "late_burst"));
        assert!(error.to_string().ends_with("panicked: late burst at 1"), "{error}");
    }
}

#[test]
fn dependents_of_a_failure_do_not_run_and_every_value_is_dropped() {
    #[delayed]
    fn make(counts: Counts) -> common::Counted {
        counts.make(1)
    }
    #[delayed]
    fn fail(_x: &common::Counted, _y: common::Counted) -> Result<common::Counted, String> {
        Err("on purpose".to_owned())
    }
    #[delayed]
    fn never(x: common::Counted) -> common::Counted {
        x.counts().make(100)
    }
    for runtime in runtimes() {
        for _ in 0..20 {
            let counts = Counts::default();
            let others: Vec<_> = (0..20).map(|_| make(counts.clone())).collect();
            let failed = fail(make(counts.clone()), counts.make(2));
            let dependents: Vec<_> = (0..5).map(|_| never(&failed)).collect();
            let error = runtime.compute((others, dependents, failed)).unwrap_err();
            assert_eq!(error.task(), "fail");
            assert!(counts.made() <= 22, "no dependent ran");
            assert_eq!(counts.alive(), 0, "every value's destructor ran");
        }
    }
}

#[test]
fn the_run_ends_with_the_first_failure_and_starts_nothing_more() {
    // One worker: the failure comes first in the order, so nothing behind it runs.
    let runtime = common::workers(1);
    let counts = Counts::default();
    let failed = text_error(1);
    let others: Vec<_> = (0..10)
        .map(|_| {
            let counts = counts.clone();
            value(()).map(move |()| counts.make(1))
        })
        .collect();
    let error = runtime.compute((failed, others)).unwrap_err();
    assert_eq!(error.task(), "text_error");
    assert_eq!(counts.made(), 0);
}

#[test]
fn async_tasks_under_way_are_dropped() {
    #[delayed]
    async fn wait_forever(counts: Counts) -> i64 {
        let _alive = counts.make(1);
        std::future::pending().await
    }
    #[delayed]
    async fn fail_when(counts: Counts, others: usize) -> Result<i64, String> {
        while counts.made() < others {
            tokio::task::yield_now().await;
        }
        Err("now".to_owned())
    }
    for runtime in [1, 2, 8].map(common::workers) {
        let counts = Counts::default();
        let waiting: Vec<_> = (0..10).map(|_| wait_forever(counts.clone())).collect();
        let error = runtime.compute((waiting, fail_when(counts.clone(), 10))).unwrap_err();
        assert_eq!(error.task(), "fail_when");
        assert_eq!((counts.made(), counts.alive()), (10, 0));
    }
}

#[test]
fn a_panic_in_clone_or_drop_is_a_failure_too() {
    #[derive(Debug)]
    struct BadClone;
    impl Clone for BadClone {
        fn clone(&self) -> BadClone {
            panic!("no clone of this")
        }
    }
    #[delayed]
    fn make_bad(_x: i64) -> BadClone {
        BadClone
    }
    #[delayed]
    fn take_bad(_x: BadClone) -> i64 {
        1
    }
    for runtime in runtimes() {
        let bad = make_bad(1);
        let error = runtime.compute((take_bad(&bad), take_bad(&bad), take_bad(bad))).unwrap_err();
        assert_eq!((error.kind(), error.task()), (ErrorKind::Panicked, "take_bad"));
        assert!(error.to_string().ends_with("no clone of this"), "{error}");
    }
}

#[test]
fn or_fail_and_keep_result() {
    #[delayed(keep_result)]
    fn checked(x: i64) -> Result<i64, String> {
        if x > 0 { Ok(x) } else { Err(format!("{x} is not positive")) }
    }
    for runtime in runtimes() {
        assert_eq!(runtime.compute(checked(-1)).unwrap(), Err("-1 is not positive".to_owned()));
        assert_eq!(runtime.compute(inc(checked(1).or_fail())).unwrap(), 2);
        let error = runtime.compute(inc(checked(-1).or_fail())).unwrap_err();
        assert_eq!(error.downcast_ref::<String>().map(String::as_str), Some("-1 is not positive"));
        assert_eq!(error.task(), "or_fail");
    }
}

#[test]
fn split_with_another_length_is_an_error() {
    for runtime in runtimes() {
        let parts = value(vec![1, 2, 3]).map(|list| list).split(2);
        let error = runtime.compute(parts).unwrap_err();
        assert_eq!((error.kind(), error.task()), (ErrorKind::Failed, "split"));
        assert!(error.to_string().contains("`split(2)` of a list of 3 elements"), "{error}");
    }
}

#[test]
fn batches_of_no_items_are_an_error_of_the_run() {
    let batches = batched(0..10, 0, |batch: &[i32]| batch.len());
    assert_eq!(batches.len(), 1);
    let error = delayed::compute(batches).unwrap_err();
    assert!(error.to_string().contains("batches of size 0; write 1 or more"), "{error}");
}

#[test]
fn an_error_is_cheap_to_clone_and_shared() {
    let error = text_error(1).compute().unwrap_err();
    let copy = error.clone();
    assert!(std::ptr::eq(error.downcast_ref::<String>().unwrap(), copy.downcast_ref::<String>().unwrap()));
}
