//! How the time a task grows with the size of the graph.

use std::fmt::Write;

use crate::args::Options;
use crate::child::Job;
use crate::measure::{Phase, Spread};
use crate::peers::{self, BASE, OURS};
use crate::report::{Graph, Pass};
use crate::table::ratio;
use crate::workloads::Kind;

const SIZES: [f64; 3] = [1e5, 1e6, 1e7];

/// Measures `delayed` and the boxed loop at each size, every pass in a process of its own, and sets their growths side
/// by side.
pub(crate) fn table(kind: Kind, options: &Options) -> Result<String, String> {
    let names = [OURS, BASE];
    let mut passes: [[Vec<Pass>; 3]; 2] = Default::default();
    let workers = options.workers[0];
    for _ in 0..options.rounds {
        for (size, tasks) in SIZES.into_iter().enumerate() {
            for (number, name) in names.into_iter().enumerate() {
                let peer = peers::ALL.into_iter().find(|peer| peer.name == name).expect("both are peers");
                let scale = options.scale * tasks / kind.full();
                passes[number][size].push(Job::Pass { workload: kind, peer, workers, scale }.apart()?);
            }
        }
    }
    let graphs: [[Graph; 3]; 2] = [0, 1].map(|i| [0, 1, 2].map(|j| Graph::of(kind, names[i], workers, &passes[i][j])));
    Ok(text(kind, workers, &graphs))
}

pub(crate) fn text(kind: Kind, workers: usize, graphs: &[[Graph; 3]; 2]) -> String {
    let mut text = format!("\n{kind} {}, workers: {workers}, ns a task (CPU)\n{:<16}", kind.about(), "");
    for graph in &graphs[0] {
        let _ = write!(text, " {:>10}", graph.tasks);
    }
    let _ = writeln!(text, " {:>10}", "growth");
    let mut growths = Vec::new();
    for graphs in graphs {
        let mut row = |what: &str, get: &dyn Fn(&Graph) -> Spread| {
            let values = graphs.each_ref().map(|graph| get(graph).median);
            if values == [0.0; 3] {
                return;
            }
            let _ = write!(text, "{:<16}", format!("{} {what}", graphs[0].peer));
            for value in values {
                let _ = write!(text, " {value:>10.1}");
            }
            let _ = writeln!(text, " {:>10}", ratio(values[2], values[0]));
            growths.push((graphs[0].peer.clone(), what.to_owned(), values[2] / values[0]));
        };
        for phase in Phase::ALL {
            row(phase.name(), &|graph| graph.phase(phase).cpu);
        }
        row("total", &|graph| graph.total.cpu);
        row("bytes", &|graph| graph.bytes.unwrap_or_default());
    }
    let base = growths.iter().find(|(peer, what, _)| peer == BASE && what == "total").map_or(1.0, |found| found.2);
    let ours = growths.iter().filter(|(peer, what, _)| peer == OURS && what != "bytes");
    let parts: Vec<String> = ours.map(|(_, what, growth)| format!("{what} {}", ratio(*growth, base))).collect();
    let _ = writeln!(
        text,
        "growth of `delayed`, times that of the boxed loop's total (at most 1.3x): {}",
        parts.join(", ")
    );
    text
}
