//! `Graph::of`: which tasks there are, how they hang together, what they are called and where they were built.

use delayed::prelude::*;

#[delayed]
fn inc(x: i64) -> i64 {
    x + 1
}

#[delayed]
fn double(x: i64) -> i64 {
    x * 2
}

#[delayed]
fn add(x: i64, y: i64) -> i64 {
    x + y
}

#[delayed]
fn sum(xs: &[i64]) -> i64 {
    xs.iter().sum()
}

#[delayed]
async fn later(x: i64) -> i64 {
    x
}

struct Model(i64);

impl Model {
    #[delayed]
    fn predict(&self, x: i64) -> i64 {
        self.0 * x
    }

    #[delayed]
    fn trained(x: i64) -> Self {
        Self(x)
    }
}

/// Each task of a graph with the line (counted from `first`) and the column of its call.
fn places(graph: &Graph, first: u32) -> Vec<(String, u32, u32)> {
    let place = |task: delayed::Task<'_>| {
        let location = task.location();
        assert_eq!(location.file(), file!());
        (task.name().to_owned(), location.line() - first, location.column())
    };
    graph.tasks().map(place).collect()
}

/// The edges of a graph by name, dependency first.
fn edges(graph: &Graph) -> Vec<(String, String)> {
    graph.edges().map(|(from, to)| (from.name().to_owned(), to.name().to_owned())).collect()
}

fn pairs(edges: &[(&str, &str)]) -> Vec<(String, String)> {
    edges.iter().map(|&(from, to)| (from.to_owned(), to.to_owned())).collect()
}

#[test]
fn the_first_example_is_a_graph_of_16_tasks() {
    let output: Vec<Delayed<i64>> = [1, 2, 3, 4, 5].map(|x| add(inc(x), double(x))).into();
    let total = sum(&output);
    let graph = Graph::of(&total);
    assert_eq!(graph.n_tasks(), 16);
    assert_eq!(graph.tasks().filter(|task| task.name() == "add").count(), 5);
    assert_eq!(graph.tasks().last().unwrap().dependencies().count(), 5);
    assert_eq!(graph.edges().count(), 15);
    assert_eq!(total.compute().unwrap(), 50);
}

#[test]
fn calls_are_placed_where_they_stand() {
    let first = line!();
    let x = inc(1);
    let y = double(inc(x.clone()));
    let model = Model::trained(&y);
    let z = Model::predict(model, add(x, y));
    let graph = Graph::of(&z);
    let expected =
        [("inc", 1, 13), ("inc", 2, 20), ("double", 2, 13), ("trained", 3, 17), ("add", 4, 35), ("predict", 4, 13)];
    let mut found = places(&graph, first);
    found.sort_by_key(|(_, line, _)| *line);
    assert_eq!(found, expected.map(|(name, line, column)| (name.to_owned(), line, column)));
}

#[test]
fn combinators_and_operators_are_placed_where_they_stand() {
    let first = line!();
    let x = inc(1).map(|x| x + 1).map_ref(|x| *x);
    let y = -(&x * 2) + x;
    let found = places(&Graph::of(&y), first);
    let expected = [("inc", 1, 13), ("map", 1, 20), ("map_ref", 1, 35), ("*", 2, 14), ("-", 2, 13), ("+", 2, 13)];
    assert_eq!(found, expected.map(|(name, line, column)| (name.to_owned(), line, column)));
}

#[test]
fn lifted_calls_are_placed_where_they_are_called() {
    let abs = delayed(i64::abs);
    let first = line!();
    let x = abs.call((1,));
    let y = delayed(|x: &i64| *x).call((x,));
    let z = delayed_async(|x: i64| async move { x }).call((y,));
    let w = delayed(|x: i64| Ok::<_, String>(x)).try_call((z,));
    let found = places(&Graph::of(&w), first);
    let expected = [("abs", 1, 17), ("closure", 2, 35), ("closure", 3, 54), ("closure", 4, 50)];
    assert_eq!(found, expected.map(|(name, line, column)| (name.to_owned(), line, column)));
}

