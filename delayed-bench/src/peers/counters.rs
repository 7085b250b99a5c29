//! Counters of pending dependencies over arrays, the last ready task first: a schedule alone, without values.

use super::arrays::{Arrays, Cell};
use super::{Answer, Computes, Peer};
use crate::measure::{Clock, Phase};
use crate::workloads::Workload;

pub(crate) const PEER: Peer = Peer {
    name: "counters",
    about: "counters over arrays, last in first out; no values",
    share: 1.0,
    parallel: false,
    bodies: false,
    start: |_| Box::new(Counters),
};

/// Dependencies that have not run.
struct Pending(u32);

impl Cell for Pending {
    fn new(_: i64, pending: u32, _: u32) -> Pending {
        Pending(pending)
    }
}

struct Counters;

impl Computes for Counters {
    fn compute(&self, workload: &Workload, clock: &mut Clock) -> Answer {
        let mut graph = Arrays::<Pending>::of(workload);
        clock.ended(Phase::Build);

        let mut ready = std::mem::take(&mut graph.sources);
        let mut pending = std::mem::take(&mut graph.cells);
        let mut done = 0;
        while let Some(task) = ready.pop() {
            done += 1;
            // Backwards, so that the first comes off the stack first: its neighbours in memory come next.
            for &dependent in graph.dependents(task).iter().rev() {
                let Pending(pending) = &mut pending[dependent as usize];
                *pending -= 1;
                if *pending == 0 {
                    ready.push(dependent);
                }
            }
        }
        clock.ended(Phase::Run);

        drop((graph, ready, pending));
        clock.ended(Phase::Drop);
        Answer::Tasks(done)
    }
}
