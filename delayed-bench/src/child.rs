//! Passes in processes of their own: with memory that is fresh, and a peak that is theirs alone.

use std::fmt::Display;
use std::process::{Command, Stdio};

use serde::de::DeserializeOwned;

use crate::peers::Peer;
use crate::report::Pass;
use crate::workloads::{Kind, Workload};

/// One pass in this process.
pub(crate) fn pass(kind: Kind, peer: &Peer, workers: usize, scale: f64) -> Pass {
    let workload = Workload::new(kind, scale * peer.share);
    let computes = (peer.start)(workers);
    let before = peak();
    let sample = computes.measure(&workload);
    Pass { tasks: workload.tasks(), sample, bytes: before.and_then(|before| Some((peak()? - before).max(0.0))) }
}

/// The same in a process of its own.
pub(crate) fn pass_apart(kind: Kind, peer: &Peer, workers: usize, scale: f64) -> Result<Pass, String> {
    ask(&[&kind, &peer.name, &workers, &scale])
}

/// Starts this program again and reads what it prints.
pub(crate) fn ask<T: DeserializeOwned>(args: &[&dyn Display]) -> Result<T, String> {
    let args: Vec<String> = args.iter().map(ToString::to_string).collect();
    let what = || format!("the child process for {}", args.join(" "));
    let program = std::env::current_exe().map_err(|error| format!("this program is not found: {error}"))?;
    let output = Command::new(program)
        .arg("child")
        .args(&args)
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("{} did not start: {error}", what()))?;
    if !output.status.success() {
        return Err(format!("{} failed: {}", what(), output.status));
    }
    serde_json::from_slice(&output.stdout).map_err(|error| format!("{} printed something else: {error}", what()))
}

/// The most memory that this process has had in use so far, in bytes: pages that were touched. Linux alone tells.
pub(crate) fn peak() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: f64 = line.trim().trim_end_matches(" kB").parse().ok()?;
    Some(kib * 1024.0)
}
