//! The state machine of a run (`scheduler.rs`), with real values in slots, under random graphs and random events.
//!
//! A driver in one thread plays up to eight workers and tokio. What it promises is what the pool promises: a worker
//! asks until it is given nothing, then it sleeps; a sleeping one is woken only by a call for help, and only if no
//! other was woken that has not asked yet; a woken one that finds a task calls for help again if another is ready.
//!
//! What must hold:
//! 1. Each task that the outputs need runs once, and only after its dependencies; nothing runs after a stop.
//! 2. The run always ends: while it is not complete or stopped, somebody is awake or a task is under way.
//! 3. No worker sleeps while a ready task waits: whenever all who are awake are busy, and one sleeps, every ready task
//!    has been given out. This is what `more` and `starts_wide` are for.
//! 4. A value lives from its task until the last use of it, no longer: users by value make a clone for each of them but
//!    one, if no other use comes after; all is dropped in the end, also after a stop.
//! 5. The run is complete exactly when all outputs have finished, and is so reported once.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeSet, HashSet};
use std::rc::Rc;

use proptest::prelude::*;

use super::order::Uses;
use super::slot::{Slots, ValueType};
use crate::scheduler::{Scheduler, Seat, Tasks};

/// A task as it is drawn: which earlier ones it depends on, and what it is.
#[derive(Clone, Debug)]
struct Drawn {
    /// Dependencies, as distances back, and whether each is by value.
    dependencies: Vec<(u16, bool)>,
    kind: u8,
    is_output: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Data,
    Sync,
    Async,
}

/// What goes wrong, and after how many events.
#[derive(Clone, Copy, Debug)]
enum Trouble {
    Nothing,
    Failure(u16),
    Cancel(u16),
}

#[derive(Clone, Debug)]
struct Case {
    tasks: Vec<Drawn>,
    seats: usize,
    /// Which of the possible events happens, over and over.
    events: Vec<u16>,
    trouble: Trouble,
    /// The run begins in order, and is opened at about this task.
    opened: Option<u16>,
    /// Async sources are started before anything else.
    launches: bool,
}

fn cases() -> impl Strategy<Value = Case> {
    let near = prop::collection::vec((1_u16..6, any::<bool>()), 0..4);
    let far = prop::collection::vec((1_u16..60, any::<bool>()), 0..3);
    let dependencies = prop_oneof![3 => near, 1 => far];
    let task = (dependencies, 0_u8..10, prop::bool::weighted(0.1));
    let task = task.prop_map(|(dependencies, kind, is_output)| Drawn { dependencies, kind, is_output });
    let count = prop_oneof![12 => 1_usize..60, 1 => 64_usize..200];
    let tasks = count.prop_flat_map(move |count| prop::collection::vec(task.clone(), count));
    let trouble = prop_oneof![
        3 => Just(Trouble::Nothing),
        1 => (0_u16..80).prop_map(Trouble::Failure),
        1 => (0_u16..80).prop_map(Trouble::Cancel),
    ];
    let events = prop::collection::vec(any::<u16>(), 1..60);
    let opened = prop::option::weighted(0.25, 0_u16..60);
    (tasks, 1_usize..=8, events, trouble, opened, any::<bool>()).prop_map(
        |(tasks, seats, events, trouble, opened, launches)| Case { tasks, seats, events, trouble, opened, launches },
    )
}

/// The planned graph of a case.
struct Graph {
    offsets: Vec<u32>,
    edges: Vec<u32>,
    /// For each edge, whether it is by value.
    by_value: Vec<bool>,
    data: Vec<u32>,
    outputs: Vec<u32>,
    kinds: Vec<Kind>,
}

impl Graph {
    fn new(tasks: &[Drawn]) -> Graph {
        let mut graph = Graph {
            offsets: vec![0],
            edges: Vec::new(),
            by_value: Vec::new(),
            data: Vec::new(),
            outputs: Vec::new(),
            kinds: Vec::new(),
        };
        let mut is_used = vec![false; tasks.len()];
        for (number, task) in tasks.iter().enumerate() {
            let dependencies = task.dependencies.iter().filter(|(back, _)| usize::from(*back) <= number);
            for &(back, by_value) in dependencies {
                let dependency = number - usize::from(back);
                is_used[dependency] = true;
                graph.edges.push(dependency as u32);
                graph.by_value.push(by_value);
            }
            let is_source = graph.edges.len() as u32 == graph.offsets[number];
            graph.offsets.push(graph.edges.len() as u32);
            let kind = match task.kind {
                0..=3 if is_source => Kind::Data,
                8.. => Kind::Async,
                _ => Kind::Sync,
            };
            graph.kinds.push(kind);
            if kind == Kind::Data {
                graph.data.push(number as u32);
            }
        }
        for (number, task) in tasks.iter().enumerate() {
            // Whatever is planned is needed by an output (rule 6 of the scheduler).
            if task.is_output || !is_used[number] {
                graph.outputs.push(number as u32);
            }
            if task.is_output && task.kind % 2 == 0 {
                graph.outputs.push(number as u32);
            }
        }
        graph
    }

