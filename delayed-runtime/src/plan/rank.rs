//! Priorities: the plan's order with the more urgent branches first.
//!
//! A task without a priority of its own has the highest of those that need it, where 0 is what nothing was said of; one
//! with its own has the higher of that and of what was said of those that need it. Of a node's dependencies, as of the
//! outputs, the branch with the most urgent task in it is walked first. Within a branch the order is depth-first, as
//! ever: a priority says which of two branches is begun first, and never that one is left for another half-way, so that
//! no more values are alive than in any depth-first order.

use std::cmp::Reverse;

use super::Plan;
use crate::node::order::Uses;

impl Plan {
    /// Numbers the tasks anew by their priorities, if they have any.
    pub(super) fn rank(&mut self, uses: &mut Uses) {
        if !self.is_ranked() {
            return;
        }
        let by_new = self.walk_ranked(&self.urgency());
        let mut by_old = vec![0; by_new.len()];
        for (new, &old) in (0..).zip(&by_new) {
            by_old[old as usize] = new;
        }
        self.order.renumber(&by_new, &by_old, uses);
        for list in [&mut self.data, &mut self.async_sources] {
            list.iter_mut().for_each(|number| *number = by_old[*number as usize]);
            list.sort_unstable();
        }
        if let Some(said) = &mut self.said {
            said.policies = said.policies.drain().map(|(old, policy)| (by_old[old as usize], policy)).collect();
        }
    }

    /// For each task, how urgent the most urgent task of its branch is.
    fn urgency(&self) -> Vec<i32> {
        let len = self.len() as usize;
        // Of those that need a task: the highest priority that was said of them, and whether nothing was of some.
        let mut said: Vec<Option<i32>> = vec![None; len];
        let mut is_plain = vec![false; len];
        let mut urgency = vec![0; len];
        for task in (0..self.len()).rev() {
            let at = task as usize;
            let own = self.said_priority(task);
            let priority = match own.max(said[at]) {
                Some(priority) if own.is_some() || !is_plain[at] => Some(priority),
                Some(priority) if priority > 0 => Some(priority),
                _ => None,
            };
            urgency[at] = priority.unwrap_or(0);
            for &dependency in self.dependencies(task) {
                let dependency = dependency as usize;
                said[dependency] = said[dependency].max(priority);
                is_plain[dependency] |= priority.is_none();
            }
        }
        // What was said of tasks below; what they have from elsewhere makes no branch more urgent.
        let mut below: Vec<Option<i32>> = vec![None; len];
        for task in 0..self.len() {
            let of = |&dependency: &u32| self.said_priority(dependency).max(below[dependency as usize]);
            let most = self.dependencies(task).iter().map(of).max().flatten();
            below[task as usize] = most;
            urgency[task as usize] = most.map_or(urgency[task as usize], |most| most.max(urgency[task as usize]));
        }
        urgency
    }

    /// The priority that was said of a task.
    fn said_priority(&self, task: u32) -> Option<i32> {
        self.policy(task).map(|policy| policy.priority).filter(|&priority| priority != 0)
    }

    /// The tasks, depth-first, the more urgent of a node's dependencies first.
    fn walk_ranked(&self, urgency: &[i32]) -> Vec<u32> {
        let ranked = |tasks: &[u32]| {
            let mut tasks = tasks.to_vec();
            tasks.sort_by_key(|&task| Reverse(urgency[task as usize]));
            tasks.into_iter()
        };
        let mut order = Vec::with_capacity(urgency.len());
        let mut seen = vec![false; urgency.len()];
        for root in ranked(self.outputs()) {
            if std::mem::replace(&mut seen[root as usize], true) {
                continue;
            }
            let mut open = vec![(root, ranked(self.dependencies(root)))];
            while let Some((task, rest)) = open.last_mut() {
                match rest.find(|&next| !seen[next as usize]) {
                    Some(next) => {
                        seen[next as usize] = true;
                        let below = ranked(self.dependencies(next));
                        open.push((next, below));
                    }
                    None => {
                        order.push(*task);
                        open.pop();
                    }
                }
            }
        }
        order
    }
}
