//! Runs that are ended from outside.

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant};

use common::{Counts, Gate, watched, workers};
use delayed::CancelToken;
use delayed::prelude::*;

/// Tells when it is dropped.
struct Tells(Sender<()>);

impl Drop for Tells {
    fn drop(&mut self) {
        let _ = self.0.send(());
    }
}

/// Async tasks that sleep for an hour, and hold counted values; `begun` is told of each.
fn sleepers(n: usize, counts: &Counts, begun: &Sender<()>) -> Vec<Delayed<i64>> {
    let (counts, begun) = (counts.clone(), begun.clone());
    let sleep = delayed_async(move |x: i64| {
        let (held, begun) = (counts.make(x), begun.clone());
        async move {
            begun.send(()).unwrap();
            tokio::time::sleep(Duration::from_secs(3600)).await;
            held.content
        }
    });
    (0..n as i64).map(|x| sleep.call((x,))).collect()
}

#[test]
fn twenty_sleeping_tasks_are_cancelled_at_once() {
    watched(|| {
        let runtime = workers(2);
        let counts = Counts::default();
        let (begun, begins) = channel();
        let run = runtime.start(sleepers(20, &counts, &begun));
        (0..20).for_each(|_| begins.recv().unwrap());
        let since = Instant::now();
        run.cancel();
        let error = run.wait().unwrap_err();
        // Far from the hour; how fast it is, the benchmarks say.
        assert!(since.elapsed() < Duration::from_secs(30));
        assert_eq!((error.kind(), error.task()), (ErrorKind::Cancelled, ""));
        assert_eq!((counts.made(), counts.alive()), (20, 0));
        assert_eq!(runtime.compute(value(1).map(|x| x + 1)).unwrap(), 2);
    });
}

#[test]
fn no_task_is_left_with_tokio() {
    watched(|| {
        let host = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let runtime = workers(2);
        let counts = Counts::default();
        let (begun, begins) = channel();
        host.block_on(async {
            let run = runtime.start(sleepers(20, &counts, &begun));
            (0..20).for_each(|_| begins.recv().unwrap());
            assert_eq!(tokio::runtime::Handle::current().metrics().num_alive_tasks(), 20);
            run.cancel();
            assert_eq!(run.await.unwrap_err().kind(), ErrorKind::Cancelled);
        });
        while host.metrics().num_alive_tasks() > 0 {
            std::thread::yield_now();
        }
        assert_eq!(counts.alive(), 0);
    });
}

#[test]
fn a_dropped_run_is_cancelled() {
    watched(|| {
        let runtime = workers(1);
        let counts = Counts::default();
        let (begun, begins) = channel();
        let (told, dropped) = channel();
        let held = Tells(told);
        let tasks = sleepers(3, &counts, &begun);
        let held = delayed(move |x: i64| {
            let _held = &held;
            x
        })
        .call((1,));
        let run = runtime.start((tasks, held));
        (0..3).for_each(|_| begins.recv().unwrap());
        drop(run);
        // All of the run goes, its nodes too.
        assert!(dropped.recv().is_ok());
        assert_eq!(runtime.compute(value(1).map(|x| x + 1)).unwrap(), 2);
    });
}