    fn tasks(&self) -> Tasks<'_> {
        Tasks { offsets: &self.offsets, edges: &self.edges, data: &self.data, outputs: &self.outputs }
    }

    fn len(&self) -> u32 {
        self.kinds.len() as u32
    }

    /// A task's dependencies, and whether each is by value.
    fn uses(&self, task: u32) -> impl Iterator<Item = (u32, bool)> + '_ {
        let range = self.offsets[task as usize] as usize..self.offsets[task as usize + 1] as usize;
        range.map(|edge| (self.edges[edge], self.by_value[edge]))
    }

    fn is_source(&self, task: u32) -> bool {
        self.uses(task).all(|(dependency, _)| self.kinds[dependency as usize] == Kind::Data)
    }
}

/// What became of each task's value.
#[derive(Default)]
struct Lives {
    alive: Cell<i32>,
    clones: Cell<u32>,
}

/// A value that is counted.
struct Value(Rc<Vec<Lives>>, u32);

impl Value {
    fn new(lives: &Rc<Vec<Lives>>, task: u32) -> Value {
        let of = &lives[task as usize];
        of.alive.set(of.alive.get() + 1);
        Value(lives.clone(), task)
    }
}

impl Clone for Value {
    fn clone(&self) -> Value {
        let of = &self.0[self.1 as usize];
        of.clones.set(of.clones.get() + 1);
        Value::new(&self.0, self.1)
    }
}

impl Drop for Value {
    fn drop(&mut self) {
        let of = &self.0[self.1 as usize];
        of.alive.set(of.alive.get() - 1);
    }
}

/// Values a task holds while it runs: its own ones, and those that are lent to it.
#[derive(Default)]
struct Held {
    own: Vec<Value>,
    lent: Vec<u32>,
}

/// What a worker is doing.
enum Worker {
    Asleep,
    /// Awake, without a task; whether it was woken for one and has not asked yet.
    Awake {
        searching: bool,
    },
    /// Has been given a task, and has not begun.
    Given(u32),
    Running(u32, Held),
}

struct Driver<'a> {
    graph: &'a Graph,
    scheduler: Scheduler,
    slots: Slots,
    lives: Rc<Vec<Lives>>,
    seats: Vec<Seat>,
    workers: Vec<Worker>,
    /// Async tasks under way, in tokio's hands.
    in_flight: Vec<(u32, Held)>,
    waiting: Vec<usize>,
    /// For each value, how many uses are not over.
    uses_left: Vec<usize>,
    ready: BTreeSet<u32>,
    given: HashSet<u32>,
    finished: HashSet<u32>,
    /// How many tasks may still be put back: not for ever.
    put_backs: usize,
    complete: bool,
    stopped: bool,
}

/// An event.
#[derive(Clone, Copy, Debug)]
enum Event {
    Ask(usize),
    Begin(usize),
    PutBack(usize),
    Finish(usize),
    Land(usize),
}

const VALUE: ValueType = ValueType::of::<Value>();

