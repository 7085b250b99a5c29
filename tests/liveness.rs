//! Nothing hangs: whatever waits for whatever, a ready task finds a thread while a worker is free.

mod common;

use std::future::Future;
use std::sync::{Arc, Mutex};
use std::task::{Context, Wake, Waker};

use common::{Gate, watched, workers};
use delayed::prelude::*;
use tokio::sync::Notify;

fn inc(x: i64) -> i64 {
    x + 1
}

#[test]
fn an_async_task_that_another_made_ready_is_dropped_on_failure() {
    // The second async task goes on in the first one's tokio task, at the moment when that is being registered.
    watched(|| {
        let first = delayed_async(|(): ()| tokio::task::yield_now());
        for _ in 0..500 {
            let begun = Gate::default();
            let opens = begun.clone();
            let forever = delayed_async(move |(): ()| {
                opens.open();
                std::future::pending::<i64>()
            });
            let chain = forever.call((first.call(((),)),));
            let fails = value(()).map(move |()| {
                begun.pass();
                Err::<i64, _>("on purpose")
            });
            assert_eq!(workers(2).compute((chain, fails.or_fail())).unwrap_err().task(), "or_fail");
        }
    });
}

#[test]
fn a_run_awaited_inside_a_nested_compute_of_the_same_runtime() {
    for n in [1, 2] {
        watched(move || {
            let runtime = Arc::new(workers(n));
            let inside = runtime.clone();
            let outer = value(()).map(move |()| {
                let innermost = inside.clone();
                let inner = delayed_async(move |(): ()| {
                    let run = innermost.compute_async(value(1).map(inc));
                    async move { run.await.expect("nothing fails") }
                });
                inside.compute(inner.call(((),))).expect("nothing fails")
            });
            assert_eq!(futures::executor::block_on(runtime.compute_async(outer)).unwrap(), 2);
        });
    }
}

#[test]
fn a_sibling_runs_while_a_task_waits_for_a_run_of_another_runtime() {
    for awaited in [true, false] {
        for n in [1, 2] {
            watched(move || {
                let (outer, inner) = (workers(n), Arc::new(workers(1)));
                let gate = Gate::default();
                let opens = gate.clone();
                let waits = value(()).map(move |()| {
                    let gate = gate.clone();
                    inner.compute(value(()).map(move |()| gate.pass())).expect("nothing fails");
                });
                let sibling = value(()).map(move |()| opens.open());
                if awaited {
                    futures::executor::block_on(outer.compute_async((waits, sibling))).unwrap();
                } else {
                    outer.compute((waits, sibling)).unwrap();
                }
            });
        }
    }
}

#[test]
fn a_sibling_runs_while_a_task_waits_for_an_async_one() {
    for n in [1, 2] {
        watched(move || {
            let runtime = Arc::new(workers(n));
            let (inside, notify) = (runtime.clone(), Arc::new(Notify::new()));
            let notified = notify.clone();
            let waits = value(()).map(move |()| {
                let notified = notified.clone();
                let inner = delayed_async(move |(): ()| {
                    let notified = notified.clone();
                    async move { notified.notified().await }
                });
                inside.compute(inner.call(((),))).expect("nothing fails");
            });
            let sibling = value(()).map(move |()| notify.notify_one());
            runtime.compute((waits, sibling)).unwrap();
        });
    }
}

#[test]
fn another_run_goes_on_while_the_only_workers_thread_waits() {
    watched(|| {
        let runtime = Arc::new(workers(1));
        let (inside, notify, begun) = (runtime.clone(), Arc::new(Notify::new()), Arc::new(Notify::new()));
        let (notified, begins) = (notify.clone(), begun.clone());
        let waits = value(()).map(move |()| {
            let (notified, begins) = (notified.clone(), begins.clone());
            let inner = delayed_async(move |(): ()| {
                let (notified, begins) = (notified.clone(), begins.clone());
                async move {
                    begins.notify_one();
                    notified.notified().await;
                }
            });
            inside.compute(inner.call(((),))).expect("nothing fails");
        });
        futures::executor::block_on(async {
            let other = async {
                begun.notified().await;
                let two = runtime.compute_async(value(1).map(inc)).await.unwrap();
                notify.notify_one();
                two
            };
            let (waited, two) = futures::join!(runtime.compute_async(waits), other);
            waited.unwrap();
            assert_eq!(two, 2);
        });
    });
}

#[test]
fn a_nested_compute_in_a_sequential_run_on_a_tokio_worker() {
    watched(|| {
        let host = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
        let outer = value(()).map(|()| {
            let inner = delayed_async(|(): ()| tokio::task::yield_now());
            delayed::compute(inner.call(((),))).expect("nothing fails");
        });
        host.block_on(async { tokio::spawn(Runtime::sequential().compute_async(outer)).await.unwrap() }).unwrap();
    });
}

#[test]
fn a_clone_that_computes_a_graph() {
    struct Computes(Arc<Runtime>);
    impl Clone for Computes {
        fn clone(&self) -> Computes {
            let nap = delayed_async(|(): ()| tokio::task::yield_now());
            self.0.compute(nap.call(((),))).expect("nothing fails");
            Computes(self.0.clone())
        }
    }
    for n in [1, 2] {
        watched(move || {
            let runtime = Arc::new(workers(n));
            let inside = runtime.clone();
            let made = value(()).map(move |()| Computes(inside.clone()));
            let users = (made.clone().map(|_| 1), made.map(|_| 2));
            assert_eq!(runtime.compute(users).unwrap(), (1, 2));
        });
    }
}

#[test]
fn a_waker_that_panics_ends_no_thread() {
    struct Panics(Gate);
    impl Wake for Panics {
        fn wake(self: Arc<Self>) {
            self.0.open();
            panic!("a waker on purpose");
        }
    }
    watched(|| {
        let runtime = workers(1);
        let (begin, woken) = (Gate::default(), Gate::default());
        let begun = begin.clone();
        let mut run = Box::pin(runtime.compute_async(value(()).map(move |()| begun.pass())));
        let waker = Waker::from(Arc::new(Panics(woken.clone())));
        assert!(run.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        begin.open();
        woken.pass();
        assert_eq!(futures::executor::block_on(runtime.compute_async(value(1).map(inc))).unwrap(), 2);
    });
}

#[test]
fn a_later_run_does_not_hold_back_an_earlier_one() {
    // One worker, two runs that are longer than a slice of time: each waits in its last task for the other to begin.
    watched(|| {
        let runtime = workers(1);
        let order = Arc::new(Mutex::new(Vec::new()));
        let run = |name: &'static str| {
            let tasks: Vec<_> = (0..400)
                .map(|_| {
                    let order = order.clone();
                    value(()).map(move |()| {
                        let begin = std::time::Instant::now();
                        while begin.elapsed() < std::time::Duration::from_micros(100) {
                            std::hint::spin_loop();
                        }
                        order.lock().unwrap().push(name);
                    })
                })
                .collect();
            runtime.compute_async(tasks)
        };
        let (first, second) = (run("first"), run("second"));
        futures::executor::block_on(async {
            let (first, second) = futures::join!(first, second);
            first.unwrap();
            second.unwrap();
        });
        let order = order.lock().unwrap();
        let changes = order.windows(2).filter(|pair| pair[0] != pair[1]).count();
        assert!(changes > 4, "they take turns: {changes} changes");
    });
}
