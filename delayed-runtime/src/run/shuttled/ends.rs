//! Runs that are cancelled, timed out and tried again, each at whatever moment. An alarm goes off whenever the schedule
//! wants it to.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use shuttle::future::block_on;

use super::check::check;
use super::dag::Random;
use super::{Pends, Stage};
use crate::cancel::CancelToken;
use crate::delayed::{CallAsync, CallByValue, Delayed, delayed, delayed_async};
use crate::error::{Error, ErrorKind, made};
use crate::func::Info;
use crate::make::make_labelled;
use crate::node::Kind;
use crate::node::make::{Known, Label};
use crate::policy::OnFailure;
use crate::runtime::Runtime;
use crate::sync::thread;

/// Some time: what it is does not matter here.
const TIME: Duration = Duration::from_secs(1);

/// What became of the bodies and values of one test.
#[derive(Default)]
struct Watch {
    made: AtomicUsize,
    dropped: AtomicUsize,
    under_way: AtomicUsize,
    most_under_way: AtomicUsize,
    began: AtomicUsize,
    is_wrong: AtomicBool,
}

impl Watch {
    fn enter(self: &Arc<Self>) -> Entered {
        self.began.fetch_add(1, Relaxed);
        let now = self.under_way.fetch_add(1, Relaxed) + 1;
        self.most_under_way.fetch_max(now, Relaxed);
        Entered(self.clone())
    }

    fn make(self: &Arc<Self>) -> Held {
        self.made.fetch_add(1, Relaxed);
        Held(self.clone())
    }

    fn check(&self) {
        assert_eq!(self.made.load(Relaxed), self.dropped.load(Relaxed), "values are left");
        assert_eq!(self.under_way.load(Relaxed), 0, "bodies are left");
        assert!(!self.is_wrong.load(Relaxed), "a task was under way twice");
    }
}

/// A body that is under way, until this is dropped.
struct Entered(Arc<Watch>);

impl Drop for Entered {
    fn drop(&mut self) {
        self.0.under_way.fetch_sub(1, Relaxed);
    }
}

/// A value that is counted.
struct Held(Arc<Watch>);

impl Clone for Held {
    fn clone(&self) -> Held {
        self.0.make()
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.0.dropped.fetch_add(1, Relaxed);
    }
}

/// A task that fails so many times before it makes a value.
fn flaky(watch: &Arc<Watch>, fails: usize) -> Delayed<Held> {
    let (watch, asked, is_in) = (watch.clone(), AtomicUsize::new(0), AtomicBool::new(false));
    let body = move |(): ()| {
        let _entered = watch.enter();
        watch.is_wrong.fetch_or(is_in.swap(true, Relaxed), Relaxed);
        thread::yield_now();
        is_in.store(false, Relaxed);
        if asked.fetch_add(1, Relaxed) < fails { Err("busy") } else { Ok(watch.make()) }
    };
    delayed(body).try_call(((),))
}

/// An async task that is woken so often before it makes a value.
fn pending(watch: &Arc<Watch>, pends: u32) -> Delayed<Held> {
    let watch = watch.clone();
    let body = move |(): ()| {
        let (watch, entered) = (watch.clone(), watch.enter());
        async move {
            Pends(pends).await;
            drop(entered);
            watch.make()
        }
    };
    delayed_async(body).call(((),))
}

enum Blocking {}

impl Label for Blocking {
    const INFO: Info = Info::new("blocking").blocking();
    const KIND: Kind = Kind::Task;
}

/// A task on a thread of its own, which lends the value of another for a while.
fn blocking(watch: &Arc<Watch>, input: Delayed<Held>) -> Delayed<Held> {
    let watch = watch.clone();
    make_labelled::<Blocking, Known, (crate::arg::Ref<Held>,), Held, _, _>((input,), move |(input,)| {
        let _entered = watch.enter();
        for _ in 0..3 {
            thread::yield_now();
        }
        made((*input).clone())
    })
}

/// Sync tasks that have been begun by the time that a thread has waited so long.
fn at_some_moment(random: &mut Random, act: impl FnOnce() + Send + 'static) -> thread::JoinHandle<()> {
    let steps = random.below(30);
    thread::spawn(move || {
        (0..steps).for_each(|_| thread::yield_now());
        act();
    })
}

fn is_cancelled<T>(result: &Result<T, Error>) -> bool {
    result.as_ref().is_err_and(|error| error.kind() == ErrorKind::Cancelled)
}

fn stage(random: &mut Random, settings: crate::runtime::Builder) -> Stage {
    let workers = random.within(1..=3);
    let settings = if random.one_in(3) { settings.async_in_flight(1) } else { settings };
    Stage { runtime: Arc::new(settings.workers(workers).build().unwrap()), ledger: Arc::default() }
}

/// A mix of tasks, some of which are below others.
fn tasks(random: &mut Random, watch: &Arc<Watch>, endless: bool) -> Vec<Delayed<Held>> {
    (0..random.within(1..=5))
        .map(|_| match random.below(if endless { 5 } else { 4 }) {
            0 => flaky(watch, 0),
            1 => pending(watch, random.below(3) as u32),
            2 => blocking(watch, flaky(watch, 0)),
            3 => flaky(watch, 2).retries(3),
            _ => pending(watch, Pends::FOREVER),
        })
        .collect()
}