impl<'a> Driver<'a> {
    fn new(graph: &'a Graph, case: &Case) -> Driver<'a> {
        let mut uses_left = vec![0; graph.len() as usize];
        graph.edges.iter().chain(&graph.outputs).for_each(|&used| uses_left[used as usize] += 1);
        let slots = Slots::new(Uses::of(uses_left.iter().map(|&uses| uses as u32).collect()), None);
        let lives: Rc<Vec<Lives>> = Rc::new((0..graph.len()).map(|_| Lives::default()).collect());
        // A run in order goes as far as a task that could be opened.
        let running = case.opened.map(u32::from).filter(|&task| task < graph.len());
        let running = running.filter(|&task| graph.kinds[task as usize] == Kind::Sync);
        let mut driver = Driver {
            graph,
            scheduler: Scheduler::new(graph.tasks(), case.seats, running),
            slots,
            lives,
            seats: (0..case.seats).map(|lane| Seat::new(lane as u32)).collect(),
            workers: (0..case.seats).map(|_| Worker::Asleep).collect(),
            in_flight: Vec::new(),
            waiting: (0..graph.len()).map(|task| graph.uses(task).count()).collect(),
            uses_left,
            ready: BTreeSet::new(),
            given: HashSet::new(),
            finished: HashSet::new(),
            put_backs: 20,
            complete: false,
            stopped: false,
        };
        for task in 0..graph.len() {
            if driver.waiting[task as usize] == 0 && graph.kinds[task as usize] != Kind::Data {
                driver.ready.insert(task);
            }
        }
        for &task in &graph.data {
            driver.make(task, Held::default());
        }
        match running {
            None => driver.workers[0] = Worker::Awake { searching: false },
            Some(running) => {
                for task in (0..running).filter(|&task| graph.kinds[task as usize] != Kind::Data) {
                    driver.give(task);
                    let held = driver.take_uses(task);
                    driver.make(task, held);
                }
                driver.give(running);
                let held = driver.take_uses(running);
                driver.workers[0] = Worker::Running(running, held);
            }
        }
        if driver.scheduler.is_complete() {
            driver.complete = true;
        } else {
            if case.launches && running.is_none() {
                driver.launch_sources();
            }
            if driver.scheduler.starts_wide() {
                driver.help();
            }
        }
        driver
    }

    /// Async sources are started from outside, before the cursor comes by.
    fn launch_sources(&mut self) {
        for task in 0..self.graph.len() {
            if self.graph.kinds[task as usize] == Kind::Async
                && self.graph.is_source(task)
                && self.scheduler.take_source(task)
            {
                self.give(task);
                let held = self.take_uses(task);
                self.in_flight.push((task, held));
            }
        }
    }

    /// Notes that a task was given out (invariant 1).
    fn give(&mut self, task: u32) {
        assert_ne!(self.graph.kinds[task as usize], Kind::Data, "data is not given out");
        assert!(!self.stopped, "nothing is given out after a stop");
        assert!(self.ready.remove(&task), "task {task} is given out when it is ready");
        assert!(self.given.insert(task), "task {task} is given out once");
    }

    /// Takes a task's arguments, as its body would be given them.
    fn take_uses(&mut self, task: u32) -> Held {
        let mut held = Held::default();
        for (dependency, by_value) in self.graph.uses(task) {
            assert!(self.finished.contains(&dependency), "task {task} starts after {dependency}");
            if by_value {
                // SAFETY: the dependency has finished, and each edge is one use.
                let value = unsafe { self.slots.take(dependency, Some(Value::clone)) };
                held.own.push(value.expect("it can be cloned"));
            } else {
                // SAFETY: as above.
                let value = unsafe { self.slots.address::<Value>(dependency).as_ref() };
                assert_eq!(value.1, dependency);
                held.lent.push(dependency);
            }
        }
        held
    }

    /// A task's value is made, and its arguments go.
    fn make(&mut self, task: u32, held: Held) {
        self.let_go(task, held);
        // SAFETY: the slot's only task.
        unsafe { self.slots.put(task, Value::new(&self.lives, task)) };
        self.finished.insert(task);
        for dependent in task + 1..self.graph.len() {
            let uses = self.graph.uses(dependent).filter(|&(dependency, _)| dependency == task).count();
            if uses > 0 {
                self.waiting[dependent as usize] -= uses;
                if self.waiting[dependent as usize] == 0 {
                    self.ready.insert(dependent);
                }
            }
        }
    }

    fn let_go(&mut self, task: u32, held: Held) {
        for lent in held.lent {
            // SAFETY: lent in `take_uses`.
            unsafe { self.slots.release::<Value>(lent) };
        }
        drop(held.own);
        for (dependency, _) in self.graph.uses(task) {
            self.uses_left[dependency as usize] -= 1;
        }
    }

    /// Wakes a worker, if none is on the way already.
    fn help(&mut self) {
        if self.workers.iter().any(|worker| matches!(worker, Worker::Awake { searching: true })) {
            return;
        }
        if let Some(worker) = self.workers.iter_mut().find(|worker| matches!(worker, Worker::Asleep)) {
            *worker = Worker::Awake { searching: true };
        }
    }

    /// A task finished, at a seat or in tokio's hands; what that one goes on with.
    fn finish(&mut self, seat: &Seat, task: u32, held: Held) -> Option<u32> {
        self.make(task, held);
        let after = self.scheduler.finished(seat, task);
        let is_complete = self.graph.outputs.iter().all(|output| self.finished.contains(output));
        assert_eq!(after.complete, is_complete && !self.complete, "completion is reported once (invariant 5)");
        self.complete |= after.complete;
        if after.more && !self.complete {
            self.help();
        }
        if let Some(next) = after.next {
            self.give(next);
        }
        after.next
    }

    fn possible(&self) -> Vec<Event> {
        let mut events = Vec::new();
        for (index, worker) in self.workers.iter().enumerate() {
            match worker {
                Worker::Asleep => {}
                Worker::Awake { .. } => events.push(Event::Ask(index)),
                // Mostly it begins.
                Worker::Given(_) => {
                    events.extend([Event::Begin(index); 3]);
                    events.extend((self.put_backs > 0).then_some(Event::PutBack(index)));
                }
                Worker::Running(..) => events.push(Event::Finish(index)),
            }
        }
        events.extend((0..self.in_flight.len()).map(Event::Land));
        events
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Ask(index) => self.ask(index),
            Event::Begin(index) => {
                let Worker::Given(task) = self.workers[index] else { return };
                let held = self.take_uses(task);
                if self.graph.kinds[task as usize] == Kind::Async {
                    self.in_flight.push((task, held));
                    self.workers[index] = Worker::Awake { searching: false };
                } else {
                    self.workers[index] = Worker::Running(task, held);
                }
            }
            Event::PutBack(index) => {
                let Worker::Given(task) = self.workers[index] else { return };
                self.return_task(&Seat::new(index as u32), task);
                self.workers[index] = Worker::Asleep;
                self.put_backs -= 1;
                self.help();
            }
            Event::Finish(index) => {
                let Worker::Running(task, held) = std::mem::replace(&mut self.workers[index], Worker::Asleep) else {
                    return;
                };
                self.workers[index] = Worker::Awake { searching: false };
                let seat = std::mem::replace(&mut self.seats[index], Seat::new(0));
                let next = self.finish(&seat, task, held);
                self.seats[index] = seat;
                if let Some(next) = next {
                    self.workers[index] = Worker::Given(next);
                }
            }
            Event::Land(index) => {
                let (task, held) = self.in_flight.swap_remove(index);
                let seat = self.scheduler.no_seat();
                let Some(next) = self.finish(&seat, task, held) else { return };
                if self.graph.kinds[next as usize] == Kind::Async {
                    let held = self.take_uses(next);
                    self.in_flight.push((next, held));
                } else {
                    self.return_task(&seat, next);
                    self.help();
                }
            }
        }
    }

