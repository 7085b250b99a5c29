//! Boxed closures, called in the order in which they were made: the least that a list of tasks with values costs.

use super::{Answer, BASE, Computes, Peer};
use crate::measure::{Clock, Phase, spin};
use crate::workloads::{Node, Workload, total};

pub(crate) const PEER: Peer = Peer {
    name: BASE,
    about: "boxed closures called in order, no graph",
    share: 1.0,
    parallel: false,
    bodies: true,
    start: |_| Box::new(Boxed),
};

/// A task reads the values of the ones before it.
type Task = Box<dyn Fn(&[i64]) -> i64>;

struct Boxed;

impl Computes for Boxed {
    fn compute(&self, workload: &Workload, clock: &mut Clock) -> Answer {
        let mut tasks = Tasks(Vec::with_capacity(workload.tasks()));
        let output = workload.build(&mut tasks);
        clock.ended(Phase::Build);

        let mut values = Vec::with_capacity(tasks.0.len());
        for task in &tasks.0 {
            let value = task(&values);
            values.push(value);
        }
        let value = values[output as usize];
        clock.ended(Phase::Run);

        drop((tasks, values));
        clock.ended(Phase::Drop);
        Answer::Value(value)
    }
}

struct Tasks(Vec<Task>);

impl Node for Tasks {
    type Handle = u32;

    #[inline]
    fn node(&mut self, literal: i64, spins: u32, dependencies: &[u32]) -> u32 {
        let number = self.0.len() as u32;
        self.0.push(match *dependencies {
            _ if spins > 0 => {
                let list: Box<[u32]> = dependencies.into();
                Box::new(move |values| {
                    spin(spins);
                    total(literal, list.iter().map(|&x| values[x as usize]))
                })
            }
            [] => Box::new(move |_| literal),
            [x] => Box::new(move |values| total(literal, [values[x as usize]].into_iter())),
            [x, y] => Box::new(move |values| total(0, [x, y].iter().map(|&x| values[x as usize]))),
            [x, y, z] => Box::new(move |values| total(0, [x, y, z].iter().map(|&x| values[x as usize]))),
            _ => {
                let list: Box<[u32]> = dependencies.into();
                Box::new(move |values| total(0, list.iter().map(|&x| values[x as usize])))
            }
        });
        number
    }
}
