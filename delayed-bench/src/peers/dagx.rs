//! The crate `dagx` 0.3.1: a task is an async method of a struct, dependencies are a tuple of up to eight.
#![expect(clippy::too_many_arguments, reason = "a task takes up to eight dependencies, and its state")]

use ::dagx::{DagRunner, Task, TaskHandle, task};
use tokio::runtime::Runtime;

use super::oneshot::tokio;
use super::{Answer, Computes, Peer};
use crate::measure::{Clock, Phase, spin};
use crate::workloads::{Build, Workload};

pub(crate) const PEER: Peer = Peer {
    name: "dagx",
    about: "the crate `dagx` 0.3.1",
    share: 0.1,
    parallel: true,
    bodies: true,
    start: |workers| Box::new(Tokio(tokio(workers))),
};

struct Tokio(Runtime);

impl Computes for Tokio {
    fn compute(&self, workload: &Workload, clock: &mut Clock) -> Answer {
        let dag = DagRunner::new();
        let output = workload.build(&mut Tasks(&dag));
        clock.ended(Phase::Build);

        let run = async move {
            let ended = dag.run(|future| {
                tokio::spawn(future);
            });
            ended.await.expect("no task fails");
            (dag.get(output).expect("the output has run"), dag)
        };
        let (value, dag) = self.0.block_on(run);
        clock.ended(Phase::Run);

        drop(dag);
        clock.ended(Phase::Drop);
        Answer::Value(value)
    }
}

/// A literal, after spinning.
struct Source {
    literal: i64,
    spins: u32,
}

#[task]
impl Source {
    async fn run(&self) -> i64 {
        spin(self.spins);
        self.literal
    }
}

struct Inc;

#[task]
impl Inc {
    async fn run(x: &i64) -> i64 {
        x.wrapping_add(1)
    }
}

/// Tasks that add up as many values.
macro_rules! sums {
    ($($name:ident($($x:ident)*))*) => {$(
        struct $name {
            spins: u32,
        }

        #[task]
        impl $name {
            async fn run(&self, $($x: &i64),*) -> i64 {
                spin(self.spins);
                0_i64$(.wrapping_add(*$x))*
            }
        }
    )*};
}

sums! {
    Sum2(a b)
    Sum3(a b c)
    Sum4(a b c d)
    Sum5(a b c d e)
    Sum6(a b c d e f)
    Sum7(a b c d e f g)
    Sum8(a b c d e f g h)
}

struct Tasks<'a>(&'a DagRunner);

type H = TaskHandle<i64>;

impl Tasks<'_> {
    /// A sum of up to eight.
    fn add_up(&mut self, spins: u32, xs: &[H]) -> H {
        match xs {
            [] => self.source(0, spins),
            [x] => *x,
            [a, b] => self.0.add_task(Sum2 { spins }).depends_on((a, b)),
            [a, b, c] => self.0.add_task(Sum3 { spins }).depends_on((a, b, c)),
            [a, b, c, d] => self.0.add_task(Sum4 { spins }).depends_on((a, b, c, d)),
            [a, b, c, d, e] => self.0.add_task(Sum5 { spins }).depends_on((a, b, c, d, e)),
            [a, b, c, d, e, f] => self.0.add_task(Sum6 { spins }).depends_on((a, b, c, d, e, f)),
            [a, b, c, d, e, f, g] => self.0.add_task(Sum7 { spins }).depends_on((a, b, c, d, e, f, g)),
            [a, b, c, d, e, f, g, h] => self.0.add_task(Sum8 { spins }).depends_on((a, b, c, d, e, f, g, h)),
            _ => unreachable!("longer lists are cut"),
        }
    }

    fn source(&mut self, literal: i64, spins: u32) -> H {
        self.0.add_task(Source { literal, spins }).into()
    }
}

impl Build for Tasks<'_> {
    type Handle = H;

    fn inc_of(&mut self, x: i64) -> H {
        self.source(x.wrapping_add(1), 0)
    }

    fn double_of(&mut self, x: i64) -> H {
        self.source(x.wrapping_mul(2), 0)
    }

    fn inc(&mut self, x: H) -> H {
        self.0.add_task(Inc).depends_on(x)
    }

    fn add(&mut self, x: H, y: H) -> H {
        self.add_up(0, &[x, y])
    }

    fn add3(&mut self, x: H, y: H, z: H) -> H {
        self.add_up(0, &[x, y, z])
    }

    /// Longer lists than the crate takes become a tree.
    fn sum(&mut self, xs: &[H]) -> H {
        let mut layer = xs.to_vec();
        while layer.len() > 8 {
            layer = layer.chunks(8).map(|chunk| self.add_up(0, chunk)).collect();
        }
        self.add_up(0, &layer)
    }

    fn busy(&mut self, spins: u32, xs: &[H]) -> H {
        match xs {
            [] => self.source(1, spins),
            _ => self.add_up(spins, xs),
        }
    }
}
