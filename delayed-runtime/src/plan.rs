//! What one run precomputes: the nodes behind its outputs, numbered, and their edges as numbers.
//!
//! The numbering is depth-first, dependencies in the order of the arguments, each node after its dependencies. It is
//! at once a topological order, the order in which values die soon, and the priority among ready tasks.

use std::panic::Location;
use std::sync::{Mutex, MutexGuard, TryLockError};

use ahash::AHashMap;

use crate::error::{Error, ErrorKind};
use crate::node::order::Numbered;
use crate::node::slot::MOST_USERS;
use crate::node::{Kind, Node, NodeRef, Order, Use};

/// The nodes and edges of one run.
pub(crate) struct Plan {
    pub(crate) order: Order,
    /// Where each node's dependencies lie in `edges`; one more than there are nodes.
    offsets: Vec<u32>,
    /// Dependencies as numbers: a node's value edges first, then those that only order.
    edges: Vec<u32>,
    /// The outputs, in the order of the shape.
    pub(crate) outputs: Vec<u32>,
    /// Whether a task is async.
    pub(crate) has_async: bool,
    /// Whether a node saves something if the run alone owns it.
    moves: bool,
    /// Whether a value must be moved, to or out of a task.
    takes: bool,
}

/// Which nodes a run alone owns, and what it has claimed of others.
pub(crate) struct Owned {
    sole: Vec<bool>,
    /// Nodes out of which this run alone may move a value, by their number.
    claimed: Vec<u32>,
}

impl Owned {
    pub(crate) fn is_sole(&self, number: u32) -> bool {
        self.sole.get(number as usize).is_some_and(|&sole| sole)
    }

    /// Gives back what was claimed and not taken, to a later run. The plan is not taken apart yet, or `claimed` empty.
    pub(crate) fn give_back(&self, plan: &Plan) {
        if plan.order.is_whole() {
            for &number in &self.claimed {
                plan.order.node(number).unclaim();
            }
        }
    }
}

impl Plan {
    /// Numbers all nodes that the roots reach.
    pub(crate) fn of(roots: Vec<NodeRef>) -> Plan {
        let (order, walk) = Order::new(roots, |roots, numbered| match Marks::lock() {
            Some(mut marks) => Walk::over(roots, numbered, &mut marks),
            None => Walk::over(roots, numbered, &mut AHashMap::new()),
        });
        let Walk { offsets, edges, outputs, has_async, moves, takes } = walk;
        Plan { order, offsets, edges, outputs, has_async, moves, takes }
    }

    pub(crate) fn len(&self) -> u32 {
        self.order.len()
    }

    /// All dependencies of a node.
    pub(crate) fn dependencies(&self, number: u32) -> &[u32] {
        let number = number as usize;
        &self.edges[self.offsets[number] as usize..self.offsets[number + 1] as usize]
    }

    /// The dependencies whose values the node takes.
    pub(crate) fn value_edges(&self, number: u32) -> &[u32] {
        &self.dependencies(number)[..self.order.node(number).edges().len()]
    }

    pub(crate) fn into_edges(self) -> (Vec<u32>, Vec<u32>) {
        (self.offsets, self.edges)
    }

    /// How many uses each value has: one for each edge that takes it, one for each output.
    pub(crate) fn users(&self, location: &'static Location<'static>) -> Result<Vec<u32>, Error> {
        let mut users = vec![0_u32; self.len() as usize];
        for number in 0..self.len() {
            for &dependency in self.value_edges(number) {
                users[dependency as usize] += 1;
            }
        }
        for &output in &self.outputs {
            users[output as usize] += 1;
        }
        match users.iter().max() {
            Some(&most) if most > MOST_USERS => {
                let text =
                    format!("a value has {most} users in one run, more than {MOST_USERS}; use it through fewer tasks");
                Err(Error::of_run(ErrorKind::Runtime, location, text))
            }
            _ => Ok(users),
        }
    }

    /// Finds out which nodes the run alone owns, and refuses a run in which a value that must be moved cannot be.
    ///
    /// `usages` are the outputs' own.
    pub(crate) fn own(
        &self,
        users: &[u32],
        usages: &[Use],
        location: &'static Location<'static>,
    ) -> Result<Owned, Error> {
        let sole = if self.moves || self.takes { self.sole() } else { Vec::new() };
        let mut owned = Owned { sole, claimed: Vec::new() };
        let checked = Claims { plan: self, location }.check(users, usages, &mut owned);
        if checked.is_err() {
            owned.give_back(self);
        }
        checked.map(|()| owned)
    }

    /// One pass backwards: a node is the run's alone if all references to it come from outputs and from nodes that
    /// are the run's alone.
    fn sole(&self) -> Vec<bool> {
        let mut held = vec![0_u32; self.len() as usize];
        for &output in &self.outputs {
            held[output as usize] += 1;
        }
        let mut sole = vec![false; self.len() as usize];
        for number in (0..self.len()).rev() {
            if self.order.node(number).refs() == held[number as usize] {
                sole[number as usize] = true;
                for &dependency in self.dependencies(number) {
                    held[dependency as usize] += 1;
                }
            }
        }
        sole
    }

