//! What runs when, where, and how many at a time.

mod common;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Mutex};
use std::thread::ThreadId;

use common::{runtimes, workers};
use delayed::prelude::*;

#[delayed]
fn inc(x: i64) -> i64 {
    x + 1
}

#[delayed]
fn sum(xs: &[i64]) -> i64 {
    xs.iter().sum()
}

/// Notes the order in which tasks ran.
type Log = Arc<Mutex<Vec<&'static str>>>;

fn log(log: &Log, name: &'static str, after: &[&Delayed<()>]) -> Delayed<()> {
    let log = log.clone();
    let task = value(()).map(move |()| log.lock().unwrap().push(name)).named(name);
    after.iter().fold(task, |task, earlier| task.after(*earlier))
}

#[test]
fn nothing_runs_before_compute() {
    let runs = Arc::new(AtomicUsize::new(0));
    let counter = runs.clone();
    let count = value(()).map(move |()| counter.fetch_add(1, Ordering::SeqCst));
    let kept = count.clone();
    assert_eq!(runs.load(Ordering::SeqCst), 0);
    assert_eq!(count.compute().unwrap(), 0);
    assert_eq!(kept.clone().compute().unwrap(), 1, "nothing is kept between two computes");
    assert_eq!(delayed::compute((&kept, &kept)).unwrap(), (2, 2), "a shared node runs once in a run");
    assert_eq!(runs.load(Ordering::SeqCst), 3);
}

#[test]
fn the_sequential_order_is_depth_first_in_the_order_of_arguments() {
    let seen = Log::default();
    let a = log(&seen, "a", &[]);
    let b = log(&seen, "b", &[&a]);
    let c = log(&seen, "c", &[]);
    let d = log(&seen, "d", &[&c, &a]);
    let last = log(&seen, "last", &[&d, &b]);
    Runtime::sequential().compute(last).unwrap();
    assert_eq!(*seen.lock().unwrap(), ["c", "a", "d", "b", "last"]);
}

#[test]
fn one_worker_keeps_to_the_sequential_order() {
    fn graph(seen: &Log) -> (Delayed<()>, Delayed<()>) {
        let s = log(seen, "s", &[]);
        let t = log(seen, "t", &[]);
        let p = log(seen, "p", &[&s, &t]);
        let q = log(seen, "q", &[&s]);
        (p, q)
    }
    let expected = ["s", "t", "p", "q"];
    for runtime in [workers(1), Runtime::sequential()] {
        let seen = Log::default();
        runtime.compute(graph(&seen)).unwrap();
        assert_eq!(*seen.lock().unwrap(), expected);
        let seen = Log::default();
        futures::executor::block_on(runtime.compute_async(graph(&seen))).unwrap();
        assert_eq!(*seen.lock().unwrap(), expected);
    }
}

#[test]
fn after_orders_without_a_value() {
    for runtime in runtimes() {
        let seen = Log::default();
        let first = log(&seen, "first", &[]);
        let second = log(&seen, "second", &[&first]);
        let third = log(&seen, "third", &[&second, &first]);
        runtime.compute((third, first)).unwrap();
        assert_eq!(*seen.lock().unwrap(), ["first", "second", "third"]);
    }
}

#[test]
fn after_on_a_shared_handle_leaves_the_other_owners_task_alone() {
    let runs = Arc::new(AtomicUsize::new(0));
    let counter = runs.clone();
    let shared = value(1).map(move |x: i64| {
        counter.fetch_add(1, Ordering::SeqCst);
        x
    });
    let late = value(());
    let other = shared.clone().after(&late);
    assert_eq!(delayed::compute((shared, other)).unwrap(), (1, 1));
    assert_eq!(runs.load(Ordering::SeqCst), 2, "the same work, as a task of its own");
}

#[test]
fn after_adds_to_what_a_shared_task_waited_for() {
    for runtime in runtimes() {
        let seen = Log::default();
        let first = log(&seen, "first", &[]);
        let second = log(&seen, "second", &[]);
        let shared = log(&seen, "shared", &[&first]);
        let both = shared.clone().after(&second);
        runtime.compute(both).unwrap();
        drop(shared);
        let seen = seen.lock().unwrap();
        assert_eq!(seen.len(), 3);
        assert_eq!(seen[2], "shared", "after both: {seen:?}");
    }
}

#[test]
fn after_keeps_names_data_and_parts() {
    for runtime in runtimes() {
        let late = inc(0);
        let data = value(vec![1, 2]);
        let data_later = data.clone().after(&late);
        let (left, right) = value((3, 4)).map(|pair| pair).unzip();
        let left_later = left.clone().after((&late, &right));
        let named = inc(1).named("two");
        let named_later = named.clone().after(vec![late.clone()]);
        assert_eq!(Graph::of(&named_later).tasks().last().unwrap().name(), "two");
        let shape = (&data_later, &data, left, left_later, right, named_later);
        assert_eq!(runtime.compute(shape).unwrap(), (vec![1, 2], vec![1, 2], 3, 3, 4, 2));
    }
}

