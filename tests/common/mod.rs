//! What several tests share.
#![allow(dead_code, unreachable_pub, missing_docs, reason = "each test file uses a part")]

pub mod dag;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use delayed::Runtime;

/// Counts what happens to values of one test.
#[derive(Clone, Debug, Default)]
pub struct Counts(Arc<[AtomicUsize; 3]>);

impl Counts {
    pub fn made(&self) -> usize {
        self.0[0].load(Ordering::SeqCst)
    }

    pub fn cloned(&self) -> usize {
        self.0[1].load(Ordering::SeqCst)
    }

    pub fn dropped(&self) -> usize {
        self.0[2].load(Ordering::SeqCst)
    }

    /// Values that exist at this moment.
    pub fn alive(&self) -> usize {
        self.made() + self.cloned() - self.dropped()
    }

    pub fn make(&self, content: i64) -> Counted {
        self.0[0].fetch_add(1, Ordering::SeqCst);
        Counted { content, counts: self.clone() }
    }
}

/// A value that counts its clones and drops.
#[derive(Debug)]
pub struct Counted {
    pub content: i64,
    counts: Counts,
}

impl Counted {
    pub fn counts(&self) -> Counts {
        self.counts.clone()
    }

    /// Another value, counted with this one.
    pub fn make(&self, content: i64) -> Counted {
        self.counts.make(content)
    }
}

impl Clone for Counted {
    fn clone(&self) -> Counted {
        self.counts.0[1].fetch_add(1, Ordering::SeqCst);
        Counted { content: self.content, counts: self.counts.clone() }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.counts.0[2].fetch_add(1, Ordering::SeqCst);
    }
}

/// Runtimes with 1, 2 and 8 workers, and the sequential one.
pub fn runtimes() -> Vec<Runtime> {
    let mut runtimes: Vec<_> = [1, 2, 8].map(workers).into();
    runtimes.push(Runtime::sequential());
    runtimes
}

pub fn workers(n: usize) -> Runtime {
    Runtime::builder().workers(n).build().expect("a number of workers above 0")
}

/// Runs `test` on a thread of its own, and fails if it has not ended after a minute: a hang is told from a slow test.
pub fn watched<T: Send + 'static>(test: impl FnOnce() -> T + Send + 'static) -> T {
    let (done, ended) = std::sync::mpsc::channel();
    let thread = std::thread::spawn(move || {
        let value = test();
        let _ = done.send(());
        value
    });
    match ended.recv_timeout(std::time::Duration::from_secs(60)) {
        Err(std::sync::mpsc::RecvTimeoutError::Timeout) => panic!("the test hangs"),
        _ => thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
    }
}

/// A gate between tasks and a test: opened once, for everybody.
#[derive(Clone, Debug, Default)]
pub struct Gate(Arc<(std::sync::Mutex<bool>, std::sync::Condvar)>);

impl Gate {
    pub fn open(&self) {
        *self.0.0.lock().unwrap() = true;
        self.0.1.notify_all();
    }

    pub fn pass(&self) {
        drop(self.0.1.wait_while(self.0.0.lock().unwrap(), |open| !*open).unwrap());
    }
}