#[test]
fn cancelled_against_finished() {
    check(8000, || {
        let mut random = Random::of_schedule();
        let watch = Arc::<Watch>::default();
        let stage = stage(&mut random, Runtime::builder());
        let (token, count) = (CancelToken::new(), random.below(2));
        let runs: Vec<_> =
            (0..=count).map(|_| stage.runtime.start(tasks(&mut random, &watch, true)).cancelled_by(&token)).collect();
        let canceller = at_some_moment(&mut random, move || token.cancel());
        for run in runs {
            let awaits = random.one_in(2);
            let values = if awaits { block_on(run) } else { run.wait() };
            assert!(values.is_ok() || is_cancelled(&values), "{:?}", values.err());
        }
        canceller.join().unwrap();
        // Usable at once.
        assert!(stage.runtime.compute(flaky(&watch, 0)).is_ok());
        stage.end();
        watch.check();
    });
}

#[test]
fn timed_out_against_finished() {
    check(8000, || {
        let mut random = Random::of_schedule();
        let watch = Arc::<Watch>::default();
        let stage = stage(&mut random, Runtime::builder().on_failure(OnFailure::Continue));
        let tasks: Vec<_> = (0..random.within(1..=4))
            .map(|_| {
                let task = match random.below(3) {
                    0 => pending(&watch, random.below(4) as u32),
                    1 => pending(&watch, Pends::FOREVER),
                    _ => blocking(&watch, flaky(&watch, 0)),
                };
                let task = if random.one_in(2) { task.retries(1) } else { task };
                task.timeout(TIME)
            })
            .collect();
        let taken: Vec<_> = tasks.iter().map(|task| task.clone().map_ref(|_| ()).or(())).collect();
        let (each, taken) = stage.runtime.try_compute((tasks, taken));
        for one in each {
            assert!(one.as_ref().map_or_else(|error| error.kind() == ErrorKind::TimedOut, |_| true), "{:?}", one.err());
        }
        assert!(taken.iter().all(Result::is_ok));
        stage.end();
        watch.check();
    });
}

#[test]
fn tried_again_against_cancelled() {
    check(8000, || {
        let mut random = Random::of_schedule();
        let watch = Arc::<Watch>::default();
        let stage = stage(&mut random, Runtime::builder());
        let input = flaky(&watch, 0);
        let fails = random.below(4);
        let after = {
            let (watch, asked) = (watch.clone(), AtomicUsize::new(0));
            delayed(move |input: Held| {
                let _entered = watch.enter();
                if asked.fetch_add(1, Relaxed) < fails { Err("busy") } else { Ok(input) }
            })
            .try_call((input.clone(),))
            .retries(2)
        };
        let run = stage.runtime.start((after, flaky(&watch, 2).retries(2), input.map_ref(|_| ())));
        let token = CancelToken::new();
        let run = run.cancelled_by(&token);
        let canceller = random.one_in(2).then(|| at_some_moment(&mut random, move || token.cancel()));
        let values = run.wait();
        match &values {
            Ok(_) => assert!(fails <= 2),
            Err(error) if error.kind() == ErrorKind::Failed => assert_eq!((error.attempts(), fails), (3, 3)),
            Err(_) => assert!(is_cancelled(&values) && canceller.is_some()),
        }
        // One attempt for the input, three for each of the others at most.
        assert!(watch.began.load(Relaxed) <= 7);
        drop(values);
        if let Some(canceller) = canceller {
            canceller.join().unwrap();
        }
        stage.end();
        watch.check();
    });
}

#[test]
fn places_of_a_limit_against_cancelled() {
    check(8000, || {
        let mut random = Random::of_schedule();
        let watch = Arc::<Watch>::default();
        let stage = stage(&mut random, Runtime::builder().limit("few", 2));
        let limited = |random: &mut Random| {
            let tasks = (0..random.within(1..=4)).map(|_| match random.below(3) {
                0 => pending(&watch, 2),
                1 => flaky(&watch, 1).retries(1),
                _ => blocking(&watch, crate::delayed::value(watch.make())),
            });
            tasks.map(|task| task.limit("few")).collect::<Vec<_>>()
        };
        let token = CancelToken::new();
        let first = stage.runtime.start(limited(&mut random)).cancelled_by(&token);
        let canceller = random.one_in(2).then(|| at_some_moment(&mut random, move || token.cancel()));
        let second = stage.runtime.compute(limited(&mut random));
        assert!(second.is_ok());
        let first = first.wait();
        assert!(first.is_ok() || (is_cancelled(&first) && canceller.is_some()));
        drop((first, second));
        if let Some(canceller) = canceller {
            canceller.join().unwrap();
        }
        assert!(watch.most_under_way.load(Relaxed) <= 2, "more than the limit were under way");
        // All places are free again.
        assert!(stage.runtime.compute(limited(&mut random)).is_ok());
        stage.end();
        watch.check();
    });
}