#[test]
fn a_sync_body_can_ask_and_its_run_is_over_before_it() {
    watched(|| {
        let runtime = workers(1);
        let (begun, begins) = channel();
        let ended = Gate::default();
        let (saw, counts) = (Arc::new(AtomicBool::new(false)), Counts::default());
        let (saws, ends, makes) = (saw.clone(), ended.clone(), counts.clone());
        let body = delayed(move |()| {
            begun.send(()).unwrap();
            while !delayed::is_cancelled() {
                std::thread::yield_now();
            }
            saws.store(true, Ordering::SeqCst);
            ends.pass();
            makes.make(1)
        });
        let after = Arc::new(AtomicUsize::new(0));
        let ran = after.clone();
        let next = body.call(((),)).map_ref(move |_: &common::Counted| ran.fetch_add(1, Ordering::SeqCst));
        let run = runtime.start(next);
        begins.recv().unwrap();
        run.cancel();
        assert!(!delayed::is_cancelled(), "only the run's own tasks are told");
        // The body is still there, and waits for us.
        assert_eq!(run.wait().unwrap_err().kind(), ErrorKind::Cancelled);
        assert_eq!(counts.made(), 0);
        ended.open();
        while counts.made() == 0 || counts.alive() > 0 {
            std::thread::yield_now();
        }
        assert!(saw.load(Ordering::SeqCst));
        assert_eq!(after.load(Ordering::SeqCst), 0);
        assert_eq!(runtime.compute(value(1).map(|x| x + 1)).unwrap(), 2);
    });
}

/// Counts until the run is over: what it returns then is not what was asked for.
fn search(begun: &Sender<()>) -> Delayed<u64> {
    let begun = begun.clone();
    delayed(move |()| {
        begun.send(()).unwrap();
        (0..u64::MAX).take_while(|_| !delayed::is_cancelled()).count() as u64
    })
    .call(((),))
}

#[test]
fn what_a_body_returns_early_is_not_the_runs_value() {
    watched(|| {
        for n in [1, 2] {
            let runtime = Runtime::builder().workers(n).deadline(Duration::from_millis(5)).build().unwrap();
            let (begun, _begins) = channel();
            let kind = |error: delayed::Error| error.kind();
            assert_eq!(runtime.compute(search(&begun)).map_err(kind), Err(ErrorKind::TimedOut));
            assert_eq!(runtime.compute((search(&begun), search(&begun))).map_err(kind), Err(ErrorKind::TimedOut));
            assert_eq!(runtime.start(search(&begun)).wait().map_err(kind), Err(ErrorKind::TimedOut));
            assert_eq!(runtime.try_compute(search(&begun)).map_err(kind), Err(ErrorKind::TimedOut));
        }
        let runtime = workers(2);
        let (begun, begins) = channel();
        let run = runtime.start(search(&begun));
        begins.recv().unwrap();
        run.cancel();
        assert_eq!(run.wait().unwrap_err().kind(), ErrorKind::Cancelled);
        let begins = std::sync::Mutex::new(begins);
        let fails = delayed(move |()| begins.lock().unwrap().recv().map_err(|_| "none").and(Err::<u64, _>("no")));
        let (search, failed) = runtime.try_compute((search(&begun), fails.try_call(((),))));
        assert_eq!(failed.unwrap_err().kind(), ErrorKind::Failed);
        assert_eq!(search.unwrap_err().kind(), ErrorKind::Cancelled);
    });
}

#[test]
fn a_cancelled_run_retries_nothing() {
    watched(|| {
        let runtime = workers(1);
        let (begun, begins) = channel();
        let go = Gate::default();
        let gate = go.clone();
        let calls = Arc::new(AtomicUsize::new(0));
        let counted = calls.clone();
        let fails = delayed(move |()| {
            counted.fetch_add(1, Ordering::SeqCst);
            begun.send(()).unwrap();
            gate.pass();
            Err::<i64, _>("no")
        });
        let run = runtime.start(fails.try_call(((),)).retries(1000));
        begins.recv().unwrap();
        run.cancel();
        go.open();
        assert_eq!(run.wait().unwrap_err().kind(), ErrorKind::Cancelled);
        // The worker is free again, and so has seen the end of the attempt.
        assert_eq!(runtime.compute(value(1).map(|x| x + 1)).unwrap(), 2);
        assert_eq!(calls.load(Ordering::SeqCst), 1);
    });
}

