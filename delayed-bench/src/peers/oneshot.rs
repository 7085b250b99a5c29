//! Tokio by hand: a tokio task a node, which awaits a `oneshot` for each dependency.

use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot::{Receiver, Sender, channel};

use super::{Answer, Computes, Peer};
use crate::measure::{Clock, Phase, spin};
use crate::workloads::{Node, Workload, total};

pub(crate) const PEER: Peer = Peer {
    name: "oneshot",
    about: "tokio by hand: `spawn` a node, `oneshot` an edge",
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
        let mut nodes = Nodes(Vec::with_capacity(workload.tasks()));
        let output = workload.build(&mut nodes);
        let (sender, receiver) = channel();
        nodes.0[output as usize].senders.push(sender);
        clock.ended(Phase::Build);

        let run = async move {
            for node in nodes.0 {
                node.spawn();
            }
            receiver.await.expect("no task fails")
        };
        let value = match self.0.handle().runtime_flavor() {
            tokio::runtime::RuntimeFlavor::CurrentThread => self.0.block_on(run),
            // Spawned from a worker, tasks go to its own queue, and no third thread is at work.
            _ => {
                let run = self.0.spawn(run);
                self.0.block_on(run).expect("no task fails")
            }
        };
        clock.ended(Phase::Run);

        // Each tokio task has freed itself.
        clock.ended(Phase::Drop);
        Answer::Value(value)
    }
}

struct Nodes(Vec<Plan>);

/// A node before it is spawned, when it is known who its dependents are.
struct Plan {
    literal: i64,
    spins: u32,
    inputs: Inputs,
    senders: Senders,
}

enum Inputs {
    None,
    One([Receiver<i64>; 1]),
    Two([Receiver<i64>; 2]),
    Three([Receiver<i64>; 3]),
    Many(Vec<Receiver<i64>>),
}

/// Most tasks have one dependent, and no list.
#[derive(Default)]
struct Senders {
    first: Option<Sender<i64>>,
    more: Vec<Sender<i64>>,
}

impl Senders {
    fn push(&mut self, sender: Sender<i64>) {
        match self.first {
            None => self.first = Some(sender),
            Some(_) => self.more.push(sender),
        }
    }

    fn send(self, value: i64) {
        for sender in self.first.into_iter().chain(self.more) {
            sender.send(value).expect("dependents wait");
        }
    }
}

impl Node for Nodes {
    type Handle = u32;

    #[inline]
    fn node(&mut self, literal: i64, spins: u32, dependencies: &[u32]) -> u32 {
        let number = self.0.len() as u32;
        let mut receiver = |dependency: u32| {
            let (sender, receiver) = channel();
            self.0[dependency as usize].senders.push(sender);
            receiver
        };
        let inputs = match *dependencies {
            [] => Inputs::None,
            [x] => Inputs::One([x].map(receiver)),
            [x, y] => Inputs::Two([x, y].map(receiver)),
            [x, y, z] => Inputs::Three([x, y, z].map(receiver)),
            _ => Inputs::Many(dependencies.iter().map(|&x| receiver(x)).collect()),
        };
        self.0.push(Plan { literal, spins, inputs, senders: Senders::default() });
        number
    }
}

impl Plan {
    /// One future for each number of inputs, as one writes one async function for each task.
    fn spawn(self) {
        let Plan { literal, spins, inputs, senders } = self;
        match inputs {
            Inputs::None => {
                tokio::spawn(async move {
                    spin(spins);
                    senders.send(literal);
                });
            }
            Inputs::One(inputs) => {
                tokio::spawn(task(literal, spins, inputs, senders));
            }
            Inputs::Two(inputs) => {
                tokio::spawn(task(literal, spins, inputs, senders));
            }
            Inputs::Three(inputs) => {
                tokio::spawn(task(literal, spins, inputs, senders));
            }
            Inputs::Many(inputs) => {
                tokio::spawn(task(literal, spins, inputs, senders));
            }
        }
    }
}

async fn task(literal: i64, spins: u32, inputs: impl IntoIterator<Item = Receiver<i64>>, senders: Senders) {
    let mut sum = literal;
    for input in inputs {
        sum = total(sum, [input.await.expect("no task fails")].into_iter());
    }
    spin(spins);
    senders.send(sum);
}