#[test]
fn a_call_in_a_closure_or_a_loop_is_placed_there() {
    let first = line!();
    let all: Vec<_> = (0..2).map(|x| inc(x)).collect();
    let mut x = value(0);
    for _ in 0..2 {
        x = double(x);
    }
    let last = all.into_iter().fold(x, |x, y| x + y);
    let mut found = places(&Graph::of(&last), first);
    found.sort();
    let expected = [("+", 6, 47), ("+", 6, 47), ("double", 4, 13), ("double", 4, 13), ("inc", 1, 38), ("inc", 1, 38)];
    assert_eq!(found, expected.map(|(name, line, column)| (name.to_owned(), line, column)));
}

#[test]
fn a_call_in_a_helper_that_tracks_its_caller_is_placed_at_the_call_of_the_helper() {
    #[track_caller]
    fn twice(x: i64) -> Delayed<i64> {
        inc(inc(x))
    }
    let first = line!();
    let x = twice(1);
    assert_eq!(places(&Graph::of(&x), first), [("inc".to_owned(), 1, 13), ("inc".to_owned(), 1, 13)]);
}

#[test]
fn debug_prints_a_task_a_line() {
    let line = line!() + 1;
    let x = add(inc(1), 2).named("both");
    let file = file!();
    assert_eq!(format!("{:?}", Graph::of(&x)), format!("inc {file}:{line}:17\nboth {file}:{line}:13\n"));
}

#[test]
fn edges_lead_from_dependency_to_dependent() {
    let x = inc(1);
    let diamond = add(double(&x), later(x));
    let graph = Graph::of(&diamond);
    let expected = [("inc", "double"), ("inc", "later"), ("double", "add"), ("later", "add")];
    assert_eq!(edges(&graph), pairs(&expected));
    let names: Vec<_> = graph.tasks().filter(|task| task.is_async()).map(|task| task.name().to_owned()).collect();
    assert_eq!(names, ["later"]);
}

#[test]
fn edges_go_through_what_is_no_task() {
    let (a, b) = inc(1).zip(double(2)).unzip();
    let list = gather((vec![a], b)).map(|(list, b)| vec![list[0], b]);
    let parts = list.split(2);
    let last = value(3) + sum(parts);
    let graph = Graph::of(&last);
    assert_eq!(graph.n_tasks(), 5);
    let expected = [("inc", "map"), ("double", "map"), ("map", "sum"), ("sum", "+")];
    assert_eq!(edges(&graph), pairs(&expected));
}

#[test]
fn a_dependency_by_several_arguments_is_one_dependency() {
    let x = inc(1);
    let graph = Graph::of(&add(&x, &x));
    assert_eq!(edges(&graph), pairs(&[("inc", "add")]));
}

#[test]
fn an_order_without_a_value_is_an_edge() {
    let first = inc(1);
    let graph = Graph::of(&double(2).after((&first, later(3))));
    assert_eq!(edges(&graph), pairs(&[("inc", "double"), ("later", "double")]));
}

#[test]
fn a_shape_of_several_outputs_is_one_graph() {
    let x = inc(1);
    let graph = Graph::of(&(double(&x), vec![later(&x)], "plain", Some(x)));
    assert_eq!(graph.n_tasks(), 3);
    assert_eq!(Graph::of(&()).n_tasks(), 0);
    assert_eq!(Graph::of(&value(1)).n_tasks(), 0);
}

#[test]
fn tasks_come_after_their_dependencies() {
    let mut layer: Vec<_> = (0..8).map(inc).collect();
    while layer.len() > 1 {
        layer = layer.chunks(2).map(|pair| add(&pair[0], &pair[1])).collect();
    }
    let graph = Graph::of(&layer);
    let order: Vec<_> = graph.tasks().collect();
    assert_eq!(order.len(), 15);
    for (from, to) in graph.edges() {
        let position = |task| order.iter().position(|other| *other == task).unwrap();
        assert!(position(from) < position(to));
    }
}

#[test]
fn a_graph_is_a_snapshot() {
    let x = inc(1);
    let graph = Graph::of(&x);
    let _ = double(&x).compute().unwrap();
    drop(x.named("later"));
    assert_eq!(graph.tasks().map(|task| task.name().to_owned()).collect::<Vec<_>>(), ["inc"]);
}
