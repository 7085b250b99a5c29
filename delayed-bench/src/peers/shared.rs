//! Tokio with `Shared` futures: a handle is a future that any number of dependents await.

use std::future::Future;
use std::pin::Pin;

use futures::FutureExt;
use futures::future::Shared;
use tokio::runtime::Runtime;

use super::oneshot::tokio;
use super::{Answer, Computes, Peer};
use crate::measure::{Clock, Phase, spin};
use crate::workloads::{Node, Workload, total};

pub(crate) const PEER: Peer = Peer {
    name: "shared",
    about: "tokio by hand: every node a spawned `futures::future::Shared`",
    share: 0.25,
    parallel: true,
    bodies: true,
    start: |workers| Box::new(SharedFutures(tokio(workers))),
};

type Handle = Shared<Pin<Box<dyn Future<Output = i64> + Send>>>;

struct SharedFutures(Runtime);

impl Computes for SharedFutures {
    fn compute(&self, workload: &Workload, clock: &mut Clock) -> Answer {
        let mut nodes = Nodes(Vec::with_capacity(workload.tasks()));
        let output = workload.build(&mut nodes);
        clock.ended(Phase::Build);

        let value = self.0.block_on(async move {
            // In the order of building, and from outside of the workers, whose own queues begin with the newest: a
            // `Shared` polled before its dependencies polls them from within itself, and a chain overflows the stack.
            for node in nodes.0 {
                tokio::spawn(node);
            }
            tokio::spawn(output).await.expect("no task fails")
        });
        clock.ended(Phase::Run);

        clock.ended(Phase::Drop);
        Answer::Value(value)
    }
}

struct Nodes(Vec<Handle>);

impl Nodes {
    fn push(&mut self, future: impl Future<Output = i64> + Send + 'static) -> Handle {
        let handle = future.boxed().shared();
        self.0.push(handle.clone());
        handle
    }
}

impl Node for Nodes {
    type Handle = Handle;

    #[inline]
    fn node(&mut self, literal: i64, spins: u32, dependencies: &[Handle]) -> Handle {
        match dependencies {
            [] => self.push(async move {
                spin(spins);
                literal
            }),
            [x] => self.push(task(literal, spins, [x.clone()])),
            [x, y] => self.push(task(literal, spins, [x.clone(), y.clone()])),
            [x, y, z] => self.push(task(literal, spins, [x.clone(), y.clone(), z.clone()])),
            list => self.push(task(literal, spins, list.to_vec())),
        }
    }
}

async fn task(literal: i64, spins: u32, inputs: impl IntoIterator<Item = Handle>) -> i64 {
    let mut sum = literal;
    for input in inputs {
        sum = total(sum, [input.await].into_iter());
    }
    spin(spins);
    sum
}
