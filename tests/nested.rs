//! `compute()` inside a running task: it works with any number of workers, and cannot deadlock.

mod common;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};

use common::{runtimes, workers};
use delayed::prelude::*;

fn inc(x: i64) -> i64 {
    x + 1
}

/// A task whose body computes a graph of the same kind, `depth` levels deep: the sum of `2^depth` ones.
fn tree(runtime: &Arc<Runtime>, depth: u32) -> Delayed<i64> {
    let runtime = runtime.clone();
    value(depth).map(move |depth| {
        if depth == 0 {
            return 1;
        }
        let inner = [tree(&runtime, depth - 1), tree(&runtime, depth - 1)];
        runtime.compute(inner).expect("inner tasks do not fail").iter().sum()
    })
}

#[test]
fn ten_levels_deep() {
    for runtime in runtimes() {
        let runtime = Arc::new(runtime);
        assert_eq!(runtime.compute(tree(&runtime, 10)).unwrap(), 1024);
    }
}

#[test]
fn free_compute_in_a_task_of_another_runtime() {
    for runtime in runtimes() {
        let outer = value(1).map(|x| {
            let inner: Vec<_> = (0..10).map(|y| value(y).map(inc)).collect();
            x + delayed::compute(inner).expect("inner tasks do not fail").iter().sum::<i64>()
        });
        assert_eq!(runtime.compute(outer).unwrap(), 56);
    }
}

#[test]
fn all_workers_inside_nested_computes_at_once() {
    for n in [1, 2, 8] {
        let runtime = Arc::new(workers(n));
        let outer: Vec<_> = (0..4 * n as i64)
            .map(|x| {
                let runtime = runtime.clone();
                value(x).map(move |x| {
                    let inner: Vec<_> = (0..20).map(|y| value(x + y).map(inc)).collect();
                    runtime.compute(inner).expect("inner tasks do not fail").iter().sum::<i64>()
                })
            })
            .collect();
        let sums = runtime.compute(outer).unwrap();
        assert_eq!(sums, (0..4 * n as i64).map(|x| 20 * x + 210).collect::<Vec<_>>());
    }
}

#[test]
fn a_waiting_task_holds_no_place() {
    // With two workers: the outer task waits for an inner run of two tasks that meet each other, so both places are
    // the inner tasks'.
    let runtime = Arc::new(workers(2));
    let inside = runtime.clone();
    let outer = value(()).map(move |()| {
        let meet = Arc::new(Barrier::new(2));
        let tasks: Vec<_> = (0..2)
            .map(|x| {
                let meet = meet.clone();
                value(x).map(move |x: i64| {
                    meet.wait();
                    x
                })
            })
            .collect();
        inside.compute(tasks).expect("inner tasks do not fail")
    });
    assert_eq!(runtime.compute(outer).unwrap(), [0, 1]);
}

#[test]
fn never_more_sync_bodies_than_workers_go_on() {
    let runtime = Arc::new(workers(2));
    let running = Arc::new(AtomicUsize::new(0));
    let most = Arc::new(AtomicUsize::new(0));
    let busy = move |running: &AtomicUsize, most: &AtomicUsize| {
        most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        std::thread::yield_now();
        running.fetch_sub(1, Ordering::SeqCst);
    };
    let outer: Vec<_> = (0..20)
        .map(|_| {
            let (inside, running, most) = (runtime.clone(), running.clone(), most.clone());
            value(()).map(move |()| {
                busy(&running, &most);
                let inner: Vec<_> = (0..10)
                    .map(|_| {
                        let (running, most) = (running.clone(), most.clone());
                        value(()).map(move |()| busy(&running, &most))
                    })
                    .collect();
                inside.compute(inner).expect("inner tasks do not fail");
                busy(&running, &most);
            })
        })
        .collect();
    runtime.compute(outer).unwrap();
    assert!(most.load(Ordering::SeqCst) <= 2, "{most:?}");
}

#[test]
fn a_failure_inside_comes_back_inside() {
    for runtime in runtimes() {
        let runtime = Arc::new(runtime);
        let inside = runtime.clone();
        let outer = value(()).map(move |()| {
            let failing = value(1).map(|_: i32| -> i32 { panic!("inner") });
            inside.compute(failing).map_err(|error| (error.kind(), error.task().to_owned()))
        });
        assert_eq!(runtime.compute(outer).unwrap(), Err((ErrorKind::Panicked, "map".to_owned())));
    }
}

/// One worker, whose run is in order until a task computes on another runtime, and then fails.
#[test]
fn a_task_that_fails_after_it_waited_elsewhere_is_a_failure() {
    let one = Runtime::builder().workers(1).build().unwrap();
    let other = std::sync::Arc::new(Runtime::builder().workers(1).build().unwrap());
    let inner = move || other.compute(value(1_i64) + 1).unwrap();
    let panics = {
        let inner = inner.clone();
        value(1_i64).map(move |x| {
            assert!(inner() != 2, "it is two");
            x
        })
    };
    assert_eq!(one.compute(panics).unwrap_err().kind(), ErrorKind::Panicked);
    let fails = value(1_i64).map(move |_| if inner() == 2 { Err("two") } else { Ok(vec![1]) }).or_fail();
    assert_eq!(one.compute(fails).unwrap_err().downcast_ref::<&str>(), Some(&"two"));
}

/// A thread of the first pool computes on the second, and there on the first again.
#[test]
fn a_thread_is_away_from_its_pool_once() {
    let first = std::sync::Arc::new(Runtime::builder().workers(1).build().unwrap());
    let second = std::sync::Arc::new(Runtime::builder().workers(1).build().unwrap());
    let innermost = {
        let first = first.clone();
        move |x: i64| first.compute(value(x) + 1).unwrap()
    };
    let inner = {
        let second = second.clone();
        move |x: i64| {
            let innermost = innermost.clone();
            second.compute(value(x).map(move |x: i64| innermost(x))).unwrap()
        }
    };
    for round in 0..3 {
        let inner = inner.clone();
        let run = first.compute_async(value(round).map(move |x: i64| inner(x)));
        assert_eq!(futures::executor::block_on(run).unwrap(), round + 1);
    }
}
