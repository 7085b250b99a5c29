//! All workloads, all peers, round after round.

use crate::args::Options;
use crate::child::pass_apart;
use crate::peers::Peer;
use crate::report::{Graph, Pass};
use crate::workloads::{Kind, Workload};

/// Measures one workload with that many workers: each round asks all peers, beginning with another one each time, so
/// that none always follows the same.
pub(crate) fn measure(kind: Kind, workers: usize, options: &Options) -> Result<Vec<Graph>, String> {
    let peers: Vec<&Peer> =
        options.peers.iter().filter(|peer| peer.parallel || workers == options.workers[0]).collect();
    let mut passes: Vec<Vec<Pass>> = vec![Vec::new(); peers.len()];
    let warm = options.warm.then(|| Warm::new(kind, workers, options.scale, &peers));
    for round in 0..options.rounds {
        for turn in 0..peers.len() {
            let number = (round + turn) % peers.len();
            passes[number].push(match &warm {
                Some(warm) => warm.pass(number),
                None => pass_apart(kind, peers[number], workers, options.scale)?,
            });
        }
    }
    let graph = |(peer, passes): (&&Peer, Vec<Pass>)| {
        Graph::of(kind, peer.name, if peer.parallel { workers } else { 1 }, &passes)
    };
    Ok(peers.iter().zip(passes).map(graph).collect())
}

/// What passes in this process share.
struct Warm(Vec<(Box<dyn crate::peers::Computes>, Workload)>);

impl Warm {
    fn new(kind: Kind, workers: usize, scale: f64, peers: &[&Peer]) -> Warm {
        let ready = |peer: &&Peer| ((peer.start)(workers), Workload::new(kind, scale * peer.share));
        let warm = Warm(peers.iter().map(ready).collect());
        for number in 0..peers.len() {
            // The first pass on fresh memory does not count.
            warm.pass(number);
        }
        warm
    }

    fn pass(&self, number: usize) -> Pass {
        let (computes, workload) = &self.0[number];
        Pass { tasks: workload.tasks(), sample: computes.measure(workload), bytes: None }
    }
}
