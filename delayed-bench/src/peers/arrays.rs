//! A graph as flat arrays, as one writes it by hand where the shape is known: the generator is gone through twice,
//! first to count, then to fill in.

use crate::workloads::{Node, Workload};

/// Tasks by number, each with its dependents.
pub(crate) struct Arrays<C> {
    /// Where the dependents of each task end in `dependents`; they begin where the ones of the task before end.
    ends: Vec<u32>,
    dependents: Vec<u32>,
    /// What a peer keeps for each task.
    pub(crate) cells: Vec<C>,
    /// Tasks without dependencies.
    pub(crate) sources: Vec<u32>,
    output: u32,
}

/// What is kept for each task while the graph runs.
pub(crate) trait Cell {
    fn new(literal: i64, pending: u32, spins: u32) -> Self;
}

impl<C: Cell> Arrays<C> {
    pub(crate) fn of(workload: &Workload) -> Arrays<C> {
        let mut count = Count::of(workload);
        // The begin of each for now: filling in moves it to the end.
        let edges = count.begins();
        let (tasks, ends) = (workload.tasks(), count.counts);
        let dependents = vec![0; edges as usize];
        let mut fill =
            Fill(Arrays { ends, dependents, cells: Vec::with_capacity(tasks), sources: Vec::new(), output: 0 });
        let output = workload.build(&mut fill);
        Arrays { output, ..fill.0 }
    }

    pub(crate) fn dependents(&self, task: u32) -> &[u32] {
        let begin = if task == 0 { 0 } else { self.ends[task as usize - 1] };
        &self.dependents[begin as usize..self.ends[task as usize] as usize]
    }

    pub(crate) fn output(&self) -> u32 {
        self.output
    }
}

/// How many dependents each task has.
pub(super) struct Count {
    next: u32,
    pub(super) counts: Vec<u32>,
}

impl Count {
    pub(super) fn of(workload: &Workload) -> Count {
        let mut count = Count { next: 0, counts: vec![0; workload.tasks()] };
        workload.build(&mut count);
        count
    }

    /// Turns each count into the place where a list of that length begins; returns how long all lists are.
    pub(super) fn begins(&mut self) -> u32 {
        let mut next = 0;
        for count in &mut self.counts {
            (*count, next) = (next, next + *count);
        }
        next
    }
}

impl Node for Count {
    type Handle = u32;

    #[inline]
    fn node(&mut self, _: i64, _: u32, dependencies: &[u32]) -> u32 {
        for &dependency in dependencies {
            self.counts[dependency as usize] += 1;
        }
        self.next += 1;
        self.next - 1
    }
}

struct Fill<C>(Arrays<C>);

impl<C: Cell> Node for Fill<C> {
    type Handle = u32;

    #[inline]
    fn node(&mut self, literal: i64, spins: u32, dependencies: &[u32]) -> u32 {
        let number = self.0.cells.len() as u32;
        for &dependency in dependencies {
            let end = &mut self.0.ends[dependency as usize];
            self.0.dependents[*end as usize] = number;
            *end += 1;
        }
        if dependencies.is_empty() {
            self.0.sources.push(number);
        }
        self.0.cells.push(C::new(literal, dependencies.len() as u32, spins));
        number
    }
}
