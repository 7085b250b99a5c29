//! Many callers at once on one runtime: the answers are right, and no more threads work than there are workers.
//!
//! Alone in its binary, since it counts the threads of the process.

mod common;

use std::collections::HashSet;
use std::sync::{Arc, Barrier, Mutex};
use std::thread::ThreadId;

use common::{watched, workers};
use delayed::prelude::*;

const CALLERS: usize = 20;
const TOKIO_TASKS: usize = 200;

/// What the bodies saw: on which threads they ran, and how many there were in the process.
#[derive(Clone, Debug, Default)]
struct Threads(Arc<Mutex<(HashSet<ThreadId>, usize)>>);

impl Threads {
    fn note(&self) {
        let mut seen = self.0.lock().unwrap();
        seen.0.insert(std::thread::current().id());
        seen.1 = seen.1.max(in_process());
    }
}

/// How many threads the process has; 0 where the system does not say.
fn in_process() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let threads = status.lines().find_map(|line| line.strip_prefix("Threads:"));
    threads.map_or(0, |threads| threads.trim().parse().expect("a number of threads"))
}

#[delayed]
fn square(threads: Threads, x: u64) -> u64 {
    threads.note();
    x * x
}

#[delayed]
async fn fetch(x: u64) -> u64 {
    tokio::task::yield_now().await;
    x + 1
}

#[delayed]
fn sum(threads: Threads, xs: &[u64]) -> u64 {
    threads.note();
    xs.iter().sum()
}

/// ```text
/// fetch ─► square ─┐
/// fetch ─► square ─┼─► sum
/// ..               ┘
/// ```
fn graph(threads: &Threads, first: u64) -> (Delayed<u64>, u64) {
    let squares: Vec<_> = (first..first + 20).map(|x| square(threads.clone(), fetch(x))).collect();
    (sum(threads.clone(), squares), (first..first + 20).map(|x| (x + 1) * (x + 1)).sum())
}

#[test]
fn many_callers_share_two_workers() {
    watched(|| {
        let runtime = Arc::new(workers(2));
        let tokio = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
        // The library's own tokio runtime is there from now on, with its threads.
        let threads = Threads::default();
        assert_eq!(workers(1).compute(fetch(1)).unwrap(), 2);
        let before = in_process();

        // All begin at the same time.
        let begin = Barrier::new(CALLERS + 1);
        let callers: Mutex<HashSet<ThreadId>> = Mutex::default();
        std::thread::scope(|scope| {
            for caller in 0..CALLERS as u64 {
                let (runtime, threads, begin, callers) = (&runtime, &threads, &begin, &callers);
                scope.spawn(move || {
                    callers.lock().unwrap().insert(std::thread::current().id());
                    begin.wait();
                    for round in 0..10 {
                        let (total, expected) = graph(threads, 1000 * caller + round);
                        assert_eq!(runtime.compute(total).unwrap(), expected);
                    }
                });
            }
            begin.wait();
            let tasks: Vec<_> = (0..TOKIO_TASKS as u64)
                .map(|task| {
                    let (runtime, threads) = (runtime.clone(), threads.clone());
                    tokio.spawn(async move {
                        for round in 0..3 {
                            let (total, expected) = graph(&threads, 500 * task + round);
                            assert_eq!(runtime.compute_async(total).await.unwrap(), expected);
                        }
                    })
                })
                .collect();
            tokio.block_on(async {
                for task in tasks {
                    task.await.unwrap();
                }
            });
        });

        let seen = threads.0.lock().unwrap();
        let callers = callers.into_inner().unwrap();
        let others = seen.0.difference(&callers).count();
        assert!(others <= 2, "{others} threads beside the callers ran bodies");
        let most = before + CALLERS + 2;
        assert!(seen.1 <= most, "{} threads in the process, not {most} at most", seen.1);
    });
}
