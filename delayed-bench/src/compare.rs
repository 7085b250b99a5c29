//! Two saved runs side by side.

use std::fmt::Write;

use crate::measure::{Phase, Spread};
use crate::peers::{BASE, OURS};
use crate::report::{Figure, Graph, Report};
use crate::table::ratio;

/// What has changed from `old` to `new`, in CPU ns a task.
///
/// The machine may have been faster one day than the other; so the last column is the change of what a peer takes in
/// times of what the boxed loop takes in the same run.
pub(crate) fn text(old: &Report, new: &Report) -> Result<String, String> {
    let mut text = String::new();
    for (which, report) in [("old", old), ("new", new)] {
        let about = &report.about;
        let memory = if about.warm { "warm" } else { "fresh" };
        let _ = writeln!(
            text,
            "{which}: delayed {}, {}; scale {}, {} rounds, {memory} memory",
            about.version, about.machine, about.scale, about.rounds
        );
        if let Some(note) = about.note() {
            let _ = writeln!(text, "     {note}");
        }
    }
    let _ = writeln!(text, "\n{:<36} {:>9} {:>9} {:>8} {:>8}", "", "old", "new", "new/old", "vs boxed");
    let _ = writeln!(text, "{:>73}", "new/old");
    let head = text.len();
    for graph in &new.graphs {
        let Some(before) = old.graph(graph.workload, &graph.peer, graph.workers) else { continue };
        let name = format!("{} {}, {}", graph.workload, graph.peer, graph.workers);
        let beside = beside(new, graph).zip(beside(old, before)).map(|(new, old)| ratio(new, old));
        row(&mut text, &name, before.total.cpu.median, graph.total.cpu.median, beside);
        if graph.peer == OURS {
            for phase in Phase::ALL {
                let of = |graph: &Graph| graph.phase(phase).cpu.median;
                row(&mut text, &format!("   {}", phase.name()), of(before), of(graph), None);
            }
            let of = |graph: &Graph| graph.phase(Phase::Run).wall.median;
            row(&mut text, "   run, wall", of(before), of(graph), None);
            if let (Some(old), Some(new)) = (before.bytes, graph.bytes) {
                row(&mut text, "   bytes", old.median, new.median, None);
            }
        }
    }
    let plain = |found: &Option<f64>| found.unwrap_or_default();
    let median = |found: &Spread| found.median;
    figures(&mut text, "W7, ns", &old.bodies, &new.bodies, plain);
    figures(&mut text, "W8, MiB", &old.blocks, &new.blocks, plain);
    figures(&mut text, "chain of three, us", &old.chain, &new.chain, median);
    figures(&mut text, "naps, s", &old.naps, &new.naps, median);
    figures(&mut text, "a run beside a large one, ms", &old.beside, &new.beside, median);
    figures(&mut text, "beside 500 blocking tasks, times", &old.blocking, &new.blocking, median);
    figures(&mut text, "cancelling, ms", &old.cancel, &new.cancel, median);
    if text.len() == head {
        return Err("the two runs have no figure in common".into());
    }
    Ok(text)
}

/// A total, times that of the boxed loop in the same run.
fn beside(report: &Report, graph: &Graph) -> Option<f64> {
    let base = report.graph(graph.workload, BASE, graph.workers)?;
    (graph.peer != BASE).then(|| graph.total.cpu.median / base.total.cpu.median)
}

fn figures<T>(text: &mut String, what: &str, old: &[Figure<T>], new: &[Figure<T>], get: impl Fn(&T) -> f64) {
    for figure in new {
        let same = |other: &&Figure<T>| (&other.peer, other.workers) == (&figure.peer, figure.workers);
        let Some(before) = old.iter().find(same) else { continue };
        let workers = figure.workers.map_or("default".into(), |n| n.to_string());
        let name = format!("{what}: {}, {workers}", figure.peer);
        row(text, &name, get(&before.found), get(&figure.found), None);
    }
}

fn row(text: &mut String, name: &str, old: f64, new: f64, beside: Option<String>) {
    if old > 0.0 && new > 0.0 {
        let beside = beside.unwrap_or_default();
        let _ = writeln!(text, "{name:<36} {old:>9.2} {new:>9.2} {:>8} {beside:>8}", ratio(new, old));
    }
}
