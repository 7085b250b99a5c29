//! Named limits, priorities and the bound on memory.

mod common;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};

use common::{Counts, Gate, watched};
use delayed::prelude::*;

/// How many are inside at the moment, and were at most.
#[derive(Clone, Default)]
struct Inside(Arc<[AtomicUsize; 2]>);

impl Inside {
    fn enter(&self) {
        let now = self.0[0].fetch_add(1, Ordering::SeqCst) + 1;
        self.0[1].fetch_max(now, Ordering::SeqCst);
    }

    fn leave(&self) {
        self.0[0].fetch_sub(1, Ordering::SeqCst);
    }

    fn most(&self) -> usize {
        self.0[1].load(Ordering::SeqCst)
    }
}

fn limited(workers: usize, places: usize) -> Runtime {
    Runtime::builder().workers(workers).limit("db", places).build().unwrap()
}

/// An async task of the limit that is inside until it was polled a few times.
fn query(inside: &Inside) -> impl Fn(i64) -> Delayed<i64> + use<> {
    let inside = inside.clone();
    let query = delayed_async(move |x: i64| {
        let inside = inside.clone();
        async move {
            inside.enter();
            for _ in 0..5 {
                tokio::task::yield_now().await;
            }
            inside.leave();
            x
        }
    });
    move |x| query.call((x,)).limit("db")
}

#[test]
fn no_more_than_the_limit_are_under_way() {
    watched(|| {
        for workers in [1, 2, 8] {
            for places in [1, 3] {
                let runtime = limited(workers, places);
                let inside = Inside::default();
                let query = query(&inside);
                let sync = {
                    let inside = inside.clone();
                    delayed(move |x: i64| {
                        inside.enter();
                        std::thread::yield_now();
                        inside.leave();
                        x
                    })
                };
                let both: Vec<_> = (0..60).map(|x| (query(x), sync.call((x,)).limit("db"))).collect();
                let sum: i64 = runtime.compute(both).unwrap().into_iter().map(|(x, y)| x + y).sum();
                assert_eq!(sum, 2 * 1770);
                assert!((1..=places).contains(&inside.most()), "{} of {places}", inside.most());
            }
        }
    });
}

#[test]
fn the_limit_holds_over_all_runs_of_the_runtime() {
    watched(|| {
        let runtime = limited(2, 2);
        let inside = Inside::default();
        let query = query(&inside);
        let runs: Vec<_> = (0..5).map(|_| runtime.start((0..20).map(&query).collect::<Vec<_>>())).collect();
        for run in runs {
            assert_eq!(run.wait().unwrap().len(), 20);
        }
        assert!((1..=2).contains(&inside.most()), "{}", inside.most());
    });
}

#[test]
fn runs_have_their_turns() {
    // The first run holds the only place and has a long queue; the second comes later, and is not served last.
    watched(|| {
        let runtime = limited(1, 1);
        let order = Arc::new(Mutex::new(Vec::new()));
        let open = Arc::new(tokio::sync::Notify::new());
        let opened = open.clone();
        let hold = delayed_async(move |()| {
            let open = opened.clone();
            async move { open.notified().await }
        });
        let task = |run: usize| {
            let order = order.clone();
            delayed(move |run: usize| order.lock().unwrap().push(run)).call((run,)).limit("db")
        };
        // Tells when all that stands before it was given out.
        let (told, queued) = channel();
        let mark = || {
            let told = told.clone();
            delayed(move |()| told.send(()).unwrap()).call(((),))
        };
        let first = (hold.call(((),)).limit("db"), (0..20).map(|_| task(0)).collect::<Vec<_>>(), mark());
        let first = runtime.start(first);
        queued.recv().unwrap();
        let second = runtime.start(((0..3).map(|_| task(1)).collect::<Vec<_>>(), mark()));
        queued.recv().unwrap();
        open.notify_one();
        first.wait().unwrap();
        second.wait().unwrap();
        let order = order.lock().unwrap();
        let last = order.iter().rposition(|&run| run == 1).unwrap();
        assert_eq!(order.len(), 23);
        assert!(last < 10, "{order:?}");
    });
}

