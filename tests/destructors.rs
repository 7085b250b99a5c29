//! Values are dropped wherever a run ends, and destructors and clones that panic or compute do no harm.

mod common;

use std::future::Future;
use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::task::{Context, Waker};

use common::{Counts, Gate, runtimes, watched, workers};
use delayed::prelude::*;

/// A value whose destructor panics.
#[derive(Debug)]
struct Panics;

impl Drop for Panics {
    fn drop(&mut self) {
        panic!("a destructor on purpose");
    }
}

fn panics() -> Delayed<Panics> {
    value(()).map(|()| Panics)
}

/// Polls a run once, waits until its task has begun, drops the run, and lets the task end.
fn cancel_in_its_body<T>(run: impl Future<Output = T>, begun: &Gate, end: &Gate) {
    let mut run = Box::pin(run);
    assert!(run.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    begun.pass();
    drop(run);
    end.open();
}

#[test]
fn a_destructor_that_computes_on_the_runtime_it_dies_in() {
    struct Computes(Arc<Runtime>, mpsc::Sender<i64>);
    impl Drop for Computes {
        fn drop(&mut self) {
            let two = self.0.compute(value(1).map(|x: i64| x + 1)).expect("nothing fails");
            self.1.send(two).expect("the test waits");
        }
    }
    watched(|| {
        let runtime = Arc::new(workers(1));
        let (begun, end) = (Gate::default(), Gate::default());
        let (sender, dropped) = mpsc::channel();
        let held = Mutex::new(Computes(runtime.clone(), sender));
        let (begins, ends) = (begun.clone(), end.clone());
        let task = value(()).map(move |()| {
            let _held = &held;
            begins.open();
            ends.pass();
        });
        cancel_in_its_body(runtime.compute_async(task), &begun, &end);
        assert_eq!(dropped.recv().unwrap(), 2);
    });
}

#[test]
fn a_task_that_holds_the_last_handle_of_its_own_runtime() {
    watched(|| {
        let runtime = Arc::new(workers(1));
        let (begun, end) = (Gate::default(), Gate::default());
        let (sender, dropped) = mpsc::channel::<()>();
        let held = (Mutex::new(sender), runtime.clone());
        let (begins, ends) = (begun.clone(), end.clone());
        let task = value(()).map(move |()| {
            let _held = &held;
            begins.open();
            ends.pass();
        });
        let run = runtime.compute_async(task);
        drop(runtime);
        cancel_in_its_body(run, &begun, &end);
        assert!(dropped.recv().is_err(), "the closure is dropped, and the runtime with it");
    });
}

#[test]
fn destructors_that_panic_hide_no_error_and_end_no_process() {
    for runtime in runtimes() {
        let counts = Counts::default();
        let made = counts.clone();
        let fails = value(()).map(|()| -> i64 { panic!("fails") });
        let shape = (panics(), value(()).map(move |()| made.make(1)), panics(), fails);
        let error = runtime.compute(shape).map(|_| ()).unwrap_err();
        assert!(error.to_string().ends_with("panicked: fails"), "{error}");
        assert_eq!(counts.alive(), 0, "the others' destructors ran");
        assert_eq!(runtime.compute(value(1).map(|x: i64| x + 1)).unwrap(), 2);
    }
}

#[test]
fn a_destructor_that_panics_in_the_pool_ends_no_thread() {
    watched(|| {
        let runtime = workers(1);
        let (begun, end) = (Gate::default(), Gate::default());
        let (begins, ends) = (begun.clone(), end.clone());
        let made = panics();
        let task = value(()).map(move |()| {
            begins.open();
            ends.pass();
        });
        let task = task.after(&made);
        cancel_in_its_body(runtime.compute_async((made, task)), &begun, &end);
        assert_eq!(futures::executor::block_on(runtime.compute_async(value(1).map(|x: i64| x + 1))).unwrap(), 2);
    });
}

#[test]
fn a_pending_future_with_a_destructor_that_panics_leaks_nothing() {
    let counts = Counts::default();
    let made = counts.clone();
    let pending = delayed_async(|(): ()| {
        let held = Panics;
        async move {
            let _held = held;
            std::future::pending::<()>().await;
        }
    });
    let shape = (value(()).map(move |()| made.make(1)), pending.call(((),)));
    let mut run = Box::pin(Runtime::sequential().compute_async(shape));
    assert!(run.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    assert_eq!(counts.alive(), 1);
    drop(run);
    assert_eq!(counts.alive(), 0);
}

#[test]
fn a_clone_of_an_output_that_panics_is_an_error() {
    #[derive(Debug)]
    struct BadClone;
    impl Clone for BadClone {
        fn clone(&self) -> BadClone {
            panic!("no clone of this")
        }
    }
    for runtime in runtimes() {
        let made = value(()).map(|()| BadClone).named("bad");
        let error = runtime.compute((&made, &made)).map(|_| ()).unwrap_err();
        assert_eq!((error.kind(), error.task()), (ErrorKind::Panicked, "bad"));
    }
}

#[test]
fn payloads_whose_destructors_panic() {
    struct Payload;
    impl Drop for Payload {
        fn drop(&mut self) {
            panic!("a payload on purpose");
        }
    }
    struct PanicsWith;
    impl Drop for PanicsWith {
        fn drop(&mut self) {
            std::panic::panic_any(Payload);
        }
    }
    let first = value(PanicsWith);
    let both = value(PanicsWith).map_ref(|_: &PanicsWith| 1).after(&first);
    drop(first);
    let payload = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(both))).unwrap_err();
    std::mem::forget(payload);
    let counts = Counts::default();
    drop(value(counts.make(1)));
    assert_eq!(counts.alive(), 0, "nodes are freed on this thread as before");
}

