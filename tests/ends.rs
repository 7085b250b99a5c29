//! What happens at the very moment at which tasks and runs end: each of it went wrong once.

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

use common::{watched, workers};
use delayed::CancelToken;
use delayed::prelude::*;

#[delayed]
fn text() -> String {
    "a value of some length".to_owned()
}

/// A run in order that is cancelled inside the poll of an async task: its future goes before its values do.
#[test]
fn a_run_in_order_that_is_cancelled_in_a_poll_drops_the_future_first() {
    #[delayed]
    async fn cancels(token: &CancelToken, text: &str) -> usize {
        token.cancel();
        std::future::pending::<()>().await;
        text.len()
    }
    let token = CancelToken::new();
    let run = Runtime::sequential().start(cancels(token.clone(), text())).cancelled_by(&token);
    assert_eq!(run.wait().unwrap_err().kind(), ErrorKind::Cancelled);
}

/// The second attempt of an async task is known to the run, whenever the first lands.
#[test]
fn the_next_attempt_of_an_async_task_is_dropped_with_its_run() {
    struct Tells(Sender<()>);
    impl Drop for Tells {
        fn drop(&mut self) {
            let _ = self.0.send(());
        }
    }
    #[delayed(allow(mutable_input))]
    async fn second_hangs(text: &str, calls: &Arc<AtomicUsize>, gone: &Sender<()>) -> Result<usize, String> {
        tokio::task::yield_now().await;
        let gone = Tells(gone.clone());
        if calls.fetch_add(1, Ordering::SeqCst) == 0 {
            std::mem::forget(gone);
            return Err("once".to_owned());
        }
        calls.fetch_add(1, Ordering::SeqCst);
        std::future::pending::<()>().await;
        Ok(text.len())
    }
    let runtime = workers(2);
    for round in 0..300 {
        let calls = Arc::new(AtomicUsize::new(0));
        let (tell, told) = channel();
        let run = runtime.start(second_hangs(text(), calls.clone(), tell).retries(1));
        while calls.load(Ordering::SeqCst) < 3 {
            std::thread::yield_now();
        }
        run.cancel();
        assert_eq!(run.wait().unwrap_err().kind(), ErrorKind::Cancelled);
        told.recv_timeout(Duration::from_secs(10))
            .unwrap_or_else(|_| panic!("round {round}: the future is still there"));
    }
}

/// A cancelled run is over, although a body under way turns out to be async.
#[test]
fn a_body_that_turns_out_to_be_async_after_a_cancel_does_not_revive_the_run() {
    #[delayed(allow(mutable_input))]
    async fn slow(begun: &Arc<AtomicBool>) -> i64 {
        begun.store(true, Ordering::SeqCst);
        while !delayed::is_cancelled() {
            std::hint::spin_loop();
        }
        tokio::task::yield_now().await;
        1
    }
    #[delayed]
    fn never(_x: i64) -> i64 {
        1
    }
    let runtime = workers(2);
    for _ in 0..300 {
        let begun = Arc::new(AtomicBool::new(false));
        // No source, so that a worker begins it.
        let run = runtime.start(never(slow(begun.clone()).after(text())));
        while !begun.load(Ordering::SeqCst) {
            std::thread::yield_now();
        }
        run.cancel();
        assert_eq!(run.wait().unwrap_err().kind(), ErrorKind::Cancelled);
    }
}

/// In a stopped run the tasks that were not reached keep no uses: a value that is there is moved.
#[test]
fn a_value_is_there_although_the_run_stopped_before_its_last_user() {
    #[derive(Debug)]
    struct NotClone;
    #[delayed]
    fn fail() -> Result<i64, String> {
        Err("on purpose".to_owned())
    }
    #[delayed]
    fn uses(_x: &NotClone) -> i64 {
        1
    }
    for n in [1, 2] {
        let data = value(NotClone);
        let used = uses(&data).after(fail());
        let (data, used) = workers(n).try_compute((data, used));
        assert_eq!(used.unwrap_err().kind(), ErrorKind::Skipped);
        data.unwrap();
    }
}

/// An `Err` that comes after the cancel does not take its place.
#[test]
fn a_failure_after_the_cancel_is_not_the_run_s() {
    #[delayed]
    fn cancels(token: &CancelToken) -> Result<i64, String> {
        token.cancel();
        Err("after the cancel".to_owned())
    }
    for retries in [0, 3] {
        let token = CancelToken::new();
        let task = cancels(token.clone()).retries(retries);
        let error = Runtime::sequential().start(task).cancelled_by(&token).wait().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Cancelled, "{error}");
        for n in [1, 2] {
            let token = CancelToken::new();
            let runtime = Runtime::builder().workers(n).cancel_token(&token).build().unwrap();
            let error = runtime.compute(cancels(token.clone()).retries(retries)).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Cancelled, "{error}");
        }
    }
}

#[delayed]
fn inc(x: i64) -> i64 {
    x + 1
}

