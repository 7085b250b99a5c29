//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;
use std::str::FromStr;

use lexopt::prelude::*;

use crate::child::Job;
use crate::extras::Extra;
use crate::peers::{self, Peer};
use crate::workloads::Kind;

pub(crate) const HELP: &str = "\
usage: delayed-bench [options]                 measures and prints the tables
       delayed-bench growth [options]          time a task at 10^5, 10^6 and 10^7 tasks
       delayed-bench compare OLD.json NEW.json sets two saved runs side by side
       delayed-bench picture RUN.json OUT.svg  draws a saved run

options:
  --only W1,W3,..     these workloads: W1 to W8, chain, naps, beside, blocking, cancel
  --peers a,b,..      these peers, beside `delayed` and `boxed`
  --workers 1,2       these numbers of workers
  --rounds N          so many passes over each, of which the median counts (5)
  --scale X           X times the full sizes (1)
  --warm              all passes in one process, on memory that the ones before have freed
  --quick             a quarter of the sizes, three rounds
  --json FILE         saves the run

The last table sets what was found beside the goals: `reached` is at most the aim, `enough` at most what must be, `MISSED`
above it. A NOTE at the head says that other programs were running: then measure again.
";

/// What is to be done.
#[derive(Debug)]
pub(crate) enum Command {
    Help,
    Run(Options),
    Growth(Options),
    Compare {
        old: PathBuf,
        new: PathBuf,
    },
    Picture {
        run: PathBuf,
        out: PathBuf,
    },
    /// Part of a run, in a process of its own.
    Child(Job),
}

/// What is measured, and how.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) workloads: Vec<Kind>,
    pub(crate) extras: Vec<Extra>,
    pub(crate) peers: Vec<Peer>,
    pub(crate) workers: Vec<usize>,
    pub(crate) rounds: usize,
    pub(crate) scale: f64,
    pub(crate) warm: bool,
    pub(crate) json: Option<PathBuf>,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            workloads: Kind::ALL.into(),
            extras: Extra::ALL.into(),
            peers: peers::ALL.into(),
            workers: vec![1, 2],
            rounds: 5,
            scale: 1.0,
            warm: false,
            json: None,
        }
    }
}

const COMMANDS: &str = "growth, compare, picture";
const OPTIONS: &str = "--only, --peers, --workers, --rounds, --scale, --warm, --quick, --json, --help";

/// Reads the command line, without the program's name.
pub(crate) fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Command, String> {
    let mut parser = lexopt::Parser::from_args(args);
    let mut options = Options::default();
    let mut words: Vec<String> = Vec::new();
    while let Some(arg) = parser.next().map_err(|error| error.to_string())? {
        match arg {
            Short('h') | Long("help") => return Ok(Command::Help),
            Long("only") => {
                let text = value(&mut parser, "--only")?;
                let graphs = Kind::ALL.map(|kind| (kind.to_string(), Only::Graph(kind)));
                let extras = Extra::ALL.map(|extra| (extra.name().to_owned(), Only::Extra(extra)));
                let only = list(&text, "workload", &[&graphs[..], &extras[..]].concat())?;
                options.workloads = only.iter().filter_map(|only| only.graph()).collect();
                options.extras = only.iter().filter_map(|only| only.extra()).collect();
            }
            Long("peers") => {
                let peers = peers::ALL.map(|peer| (peer.name.to_owned(), peer));
                options.peers = list(&value(&mut parser, "--peers")?, "peer", &peers)?;
                // Every figure is set beside the boxed loop's, taken at the same time.
                for needed in [peers::BASE, peers::OURS] {
                    if options.peers.iter().all(|peer| peer.name != needed) {
                        options.peers.insert(0, named(needed)?);
                    }
                }
            }
            Long("workers") => {
                let text = value(&mut parser, "--workers")?;
                options.workers = text.split(',').map(|n| positive(n, "--workers")).collect::<Result<_, _>>()?;
            }
            Long("rounds") => options.rounds = positive(&value(&mut parser, "--rounds")?, "--rounds")?,
            Long("scale") => options.scale = scale(&value(&mut parser, "--scale")?)?,
            Long("warm") => options.warm = true,
            Long("quick") => (options.scale, options.rounds) = (0.25, 3),
            Long("json") => options.json = Some(value(&mut parser, "--json")?.into()),
            Value(word) => words.push(word.string().map_err(|error| error.to_string())?),
            Short(unknown) => return Err(format!("unknown option `-{unknown}`; allowed are {OPTIONS}")),
            Long(unknown) => return Err(format!("unknown option `--{unknown}`; allowed are {OPTIONS}")),
        }
    }
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match *words {
        [] => Ok(Command::Run(options)),
        ["growth"] => {
            if options.json.is_some() {
                return Err("`growth` saves nothing; leave `--json` out, and keep what it prints".into());
            }
            if options.workloads == Kind::ALL {
                options.workloads = vec![Kind::W1, Kind::W3, Kind::W5];
            }
            Ok(Command::Growth(options))
        }
        ["compare", old, new] => Ok(Command::Compare { old: old.into(), new: new.into() }),
        ["compare", ..] => Err("`compare` takes two files: compare OLD.json NEW.json".into()),
        ["picture", run, out] => Ok(Command::Picture { run: run.into(), out: out.into() }),
        ["picture", ..] => Err("`picture` takes two files: picture RUN.json OUT.svg".into()),
        ["child", ref job @ ..] => Ok(Command::Child(child(job)?)),
        ["growth", word, ..] => Err(format!("unexpected `{word}` after `growth`, which takes options only")),
        [word, ..] => Err(format!("unknown command `{word}`; allowed are {COMMANDS}, or none to measure")),
    }
}

