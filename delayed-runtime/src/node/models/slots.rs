//! The users of a slot (`slot.rs`): who lends, who takes, who drops. And a task's dependencies that finish at once,
//! with values in slots (`scheduler.rs`, rule 1).

use std::sync::Arc;

use loom::thread;

use super::{Log, Seen};
use crate::node::Slots;
use crate::node::order::Uses;
use crate::scheduler::{Scheduler, Seat, Tasks};
use crate::sync::model;

/// One slot, filled, with a number of users.
fn filled(users: u32) -> (Arc<Slots>, Arc<Log>) {
    let log = Arc::new(Log::default());
    let slots = Slots::new(Uses::of(vec![users]), None);
    // SAFETY: the only task of the slot; so for all below, each of whose threads owns one use.
    unsafe { slots.put(0, Seen::new(7, &log)) };
    (Arc::new(slots), log)
}

fn lend(slots: &Slots, slot: u32) {
    // SAFETY: full, of this type, and the caller owns a use, which ends here.
    unsafe {
        assert_eq!(slots.address::<Seen>(slot).as_ref().read(), 7);
        slots.release::<Seen>(slot);
    }
}

fn take(slots: &Slots, slot: u32) {
    // SAFETY: as in `lend`.
    let value = unsafe { slots.take::<Seen>(slot, Some(Clone::clone)) };
    let mut value = value.expect("it can be cloned");
    assert_eq!(value.read(), 7);
    value.change();
}

type User = fn(&Slots, u32);

/// Runs users of one value at once; `clones` says how many may be made.
fn users(users: &'static [User], clones: std::ops::RangeInclusive<usize>) {
    model((users.len() > 2).then_some(2), move || {
        let (slots, log) = filled(u32::try_from(users.len()).unwrap());
        let (first, others) = users.split_first().unwrap();
        let others: Vec<_> = others
            .iter()
            .map(|user| {
                let slots = slots.clone();
                thread::spawn(move || user(&slots, 0))
            })
            .collect();
        first(&slots, 0);
        for other in others {
            other.join().unwrap();
        }
        assert!(clones.contains(&log.clones()), "{} clones", log.clones());
        assert_eq!(log.drops(), 1 + log.clones(), "each value is dropped once");
    });
}

#[test]
fn the_last_of_two_lenders_drops() {
    users(&[lend, lend], 0..=0);
}

#[test]
fn the_last_of_three_lenders_drops() {
    users(&[lend, lend, lend], 0..=0);
}

#[test]
fn a_taker_beside_a_lender_moves_or_clones() {
    users(&[lend, take], 0..=1);
}

#[test]
fn a_taker_beside_two_lenders_moves_or_clones() {
    users(&[lend, take, lend], 0..=1);
}

#[test]
fn two_takers_make_one_clone() {
    users(&[take, take], 1..=1);
}

#[test]
fn two_takers_and_a_lender() {
    users(&[take, lend, take], 1..=2);
}

#[test]
fn three_takers_make_two_clones() {
    users(&[take, take, take], 2..=2);
}

/// A value that lies in a node is never moved, and never dropped by the slots.
#[test]
fn a_borrowed_value_is_cloned_by_takers_and_stays() {
    model(None, || {
        let log = Arc::new(Log::default());
        let mut value = Seen::new(7, &log);
        let slots = Arc::new(Slots::new(Uses::of(vec![2]), None));
        // SAFETY: the value outlives the slots' use of it.
        unsafe { slots.put_borrowed(0, std::ptr::NonNull::from(&mut value)) };
        let there = {
            let slots = slots.clone();
            thread::spawn(move || take(&slots, 0))
        };
        lend(&slots, 0);
        there.join().unwrap();
        assert_eq!((log.clones(), log.drops()), (1, 1));
        value.change();
    });
}

/// A value nobody knows how to clone, beside a lender: it is moved, or the use is let go.
#[test]
fn a_taker_that_cannot_clone() {
    model(None, || {
        let (slots, log) = filled(2);
        let there = {
            let slots = slots.clone();
            // SAFETY: as in `lend`.
            thread::spawn(move || drop(unsafe { slots.take::<Seen>(0, None) }))
        };
        lend(&slots, 0);
        there.join().unwrap();
        assert_eq!((log.clones(), log.drops()), (0, 1));
    });
}

