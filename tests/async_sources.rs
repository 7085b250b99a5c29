//! Async tasks that need nothing start in the first poll of their run, while the pool may be at work on it already.

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use common::{Gate, watched, workers};
use delayed::prelude::*;

/// ```text
/// first ─► user      (the first is ready at once, so that a thread of the pool starts)
/// waits              (an async source, until `last` has run)
/// counted            (an async source)
/// last               (the pool comes here only past `counted`)
/// ```
#[test]
fn a_source_runs_once_though_the_pool_passes_it_first() {
    watched(|| {
        let runtime = workers(1);
        let (passed, runs) = (Gate::default(), Arc::new(AtomicUsize::new(0)));
        let (waiting, opening, counting) = (passed.clone(), passed, runs.clone());
        let source = delayed_async(|x: i64| async move { x });
        let first = source.call((1,));
        let waits = delayed_async(move |x: i64| {
            let gate = waiting.clone();
            async move {
                gate.pass();
                x
            }
        });
        let counted = delayed_async(move |x: i64| {
            counting.fetch_add(1, Ordering::SeqCst);
            async move { x }
        });
        let last = value(4_i64).map(move |x: i64| {
            opening.open();
            x
        });
        let shape = (first.map(|x: i64| x), waits.call((2,)), counted.call((3,)), last);
        let made = futures::executor::block_on(runtime.compute_async(shape)).unwrap();
        assert_eq!(made, (1, 2, 3, 4));
        assert_eq!(runs.load(Ordering::SeqCst), 1, "each task runs once");
    });
}
