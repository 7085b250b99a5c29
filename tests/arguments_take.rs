//! `#[take]` moves a value that need not be `Clone`, and a run in which that cannot be is refused before it starts.

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use common::{Counts, runtimes};
use delayed::prelude::*;

/// A value that nothing can clone; it counts the runs of the task that made it.
#[derive(Debug, PartialEq)]
struct Model(i64);

/// How often a task ran.
#[derive(Clone, Default)]
struct Runs(Arc<AtomicUsize>);

impl Runs {
    fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

#[delayed]
fn make(runs: Runs, x: i64) -> Model {
    runs.0.fetch_add(1, Ordering::SeqCst);
    Model(x)
}

#[delayed]
fn consume(#[take] model: Model) -> i64 {
    model.0
}

impl Model {
    #[delayed]
    fn plus(#[take] self, other: &Model, #[take] mut more: Vec<Model>, name: &str) -> String {
        more.push(self);
        let sum: i64 = more.iter().map(|model| model.0).sum();
        format!("{name} {}", sum + other.0)
    }
}

#[delayed]
fn read(model: &Model) -> i64 {
    model.0
}

#[test]
fn a_taken_value_is_moved_from_a_handle_and_from_the_call() {
    for runtime in runtimes() {
        let runs = Runs::default();
        let handle = make(runs.clone(), 2);
        assert_eq!(runtime.compute(consume(&handle)).unwrap(), 2);
        assert_eq!(runtime.compute(consume(handle)).unwrap(), 2);
        assert_eq!(runtime.compute(consume(Model(3))).unwrap(), 3);
        assert_eq!(runtime.compute(consume(value(Model(4)))).unwrap(), 4);
        assert_eq!(runs.count(), 2, "each run makes the value it takes");
    }
}

#[test]
fn a_taken_value_is_dropped_by_its_taker() {
    #[delayed]
    fn make_counted(counts: Counts) -> common::Counted {
        counts.make(5)
    }
    #[delayed]
    fn consume_counted(#[take] x: common::Counted) -> i64 {
        x.content
    }
    for runtime in runtimes() {
        let counts = Counts::default();
        let sum = consume_counted(make_counted(counts.clone())) + consume_counted(counts.make(6));
        assert_eq!(runtime.compute(sum).unwrap(), 11);
        assert_eq!((counts.made(), counts.cloned(), counts.alive()), (2, 0, 0));
    }
}

#[test]
fn a_chain_of_takers_passes_the_value_on() {
    #[delayed]
    fn next(#[take] mut model: Model) -> Model {
        model.0 += 1;
        model
    }
    for runtime in runtimes() {
        let mut chain = make(Runs::default(), 0);
        for _ in 0..20 {
            chain = next(chain);
        }
        assert_eq!(runtime.compute(chain.clone()).unwrap(), Model(20));
        assert_eq!(runtime.compute(chain).unwrap(), Model(20));
    }
}

#[test]
fn a_value_with_two_takers_is_refused_before_anything_runs() {
    for runtime in runtimes() {
        let runs = Runs::default();
        let made_at = line!() + 1;
        let handle = make(runs.clone(), 1);
        let (first, second) = (consume(&handle), consume(handle).named("other"));
        let error = runtime.compute((first, second)).unwrap_err();
        assert_eq!((error.kind(), error.task()), (ErrorKind::Runtime, ""));
        assert_eq!(error.location().line(), line!() - 2, "the compute's place");
        let text = error.to_string();
        let line = made_at + 1;
        assert!(text.contains(&format!("parameter `model` of `consume` ({}:{line}:32)", file!())), "{text}");
        assert!(text.contains(&format!("`make` ({}:{made_at}:22)", file!())), "{text}");
        assert!(text.contains(&format!("`other` ({}:{line}:50)", file!())), "{text}");
        assert!(text.contains("can have one user only"), "{text}");
        assert_eq!(runs.count(), 0, "nothing ran");
    }
}

#[test]
fn a_value_that_another_task_only_reads_is_refused_too() {
    for runtime in runtimes() {
        let runs = Runs::default();
        let handle = make(runs.clone(), 1);
        let error = runtime.compute((read(&handle), consume(handle))).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Runtime);
        assert!(error.to_string().contains("`read`"), "{error}");
        assert_eq!(runs.count(), 0);
    }
}