    fn return_task(&mut self, seat: &Seat, task: u32) {
        self.scheduler.put_back(seat, task);
        self.given.remove(&task);
        self.ready.insert(task);
    }

    fn ask(&mut self, index: usize) {
        let Worker::Awake { searching } = self.workers[index] else { return };
        let graph = self.graph;
        let waits_for = |task| graph.uses(task).filter(|&(used, _)| graph.kinds[used as usize] != Kind::Data).count();
        let found = self.scheduler.next(&mut self.seats[index], waits_for);
        match found {
            Some(task) => {
                self.give(task);
                self.workers[index] = Worker::Given(task);
                if searching && self.scheduler.has_ready() {
                    self.help();
                }
            }
            None => {
                assert!(!self.scheduler.has_work(), "who is given nothing leaves nothing");
                self.workers[index] = Worker::Asleep;
            }
        }
    }

    fn check(&self) {
        // Invariant 3.
        let is_idle = |worker: &Worker| matches!(worker, Worker::Awake { .. });
        let is_asleep = |worker: &Worker| matches!(worker, Worker::Asleep);
        if !self.workers.iter().any(is_idle) && self.workers.iter().any(is_asleep) {
            assert!(self.ready.is_empty(), "{:?} are ready, and somebody sleeps", self.ready);
        }
        // Invariant 4.
        for task in 0..self.graph.len() {
            let alive = self.lives[task as usize].alive.get();
            match self.uses_left[task as usize] {
                0 => assert_eq!(alive, 0, "value {task} is dropped after its last use"),
                _ if self.finished.contains(&task) => assert!(alive > 0, "value {task} lives until its last use"),
                _ => assert_eq!(alive, 0),
            }
        }
    }

