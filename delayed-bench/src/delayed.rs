//! `delayed` itself, as its user writes it.

use delayed::__private::{Phase as Ended, compute_in_phases};
use delayed::prelude::*;

use crate::measure::{Clock, Phase, spin};
use crate::peers::{Answer, Computes, OURS, Peer};
use crate::workloads::{Build, Workload};

pub(crate) const PEER: Peer = Peer {
    name: OURS,
    about: "`delayed`",
    share: 1.0,
    parallel: true,
    bodies: true,
    start: |workers| Box::new(start(workers)),
};

fn start(workers: usize) -> Runtime {
    Runtime::builder().workers(workers).build().expect("the number of workers is not 0")
}

impl Computes for Runtime {
    fn compute(&self, workload: &Workload, clock: &mut Clock) -> Answer {
        let output = workload.build(&mut Functions);
        clock.ended(Phase::Build);
        let value = compute_in_phases(self, output, |ended| {
            clock.ended(match ended {
                Ended::Plan => Phase::Plan,
                Ended::Run => Phase::Run,
                Ended::Drop => Phase::Drop,
            });
        });
        Answer::Value(value.expect("no task fails"))
    }
}

#[delayed]
fn inc(x: i64) -> i64 {
    x.wrapping_add(1)
}

#[delayed]
fn double(x: i64) -> i64 {
    x.wrapping_mul(2)
}

#[delayed]
fn add(x: i64, y: i64) -> i64 {
    x.wrapping_add(y)
}

#[delayed]
fn add3(x: i64, y: i64, z: i64) -> i64 {
    x.wrapping_add(y).wrapping_add(z)
}

#[delayed]
fn sum(xs: &[i64]) -> i64 {
    xs.iter().fold(0, |sum, &x| sum.wrapping_add(x))
}

#[delayed]
fn busy(spins: u32) -> i64 {
    spin(spins);
    1
}

#[delayed]
fn busy2(spins: u32, x: i64, y: i64) -> i64 {
    spin(spins);
    x.wrapping_add(y)
}

#[delayed]
fn busy3(spins: u32, x: i64, y: i64, z: i64) -> i64 {
    spin(spins);
    x.wrapping_add(y).wrapping_add(z)
}

/// The functions above.
pub(crate) struct Functions;

impl Build for Functions {
    type Handle = Delayed<i64>;

    fn inc_of(&mut self, x: i64) -> Delayed<i64> {
        inc(x)
    }

    fn double_of(&mut self, x: i64) -> Delayed<i64> {
        double(x)
    }

    fn inc(&mut self, x: Delayed<i64>) -> Delayed<i64> {
        inc(x)
    }

    fn add(&mut self, x: Delayed<i64>, y: Delayed<i64>) -> Delayed<i64> {
        add(x, y)
    }

    fn add3(&mut self, x: Delayed<i64>, y: Delayed<i64>, z: Delayed<i64>) -> Delayed<i64> {
        add3(x, y, z)
    }

    fn sum(&mut self, xs: &[Delayed<i64>]) -> Delayed<i64> {
        sum(xs)
    }

    fn sum_all(&mut self, xs: Vec<Delayed<i64>>) -> Delayed<i64> {
        sum(xs)
    }

    fn busy(&mut self, spins: u32, xs: &[Delayed<i64>]) -> Delayed<i64> {
        match xs {
            [] => busy(spins),
            [x, y] => busy2(spins, x, y),
            [x, y, z] => busy3(spins, x, y, z),
            _ => unreachable!("a cell has two or three neighbours"),
        }
    }
}
