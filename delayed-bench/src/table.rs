//! A run as text.

use std::fmt::Write;

use crate::aims;
use crate::measure::{Phase, Spread};
use crate::peers::{self, BASE, OURS};
use crate::report::{Graph, Report};
use crate::stencil::{LONGEST, SHORTEST};
use crate::workloads::Kind;

/// The tables of a whole run.
pub(crate) fn of(report: &Report) -> String {
    let mut text = String::new();
    let about = &report.about;
    let memory = match about.warm {
        false => "each pass in a process of its own, on fresh memory",
        true => "all passes in one process, on memory freed by the ones before",
    };
    let _ = writeln!(
        text,
        "delayed {} on {}; {} times the full sizes, {} rounds; {memory}",
        about.version, about.machine, about.scale, about.rounds
    );
    for peer in peers::ALL.iter().filter(|peer| report.graphs.iter().any(|graph| graph.peer == peer.name)) {
        let share = if peer.share < 1.0 { format!("; at {} of the sizes", peer.share) } else { String::new() };
        let _ = writeln!(text, "  {:<9} {}{share}", peer.name, peer.about);
    }
    if let Some(note) = about.note() {
        let _ = writeln!(text, "  {note}");
    }
    let busy = busy(report);
    if !busy.is_empty() {
        let _ = writeln!(text, "  NOTE: the boxed loop had to wait, so the machine was busy, in {}", busy.join(", "));
    }
    let mut workers: Vec<usize> = report.graphs.iter().map(|graph| graph.workers).collect();
    workers.sort_unstable();
    workers.dedup();
    for workers in workers {
        ours(&mut text, report, workers);
        others(&mut text, report, workers);
    }
    extras(&mut text, report);
    text.push_str(&aims::text(report));
    text
}

fn kinds(report: &Report) -> impl Iterator<Item = Kind> + '_ {
    Kind::ALL.into_iter().filter(|&kind| report.graphs.iter().any(|graph| graph.workload == kind))
}

/// Where more time passed than the boxed loop, on its one thread, had work for.
fn busy(report: &Report) -> Vec<String> {
    let loops = report.graphs.iter().filter(|graph| graph.peer == BASE);
    let waited = loops.map(|graph| (graph, graph.total.wall.median / graph.total.cpu.median));
    let long = waited.filter(|(_, waited)| *waited > 1.05);
    long.map(|(graph, waited)| format!("{} with {} ({waited:.2}x)", graph.workload, graph.workers)).collect()
}

fn has(report: &Report, peer: &str, workers: usize) -> bool {
    report.graphs.iter().any(|graph| graph.peer == peer && graph.workers == workers)
}

/// The phases of `delayed`.
fn ours(text: &mut String, report: &Report, workers: usize) {
    let _ = writeln!(
        text,
        "\n`delayed`, {workers} worker{}: ns a task, CPU time of all threads; median (least..most)\n\
         {:<18} {:>9} {:>6} {:>6} {:>6} {:>6} {:>6} {:<13} {:>6} {:>8} {:>9} {:>8}",
        if workers == 1 { "" } else { "s" },
        "",
        "tasks",
        "build",
        "plan",
        "run",
        "drop",
        "total",
        "",
        "wall",
        "run wall",
        "bytes",
        "x boxed"
    );
    for kind in kinds(report) {
        let Some(graph) = report.graph(kind, OURS, workers) else { continue };
        let _ = write!(text, "{:<18} {:>9}", format!("{kind} {}", kind.about()), graph.tasks);
        for phase in Phase::ALL {
            let _ = write!(text, " {:>6.1}", graph.phase(phase).cpu.median);
        }
        let _ = writeln!(
            text,
            " {:>6.1} {:<13} {:>6.1} {:>8.1} {:>9} {:>8}",
            graph.total.cpu.median,
            range(&graph.total.cpu),
            graph.total.wall.median,
            graph.phase(Phase::Run).wall.median,
            graph.bytes.map_or("-".into(), |bytes| format!("{:.0}", bytes.median)),
            times(graph, report.graph(kind, BASE, workers)),
        );
    }
}

