//! The limit on async tasks under way, `async_in_flight(n)`: so many bodies are between the start and the end of their
//! future, over all runs of a runtime, and no more. By default there is no limit.

mod common;

use std::collections::VecDeque;
use std::future::{Future, pending};
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use common::{Gate, watched};
use delayed::prelude::*;
use tokio::sync::{Barrier, Notify, Semaphore};
use tokio::task::yield_now;

fn limited(workers: usize, limit: usize) -> Runtime {
    Runtime::builder().workers(workers).async_in_flight(limit).build().expect("both are above 0")
}

/// Counts the bodies that have begun and not ended.
#[derive(Clone, Debug, Default)]
struct Flights(Arc<Mutex<Counts>>);

#[derive(Debug, Default)]
struct Counts {
    now: usize,
    most: usize,
    begun: usize,
}

/// A body between its start and its end.
struct Flight(Flights);

impl Flights {
    fn begin(&self) -> Flight {
        let mut counts = self.0.lock().unwrap();
        counts.now += 1;
        counts.begun += 1;
        counts.most = counts.most.max(counts.now);
        Flight(self.clone())
    }

    fn most(&self) -> usize {
        self.0.lock().unwrap().most
    }

    fn begun(&self) -> usize {
        self.0.lock().unwrap().begun
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        self.0.0.lock().unwrap().now -= 1;
    }
}

#[delayed]
async fn quick(flights: Flights, x: u64) -> u64 {
    let _flight = flights.begin();
    for _ in 0..3 {
        yield_now().await;
    }
    x
}

/// Ends only together with others: as many as the barrier is wide must be under way at the same time.
#[delayed]
async fn together(flights: Flights, barrier: Arc<Barrier>, x: u64) -> u64 {
    let _flight = flights.begin();
    barrier.wait().await;
    x
}

#[delayed]
async fn forever(begun: Arc<Semaphore>) -> u64 {
    begun.add_permits(1);
    pending().await
}

#[delayed]
fn sum(xs: &[u64]) -> u64 {
    xs.iter().sum()
}

/// Ends only if the whole limit can be used.
async fn uses_all_places(runtime: &Runtime, limit: usize) {
    let (flights, barrier) = (Flights::default(), Arc::new(Barrier::new(limit)));
    let tasks: Vec<_> = (0..2 * limit as u64).map(|x| together(flights.clone(), barrier.clone(), x)).collect();
    let expected = (0..2 * limit as u64).sum::<u64>();
    assert_eq!(runtime.compute_async(sum(tasks)).await.unwrap(), expected);
    assert_eq!(flights.most(), limit);
}

#[test]
fn a_limit_of_0_is_refused() {
    let line = line!() + 1;
    let error = Runtime::builder().async_in_flight(0).build().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Runtime);
    assert!(error.to_string().contains("`async_in_flight(0)` could start nothing; write 1 or more"), "{error}");
    assert_eq!((error.location().file(), error.location().line()), (file!(), line));
}

/// What is known of the blocks of one run: they come in pairs, and each pair goes into one sum.
#[derive(Clone, Debug)]
struct Blocks(Arc<(Mutex<Pairs>, Notify)>);

#[derive(Debug, Default)]
struct Pairs {
    alive: usize,
    peak: usize,
    /// In the order in which they began.
    loading: VecDeque<usize>,
    /// Blocks of each pair that were loaded.
    loaded: Vec<usize>,
    /// Blocks of each pair that were dropped.
    dropped: Vec<usize>,
    /// Pairs that were loaded and are not gone: their sums run, or could.
    to_sum: usize,
}

impl Blocks {
    fn new(pairs: usize) -> Blocks {
        let pairs = Pairs { loaded: vec![0; pairs], dropped: vec![0; pairs], ..Pairs::default() };
        Blocks(Arc::new((Mutex::new(pairs), Notify::new())))
    }

