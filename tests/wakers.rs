//! Wakers that run the woken code at once, in the middle of what the library does.
#![allow(missing_docs, reason = "tests")]

use std::future::Future;
use std::pin::Pin;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Barrier, Mutex};
use std::task::{Context, Poll, Wake, Waker};

use delayed::prelude::*;

/// Polls its future wherever it is woken, unless it is being polled.
struct AtOnce(Mutex<Option<Pin<Box<dyn Future<Output = ()> + Send>>>>);

impl AtOnce {
    fn poll(self: Arc<Self>) {
        let waker = Waker::from(self.clone());
        let mut future = self.0.lock().unwrap();
        if let Some(polled) = future.as_mut()
            && polled.as_mut().poll(&mut Context::from_waker(&waker)).is_ready()
        {
            *future = None;
        }
    }
}

impl Wake for AtOnce {
    fn wake(self: Arc<Self>) {
        self.poll();
    }
}

#[delayed]
fn waits(barrier: Arc<Barrier>, x: i64) -> i64 {
    barrier.wait();
    x + 1
}

#[delayed]
fn inc(x: i64) -> i64 {
    x + 1
}

#[test]
fn code_that_a_waker_runs_is_in_no_task() {
    let runtime = Runtime::builder().workers(2).build().unwrap();
    let barrier = Arc::new(Barrier::new(2));
    let (send, made): (Sender<(i64, i64)>, Receiver<_>) = channel();
    let name = String::from("a name on the heap, which goes with the node");
    let run = runtime.compute_async(waits(barrier.clone(), 1).named(name));
    let line = line!() + 3;
    let future = async move {
        let first = run.await.unwrap();
        let second = inc(2);
        send.send((first, runtime.compute(second).unwrap())).unwrap();
    };
    let task = Arc::new(AtOnce(Mutex::new(Some(Box::pin(future)))));
    // Pending: the task waits at the barrier.
    task.poll();
    barrier.wait();
    assert_eq!(made.recv().unwrap(), (2, 3));
    let told = delayed::__private::advice_given();
    assert!(told.iter().all(|advice| advice.location.line() != line), "{told:?}");
}

#[test]
fn a_waker_may_make_and_drop_graphs() {
    struct Makes(Mutex<Vec<Delayed<i64>>>);
    impl Wake for Makes {
        fn wake(self: Arc<Self>) {
            let mut made = self.0.lock().unwrap();
            made.clear();
            made.extend((0..100).map(inc));
        }
    }
    let runtime = Runtime::builder().workers(2).build().unwrap();
    let barrier = Arc::new(Barrier::new(2));
    let mut run = runtime.compute_async(waits(barrier.clone(), 1));
    let makes = Arc::new(Makes(Mutex::default()));
    let waker = Waker::from(makes.clone());
    assert!(Pin::new(&mut run).poll(&mut Context::from_waker(&waker)).is_pending());
    barrier.wait();
    let value = loop {
        if let Poll::Ready(value) = Pin::new(&mut run).poll(&mut Context::from_waker(&waker)) {
            break value;
        }
        std::thread::yield_now();
    };
    assert_eq!(value.unwrap(), 2);
}