    /// The run is stopped: tasks under way end, and their values are kept until all is taken apart.
    fn stop(&mut self, failing: Option<usize>) {
        self.stopped = true;
        for index in 0..self.workers.len() {
            match std::mem::replace(&mut self.workers[index], Worker::Asleep) {
                Worker::Running(task, held) if failing == Some(index) => self.let_go(task, held),
                Worker::Running(task, held) => {
                    self.make(task, held);
                    // What follows is not begun.
                    let seat = Seat::new(index as u32);
                    let _ = self.scheduler.finished(&seat, task);
                }
                _ => {}
            }
        }
        for (task, held) in std::mem::take(&mut self.in_flight) {
            self.let_go(task, held);
        }
    }

    /// The end: the outputs are handed over if the run is complete, and all is taken apart.
    fn end(mut self) {
        if self.complete && !self.stopped {
            let needed = (0..self.graph.len()).all(|task| self.finished.contains(&task));
            assert!(needed, "every task is needed, and ran (invariant 1)");
            for &output in &self.graph.outputs {
                // SAFETY: each output is one use.
                let value = unsafe { self.slots.take(output, Some(Value::clone)) };
                assert_eq!(value.map(|value| value.1), Some(output));
                self.uses_left[output as usize] -= 1;
            }
            self.check();
            for task in 0..self.graph.len() {
                let lent = (0..self.graph.len()).flat_map(|user| self.graph.uses(user));
                let mut uses = lent.filter(|&(used, _)| used == task).map(|(_, by_value)| by_value).collect::<Vec<_>>();
                uses.extend(self.graph.outputs.iter().filter(|&&output| output == task).map(|_| true));
                let by_value = uses.iter().filter(|&&by_value| by_value).count() as u32;
                let clones = self.lives[task as usize].clones.get();
                assert!(clones <= by_value);
                if by_value as usize == uses.len() {
                    assert_eq!(clones, by_value.saturating_sub(1), "the last of the users by value moves");
                }
            }
        }
        for slot in 0..self.graph.len() {
            if self.slots.is_left(slot) {
                // SAFETY: nobody uses it any more.
                unsafe { self.slots.clear(slot, &VALUE) };
            }
        }
        for (task, lives) in self.lives.iter().enumerate() {
            assert_eq!(lives.alive.get(), 0, "value {task} is dropped in the end");
        }
    }
}

thread_local! {
    /// How often each end was seen, so that a driver that never gets anywhere is noticed.
    static ENDS: RefCell<[u32; 2]> = const { RefCell::new([0; 2]) };
}

fn drive(case: &Case) {
    let graph = Graph::new(&case.tasks);
    let mut driver = Driver::new(&graph, case);
    driver.check();
    let mut events = case.events.iter().cycle();
    let mut step = 0_u32;
    while !driver.complete {
        let possible = driver.possible();
        assert!(!possible.is_empty(), "somebody is awake until the end (invariant 2)");
        let trouble = match case.trouble {
            Trouble::Cancel(after) if step >= u32::from(after) => Some(None),
            Trouble::Failure(after) if step >= u32::from(after) => {
                let running = |worker: &Worker| matches!(worker, Worker::Running(..));
                driver.workers.iter().position(running).map(Some)
            }
            _ => None,
        };
        if let Some(failing) = trouble {
            driver.stop(failing);
            break;
        }
        assert!(step < 10_000, "the run ends (invariant 2)");
        let event = possible[usize::from(*events.next().unwrap()) % possible.len()];
        driver.happen(event);
        driver.check();
        step += 1;
    }
    ENDS.with_borrow_mut(|ends| ends[usize::from(driver.stopped)] += 1);
    driver.end();
}

#[test]
fn the_state_machine_keeps_its_word() {
    // Enough for a few seconds in a debug build; `PROPTEST_CASES` for more.
    let cases_wanted = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(1000);
    let config = ProptestConfig { cases: cases_wanted, failure_persistence: None, ..ProptestConfig::default() };
    proptest::test_runner::TestRunner::new(config)
        .run(&cases(), |case| {
            drive(&case);
            Ok(())
        })
        .unwrap();
    let [completed, stopped] = ENDS.take();
    assert!(completed > cases_wanted / 4 && stopped > cases_wanted / 20, "{completed} completed, {stopped} stopped");
}
