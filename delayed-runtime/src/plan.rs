//! What one run precomputes: the nodes behind its outputs, numbered, and their edges as numbers.
//!
//! The numbering is depth-first, dependencies in the order of the arguments, each node after its dependencies. It is
//! at once a topological order, the order in which values die soon, and the priority among ready tasks.
#![expect(unsafe_code, reason = "the walk trusts the numbers that it is told")]

mod policies;
mod rank;

use std::borrow::Cow;
use std::panic::Location;
use std::sync::{Mutex, MutexGuard, TryLockError};

use ahash::AHashMap;

use crate::error::{Error, ErrorKind};
use crate::node::order::Uses;
use crate::node::slot::MOST_USERS;
use crate::node::walk::{Found, Numbered, Numbers, TooLarge};
use crate::node::{Kind, Node, NodeRef, Order, Use};
use crate::scheduler::{MOST_DEPENDENCIES, Tasks};
use policies::Said;

/// The nodes and edges of one run.
pub(crate) struct Plan {
    pub(crate) order: Order,
    /// The nodes of data.
    pub(crate) data: Vec<u32>,
    /// Whether a task is async.
    pub(crate) has_async: bool,
    /// The async tasks that wait for data at most.
    pub(crate) async_sources: Vec<u32>,
    /// Whether each task, data aside, waits for the one before it: there is never more than one ready.
    pub(crate) is_chain: bool,
    /// Whether a node takes failures in the place of values.
    pub(crate) catches: bool,
    /// What was said of tasks. (Boxed: few plans have it.)
    said: Option<Box<Said>>,
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
    /// Numbers all nodes that the roots reach; returns the number of uses of each value, too.
    pub(crate) fn of(roots: Vec<NodeRef>) -> Result<(Plan, Uses), TooLarge> {
        let mut found = Found::default();
        let (order, mut uses) = match Marks::lock() {
            Some(mut marks) => Order::new(roots, &mut marks, &mut found)?,
            None => Order::new(roots, &mut AHashMap::new(), &mut found)?,
        };
        let Found { data, has_async, async_sources, is_wide, moves, takes, catches, has_policies, .. } = found;
        let mut plan =
            Plan { order, data, has_async, async_sources, is_chain: !is_wide, catches, said: None, moves, takes };
        if has_policies {
            plan.heed(&mut uses);
        }
        Ok((plan, uses))
    }

    /// What was said of tasks is gathered, and changes the order and the uses of values.
    #[cold]
    #[inline(never)]
    fn heed(&mut self, uses: &mut Uses) {
        self.gather_policies();
        self.rank(uses);
        self.hold_inputs(&mut uses.counts);
    }

    /// Whether a run of it is to do more than to call each task once: go on after failures, try again, wait.
    pub(crate) fn is_plain(&self) -> bool {
        !self.catches && self.said.is_none()
    }

    pub(crate) fn len(&self) -> u32 {
        self.order.len()
    }

    /// All dependencies of a node.
    pub(crate) fn dependencies(&self, number: u32) -> &[u32] {
        self.order.dependencies(number)
    }

    /// The dependencies whose values the node takes.
    pub(crate) fn value_edges(&self, number: u32) -> &[u32] {
        self.order.value_edges(number)
    }

    /// How many dependencies of a node are tasks.
    pub(crate) fn waits_for(&self, number: u32) -> usize {
        let dependencies = self.dependencies(number);
        let is_task = |dependency: &&u32| self.data.binary_search(dependency).is_err();
        if self.data.is_empty() { dependencies.len() } else { dependencies.iter().filter(is_task).count() }
    }

