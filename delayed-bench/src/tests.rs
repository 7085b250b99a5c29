//! What must hold whatever the machine: answers, and what is read, written and printed. Nothing here is timed.

use crate::args::{self, Command};
use crate::blocks;
use crate::compare;
use crate::growth;
use crate::load::Load;
use crate::measure::{Sample, Spread, Time};
use crate::peers::{self, BASE, OURS};
use crate::picture;
use crate::report::{Figure, Graph, Pass, Report};
use crate::table;
use crate::workloads::{Kind, Workload};

fn parse(line: &str) -> Result<Command, String> {
    args::parse(line.split_whitespace().map(Into::into))
}

/// A run in which everything takes `times` as long.
fn report(times: f64) -> Report {
    let mut report = Report::default();
    for kind in Kind::ALL {
        for (number, peer) in peers::ALL.iter().enumerate() {
            let base = if peer.name == BASE { 1.0 } else { times };
            let ns = 1000.0 * base * (number + 1) as f64;
            let sample = Sample { phases: [Time { cpu: ns, wall: ns }; 4] };
            let passes = [Pass { tasks: 100, sample, bytes: Some(8000.0) }; 3];
            report.graphs.extend([1, 2].map(|workers| Graph::of(kind, peer.name, workers, &passes)));
        }
    }
    report.about.scale = 1.0;
    report.bodies.push(Figure { peer: OURS.into(), workers: Some(2), found: None });
    report.chain.push(Figure { peer: OURS.into(), workers: None, found: Spread::of([0.5 * times]) });
    report
}

#[test]
fn all_peers_give_the_same_answer_to_every_workload() {
    for workers in [1, 2] {
        for peer in peers::ALL {
            let computes = (peer.start)(workers);
            for scale in [1e-9, 1e-4] {
                for kind in Kind::ALL {
                    // Wrong answers are refused inside.
                    computes.measure(&Workload::new(kind, scale));
                }
            }
            computes.measure(&Workload::stencil(20, 3));
        }
    }
}

#[test]
fn blocks_are_summed_alike() {
    for (name, run) in blocks::PEERS {
        assert_eq!(run(2, 3), blocks::answer(3), "{name}");
    }
}

#[test]
fn a_workload_has_its_full_size() {
    for kind in Kind::ALL {
        let tasks = Workload::new(kind, 0.01).tasks() as f64;
        assert!((tasks / (kind.full() * 0.01) - 1.0).abs() < 0.02, "{kind}: {tasks}");
    }
}

#[test]
fn every_random_task_is_needed() {
    let workload = Workload::new(Kind::W6, 1e-3);
    let graph = delayed_tasks(&workload);
    assert_eq!(graph, workload.tasks());
}

/// How many tasks are in the graph behind the output.
fn delayed_tasks(workload: &Workload) -> usize {
    let output = workload.build(&mut crate::delayed::Functions);
    delayed::Graph::of(&output).tasks().count()
}

#[test]
fn a_saved_run_is_read_again() {
    let path = std::env::temp_dir().join(format!("delayed-bench-{}.json", std::process::id()));
    let saved = report(1.5);
    saved.write(&path).unwrap();
    let read = Report::read(&path);
    std::fs::remove_file(&path).unwrap();
    assert_eq!(read.unwrap(), saved);
    assert!(Report::read(&path).unwrap_err().starts_with("cannot read "));
}

#[test]
fn compare_prints_ratios() {
    let text = compare::text(&report(1.0), &report(0.5)).unwrap();
    let line = |start: &str| text.lines().find(|line| line.starts_with(start)).unwrap_or_else(|| panic!("{text}"));
    let columns = |start: &str| line(start)[36..].split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(columns("W1 delayed, 1"), "40.00 20.00 0.50x 0.50x");
    assert_eq!(columns("W1 boxed, 1"), "80.00 80.00 1.00x");
    assert_eq!(columns("chain of three, us"), "0.50 0.25 0.50x");
}