#[delayed]
fn parse(text: &str) -> Result<i64, std::num::ParseIntError> {
    text.parse()
}

#[delayed(blocking)]
fn slow_inc(x: i64) -> i64 {
    x + 1
}

fn load(x: i64) -> Delayed<i64> {
    let load = delayed_async(|x: i64| async move {
        tokio::task::yield_now().await;
        if x < 0 { Err("bad") } else { Ok(x) }
    });
    load.try_call((x,))
}

/// Places of async tasks go on to the next whatever becomes of the last task that would have used up what is there.
#[test]
fn places_are_handed_out_after_tasks_that_are_skipped_or_block_or_wait() {
    watched(|| {
        for n in [1, 2] {
            let settings = || Runtime::builder().workers(n).async_in_flight(1).limit("db", 1);
            let runtime = settings().on_failure(OnFailure::Continue).build().unwrap();
            let all: Vec<_> = (1..20).map(load).map(|x| (inc(&x), inc(&x))).collect();
            assert_eq!(runtime.try_compute(all).len(), 19);
            let bad: Vec<_> = (1..20).map(|x| load(-x)).map(|x| (inc(&x), inc(&x))).collect();
            assert!(runtime.try_compute(bad).iter().all(|(one, two)| one.is_err() && two.is_err()));
            let runtime = settings().build().unwrap();
            let all: Vec<_> = (1..20).map(load).map(|x| (slow_inc(&x), slow_inc(&x))).collect();
            assert_eq!(runtime.compute(all).unwrap().len(), 19);
            let all: Vec<_> = (1..20).map(|x| inc(load(x).limit("db")).limit("db")).collect();
            assert_eq!(runtime.compute(all).unwrap().len(), 19);
        }
    });
}

/// A task that waits for its place among the async ones under way holds no place of its limit meanwhile.
#[test]
fn a_place_of_a_limit_is_not_held_while_a_task_waits_for_another() {
    watched(|| {
        let runtime = Arc::new(Runtime::builder().workers(2).async_in_flight(1).limit("db", 1).build().unwrap());
        let inner = runtime.clone();
        let outer = delayed_async(move |x: i64| {
            let inner = inner.clone();
            async move {
                for _ in 0..100 {
                    tokio::task::yield_now().await;
                }
                inner.compute_async(inc(x).limit("db")).await
            }
        });
        let waiting: Vec<_> = (0..5).map(|x| load(x).limit("db")).collect();
        assert_eq!(runtime.compute((outer.try_call((1,)), waiting)).unwrap().0, 2);
    });
}

/// What a task made although another's failure stopped the run is there; what it made knowing that it is not wanted is
/// not.
#[test]
fn a_body_that_ends_after_the_failure_has_made_its_value() {
    watched(|| {
        for asks in [false, true] {
            let runtime = workers(2);
            let failed = Arc::new(AtomicBool::new(false));
            let (sees, tells) = (failed.clone(), failed);
            let slow = value(1).map(move |x| {
                while !sees.load(Ordering::SeqCst) {
                    std::thread::yield_now();
                }
                while asks && !delayed::is_cancelled() {
                    std::thread::yield_now();
                }
                x
            });
            let fails = value(()).map(move |()| {
                tells.store(true, Ordering::SeqCst);
                Err::<i64, _>("bad")
            });
            let (slow, failed) = runtime.try_compute((slow, fails.or_fail()));
            assert_eq!(failed.unwrap_err().kind(), ErrorKind::Failed);
            match slow {
                Ok(x) => assert!(!asks && x == 1),
                Err(error) => assert!(asks && error.kind() == ErrorKind::Cancelled, "{error}"),
            }
        }
    });
}

#[test]
fn a_failure_is_told_with_the_path_by_which_it_got_out() {
    let number = parse("x");
    let error = Runtime::sequential().compute((number.clone().recover(|_| 3), inc(number))).unwrap_err();
    assert_eq!(error.path().collect::<Vec<_>>(), ["parse", "inc"]);
    // A failure that is taken is told up to there.
    let path = inc(parse("x")).into_result().map_ref(|result: &Result<i64, delayed::Error>| {
        result.as_ref().unwrap_err().path().map(str::to_owned).collect::<Vec<_>>()
    });
    assert_eq!(path.compute().unwrap(), ["parse", "inc"]);
}

#[test]
fn a_deadline_ends_a_run_whose_host_nobody_drives() {
    watched(|| {
        let host = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let runtime = Runtime::builder().workers(1).deadline(Duration::from_millis(5)).build().unwrap();
        let hang = delayed_async(|()| std::future::pending::<()>());
        let run = {
            let _inside = host.enter();
            runtime.start(hang.call(((),)))
        };
        assert_eq!(run.wait().unwrap_err().kind(), ErrorKind::TimedOut);
    });
}