    /// Waits until a load may go on, and every sum that could run has run: sums are quick, and loads are not.
    async fn quiet<R>(&self, may: impl Fn(&Pairs) -> bool, act: impl FnOnce(&mut Pairs) -> R) -> R {
        loop {
            let changed = self.0.1.notified();
            {
                let mut pairs = self.0.0.lock().unwrap();
                if pairs.to_sum == 0 && may(&pairs) {
                    self.0.1.notify_waiters();
                    return act(&mut pairs);
                }
            }
            changed.await;
        }
    }
}

/// A value that is counted from the moment when its memory is there.
#[derive(Debug)]
struct Block {
    number: usize,
    blocks: Blocks,
}

impl Drop for Block {
    fn drop(&mut self) {
        let mut pairs = self.blocks.0.0.lock().unwrap();
        let pair = self.number / 2;
        pairs.alive -= 1;
        pairs.dropped[pair] += 1;
        if pairs.dropped[pair] == 2 {
            pairs.to_sum -= 1;
            self.blocks.0.1.notify_waiters();
        }
    }
}

/// All loads are as long as each other: they end in the order in which they began.
#[delayed]
async fn load(flights: Flights, blocks: Blocks, number: usize) -> Block {
    let _flight = flights.begin();
    let shared = blocks.clone();
    let begin = blocks.quiet(
        |_| true,
        move |pairs| {
            pairs.alive += 1;
            pairs.peak = pairs.peak.max(pairs.alive);
            pairs.loading.push_back(number);
            Block { number, blocks: shared }
        },
    );
    let block = begin.await;
    for _ in 0..3 {
        yield_now().await;
    }
    let end = blocks.quiet(
        |pairs| pairs.loading.front() == Some(&number),
        |pairs| {
            pairs.loading.pop_front();
            pairs.loaded[number / 2] += 1;
            pairs.to_sum += usize::from(pairs.loaded[number / 2] == 2);
        },
    );
    end.await;
    block
}

#[delayed]
fn add_blocks(x: &Block, y: &Block) -> usize {
    x.number + y.number
}

#[delayed]
fn add(x: usize, y: usize) -> usize {
    x + y
}

/// Loads of blocks, and joins in pairs of what comes out:
///
/// ```text
/// load ─┐
/// load ─┴─► add_blocks ─┐
/// load ─┐               ├─► add ─► ..
/// load ─┴─► add_blocks ─┘
/// ```
fn stream(count: usize, flights: &Flights, blocks: &Blocks) -> Delayed<usize> {
    let loads: Vec<_> = (0..count).map(|number| load(flights.clone(), blocks.clone(), number)).collect();
    let mut level: Vec<_> = loads.chunks(2).map(|pair| add_blocks(&pair[0], &pair[1])).collect();
    while level.len() > 1 {
        level = level.chunks(2).map(|pair| if let [x, y] = pair { add(x, y) } else { pair[0].clone() }).collect();
    }
    level.remove(0)
}

/// 32 under way, and for each of them at most the other one of its pair.
fn check_stream(flights: &Flights, blocks: &Blocks) {
    let (most, pairs) = (flights.most(), blocks.0.0.lock().unwrap());
    assert!(most <= 32, "{most} loads under way");
    assert!(pairs.peak <= 64, "{} blocks alive", pairs.peak);
    assert_eq!((flights.begun(), pairs.alive), (2000, 0));
}

