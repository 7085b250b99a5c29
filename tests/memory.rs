//! How many values are alive at most with several workers: for bodies of equal length, no more than each worker would
//! keep in a sequential run of its own, and one.
//!
//! Bodies go in lockstep (see `common/dag.rs`), so that the figures do not depend on the machine: a round is as many
//! bodies as there are workers, or all that can run. A round that never fills means that a ready task was not run
//! while a worker was free, or a value not dropped. Graphs are drawn at their builders.

mod common;

use common::dag::{Dag, Watch, assert_order, map_and_tree, reduction, repeating_join, staircase, stencil};
use common::{watched, workers};

/// Computes the graph with 1, 2 and 8 workers in lockstep.
fn check(dag: &Dag, sequential: usize) {
    let build = dag.random_order(1);
    assert_eq!(dag.compute_in_order(&build).peak, sequential, "in a sequential run");
    for n in [1, 2, 8] {
        let (dag, build) = (dag.clone(), build.clone());
        watched(move || {
            let seen = dag.compute(&workers(n), &build, &Watch::in_lockstep(n));
            assert_eq!(seen.widest, n, "all of {n} workers take part");
            assert_eq!(seen.runs().len(), dag.tasks.len());
            if n == 1 {
                assert_order(&dag, &seen, &dag.post_order(), "one worker keeps to the sequential order");
            }
            let bound = n * sequential + n;
            assert!(seen.peak <= bound, "{n} workers: {} values alive, not {bound} at most", seen.peak);
        });
    }
}

#[test]
fn a_reduction_of_16() {
    check(&reduction(4), 6);
}

#[test]
fn a_reduction_of_1024() {
    check(&reduction(10), 12);
}

#[test]
fn a_reduction_of_16384() {
    check(&reduction(14), 16);
}

#[test]
fn a_stencil() {
    check(&stencil(|_| 3), 3);
    check(&stencil(|x| 1 + x % 3), 3);
}

#[test]
fn a_repeating_join() {
    check(&repeating_join(), 6);
}

#[test]
fn a_staircase() {
    check(&staircase(20), 4);
}

#[test]
fn a_map_and_a_tree() {
    check(&map_and_tree(), 11);
}
