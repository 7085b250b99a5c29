//! `#[derive(DelayedArg)]`: a struct with handles in its fields is passed for its plain twin.
#![allow(clippy::needless_borrows_for_generic_args, reason = "every form is tested, the borrowed ones too")]
#![deny(warnings, missing_docs)]

mod common;

use std::collections::HashMap;

use common::{Counted, Counts, runtimes};
use delayed::prelude::*;

#[delayed]
fn inc(x: i64) -> i64 {
    x + 1
}

#[delayed]
fn range(n: i64) -> Vec<i64> {
    (0..n).collect()
}

/// What a report is made of.
#[derive(DelayedArg, Debug)]
#[delayed_arg(derive(Clone, Debug, PartialEq))]
pub struct Config {
    /// Where it is.
    pub path: String,
    /// What is in it.
    pub rows: Delayed<Vec<i64>>,
    /// More of it.
    pub more: Vec<Delayed<i64>>,
    depth: u8,
}

fn config(n: i64) -> Config {
    Config { path: "p".to_owned(), rows: range(n), more: vec![inc(n), value(5)], depth: 1 }
}

fn plain() -> ConfigValue {
    ConfigValue { path: "q".to_owned(), rows: vec![7], more: vec![], depth: 2 }
}

#[delayed]
fn shown(config: &ConfigValue) -> String {
    let ConfigValue { path, rows, more, depth } = config;
    format!("{path} {rows:?} {more:?} {depth}")
}

#[delayed]
fn taken(mut config: ConfigValue) -> Vec<i64> {
    config.rows.append(&mut config.more);
    config.rows
}

#[test]
fn a_struct_of_handles_is_lent_as_its_twin() {
    assert_eq!(shown(config(2)).compute().unwrap(), "p [0, 1] [3, 5] 1");
}

#[test]
fn the_plain_twin_is_passed_as_well_and_so_is_a_handle_of_it() {
    assert_eq!(shown(plain()).compute().unwrap(), "q [7] [] 2");
    assert_eq!(shown(value(plain())).compute().unwrap(), "q [7] [] 2");
    assert_eq!(shown(&gather(config(1))).compute().unwrap(), "p [0] [2, 5] 1");
}

#[test]
fn a_struct_of_handles_is_taken_by_value_as_its_twin() {
    assert_eq!(taken(config(2)).compute().unwrap(), [0, 1, 3, 5]);
    assert_eq!(taken(plain()).compute().unwrap(), [7]);
}

#[test]
fn a_kept_graph_gives_the_twin_in_each_run() {
    for runtime in runtimes() {
        let (lent, owned) = (shown(config(1)), taken(config(1)));
        for _ in 0..3 {
            assert_eq!(runtime.compute((&lent, &owned)).unwrap(), ("p [0] [2, 5] 1".to_owned(), vec![0, 2, 5]));
        }
    }
}

#[test]
fn the_struct_adds_no_task_of_its_own() {
    let graph = Graph::of(&shown(config(1)));
    let mut names: Vec<_> = graph.tasks().map(|task| task.name().to_owned()).collect();
    names.sort();
    assert_eq!(names, ["inc", "range", "shown"]);
    let last = graph.tasks().last().unwrap();
    assert_eq!(last.dependencies().map(|task| task.name().to_owned()).collect::<Vec<_>>(), ["range", "inc"]);
}

#[test]
fn structs_stand_in_lists() {
    #[delayed]
    fn depths(configs: &[ConfigValue]) -> Vec<usize> {
        configs.iter().map(|config| config.rows.len()).collect()
    }
    #[delayed]
    fn count(configs: Vec<ConfigValue>) -> usize {
        configs.len()
    }
    #[delayed]
    fn each(configs: &[&ConfigValue]) -> usize {
        configs.iter().map(|config| config.rows.len()).sum()
    }
    #[delayed]
    fn pair(pair: (ConfigValue, i64)) -> i64 {
        pair.0.rows.len() as i64 + pair.1
    }
    assert_eq!(depths(vec![config(1), config(2)]).compute().unwrap(), [1, 2]);
    assert_eq!(depths([plain()]).compute().unwrap(), [1]);
    assert_eq!(count([config(1), config(2)]).compute().unwrap(), 2);
    assert_eq!(each(vec![config(1), config(2)]).compute().unwrap(), 3);
    assert_eq!(pair((config(3), inc(1))).compute().unwrap(), 5);
}

#[test]
fn a_struct_of_handles_is_computed_and_gathered_to_its_twin() {
    let expected = ConfigValue { path: "p".to_owned(), rows: vec![0], more: vec![2, 5], depth: 1 };
    assert_eq!(delayed::compute(config(1)).unwrap(), expected);
    assert_eq!(delayed::compute((inc(1), vec![config(1)])).unwrap(), (2, vec![expected.clone()]));
    assert_eq!(gather(config(1)).compute().unwrap(), expected);
    assert_eq!(inc(1).after(config(1)).compute().unwrap(), 2);
    assert_eq!(Graph::of(&config(1)).n_tasks(), 2);
}

