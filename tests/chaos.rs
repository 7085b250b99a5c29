//! Random graphs whose tasks fail, panic, hang, block, are tried again and wait for places, in runs that go on, stop, and
//! are cancelled, alone and beside others: each comes to what a model says, told in order and in plain Rust.
//!
//! ```text
//! recipes ──► graph ─┬─► model ──► what each output may come to ─┐
//!                    └─► handles ──► run ──► what it came to ────┴─► the same?
//!                                     └─► ledger: what bodies and values write down
//! ```
//!
//! While it runs: no body begins without its inputs, twice at once, or more often than it may, or loses them while it goes
//! on; limits hold over all runs; in order, no value outlives its last use. Afterwards: every value is dropped, none is on
//! the scales, and all workers and places are there again.
//!
//! `CHAOS_CASES` says how many graphs there are, and `CHAOS_SEED` which; `scripts/chaos.sh` sets both. With `CHAOS_TELL`
//! each is printed before it runs, for failures that end the process.
#![allow(unreachable_pub, missing_docs, reason = "modules of one test")]

mod common;
#[path = "chaos/graph.rs"]
mod graph;
#[path = "chaos/ledger.rs"]
mod ledger;
#[path = "chaos/model.rs"]
mod model;
#[path = "chaos/play.rs"]
mod play;

use std::hash::{BuildHasher, RandomState};
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use graph::Case;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner};

/// A run that has not ended after so many seconds never will. Once one was found, the smaller ones get less time.
static PATIENCE: AtomicU64 = AtomicU64::new(30);
const LESS: u64 = 3;

/// Panics that are meant are not printed.
fn be_quiet() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let is_meant = |text: &str| text.starts_with(ledger::BURST);
            if !play::text_of(info.payload()).is_some_and(is_meant) {
                usual(info);
            }
        }));
    });
}

/// Runs the case on each kind of runtime, each time on a thread of its own, which is left behind if it hangs.
fn check(case: &Case) -> Result<(), TestCaseError> {
    for workers in play::WORKERS {
        if std::env::var_os("CHAOS_TELL").is_some() {
            println!("with {workers} workers: {case:?}\n");
        }
        let (tell, told) = channel();
        let own = case.clone();
        std::thread::spawn(move || {
            let played = panic::catch_unwind(AssertUnwindSafe(|| play::play(&own, workers)));
            let _ = tell.send(
                played.unwrap_or_else(|payload| Err(format!("the test panicked: {:?}", play::text_of(&*payload)))),
            );
        });
        let patience = PATIENCE.load(Ordering::Relaxed);
        let wrong = match told.recv_timeout(Duration::from_secs(patience)) {
            Ok(Ok(())) => continue,
            Ok(Err(wrong)) => wrong,
            Err(RecvTimeoutError::Timeout) => {
                PATIENCE.store(LESS, Ordering::Relaxed);
                format!("the run has not ended after {patience} s")
            }
            Err(RecvTimeoutError::Disconnected) => "the test ended without a word".to_owned(),
        };
        let on = if workers == 0 { "in order".to_owned() } else { format!("with {workers} workers") };
        return Err(TestCaseError::fail(format!("{on}: {wrong}")));
    }
    Ok(())
}

fn number_of(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable}={text} is no number")))
}

#[test]
fn runs_come_to_what_the_model_says() {
    be_quiet();
    let cases = number_of("CHAOS_CASES").unwrap_or(500);
    let first = number_of("CHAOS_SEED").unwrap_or_else(|| RandomState::new().hash_one(0_u8) >> 32);
    for seed in first..first + cases {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        let config = Config { cases: 1, failure_persistence: None, max_shrink_iters: 2000, ..Config::default() };
        let config = Config { max_shrink_time: 60_000, ..config };
        let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
        match runner.run(&graph::case(), |case| check(&case)) {
            Ok(()) => {}
            Err(TestError::Fail(wrong, case)) => {
                let again = format!("CHAOS_SEED={seed} CHAOS_CASES=1 cargo test --test chaos");
                panic!("{wrong}\n\n{case:?}\n\nonce more: {again}\n");
            }
            Err(other) => panic!("seed {seed}: {other}"),
        }
    }
}

mod cases {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use delayed::prelude::*;

    use crate::common::{self, Counts, runtimes};

    #[delayed]
    fn fail(text: &str) -> Result<i64, String> {
        Err(text.to_owned())
    }

    #[delayed]
    fn sum(xs: &[i64]) -> i64 {
        xs.iter().sum()
    }

    #[test]
    fn what_comes_after_a_failure_is_skipped_although_it_takes_that_failure() {
        for runtime in runtimes() {
            let failed = fail("on purpose");
            assert_eq!(runtime.compute(failed.clone().or(1)).unwrap(), 1);
            let skipped = failed.clone().or(1).after(&failed);
            let error = runtime.compute(skipped).unwrap_err();
            assert_eq!(error.downcast_ref::<String>().map(String::as_str), Some("on purpose"));
        }
    }

    #[test]
    fn the_first_input_that_failed_is_the_cause_and_not_the_first_in_time() {
        for workers in [1, 2, 8] {
            let runtime = Runtime::builder().workers(workers).on_failure(OnFailure::Continue).build().unwrap();
            let late = fail("late");
            let early = fail("early").named("early");
            let late = late.after(early.clone().or(0));
            let total = sum([late, early]);
            assert_eq!(runtime.try_compute(total).unwrap_err().downcast_ref::<String>().unwrap(), "late");
        }
    }

    #[test]
    fn what_hangs_gives_back_its_place_with_the_end_of_its_run() {
        #[delayed]
        async fn hang(counts: &Counts) -> i64 {
            let _value = counts.make(1);
            std::future::pending().await
        }
        let runtime = Runtime::builder().workers(2).limit("one", 1).build().unwrap();
        for _ in 0..50 {
            let counts = Counts::default();
            let run = runtime.start([hang(counts.clone()).limit("one"), hang(counts.clone()).limit("one")]);
            while counts.made() == 0 {
                std::thread::yield_now();
            }
            drop(run);
            assert_eq!(runtime.compute(sum([1, 2]).limit("one")).unwrap(), 3);
            assert_eq!((counts.made(), counts.alive()), (1, 0));
        }
    }

    #[test]
    fn plain_values_and_clones_are_there_for_each_attempt() {
        #[delayed(allow(mutable_input))]
        fn third_time(calls: &Arc<AtomicU32>, x: common::Counted, y: common::Counted) -> Result<i64, String> {
            match calls.fetch_add(1, Ordering::SeqCst) {
                0 => Err("on purpose".to_owned()),
                1 => panic!("on purpose: {}", x.content),
                _ => Ok(x.content + y.content),
            }
        }
        #[delayed]
        fn make(counts: Counts) -> common::Counted {
            counts.make(2)
        }
        super::be_quiet();
        for runtime in runtimes() {
            let counts = Counts::default();
            let calls = Arc::new(AtomicU32::new(0));
            let task = third_time(calls.clone(), counts.make(1), make(counts.clone())).retries(2);
            assert_eq!(runtime.compute(task).unwrap(), 3);
            assert_eq!((calls.load(Ordering::SeqCst), counts.alive()), (3, 0));
        }
    }
}