    /// The names of the tasks from `failed`, which comes first, to an output.
    pub(crate) fn path(&self, failed: u32) -> Vec<std::borrow::Cow<'static, str>> {
        let mut is_output = vec![false; self.len() as usize];
        for &output in &self.outputs {
            is_output[output as usize] = true;
        }
        let mut path = Vec::new();
        let mut at = failed;
        let mut push = |number: u32| {
            let node = self.order.node(number);
            if path.is_empty() || node.is_task() {
                path.push(node.name());
            }
        };
        push(at);
        for number in failed + 1..self.len() {
            if is_output[at as usize] {
                break;
            }
            if self.dependencies(number).contains(&at) {
                at = number;
                push(at);
            }
        }
        path
    }
}

/// Makes sure before a run starts that it can have every value it must move, and no other run moves the same.
struct Claims<'a> {
    plan: &'a Plan,
    location: &'static Location<'static>,
}

impl Claims<'_> {
    fn check(&self, users: &[u32], usages: &[Use], owned: &mut Owned) -> Result<(), Error> {
        if self.plan.takes {
            for number in 0..self.plan.len() {
                self.check_task(number, users, owned)?;
            }
        }
        self.check_outputs(usages, owned)
    }

    fn check_task(&self, number: u32, users: &[u32], owned: &mut Owned) -> Result<(), Error> {
        let node = self.plan.order.node(number);
        if node.takes() {
            self.claim(number, number, owned)?;
        }
        for (edge, &dependency) in node.edges().iter().zip(self.plan.value_edges(number)) {
            let usage = edge.usage();
            if usage == Use::Shared {
                continue;
            }
            let source = edge.node();
            let must_move = usage == Use::Take || !source.can_clone();
            if !must_move {
                continue;
            }
            if users[dependency as usize] > 1 {
                return Err(self.refuse(&self.two_users(number, dependency, usage)));
            }
            if source.work_kind() == Kind::Data && !source.moves_data(owned.is_sole(dependency)) {
                // Kept by the user, but reachable through this edge only: the first run has the value.
                if source.kind() != Kind::Data || source.refs() > 1 {
                    let text = format!(
                        "{} takes the value put in at {}, which another handle still holds; drop that handle, or pass the plain value",
                        self.taker(node),
                        source.location()
                    );
                    return Err(self.refuse(&text));
                }
                self.claim(dependency, number, owned)?;
                owned.sole[dependency as usize] = true;
            }
        }
        Ok(())
    }

    /// Claims what node `number` holds for task `taker`.
    fn claim(&self, number: u32, taker: u32, owned: &mut Owned) -> Result<(), Error> {
        if !self.plan.order.node(number).claim() {
            let node = self.plan.order.node(taker);
            let text = format!(
                "{} was moved out by an earlier run, or one under way; build the call again for each run",
                self.taker(node)
            );
            return Err(self.refuse(&text));
        }
        owned.claimed.push(number);
        Ok(())
    }

    /// An owned handle moves its value; all but the last use of a value must clone it.
    fn check_outputs(&self, usages: &[Use], owned: &Owned) -> Result<(), Error> {
        let mut last: AHashMap<u32, usize> = AHashMap::new();
        for (index, &output) in self.plan.outputs.iter().enumerate() {
            last.insert(output, index);
        }
        for (index, (&output, &usage)) in self.plan.outputs.iter().zip(usages).enumerate() {
            let node = self.plan.order.node(output);
            let lies_in_node = node.work_kind() == Kind::Data && !node.moves_data(owned.is_sole(output));
            let movable = last[&output] == index && !lies_in_node;
            if usage == Use::Move && !movable && !node.can_clone() {
                return Err(self.refuse(&not_movable(node)));
            }
        }
        Ok(())
    }

    /// A task as the taker of a value: by its `#[take]` parameter where the function has one.
    fn taker(&self, node: Node<'_>) -> String {
        match node.info().take_names() {
            [] => format!("`{}` ({})", node.name(), node.location()),
            [one] => format!("the `#[take]` parameter `{one}` of `{}` ({})", node.name(), node.location()),
            [most @ .., last] => {
                format!(
                    "one of the `#[take]` parameters `{}` and `{last}` of `{}` ({})",
                    most.join("`, `"),
                    node.name(),
                    node.location()
                )
            }
        }
    }

    fn two_users(&self, number: u32, dependency: u32, usage: Use) -> String {
        let node = self.plan.order.node(number);
        let source = self.plan.order.node(dependency);
        let twice = self.plan.value_edges(number).iter().filter(|&&edge| edge == dependency).count() > 1;
        let others = (0..self.plan.len()).filter(|&other| other != number || twice);
        let other = others.into_iter().find(|&other| self.plan.value_edges(other).contains(&dependency));
        let other = match other {
            Some(other) => {
                let other = self.plan.order.node(other);
                format!("`{}` ({})", other.name(), other.location())
            }
            None => "the caller of this run".to_owned(),
        };
        let way_out = match usage {
            Use::Take => "a value that is taken can have one user only; let the other work on what the first returns",
            _ => {
                "nothing says how to clone it; use it through one task, or make it by a `#[delayed]` function whose value is `Clone`"
            }
        };
        format!(
            "{} takes the value of `{}` ({}), and {other} wants it too; {way_out}",
            self.taker(node),
            source.name(),
            source.location()
        )
    }

    fn refuse(&self, text: &str) -> Error {
        Error::of_run(ErrorKind::Runtime, self.location, text)
    }
}