/// The totals of all peers, and what part of each `delayed` takes.
fn others(text: &mut String, report: &Report, workers: usize) {
    let peers: Vec<&str> = peers::ALL.iter().map(|peer| peer.name).filter(|name| has(report, name, workers)).collect();
    if peers.is_empty() {
        return;
    }
    let mut table = |title: &str, cell: &dyn Fn(Kind, &str) -> Option<String>| {
        let _ = writeln!(text, "\n{title}");
        let _ = write!(text, "{:<18}", "");
        for peer in &peers {
            let _ = write!(text, " {peer:>15}");
        }
        let _ = writeln!(text);
        for kind in kinds(report) {
            let _ = write!(text, "{:<18}", format!("{kind} {}", kind.about()));
            for peer in &peers {
                let _ = write!(text, " {:>15}", cell(kind, peer).unwrap_or_default());
            }
            let _ = writeln!(text);
        }
    };
    let get = |kind, peer: &str| report.graph(kind, peer, workers);
    table("total, ns a task (CPU), build and drop included; median (least..most)", &|kind, peer| {
        let total = &get(kind, peer)?.total.cpu;
        Some(format!("{:.0} {}", total.median, range(total)))
    });
    if !report.about.warm {
        table("the peak of memory, bytes a task", &|kind, peer| Some(format!("{:.0}", get(kind, peer)?.bytes?.median)));
    }
    table("`delayed`'s total, times each peer's (CPU)", &|kind, peer| {
        Some(times(get(kind, OURS)?, Some(get(kind, peer)?)))
    });
    table("each peer's total, times the boxed loop's (CPU)", &|kind, peer| {
        Some(times(get(kind, peer)?, report.graph(kind, BASE, workers)))
    });
    table("the run phase alone, ns a task (wall)", &|kind, peer| {
        Some(format!("{:.1}", get(kind, peer)?.phase(Phase::Run).wall.median))
    });
    table("`delayed`'s run phase alone, times each peer's (wall)", &|kind, peer| {
        let wall = |graph: &Graph| graph.phase(Phase::Run).wall.median;
        Some(ratio(wall(get(kind, OURS)?), wall(get(kind, peer)?)))
    });
}

fn range(spread: &Spread) -> String {
    format!("({:.0}..{:.0})", spread.min, spread.max)
}

fn times(graph: &Graph, base: Option<&Graph>) -> String {
    base.map_or("-".into(), |base| ratio(graph.total.cpu.median, base.total.cpu.median))
}

pub(crate) fn ratio(value: f64, base: f64) -> String {
    match value / base {
        // Too little was measured for a ratio.
        _ if base < 0.01 => "-".into(),
        ratio if ratio < 0.1 => format!("{ratio:.3}x"),
        ratio => format!("{ratio:.2}x"),
    }
}

/// All that is no graph of W1 to W6.
fn extras(text: &mut String, report: &Report) {
    let number = |workers: Option<usize>| workers.map_or("default runtime".into(), |n| format!("{n} worker(s)"));
    let mib = |found: Option<f64>| found.map_or("unknown".into(), |found| format!("{found:.0}"));
    let body = |found: Option<f64>| match found {
        None => format!("above {LONGEST}"),
        // The search ends within 5 percent of where it begins.
        Some(found) if found < SHORTEST * 1.06 => format!("{SHORTEST} or less"),
        Some(found) => format!("{found:.0}"),
    };
    let spread = |found: &Spread| format!("{:.3} ({:.3}..{:.3})", found.median, found.min, found.max);
    let mut list = |title: &str, rows: Vec<(&str, Option<usize>, String)>| {
        if !rows.is_empty() {
            let _ = writeln!(text, "\n{title}");
        }
        for (peer, workers, found) in rows {
            let _ = writeln!(text, "{peer:<10} {:<16} {found:>10}", number(workers));
        }
    };
    list(
        "W7 stencil: the smallest body at which half of the time of a compute is useful, ns",
        report.bodies.iter().map(|f| (&*f.peer, f.workers, body(f.found))).collect(),
    );
    list(
        "W8 tree of blocks of 1 MiB: the peak of memory above the start, MiB",
        report.blocks.iter().map(|f| (&*f.peer, f.workers, mib(f.found))).collect(),
    );
    list(
        "a chain of three tasks built and computed, us",
        report.chain.iter().map(|f| (&*f.peer, f.workers, spread(&f.found))).collect(),
    );
    list(
        "10,000 tasks that each sleep 100 ms, s (wall)",
        report.naps.iter().map(|f| (&*f.peer, f.workers, spread(&f.found))).collect(),
    );
    list(
        "a run of one task beside a run of 10^6, ms (wall)",
        report.beside.iter().map(|f| (&*f.peer, f.workers, spread(&f.found))).collect(),
    );
    list(
        "sync tasks beside 500 blocking ones of 20 ms, as a multiple of their time without (wall)",
        report.blocking.iter().map(|f| (&*f.peer, f.workers, spread(&f.found))).collect(),
    );
    list(
        "from cancelling a run of 20 tasks that sleep until it is over, ms (wall)",
        report.cancel.iter().map(|f| (&*f.peer, f.workers, spread(&f.found))).collect(),
    );
}
