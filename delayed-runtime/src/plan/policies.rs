//! What was said of a run's tasks: gathered, and refused where it cannot be had, before anything runs.

use std::collections::BTreeSet;
use std::panic::Location;
use std::time::Duration;

use ahash::AHashMap;

use super::Plan;
use crate::error::{Error, ErrorKind};
use crate::node::{Edge, Kind, Node, Use};
use crate::policy::Policy;

/// The limits that a runtime sets; `None` for one that runs a task at a time, which keeps them all.
pub(crate) type Names<'a> = Option<&'a [&'a str]>;

/// What was said of a plan's tasks.
pub(super) struct Said {
    /// By their numbers.
    pub(super) policies: AHashMap<u32, Policy>,
    has_blocking: bool,
    has_timers: bool,
    is_ranked: bool,
}

impl Plan {
    /// Gathers what was said of tasks.
    pub(super) fn gather_policies(&mut self) {
        let all = (0..self.len()).map(|number| (number, self.order.node(number).policy()));
        let policies: AHashMap<u32, Policy> = all.filter(|(_, policy)| !policy.is_none()).collect();
        if !policies.is_empty() {
            let said = || policies.values();
            let has_blocking = said().any(|policy| policy.is_blocking);
            let has_timers = said().any(|policy| policy.timeout.is_some() || !policy.backoff.is_zero());
            let is_ranked = said().any(|policy| policy.priority != 0);
            self.said = Some(Box::new(Said { policies, has_blocking, has_timers, is_ranked }));
        }
    }

    /// What was said of a task.
    #[inline]
    pub(crate) fn policy(&self, task: u32) -> Option<&Policy> {
        self.said.as_ref()?.policies.get(&task)
    }

    fn policies(&self) -> impl Iterator<Item = (u32, &Policy)> {
        self.said.iter().flat_map(|said| &said.policies).map(|(&task, policy)| (task, policy))
    }

    /// The limits that tasks count against.
    pub(crate) fn limits(&self) -> impl Iterator<Item = &str> {
        let named: BTreeSet<&str> = self.policies().filter_map(|(_, policy)| policy.limit.as_deref()).collect();
        named.into_iter()
    }

    /// The tasks that may be tried again.
    pub(super) fn repeated(&self) -> impl Iterator<Item = u32> {
        self.policies().filter(|(_, policy)| policy.retries > 0).map(|(task, _)| task)
    }

    /// Whether a task's body is called where it may block.
    pub(crate) fn has_blocking(&self) -> bool {
        self.said.as_ref().is_some_and(|said| said.has_blocking)
    }

    /// Whether this one is.
    pub(crate) fn is_blocking(&self, task: u32) -> bool {
        self.has_blocking() && self.policy(task).is_some_and(|policy| policy.is_blocking)
    }

    /// Whether a task may have to wait for a time.
    #[inline]
    pub(crate) fn has_timers(&self) -> bool {
        self.said.as_ref().is_some_and(|said| said.has_timers)
    }

    /// Whether tasks have priorities.
    #[inline]
    pub(crate) fn is_ranked(&self) -> bool {
        self.said.as_ref().is_some_and(|said| said.is_ranked)
    }

    /// One more use for each value that a task needs which may be tried again: it is kept until that has ended.
    pub(crate) fn hold_inputs(&self, users: &mut [u32]) {
        for task in self.repeated() {
            self.value_edges(task).iter().for_each(|&input| users[input as usize] += 1);
        }
    }

    /// Makes sure that what was said of each task can be had.
    pub(crate) fn check_policies(&self, limits: Names<'_>, location: &'static Location<'static>) -> Result<(), Error> {
        let mut said: Vec<_> = self.policies().collect();
        said.sort_unstable_by_key(|&(task, _)| task);
        let wrong = said.into_iter().find_map(|(task, policy)| self.wrong(self.order.node(task), policy, limits));
        wrong.map_or(Ok(()), |text| Err(Error::of_run(ErrorKind::Runtime, location, text)))
    }

    fn wrong(&self, node: Node<'_>, policy: &Policy, limits: Names<'_>) -> Option<String> {
        let task = format!("`{}` ({})", node.name(), node.location());
        if !node.is_task() && (policy.retries > 0 || policy.timeout.is_some() || policy.limit.is_some()) {
            return Some(format!(
                "{task} is no task, it only passes a value on: it has no retries, timeout or limit; say this of the \
                 handle of the task before it"
            ));
        }
        if policy.timeout.is_some() && !policy.is_blocking && node.work_kind() != Kind::Async {
            return Some(format!(
                "{task} has a timeout, and nothing can interrupt a sync task; leave the timeout out, or say it of an \
                 `async fn` or of a function with `#[delayed(blocking)]`"
            ));
        }
        if policy.timeout == Some(Duration::ZERO) {
            return Some(format!("{task} has a timeout of 0, which would fail every attempt; write a longer one"));
        }
        if let (Some(limit), Some(set)) = (&policy.limit, limits)
            && !set.contains(&&**limit)
        {
            let others = if set.is_empty() { String::new() } else { format!(" (it sets `{}`)", set.join("`, `")) };
            return Some(format!(
                "{task} counts against the limit `{limit}`, which the runtime does not set{others}; write \
                 `Runtime::builder().limit(\"{limit}\", 8)`, with the number of such tasks that may run at once"
            ));
        }
        if policy.retries > 0 {
            return self.not_to_be_repeated(node).map(|what| format!("{task} cannot be tried again: {what}"));
        }
        None
    }

    /// What keeps a task from being tried again.
    fn not_to_be_repeated(&self, node: Node<'_>) -> Option<String> {
        if node.takes() {
            let names = node.info().take_names().join("`, `");
            let what = if node.info().is_in_block() { "what is not `Clone` of" } else { "its `#[take]` parameter" };
            return Some(format!("{what} `{names}` is moved out by the first attempt; leave the retries out"));
        }
        let moved = |edge: &&Edge| match edge.usage() {
            Use::Shared => false,
            Use::Move => !edge.node().can_clone(),
            Use::Take => true,
        };
        let source = node.edges().iter().find(moved)?.node();
        Some(format!(
            "the first attempt has the value of `{}` ({}) moved to it, and nothing says how to clone that; leave the \
             retries out, or take the value by reference",
            source.name(),
            source.location()
        ))
    }
}
