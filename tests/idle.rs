//! Workers with nothing to do sleep: they cost no time of the processor while another one's body goes on.
//!
//! Alone in its binary, since it measures the processor time of the process.
#![cfg(target_os = "linux")]

mod common;

use std::sync::{Arc, Barrier};
use std::time::Duration;

use common::{watched, workers};
use delayed::prelude::*;

/// The processor time of all threads of the process so far.
fn processor_time() -> Duration {
    let threads = std::fs::read_dir("/proc/self/task").expect("threads are listed");
    let times = threads.map(|thread| {
        // Nanoseconds on a processor, then two other numbers. A thread may have ended since it was listed.
        let path = thread.expect("a thread").path().join("schedstat");
        let text = std::fs::read_to_string(path).unwrap_or_default();
        text.split(' ').next().and_then(|time| time.parse().ok()).unwrap_or(0)
    });
    Duration::from_nanos(times.sum())
}

#[test]
fn seven_idle_workers_do_not_spin() {
    // The bodies meet, so that each of eight workers has one. Seven end; then only the last output's last input is
    // missing, and nobody can do anything about it.
    watched(|| {
        let together = Arc::new(Barrier::new(8));
        let tasks: Vec<_> = (0..8)
            .map(|number| {
                let together = together.clone();
                value(()).map(move |()| {
                    together.wait();
                    if number > 0 {
                        return Duration::ZERO;
                    }
                    let before = processor_time();
                    assert!(before > Duration::ZERO, "the system counts");
                    // The time that passes is what is measured here.
                    std::thread::sleep(Duration::from_secs(2));
                    processor_time().saturating_sub(before)
                })
            })
            .collect();
        let used = gather(tasks).map(|used| used[0]);
        let used = workers(8).compute(used).unwrap();
        assert!(used < Duration::from_millis(20), "{used:?} in two seconds");
    });
}
