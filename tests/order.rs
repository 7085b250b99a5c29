//! The order of a sequential run, and how few values are alive in it, as tasks and values themselves see it.
//!
//! Graphs are drawn at their builders in `common/dag.rs`, or at the test. Sources stand on the left, the outputs are
//! what nobody else needs.

mod common;

use common::dag::{Dag, Event, Watch, assert_order, map_and_tree, reduction, repeating_join, staircase, stencil};
use delayed::prelude::*;
use proptest::prelude::*;
use proptest::test_runner::Config;

/// The names of the tasks in the order in which they ran.
fn ran(dag: &Dag) -> Vec<&str> {
    dag.names(&dag.compute_in_order(&dag.post_order()).runs())
}

#[test]
fn a_reduction_keeps_one_value_a_level() {
    for depth in [4, 10, 14] {
        let dag = reduction(depth);
        let mut builds = vec![
            ("level by level", (0..dag.tasks.len()).collect()),
            ("depth first", dag.post_order()),
            ("right to left", dag.mirrored_order()),
        ];
        builds.extend((1..=4).map(|seed| ("at random", dag.random_order(seed))));
        for (how, build) in builds {
            let seen = dag.compute_in_order(&build);
            // One finished half on each level, and at the bottom two leaves and the join that is being made of them.
            assert_eq!(seen.peak, depth as usize + 2, "2^{depth} leaves, built {how}");
            assert_order(&dag, &seen, &dag.post_order(), &format!("2^{depth} leaves, built {how}"));
        }
    }
}

#[test]
fn a_stencil_keeps_a_window() {
    type Widths = fn(usize) -> usize;
    let widths: [(Widths, usize); 4] = [(|_| 3, 3), (|_| 2, 2), (|_| 1, 1), (|x| 1 + x % 3, 3)];
    for (width, peak) in widths {
        let dag = stencil(width);
        for build in [(0..20).collect(), dag.post_order(), dag.mirrored_order(), dag.random_order(1)] {
            let seen = dag.compute_in_order(&build);
            assert_eq!(seen.peak, peak, "built {:?}", dag.names(&build));
            assert_order(&dag, &seen, &dag.post_order(), "a stencil");
        }
    }
}

#[test]
fn a_repeating_join_does_not_run_ahead() {
    let dag = repeating_join();
    let mut expected: Vec<String> = ["a0", "b0", "c0", "d0"].map(String::from).into();
    for step in 1..=10 {
        expected.extend(["b", "c", "d"].map(|name| format!("{name}{step}")));
    }
    assert_eq!(ran(&dag), expected);
    // The two shared sources, the step before, two inputs and the step.
    assert_eq!(dag.compute_in_order(&dag.post_order()).peak, 6);
}

#[test]
fn what_a_later_output_needs_is_not_touched_before() {
    // a ──┬─► a0 ─┐        a ──► a1 ──► x
    // b ──┼─► b0 ─┼─► c    b ──► b1 ──► y
    // c_ ─┴─► c0 ─┘        (c, x, y) and join(c, a1, b1) are asked for
    let mut dag = Dag::default();
    let [a, b, c] = ["a", "b", "c_"].map(|name| dag.task(name, &[]));
    let [a0, a1] = ["a0", "a1"].map(|name| dag.task(name, &[a]));
    let [b0, b1] = ["b0", "b1"].map(|name| dag.task(name, &[b]));
    let c0 = dag.task("c0", &[c]);
    let join = dag.task("c", &[c0, a0, b0]);
    let base = dag.clone();

    let [x, y] = [("x", a1), ("y", b1)].map(|(name, from)| dag.task(name, &[from]));
    dag.outputs = vec![join, x, y];
    assert_eq!(ran(&dag), ["c_", "c0", "a", "a0", "b", "b0", "c", "a1", "x", "b1", "y"]);

    let mut dag = base;
    let last = dag.task("last", &[join, a1, b1]);
    dag.outputs = vec![last];
    assert_eq!(ran(&dag), ["c_", "c0", "a", "a0", "b", "b0", "c", "a1", "b1", "last"]);
}

#[test]
fn a_staircase_takes_each_step_with_its_input() {
    let dag = staircase(20);
    let mut expected = vec![String::from("a0"), String::from("c")];
    for step in 1..=20 {
        expected.extend([format!("b{step}"), format!("a{step}")]);
    }
    for build in [(0..dag.tasks.len()).collect(), dag.mirrored_order(), dag.random_order(1)] {
        let seen = dag.compute_in_order(&build);
        assert_eq!(dag.names(&seen.runs()), expected);
        // The shared source, the step before, its input and the step.
        assert_eq!(seen.peak, 4);
    }
}

#[test]
fn sources_are_made_when_they_are_used() {
    let dag = map_and_tree();
    for build in [(0..dag.tasks.len()).collect(), dag.post_order(), dag.mirrored_order(), dag.random_order(1)] {
        let seen = dag.compute_in_order(&build);
        // In the half of 512, of nine levels: a finished half on each, and a source and its map at the bottom.
        assert_eq!(seen.peak, 9 + 2);
        let runs = seen.runs();
        let mut place = vec![0; dag.tasks.len()];
        for (at, &task) in runs.iter().enumerate() {
            place[task] = at;
        }
        let users = dag.tasks.iter().enumerate().filter(|(_, task)| task.name == "map");
        let far = users.map(|(user, task)| place[user] - place[task.needs[0]]).max();
        assert_eq!(far, Some(1), "a source runs right before its user");
    }
}