#[test]
fn memory_against_cancelled() {
    check(6000, || {
        let mut random = Random::of_schedule();
        let watch = Arc::<Watch>::default();
        let bytes = random.below(3) * size_of::<Held>();
        let stage = stage(&mut random, Runtime::builder().memory_limit(bytes));
        let pairs = |random: &mut Random| {
            let pairs = (0..random.within(1..=4)).map(|_| {
                let source = if random.one_in(2) { pending(&watch, 1) } else { flaky(&watch, 0) };
                source.map_ref(|_| ())
            });
            pairs.collect::<Vec<_>>()
        };
        let token = CancelToken::new();
        let first = stage.runtime.start(pairs(&mut random)).cancelled_by(&token);
        let canceller = random.one_in(2).then(|| at_some_moment(&mut random, move || token.cancel()));
        assert!(stage.runtime.compute(pairs(&mut random)).is_ok());
        let first = first.wait();
        assert!(first.is_ok() || (is_cancelled(&first) && canceller.is_some()));
        if let Some(canceller) = canceller {
            canceller.join().unwrap();
        }
        assert!(stage.runtime.compute(pairs(&mut random)).is_ok());
        stage.end();
        watch.check();
    });
}

#[test]
fn timed_out_against_cancelled() {
    check(6000, || {
        let mut random = Random::of_schedule();
        let watch = Arc::<Watch>::default();
        let stage = stage(&mut random, Runtime::builder());
        let tasks: Vec<_> = (0..random.within(1..=3))
            .map(|_| match random.below(3) {
                0 => pending(&watch, Pends::FOREVER).timeout(TIME).retries(1),
                1 => blocking(&watch, flaky(&watch, 1).retries(1)).timeout(TIME),
                _ => blocking(&watch, pending(&watch, 1)).timeout(TIME),
            })
            .collect();
        let token = CancelToken::new();
        let run = stage.runtime.start(tasks).cancelled_by(&token);
        let canceller = at_some_moment(&mut random, move || token.cancel());
        let values = run.wait();
        let is_late = values.as_ref().is_err_and(|error| error.kind() == ErrorKind::TimedOut);
        assert!(values.is_ok() || is_late || is_cancelled(&values), "{:?}", values.err());
        drop(values);
        canceller.join().unwrap();
        assert!(stage.runtime.compute(flaky(&watch, 0)).is_ok());
        stage.end();
        watch.check();
    });
}

#[test]
fn places_and_memory_against_cancelled() {
    check(6000, || {
        let mut random = Random::of_schedule();
        let watch = Arc::<Watch>::default();
        let bytes = random.below(3) * size_of::<Held>();
        let stage = stage(&mut random, Runtime::builder().limit("one", 1).memory_limit(bytes));
        let tasks = |random: &mut Random| {
            let tasks = (0..random.within(1..=4)).map(|_| {
                let source = if random.one_in(2) { pending(&watch, 1) } else { flaky(&watch, 0) };
                let source = if random.one_in(2) { source.limit("one") } else { source };
                if random.one_in(3) {
                    blocking(&watch, source).limit("one").map_ref(|_| ())
                } else {
                    source.map_ref(|_| ())
                }
            });
            tasks.collect::<Vec<_>>()
        };
        let token = CancelToken::new();
        let first = stage.runtime.start(tasks(&mut random)).cancelled_by(&token);
        let canceller = random.one_in(2).then(|| at_some_moment(&mut random, move || token.cancel()));
        assert!(stage.runtime.compute(tasks(&mut random)).is_ok());
        let first = first.wait();
        assert!(first.is_ok() || (is_cancelled(&first) && canceller.is_some()));
        if let Some(canceller) = canceller {
            canceller.join().unwrap();
        }
        assert!(stage.runtime.compute(tasks(&mut random)).is_ok());
        stage.end();
        watch.check();
    });
}

/// Places among async tasks go on whatever becomes of those that would have used up what is there.
#[test]
fn async_tasks_that_are_bounded_beside_failures() {
    check(6000, || {
        let mut random = Random::of_schedule();
        let watch = Arc::<Watch>::default();
        let settings = Runtime::builder().async_in_flight(1).limit("one", 1).on_failure(OnFailure::Continue);
        let runtime = settings.workers(random.within(1..=2)).build().unwrap();
        let stage = Stage { runtime: Arc::new(runtime), ledger: Arc::default() };
        let bad = flaky(&watch, 1);
        let tasks: Vec<_> = (0..random.within(2..=4))
            .map(|_| {
                let source = pending(&watch, 1);
                let [one, two] = [(); 2].map(|()| match random.below(4) {
                    0 => blocking(&watch, source.clone()).map_ref(|_| ()),
                    1 => source.clone().map_ref(|_| ()).limit("one"),
                    2 => source.clone().map_ref(|_| ()).after(&bad),
                    _ => source.clone().map_ref(|_| ()),
                });
                (one, two)
            })
            .collect();
        let count = tasks.len();
        assert_eq!(stage.runtime.try_compute(tasks).len(), count);
        drop(bad);
        stage.end();
        watch.check();
    });
}
