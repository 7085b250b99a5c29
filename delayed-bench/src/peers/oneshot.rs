//! Tokio by hand: a tokio task a node, which awaits a `oneshot` for each dependency.

use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot::{Receiver, Sender, channel};

use super::arrays::Count;
use super::{Answer, Computes, Peer};
use crate::measure::{Clock, Phase, spin};
use crate::workloads::{Node, Workload, total};

pub(crate) const PEER: Peer = Peer {
    name: "oneshot",
    about: "tokio by hand: `spawn` a node, `oneshot` an edge; building is part of the run",
    share: 1.0,
    parallel: true,
    bodies: true,
    start: |workers| Box::new(Oneshot(tokio(workers))),
};

/// A tokio runtime with that many threads at work. One needs no other thread than the caller's.
pub(crate) fn tokio(workers: usize) -> Runtime {
    let mut builder = match workers {
        1 => Builder::new_current_thread(),
        _ => Builder::new_multi_thread(),
    };
    builder.worker_threads(workers).enable_time().build().expect("threads can be started")
}

struct Oneshot(Runtime);

impl Computes for Oneshot {
    fn compute(&self, workload: &Workload, clock: &mut Clock) -> Answer {
        // The first tokio tasks run while the last are built, so that is one phase.
        self.0.block_on(async {
            let mut nodes = Nodes::of(workload);
            let output = workload.build(&mut nodes);
            let value = get(nodes.receiver(output)).await;
            clock.ended(Phase::Run);

            // Each tokio task has freed itself.
            drop(nodes);
            clock.ended(Phase::Drop);
            Answer::Value(value)
        })
    }
}

/// The channels to dependents that are not there yet. How many there will be is known beforehand, as it is where one
/// writes a graph by hand.
struct Nodes {
    receivers: Vec<Option<Receiver<i64>>>,
    /// Where the next free receiver of each node lies.
    free: Vec<u32>,
    next: u32,
}

impl Nodes {
    fn of(workload: &Workload) -> Nodes {
        let mut count = Count::of(workload);
        // The output's dependent is the caller.
        *count.counts.last_mut().expect("a graph has tasks") += 1;
        let edges = count.begins();
        Nodes { receivers: Vec::with_capacity(edges as usize), free: count.counts, next: 0 }
    }

    fn receiver(&mut self, node: u32) -> Receiver<i64> {
        let free = &mut self.free[node as usize];
        *free += 1;
        self.receivers[*free as usize - 1].take().expect("as many dependents as were counted")
    }

    /// The other ends of a new node's receivers.
    fn senders(&mut self) -> Senders {
        let begin = self.receivers.len();
        debug_assert_eq!(begin, self.free[self.next as usize] as usize);
        let end = self.free.get(self.next as usize + 1).map_or(self.receivers.capacity(), |&end| end as usize);
        let mut sender = || {
            let (sender, receiver) = channel();
            self.receivers.push(Some(receiver));
            sender
        };
        match end - begin {
            1 => Senders::One(sender()),
            _ => Senders::Many((begin..end).map(|_| sender()).collect()),
        }
    }
}

/// Most tasks have one dependent, and no list.
enum Senders {
    One(Sender<i64>),
    Many(Vec<Sender<i64>>),
}

impl Senders {
    fn send(self, value: i64) {
        match self {
            Senders::One(sender) => sender.send(value).expect("dependents wait"),
            Senders::Many(senders) => {
                for sender in senders {
                    sender.send(value).expect("dependents wait");
                }
            }
        }
    }
}

impl Node for Nodes {
    type Handle = u32;

    /// One future for each number of dependencies, as one writes one async function for each task.
    #[inline]
    fn node(&mut self, literal: i64, spins: u32, dependencies: &[u32]) -> u32 {
        let senders = self.senders();
        let mut receiver = |x: u32| self.receiver(x);
        match *dependencies {
            [] => drop(tokio::spawn(async move {
                spin(spins);
                senders.send(literal);
            })),
            [x] => {
                let x = receiver(x);
                tokio::spawn(async move {
                    let x = get(x).await;
                    spin(spins);
                    senders.send(total(literal, [x].into_iter()));
                });
            }
            [x, y] => {
                let (x, y) = (receiver(x), receiver(y));
                tokio::spawn(async move {
                    let (x, y) = (get(x).await, get(y).await);
                    spin(spins);
                    senders.send(total(0, [x, y].into_iter()));
                });
            }
            [x, y, z] => {
                let (x, y, z) = (receiver(x), receiver(y), receiver(z));
                tokio::spawn(async move {
                    let (x, y, z) = (get(x).await, get(y).await, get(z).await);
                    spin(spins);
                    senders.send(total(0, [x, y, z].into_iter()));
                });
            }
            _ => {
                let list: Vec<_> = dependencies.iter().map(|&x| receiver(x)).collect();
                tokio::spawn(async move {
                    let mut sum = 0;
                    for x in list {
                        sum = total(sum, [get(x).await].into_iter());
                    }
                    spin(spins);
                    senders.send(sum);
                });
            }
        }
        self.next += 1;
        self.next - 1
    }
}

async fn get(input: Receiver<i64>) -> i64 {
    input.await.expect("no task fails")
}
