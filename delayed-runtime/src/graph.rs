//! The read-only graph of a shape of handles.

use std::borrow::Cow;
use std::fmt;
use std::panic::Location;

use crate::node::{Kind, NodeRef};
use crate::plan::Plan;
use crate::shape::Handles;

/// The tasks that a shape of handles stands for, with their dependencies, names and places: a snapshot that nothing
/// changes any more.
///
/// A task is a call, a lifted call, a `map`, a `map_ref` or an operator. Data put in with `value`, `gather`, `zip`,
/// `or_fail` and the parts of `unzip` and `split` are not counted: an edge leads through them to the task behind.
///
/// # Examples
/// ```
/// use delayed_runtime::{Graph, value};
///
/// let three = value(1).map(|x| x + 1).named("two") + 1;
/// let graph = Graph::of(&three);
/// assert_eq!(graph.n_tasks(), 2);
/// let names: Vec<_> = graph.tasks().map(|task| task.name().to_owned()).collect();
/// assert_eq!(names, ["two", "+"]);
/// let sum = graph.tasks().last().unwrap();
/// assert_eq!(sum.dependencies().next().unwrap().name(), "two");
/// ```
pub struct Graph {
    /// All nodes, dependencies first, with those that are no tasks.
    nodes: Vec<Record>,
    /// Where each node's dependencies lie in `edges`; one more than there are nodes.
    offsets: Vec<u32>,
    edges: Vec<u32>,
    tasks: usize,
}

struct Record {
    name: Cow<'static, str>,
    location: &'static Location<'static>,
    is_task: bool,
    is_async: bool,
}

/// A task of a [`Graph`].
#[derive(Clone, Copy)]
pub struct Task<'a> {
    graph: &'a Graph,
    number: u32,
}

impl Graph {
    /// The graph behind any shape that [`compute`](crate::compute) takes. Nothing runs.
    ///
    /// # Panics
    /// If there are 2^32 tasks or edges, or more.
    pub fn of<S: Handles + ?Sized>(shape: &S) -> Graph {
        let mut roots: Vec<NodeRef> = Vec::new();
        shape.visit(&mut |node| roots.push(node.clone()));
        let (plan, _) = Plan::of(roots).expect("a graph has less than 2^32 tasks and edges");
        let nodes: Vec<Record> = (0..plan.order.len())
            .map(|number| {
                let node = plan.order.node(number);
                Record {
                    name: node.name(),
                    location: node.location(),
                    is_task: node.is_task(),
                    is_async: node.work_kind() == Kind::Async,
                }
            })
            .collect();
        let tasks = nodes.iter().filter(|node| node.is_task).count();
        let (offsets, edges) = plan.order.into_edges();
        Graph { nodes, offsets, edges, tasks }
    }

    /// How many tasks there are.
    pub fn n_tasks(&self) -> usize {
        self.tasks
    }

    /// The tasks, each after its dependencies.
    pub fn tasks(&self) -> impl DoubleEndedIterator<Item = Task<'_>> {
        let numbers = 0..u32::try_from(self.nodes.len()).unwrap_or(u32::MAX);
        numbers.map(|number| Task { graph: self, number }).filter(|task| task.record().is_task)
    }

    /// The edges from task to task, dependency first.
    pub fn edges(&self) -> impl Iterator<Item = (Task<'_>, Task<'_>)> {
        self.tasks().flat_map(|task| task.dependencies().map(move |dependency| (dependency, task)))
    }

    fn behind(&self, number: u32) -> &[u32] {
        let number = number as usize;
        &self.edges[self.offsets[number] as usize..self.offsets[number + 1] as usize]
    }
}

impl<'a> Task<'a> {
    fn record(self) -> &'a Record {
        &self.graph.nodes[self.number as usize]
    }

    /// The task's label: its own, else its function's name.
    pub fn name(&self) -> &'a str {
        &self.record().name
    }

    /// Where the call stands in the user's code.
    pub fn location(&self) -> &'static Location<'static> {
        self.record().location
    }

    /// Whether its function is async.
    pub fn is_async(&self) -> bool {
        self.record().is_async
    }

    /// The tasks it runs after, each once, in the order of its arguments.
    pub fn dependencies(&self) -> impl Iterator<Item = Task<'a>> + use<'a> {
        let graph = self.graph;
        let mut found = Vec::new();
        let mut seen = ahash::AHashSet::new();
        let mut stack: Vec<u32> = graph.behind(self.number).iter().rev().copied().collect();
        while let Some(number) = stack.pop() {
            if !seen.insert(number) {
                continue;
            }
            if graph.nodes[number as usize].is_task {
                found.push(number);
            } else {
                stack.extend(graph.behind(number).iter().rev());
            }
        }
        found.into_iter().map(move |number| Task { graph, number })
    }
}

/// Two tasks are equal if they are the same task of the same graph.
impl PartialEq for Task<'_> {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.graph, other.graph) && self.number == other.number
    }
}

impl Eq for Task<'_> {}

impl fmt::Debug for Task<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name(), self.location())
    }
}

/// A task a line: its name, file, line and column.
impl fmt::Debug for Graph {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for task in self.tasks() {
            writeln!(f, "{task:?}")?;
        }
        Ok(())
    }
}
