//! What is measured beside the graphs: peak memory, a tiny graph, many tasks that sleep.

use std::hint::black_box;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use delayed::prelude::*;

use crate::blocks;
use crate::child::{above, peak};
use crate::measure::Spread;

/// Measurements that are no graph of W1 to W6.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extra {
    W7,
    W8,
    Chain,
    Naps,
    Beside,
    Blocking,
    Cancel,
}

impl Extra {
    pub(crate) const ALL: [Extra; 7] =
        [Extra::W7, Extra::W8, Extra::Chain, Extra::Naps, Extra::Beside, Extra::Blocking, Extra::Cancel];

    pub(crate) fn name(self) -> &'static str {
        ["W7", "W8", "chain", "naps", "beside", "blocking", "cancel"][self as usize]
    }
}

/// W8: how far the peak of memory rises, in bytes.
pub(crate) fn blocks(peer: &str, workers: usize, leaves: usize) -> Result<Option<f64>, String> {
    let (_, run) = blocks::PEERS.into_iter().find(|(name, _)| *name == peer).ok_or(format!("no blocks of {peer}"))?;
    let before = peak();
    let answer = run(workers, leaves);
    assert_eq!(answer, blocks::answer(leaves), "wrong answer of {peer}");
    Ok(above(before))
}

/// The time to build and compute a chain of three, in us.
pub(crate) fn chain(workers: Option<usize>) -> Spread {
    let runtime = workers.map(|n| Runtime::builder().workers(n).build().expect("the number of workers is not 0"));
    let once = || {
        let three = inc(inc(inc(black_box(0))));
        let value = match &runtime {
            Some(runtime) => runtime.compute(three),
            None => three.compute(),
        };
        assert_eq!(value.expect("no task fails"), 3);
    };
    const TIMES: u32 = 10_000;
    let round = |_| {
        let start = Instant::now();
        (0..TIMES).for_each(|_| once());
        start.elapsed().as_secs_f64() * 1e6 / f64::from(TIMES)
    };
    Spread::of((0..21).map(round))
}

#[delayed]
fn inc(x: i64) -> i64 {
    x + 1
}

/// How long so many tasks take that each sleep 100 ms, on one worker, in s.
pub(crate) fn naps(tasks: usize) -> f64 {
    let runtime = Runtime::builder().workers(1).build().expect("one is a number of workers");
    let start = Instant::now();
    let naps: Vec<Delayed<i64>> = (0..tasks as i64).map(nap).collect();
    let sum = runtime.compute(sum(naps)).expect("no task fails");
    let taken = start.elapsed().as_secs_f64();
    assert_eq!(sum, (0..tasks as i64).sum::<i64>());
    taken
}

/// How long a run of one task takes that is started while a run of so many tasks is going, on two workers, in ms.
pub(crate) fn beside(tasks: usize) -> Spread {
    const TIMES: usize = 50;
    let runtime = Runtime::builder().workers(2).build().expect("two is a number of workers");
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            // The large run is computed again and again, so that one is always going: bodies of about 1 us.
            let large = sum((0..tasks as i64).map(busy).collect::<Vec<_>>());
            while !is_over.load(Ordering::Relaxed) {
                black_box(runtime.compute(&large).expect("no task fails"));
            }
        });
        std::thread::sleep(Duration::from_millis(100));
        let once = |x| {
            // Not in step with whatever the large run does.
            std::thread::sleep(Duration::from_millis(3));
            let start = Instant::now();
            assert_eq!(runtime.compute(inc(x)).expect("no task fails"), x + 1);
            start.elapsed().as_secs_f64() * 1e3
        };
        let spread = Spread::of((0..TIMES as i64).map(once));
        is_over.store(true, Ordering::Relaxed);
        spread
    })
}

/// How many times as long a graph of sync tasks takes, on two workers, with so many blocking ones of 20 ms in the same
/// run.
pub(crate) fn blocking(tasks: usize) -> Spread {
    const TIMES: usize = 15;
    let runtime = Runtime::builder().workers(2).build().expect("two is a number of workers");
    let sync = || (0..12_000).map(long).collect::<Vec<_>>();
    let timed = |blocking: usize| {
        let graph = ((0..blocking as i64).map(wait).collect::<Vec<_>>(), sync());
        let start = Instant::now();
        black_box(runtime.compute(graph).expect("no task fails"));
        start.elapsed().as_secs_f64()
    };
    timed(tasks);
    Spread::of((0..TIMES).map(|_| timed(tasks) / timed(0)))
}

/// About 0.1 ms.
#[delayed]
fn long(x: i64) -> i64 {
    (0..80_000).fold(x, |x, y| black_box(x ^ y))
}

#[delayed(blocking)]
fn wait(x: i64) -> i64 {
    std::thread::sleep(Duration::from_millis(20));
    x
}

/// How long it takes from cancelling a run in which so many async tasks sleep for an hour until it is over, in ms.
pub(crate) fn cancel(tasks: usize) -> Spread {
    const TIMES: usize = 51;
    let runtime = Runtime::builder().workers(2).build().expect("two is a number of workers");
    let once = |_| {
        let (begun, begins) = std::sync::mpsc::channel();
        let run = runtime.start((0..tasks as i64).map(|x| hour(begun.clone(), x)).collect::<Vec<_>>());
        (0..tasks).for_each(|_| begins.recv().expect("each task says that it began"));
        let start = Instant::now();
        run.cancel();
        assert_eq!(run.wait().expect_err("it was cancelled").kind(), ErrorKind::Cancelled);
        start.elapsed().as_secs_f64() * 1e3
    };
    Spread::of((0..TIMES).map(once))
}

#[delayed]
async fn hour(begun: std::sync::mpsc::Sender<()>, x: i64) -> i64 {
    // Whoever counts them is there.
    let _ = begun.send(());
    tokio::time::sleep(Duration::from_secs(3600)).await;
    x
}

#[delayed]
fn busy(x: i64) -> i64 {
    (0..400).fold(x, |x, y| black_box(x ^ y))
}

#[delayed]
async fn nap(x: i64) -> i64 {
    tokio::time::sleep(Duration::from_millis(100)).await;
    x
}

#[delayed]
fn sum(xs: &[i64]) -> i64 {
    xs.iter().sum()
}
