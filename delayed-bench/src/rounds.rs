//! All workloads, all peers, round after round.

use crate::args::Options;
use crate::blocks;
use crate::child::Job;
use crate::extras::Extra;
use crate::measure::Spread;
use crate::peers::{OURS, Peer};
use crate::report::{Figure, Graph, Pass, Report};
use crate::workloads::{Kind, Workload};

/// Measures one workload with that many workers: each round asks all peers, beginning with another one each time, so
/// that none always follows the same.
pub(crate) fn measure(kind: Kind, workers: usize, options: &Options) -> Result<Vec<Graph>, String> {
    let peers: Vec<&Peer> = options.peers.iter().collect();
    let mut passes: Vec<Vec<Pass>> = vec![Vec::new(); peers.len()];
    let warm = options.warm.then(|| Warm::new(kind, workers, options.scale, &peers));
    for round in 0..options.rounds {
        for turn in 0..peers.len() {
            let number = (round + turn) % peers.len();
            passes[number].push(match &warm {
                Some(warm) => warm.pass(number),
                None => {
                    Job::Pass { workload: kind, peer: peers[number].clone(), workers, scale: options.scale }.apart()?
                }
            });
        }
    }
    let graph = |(peer, passes): (&&Peer, Vec<Pass>)| Graph::of(kind, peer.name, workers, &passes);
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

/// Measures what is no graph of W1 to W6.
pub(crate) fn extra(extra: Extra, options: &Options, report: &mut Report) -> Result<(), String> {
    let both = || options.peers.iter().flat_map(|peer| options.workers.iter().map(move |&n| (peer, n)));
    match extra {
        Extra::W7 => {
            for (peer, workers) in both().filter(|(peer, n)| peer.bodies && (peer.parallel || *n == 1)) {
                let found = Job::Stencil { peer: peer.clone(), workers }.apart()?;
                report.bodies.push(Figure { peer: peer.name.into(), workers: Some(workers), found });
            }
        }
        Extra::W8 => {
            let leaves = ((2000.0 * options.scale).round() as usize).max(4);
            let able = |name: &str| blocks::PEERS.iter().any(|(able, _)| *able == name);
            for (peer, workers) in both().filter(|(peer, n)| able(peer.name) && (peer.parallel || *n == 1)) {
                let bytes: Option<f64> = Job::Blocks { peer: peer.name.into(), workers, leaves }.apart()?;
                let found = bytes.map(|bytes| bytes / f64::from(1 << 20));
                report.blocks.push(Figure { peer: peer.name.into(), workers: Some(workers), found });
            }
        }
        Extra::Chain => {
            for workers in [None, Some(1)] {
                let found = Job::Chain { workers }.apart()?;
                report.chain.push(Figure { peer: OURS.into(), workers, found });
            }
        }
        Extra::Naps => {
            let naps = (0..options.rounds).map(|_| Job::Naps { tasks: NAPS }.apart::<f64>());
            let found = Spread::of(naps.collect::<Result<Vec<_>, _>>()?);
            report.naps.push(Figure { peer: OURS.into(), workers: Some(1), found });
        }
        Extra::Beside => {
            let found = Job::Beside { tasks: BESIDE }.apart::<Spread>()?;
            report.beside.push(Figure { peer: OURS.into(), workers: Some(2), found });
        }
        Extra::Blocking => {
            let found = Job::Blocking { tasks: BLOCKING }.apart::<Spread>()?;
            report.blocking.push(Figure { peer: OURS.into(), workers: Some(2), found });
        }
        Extra::Cancel => {
            let found = Job::Cancel { tasks: CANCELLED }.apart::<Spread>()?;
            report.cancel.push(Figure { peer: OURS.into(), workers: Some(2), found });
        }
    }
    Ok(())
}

/// How many tasks sleep.
const NAPS: usize = 10_000;
const BESIDE: usize = 1_000_000;
const BLOCKING: usize = 500;
const CANCELLED: usize = 20;
