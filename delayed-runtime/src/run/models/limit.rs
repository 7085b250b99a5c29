//! Places for async tasks (`limit.rs`): no task waits for ever. (Tokio polls them when all is over, of which loom sees
//! nothing.)

use std::future::ready;

use super::{Count, core_on, counted, end};
use crate::delayed::{CallAsync, Delayed, delayed_async};
use crate::run::{Core, Owner};
use crate::scheduler::Seat;
use crate::sync::{model, thread};
use crate::worker::{Pool, Shift};

/// An async task that is counted.
fn counted_async(count: &Count) -> Delayed<u32> {
    let count = count.clone();
    let task = delayed_async(move |x: u32| {
        count.add();
        ready(x)
    });
    task.call((1,))
}

/// Takes the first ready task of a run, runs the second one, and queues what that makes ready.
fn take_and_queue(core: &Core) -> u32 {
    let scheduler = core.scheduler.get().unwrap();
    let mut seat = Seat::new(0);
    let [first, second] = [(); 2].map(|()| scheduler.next(&mut seat, |_| 1).unwrap());
    // The cursor comes by the others, which are not ready.
    assert_eq!(scheduler.next(&mut seat, |_| 1), None);
    assert!(matches!(core.call(second), Ok(None)));
    scheduler.put_back(&seat, scheduler.finished(&seat, second).next.unwrap());
    first
}

/// The only place becomes free while a task begins to wait for it and the run's last ready task is taken: whoever gives
/// back the place launches it, or whoever takes the last ready task.
#[test]
fn a_place_given_back_against_a_backlog_that_vanishes() {
    model(None, || {
        let tokio = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let pool = Pool::new(1, Some(1));
        let count = Count::default();
        let run = core_on(
            &pool,
            (counted_async(&count), counted(&count).map(|x| x)),
            Owner::Future,
            Some(tokio.handle().clone()),
        );
        let task = take_and_queue(&run);
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
        if let Some(attached) = run.attach() {
            run.work(&attached, &mut Shift::default());
        }
        there.join().unwrap();
        // What tokio has by now.
        tokio.block_on(tokio::task::yield_now());
        assert_eq!(count.get(), 2, "the task that waited has run");
        assert!(run.is_over());
        run.take_apart();
        end(&pool);
    });
}
