//! Rayon by hand: atomic counters over arrays; a task that becomes ready is run inline, further ones are spawned.

use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};

use ::rayon::{Scope, ThreadPool, ThreadPoolBuilder};

use super::arrays::{Arrays, Cell};
use super::{Answer, Computes, Peer};
use crate::measure::{Clock, Phase, spin};
use crate::workloads::Workload;

pub(crate) const PEER: Peer = Peer {
    name: "rayon",
    about: "rayon by hand: `spawn` over atomic counters, a ready dependent inline",
    share: 1.0,
    parallel: true,
    bodies: true,
    start: |workers| Box::new(start(workers)),
};

pub(crate) fn start(workers: usize) -> ThreadPool {
    ThreadPoolBuilder::new().num_threads(workers).build().expect("threads can be started")
}

/// A task's value is its literal and what its dependencies have added to it.
struct Sum {
    value: AtomicI64,
    pending: AtomicU32,
    spins: u32,
}

impl Cell for Sum {
    fn new(literal: i64, pending: u32, spins: u32) -> Sum {
        Sum { value: AtomicI64::new(literal), pending: AtomicU32::new(pending), spins }
    }
}

impl Sum {
    /// A dependency has this value; whether it was the last one.
    fn arrive(&self, value: i64) -> bool {
        // Acquires what the others have added. Who is the only one left needs no read-modify-write.
        if self.pending.load(Ordering::Acquire) == 1 {
            let sum = self.value.load(Ordering::Relaxed).wrapping_add(value);
            self.value.store(sum, Ordering::Relaxed);
            return true;
        }
        self.value.fetch_add(value, Ordering::Relaxed);
        // Releases the sum to whoever comes last, and acquires it for that one.
        self.pending.fetch_sub(1, Ordering::AcqRel) == 1
    }
}

impl Computes for ThreadPool {
    fn compute(&self, workload: &Workload, clock: &mut Clock) -> Answer {
        let graph = Arrays::<Sum>::of(workload);
        clock.ended(Phase::Build);

        self.scope(|scope| {
            let graph = &graph;
            for &source in &graph.sources {
                scope.spawn(move |scope| run(graph, source, scope));
            }
        });
        clock.ended(Phase::Run);

        let value = graph.cells[graph.output() as usize].value.load(Ordering::Relaxed);
        drop(graph);
        clock.ended(Phase::Drop);
        Answer::Value(value)
    }
}

/// Runs a ready task, and as long as one makes another ready, that one.
fn run<'a>(graph: &'a Arrays<Sum>, mut task: u32, scope: &Scope<'a>) {
    loop {
        let done = &graph.cells[task as usize];
        spin(done.spins);
        let value = done.value.load(Ordering::Relaxed);
        let mut next = None;
        for &dependent in graph.dependents(task) {
            let cell = &graph.cells[dependent as usize];
            if cell.arrive(value) {
                // The first goes on here: its neighbours in memory come next.
                match next {
                    None => next = Some(dependent),
                    Some(_) => scope.spawn(move |scope| run(graph, dependent, scope)),
                }
            }
        }
        match next {
            Some(next) => task = next,
            None => return,
        }
    }
}