#[test]
fn a_token_cancels_several_runs_and_all_that_come_after() {
    watched(|| {
        let token = CancelToken::new();
        let counts = Counts::default();
        let (begun, begins) = channel();
        let (first, second) = (Runtime::builder().workers(2).cancel_token(&token).build().unwrap(), workers(1));
        let runs = [
            first.start(sleepers(2, &counts, &begun)),
            first.start(sleepers(2, &counts, &begun)),
            second.start(sleepers(2, &counts, &begun)).cancelled_by(&token),
        ];
        (0..6).for_each(|_| begins.recv().unwrap());
        assert!(!token.is_cancelled());
        token.clone().cancel();
        for run in runs {
            assert_eq!(run.wait().unwrap_err().kind(), ErrorKind::Cancelled);
        }
        assert_eq!(counts.alive(), 0);
        let ran = Arc::new(AtomicUsize::new(0));
        let counted = ran.clone();
        let task = delayed(move |x: usize| counted.fetch_add(x, Ordering::SeqCst));
        assert_eq!(first.compute(task.call((1,))).unwrap_err().kind(), ErrorKind::Cancelled);
        assert_eq!(first.try_compute(task.call((1,))).unwrap_err().kind(), ErrorKind::Cancelled);
        assert_eq!(ran.load(Ordering::SeqCst), 0);
        // A runtime that was not given the token knows nothing of it.
        assert_eq!(second.compute(task.call((1,))).unwrap(), 0);
    });
}

#[test]
fn a_token_wakes_a_thread_that_computes() {
    watched(|| {
        for sequential in [false, true] {
            let token = CancelToken::new();
            let runtime =
                if sequential { Runtime::sequential() } else { Runtime::builder().workers(1).build().unwrap() };
            let counts = Counts::default();
            let (begun, begins) = channel();
            let run = runtime.start(sleepers(1, &counts, &begun)).cancelled_by(&token);
            let waits = std::thread::spawn(move || run.wait().unwrap_err().kind());
            begins.recv().unwrap();
            token.cancel();
            assert_eq!(waits.join().unwrap(), ErrorKind::Cancelled);
            assert_eq!(counts.alive(), 0);
        }
    });
}

#[test]
fn a_runtime_is_dropped_with_runs_under_way() {
    watched(|| {
        let counts = Counts::default();
        let (begun, begins) = channel();
        let runtime = workers(1);
        let run = runtime.start((sleepers(2, &counts, &begun), value(1).map(|x| x + 1)));
        (0..2).for_each(|_| begins.recv().unwrap());
        drop(runtime);
        run.cancel();
        assert_eq!(run.wait().unwrap_err().kind(), ErrorKind::Cancelled);
        assert_eq!(counts.alive(), 0);
        // In async code, and the run goes on to its end.
        let host = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let sum = host.block_on(async {
            let runtime = workers(2);
            let run = runtime.start((0..100).map(|x| value(x).map(|x| x + 1)).collect::<Vec<_>>());
            drop(runtime);
            run.await.unwrap().into_iter().sum::<i64>()
        });
        assert_eq!(sum, 5050);
    });
}

#[test]
fn waiting_in_a_current_thread_runtime_is_refused() {
    let host = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let error = host.block_on(async { workers(1).start(value(1).map(|x| x + 1)).wait().unwrap_err() });
    assert_eq!(error.kind(), ErrorKind::Runtime);
    assert!(error.to_string().contains("write `.await` on the run instead"), "{error}");
}

#[test]
fn a_cancelled_run_whose_host_is_not_driven_ends_all_the_same() {
    watched(|| {
        let host = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let counts = Counts::default();
        let (begun, begins) = channel();
        let runtime = workers(1);
        let run = {
            let _inside = host.enter();
            runtime.start(sleepers(2, &counts, &begun))
        };
        (0..2).for_each(|_| begins.recv().unwrap());
        run.cancel();
        assert_eq!(run.wait().unwrap_err().kind(), ErrorKind::Cancelled);
        drop(host);
        assert_eq!(counts.alive(), 0);
    });
}