/// Tasks as lists of dependencies.
struct Graph {
    offsets: Vec<u32>,
    edges: Vec<u32>,
    outputs: Vec<u32>,
}

impl Graph {
    fn new(lists: &[&[u32]]) -> Graph {
        let mut graph = Graph { offsets: vec![0], edges: Vec::new(), outputs: Vec::new() };
        for list in lists {
            graph.edges.extend_from_slice(list);
            graph.offsets.push(u32::try_from(graph.edges.len()).unwrap());
        }
        graph.outputs.push(u32::try_from(lists.len()).unwrap() - 1);
        graph
    }

    fn tasks(&self) -> Tasks<'_> {
        Tasks { offsets: &self.offsets, edges: &self.edges, data: &[], outputs: &self.outputs }
    }

    /// How many uses each value has, with the outputs'.
    fn users(&self) -> Vec<u32> {
        let mut users = vec![0; self.offsets.len() - 1];
        self.edges.iter().chain(&self.outputs).for_each(|&used| users[used as usize] += 1);
        users
    }
}

/// A schedule with its values.
struct Running {
    graph: Graph,
    scheduler: Scheduler,
    slots: Slots,
    log: Arc<Log>,
    ran: [std::sync::atomic::AtomicUsize; 8],
}

impl Running {
    fn new(lists: &[&[u32]], workers: usize) -> Arc<Running> {
        let graph = Graph::new(lists);
        let scheduler = Scheduler::new(graph.tasks(), workers, None);
        let slots = Slots::new(Uses::of(graph.users()), None);
        Arc::new(Running { graph, scheduler, slots, log: Arc::default(), ran: Default::default() })
    }

    /// Runs a task: reads its dependencies, the first one by value, and leaves a value.
    fn run(&self, seat: &Seat, task: u32) -> (Option<u32>, bool) {
        let before = self.ran[task as usize].fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        assert_eq!(before, 0, "task {task} runs once");
        for (index, &dependency) in self.graph.tasks().dependencies(task).iter().enumerate() {
            if index == 0 { take(&self.slots, dependency) } else { lend(&self.slots, dependency) }
        }
        // SAFETY: the task's own slot.
        unsafe { self.slots.put(task, Seen::new(7, &self.log)) };
        let after = self.scheduler.finished(seat, task);
        (after.next, after.complete)
    }

    /// Runs all that is found; whether the schedule was completed here.
    fn work(&self, seat: &mut Seat) -> bool {
        let mut next = None;
        let mut complete = false;
        while let Some(task) = next.take().or_else(|| self.scheduler.next(seat, |_| 1)) {
            let (goes_on, completes) = self.run(seat, task);
            assert!(!(complete && completes), "a run is completed once");
            complete |= completes;
            next = goes_on;
        }
        complete
    }

    /// What follows once all threads are done: whoever completed the run reads the output.
    fn end(&self) {
        let output = self.graph.outputs[0];
        assert!(self.scheduler.is_complete());
        take(&self.slots, output);
        for task in 0..self.graph.offsets.len() - 1 {
            assert_eq!(self.ran[task].load(std::sync::atomic::Ordering::Relaxed), 1, "task {task}");
        }
        assert_eq!(self.log.drops(), self.ran_tasks() + self.log.clones());
    }

    fn ran_tasks(&self) -> usize {
        self.graph.offsets.len() - 1
    }
}

/// Two threads with seats of their own run the whole graph.
fn two_seats(lists: &'static [&'static [u32]], preemptions: Option<usize>) {
    model(preemptions, move || {
        let running = Running::new(lists, 2);
        let there = {
            let running = running.clone();
            thread::spawn(move || running.work(&mut Seat::new(1)))
        };
        let here = running.work(&mut Seat::new(0));
        let there = there.join().unwrap();
        assert!(here != there, "one of them completes the run");
        running.end();
    });
}

