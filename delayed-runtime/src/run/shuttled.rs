//! Shuttle's tests of whole runs: real graphs on the pool's own threads, under random schedules. A thread that is not
//! woken, or does not end, is a deadlock, which shuttle reports. Async tasks are polled on shuttle's threads, too (see
//! `host/stubbed.rs`).
//!
//! Bodies assert nothing: a panic of theirs is the run's failure, which a test may expect. They note what is wrong.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};

use shuttle::future::block_on;

use crate::delayed::Delayed;
use crate::error::{Error, ErrorKind};
use crate::runtime::{Runtime, counts};
use crate::sync::thread;

mod check;
mod dag;
mod ends;

use check::check;
use dag::{Dag, End, Ledger, Live, Mix, Random};

/// Where one execution computes.
struct Stage {
    runtime: Arc<Runtime>,
    ledger: Arc<Ledger>,
}

impl Stage {
    fn new(workers: usize, in_flight: Option<usize>) -> Stage {
        let mut settings = Runtime::builder().workers(workers);
        if let Some(in_flight) = in_flight {
            settings = settings.async_in_flight(in_flight);
        }
        Stage { runtime: Arc::new(settings.build().unwrap()), ledger: Arc::default() }
    }

    fn build(&self, dag: &Dag) -> Vec<Delayed<Live>> {
        dag.build(&self.ledger, &self.runtime)
    }

    fn compute(&self, outputs: Vec<Delayed<Live>>) -> Result<Vec<Live>, Error> {
        self.runtime.compute(outputs)
    }

    /// Waits until nothing is left of the runtime's threads and runs, and of all values.
    fn end(self) -> Arc<Ledger> {
        /// More steps than all other threads need to their end.
        const PATIENCE: usize = 200_000;
        let Stage { runtime, ledger } = self;
        let pool = Arc::downgrade(runtime.pool());
        drop(runtime);
        for _ in 0..PATIENCE {
            if pool.strong_count() == 0 {
                ledger.check_values();
                return ledger;
            }
            thread::yield_now();
        }
        panic!("a thread or a run is left");
    }
}

/// A run without failures gave what it should.
fn check_outputs(dag: &Dag, outputs: Result<Vec<Live>, Error>) {
    let sums: Vec<u64> = outputs.unwrap().iter().map(Live::sum).collect();
    assert_eq!(sums, dag.answers());
}

/// A run failed by one of the tasks that fail.
fn check_failure(dag: &Dag, error: &Error) {
    let task = dag.tasks.iter().find(|task| task.name() == error.task()).expect("the failure names a task");
    match task.end {
        End::Value => panic!("a task failed that makes a value: {error}"),
        End::Fails => assert_eq!((error.kind(), error.downcast_ref()), (ErrorKind::Failed, Some(&task.number))),
        End::Panics => assert_eq!(error.kind(), ErrorKind::Panicked),
    }
    assert_eq!(error.path().next(), Some(&*task.name()), "the path begins with the failure");
}

/// Runs graphs of this mix without failures, each once or twice.
fn compute_graphs(mix: Mix, workers: std::ops::RangeInclusive<usize>, in_flight: Option<usize>) {
    let mut random = Random::of_schedule();
    let dag = Dag::random(&mut random, mix);
    let stage = Stage::new(random.within(workers), in_flight);
    let outputs = stage.build(&dag);
    let mut times = 1;
    if random.one_in(4) {
        check_outputs(&dag, stage.compute(outputs.clone()));
        times += 1;
    }
    check_outputs(&dag, stage.compute(outputs));
    stage.end().check_runs(&dag, times);
}

#[test]
fn small_graphs() {
    check(20_000, || compute_graphs(Mix { most: 8, ..Mix::default() }, 2..=3, None));
}

#[test]
fn graphs() {
    check(8000, || compute_graphs(Mix { most: 40, ..Mix::default() }, 2..=3, None));
}

#[test]
fn small_graphs_with_async_tasks() {
    check(20_000, || compute_graphs(Mix { most: 8, asyncs: 2, ..Mix::default() }, 1..=3, None));
}

/// With one worker, too: then the outer run is in order until a task of it computes.
#[test]
fn tasks_that_compute() {
    check(10_000, || compute_graphs(Mix { most: 6, inner: 2, asyncs: 4, ..Mix::default() }, 1..=3, None));
}

#[test]
fn tasks_that_fail() {
    check(20_000, || {
        let mut random = Random::of_schedule();
        let mix = Mix { most: 10, asyncs: 3, inner: 6, fails: 4, ..Mix::default() };
        let dag = Dag::random(&mut random, mix);
        let stage = Stage::new(random.within(1..=3), random.one_in(3).then_some(1));
        let outputs = stage.build(&dag);
        match stage.compute(outputs) {
            Ok(outputs) => {
                assert!(dag.tasks.iter().all(|task| task.end == End::Value), "a failure was lost");
                check_outputs(&dag, Ok(outputs));
            }
            Err(error) => check_failure(&dag, &error),
        }
        stage.end().check_runs_of_stopped(&dag);
    });
}

/// A run that would never end ends by a failure.
#[test]
fn a_failure_ends_async_tasks() {
    check(10_000, || {
        let mut random = Random::of_schedule();
        let dag = Dag::endless(random.within(1..=4), &mut random);
        let stage = Stage::new(random.within(1..=3), None);
        let outputs = stage.build(&dag);
        let error =
            if random.one_in(2) { stage.compute(outputs) } else { block_on(stage.runtime.compute_async(outputs)) };
        check_failure(&dag, &error.err().expect("a task fails"));
        stage.end().check_runs_of_stopped(&dag);
    });
}

