//! What a run of the benchmarks has found; saved as JSON.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::load::BUSY;
use crate::measure::{Phase, Sample, Spread, Time};
use crate::workloads::Kind;

/// All that one run of the benchmarks has found.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Report {
    pub(crate) about: About,
    /// W1 to W6.
    pub(crate) graphs: Vec<Graph>,
    /// W7: the smallest body, in ns, at which half of the time is useful; nothing where 100 us do not suffice.
    pub(crate) bodies: Vec<Figure<Option<f64>>>,
    /// W8: the peak of memory, in MiB.
    pub(crate) blocks: Vec<Figure<Option<f64>>>,
    /// A chain of three built and computed, in us, on the default runtime (no workers given) and on others.
    pub(crate) chain: Vec<Figure<Spread>>,
    /// 10,000 tasks that each sleep 100 ms, in s.
    pub(crate) naps: Vec<Figure<Spread>>,
    /// A run of one task that is started beside a large one, in ms.
    pub(crate) beside: Vec<Figure<Spread>>,
    /// A graph of sync tasks beside 500 blocking ones, as a multiple of its time without.
    pub(crate) blocking: Vec<Figure<Spread>>,
    /// From cancelling a run of 20 tasks that sleep until it is over, in ms.
    pub(crate) cancel: Vec<Figure<Spread>>,
}

/// One figure of a peer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Figure<T> {
    pub(crate) peer: String,
    pub(crate) workers: Option<usize>,
    pub(crate) found: T,
}

/// Where and how it was measured.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct About {
    pub(crate) version: String,
    pub(crate) machine: String,
    pub(crate) scale: f64,
    pub(crate) rounds: usize,
    /// Whether passes shared one process and the memory that the ones before had freed.
    pub(crate) warm: bool,
    /// The share of the processors' time that other programs used meanwhile, where the system tells.
    #[serde(default)]
    pub(crate) others: Option<f64>,
}

impl About {
    /// What is to be known before the figures are believed.
    pub(crate) fn note(&self) -> Option<String> {
        let others = self.others.filter(|others| *others > BUSY)?;
        Some(format!("NOTE: other programs used {:.0} % of the processors: measure again", others * 100.0))
    }
}

/// An error if nothing can be saved there.
pub(crate) fn writable(path: &Path) -> Result<(), String> {
    let open = std::fs::OpenOptions::new().create(true).append(true).open(path);
    open.map(drop).map_err(|error| format!("cannot write {}: {error}", path.display()))
}

/// One peer on one workload, in ns a task.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Graph {
    pub(crate) workload: Kind,
    pub(crate) peer: String,
    pub(crate) workers: usize,
    pub(crate) tasks: usize,
    /// By the number of the phase.
    pub(crate) phases: [Times; 4],
    pub(crate) total: Times,
    /// The most memory in use at a time, in bytes a task; unknown where passes share a process.
    pub(crate) bytes: Option<Spread>,
}

/// CPU time of all threads, and time on the wall.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Times {
    pub(crate) cpu: Spread,
    pub(crate) wall: Spread,
}

impl Times {
    fn of(times: impl Iterator<Item = Time> + Clone) -> Times {
        Times { cpu: Spread::of(times.clone().map(|t| t.cpu)), wall: Spread::of(times.map(|t| t.wall)) }
    }
}

/// One pass over a graph, as a child process reports it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Pass {
    pub(crate) tasks: usize,
    pub(crate) sample: Sample,
    pub(crate) bytes: Option<f64>,
}

impl Graph {
    pub(crate) fn of(workload: Kind, peer: &str, workers: usize, passes: &[Pass]) -> Graph {
        let tasks = passes[0].tasks;
        let times = |of: &dyn Fn(&Sample) -> Time| {
            Times::of(passes.iter().map(|pass| of(&pass.sample).per(tasks)).collect::<Vec<_>>().into_iter())
        };
        let bytes: Option<Vec<f64>> = passes.iter().map(|pass| Some(pass.bytes? / tasks as f64)).collect();
        Graph {
            workload,
            peer: peer.into(),
            workers,
            tasks,
            phases: Phase::ALL.map(|phase| times(&|sample| sample.phases[phase as usize])),
            total: times(&Sample::total),
            bytes: bytes.map(Spread::of),
        }
    }

    pub(crate) fn phase(&self, phase: Phase) -> &Times {
        &self.phases[phase as usize]
    }
}

impl Report {
    /// What was found out about this peer.
    pub(crate) fn graph(&self, workload: Kind, peer: &str, workers: usize) -> Option<&Graph> {
        self.graphs.iter().find(|g| (g.workload, g.peer.as_str(), g.workers) == (workload, peer, workers))
    }

    pub(crate) fn read(path: &Path) -> Result<Report, String> {
        let text = std::fs::read_to_string(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
        serde_json::from_str(&text).map_err(|error| format!("{} is no saved run: {error}", path.display()))
    }

    pub(crate) fn write(&self, path: &Path) -> Result<(), String> {
        let text = serde_json::to_string_pretty(self).expect("a report is plain data");
        std::fs::write(path, text + "\n").map_err(|error| format!("cannot write {}: {error}", path.display()))
    }
}
