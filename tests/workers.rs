//! Which threads take part, told by the runtime's own counters and by the threads that bodies see.
//!
//! ```text
//! chain       t ─► t ─► t ─► ..                    nobody is woken
//! pair        a ─┐                                 one thread is started, for the second source
//!             b ─┴► join
//! uneven      long ───────────────┐                while `long` waits for all the others, one worker runs them all
//!             short, short, .. ───┴► sum
//! ```

mod common;

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Mutex};
use std::thread::ThreadId;

use common::{Gate, watched};
use delayed::__private::{Counts, counts};
use delayed::prelude::*;

/// A value that says on which thread a task ran.
fn here() -> ThreadId {
    std::thread::current().id()
}

fn runtime(workers: usize) -> Runtime {
    Runtime::builder().workers(workers).build().unwrap()
}

#[delayed]
fn step(x: u64) -> u64 {
    x + 1
}

#[delayed]
fn difference(x: u64, before: u64) -> u64 {
    x.abs_diff(before)
}

#[test]
fn a_run_with_one_ready_task_at_a_time_touches_no_other_thread() {
    let runtime = runtime(8);
    let mut chain = step(0);
    for _ in 0..1000 {
        chain = step(chain);
    }
    assert_eq!(runtime.compute(chain).unwrap(), 1001);
    // Each task waits for the one before it, and for others too.
    let mut first = step(0);
    let mut second = step(&first);
    for _ in 0..100 {
        (first, second) = (second.clone(), difference(second, first));
    }
    assert_eq!(runtime.compute(second).unwrap(), 1);
    assert_eq!(counts(&runtime), Counts::default());
}

#[test]
fn a_second_ready_task_starts_one_thread() {
    let runtime = runtime(8);
    let meet = Arc::new(Barrier::new(2));
    let source = delayed({
        let meet = meet.clone();
        move |x: u64| {
            meet.wait();
            x
        }
    });
    let pair = source.call((1,)) + source.call((2,));
    assert_eq!(watched(move || (runtime.compute(pair).unwrap(), counts(&runtime).starts)), (3, 1));
}

#[test]
fn a_parked_thread_is_woken_for_the_next_run() {
    let runtime = runtime(2);
    let meet = Arc::new(Barrier::new(2));
    let source = delayed({
        let meet = meet.clone();
        move |x: u64| {
            meet.wait();
            x
        }
    });
    watched(move || {
        for round in 0..100 {
            let pair = source.call((round,)) + source.call((2,));
            assert_eq!(runtime.compute(pair).unwrap(), round + 2);
        }
        let counts = counts(&runtime);
        // The first may still be on its way to sleep when the second is wanted.
        assert!(counts.starts <= 2, "{counts:?}");
        // Each slept before each of its wakes, and once at most since.
        assert!(counts.parks <= counts.wakes + counts.starts, "{counts:?}");
    });
}

#[test]
fn no_worker_idles_while_a_task_is_ready() {
    let runtime = runtime(2);
    let gate = Gate::default();
    let left = Arc::new(AtomicUsize::new(1000));
    let threads = Arc::new(Mutex::new(HashSet::new()));
    let long = delayed({
        let gate = gate.clone();
        move |_: u64| {
            gate.pass();
            0_u64
        }
    });
    let short = delayed({
        let (gate, left, threads) = (gate.clone(), left.clone(), threads.clone());
        move |x: u64| {
            threads.lock().unwrap().insert(here());
            if left.fetch_sub(1, Ordering::AcqRel) == 1 {
                gate.open();
            }
            x
        }
    });
    // In chains of ten, so that there is something to wait for, too.
    let mut tasks = vec![long.call((0,))];
    for x in 0..100 {
        let mut chain = short.call((x,));
        for _ in 1..10 {
            chain = short.call((chain,));
        }
        tasks.push(chain);
    }
    let (sum, counts) = watched(move || {
        let values = runtime.compute(tasks).unwrap();
        (values.into_iter().sum::<u64>(), counts(&runtime))
    });
    assert_eq!(sum, (0..100).sum());
    assert_eq!(threads.lock().unwrap().len(), 1, "one thread ran all that was short while the other was kept");
    assert_eq!(counts.starts, 1);
    assert!(counts.parks <= 1, "it slept only once all was done: {counts:?}");
}

#[test]
fn a_task_made_ready_by_the_owner_wakes_those_that_sleep() {
    // A fan-out whose tasks must all run at the same time, again and again.
    const WIDTH: usize = 4;
    let runtime = runtime(WIDTH);
    let meet = Arc::new(Barrier::new(WIDTH));
    let together = delayed({
        let meet = meet.clone();
        move |x: &u64| {
            meet.wait();
            x + 1
        }
    });
    let mut top = step(0);
    for _ in 0..50 {
        let fan: Vec<_> = (0..WIDTH).map(|_| together.call((&top,))).collect();
        top = gather(fan).map(|fan: Vec<u64>| fan.into_iter().max().unwrap());
    }
    let (value, starts) = watched(move || (runtime.compute(top).unwrap(), counts(&runtime).starts));
    assert_eq!(value, 51);
    assert!(starts <= WIDTH as u64, "{starts} threads for {WIDTH} places");
}