#[test]
fn who_waits_holds_no_worker() {
    watched(|| {
        let runtime = limited(1, 1);
        let (inside, begun) = channel();
        let open = Gate::default();
        let opens = open.clone();
        let (waits, opened) = (open.clone(), open);
        let hold = delayed_async(move |()| {
            let (inside, open) = (inside.clone(), waits.clone());
            async move {
                inside.send(()).unwrap();
                // Waits on a thread of its own for a task that can run only if the others hold no worker.
                tokio::task::spawn_blocking(move || open.pass()).await.unwrap();
            }
        });
        let first = hold.call(((),)).limit("db");
        let waiting: Vec<_> = (0..10).map(|x| value(x).map(|x: i64| x).limit("db")).collect();
        let free = delayed(move |()| opens.open()).call(((),));
        runtime.compute((first, waiting, free)).unwrap();
        begun.recv().unwrap();
        opened.pass();
    });
}

#[test]
fn a_place_comes_back_from_attempts_that_fail_and_runs_that_are_cancelled() {
    watched(|| {
        let runtime = limited(2, 1);
        let fails = delayed(|x: i64| if x > 0 { Err(format!("no {x}")) } else { Ok(x) });
        for _ in 0..3 {
            let tasks: Vec<_> = (0..10).map(|x| fails.try_call((x,)).limit("db").retries(1)).collect();
            assert_eq!(runtime.compute(tasks).unwrap_err().attempts(), 2);
        }
        let (begun, begins) = channel();
        let hang = delayed_async(move |()| {
            let begun = begun.clone();
            async move {
                begun.send(()).unwrap();
                std::future::pending::<()>().await;
            }
        });
        for _ in 0..3 {
            let run = runtime.start((0..5).map(|_| hang.call(((),)).limit("db")).collect::<Vec<_>>());
            begins.recv().unwrap();
            run.cancel();
            assert!(run.wait().is_err());
        }
        assert_eq!(runtime.compute(fails.try_call((0,)).limit("db")).unwrap(), 0);
    });
}

#[test]
fn a_limit_that_is_not_set_is_refused_before_anything_runs() {
    let runs = Arc::new(AtomicUsize::new(0));
    let counted = runs.clone();
    let task = delayed(move |x: usize| counted.fetch_add(x, Ordering::SeqCst));
    let error = limited(1, 1).compute((task.call((1,)), task.call((1,)).limit("bd"))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Runtime);
    let text = error.to_string();
    assert!(text.contains("the limit `bd`") && text.contains("Runtime::builder().limit(\"bd\", 8)"), "{text}");
    assert_eq!(runs.load(Ordering::SeqCst), 0);
    // One task at a time keeps all limits.
    assert_eq!(Runtime::sequential().compute(task.call((1,)).limit("bd")).unwrap(), 0);
}

#[test]
fn settings_that_cannot_be_are_refused() {
    let error = Runtime::builder().limit("db", 0).build().unwrap_err();
    assert!(error.to_string().contains("`limit(\"db\", 0)` could start none of its tasks"), "{error}");
    let error = Runtime::builder().limit("db", 1).limit("db", 2).build().unwrap_err();
    assert!(error.to_string().contains("the limit `db` is set twice"), "{error}");
}

#[test]
fn a_task_of_the_limit_may_not_wait_for_another() {
    watched(|| {
        let runtime = Arc::new(limited(2, 1));
        let inner = runtime.clone();
        let task = delayed(move |x: i64| inner.compute(value(x).map(|x| x + 1).limit("db")));
        let error = runtime.compute(task.try_call((1,)).limit("db")).unwrap_err();
        assert!(error.to_string().contains("they would wait for each other"), "{error}");
        // Without the limit on one of them it works.
        assert_eq!(runtime.compute(task.try_call((1,))).unwrap(), 2);
    });
}

#[test]
fn limits_are_held_in_the_order_in_which_they_are_set() {
    watched(|| {
        let runtime = Arc::new(Runtime::builder().workers(2).limit("outer", 1).limit("inner", 1).build().unwrap());
        let nested = |outer: &'static str, inner: &'static str| {
            let runtime = runtime.clone();
            let task = delayed(move |x: i64| runtime.compute(value(x).map(|x| x + 1).limit(inner)));
            task.try_call((1,)).limit(outer)
        };
        let tasks: Vec<_> = (0..10).map(|_| nested("outer", "inner")).collect();
        assert_eq!(runtime.compute(tasks).unwrap(), [2; 10]);
        let error = runtime.compute(nested("inner", "outer")).unwrap_err();
        assert!(error.to_string().contains("set `outer` after `inner`"), "{error}");
    });
}

