//! Building is O(1) a call and running linear: a chain of 10^6 and a fan-in of 250,000 build, run and drop on a
//! 2 MiB stack.

mod common;

use common::workers;
use delayed::prelude::*;

#[delayed]
fn inc(x: i64) -> i64 {
    x + 1
}

#[delayed]
fn sum(xs: &[i64]) -> i64 {
    xs.iter().sum()
}

/// Runs `test` on a thread with a stack of 2 MiB.
fn on_a_small_stack(test: fn()) {
    let thread = std::thread::Builder::new().stack_size(2 << 20).spawn(test).expect("a thread");
    if let Err(panic) = thread.join() {
        std::panic::resume_unwind(panic);
    }
}

#[test]
fn a_chain_of_a_million() {
    on_a_small_stack(|| {
        for runtime in [workers(1), workers(2), Runtime::sequential()] {
            let mut chain = inc(0);
            for _ in 1..1_000_000 {
                chain = inc(chain);
            }
            assert_eq!(runtime.compute(&chain).unwrap(), 1_000_000);
            assert_eq!(runtime.compute(chain).unwrap(), 1_000_000);
        }
    });
}

#[test]
fn a_chain_of_a_million_that_never_runs_is_dropped() {
    on_a_small_stack(|| {
        let mut chain = inc(0);
        for _ in 1..1_000_000 {
            chain = inc(chain);
        }
        drop(chain);
    });
}

#[test]
fn a_chain_of_closures_that_hold_handles_is_dropped() {
    on_a_small_stack(|| {
        let mut chain = value(0_i64);
        for _ in 0..200_000 {
            let held = chain.clone();
            chain = value(0).map(move |x| x + i64::from(std::mem::size_of_val(&held) > 100_000));
        }
        drop(chain);
    });
}

#[test]
fn a_chain_of_after_edges_is_dropped() {
    on_a_small_stack(|| {
        let mut chain = inc(0);
        for _ in 0..200_000 {
            chain = inc(1).after(&chain);
        }
        assert_eq!(chain.compute().unwrap(), 2);
    });
}

#[test]
fn a_fan_in_of_250_000() {
    on_a_small_stack(|| {
        for runtime in [workers(1), workers(2), Runtime::sequential()] {
            let output: Vec<_> = (0..250_000).map(inc).collect();
            let total = sum(&output);
            drop(output);
            assert_eq!(runtime.compute(total).unwrap(), 250_000 * 250_001 / 2);
        }
    });
}

#[test]
fn a_fan_out_of_a_million() {
    on_a_small_stack(|| {
        for runtime in [workers(1), workers(2)] {
            let source = inc(0);
            let output: Vec<_> = (0..1_000_000).map(|_| inc(&source)).collect();
            assert_eq!(runtime.compute(output).unwrap(), vec![2; 1_000_000]);
        }
    });
}

#[test]
fn a_failure_deep_in_a_chain_of_a_million() {
    on_a_small_stack(|| {
        let mut chain = value(0_i64).map(|_| -> i64 { panic!("at the bottom") });
        for _ in 0..1_000_000 {
            chain = inc(chain);
        }
        let error = workers(2).compute(chain).unwrap_err();
        assert_eq!((error.task(), error.path().count()), ("map", 1_000_001));
        assert!(format!("{error:?}").contains("map -> inc -> inc"), "the report is short: {error:?}");
    });
}