#[test]
fn a_value_that_the_caller_wants_as_well_is_refused() {
    for runtime in runtimes() {
        let runs = Runs::default();
        let handle = make(runs.clone(), 1);
        let error = runtime.compute((consume(&handle), handle)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Runtime);
        assert!(error.to_string().contains("the caller of this run wants it too"), "{error}");
        assert_eq!(runs.count(), 0);
    }
}

#[test]
fn a_value_that_one_task_takes_twice_is_refused() {
    #[delayed]
    fn both(#[take] a: Model, #[take] b: Model) -> i64 {
        a.0 + b.0
    }
    for runtime in runtimes() {
        let handle = make(Runs::default(), 1);
        let error = runtime.compute(both(&handle, &handle)).unwrap_err();
        assert!(error.to_string().contains("parameters `a` and `b` of `both`"), "{error}");
        assert_eq!(runtime.compute(both(&handle, Model(4))).unwrap(), 5);
    }
}

#[test]
fn users_in_other_runs_do_not_matter() {
    for runtime in runtimes() {
        let handle = make(Runs::default(), 1);
        let (reader, taker) = (read(&handle), consume(handle));
        assert_eq!(runtime.compute(&reader).unwrap(), 1);
        assert_eq!(runtime.compute(&taker).unwrap(), 1);
        assert_eq!(runtime.compute(reader).unwrap(), 1);
    }
}

#[test]
fn what_an_earlier_run_moved_out_of_a_kept_graph_is_gone() {
    for runtime in runtimes() {
        let called_at = line!() + 1;
        let kept = consume(Model(7));
        assert_eq!(runtime.compute(&kept).unwrap(), 7);
        for _ in 0..2 {
            let error = runtime.compute(&kept).unwrap_err();
            assert_eq!((error.kind(), error.task()), (ErrorKind::Runtime, ""));
            let text = error.to_string();
            let taker = format!("the `#[take]` parameter `model` of `consume` ({}:{called_at}:20)", file!());
            assert!(text.contains(&taker) && text.contains("was moved out by an earlier run"), "{text}");
        }
    }
}

#[test]
fn a_refused_run_takes_nothing() {
    for runtime in runtimes() {
        let handle = make(Runs::default(), 1);
        let (plain, first, second) = (consume(Model(7)), consume(&handle), consume(&handle));
        runtime.compute((&plain, &first, &second)).unwrap_err();
        assert_eq!(runtime.compute((&plain, &first)).unwrap(), (7, 1), "the plain argument is still there");
    }
}

#[test]
fn data_that_another_handle_holds_cannot_be_taken() {
    for runtime in runtimes() {
        let put_in_at = line!() + 1;
        let held = value(Model(1));
        let taker = consume(&held);
        let error = runtime.compute(&taker).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Runtime);
        assert!(error.to_string().contains(&format!("put in at {}:{put_in_at}:20", file!())), "{error}");
        drop(held);
        assert_eq!(runtime.compute(taker).unwrap(), 1);
    }
}

#[test]
fn a_parameter_that_takes_stands_beside_others_and_in_methods() {
    for runtime in runtimes() {
        let runs = Runs::default();
        let shown = Model::plus(make(runs.clone(), 1), make(runs.clone(), 2), vec![Model(3)], "sum");
        assert_eq!(runtime.compute(shown).unwrap(), "sum 6");
    }
}

#[test]
fn an_async_function_takes_as_well() {
    #[delayed]
    async fn later(#[take] model: Model) -> Model {
        std::future::ready(()).await;
        model
    }
    for runtime in runtimes() {
        assert_eq!(runtime.compute(later(later(make(Runs::default(), 3)))).unwrap(), Model(3));
    }
}

#[test]
fn a_whole_container_can_be_taken() {
    #[delayed]
    fn count(#[take] models: Vec<Model>) -> usize {
        models.len()
    }
    #[delayed]
    fn first(#[take] pair: (Model, Option<Box<dyn std::fmt::Debug + Send + Sync>>)) -> i64 {
        pair.0.0
    }
    for runtime in runtimes() {
        assert_eq!(runtime.compute(count(vec![Model(1), Model(2)])).unwrap(), 2);
        assert_eq!(runtime.compute(count(gather([make(Runs::default(), 1)]).map_ref(|_| vec![Model(0)]))).unwrap(), 1);
        assert_eq!(runtime.compute(first((Model(5), None))).unwrap(), 5);
    }
}