/// A run that is awaited.
#[test]
fn awaited_runs() {
    check(15_000, || {
        let mut random = Random::of_schedule();
        let mix = Mix { most: 8, asyncs: 3, ..Mix::default() };
        let dag = Dag::random(&mut random, mix);
        let stage = Stage::new(random.within(1..=3), None);
        let run = stage.runtime.compute_async(stage.build(&dag));
        check_outputs(&dag, block_on(run));
        stage.end().check_runs(&dag, 1);
    });
}

/// A run that is awaited is dropped, at whatever moment.
#[test]
fn cancelled_runs() {
    check(15_000, || {
        let mut random = Random::of_schedule();
        let mix = Mix { most: 10, asyncs: 3, inner: 6, endless: 8, ..Mix::default() };
        let dag = Dag::random(&mut random, mix);
        let stage = Stage::new(random.within(1..=3), random.one_in(3).then_some(1));
        let mut run = Box::pin(stage.runtime.compute_async(stage.build(&dag)));
        let mut cx = Context::from_waker(Waker::noop());
        for _ in 0..random.below(40) {
            if let Poll::Ready(outputs) = run.as_mut().poll(&mut cx) {
                check_outputs(&dag, outputs);
                break;
            }
            thread::yield_now();
        }
        drop(run);
        stage.end().check_runs_of_stopped(&dag);
    });
}

/// Several threads compute at once: graphs of their own, and one that they share.
#[test]
fn runs_at_once() {
    check(8000, || {
        let mut random = Random::of_schedule();
        let mix = Mix { most: 5, asyncs: 4, inner: 6, ..Mix::default() };
        let shared = Arc::new(Dag::random(&mut random, mix));
        let stage = Stage::new(random.within(1..=2), random.one_in(3).then_some(1));
        let outputs = stage.build(&shared);
        let threads = random.within(2..=3);
        let there: Vec<_> = (0..threads)
            .map(|_| {
                let own = Dag::random(&mut random, mix);
                let stage = Stage { runtime: stage.runtime.clone(), ledger: Arc::default() };
                let (shared, outputs) = (shared.clone(), outputs.clone());
                thread::spawn(move || {
                    check_outputs(&own, stage.compute(stage.build(&own)));
                    check_outputs(&shared, stage.compute(outputs));
                    (own, stage.ledger)
                })
            })
            .collect();
        drop(outputs);
        let ended: Vec<_> = there.into_iter().map(|thread| thread.join().unwrap()).collect();
        stage.end().check_runs(&shared, threads);
        for (own, ledger) in ended {
            ledger.check_values();
            ledger.check_runs(&own, 1);
        }
    });
}

/// More tasks than one range keeps: others take parts of it.
#[test]
fn a_wide_graph() {
    static STOLEN: AtomicU64 = AtomicU64::new(0);
    check(300, || {
        let mut random = Random::of_schedule();
        let dag = Dag::tree(450, &mut random, None);
        let stage = Stage::new(random.within(2..=3), None);
        let outputs = stage.build(&dag);
        check_outputs(&dag, stage.compute(outputs));
        STOLEN.fetch_add(counts(&stage.runtime).stolen, Ordering::Relaxed);
        stage.end().check_runs(&dag, 1);
    });
    assert!(STOLEN.load(Ordering::Relaxed) > 0, "nothing was taken over by another thread");
}

/// Async sources whose values a sync tree uses up, a few of them under way at a time.
#[test]
fn async_tasks_that_are_bounded() {
    check(10_000, || {
        let mut random = Random::of_schedule();
        let sources = random.within(3..=12);
        let dag = Dag::tree(sources, &mut random, Some(3));
        let places = random.within(1..=3);
        let stage = Stage::new(random.within(1..=3), Some(places));
        let outputs = stage.build(&dag);
        check_outputs(&dag, stage.compute(outputs));
        let ledger = stage.end();
        ledger.check_runs(&dag, 1);
        assert!(ledger.most_under_way() <= places, "more async tasks were under way than may be");
    });
}

/// The same for two runs that share the places, one of which may be cancelled.
#[test]
fn async_tasks_of_two_runs_that_are_bounded() {
    check(8000, || {
        let mut random = Random::of_schedule();
        let sources = random.within(2..=6);
        let here = Dag::tree(sources, &mut random, Some(2));
        let there = Arc::new(Dag::tree(sources, &mut random, Some(2)));
        let stage = Stage::new(random.within(1..=2), Some(1));
        let ledger = Arc::<Ledger>::default();
        let thread = {
            let (runtime, ledger, dag) = (stage.runtime.clone(), ledger.clone(), there.clone());
            let polls = random.one_in(2).then(|| random.below(30));
            thread::spawn(move || {
                let run = runtime.compute_async(dag.build(&ledger, &runtime));
                match polls {
                    None => check_outputs(&dag, block_on(run)),
                    Some(polls) => block_on(cut_short(run, polls)),
                }
                polls.is_some()
            })
        };
        check_outputs(&here, stage.compute(stage.build(&here)));
        let is_cut = thread.join().unwrap();
        stage.end().check_runs(&here, 1);
        ledger.check_values();
        if is_cut {
            ledger.check_runs_of_stopped(&there);
        } else {
            ledger.check_runs(&there, 1);
        }
    });
}

/// Polls a future so often at most.
async fn cut_short(future: impl Future, polls: usize) {
    let mut future = pin!(future);
    for _ in 0..polls {
        if std::future::poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx).is_ready())).await {
            return;
        }
        thread::yield_now();
    }
}

/// A future that is woken so often before it is ready.
struct Pends(u32);

impl Pends {
    /// It is never woken.
    const FOREVER: u32 = u32::MAX;
}

impl Future for Pends {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.0 == 0 {
            return Poll::Ready(());
        }
        if self.0 == Pends::FOREVER {
            return Poll::Pending;
        }
        self.0 -= 1;
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}