#[test]
fn a_graph_kept_by_a_thread_local_is_freed_without_recursion() {
    thread_local! {
        static KEPT: std::cell::RefCell<Option<Delayed<i64>>> = const { std::cell::RefCell::new(None) };
    }
    let thread = std::thread::Builder::new().stack_size(2 << 20).spawn(|| {
        KEPT.set(None);
        let mut chain = value(0_i64);
        for _ in 0..300_000 {
            chain = chain.map(|x| x + 1);
        }
        KEPT.set(Some(chain));
    });
    thread.unwrap().join().unwrap();
}

#[test]
fn what_a_run_did_not_take_is_there_for_the_next() {
    #[delayed]
    fn eat(#[take] list: Vec<i64>, _after: i64) -> usize {
        list.len()
    }
    for runtime in runtimes() {
        let flaky = {
            let calls = std::sync::atomic::AtomicUsize::new(0);
            value(1).map(move |x: i64| {
                assert!(calls.fetch_add(1, std::sync::atomic::Ordering::SeqCst) > 0, "the first call fails");
                x
            })
        };
        let eaten = eat(vec![1, 2], flaky);
        drop(runtime.compute_async(&eaten));
        assert_eq!(runtime.compute(&eaten).unwrap_err().kind(), ErrorKind::Panicked);
        assert_eq!(runtime.compute(&eaten).unwrap(), 2);
        assert_eq!(runtime.compute(&eaten).unwrap_err().kind(), ErrorKind::Runtime);
    }
}

#[test]
fn a_run_polled_after_its_end_says_so() {
    let mut run = Box::pin(workers(1).compute_async(value(1).map(|x: i64| x)));
    let line = line!() - 1;
    assert_eq!(futures::executor::block_on(run.as_mut()).unwrap(), 1);
    let error = futures::executor::block_on(run.as_mut()).unwrap_err();
    assert!(error.to_string().contains("awaited to its end already"), "{error}");
    assert_eq!((error.location().file(), error.location().line()), (file!(), line));
}
