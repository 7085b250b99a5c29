//! What happens at the very moment at which a run ends. Each was found by `tests/chaos.rs`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

use delayed::CancelToken;
use delayed::prelude::*;

fn workers(n: usize) -> Runtime {
    Runtime::builder().workers(n).build().unwrap()
}

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