#[test]
fn a_slow_branch_does_not_hold_back_another() {
    // The slow task waits until the whole other branch is done: with layers this would never end.
    let gate = Arc::new(Barrier::new(2));
    let (slow_gate, fast_gate) = (gate.clone(), gate);
    let slow = value(()).map(move |()| {
        slow_gate.wait();
        1
    });
    let fast = inc(inc(inc(0))).map(move |x: i64| {
        fast_gate.wait();
        x
    });
    assert_eq!(workers(2).compute((slow, fast)).unwrap(), (1, 3));
}

#[test]
fn as_many_sync_tasks_run_at_once_as_there_are_workers() {
    for n in [1, 2, 4] {
        let running = Arc::new(AtomicUsize::new(0));
        let most = Arc::new(AtomicUsize::new(0));
        let together = Arc::new(Barrier::new(n));
        let tasks: Vec<_> = (0..4 * n)
            .map(|_| {
                let (running, most, together) = (running.clone(), most.clone(), together.clone());
                value(()).map(move |()| {
                    let now = running.fetch_add(1, Ordering::SeqCst) + 1;
                    most.fetch_max(now, Ordering::SeqCst);
                    // Passed only if n tasks run at the same time.
                    together.wait();
                    running.fetch_sub(1, Ordering::SeqCst);
                })
            })
            .collect();
        workers(n).compute(tasks).unwrap();
        assert_eq!(most.load(Ordering::SeqCst), n);
    }
}

#[test]
fn no_wake_up_is_lost() {
    // Each round ends only if all workers come, whatever they were doing when the tasks became ready.
    for n in [2, 4] {
        let kept = workers(n);
        for round in 0..400 {
            let fresh = (round % 4 == 0).then(|| workers(n));
            let runtime = fresh.as_ref().unwrap_or(&kept);
            // A run that wakes workers and is over before they come: they look for work while the next one starts.
            runtime.compute([inc(1), inc(2), inc(3)]).unwrap();
            let together = Arc::new(Barrier::new(n));
            let tasks: Vec<_> = (0..n)
                .map(|x| {
                    let together = together.clone();
                    let before = if round % 2 == 0 { inc(0) } else { inc(inc(x as i64)) };
                    before.map(move |_: i64| {
                        together.wait();
                    })
                })
                .collect();
            runtime.compute(tasks).unwrap();
        }
    }
}

#[test]
fn the_bound_holds_over_all_runs_of_a_runtime() {
    let runtime = workers(2);
    let running = Arc::new(AtomicUsize::new(0));
    let most = Arc::new(AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| {
                let tasks: Vec<_> = (0..200)
                    .map(|_| {
                        let (running, most) = (running.clone(), most.clone());
                        value(()).map(move |()| {
                            most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                            std::thread::yield_now();
                            running.fetch_sub(1, Ordering::SeqCst);
                        })
                    })
                    .collect();
                runtime.compute(tasks).unwrap();
            });
        }
    });
    assert!(most.load(Ordering::SeqCst) <= 2, "{most:?}");
}

#[test]
fn a_chain_touches_no_other_thread() {
    #[delayed]
    fn note(mut threads: Vec<ThreadId>) -> Vec<ThreadId> {
        threads.push(std::thread::current().id());
        threads
    }
    for runtime in runtimes() {
        let mut chain = value(Vec::new());
        for _ in 0..100 {
            chain = note(chain);
        }
        assert_eq!(runtime.compute(chain).unwrap(), vec![std::thread::current().id(); 100]);
    }
}

#[test]
fn the_calling_thread_works_in_the_place_of_a_worker() {
    let here = std::thread::current().id();
    let tasks: Vec<_> = (0..50).map(|_| value(()).map(|()| std::thread::current().id())).collect();
    assert_eq!(workers(1).compute(tasks).unwrap(), vec![here; 50]);
}

#[test]
fn many_threads_compute_one_graph_at_once() {
    let runtime = workers(3);
    let output: Vec<_> = (0..200).map(|x| inc(inc(x))).collect();
    let total = sum(&output);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..20 {
                    assert_eq!(runtime.compute(&total).unwrap(), (0..200).map(|x| x + 2).sum::<i64>());
                }
            });
        }
    });
}

#[test]
fn a_runtime_dropped_while_others_go_on() {
    let runtime = workers(2);
    let run = runtime.compute_async((0..100).map(inc).collect::<Vec<_>>());
    drop(runtime);
    assert_eq!(futures::executor::block_on(run).unwrap(), (1..=100).collect::<Vec<_>>());
}

#[test]
fn settings_that_cannot_be() {
    let error = Runtime::builder().workers(0).build().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Runtime);
    assert!(error.to_string().contains("`workers(0)` could run nothing; write 1 or more"), "{error}");
    assert_eq!(error.location().file(), file!());
}
