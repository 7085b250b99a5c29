//! Async tasks: polled on tokio, thousands at once, mixed with sync ones; and computing from async code.

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use common::{Counts, runtimes, watched, workers};
use delayed::prelude::*;
use tokio::sync::{Barrier, Notify};

#[delayed]
async fn fetch(x: i64) -> i64 {
    tokio::task::yield_now().await;
    x * 10
}

#[delayed]
async fn nap(x: i64, long: Duration) -> i64 {
    tokio::time::sleep(long).await;
    x
}

#[delayed]
async fn measure(text: &str, list: &[i64]) -> usize {
    tokio::task::yield_now().await;
    text.len() + list.len()
}

#[delayed]
fn inc(x: i64) -> i64 {
    x + 1
}

#[delayed]
fn sum(xs: &[i64]) -> i64 {
    xs.iter().sum()
}

#[test]
fn sync_and_async_functions_mix() {
    for runtime in runtimes() {
        let fetched: Vec<_> = (0..100).map(|x| inc(fetch(inc(x)))).collect();
        let total = sum(&fetched);
        let both = measure("four", fetched);
        assert_eq!(runtime.compute((total, both)).unwrap(), ((0..100).map(|x| (x + 1) * 10 + 1).sum(), 104));
    }
}

#[test]
fn async_chains_go_on() {
    for runtime in runtimes() {
        let mut chain = fetch(1);
        for _ in 0..50 {
            chain = fetch(chain.map(|x| x / 10));
        }
        let mut long = fetch(0);
        for _ in 0..200 {
            long = fetch(long);
        }
        assert_eq!(runtime.compute((chain, long)).unwrap(), (10, 0));
    }
}

#[test]
fn values_lent_to_a_future_stay_and_are_freed() {
    #[delayed]
    fn make(counts: Counts) -> common::Counted {
        counts.make(5)
    }
    #[delayed]
    async fn look(x: &common::Counted, y: &common::Counted) -> i64 {
        tokio::task::yield_now().await;
        assert_eq!(x.counts().alive(), 2);
        x.content + y.content
    }
    for runtime in runtimes() {
        let counts = Counts::default();
        let lent = look(make(counts.clone()), counts.make(6));
        assert_eq!(runtime.compute(lent).unwrap(), 11);
        assert_eq!((counts.made(), counts.cloned(), counts.alive()), (2, 0, 0));
    }
}

#[test]
fn all_async_tasks_are_under_way_at_once() {
    // Passed only if 500 tasks wait at the same time, on any number of workers.
    for runtime in [1, 2, 8].map(workers) {
        let together = Arc::new(Barrier::new(500));
        let wait = delayed_async(move |x: i64| {
            let together = together.clone();
            async move {
                together.wait().await;
                x
            }
        });
        let tasks: Vec<_> = (0..500).map(|x| wait.call((x,))).collect();
        assert_eq!(runtime.compute(tasks).unwrap(), (0..500).collect::<Vec<_>>());
    }
}

#[test]
fn a_sleeping_task_keeps_no_worker() {
    let runtime = workers(1);
    let wake = Arc::new(Notify::new());
    let waker = wake.clone();
    let sleeper = delayed_async(move |(): ()| {
        let wake = wake.clone();
        async move {
            wake.notified().await;
            1
        }
    });
    let sync = value(2).map(move |x: i64| {
        waker.notify_one();
        x
    });
    assert_eq!(runtime.compute((sleeper.call(((),)), sync)).unwrap(), (1, 2));
}

#[test]
fn handles_are_awaited_on_any_executor() {
    let total = sum((0..10).map(inc).collect::<Vec<_>>());
    assert_eq!(futures::executor::block_on(async { total.clone().await }).unwrap(), 55);
    let fetched = fetch(total);
    assert_eq!(futures::executor::block_on(async { fetched.await }).unwrap(), 550);
}

#[tokio::test]
async fn awaiting_on_a_current_thread_runtime() {
    let fetched: Vec<_> = (0..20).map(|x| inc(fetch(x))).collect();
    assert_eq!(sum(&fetched).await.unwrap(), 1920);
    let runtime = workers(2);
    assert_eq!(runtime.compute_async((inc(1), fetch(1))).await.unwrap(), (2, 10));
    assert_eq!(Runtime::sequential().compute_async((inc(1), fetch(1), inc(fetch(2)))).await.unwrap(), (2, 10, 21));
}

#[tokio::test(start_paused = true)]
async fn the_callers_runtime_polls_async_tasks() {
    // A paused clock moves on only when the caller's own runtime is idle: sleeps of hours would not end elsewhere.
    let start = tokio::time::Instant::now();
    let naps: Vec<_> = (0..1000).map(|x| nap(x, Duration::from_secs(3600))).collect();
    assert_eq!(sum(naps).await.unwrap(), 499_500);
    assert_eq!(start.elapsed().as_secs(), 3600, "all slept at the same time");
}

