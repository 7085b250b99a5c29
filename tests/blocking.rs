//! Tasks that may block.

mod common;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Barrier, Mutex};
use std::time::Duration;

use common::{Counted, Counts, Gate, runtimes, watched, workers};
use delayed::prelude::*;

#[delayed(blocking)]
fn on_its_own_thread(x: i64) -> (i64, Option<String>) {
    (x, std::thread::current().name().map(str::to_owned))
}

#[delayed(blocking)]
fn meet(barrier: Arc<Barrier>) -> bool {
    barrier.wait().is_leader()
}

#[delayed(blocking)]
fn pass(gate: Gate, x: i64) -> i64 {
    gate.pass();
    x
}

#[delayed(blocking)]
fn fail(x: i64) -> Result<i64, String> {
    Err(format!("no {x}"))
}

#[delayed(blocking)]
fn burst(x: i64) -> i64 {
    panic!("burst at {x}")
}

#[delayed]
fn inc(x: i64) -> i64 {
    x + 1
}

#[test]
fn a_blocking_task_takes_no_worker() {
    watched(|| {
        for n in [1, 2] {
            let runtime = workers(n);
            // All are inside at once, far more than there are workers.
            let barrier = Arc::new(Barrier::new(40));
            let tasks: Vec<_> = (0..40).map(|_| meet(barrier.clone())).collect();
            assert_eq!(runtime.compute(tasks).unwrap().into_iter().filter(|&leads| leads).count(), 1);
            // And sync ones run meanwhile, one of which lets it go.
            let gate = Gate::default();
            let opens = gate.clone();
            let open = delayed(move |()| opens.open()).call(((),));
            assert_eq!(runtime.compute((inc(pass(gate, 4)), open)).unwrap().0, 5);
        }
    });
}

#[test]
fn where_blocking_tasks_run() {
    let here = std::thread::current().name().map(str::to_owned);
    let (x, thread) = Runtime::sequential().compute(on_its_own_thread(1)).unwrap();
    assert_eq!((x, &thread), (1, &here));
    for runtime in [workers(1), workers(2)] {
        let (x, thread) = runtime.compute(on_its_own_thread(2)).unwrap();
        assert_eq!(x, 2);
        assert_ne!(thread, here);
    }
    // On the caller's tokio runtime where there is one.
    let host = tokio::runtime::Builder::new_current_thread().thread_name("mine").build().unwrap();
    let (_, thread) = host.block_on(workers(1).compute_async(on_its_own_thread(3))).unwrap();
    assert_eq!(thread.as_deref(), Some("mine"));
}

#[test]
fn blocking_tasks_fail_as_others_do() {
    watched(|| {
        for runtime in runtimes() {
            let error = runtime.compute(inc(fail(3))).unwrap_err();
            assert_eq!((error.kind(), error.task()), (ErrorKind::Failed, "fail"));
            assert_eq!(error.downcast_ref::<String>().unwrap(), "no 3");
            let error = runtime.compute(burst(4).retries(1)).unwrap_err();
            assert_eq!((error.kind(), error.attempts()), (ErrorKind::Panicked, 2));
            assert_eq!(runtime.compute(inc(burst(4)).or(0)).unwrap(), 0);
        }
    });
}

/// A body that waits to be let go, and tells when it has been.
#[delayed(blocking, timeout = "5ms")]
fn slow(open: Gate, input: &Counted, told: Sender<bool>) -> Counted {
    open.pass();
    told.send(delayed::is_cancelled()).unwrap();
    input.make(2)
}

#[delayed]
fn make(counts: Counts) -> Counted {
    counts.make(1)
}

fn slow_task(counts: &Counts, open: &Gate) -> (Delayed<Counted>, Receiver<bool>) {
    let (told, ended) = channel();
    (slow(open.clone(), make(counts.clone()), told), ended)
}

fn wait_until(done: impl Fn() -> bool) {
    while !done() {
        std::thread::yield_now();
    }
}

#[test]
fn a_body_whose_time_is_up_goes_on_and_its_value_is_dropped() {
    watched(|| {
        for n in [1, 2] {
            let runtime = workers(n);
            let (counts, open) = (Counts::default(), Gate::default());
            let (task, ended) = slow_task(&counts, &open);
            // Not tried again while it may still be under way.
            let error = runtime.compute(task.retries(5)).unwrap_err();
            assert_eq!((error.kind(), error.task(), error.attempts()), (ErrorKind::TimedOut, "slow", 1));
            // What it was lent is still there.
            assert_eq!((counts.made(), counts.alive()), (1, 1));
            assert_eq!(runtime.compute(inc(1)).unwrap(), 2);
            open.open();
            assert!(ended.recv().unwrap(), "the body can see that it is in vain");
            wait_until(|| counts.made() == 2 && counts.alive() == 0);
        }
    });
}

