//! Where ready tasks are found (`scheduler.rs`, rule 3): each is given out once, whoever takes it from whom.

use std::sync::Arc;

use loom::thread;

use crate::scheduler::{Scheduler, Seat, Tasks};
use crate::sync::model;

/// Two threads take from one range: one walks it, the other takes its upper part.
#[test]
fn a_range_is_walked_and_split() {
    const COUNT: usize = 66;
    model(Some(3), || {
        let offsets = vec![0; COUNT + 1];
        let outputs: Vec<u32> = (0..66).collect();
        let tasks = Tasks { offsets: &offsets, edges: &[], data: &[], outputs: &outputs };
        let scheduler = Arc::new(Scheduler::new(tasks, 2, None));
        let some = |scheduler: &Scheduler, seat: &mut Seat, count| -> Vec<u32> {
            std::iter::from_fn(|| scheduler.next(seat, |_| 0)).take(count).collect()
        };
        let there = {
            let scheduler = scheduler.clone();
            thread::spawn(move || some(&scheduler, &mut Seat::new(1), 2))
        };
        let mut seat = Seat::new(0);
        let mut given = some(&scheduler, &mut seat, 3);
        given.extend(there.join().unwrap());
        given.extend(some(&scheduler, &mut seat, COUNT));
        given.sort_unstable();
        assert_eq!(given, outputs, "each is given out once");
    });
}

/// A short range that two threads walk, one of whom follows.
#[test]
fn a_short_range_is_walked_by_two() {
    model(None, || {
        let tasks = Tasks { offsets: &[0; 4], edges: &[], data: &[], outputs: &[0, 1, 2] };
        let scheduler = Arc::new(Scheduler::new(tasks, 2, None));
        let all = |scheduler: &Scheduler, lane| -> Vec<u32> {
            let mut seat = Seat::new(lane);
            std::iter::from_fn(|| scheduler.next(&mut seat, |_| 0)).collect()
        };
        let there = {
            let scheduler = scheduler.clone();
            thread::spawn(move || all(&scheduler, 1))
        };
        let mut given = all(&scheduler, 0);
        given.extend(there.join().unwrap());
        given.sort_unstable();
        assert_eq!(given, [0, 1, 2], "each is given out once");
    });
}

/// A task that was put back is found by one of two.
#[test]
fn a_task_put_back_is_given_out_once() {
    model(None, || {
        let tasks = Tasks { offsets: &[0, 0], edges: &[], data: &[], outputs: &[0] };
        let scheduler = Arc::new(Scheduler::new(tasks, 2, None));
        let mut seat = Seat::new(0);
        assert_eq!(scheduler.next(&mut seat, |_| 0), Some(0));
        let there = {
            let scheduler = scheduler.clone();
            thread::spawn(move || scheduler.next(&mut Seat::new(1), |_| 0))
        };
        scheduler.put_back(&seat, 0);
        let here = scheduler.next(&mut seat, |_| 0);
        assert_eq!([here, there.join().unwrap()].into_iter().flatten().count(), 1);
    });
}