#[test]
fn a_value_is_dropped_the_moment_its_last_user_is_done() {
    // a ─┬─► b ─┬─► d ──► e ─┐
    //    └─► c ─┘            ├─► g
    // a ──► f ───────────────┘
    let mut dag = Dag::default();
    let a = dag.task("a", &[]);
    let [b, c] = ["b", "c"].map(|name| dag.task(name, &[a]));
    let d = dag.task("d", &[b, c]);
    let e = dag.task("e", &[d]);
    let f = dag.task("f", &[a]);
    let g = dag.task("g", &[e, f]);
    dag.outputs = vec![g, e];
    let mut steps: Vec<(&str, Vec<&str>)> = Vec::new();
    for event in dag.compute_in_order(&dag.post_order()).log {
        match event {
            Event::Run(task) => steps.push((&dag.tasks[task].name, Vec::new())),
            Event::Drop(task) => steps.last_mut().expect("a task ran before").1.push(&dag.tasks[task].name),
        }
    }
    // Which of one task's inputs goes first is open.
    steps.iter_mut().for_each(|(_, drops)| drops.sort_unstable());
    let nothing = Vec::new;
    let expected = [
        ("a", nothing()),
        ("b", nothing()),
        ("c", nothing()),
        ("d", vec!["b", "c"]),
        ("e", vec!["d"]),
        ("f", vec!["a"]),
        ("g", vec!["f"]),
    ];
    assert_eq!(steps, expected);
}

#[test]
fn the_order_of_the_arguments_decides() {
    // start ─► next1 ─► next2 ..    each step has an input of its own, as its second argument or as its first
    for (state_first, peak) in [(true, 3), (false, 12)] {
        let mut dag = Dag::default();
        let mut state = dag.task("start", &[]);
        for step in 1..=10 {
            let input = dag.task(format!("input{step}"), &[]);
            let needs = if state_first { [state, input] } else { [input, state] };
            state = dag.task(format!("next{step}"), &needs);
        }
        dag.outputs.push(state);
        assert_eq!(dag.compute_in_order(&dag.random_order(1)).peak, peak);
        let begin: [_; 3] = if state_first { ["start", "input1", "next1"] } else { ["input10", "input9", "input8"] };
        assert_eq!(ran(&dag)[..3], begin);
    }
}

#[test]
fn a_chain_keeps_two() {
    let mut dag = Dag::default();
    let mut last = dag.task("0", &[]);
    for step in 1..100 {
        last = dag.task(step.to_string(), &[last]);
    }
    dag.outputs.push(last);
    let seen = dag.compute_in_order(&dag.random_order(1));
    assert_eq!((seen.peak, seen.runs()), (2, (0..100).collect()));
}

/// A random graph: what each task needs, as numbers to be taken modulo how many there are before it.
fn dag() -> impl Strategy<Value = Dag> {
    let task = (prop::collection::vec(0..usize::MAX, 0..4), any::<bool>());
    let outputs = prop::collection::vec(0..usize::MAX, 1..5);
    (prop::collection::vec(task, 1..60), outputs).prop_map(|(tasks, outputs)| {
        let mut dag = Dag::default();
        for (number, (needs, is_async)) in tasks.into_iter().enumerate() {
            let needs: Vec<usize> = needs.iter().filter_map(|need| need.checked_rem(number)).collect();
            dag.task(number.to_string(), &needs);
            dag.tasks[number].is_async = is_async;
        }
        // Each output once: these values are not `Clone`.
        for output in outputs.into_iter().map(|output| output % dag.tasks.len()) {
            if !dag.outputs.contains(&output) {
                dag.outputs.push(output);
            }
        }
        dag
    })
}

proptest! {
    #![proptest_config(Config { cases: 500, failure_persistence: None, ..Config::default() })]

    #[test]
    fn the_order_is_depth_first_each_time(dag in dag(), seed in any::<u64>()) {
        let expected = dag.post_order();
        for build in [(0..dag.tasks.len()).collect(), dag.random_order(seed)] {
            let seen = dag.compute_in_order(&build);
            prop_assert_eq!(seen.runs(), &*expected);
            prop_assert_eq!(seen.peak, dag.peak_of(&expected));
            // What was dropped between the tasks is fixed, too.
            prop_assert_eq!(dag.compute_in_order(&build).log, seen.log);
        }
    }
}

#[test]
fn a_kept_graph_runs_in_the_same_order_again() {
    let dag = repeating_join();
    let watch = Watch::default();
    let kept = dag.build(&dag.random_order(3), &watch);
    let runtime = Runtime::sequential();
    for awaited in [false, false, true] {
        watch.reset(&dag);
        let outputs = match awaited {
            true => futures::executor::block_on(runtime.compute_async(kept.clone())),
            false => runtime.compute(kept.clone()),
        };
        let seen = dag.seen(&watch, outputs.expect("nothing fails"));
        assert_order(&dag, &seen, &dag.post_order(), &format!("awaited: {awaited}"));
    }
}
