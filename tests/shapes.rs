//! `compute` takes any shape of handles and returns the same shape of values.

mod common;

use std::collections::{BTreeMap, HashMap};

use common::runtimes;
use delayed::prelude::*;

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
struct Only(i64);

#[delayed]
fn only(x: i64) -> Only {
    Only(x)
}

#[test]
fn every_shape() {
    for runtime in runtimes() {
        let x = inc(0);
        assert_eq!(runtime.compute(()).unwrap(), ());
        assert_eq!(runtime.compute(x.clone()).unwrap(), 1);
        assert_eq!(runtime.compute(&x).unwrap(), 1);
        assert_eq!(runtime.compute((&x,)).unwrap(), (1,));
        assert_eq!(runtime.compute((&x, inc(&x), text(&x))).unwrap(), (1, 2, "1".to_owned()));
        assert_eq!(runtime.compute(vec![inc(1), inc(2)]).unwrap(), [2, 3]);
        assert_eq!(runtime.compute(&vec![inc(1), inc(2)]).unwrap(), [2, 3]);
        assert_eq!(runtime.compute(&[inc(1), inc(2)][..]).unwrap(), [2, 3]);
        assert_eq!(runtime.compute([inc(1), inc(2)]).unwrap(), [2, 3]);
        assert_eq!(runtime.compute(Some(inc(1))).unwrap(), Some(2));
        assert_eq!(runtime.compute(None::<Delayed<i64>>).unwrap(), None);
        assert_eq!(runtime.compute(HashMap::from([("a", inc(1))])).unwrap(), HashMap::from([("a", 2)]));
        assert_eq!(runtime.compute(BTreeMap::from([(1, text(1)), (2, text(2))])).unwrap()[&2], "2");
        let nested = vec![(Some([inc(1), inc(2)]), BTreeMap::from([("k", vec![&x])]))];
        assert_eq!(runtime.compute(nested).unwrap(), [(Some([2, 3]), BTreeMap::from([("k", vec![1])]))]);
        assert_eq!(runtime.compute((inc(1), 7, "plain", 1.5, String::from("s"), true, 'c')).unwrap().1, 7);
    }
}

#[test]
fn tuples_to_twelve() {
    let x = inc(0);
    let twelve = (&x, &x, &x, &x, &x, &x, &x, &x, &x, &x, inc(10), x.clone());
    let got = delayed::compute(twelve).unwrap();
    assert_eq!((got.0, got.9, got.10, got.11), (1, 1, 11, 1));
}

#[test]
fn an_empty_shape_runs_nothing() {
    for runtime in runtimes() {
        assert_eq!(runtime.compute(Vec::<Delayed<i64>>::new()).unwrap(), []);
        assert_eq!(runtime.compute(((), [0; 0], "only plain")).unwrap(), ((), [0; 0], "only plain"));
    }
}

#[test]
fn data_alone() {
    for runtime in runtimes() {
        assert_eq!(runtime.compute(value(Only(1))).unwrap(), Only(1));
        let kept = value(vec![1]);
        assert_eq!(runtime.compute((&kept, &kept)).unwrap(), (vec![1], vec![1]));
        assert_eq!(runtime.compute((kept.clone().map_ref(|list: &Vec<i32>| list.len()), kept)).unwrap(), (1, vec![1]));
    }
}

#[test]
fn values_without_clone_are_moved_out() {
    for runtime in runtimes() {
        assert_eq!(runtime.compute((only(1), vec![only(2)])).unwrap(), (Only(1), vec![Only(2)]));
        let graph = only(3);
        assert_eq!(runtime.compute(graph.clone()).unwrap(), Only(3), "a clone of the handle keeps the graph");
        assert_eq!(runtime.compute(graph).unwrap(), Only(3));
    }
}

#[test]
fn a_constructors_value_is_cloned_where_it_is_asked_for_twice() {
    for runtime in runtimes() {
        let twice = text(7);
        assert_eq!(runtime.compute((twice.clone(), twice)).unwrap(), ("7".to_owned(), "7".to_owned()));
    }
}

#[test]
fn what_can_be_neither_moved_nor_cloned_is_refused_before_it_starts() {
    for runtime in runtimes() {
        let held = value(Only(1));
        let error = runtime.compute(held.clone()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Runtime);
        assert_eq!(error.task(), "");
        assert_eq!(error.location().line(), line!() - 3, "the compute's place");
        assert!(error.to_string().contains("pass `&handle` instead of the handle"), "{error}");
        assert_eq!(runtime.compute(held).unwrap(), Only(1), "nothing is lost");

        let closure = value(1).map(|_: i32| Only(2));
        let error = runtime.compute((closure.clone(), closure)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Runtime);
    }
}

#[test]
fn use_by_value_tells_how_data_is_cloned() {
    for runtime in runtimes() {
        let held = value(5);
        let used = inc(&held);
        assert_eq!(runtime.compute((held.clone(), used)).unwrap(), (5, 6));
    }
}

#[test]
fn free_function_and_method_agree() {
    assert_eq!(delayed::compute((inc(1), inc(2))).unwrap(), (2, 3));
    assert_eq!(inc(1).compute().unwrap(), 2);
}