#[tokio::test]
async fn blocking_compute_on_a_current_thread_runtime_is_refused() {
    let line = line!() + 1;
    let error = inc(1).compute().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Runtime);
    assert_eq!((error.task(), error.location().file(), error.location().line()), ("", file!(), line));
    assert!(error.to_string().contains("write `.await`"), "{error}");
    assert_eq!(workers(2).compute(inc(1)).unwrap_err().kind(), ErrorKind::Runtime);
    assert_eq!(inc(1).await.unwrap(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn blocking_compute_on_a_multi_thread_runtime_works() {
    let fetched: Vec<_> = (0..20).map(|x| inc(fetch(x))).collect();
    assert_eq!(sum(&fetched).compute().unwrap(), 1920);
    let inside = tokio::spawn(async { delayed::compute((inc(1), fetch(2))) });
    assert_eq!(inside.await.unwrap().unwrap(), (2, 20));
    assert_eq!(workers(1).compute(fetch(inc(1))).unwrap(), 20);
}

#[test]
fn blocking_compute_in_a_local_set_is_refused() {
    let host = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
    let local = tokio::task::LocalSet::new();
    let error = local.block_on(&host, async { inc(1).compute() }).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Runtime);
    assert!(error.to_string().contains("write `.await`"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn compute_inside_an_async_task_follows_the_rule_for_async_code() {
    #[delayed(allow(nested_delayed))]
    async fn outer(x: i64) -> Result<i64, delayed::Error> {
        tokio::task::yield_now().await;
        fetch(inc(x)).compute()
    }
    assert_eq!(outer(1).await.unwrap(), 20);
    let runtime = workers(1);
    assert_eq!(runtime.compute_async(outer(1)).await.unwrap(), 20);
}

#[test]
fn dropping_the_future_cancels_the_run() {
    #[delayed]
    async fn wait_forever(counts: Counts, begun: Arc<Notify>) -> i64 {
        let _alive = counts.make(1);
        begun.notify_one();
        std::future::pending().await
    }
    for runtime in [1, 2].map(workers) {
        let counts = Counts::default();
        let begun = Arc::new(Notify::new());
        let after = Arc::new(AtomicUsize::new(0));
        let (counter, inner) = (after.clone(), counts.clone());
        let task = wait_forever(inner, begun.clone()).map(move |_| counter.fetch_add(1, Ordering::SeqCst));
        let host = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        host.block_on(async {
            let run = tokio::spawn(runtime.compute_async(task));
            begun.notified().await;
            assert_eq!(counts.alive(), 1);
            run.abort();
            assert!(run.await.unwrap_err().is_cancelled());
            while counts.alive() > 0 {
                tokio::task::yield_now().await;
            }
        });
        assert_eq!(after.load(Ordering::SeqCst), 0, "no task started after the cancel");
        assert_eq!(runtime.compute(inc(1)).unwrap(), 2);
    }
}

#[test]
fn a_host_that_shuts_down_cancels_the_run() {
    let begun = Arc::new(Notify::new());
    let note = begun.clone();
    let forever = delayed_async(move |(): ()| {
        note.notify_one();
        std::future::pending::<i64>()
    });
    let runtime = workers(2);
    let host = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let mut run = Box::pin(runtime.compute_async(forever.call(((),))));
    host.block_on(async {
        tokio::select! {
            _ = &mut run => unreachable!("the task never ends"),
            () = begun.notified() => {}
        }
    });
    drop(host);
    let error = futures::executor::block_on(run).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
    assert!(error.to_string().contains("shut down"), "{error}");
}

/// A sequential run polls its async tasks itself: it has nothing in the host that would be dropped.
#[test]
fn a_host_that_shuts_down_cancels_a_sequential_run() {
    #[delayed]
    async fn forever(begun: Arc<Notify>) -> i64 {
        begun.notify_one();
        std::future::pending().await
    }
    #[delayed]
    async fn timed(begun: Arc<Notify>) -> i64 {
        begun.notify_one();
        tokio::time::sleep(Duration::from_secs(3600)).await;
        1
    }
    for is_timed in [false, true] {
        for awaited in [false, true] {
            watched(move || {
                let begun = Arc::new(Notify::new());
                let host = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
                let task = if is_timed { timed(begun.clone()) } else { forever(begun.clone()) };
                let handle = host.handle().clone();
                let run = std::thread::spawn(move || {
                    let _entered = handle.enter();
                    let runtime = Runtime::sequential();
                    if awaited {
                        futures::executor::block_on(runtime.compute_async(task))
                    } else {
                        runtime.compute(task)
                    }
                });
                host.block_on(begun.notified());
                host.shutdown_background();
                let error = run.join().unwrap().unwrap_err();
                assert_eq!(error.kind(), ErrorKind::Cancelled, "{error}");
                assert!(error.to_string().contains("shut down"), "{error}");
            });
        }
    }
}

#[tokio::test]
async fn runtimes_are_dropped_in_async_code() {
    let runtime = workers(2);
    let run = runtime.compute_async(vec![fetch(1), inc(2)]);
    drop(runtime);
    assert_eq!(run.await.unwrap(), [10, 3]);
}

#[tokio::test]
async fn what_spawn_blocking_does_instead_of_compute() {
    let runtime = workers(1);
    let run = runtime.compute_async(inc(fetch(1)));
    let blocking = tokio::task::spawn_blocking(|| tokio::runtime::Handle::current().block_on(run));
    assert_eq!(blocking.await.unwrap().unwrap(), 11);
}