/// Tasks that note the order in which they run, by their names.
#[derive(Clone, Default)]
struct Order(Arc<Mutex<Vec<&'static str>>>);

impl Order {
    fn task(&self, name: &'static str, inputs: Vec<Delayed<()>>) -> Delayed<()> {
        let order = self.0.clone();
        delayed(move |_: Vec<()>| order.lock().unwrap().push(name)).call((inputs,)).named(name)
    }

    fn take(&self) -> Vec<&'static str> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

#[test]
fn the_higher_priority_comes_first() {
    let runtime = common::workers(1);
    let order = Order::default();
    let task = |name| order.task(name, Vec::new());
    let tasks = [task("a"), task("b").priority(2), task("c").priority(-1), task("d").priority(7), task("e")];
    runtime.compute(tasks).unwrap();
    assert_eq!(order.take(), ["d", "b", "a", "e", "c"]);
}

#[test]
fn what_an_urgent_task_needs_is_urgent_too() {
    for runtime in [common::workers(1), Runtime::sequential()] {
        let order = Order::default();
        let chain = |names: [&'static str; 3]| {
            names.into_iter().fold(Vec::new(), |inputs, name| vec![order.task(name, inputs)])
        };
        let (low, high) = (chain(["a1", "a2", "a3"]), chain(["b1", "b2", "b3"]));
        let high: Vec<_> = high.into_iter().map(|task| task.priority(1)).collect();
        let end = order.task("end", low.into_iter().chain(high).collect());
        runtime.compute(end).unwrap();
        assert_eq!(order.take(), ["b1", "b2", "b3", "a1", "a2", "a3", "end"]);
    }
}

#[test]
fn what_nothing_is_said_of_makes_nothing_more_urgent() {
    let runtime = common::workers(1);
    let order = Order::default();
    let low = order.task("low", Vec::new()).priority(-1);
    let other = order.task("other", Vec::new());
    runtime.compute(order.task("both", vec![low, other])).unwrap();
    assert_eq!(order.take(), ["other", "low", "both"]);
    // A task that two need has the higher of both.
    let shared = order.task("shared", Vec::new());
    let (low, high) = (order.task("low", vec![shared.clone()]), order.task("high", vec![shared]));
    let other = order.task("other", Vec::new());
    runtime.compute((low.priority(-2), other, high.priority(1))).unwrap();
    assert_eq!(order.take(), ["shared", "high", "other", "low"]);
}

#[test]
fn priorities_keep_the_order_depth_first() {
    // All loads are urgent; they do not all come before the first use.
    let runtime = common::workers(1);
    let order = Order::default();
    let rounds: Vec<_> = (0..3)
        .map(|_| {
            let load = order.task("load", Vec::new()).priority(9);
            order.task("use", vec![load])
        })
        .collect();
    runtime.compute(rounds).unwrap();
    assert_eq!(order.take(), ["load", "use", "load", "use", "load", "use"]);
}

#[test]
fn waiting_for_a_place_the_more_urgent_goes_first() {
    watched(|| {
        for workers in [1, 2, 8] {
            let runtime = limited(workers, 1);
            let order = Order::default();
            let open = Arc::new(tokio::sync::Notify::new());
            let opens = open.clone();
            let hold = delayed_async(move |()| {
                let open = open.clone();
                async move { open.notified().await }
            });
            let waits = |name, priority| order.task(name, Vec::new()).limit("db").priority(priority);
            let tasks = [("a", 0), ("b", 1), ("c", 3), ("d", 2)].map(|(name, priority)| waits(name, priority));
            // Nothing gets the place before all ask for it: the last of all opens.
            let last = delayed(move |()| opens.notify_one()).call(((),)).priority(-1);
            runtime.compute((hold.call(((),)).limit("db").priority(9), tasks, last)).unwrap();
            let order = order.take();
            if workers == 1 {
                assert_eq!(order, ["c", "d", "b", "a"]);
            } else {
                assert_eq!(order.len(), 4);
            }
        }
    });
}

#[test]
fn results_are_the_same_with_priorities() {
    for runtime in common::runtimes() {
        let base = value(3_i64);
        let mut tasks = vec![base.clone().map(|x| x + 1)];
        for n in 0..200_i64 {
            let last = tasks[(n as usize * 7) % tasks.len()].clone();
            let next = last + &base;
            tasks.push(if n % 3 == 0 { next.priority((n % 7) as i32 - 3) } else { next });
        }
        let with = runtime.compute(&tasks).unwrap();
        let mut model = vec![4_i64];
        for n in 0..200_usize {
            model.push(model[(n * 7) % model.len()] + 3);
        }
        assert_eq!(with, model);
    }
}

#[test]
fn sources_wait_while_values_hold_too_much() {
    watched(|| {
        for workers in [1, 2, 8] {
            let runtime = Runtime::builder().workers(workers).memory_limit(4_000).build().unwrap();
            let counts = Counts::default();
            let made = counts.clone();
            let load = delayed_async(move |x: i64| {
                let value = (made.make(x), [0_u8; 1000]);
                async move {
                    tokio::task::yield_now().await;
                    value
                }
            });
            let sums: Vec<_> = (0..200)
                .map(|x| load.call((x,)).map_ref(|block: &(common::Counted, [u8; 1000])| block.0.content))
                .collect();
            let sum: i64 = runtime.compute(sums).unwrap().into_iter().sum();
            assert_eq!(sum, 19900);
            assert_eq!((counts.made(), counts.alive()), (200, 0));
            // A few are begun before it is known how large they are; from then on as many as there is room for.
            let size = size_of::<(common::Counted, [u8; 1000])>();
            let peak = runtime.peak_memory();
            assert!(peak <= 4_000 + 4 * size, "{peak} with {workers} workers");
        }
    });
}

#[test]
fn one_worker_stays_just_above_the_bound() {
    let runtime = Runtime::builder().workers(1).memory_limit(3_000).build().unwrap();
    let load = delayed(|x: i64| [x; 125]);
    let pairs: Vec<_> = (0..50)
        .map(|x| {
            let (left, right) = (load.call((x,)), load.call((x + 1,)));
            left.zip(right).map_ref(|(left, right): &([i64; 125], [i64; 125])| left[0] + right[0])
        })
        .collect();
    assert_eq!(runtime.compute(pairs).unwrap().len(), 50);
    assert!(runtime.peak_memory() <= 5_000, "{}", runtime.peak_memory());
}

#[test]
fn a_task_above_the_bound_runs_all_the_same() {
    watched(|| {
        for workers in [1, 2] {
            let runtime = Runtime::builder().workers(workers).memory_limit(10).build().unwrap();
            let load = delayed(|x: i64| [x; 1000]);
            let all: Vec<_> = (0..20).map(|x| load.call((x,))).collect();
            // All are needed at once: the bound cannot be kept, and nothing hangs.
            let sum = delayed(|all: Vec<[i64; 1000]>| all.iter().map(|one| one[0]).sum::<i64>()).call((all,));
            assert_eq!(runtime.compute(sum).unwrap(), 190);
            assert!(runtime.peak_memory() >= 20 * 8000);
            // Nothing is left on the scales.
            assert_eq!(runtime.compute(value(1).map(|x| x + 1)).unwrap(), 2);
        }
    });
}

#[test]
fn memory_of_a_cancelled_run_is_free_again() {
    watched(|| {
        let runtime = Runtime::builder().workers(2).memory_limit(5_000).build().unwrap();
        for _ in 0..3 {
            let (begun, begins) = channel();
            let hang = delayed_async(move |_: Vec<[u8; 1000]>| {
                let begun = begun.clone();
                async move {
                    begun.send(()).unwrap();
                    std::future::pending::<()>().await;
                }
            });
            let load = delayed(|x: u8| [x; 1000]);
            let run = runtime.start(hang.call(((0..10).map(|x| load.call((x,))).collect::<Vec<_>>(),)));
            begins.recv().unwrap();
            run.cancel();
            assert!(run.wait().is_err());
        }
        let all: BTreeMap<i64, _> = (0..20).map(|x| (x, value(x).map(|x| x))).collect();
        assert_eq!(runtime.compute(all).unwrap().len(), 20);
    });
}

#[test]
fn a_task_above_the_bound_may_compute() {
    watched(|| {
        let runtime = Arc::new(Runtime::builder().workers(1).memory_limit(10).build().unwrap());
        let inner = runtime.clone();
        let load = delayed(|x: i64| vec![x; 1000]);
        let nested = delayed(move |held: Vec<i64>| {
            let load = delayed(|x: i64| vec![x; 1000]);
            let rows: Vec<_> = (0..5).map(|x| load.call((x,)).map_ref(|row: &Vec<i64>| row[0])).collect();
            inner.compute(rows).map(|rows| rows.iter().sum::<i64>() + held[0])
        });
        assert_eq!(runtime.compute(nested.try_call((load.call((7,)),))).unwrap(), 17);
    });
}