    /// The graph as the scheduler sees it.
    pub(crate) fn tasks(&self) -> Tasks<'_> {
        self.order.tasks(&self.data)
    }

    /// The outputs, in the order of the shape.
    pub(crate) fn outputs(&self) -> &[u32] {
        &self.order.outputs
    }

    /// Makes sure that no value has more uses, and no task more dependencies, than can be counted.
    pub(crate) fn check_users(&self, users: &[u32], location: &'static Location<'static>) -> Result<(), Error> {
        // Only then can one have too many.
        if !self.order.has_many_edges() && self.said.is_none() {
            return Ok(());
        }
        if self.order.most_dependencies() > MOST_DEPENDENCIES {
            let text = format!("a task has more than {MOST_DEPENDENCIES} dependencies; gather some of them first");
            return Err(Error::of_run(ErrorKind::Runtime, location, text));
        }
        match users.iter().max() {
            Some(&most) if most > MOST_USERS => {
                let text =
                    format!("a value has {most} users in one run, more than {MOST_USERS}; use it through fewer tasks");
                Err(Error::of_run(ErrorKind::Runtime, location, text))
            }
            _ => Ok(()),
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
        checked.map(|()| {
            // Their captures are needed again.
            for task in self.repeated() {
                if let Some(sole) = owned.sole.get_mut(task as usize) {
                    *sole = false;
                }
            }
            owned
        })
    }

    /// One pass backwards: a node is the run's alone if all references to it come from outputs and from nodes that
    /// are the run's alone.
    fn sole(&self) -> Vec<bool> {
        let mut held = vec![0_u32; self.len() as usize];
        for &output in self.outputs() {
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
    pub(crate) fn path(&self, failed: u32) -> Vec<Cow<'static, str>> {
        self.path_along(failed, &self.first_users(None))
    }

    /// How many of a node's dependencies, from the first, may fail for it.
    pub(crate) fn caught(&self, number: u32) -> usize {
        if self.catches && self.order.node(number).catches() { self.value_edges(number).len() } else { 0 }
    }

    /// For each task the first that needs it, and fails with it if its failure is exposed; itself if it is an output, or
    /// takes failures, or nobody does.
    pub(crate) fn first_users(&self, exposed: Option<&[bool]>) -> Vec<u32> {
        let is_exposed = |number: u32| exposed.is_none_or(|exposed| exposed[number as usize]);
        let mut users: Vec<u32> = (0..self.len()).collect();
        for user in (0..self.len()).rev() {
            let caught = self.caught(user);
            for (index, &dependency) in self.dependencies(user).iter().enumerate() {
                if !is_exposed(dependency) || (index >= caught && is_exposed(user)) {
                    users[dependency as usize] = user;
                }
            }
        }
        for &output in self.outputs() {
            users[output as usize] = output;
        }
        users
    }

    /// [`path`](Self::path), from each task to the one that is said to need it; it ends where the failure is taken.
    pub(crate) fn path_along(&self, failed: u32, users: &[u32]) -> Vec<Cow<'static, str>> {
        let mut path = vec![self.order.node(failed).name()];
        let mut at = failed;
        while users[at as usize] != at {
            let from = at;
            at = users[at as usize];
            let node = self.order.node(at);
            if node.is_task() {
                path.push(node.name());
            }
            if self.dependencies(at)[..self.caught(at)].contains(&from) {
                break;
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
        for (index, &output) in self.plan.outputs().iter().enumerate() {
            last.insert(output, index);
        }
        for (index, (&output, &usage)) in self.plan.outputs().iter().zip(usages).enumerate() {
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
        if node.info().is_in_block() {
            return format!(
                "what is not `Clone` of `{}`, used by value in the task `{}` of a block ({}),",
                node.info().take_names().join("`, `"),
                node.name(),
                node.location()
            );
        }
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

/// The marks of all nodes, of which one walk at a time may make use.
///
/// A node's mark is its number in a walk, plus the walk's `base`. Bases only grow, by the length of each walk, so a
/// mark of this walk is told from older ones by a comparison, and nothing needs to be reset. When all 2^32 marks have
/// been given out, they come round: from then on a mark is believed only if the node of that number is the very node.
struct Marks<'a> {
    bases: MutexGuard<'a, Bases>,
    base: u32,
    given: u32,
}

struct Bases {
    next: u32,
    came_round: bool,
}

static MARKS: Mutex<Bases> = Mutex::new(Bases { next: 1, came_round: false });

impl Marks<'_> {
    /// The marks, unless another walk has them at the moment.
    fn lock() -> Option<Self> {
        let bases = match MARKS.try_lock() {
            Ok(bases) => bases,
            Err(TryLockError::Poisoned(bases)) => bases.into_inner(),
            Err(TryLockError::WouldBlock) => return None,
        };
        let base = bases.next;
        Some(Marks { bases, base, given: 0 })
    }
}

impl Drop for Marks<'_> {
    fn drop(&mut self) {
        self.bases.next = self.base.wrapping_add(self.given);
    }
}

// SAFETY: the marks' lock is held, and bases only grow: a mark in this walk's range was set by it; once marks have come
// round, the node itself is compared.
unsafe impl Numbers for Marks<'_> {
    #[inline]
    fn get(&self, node: Node<'_>, numbered: &Numbered<'_>) -> Option<u32> {
        let number = node.mark().wrapping_sub(self.base);
        let seen = if self.bases.came_round {
            numbered.get(number).is_some_and(|marked| marked.is(node))
        } else {
            number < self.given
        };
        seen.then_some(number)
    }

    #[inline]
    fn set(&mut self, node: Node<'_>, number: u32) {
        self.bases.came_round |= self.base.checked_add(number).is_none();
        node.set_mark(self.base.wrapping_add(number));
        self.given = number + 1;
    }
}

// SAFETY: a node's address is its own while the roots keep it alive.
unsafe impl Numbers for AHashMap<usize, u32> {
    fn get(&self, node: Node<'_>, _: &Numbered<'_>) -> Option<u32> {
        AHashMap::get(self, &node.address()).copied()
    }

    fn set(&mut self, node: Node<'_>, number: u32) {
        self.insert(node.address(), number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delayed::value;

    /// In tests, numbers end at 2^18.
    #[test]
    fn a_graph_with_more_tasks_or_edges_than_numbers_is_refused() {
        let first = value(0_i64) + 1;
        let (mut long, mut double) = (first.clone(), first.clone());
        for _ in 0..1 << 18 {
            long = long + 1;
        }
        for _ in 0..(1 << 17) + 1 {
            double = double + &first;
        }
        for handle in [&long, &double] {
            let error = crate::compute(handle).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Runtime);
            assert!(error.to_string().contains("2^32 tasks or edges, or more"), "{error}");
        }
        // What was numbered by then is as it was.
        assert_eq!(crate::compute(&first + &first).unwrap(), 2);
    }

    #[test]
    fn marks_come_round() {
        let shared = value(1_i64) + 1;
        let sum = || {
            let twice = &shared * 2 + &shared;
            &twice + &twice
        };
        let numbers = |handle: &crate::delayed::Delayed<i64>| {
            let (plan, _) = Plan::of(vec![handle.node.clone()]).unwrap();
            (0..plan.len()).map(|number| plan.dependencies(number).to_vec()).collect::<Vec<_>>()
        };
        let kept = sum();
        let before = numbers(&kept);
        assert_eq!(before, [vec![], vec![0], vec![1], vec![2, 1], vec![3, 3]]);
        MARKS.lock().unwrap().next = u32::MAX - 2;
        for _ in 0..3 {
            assert_eq!(numbers(&kept), before);
            assert_eq!(numbers(&sum()), before);
        }
        assert!(MARKS.lock().unwrap().came_round);
    }
}
