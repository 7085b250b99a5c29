//! Workers with nothing to do sleep: they cost no time of the processor while another one's body goes on, or while a
//! run is complete and nobody has asked for its values.
//!
//! Alone in its binary, and one at a time, since the processor time of the process is measured.
#![cfg(target_os = "linux")]

mod common;

use std::sync::{Arc, Barrier, Mutex};
use std::time::Duration;

use common::{Gate, watched, workers};
use delayed::prelude::*;
use tokio::sync::Semaphore;

static ALONE: Mutex<()> = Mutex::new(());

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
    let _alone = ALONE.lock();
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

#[test]
fn a_complete_run_keeps_no_worker_busy() {
    #[delayed]
    async fn waits(go: Arc<Semaphore>) -> u64 {
        go.acquire().await.unwrap().forget();
        1
    }
    #[delayed]
    fn busy(begun: Arc<Semaphore>, gate: Gate) -> u64 {
        begun.add_permits(1);
        gate.pass();
        1
    }
    let _alone = ALONE.lock();
    watched(|| {
        let host = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let (runtime, gate) = (workers(1), Gate::default());
        let (begun, go) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
        host.block_on(async {
            let first = tokio::spawn(runtime.compute_async(busy(begun.clone(), gate.clone())));
            begun.acquire().await.unwrap().forget();
            // This run needs no worker: it comes to the only one's notice when its end has come.
            let mut run = Box::pin(runtime.compute_async(waits(go.clone())));
            assert!(futures::poll!(run.as_mut()).is_pending());
            go.add_permits(1);
            for _ in 0..100 {
                tokio::task::yield_now().await;
            }
            gate.open();
            assert_eq!(first.await.unwrap().unwrap(), 1);
            let before = processor_time();
            // The time that passes is what is measured here.
            std::thread::sleep(Duration::from_secs(1));
            let used = processor_time().saturating_sub(before);
            assert!(used < Duration::from_millis(20), "{used:?} in a second");
            assert_eq!(run.await.unwrap(), 1);
        });
    });
}