#[test]
fn runs_with_nothing_in_common_are_not_compared() {
    let other = Report::default();
    assert_eq!(compare::text(&report(1.0), &other).unwrap_err(), "the two runs have no figure in common");
}

#[test]
fn the_time_of_other_programs_is_told() {
    let own = |ticks: &str| format!("7 (a name) with) R 1 7 7 0 -1 0 0 0 0 0 {ticks} 20 0");
    let before = Load::of("cpu  10 0 10 80 0 0 0 0 0 0\ncpu0 ..", &own("1 2 3 4")).unwrap();
    // 100 more for all: 40 idle, and of the 60 others this program and its children have used 45.
    let after = Load::of("cpu  60 0 20 110 10 0 0 0 0 0\n", &own("11 12 18 14")).unwrap();
    assert!((before.others(after) - 0.15).abs() < 1e-9);
    let mut busy = report(1.0);
    busy.about.others = Some(0.15);
    let note = "NOTE: other programs used 15 % of the processors: measure again";
    assert!(table::of(&busy).contains(note));
    assert!(compare::text(&busy, &report(1.0)).unwrap().contains(note));
    busy.about.others = Some(0.04);
    assert!(!table::of(&busy).contains("NOTE: other"));
}

#[test]
fn tables_and_pictures_name_all() {
    let report = report(1.0);
    let (table, picture) = (table::of(&report), picture::svg(&report));
    for peer in peers::ALL {
        assert!(table.contains(peer.name) && picture.contains(peer.name), "{}", peer.name);
    }
    assert!(table.contains("above 100000"), "{table}");
    let aim = |start: &str| table.lines().find(|line| line.starts_with(start)).map(|line| line.contains("MISSED"));
    assert_eq!(aim("W1: total, times the boxed"), Some(false), "{table}");
    assert_eq!(aim("W1: run phase"), None);
    assert_eq!(aim("W7: ns of body for half of the time, workers: 2"), Some(true));
    assert!(growth::text(Kind::W1, 1, &[(); 2].map(|()| [(); 3].map(|()| report.graphs[0].clone()))).contains("1.00x"));
}

#[test]
fn a_spread_has_its_median_between_the_ends() {
    assert_eq!(Spread::of([3.0, 1.0, 2.0]), Spread { median: 2.0, min: 1.0, max: 3.0 });
    assert_eq!(Spread::of([3.0, 1.0]), Spread { median: 2.0, min: 1.0, max: 3.0 });
}

#[test]
fn options_are_read() {
    let Ok(Command::Run(options)) = parse("--only w3,naps --peers rayon --workers 2 --rounds 1 --scale 0.5") else {
        panic!("these are options of a run");
    };
    assert_eq!(options.workloads, [Kind::W3]);
    assert_eq!(options.extras.len(), 1);
    assert_eq!(options.peers.iter().map(|peer| peer.name).collect::<Vec<_>>(), [OURS, BASE, "rayon"]);
    assert_eq!((options.workers, options.rounds, options.scale), (vec![2], 1, 0.5));
}

#[test]
fn mistakes_say_what_is_allowed() {
    let message = |line: &str| parse(line).unwrap_err();
    assert_eq!(
        message("--only W9"),
        "unknown workload `W9`; allowed are W1, W2, W3, W4, W5, W6, W7, W8, chain, naps, beside, blocking, cancel"
    );
    assert!(message("--peers tokio").starts_with("unknown peer `tokio`; allowed are delayed, boxed, counters, "));
    assert!(message("--fast").starts_with("unknown option `--fast`; allowed are --only, --peers, "));
    assert_eq!(message("--rounds 0"), "`--rounds 0` is no number above 0");
    assert_eq!(message("--rounds"), "`--rounds` needs a value");
    assert_eq!(message("grow"), "unknown command `grow`; allowed are growth, compare, picture, or none to measure");
    assert_eq!(message("growth now"), "unexpected `now` after `growth`, which takes options only");
    assert!(message("growth --json x.json").starts_with("`growth` saves nothing"));
    assert_eq!(message("compare old.json"), "`compare` takes two files: compare OLD.json NEW.json");
}
