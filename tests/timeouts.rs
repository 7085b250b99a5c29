//! Attempts and runs that take too long.

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use common::{Counts, runtimes, watched};
use delayed::prelude::*;

const SHORT: Duration = Duration::from_millis(5);
const LONG: Duration = Duration::from_secs(3600);

/// A task that hangs, and holds a counted value while it does.
fn hang(counts: &Counts, calls: &Arc<AtomicUsize>) -> Delayed<i64> {
    let (counts, calls) = (counts.clone(), calls.clone());
    delayed_async(move |x: i64| {
        let held = counts.make(x);
        calls.fetch_add(1, Ordering::SeqCst);
        async move {
            std::future::pending::<()>().await;
            held.content
        }
    })
    .call((1,))
}

#[test]
fn an_async_attempt_is_dropped_when_its_time_is_up() {
    watched(|| {
        for runtime in runtimes() {
            let (counts, calls) = (Counts::default(), Arc::default());
            let error = runtime.compute(hang(&counts, &calls).timeout(SHORT).map(|x| x)).unwrap_err();
            assert_eq!((error.kind(), error.task(), error.attempts()), (ErrorKind::TimedOut, "closure", 1));
            assert!(error.to_string().contains("timed out: the attempt took longer than 5ms"), "{error}");
            assert_eq!(error.path().collect::<Vec<_>>(), ["closure", "map"]);
            assert_eq!((counts.made(), counts.alive()), (1, 0));
        }
    });
}

#[test]
fn each_attempt_has_its_own_time() {
    watched(|| {
        for runtime in runtimes() {
            let (counts, calls) = (Counts::default(), Arc::default());
            let task = hang(&counts, &calls).timeout(SHORT).retries(3);
            assert_eq!(runtime.compute(task).unwrap_err().attempts(), 4);
            assert_eq!((calls.load(Ordering::SeqCst), counts.made(), counts.alive()), (4, 4, 0));
        }
    });
}

#[test]
fn a_task_that_times_out_can_be_recovered_from() {
    watched(|| {
        for runtime in runtimes() {
            let (counts, calls) = (Counts::default(), Arc::default());
            let task = hang(&counts, &calls).timeout(SHORT);
            let shared = (task.clone().or(7), task.recover(|error| i64::from(error.kind() == ErrorKind::TimedOut)));
            assert_eq!(runtime.compute(shared).unwrap(), (7, 1));
        }
    });
}

#[test]
fn a_task_in_time_is_left_alone() {
    for runtime in runtimes() {
        let quick = delayed_async(|x: i64| async move {
            tokio::task::yield_now().await;
            x
        });
        assert_eq!(runtime.compute(quick.call((3,)).timeout(LONG)).unwrap(), 3);
        assert_eq!(runtime.compute(quick.call((3,)).timeout(Duration::MAX)).unwrap(), 3);
    }
}

#[test]
fn a_timeout_on_a_sync_task_is_refused_before_anything_runs() {
    let runs = Arc::new(AtomicUsize::new(0));
    let counted = runs.clone();
    let task = delayed(move |x: usize| counted.fetch_add(x, Ordering::SeqCst)).call((1,));
    let error = task.timeout(SHORT).compute().unwrap_err();
    assert_eq!((error.kind(), error.task()), (ErrorKind::Runtime, ""));
    assert!(error.to_string().contains("nothing can interrupt a sync task"), "{error}");
    assert_eq!(runs.load(Ordering::SeqCst), 0);
}

#[test]
fn on_a_value_a_timeout_means_nothing_and_on_what_is_no_task_it_is_refused() {
    assert_eq!(value(1).timeout(SHORT).retries(2).limit("nowhere").priority(3).compute().unwrap(), 1);
    let error = value(1).zip(value(2)).timeout(SHORT).compute().unwrap_err();
    assert!(error.to_string().contains("`zip`") && error.to_string().contains("is no task"), "{error}");
    let (left, right) = value((1, 2)).map(|pair| pair).unzip();
    for handle in [left.clone().retries(2), left, right] {
        // Whether others have the part too or not.
        let error = handle.retries(2).compute().unwrap_err();
        assert!(error.to_string().contains("is no task, it only passes a value on"), "{error}");
    }
}

#[test]
fn a_deadline_ends_the_whole_run() {
    watched(|| {
        for workers in [1, 2] {
            let runtime = Runtime::builder().workers(workers).deadline(SHORT).build().unwrap();
            let (counts, calls) = (Counts::default(), Arc::default());
            let tasks: Vec<_> = (0..20).map(|_| hang(&counts, &calls)).collect();
            let error = runtime.compute(tasks).unwrap_err();
            assert_eq!((error.kind(), error.task(), error.attempts()), (ErrorKind::TimedOut, "", 0));
            assert_eq!(error.location().file(), file!());
            assert_eq!((counts.made(), counts.alive()), (20, 0));
            // The next has its own time.
            assert_eq!(runtime.compute(value(1).map(|x| x + 1)).unwrap(), 2);
            let (done, late) = runtime.try_compute((value(1).map(|x| x + 1), hang(&counts, &calls)));
            assert_eq!(done.unwrap(), 2);
            assert_eq!(late.unwrap_err().kind(), ErrorKind::TimedOut);
        }
    });
}

#[test]
fn a_deadline_holds_for_an_awaited_run_on_a_runtime_without_a_clock() {
    watched(|| {
        let runtime = Runtime::builder().workers(1).deadline(SHORT).build().unwrap();
        let (counts, calls) = (Counts::default(), Arc::default());
        let host = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let both = (hang(&counts, &calls), hang(&counts, &calls).timeout(LONG));
        let error = host.block_on(runtime.compute_async(both)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut);
        assert_eq!(counts.alive(), 0);
    });
}
