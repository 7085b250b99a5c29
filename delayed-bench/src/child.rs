//! Measurements in processes of their own: with memory that is fresh, and a peak that is theirs alone.

use std::process::{Command, Stdio};

use serde::de::DeserializeOwned;

use crate::extras;
use crate::peers::Peer;
use crate::report::Pass;
use crate::stencil;
use crate::workloads::{Kind, Workload};

/// What a child process does.
#[derive(Clone, Debug)]
pub(crate) enum Job {
    /// One pass over a graph.
    Pass {
        workload: Kind,
        peer: Peer,
        workers: usize,
        scale: f64,
    },
    /// The smallest body at which half of the time is useful.
    Stencil {
        peer: Peer,
        workers: usize,
    },
    /// The peak of the tree of blocks.
    Blocks {
        peer: String,
        workers: usize,
        leaves: usize,
    },
    /// The chain of three, on the default runtime or on one with so many workers.
    Chain {
        workers: Option<usize>,
    },
    /// Tasks that sleep.
    Naps {
        tasks: usize,
    },
    Beside {
        tasks: usize,
    },
    /// Blocking tasks beside sync ones.
    Blocking {
        tasks: usize,
    },
    /// A run that is cancelled.
    Cancel {
        tasks: usize,
    },
}

impl Job {
    /// How it is written on the command line.
    fn words(&self) -> Vec<String> {
        match self {
            Job::Pass { workload, peer, workers, scale } => {
                vec!["pass".into(), workload.to_string(), peer.name.into(), workers.to_string(), scale.to_string()]
            }
            Job::Stencil { peer, workers } => vec!["stencil".into(), peer.name.into(), workers.to_string()],
            Job::Blocks { peer, workers, leaves } => {
                vec!["blocks".into(), peer.clone(), workers.to_string(), leaves.to_string()]
            }
            Job::Chain { workers: None } => vec!["chain".into()],
            Job::Chain { workers: Some(workers) } => vec!["chain".into(), workers.to_string()],
            Job::Naps { tasks } => vec!["naps".into(), tasks.to_string()],
            Job::Beside { tasks } => vec!["beside".into(), tasks.to_string()],
            Job::Blocking { tasks } => vec!["blocking".into(), tasks.to_string()],
            Job::Cancel { tasks } => vec!["cancel".into(), tasks.to_string()],
        }
    }

    /// Does it in this process, and prints what was found.
    pub(crate) fn carry_out(&self) -> Result<(), String> {
        let found = match self {
            Job::Pass { workload, peer, workers, scale } => {
                serde_json::to_string(&pass(*workload, peer, *workers, *scale))
            }
            Job::Stencil { peer, workers } => serde_json::to_string(&stencil::smallest_body(peer, *workers)),
            Job::Blocks { peer, workers, leaves } => serde_json::to_string(&extras::blocks(peer, *workers, *leaves)?),
            Job::Chain { workers } => serde_json::to_string(&extras::chain(*workers)),
            Job::Naps { tasks } => serde_json::to_string(&extras::naps(*tasks)),
            Job::Beside { tasks } => serde_json::to_string(&extras::beside(*tasks)),
            Job::Blocking { tasks } => serde_json::to_string(&extras::blocking(*tasks)),
            Job::Cancel { tasks } => serde_json::to_string(&extras::cancel(*tasks)),
        };
        println!("{}", found.expect("what was found is plain data"));
        Ok(())
    }

    /// Starts this program again to do it, and reads what it prints.
    pub(crate) fn apart<T: DeserializeOwned>(&self) -> Result<T, String> {
        let what = || format!("the child process for `{}`", self.words().join(" "));
        let program = std::env::current_exe().map_err(|error| format!("this program is not found: {error}"))?;
        let output = Command::new(program)
            .arg("child")
            .args(self.words())
            .stderr(Stdio::inherit())
            .output()
            .map_err(|error| format!("{} did not start: {error}", what()))?;
        if !output.status.success() {
            return Err(format!("{} failed: {}", what(), output.status));
        }
        serde_json::from_slice(&output.stdout).map_err(|error| format!("{} printed something else: {error}", what()))
    }
}

fn pass(kind: Kind, peer: &Peer, workers: usize, scale: f64) -> Pass {
    let workload = Workload::new(kind, scale * peer.share);
    let computes = (peer.start)(workers);
    let before = peak();
    let sample = computes.measure(&workload);
    Pass { tasks: workload.tasks(), sample, bytes: above(before) }
}

/// How far the peak has risen since it was `before`.
pub(crate) fn above(before: Option<f64>) -> Option<f64> {
    Some((peak()? - before?).max(0.0))
}

/// The most memory that this process has had in use so far, in bytes: pages that were touched. Linux alone tells.
pub(crate) fn peak() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: f64 = line.trim().trim_end_matches(" kB").parse().ok()?;
    Some(kib * 1024.0)
}