#[test]
fn a_run_goes_on_without_a_body_whose_time_is_up() {
    watched(|| {
        let runtime = workers(1);
        let (counts, open) = (Counts::default(), Gate::default());
        let (task, ended) = slow_task(&counts, &open);
        let (opens, ended) = (open.clone(), Mutex::new(ended));
        let content = task.map_ref(|counted: &Counted| counted.content).or(7);
        let after = content.map(move |x| {
            opens.open();
            ended.lock().unwrap().recv().unwrap();
            x
        });
        assert_eq!(runtime.compute(after).unwrap(), 7);
        wait_until(|| counts.made() == 2 && counts.alive() == 0);
    });
}

#[test]
fn a_body_keeps_its_place_until_it_ends() {
    watched(|| {
        let runtime = Runtime::builder().workers(2).limit("disk", 1).build().unwrap();
        let (counts, open) = (Counts::default(), Gate::default());
        let (task, ended) = slow_task(&counts, &open);
        assert_eq!(runtime.compute(task.limit("disk")).unwrap_err().kind(), ErrorKind::TimedOut);
        let ran = Arc::new(AtomicUsize::new(0));
        let counted = ran.clone();
        let next = delayed(move |x: usize| counted.fetch_add(x, Ordering::SeqCst)).call((1,)).limit("disk");
        let run = runtime.start(next);
        // Others run, and this one does not.
        for x in 0..50 {
            assert_eq!(runtime.compute(inc(x)).unwrap(), x + 1);
        }
        assert_eq!(ran.load(Ordering::SeqCst), 0);
        open.open();
        ended.recv().unwrap();
        assert_eq!(run.wait().unwrap(), 0);
    });
}

#[test]
fn nobody_waits_for_blocking_bodies_of_a_run_that_stopped() {
    watched(|| {
        for cancels in [false, true] {
            let runtime = workers(2);
            let (counts, open) = (Counts::default(), Gate::default());
            let (begun, begins) = channel();
            let (gate, made) = (open.clone(), counts.clone());
            #[delayed(blocking)]
            fn hold(counts: Counts, begun: Sender<()>, gate: Gate) -> Counted {
                begun.send(()).unwrap();
                gate.pass();
                counts.make(1)
            }
            let task = hold(made, begun, gate);
            if cancels {
                let run = runtime.start(task);
                begins.recv().unwrap();
                run.cancel();
                assert_eq!(run.wait().unwrap_err().kind(), ErrorKind::Cancelled);
            } else {
                let begins = Mutex::new(begins);
                let fails = delayed(move |()| {
                    begins.lock().unwrap().recv().unwrap();
                    Err::<i64, _>("no")
                });
                assert_eq!(runtime.compute((task, fails.try_call(((),)))).unwrap_err().kind(), ErrorKind::Failed);
            }
            assert_eq!(counts.made(), 0);
            open.open();
            wait_until(|| counts.made() == 1 && counts.alive() == 0);
        }
    });
}

#[test]
fn a_blocking_body_may_compute() {
    watched(|| {
        #[delayed(blocking, allow(nested_delayed))]
        fn nested(runtime: Arc<Runtime>, x: i64) -> Result<i64, delayed::Error> {
            runtime.compute(inc(on_its_own_thread(x).map(|(x, _)| x)))
        }
        let runtime = Arc::new(workers(1));
        let tasks: Vec<_> = (0..20).map(|x| nested(runtime.clone(), x)).collect();
        assert_eq!(runtime.compute(tasks).unwrap(), (1..21).collect::<Vec<_>>());
    });
}

#[test]
fn sequentially_a_late_value_is_dropped_too() {
    #[delayed(blocking, timeout = "1us")]
    fn late(counts: Counts) -> Counted {
        let made = counts.make(1);
        let since = std::time::Instant::now();
        while since.elapsed() < Duration::from_micros(50) {
            std::hint::spin_loop();
        }
        made
    }
    let counts = Counts::default();
    let task = late(counts.clone()).map_ref(|counted: &Counted| counted.content).or(-1);
    assert_eq!(Runtime::sequential().compute(task).unwrap(), -1);
    assert_eq!((counts.made(), counts.alive()), (1, 0));
}

#[test]
fn a_host_that_shuts_down_ends_the_run() {
    watched(|| {
        let host =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).max_blocking_threads(1).build().unwrap();
        let runtime = workers(1);
        let open = Gate::default();
        let (begun, begins) = channel();
        host.spawn_blocking({
            let open = open.clone();
            move || {
                begun.send(()).unwrap();
                open.pass();
            }
        });
        begins.recv().unwrap();
        // Queued behind a body that does not end, and never begun.
        let run = {
            let _inside = host.enter();
            runtime.start(on_its_own_thread(1))
        };
        assert_eq!(runtime.compute(inc(1)).unwrap(), 2);
        host.shutdown_background();
        open.open();
        match run.wait() {
            Ok((x, _)) => assert_eq!(x, 1),
            Err(error) => assert_eq!(error.kind(), ErrorKind::Cancelled),
        }
    });
}