#[test]
fn a_field_may_nest_handles_in_any_shape() {
    #[derive(DelayedArg)]
    struct Deep {
        pairs: Vec<(String, Delayed<i64>)>,
        table: HashMap<String, Vec<Delayed<i64>>>,
        option: Option<Delayed<String>>,
        array: [delayed::Delayed<i64>; 2],
    }
    #[delayed]
    fn total(deep: &DeepValue) -> i64 {
        let pairs: i64 = deep.pairs.iter().map(|(name, x)| name.len() as i64 + x).sum();
        let table: i64 = deep.table.values().flatten().sum();
        pairs + table + deep.option.as_ref().map_or(0, |text| text.len() as i64) + deep.array.iter().sum::<i64>()
    }
    let deep = Deep {
        pairs: vec![("ab".to_owned(), inc(0))],
        table: HashMap::from([("k".to_owned(), vec![inc(1), inc(2)])]),
        option: Some(value("four".to_owned())),
        array: [inc(9), inc(19)],
    };
    assert_eq!(total(deep).compute().unwrap(), 3 + 5 + 4 + 30);
}

#[test]
fn a_tuple_struct_has_a_tuple_twin() {
    #[derive(DelayedArg)]
    #[delayed_arg(derive(Clone))]
    struct Pair(Delayed<i64>, String);
    #[delayed]
    fn show(pair: &PairValue) -> String {
        format!("{}{}", pair.0, pair.1)
    }
    #[delayed]
    fn show_owned(PairValue(x, text): PairValue) -> String {
        format!("{x}{text}")
    }
    assert_eq!(show(Pair(inc(1), "a".to_owned())).compute().unwrap(), "2a");
    assert_eq!(show_owned(Pair(inc(1), "a".to_owned())).compute().unwrap(), "2a");
    assert_eq!(show(PairValue(3, "b".to_owned())).compute().unwrap(), "3b");
}

#[test]
fn the_twin_has_the_name_and_the_traits_that_are_asked_for() {
    #[derive(DelayedArg)]
    #[delayed_arg(name = Plain, derive(Debug, Default, PartialEq))]
    struct Handles {
        x: Delayed<i64>,
    }
    assert_eq!(delayed::compute(Handles { x: value(0) }).unwrap(), Plain::default());
    assert_eq!(format!("{:?}", Plain { x: 1 }), "Plain { x: 1 }");
}

#[test]
fn without_clone_the_twin_is_lent_and_its_fields_are_moved_into_it() {
    struct Model(i64);
    #[delayed]
    fn model(x: i64) -> Model {
        Model(x)
    }
    #[derive(DelayedArg)]
    struct Parts {
        model: Delayed<Model>,
        name: &'static str,
    }
    #[delayed]
    fn show(parts: &PartsValue) -> String {
        format!("{}{}", parts.name, parts.model.0)
    }
    assert_eq!(show(Parts { model: model(3), name: "m" }).compute().unwrap(), "m3");
}

#[test]
fn values_are_moved_into_the_twin_and_dropped_with_it() {
    #[delayed]
    fn make(counts: Counts) -> Counted {
        counts.make(4)
    }
    #[derive(DelayedArg)]
    struct Holder {
        counted: Delayed<Counted>,
        other: Counted,
    }
    #[delayed]
    fn read(holder: &HolderValue) -> i64 {
        holder.counted.content + holder.other.content
    }
    for runtime in runtimes() {
        let counts = Counts::default();
        let sum = read(Holder { counted: make(counts.clone()), other: counts.make(1) });
        assert_eq!(runtime.compute(sum).unwrap(), 5);
        assert_eq!((counts.made(), counts.cloned(), counts.alive()), (2, 0, 0));
    }
}

mod elsewhere {
    //! A struct as seen from another module.
    use super::*;

    /// A public one.
    #[derive(DelayedArg)]
    pub(crate) struct Shared {
        /// A number.
        pub(crate) x: Delayed<i64>,
        hidden: u8,
    }

    impl Shared {
        pub(crate) fn new(x: i64) -> Self {
            Self { x: inc(x), hidden: 1 }
        }
    }

    #[delayed]
    pub(crate) fn read(shared: &SharedValue) -> i64 {
        shared.x + i64::from(shared.hidden)
    }
}

#[test]
fn the_twin_is_as_visible_as_the_struct() {
    fn x(shared: &elsewhere::SharedValue) -> i64 {
        shared.x
    }
    assert_eq!(elsewhere::read(elsewhere::Shared::new(1)).compute().unwrap(), 3);
    assert_eq!(x(&delayed::compute(elsewhere::Shared::new(1)).unwrap()), 2);
}