#[test]
fn a_stream_of_blocks_stays_small() {
    for n in [1, 2, 8] {
        watched(move || {
            let (flights, blocks) = (Flights::default(), Blocks::new(1000));
            let total = stream(2000, &flights, &blocks);
            assert_eq!(limited(n, 32).compute(total).unwrap(), 1999 * 1000);
            check_stream(&flights, &blocks);
        });
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_of_blocks_stays_small_in_async_code() {
    for n in [1, 2, 8] {
        let (flights, blocks) = (Flights::default(), Blocks::new(1000));
        let total = stream(2000, &flights, &blocks);
        assert_eq!(limited(n, 32).compute_async(total).await.unwrap(), 1999 * 1000);
        check_stream(&flights, &blocks);
    }
}

#[test]
fn a_wide_fan_in_with_a_small_limit() {
    for n in [1, 2, 8] {
        watched(move || {
            let (flights, barrier) = (Flights::default(), Arc::new(Barrier::new(8)));
            let tasks: Vec<_> = (0..200).map(|x| together(flights.clone(), barrier.clone(), x)).collect();
            assert_eq!(limited(n, 8).compute(sum(tasks)).unwrap(), 199 * 100);
            assert_eq!(flights.most(), 8, "all of the limit, and no more");
        });
    }
}

#[test]
fn tasks_that_an_async_one_makes_ready_are_counted_too() {
    // quick ─┬─► together ─┐
    //        ├─► together ─┼─► sum
    //        └─► .. 48     ┘
    for n in [1, 2, 8] {
        watched(move || {
            let (flights, barrier) = (Flights::default(), Arc::new(Barrier::new(3)));
            let first = quick(flights.clone(), 1);
            let tasks: Vec<_> = (0..48).map(|_| together(flights.clone(), barrier.clone(), &first)).collect();
            assert_eq!(limited(n, 3).compute(sum(tasks)).unwrap(), 48);
            assert_eq!(flights.most(), 3);
        });
    }
}

#[test]
fn chains_with_a_limit_of_1() {
    // quick ─► quick ─► + 1 ─► quick ─► .., two of them
    for n in [1, 2, 8] {
        watched(move || {
            let flights = Flights::default();
            let chain = || {
                let mut chain = quick(flights.clone(), 0);
                for _ in 0..100 {
                    chain = quick(flights.clone(), quick(flights.clone(), chain) + 1);
                }
                chain
            };
            assert_eq!(limited(n, 1).compute((chain(), chain())).unwrap(), (100, 100));
            assert_eq!((flights.most(), flights.begun()), (1, 402));
        });
    }
}

#[test]
fn a_task_that_waits_for_a_place_keeps_no_worker() {
    // The first async task has the only place and waits for a sync task, which comes after the second in the order.
    watched(|| {
        let (flights, notify) = (Flights::default(), Arc::new(Notify::new()));
        let notified = notify.clone();
        let waits = delayed_async(move |(): ()| {
            let notified = notified.clone();
            async move { notified.notified().await }
        });
        let sync = value(()).map(move |()| notify.notify_one());
        let shape = (waits.call(((),)), quick(flights, 1), sync);
        assert_eq!(limited(1, 1).compute(shape).unwrap(), ((), 1, ()));
    });
}

#[test]
fn two_runs_share_the_limit() {
    for n in [1, 2, 8] {
        watched(move || {
            let runtime = limited(n, 4);
            let (flights, barrier) = (Flights::default(), Arc::new(Barrier::new(4)));
            let total = || sum((0..200).map(|x| together(flights.clone(), barrier.clone(), x)).collect::<Vec<_>>());
            let (first, second) = (total(), total());
            std::thread::scope(|scope| {
                let second = scope.spawn(|| runtime.compute(second).unwrap());
                assert_eq!(runtime.compute(first).unwrap(), 199 * 100);
                assert_eq!(second.join().unwrap(), 199 * 100);
            });
            assert_eq!(flights.most(), 4, "over both runs");
        });
    }
}

#[test]
fn a_run_waits_for_the_places_of_another_and_goes_on_when_that_is_dropped() {
    for n in [1, 2, 8] {
        watched(move || {
            let host = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let (runtime, begun) = (limited(n, 2), Arc::new(Semaphore::new(0)));
            host.block_on(async {
                let holder = runtime.compute_async([forever(begun.clone()), forever(begun.clone())]);
                let holder = tokio::spawn(holder);
                begun.acquire_many(2).await.unwrap().forget();

                let flights = Flights::default();
                let waits = runtime.compute_async((0..20).map(|x| quick(flights.clone(), x)).collect::<Vec<_>>());
                let waits = tokio::spawn(waits);
                for _ in 0..1000 {
                    yield_now().await;
                }
                assert_eq!(flights.begun(), 0, "the other run has all places");
                holder.abort();
                assert_eq!(waits.await.unwrap().unwrap(), (0..20).collect::<Vec<_>>());
                assert_eq!((flights.most().min(3), flights.begun()), (flights.most(), 20));
            });
        });
    }
}

#[test]
fn a_failure_gives_its_places_back() {
    #[delayed]
    async fn fails(begun: Arc<Semaphore>, panics: bool) -> Result<u64, String> {
        begun.acquire().await.unwrap().forget();
        yield_now().await;
        assert!(!panics, "on purpose");
        Err(String::from("on purpose"))
    }
    for (n, panics) in [(1, false), (1, true), (2, false), (2, true), (8, false), (8, true)] {
        watched(move || {
            let runtime = limited(n, 2);
            for _ in 0..20 {
                let (flights, begun) = (Flights::default(), Arc::new(Semaphore::new(0)));
                let others: Vec<_> = (0..20).map(|x| quick(flights.clone(), x)).collect();
                let shape = (forever(begun.clone()), fails(begun, panics), others);
                let error = runtime.compute(shape).unwrap_err();
                assert_eq!(error.task(), "fails");
                assert_eq!(error.kind(), if panics { ErrorKind::Panicked } else { ErrorKind::Failed });
                futures::executor::block_on(uses_all_places(&runtime, 2));
            }
        });
    }
}

#[test]
fn a_dropped_run_gives_its_places_back() {
    for n in [1, 2, 8] {
        watched(move || {
            let (runtime, begun) = (limited(n, 2), Arc::new(Semaphore::new(0)));
            let host = tokio::runtime::Builder::new_current_thread().build().unwrap();
            for _ in 0..20 {
                let flights = Flights::default();
                let others: Vec<_> = (0..20).map(|x| quick(flights.clone(), x)).collect();
                let run = runtime.compute_async((forever(begun.clone()), forever(begun.clone()), others));
                host.block_on(async {
                    let mut run = Box::pin(run);
                    tokio::select! {
                        _ = &mut run => unreachable!("two of its tasks never end"),
                        both = begun.acquire_many(2) => both.unwrap().forget(),
                    }
                    drop(run);
                    // The host goes on: it is what drops the tasks.
                    uses_all_places(&runtime, 2).await;
                });
            }
        });
    }
}

#[test]
fn a_run_inside_a_task_that_has_a_place_needs_none() {
    #[delayed(allow(nested_delayed))]
    async fn asks(runtime: Arc<Runtime>, flights: Flights) -> u64 {
        runtime.compute_async(quick(flights, 1)).await.unwrap()
    }
    #[delayed(allow(nested_delayed))]
    fn asks_and_waits(runtime: Arc<Runtime>, flights: Flights) -> u64 {
        runtime.compute(quick(flights, 1)).unwrap()
    }
    #[delayed(allow(nested_delayed))]
    async fn asks_for_one_that_waits(runtime: Arc<Runtime>, flights: Flights) -> u64 {
        runtime.compute_async(asks_and_waits(runtime.clone(), flights)).await.unwrap()
    }
    #[delayed(allow(nested_delayed))]
    async fn asks_through(other: Arc<Runtime>, runtime: Arc<Runtime>, flights: Flights) -> u64 {
        other.compute_async(asks(runtime, flights)).await.unwrap()
    }
    for n in [1, 2, 8] {
        watched(move || {
            let runtime = Arc::new(limited(n, 1));
            for other in [Arc::new(limited(n, 1)), Arc::new(common::workers(n))] {
                let flights = Flights::default();
                let direct = asks(runtime.clone(), flights.clone());
                assert_eq!(runtime.compute(direct).unwrap(), 1);
                let through_a_sync_task = asks_for_one_that_waits(runtime.clone(), flights.clone());
                assert_eq!(runtime.compute(through_a_sync_task).unwrap(), 1);
                let through_another_runtime = asks_through(other, runtime.clone(), flights.clone());
                assert_eq!(runtime.compute(through_another_runtime).unwrap(), 1);
                assert_eq!((flights.most(), flights.begun()), (1, 3));
            }
        });
    }
}

#[test]
fn a_run_asked_for_inside_a_task_that_has_a_place_needs_none_wherever_it_is_polled() {
    #[delayed(allow(nested_delayed))]
    async fn spawns(runtime: Arc<Runtime>, flights: Flights) -> u64 {
        tokio::spawn(runtime.compute_async(quick(flights, 1))).await.unwrap().unwrap()
    }
    for n in [1, 2, 8] {
        watched(move || {
            let (runtime, flights) = (Arc::new(limited(n, 1)), Flights::default());
            assert_eq!(runtime.compute(spawns(runtime.clone(), flights.clone())).unwrap(), 1);
            // In the part of a body that comes before its future, and in the destructor of one.
            let (inner, counted) = (runtime.clone(), flights.clone());
            let early = delayed_async(move |x: u64| {
                let y = inner.compute(quick(counted.clone(), 1)).unwrap();
                async move { x + y }
            });
            assert_eq!(runtime.compute(early.call((1,))).unwrap(), 2);
            struct Late(Arc<Runtime>, Flights);
            impl Drop for Late {
                fn drop(&mut self) {
                    assert_eq!(self.0.compute(quick(self.1.clone(), 1)).unwrap(), 1);
                }
            }
            let (inner, counted) = (runtime.clone(), flights.clone());
            let begun = Arc::new(Semaphore::new(0));
            let note = begun.clone();
            let late = delayed_async(move |(): ()| {
                let (late, begun) = (Late(inner.clone(), counted.clone()), note.clone());
                async move {
                    begun.add_permits(1);
                    let _late = late;
                    pending::<u64>().await
                }
            });
            let fails = value(()).map(move |()| -> u64 {
                futures::executor::block_on(begun.acquire()).unwrap().forget();
                panic!("on purpose")
            });
            assert_eq!(runtime.compute((late.call(((),)), fails)).unwrap_err().kind(), ErrorKind::Panicked);
            assert_eq!(flights.begun(), 3);
        });
    }
}

#[test]
fn thousands_of_runs_wait_for_places_when_their_host_shuts_down() {
    watched(|| {
        let runtime = limited(2, 1);
        let host = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
        let begun = Arc::new(Semaphore::new(0));
        let mut runs: Vec<_> = {
            let _entered = host.enter();
            let runs = (0..10_000).map(|_| Box::pin(runtime.compute_async(forever(begun.clone()))));
            let polled = runs.map(|mut run| {
                assert!(run.as_mut().poll(&mut cx).is_pending());
                run
            });
            polled.collect()
        };
        // Each place comes back in the midst of being handed out.
        drop(host);
        for run in &mut runs {
            let Poll::Ready(ended) = run.as_mut().poll(&mut cx) else { panic!("the run goes on") };
            assert_eq!(ended.unwrap_err().kind(), ErrorKind::Cancelled);
        }
        futures::executor::block_on(uses_all_places(&runtime, 1));
    });
}

#[test]
fn a_subscriber_that_panics_fails_the_task_and_keeps_no_place() {
    /// Panics at the span of a task of that name.
    struct Bad;
    impl tracing::Subscriber for Bad {
        fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
            true
        }
        fn new_span(&self, span: &tracing::span::Attributes<'_>) -> tracing::span::Id {
            assert!(span.metadata().name() != "task", "on purpose");
            tracing::span::Id::from_u64(1)
        }
        fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}
        fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
        fn event(&self, _: &tracing::Event<'_>) {}
        fn enter(&self, _: &tracing::span::Id) {}
        fn exit(&self, _: &tracing::span::Id) {}
    }
    for n in [1, 2, 8] {
        watched(move || {
            let runtime = limited(n, 2);
            for _ in 0..3 {
                let tasks = || sum([quick(Flights::default(), 1), value(1_u64) + 1]);
                let bad = tracing::dispatcher::set_default(&tracing::Dispatch::new(Bad));
                assert_eq!(runtime.compute(tasks()).unwrap_err().kind(), ErrorKind::Panicked);
                let awaited = futures::executor::block_on(runtime.compute_async(tasks()));
                assert_eq!(awaited.unwrap_err().kind(), ErrorKind::Panicked);
                drop(bad);
                futures::executor::block_on(uses_all_places(&runtime, 2));
            }
        });
    }
}

#[test]
fn a_run_inside_a_task_of_another_runtime_takes_places() {
    #[delayed(allow(nested_delayed))]
    async fn asks(runtime: Arc<Runtime>, flights: Flights) -> u64 {
        runtime.compute_async(sum((0..20).map(|x| quick(flights.clone(), x)).collect::<Vec<_>>())).await.unwrap()
    }
    watched(|| {
        let (outer, inner, flights) = (common::workers(2), Arc::new(limited(2, 3)), Flights::default());
        let all: Vec<_> = (0..20).map(|_| asks(inner.clone(), flights.clone())).collect();
        assert_eq!(outer.compute(sum(all)).unwrap(), 20 * 190);
        assert!(flights.most() <= 3, "{}", flights.most());
        assert_eq!(flights.begun(), 400);
    });
}

#[test]
fn loads_wait_while_what_was_loaded_waits_for_a_worker() {
    #[delayed]
    fn busy(gate: Gate) -> u64 {
        gate.pass();
        0
    }
    #[delayed]
    fn len(block: &[u64]) -> u64 {
        block.len() as u64
    }
    #[delayed]
    async fn fetch(flights: Flights) -> Vec<u64> {
        let _flight = flights.begin();
        yield_now().await;
        vec![0; 10]
    }
    watched(|| {
        let host = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let (gate, flights) = (Gate::default(), Flights::default());
        let lens = (0..400).map(|_| len(fetch(flights.clone())));
        let all: Vec<_> = std::iter::once(busy(gate.clone())).chain(lens).collect();
        host.block_on(async {
            let runtime = limited(1, 2);
            let run = tokio::spawn(runtime.compute_async(sum(all)));
            // The only worker is busy. Two blocks are loaded, and wait for it.
            for _ in 0..1000 {
                yield_now().await;
            }
            assert_eq!(flights.begun(), 2, "no more is loaded than is used up");
            gate.open();
            assert_eq!(run.await.unwrap().unwrap(), 4000);
            assert_eq!((flights.most(), flights.begun()), (2, 400));
        });
    });
}

#[test]
fn sync_sources_hold_no_load_back() {
    #[delayed]
    fn busy(gate: Gate) -> u64 {
        gate.pass();
        1
    }
    watched(|| {
        let host = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let (gate, flights) = (Gate::default(), Flights::default());
        let busy: Vec<_> = (0..10).map(|_| busy(gate.clone())).collect();
        let loads: Vec<_> = (0..20).map(|x| quick(flights.clone(), x)).collect();
        host.block_on(async {
            let runtime = limited(1, 2);
            let run = tokio::spawn(runtime.compute_async((sum(busy), sum(loads))));
            while flights.begun() < 20 {
                yield_now().await;
            }
            gate.open();
            assert_eq!(run.await.unwrap().unwrap(), (10, 190));
        });
    });
}

#[test]
fn an_async_task_in_the_queue_holds_no_load_back() {
    // first ─┬─► quick        on the place of the first
    //        └─► notified     in the queue of the only worker, which is busy until ..
    // notifies                .. this one has run, for which a place becomes free
    #[delayed]
    async fn first(is_busy: Arc<Semaphore>) -> u64 {
        is_busy.acquire().await.unwrap().forget();
        1
    }
    #[delayed]
    async fn notified(x: u64, notify: Arc<Notify>) -> u64 {
        notify.notified().await;
        x
    }
    #[delayed]
    async fn notifies(notify: Arc<Notify>, gate: Gate) -> u64 {
        notify.notify_one();
        gate.open();
        1
    }
    #[delayed]
    fn busy(is_busy: Arc<Semaphore>, gate: Gate) -> u64 {
        is_busy.add_permits(2);
        gate.pass();
        1
    }
    watched(|| {
        let host = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let (notify, gate, is_busy) = (Arc::new(Notify::new()), Gate::default(), Arc::new(Semaphore::new(0)));
        let one = first(is_busy.clone());
        let tasks = vec![
            quick(Flights::default(), one.clone()),
            notified(one, notify.clone()),
            first(is_busy.clone()),
            notifies(notify, gate.clone()),
            busy(is_busy, gate),
        ];
        assert_eq!(host.block_on(limited(1, 2).compute_async(sum(tasks))).unwrap(), 5);
    });
}

#[test]
fn what_a_waiting_task_borrows_lives_until_it_has_ended() {
    #[derive(Clone, Debug, Default)]
    struct Log(Arc<Mutex<Vec<&'static str>>>);
    impl Log {
        fn push(&self, text: &'static str) {
            self.0.lock().unwrap().push(text);
        }
    }
    #[derive(Debug)]
    struct Lent(Log);
    impl Drop for Lent {
        fn drop(&mut self) {
            self.0.push("dropped");
        }
    }
    #[delayed]
    fn make(log: Log) -> Lent {
        Lent(log)
    }
    /// Has the only place until the other waits for it.
    #[delayed]
    async fn first(go: Arc<Semaphore>) -> u64 {
        go.acquire().await.unwrap().forget();
        1
    }
    #[delayed]
    async fn second(lent: &Lent, inside: Gate, failing: Gate) -> u64 {
        inside.open();
        failing.pass();
        // Time for the run to end, if it could.
        for _ in 0..10_000 {
            std::thread::yield_now();
        }
        lent.0.push("second ends");
        1
    }
    #[delayed]
    fn fails(go: Arc<Semaphore>, inside: Gate, failing: Gate) -> Result<u64, String> {
        go.add_permits(1);
        inside.pass();
        failing.open();
        Err(String::from("on purpose"))
    }
    #[delayed]
    fn last(_lent: &Lent, _parts: [u64; 3]) {}
    watched(|| {
        let log = Log::default();
        let (go, inside, failing) = (Arc::new(Semaphore::new(0)), Gate::default(), Gate::default());
        let lent = make(log.clone());
        let tasks = [first(go.clone()), second(&lent, inside.clone(), failing.clone()), fails(go, inside, failing)];
        let error = limited(2, 1).compute(last(lent, tasks)).unwrap_err();
        assert_eq!(error.task(), "fails");
        assert_eq!(*log.0.lock().unwrap(), ["second ends", "dropped"]);
    });
}

#[tokio::test(start_paused = true)]
async fn without_a_limit_ten_thousand_tasks_wait_at_once() {
    #[delayed]
    async fn nap(flights: Flights, x: u64) -> u64 {
        let _flight = flights.begin();
        // A paused clock moves on once every task waits.
        tokio::time::sleep(Duration::from_secs(3600)).await;
        x
    }
    for n in [1, 2, 8] {
        let (start, flights) = (tokio::time::Instant::now(), Flights::default());
        let naps: Vec<_> = (0..10_000).map(|x| nap(flights.clone(), x)).collect();
        assert_eq!(common::workers(n).compute_async(sum(naps)).await.unwrap(), 9_999 * 5_000);
        assert_eq!(flights.most(), 10_000);
        assert_eq!(start.elapsed().as_secs(), 3600);
    }
}
