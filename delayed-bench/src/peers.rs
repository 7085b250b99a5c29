//! Who is measured, and how one is asked.

pub(crate) mod arrays;
pub(crate) mod boxed;
pub(crate) mod counters;
pub(crate) mod dagx;
pub(crate) mod oneshot;
pub(crate) mod operese;
pub(crate) mod rayon;
pub(crate) mod shared;

use crate::measure::{Clock, Sample};
use crate::workloads::Workload;

/// A way to run graphs.
#[derive(Clone, Debug)]
pub(crate) struct Peer {
    /// Its name on the command line and in tables.
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    /// Which part of a workload's full size it gets, so that a slow one does not hold up the rest.
    pub(crate) share: f64,
    /// Whether it can use a second worker.
    pub(crate) parallel: bool,
    /// Whether it calls bodies at all.
    pub(crate) bodies: bool,
    /// Starts what outlives a graph: threads, runtimes. Not measured.
    pub(crate) start: fn(workers: usize) -> Box<dyn Computes>,
}

/// A peer, ready for graphs.
pub(crate) trait Computes {
    /// Builds the workload's graph, runs it and drops everything, telling the clock when each phase has ended.
    fn compute(&self, workload: &Workload, clock: &mut Clock) -> Answer;
}

/// What a peer says at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// The output's value.
    Value(i64),
    /// How many tasks ran, where there are no values.
    Tasks(usize),
}

impl dyn Computes + '_ {
    /// One pass, its answer checked.
    pub(crate) fn measure(&self, workload: &Workload) -> Sample {
        let mut clock = Clock::start();
        let answer = self.compute(workload, &mut clock);
        match answer {
            Answer::Value(value) => assert_eq!(value, workload.answer(), "wrong answer to {workload:.0?}"),
            Answer::Tasks(tasks) => assert_eq!(tasks, workload.tasks(), "wrong number of tasks of {workload:.0?}"),
        }
        clock.sample()
    }
}

/// The name of the peer that the others are compared with.
pub(crate) const BASE: &str = "boxed";
/// Our own name.
pub(crate) const OURS: &str = "delayed";

/// All peers, `delayed` first.
pub(crate) const ALL: [Peer; 8] = [
    crate::delayed::PEER,
    boxed::PEER,
    counters::PEER,
    rayon::PEER,
    oneshot::PEER,
    shared::PEER,
    dagx::PEER,
    operese::PEER,
];