/// Dependencies 0 and 1 finish on two threads; whoever is last runs 2, which reads both values.
#[test]
fn the_last_two_dependencies_finish_together() {
    model(None, || {
        let running = Running::new(&[&[], &[], &[0, 1]], 2);
        let (mut first, second) = (Seat::new(0), Seat::new(1));
        // Both were given out, and the cursor came by the join: its token is gone.
        assert_eq!(running.scheduler.next(&mut first, |_| 1), Some(0));
        assert_eq!(running.scheduler.next(&mut first, |_| 1), Some(1));
        assert_eq!(running.scheduler.next(&mut first, |_| 1), None);
        let there = {
            let running = running.clone();
            thread::spawn(move || match running.run(&second, 1) {
                (Some(next), false) => running.run(&second, next).1,
                (_, complete) => complete,
            })
        };
        let here = match running.run(&first, 0) {
            (Some(next), false) => running.run(&first, next).1,
            (_, complete) => complete,
        };
        assert!(here != there.join().unwrap(), "one of them completes the run");
        running.end();
    });
}

/// The same with the cursor on its way: the join goes to the last dependency or to the cursor, never to both.
#[test]
fn the_last_dependency_against_the_cursor() {
    model(None, || {
        let running = Running::new(&[&[], &[0]], 2);
        let mut first = Seat::new(0);
        assert_eq!(running.scheduler.next(&mut first, |_| 1), Some(0));
        let there = {
            let running = running.clone();
            // Comes by the join while its dependency may be finishing.
            thread::spawn(move || running.work(&mut Seat::new(1)))
        };
        let here = match running.run(&first, 0) {
            (Some(next), false) => running.run(&first, next).1,
            (_, complete) => complete || running.work(&mut first),
        };
        assert!(here != there.join().unwrap(), "one of them completes the run");
        running.end();
    });
}

/// Two dependencies finish while a third thread's cursor comes by.
#[test]
fn two_last_dependencies_and_the_cursor() {
    model(Some(2), || {
        let running = Running::new(&[&[], &[], &[0, 1]], 3);
        let mut first = Seat::new(0);
        let mut second = Seat::new(1);
        assert_eq!(running.scheduler.next(&mut first, |_| 1), Some(0));
        assert_eq!(running.scheduler.next(&mut second, |_| 1), Some(1));
        let finish = |running: &Running, seat: &mut Seat, task| match running.run(seat, task) {
            (Some(next), false) => running.run(seat, next).1,
            (_, complete) => complete,
        };
        let other = {
            let running = running.clone();
            thread::spawn(move || finish(&running, &mut second, 1))
        };
        let cursor = {
            let running = running.clone();
            thread::spawn(move || running.work(&mut Seat::new(2)))
        };
        let here = finish(&running, &mut first, 0);
        let ends = [here, other.join().unwrap(), cursor.join().unwrap()];
        assert_eq!(ends.into_iter().filter(|&end| end).count(), 1, "one of them completes the run");
        running.end();
    });
}

#[test]
fn two_seats_run_a_diamond() {
    two_seats(&[&[], &[0], &[0], &[1, 2]], Some(3));
}

#[test]
fn two_seats_run_a_join() {
    two_seats(&[&[], &[], &[0, 1]], Some(3));
}

/// Two outputs finish on two threads: whoever completes the run sees both values.
#[test]
fn who_completes_the_run_sees_all_outputs() {
    model(None, || {
        let mut graph = Graph::new(&[&[], &[]]);
        graph.outputs = vec![0, 1];
        let scheduler = Scheduler::new(graph.tasks(), 2, None);
        let slots = Slots::new(Uses::of(graph.users()), None);
        let running = Running { graph, scheduler, slots, log: Arc::default(), ran: Default::default() };
        let running = Arc::new(running);
        let work = |running: &Running, lane| {
            if running.work(&mut Seat::new(lane)) {
                take(&running.slots, 0);
                take(&running.slots, 1);
            }
        };
        let there = {
            let running = running.clone();
            thread::spawn(move || work(&running, 1))
        };
        work(&running, 0);
        there.join().unwrap();
        assert_eq!(running.log.drops(), 2);
    });
}
