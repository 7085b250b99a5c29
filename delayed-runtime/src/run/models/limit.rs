//! Places for async tasks (`limit.rs`): no task waits for ever, and a place is nobody's after the end of its run. (The
//! futures are ready when they are first polled.)

use std::future::ready;
use std::sync::Arc;

use super::{Count, core, counted, end};
use crate::delayed::{CallAsync, Delayed, delayed_async, value};
use crate::node::models::{Log, Seen};
use crate::run::{Core, Owner};
use crate::scheduler::Seat;
use crate::sync::{model, thread};
use crate::worker::{self, Pool, Shift};

/// An async task that is counted.
fn counted_async(count: &Count) -> Delayed<u32> {
    let count = count.clone();
    let task = delayed_async(move |x: u32| {
        count.add();
        ready(x)
    });
    task.call((1,))
}

/// A sync task that uses up what another makes.
fn use_up(count: &Count) -> Delayed<u32> {
    counted(count).map(|x: u32| x + 1)
}

/// Takes the first ready task of a run, and runs the second; the one that uses up what that has made is left ready.
fn take_and_run(core: &Arc<Core>) -> u32 {
    let scheduler = core.scheduler.get().unwrap();
    let mut seat = Seat::new(0);
    let [first, second] = [(); 2].map(|()| scheduler.next(&mut seat, |_| 1).unwrap());
    assert_eq!(core.execute(scheduler, &seat, second), None);
    assert!(core.has_backlog());
    first
}

/// The only place becomes free while a task begins to wait for it and the run's last ready task is taken: whoever gives
/// back the place launches it, or whoever takes the last ready task.
#[test]
fn a_place_given_back_against_a_backlog_that_vanishes() {
    model(None, || {
        let pool = Pool::new(1, Some(1));
        let count = Count::default();
        let run = core(&pool, (counted_async(&count), use_up(&count)), Owner::Future);
        let task = take_and_run(&run);
        // Somebody has the place.
        assert!(pool.in_flight().unwrap().take_or_wait(&run, task));
        let there = {
            let core = run.clone();
            thread::spawn(move || {
                let limit = core.pool().in_flight().unwrap();
                assert!(!limit.take_or_wait(&core, task));
                limit.give_back();
            })
        };
        work(&run);
        there.join().unwrap();
        assert_eq!(count.get(), 2, "the task that waited has run");
        assert!(run.is_over());
        run.take_apart();
        end(&pool);
    });
}

/// Works on a run until nothing is ready.
fn work(core: &Arc<Core>) {
    if let Some(attached) = core.attach() {
        core.work(&attached, &mut Shift::default());
    }
}

/// The place becomes free while the run of the task that waits for it fails: the task runs, or it does not, and nobody
/// touches the run once its owner has taken it apart.
#[test]
fn a_place_given_back_against_the_end_of_the_run() {
    model(Some(3), || {
        thread::refuse();
        let pool = Pool::new(2, Some(1));
        let log = Arc::new(Log::default());
        let waits = {
            let seen = Seen::new(7, &log);
            delayed_async(move |x: u32| ready(x + seen.read())).call((1,))
        };
        let fails = value(1).map(|_: u32| Err::<u32, String>("no".into())).or_fail();
        let run = core(&pool, (waits, fails), Owner::Thread);
        // Somebody has the place.
        assert!(pool.in_flight().unwrap().take_or_wait(&run, u32::MAX));
        let there = {
            let pool = pool.clone();
            thread::spawn(move || pool.in_flight().unwrap().give_back())
        };
        worker::drive(&run);
        run.take_apart();
        there.join().unwrap();
        assert_eq!(log.drops(), 1);
        // Nobody waits any more, and the place is free.
        assert!(pool.in_flight().unwrap().take_or_wait(&run, u32::MAX));
    });
}

/// The place goes to a task of another run, which refuses it because it has ended, while a task begins to wait and the
/// last ready task of its run is taken: whoever hands out the place next sees one or the other.
#[test]
fn a_place_that_goes_round_against_a_backlog_that_vanishes() {
    model(Some(3), || {
        let pool = Pool::new(1, Some(1));
        let count = Count::default();
        let other = core(&pool, counted_async(&count), Owner::Future);
        let run = core(&pool, (counted_async(&count), use_up(&count)), Owner::Future);
        let task = take_and_run(&run);
        let first = other.scheduler.get().unwrap().next(&mut Seat::new(0), |_| 1).unwrap();
        let limit = pool.in_flight().unwrap();
        other.stop();
        // Somebody has the place.
        assert!(limit.take_or_wait(&run, u32::MAX));
        assert!(!limit.take_or_wait(&other, first));
        let waits = {
            let core = run.clone();
            thread::spawn(move || {
                let limit = core.pool().in_flight().unwrap();
                if limit.take_or_wait(&core, task) {
                    assert!(core.spawn(task, None));
                }
            })
        };
        let works = {
            let core = run.clone();
            thread::spawn(move || work(&core))
        };
        limit.give_back();
        waits.join().unwrap();
        works.join().unwrap();
        assert_eq!(count.get(), 2, "the tasks that waited have run");
        run.take_apart();
        other.take_apart();
        end(&pool);
    });
}
