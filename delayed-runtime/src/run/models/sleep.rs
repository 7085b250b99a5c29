//! Sleeping against new work: no wake-up is lost (`worker.rs`, rule 4 and its fences; `Core::wait`).
//!
//! A task that nobody takes because a wake-up was lost would often be run by somebody else in the end. So either tasks
//! *meet* here, and must run at once, or there is nobody else. Tasks are handed over by a thread that is neither the
//! owner nor the pool's, as one of tokio's.

use std::sync::Arc;

use super::{Count, Meeting, core, counted, end, meets, wait};
use crate::delayed::value;
use crate::node::models::Seen;
use crate::run::{Core, Owner};
use crate::scheduler::Seat;
use crate::sync::{model, thread};
use crate::worker::{self, Pool};

/// Takes a ready task, as a tokio task would.
fn take(core: &Core) -> (Seat, u32) {
    let scheduler = core.scheduler.get().unwrap();
    let mut seat = scheduler.no_seat();
    let task = scheduler.next(&mut seat, |_| 1).unwrap();
    (seat, task)
}

/// On a thread of its own, has somebody else run tasks that were taken.
fn hand_over(core: &Arc<Core>, tasks: Vec<(Seat, u32)>) -> loom::thread::JoinHandle<()> {
    let core = core.clone();
    thread::spawn(move || {
        for (seat, task) in tasks {
            core.scheduler.get().unwrap().put_back(&seat, task);
            core.call_for_help();
        }
    })
}

/// The owner goes to sleep while a task is handed over, and nobody else is there to run it.
#[test]
fn a_task_handed_over_against_the_owner_going_to_sleep() {
    model(Some(3), || {
        thread::refuse();
        let pool = Pool::new(2, None);
        let count = Count::default();
        let core = core(&pool, (counted(&count), counted(&count)), Owner::Thread);
        let there = hand_over(&core, vec![take(&core)]);
        worker::drive(&core);
        there.join().unwrap();
        assert_eq!(count.get(), 2);
        core.take_apart();
    });
}

/// The pool's only thread goes to sleep while a task is handed over.
#[test]
fn a_task_handed_over_against_a_thread_going_to_sleep() {
    model(Some(2), || {
        let pool = Pool::new(1, None);
        let count = Count::default();
        let core = core(&pool, (counted(&count), counted(&count)), Owner::Future);
        let task = take(&core);
        assert!(pool.submit(&core));
        let there = hand_over(&core, vec![task]);
        wait(&core);
        there.join().unwrap();
        assert_eq!(count.get(), 2);
        end(&pool);
        core.take_apart();
    });
}

/// A thread that searches finds work while a second task is handed over: who hands over relies on the searching
/// thread, which wakes the next.
#[test]
fn a_task_handed_over_against_a_thread_that_finds_work() {
    model(Some(2), || {
        let pool = Pool::new(2, None);
        let meeting = Meeting::of(2);
        let core = core(&pool, (meets(value(1), &meeting), meets(value(2), &meeting)), Owner::Future);
        let task = take(&core);
        assert!(pool.submit(&core));
        let there = hand_over(&core, vec![task]);
        wait(&core);
        there.join().unwrap();
        end(&pool);
        core.take_apart();
    });
}

/// All places are taken while two tasks are handed over: who gives its place back looks after them.
#[test]
fn tasks_handed_over_against_a_place_given_back() {
    model(Some(2), || {
        let pool = Pool::new(1, None);
        let count = Count::default();
        let owned = core(&pool, counted(&count), Owner::Thread);
        let other = core(&pool, (counted(&count), counted(&count)), Owner::Future);
        let there = hand_over(&other, vec![take(&other), take(&other)]);
        worker::drive(&owned);
        owned.take_apart();
        wait(&other);
        there.join().unwrap();
        assert_eq!(count.get(), 3);
        end(&pool);
        other.take_apart();
    });
}

/// A thread of the pool is in a task of a listed run. The second place is given back by the owner of another run while
/// the task is handed over for which the first one waits.
#[test]
fn a_task_handed_over_against_the_second_place_given_back() {
    model(Some(2), || {
        let pool = Pool::new(2, None);
        let (count, meeting) = (Count::default(), Meeting::of(2));
        let owned = core(&pool, counted(&count), Owner::Thread);
        let other = core(&pool, (meets(value(1), &meeting), meets(value(2), &meeting)), Owner::Future);
        let task = take(&other);
        assert!(pool.submit(&other));
        meeting.wait_for_one(2);
        let there = hand_over(&other, vec![task]);
        worker::drive(&owned);
        owned.take_apart();
        wait(&other);
        there.join().unwrap();
        assert_eq!(count.get(), 1);
        end(&pool);
        other.take_apart();
    });
}

/// Two tasks that must run at once are handed over by two threads while the pool's only thread, which was woken for
/// nothing, goes to sleep.
#[test]
fn two_tasks_handed_over_against_a_thread_that_searches_in_vain() {
    model(Some(1), || {
        let pool = Pool::new(2, None);
        let meeting = Meeting::of(2);
        let core = core(&pool, (meets(value(1), &meeting), meets(value(2), &meeting)), Owner::Future);
        let tasks = [take(&core), take(&core)];
        assert!(pool.submit(&core));
        let there = tasks.map(|task| hand_over(&core, vec![task]));
        wait(&core);
        there.into_iter().for_each(|there| there.join().unwrap());
        end(&pool);
        core.take_apart();
    });
}

/// Two callers and one place: one of them sleeps until the other gives it back, and their tasks exclude each other.
#[test]
fn two_callers_share_one_place() {
    model(Some(3), || {
        let pool = Pool::new(1, None);
        let shared = Arc::new(Seen::new(7, &Arc::default()));
        let runs = [(); 2].map(|()| {
            let shared = shared.clone();
            // Loom reports it if two are here at once.
            core(&pool, value(1).map(move |_: u32| shared.change_shared()), Owner::Thread)
        });
        let drive = |core: Arc<Core>| {
            worker::drive(&core);
            core.take_apart();
        };
        let [here, there] = runs;
        let there = thread::spawn(move || drive(there));
        drive(here);
        there.join().unwrap();
        assert_eq!(shared.read(), 207);
        end(&pool);
    });
}
