//! What `#[delayed(..)]` says of how tasks run, as written on functions.

mod common;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use common::{runtimes, watched, workers};
use delayed::prelude::*;

#[derive(Clone, Default)]
struct Calls(Arc<AtomicUsize>);

impl Calls {
    fn count(&self) -> usize {
        self.0.fetch_add(1, Ordering::SeqCst) + 1
    }

    fn made(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

fn is_busy(error: &String) -> bool {
    error == "busy"
}

#[delayed(retries = 4, retry_if = is_busy)]
fn ask(calls: Calls, answers: &[&str]) -> Result<usize, String> {
    let call = calls.count();
    match answers.get(call - 1) {
        Some(&"panic") => panic!("call {call}"),
        Some(answer) => Err((*answer).to_owned()),
        None => Ok(call),
    }
}

#[test]
fn only_errors_that_are_worth_it_are_tried_again() {
    for runtime in runtimes() {
        let calls = Calls::default();
        assert_eq!(runtime.compute(ask(calls.clone(), ["busy", "busy"])).unwrap(), 3);
        let calls = Calls::default();
        let error = runtime.compute(ask(calls.clone(), ["busy", "gone", "busy"])).unwrap_err();
        assert_eq!((error.attempts(), calls.made(), error.downcast_ref::<String>().unwrap().as_str()), (2, 2, "gone"));
        // Nobody asks about a panic, which is tried again.
        let calls = Calls::default();
        assert_eq!(runtime.compute(ask(calls.clone(), ["panic", "busy", "panic"])).unwrap(), 4);
    }
}

#[test]
fn a_method_has_the_last_word() {
    let runtime = workers(1);
    let calls = Calls::default();
    assert_eq!(runtime.compute(ask(calls.clone(), ["busy"]).retries(0)).unwrap_err().attempts(), 1);
    let calls = Calls::default();
    let error = runtime.compute(ask(calls.clone(), ["busy"; 9]).retries(7)).unwrap_err();
    assert_eq!((error.attempts(), calls.made()), (8, 8));
}

#[delayed(retries = 3, backoff = "1us")]
async fn soon(calls: Calls) -> Result<usize, String> {
    match calls.count() {
        call @ 1..=3 => Err(format!("call {call}")),
        call => Ok(call),
    }
}

#[delayed(retries = 3, backoff = "10000h")]
fn late(calls: Calls, tried: Sender<()>) -> Result<usize, String> {
    tried.send(()).unwrap();
    Err(format!("call {}", calls.count()))
}

#[test]
fn a_task_that_waits_for_its_next_attempt_holds_no_worker() {
    watched(|| {
        for runtime in runtimes() {
            assert_eq!(runtime.compute(soon(Calls::default())).unwrap(), 4);
        }
        let runtime = Runtime::builder().workers(1).limit("one", 1).build().unwrap();
        let (tried, tries) = channel();
        let calls = Calls::default();
        let run = runtime.start(late(calls.clone(), tried).limit("one"));
        tries.recv().unwrap();
        // The wait is up to a minute or the backoff, whichever is longer, and random: hardly ever short.
        assert_eq!(runtime.compute(value(1).map(|x| x + 1).limit("one")).unwrap(), 2);
        run.cancel();
        assert_eq!(run.wait().unwrap_err().kind(), ErrorKind::Cancelled);
        assert_eq!(calls.made(), 1);
    });
}

#[delayed(limit = "door", retries = 2)]
async fn enter(inside: Arc<[AtomicUsize; 2]>, calls: Calls) -> Result<(), String> {
    let now = inside[0].fetch_add(1, Ordering::SeqCst) + 1;
    inside[1].fetch_max(now, Ordering::SeqCst);
    tokio::task::yield_now().await;
    inside[0].fetch_sub(1, Ordering::SeqCst);
    if calls.count().is_multiple_of(3) { Err("slipped".to_owned()) } else { Ok(()) }
}

#[test]
fn a_limit_written_on_the_function_holds_for_all_its_calls() {
    watched(|| {
        let runtime = Runtime::builder().workers(2).limit("door", 2).on_failure(OnFailure::Continue).build().unwrap();
        let inside = Arc::<[AtomicUsize; 2]>::default();
        let calls = Calls::default();
        let all: Vec<_> = (0..50).map(|_| enter(inside.clone(), calls.clone())).collect();
        assert_eq!(runtime.try_compute(all).len(), 50);
        assert!((1..=2).contains(&inside[1].load(Ordering::SeqCst)));
        let error = workers(1).compute(enter(inside, calls)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Runtime);
        assert!(error.to_string().contains("`enter`") && error.to_string().contains("the limit `door`"), "{error}");
    });
}

#[derive(Clone, Default)]
struct Order(Arc<Mutex<Vec<u32>>>);

#[delayed(priority = 5)]
fn urgent(order: Order, x: u32) -> u32 {
    order.0.lock().unwrap().push(x);
    x
}

#[delayed]
fn plain(order: Order, x: u32) -> u32 {
    order.0.lock().unwrap().push(x);
    x
}

#[test]
fn a_priority_written_on_the_function_holds_for_all_its_calls() {
    let order = Order::default();
    let note = || order.clone();
    let tasks =
        [plain(note(), 1), urgent(note(), 2), plain(note(), 3), urgent(note(), 4).priority(-1), urgent(note(), 5)];
    workers(1).compute(tasks).unwrap();
    assert_eq!(*order.0.lock().unwrap(), [2, 5, 1, 3, 4]);
}

#[derive(Clone)]
struct Image {
    side: usize,
}

fn area(image: &Image) -> usize {
    image.side * image.side
}

#[delayed(weigh = area)]
fn image(side: usize) -> Image {
    Image { side }
}

#[delayed]
fn row(len: usize) -> Vec<u64> {
    vec![0; len]
}

#[delayed]
async fn text(len: usize) -> String {
    "x".repeat(len)
}

#[delayed]
fn sizes(images: &[&Image], rows: &[&Vec<u64>], texts: &[&str]) -> usize {
    images.len() + rows.len() + texts.len()
}

#[test]
fn values_are_weighed_by_the_function_that_is_named_or_by_their_type() {
    let runtime = Runtime::builder().workers(1).memory_limit(1).build().unwrap();
    let images = vec![image(100), image(20)];
    let all = sizes(images, vec![row(1000)], vec![text(5000)]);
    assert_eq!(runtime.compute(all).unwrap(), 4);
    let words = |n: usize| n * size_of::<usize>();
    assert_eq!(runtime.peak_memory(), 10_000 + 400 + words(3) + 8000 + words(3) + 5000);
}

#[delayed(timeout = "1h")]
async fn quick(x: u32) -> u32 {
    x
}

#[delayed(timeout = "1h", blocking, retries = 1)]
fn quick_too(x: u32) -> u32 {
    x
}

#[test]
fn options_together() {
    for runtime in runtimes() {
        assert_eq!(runtime.compute((quick(1), quick_too(2), quick(3).timeout(Duration::MAX))).unwrap(), (1, 2, 3));
    }
}
