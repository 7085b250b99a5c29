//! What `delayed` must reach and what it aims at, beside what was measured.

use std::fmt::Write;

use crate::measure::Phase;
use crate::peers::{BASE, OURS};
use crate::report::{Figure, Graph, Report};
use crate::workloads::Kind;

/// One figure, of which less is better.
struct Aim {
    what: String,
    found: f64,
    must: f64,
    aim: f64,
}

/// A table of all aims that the run says something about.
pub(crate) fn text(report: &Report) -> String {
    let aims = aims(report);
    if aims.is_empty() {
        return String::new();
    }
    let mut text = format!("\n{:<58} {:>9} {:>9} {:>9}\n", "where we aim", "found", "must", "aim");
    for Aim { what, found, must, aim } in aims {
        let verdict = match found {
            found if found.is_infinite() => "MISSED, or the machine was busy",
            found if found <= aim => "reached",
            found if found <= must => "enough",
            _ => "MISSED",
        };
        let _ = writeln!(text, "{what:<58} {found:>9.2} {must:>9.2} {aim:>9.2}  {verdict}");
    }
    text
}

fn aims(report: &Report) -> Vec<Aim> {
    let mut aims = Vec::new();
    let mut add = |what: String, found: Option<f64>, must, aim| {
        if let Some(found) = found {
            aims.push(Aim { what, found, must, aim });
        }
    };
    let total = |graph: &Graph| graph.total.cpu.median;
    for kind in Kind::ALL {
        let random = kind == Kind::W6;
        let (must, aim) = if random { (4.0, 2.75) } else { (2.5, 1.5) };
        add(format!("{kind}: total, times the boxed loop's"), ratio(report, kind, BASE, 1, total), must, aim);
    }
    for kind in Kind::ALL {
        let what = format!("{kind}: total, times that of tokio by hand (oneshot)");
        add(what, ratio(report, kind, "oneshot", 1, total), 1.0 / 6.0, 1.0 / 8.0);
    }
    // A wavefront is what rayon by hand is best at: it is reported, and not among the aims.
    for kind in [Kind::W3, Kind::W5, Kind::W6] {
        let what = format!("{kind}: run phase on the wall, two workers, times rayon's");
        add(what, ratio(report, kind, "rayon", 2, |graph| graph.phase(Phase::Run).wall.median), 1.5, 1.0);
    }
    for kind in Kind::ALL {
        let (must, aim) = if kind == Kind::W6 { (140.0, 104.0) } else { (120.0, 88.0) };
        let bytes = report.graph(kind, OURS, 1).and_then(|graph| graph.bytes);
        add(format!("{kind}: bytes a task at the peak"), bytes.map(|bytes| bytes.median), must, aim);
    }
    for (workers, must, aim) in [(1, 150.0, 100.0), (2, 450.0, 300.0)] {
        let found = ours(&report.bodies, Some(workers)).map(|found| found.unwrap_or(f64::INFINITY));
        add(format!("W7: ns of body for half of the time, workers: {workers}"), found, must, aim);
    }
    // Smaller trees than the full one are less deep.
    if report.about.scale == 1.0 {
        for (workers, must, aim) in [(1, 16.0, 12.0), (2, 28.0, 24.0)] {
            add(
                format!("W8: MiB at the peak, workers: {workers}"),
                *ours(&report.blocks, Some(workers)).unwrap_or(&None),
                must,
                aim,
            );
        }
    }
    add("a chain of three, us".into(), ours(&report.chain, None).map(|found| found.median), 1.0, 0.5);
    add("10,000 naps of 100 ms, s".into(), ours(&report.naps, Some(1)).map(|found| found.median), 0.3, 0.15);
    let beside = ours(&report.beside, Some(2)).map(|found| found.median);
    add("a run of one task beside a large one, ms".into(), beside, 10.0, 10.0);
    let blocking = ours(&report.blocking, Some(2)).map(|found| found.median);
    add("sync tasks beside 500 blocking ones, times".into(), blocking, 1.1, 1.1);
    let cancel = ours(&report.cancel, Some(2)).map(|found| found.max);
    add("cancelling 20 tasks that sleep, ms at most".into(), cancel, 10.0, 10.0);
    aims
}

fn ratio(report: &Report, kind: Kind, peer: &str, workers: usize, get: impl Fn(&Graph) -> f64) -> Option<f64> {
    Some(get(report.graph(kind, OURS, workers)?) / get(report.graph(kind, peer, workers)?))
}

fn ours<T>(figures: &[Figure<T>], workers: Option<usize>) -> Option<&T> {
    figures.iter().find(|figure| figure.peer == OURS && figure.workers == workers).map(|figure| &figure.found)
}