/// What `--only` may name.
#[derive(Clone, Copy)]
enum Only {
    Graph(Kind),
    Extra(Extra),
}

impl Only {
    fn graph(self) -> Option<Kind> {
        match self {
            Only::Graph(kind) => Some(kind),
            Only::Extra(_) => None,
        }
    }

    fn extra(self) -> Option<Extra> {
        match self {
            Only::Extra(extra) => Some(extra),
            Only::Graph(_) => None,
        }
    }
}

/// What this program writes when it starts itself.
fn child(words: &[&str]) -> Result<Job, String> {
    Ok(match *words {
        ["pass", workload, peer, workers, scaled] => Job::Pass {
            workload: one(workload, "workload", &Kind::ALL.map(|kind| (kind.to_string(), kind)))?,
            peer: named(peer)?,
            workers: positive(workers, "workers")?,
            scale: scale(scaled)?,
        },
        ["stencil", peer, workers] => Job::Stencil { peer: named(peer)?, workers: positive(workers, "workers")? },
        ["blocks", peer, workers, leaves] => Job::Blocks {
            peer: peer.into(),
            workers: positive(workers, "workers")?,
            leaves: positive(leaves, "leaves")?,
        },
        ["chain"] => Job::Chain { workers: None },
        ["chain", workers] => Job::Chain { workers: Some(positive(workers, "workers")?) },
        ["naps", tasks] => Job::Naps { tasks: positive(tasks, "tasks")? },
        ["beside", tasks] => Job::Beside { tasks: positive(tasks, "tasks")? },
        ["blocking", tasks] => Job::Blocking { tasks: positive(tasks, "tasks")? },
        ["cancel", tasks] => Job::Cancel { tasks: positive(tasks, "tasks")? },
        _ => return Err("`child` is for this program alone".into()),
    })
}

fn value(parser: &mut lexopt::Parser, option: &str) -> Result<String, String> {
    let value = parser.value().map_err(|_| format!("`{option}` needs a value"))?;
    value.into_string().map_err(|_| format!("the value of `{option}` is no text"))
}

fn positive<N: FromStr + PartialOrd + Default>(text: &str, option: &str) -> Result<N, String> {
    match text.trim().parse() {
        Ok(n) if n > N::default() => Ok(n),
        _ => Err(format!("`{option} {text}` is no number above 0")),
    }
}

fn scale(text: &str) -> Result<f64, String> {
    match positive::<f64>(text, "--scale")? {
        scale if scale <= 20.0 => Ok(scale),
        _ => Err(format!("`--scale {text}` is too large; allowed are numbers above 0, up to 20")),
    }
}

fn named(name: &str) -> Result<Peer, String> {
    one(name, "peer", &peers::ALL.map(|peer| (peer.name.to_owned(), peer)))
}

fn list<T: Clone>(text: &str, what: &str, allowed: &[(String, T)]) -> Result<Vec<T>, String> {
    text.split(',').map(|word| one(word.trim(), what, allowed)).collect()
}

fn one<T: Clone>(word: &str, what: &str, allowed: &[(String, T)]) -> Result<T, String> {
    match allowed.iter().find(|(name, _)| name.eq_ignore_ascii_case(word)) {
        Some((_, found)) => Ok(found.clone()),
        None => {
            let names: Vec<&str> = allowed.iter().map(|(name, _)| name.as_str()).collect();
            Err(format!("unknown {what} `{word}`; allowed are {}", names.join(", ")))
        }
    }
}