/// Its time is up once it asks; in order, too.
#[test]
fn a_blocking_body_can_see_that_its_time_is_up() {
    #[delayed(blocking, timeout = "2ms")]
    fn polite(x: i64) -> i64 {
        while !delayed::is_cancelled() {
            std::thread::yield_now();
        }
        x
    }
    watched(|| {
        for runtime in [workers(1), workers(2), Runtime::sequential()] {
            assert_eq!(runtime.compute(polite(1)).unwrap_err().kind(), ErrorKind::TimedOut);
        }
    });
}

/// A poll that takes too long is no better than a wait.
#[test]
fn a_poll_counts_for_the_timeout() {
    #[delayed(timeout = "2ms")]
    async fn spins(x: i64) -> i64 {
        let since = std::time::Instant::now();
        while since.elapsed() < Duration::from_millis(4) {
            std::hint::spin_loop();
        }
        x
    }
    for runtime in [workers(1), Runtime::sequential()] {
        assert_eq!(runtime.compute(spins(1)).unwrap_err().kind(), ErrorKind::TimedOut);
        assert_eq!(runtime.compute(spins(1).or(7)).unwrap(), 7);
    }
}

/// The value that a body made too late was never on the scales.
#[test]
fn a_late_value_takes_nothing_off_the_scales() {
    static LATE: AtomicUsize = AtomicUsize::new(0);
    #[delayed(blocking, timeout = "2ms", allow(global_state))]
    fn late() -> Vec<u8> {
        while !delayed::is_cancelled() {
            std::thread::yield_now();
        }
        LATE.fetch_add(1, Ordering::SeqCst);
        vec![0; 1 << 20]
    }
    watched(|| {
        let runtime = Runtime::builder().workers(2).memory_limit(10 << 20).limit("one", 1).build().unwrap();
        let (held, holds) = channel();
        let (go, gone) = channel::<()>();
        let gone = std::sync::Mutex::new(gone);
        let big = || delayed(|x: u8| vec![x; 1 << 20]).call((1,));
        let hold = big().map_ref(move |_: &Vec<u8>| {
            held.send(()).unwrap();
            gone.lock().unwrap().recv().unwrap();
        });
        let first = runtime.start(hold);
        holds.recv().unwrap();
        for n in 1..=3 {
            assert_eq!(runtime.compute(late().limit("one")).unwrap_err().kind(), ErrorKind::TimedOut);
            while LATE.load(Ordering::SeqCst) < n {
                std::thread::yield_now();
            }
        }
        // The place is there once the body has ended, whose value is gone then.
        runtime.compute(inc(1).limit("one")).unwrap();
        runtime.compute(big()).unwrap();
        assert!(runtime.peak_memory() >= 2 << 20, "{}", runtime.peak_memory());
        go.send(()).unwrap();
        first.wait().unwrap();
    });
}

#[test]
fn the_first_compute_may_be_in_a_destructor_while_a_thread_unwinds() {
    struct Computes;
    impl Drop for Computes {
        fn drop(&mut self) {
            assert_eq!(inc(1).compute().unwrap(), 2);
        }
    }
    let unwound = std::panic::catch_unwind(|| {
        let _computes = Computes;
        std::panic::resume_unwind(Box::new("on the way"));
    });
    assert_eq!(*unwound.unwrap_err().downcast::<&str>().unwrap(), "on the way");
}

#[test]
fn the_place_of_another_panic_is_not_told() {
    let caught = value(1).map(|x| {
        let _ = std::panic::catch_unwind(|| panic!("inner"));
        x
    });
    let silent = caught.map(|_| -> i64 { std::panic::resume_unwind(Box::new("silent")) });
    let error = Runtime::sequential().compute(silent).unwrap_err();
    assert!(!format!("{error:?}").contains("panicked at"), "{error:?}");
}

/// A run is shared by those who wait for it and those who cancel it.
#[test]
fn a_run_is_cancelled_by_another_thread() {
    watched(|| {
        let hang = delayed_async(|()| std::future::pending::<()>());
        let run = workers(1).start(hang.call(((),)));
        std::thread::scope(|scope| {
            scope.spawn(|| run.cancel());
        });
        assert_eq!(run.wait().unwrap_err().kind(), ErrorKind::Cancelled);
    });
}

/// What tasks that were not begun would have used is there, although a blocking body of the run is still under way.
#[test]
fn a_value_is_there_although_a_blocking_body_goes_on() {
    #[derive(Debug)]
    struct NotClone;
    #[delayed]
    fn uses(_x: &NotClone) -> i64 {
        1
    }
    #[delayed(blocking, timeout = "1ms")]
    fn late(gate: common::Gate) {
        gate.pass();
    }
    watched(|| {
        for n in [1, 2] {
            let gate = common::Gate::default();
            let data = value(NotClone);
            let used = uses(&data).after(late(gate.clone()));
            let (data, used) = workers(n).try_compute((data, used));
            data.unwrap();
            assert_eq!(used.unwrap_err().kind(), ErrorKind::Skipped);
            gate.open();
        }
    });
}
