//! W7: a stencil whose bodies spin. How long must they be, that half of the time is useful?

use std::time::Instant;

use crate::measure::{Phase, Spread, spin_times};
use crate::peers::{Computes, Peer};
use crate::workloads::{STENCIL_WIDTH, Workload};

/// The bodies that are tried, in ns.
pub(crate) const SHORTEST: f64 = 10.0;
pub(crate) const LONGEST: f64 = 100_000.0;

/// The smallest body, in ns, at which half of the workers' time in a whole compute, planning and dropping included, is
/// spent in bodies; `None` if 100 us are not enough.
pub(crate) fn smallest_body(peer: &Peer, workers: usize) -> Option<f64> {
    let spin_time = spin_times().min;
    let slower = spin_time_beside(workers) / spin_time;
    if slower > 1.15 {
        let peer = peer.name;
        crate::say(&format!(
            "note: before {peer}, {workers} threads spin {slower:.2} times as long as one: a busy machine?"
        ));
    }
    let computes = (peer.start)(workers);
    let useful = |body: f64| useful(&*computes, workers, body, spin_time);
    let (mut low, mut high) = (SHORTEST, LONGEST);
    if useful(high) < 0.5 {
        return None;
    }
    // Halving the distance of the logarithms, until the two are within 5 percent.
    while high / low > 1.05 {
        let middle = (low * high).sqrt();
        match useful(middle) < 0.5 {
            true => low = middle,
            false => high = middle,
        }
    }
    Some(high)
}

/// The time of a spin where so many threads spin at once, disturbed or not.
fn spin_time_beside(threads: usize) -> f64 {
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(spin_times)).collect();
        let times = threads.into_iter().map(|thread| thread.join().expect("spinning does not fail").median);
        times.fold(0.0, f64::max)
    })
}

/// Which part of the workers' time is spent in bodies of that length.
fn useful(computes: &dyn Computes, workers: usize, body: f64, spin_time: f64) -> f64 {
    // About ten milliseconds of work, or as much as fits into memory.
    let steps = (10e6 / body) as usize / STENCIL_WIDTH;
    let spins = (body / spin_time).round().max(1.0) as u32;
    let workload = Workload::stencil(steps.clamp(20, 10_000), spins);
    let start = Instant::now();
    let mut parts = Vec::new();
    // A slow peer is not asked as often.
    while parts.len() < 15 && (parts.len() < 3 || start.elapsed().as_millis() < 200) {
        let sample = computes.measure(&workload);
        let wall: f64 = Phase::ALL[1..].iter().map(|&phase| sample.phases[phase as usize].wall).sum();
        parts.push(workload.tasks() as f64 * f64::from(spins) * spin_time / (wall * workers as f64));
    }
    // What disturbs a compute makes it longer, never shorter.
    Spread::of(parts).max
}