/// The text of the one case in which an output cannot be had.
pub(crate) fn not_movable(node: Node<'_>) -> String {
    format!(
        "the value of `{}` ({}) is used elsewhere too, and nothing says how to clone it; pass `&handle` instead of the handle",
        node.name(),
        node.location()
    )
}

/// The walk that numbers nodes.
#[derive(Default)]
struct Walk {
    offsets: Vec<u32>,
    edges: Vec<u32>,
    outputs: Vec<u32>,
    has_async: bool,
    moves: bool,
    takes: bool,
}

/// Remembers the numbers of nodes during one walk.
trait Numbers {
    fn get(&self, node: Node<'_>, numbered: &Numbered<'_>) -> Option<u32>;
    fn set(&mut self, node: Node<'_>, number: u32);
}

/// The marks of all nodes, of which one walk at a time may make use. A mark is only believed if the node of that
/// number is the very node, so that nothing needs to be reset.
struct Marks<'a>(#[expect(dead_code, reason = "held, not read")] MutexGuard<'a, ()>);

impl Marks<'_> {
    /// The marks, unless another walk has them at the moment.
    fn lock() -> Option<Self> {
        static MARKS: Mutex<()> = Mutex::new(());
        match MARKS.try_lock() {
            Ok(guard) => Some(Marks(guard)),
            Err(TryLockError::Poisoned(guard)) => Some(Marks(guard.into_inner())),
            Err(TryLockError::WouldBlock) => None,
        }
    }
}

impl Numbers for Marks<'_> {
    fn get(&self, node: Node<'_>, numbered: &Numbered<'_>) -> Option<u32> {
        let mark = node.mark();
        numbered.get(mark).is_some_and(|marked| marked.is(node)).then_some(mark)
    }

    fn set(&mut self, node: Node<'_>, number: u32) {
        node.set_mark(number);
    }
}

impl Numbers for AHashMap<usize, u32> {
    fn get(&self, node: Node<'_>, _: &Numbered<'_>) -> Option<u32> {
        AHashMap::get(self, &node.address()).copied()
    }

    fn set(&mut self, node: Node<'_>, number: u32) {
        self.insert(node.address(), number);
    }
}

/// A node's dependency by position: value edges first, then those that only order.
fn dependency(node: Node<'_>, position: usize) -> Option<Node<'_>> {
    let edges = node.edges();
    match edges.get(position) {
        Some(edge) => Some(edge.node()),
        None => node.after().get(position - edges.len()).map(NodeRef::get),
    }
}

impl Walk {
    fn over<'a>(roots: &'a [NodeRef], numbered: &mut Numbered<'a>, numbers: &mut impl Numbers) -> Walk {
        let mut walk = Walk { offsets: vec![0], ..Walk::default() };
        let mut open: Vec<(Node<'a>, usize)> = Vec::new();
        for root in roots {
            if numbers.get(root.get(), numbered).is_none() {
                open.push((root.get(), 0));
            }
            while let Some((node, position)) = open.last_mut() {
                let node = *node;
                match dependency(node, *position) {
                    Some(next) => {
                        *position += 1;
                        if numbers.get(next, numbered).is_none() {
                            open.push((next, 0));
                        }
                    }
                    None => {
                        open.pop();
                        walk.close(node, numbered, numbers);
                    }
                }
            }
            let output = numbers.get(root.get(), numbered);
            walk.outputs.push(output.expect("a walk numbers its roots"));
        }
        walk
    }

    /// Numbers a node all of whose dependencies are numbered.
    fn close<'a>(&mut self, node: Node<'a>, numbered: &mut Numbered<'a>, numbers: &mut impl Numbers) {
        for position in 0.. {
            let Some(next) = dependency(node, position) else { break };
            self.edges.push(numbers.get(next, numbered).expect("dependencies are numbered first"));
        }
        self.offsets.push(u32::try_from(self.edges.len()).expect("a graph has less than 2^32 edges"));
        let number = numbered.push(node);
        numbers.set(node, number);
        self.has_async |= node.work_kind() == Kind::Async;
        self.moves |= node.moves();
        self.takes |= node.takes() || node.edges().iter().any(|edge| edge.usage() != Use::Shared);
    }
}
