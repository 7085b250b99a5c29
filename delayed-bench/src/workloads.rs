//! The graphs that are measured, each described once; every peer builds from here, in the same order.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A graph's shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Kind {
    /// A chain of 10^6.
    W1,
    /// 10^6 independent `inc`, then sums of 16 up to one.
    W2,
    /// A binary tree over 2^20 leaves.
    W3,
    /// A wavefront of 1000 x 1000: each cell needs the one to the left and the one above.
    W4,
    /// Dask's example: `inc`, `double` and `add` for each of 250,000 numbers, one sum over all.
    W5,
    /// 1000 random layers of 1000: each task needs three of the layer before.
    W6,
}

impl Kind {
    pub(crate) const ALL: [Kind; 6] = [Kind::W1, Kind::W2, Kind::W3, Kind::W4, Kind::W5, Kind::W6];

    pub(crate) fn about(self) -> &'static str {
        match self {
            Kind::W1 => "chain",
            Kind::W2 => "fan-in by 16",
            Kind::W3 => "binary tree",
            Kind::W4 => "wavefront",
            Kind::W5 => "Dask's example",
            Kind::W6 => "random layers",
        }
    }

    /// How many tasks it has at its full size.
    pub(crate) fn full(self) -> f64 {
        match self {
            Kind::W1 | Kind::W4 | Kind::W6 => 1e6,
            Kind::W2 => 1e6 * 16.0 / 15.0,
            Kind::W3 => f64::from(1 << 21),
            Kind::W5 => 750e3,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// What a peer offers to build a graph with: one task a call.
///
/// The bodies do nothing but add, so that what is measured is the cost of having a graph.
pub(crate) trait Build {
    /// What stands for a task's value; the last user of one moves it.
    type Handle: Clone;

    fn inc_of(&mut self, x: i64) -> Self::Handle;
    fn double_of(&mut self, x: i64) -> Self::Handle;
    fn inc(&mut self, x: Self::Handle) -> Self::Handle;
    fn add(&mut self, x: Self::Handle, y: Self::Handle) -> Self::Handle;
    fn add3(&mut self, x: Self::Handle, y: Self::Handle, z: Self::Handle) -> Self::Handle;
    /// Adds up a list that the caller keeps.
    fn sum(&mut self, xs: &[Self::Handle]) -> Self::Handle;
    /// Adds up a list that the caller gives away.
    fn sum_all(&mut self, xs: Vec<Self::Handle>) -> Self::Handle {
        self.sum(&xs)
    }
    /// Adds up the neighbours of a step before, none or up to three, and spins.
    fn busy(&mut self, spins: u32, xs: &[Self::Handle]) -> Self::Handle;
}

/// For peers that know one kind of task only: `literal` plus the values of the dependencies, after `spins`.
pub(crate) trait Node {
    type Handle: Clone;

    fn node(&mut self, literal: i64, spins: u32, dependencies: &[Self::Handle]) -> Self::Handle;
}

impl<N: Node> Build for N {
    type Handle = N::Handle;

    fn inc_of(&mut self, x: i64) -> N::Handle {
        self.node(x.wrapping_add(1), 0, &[])
    }

    fn double_of(&mut self, x: i64) -> N::Handle {
        self.node(x.wrapping_mul(2), 0, &[])
    }

    fn inc(&mut self, x: N::Handle) -> N::Handle {
        self.node(1, 0, &[x])
    }

    fn add(&mut self, x: N::Handle, y: N::Handle) -> N::Handle {
        self.node(0, 0, &[x, y])
    }

    fn add3(&mut self, x: N::Handle, y: N::Handle, z: N::Handle) -> N::Handle {
        self.node(0, 0, &[x, y, z])
    }

    fn sum(&mut self, xs: &[N::Handle]) -> N::Handle {
        self.node(0, 0, xs)
    }

    fn busy(&mut self, spins: u32, xs: &[N::Handle]) -> N::Handle {
        self.node(i64::from(xs.is_empty()), spins, xs)
    }
}

/// One graph to measure: its shape and its size.
#[derive(Debug)]
pub(crate) struct Workload {
    shape: Shape,
    tasks: usize,
    answer: i64,
}

#[derive(Debug)]
enum Shape {
    Chain { length: usize },
    FanIn { leaves: usize },
    Tree { leaves: usize },
    Wavefront { side: usize },
    Dask { numbers: usize },
    Layers { width: usize, picks: Vec<[u16; 3]> },
    Stencil { steps: usize, spins: u32 },
}

/// Cells of a stencil's step.
pub(crate) const STENCIL_WIDTH: usize = 4;

impl Workload {
    /// The workload at `scale` times its full size.
    pub(crate) fn new(kind: Kind, scale: f64) -> Workload {
        let times = |full: f64| ((full * scale).round() as usize).max(4);
        let side = ((1000.0 * scale.sqrt()).round() as usize).max(4);
        Workload::of(match kind {
            Kind::W1 => Shape::Chain { length: times(1e6) },
            Kind::W2 => Shape::FanIn { leaves: times(1e6) },
            Kind::W3 => Shape::Tree { leaves: times(f64::from(1 << 20)) },
            Kind::W4 => Shape::Wavefront { side },
            Kind::W5 => Shape::Dask { numbers: times(250e3) },
            Kind::W6 => Shape::Layers { width: side, picks: picks(side) },
        })
    }

    /// A stencil of `steps` steps, four wide, whose bodies spin `spins` times.
    pub(crate) fn stencil(steps: usize, spins: u32) -> Workload {
        Workload::of(Shape::Stencil { steps, spins })
    }

    /// Whoever measures a graph has it evaluated first, so that every answer can be checked.
    fn of(shape: Shape) -> Workload {
        let mut workload = Workload { shape, tasks: 0, answer: 0 };
        let mut plain = Plain { tasks: 0 };
        workload.answer = workload.build(&mut plain);
        workload.tasks = plain.tasks;
        workload
    }

    pub(crate) fn tasks(&self) -> usize {
        self.tasks
    }

    /// The value of the one output.
    pub(crate) fn answer(&self) -> i64 {
        self.answer
    }

    /// Builds the graph and returns its output.
    pub(crate) fn build<B: Build>(&self, b: &mut B) -> B::Handle {
        match &self.shape {
            Shape::Chain { length } => {
                let first = b.inc_of(0);
                (1..*length).fold(first, |x, _| b.inc(x))
            }
            Shape::FanIn { leaves } => {
                let mut layer: Vec<_> = (0..*leaves).map(|i| b.inc_of(i as i64)).collect();
                while layer.len() > 1 {
                    layer = layer.chunks(16).map(|chunk| b.sum(chunk)).collect();
                }
                only(layer)
            }
            Shape::Tree { leaves } => {
                let mut layer: Vec<_> = (0..*leaves).map(|i| b.inc_of(i as i64)).collect();
                while layer.len() > 1 {
                    let mut next = Vec::with_capacity(layer.len().div_ceil(2));
                    let mut rest = layer.into_iter();
                    while let Some(x) = rest.next() {
                        next.push(match rest.next() {
                            Some(y) => b.add(x, y),
                            None => x,
                        });
                    }
                    layer = next;
                }
                only(layer)
            }
            Shape::Wavefront { side } => {
                let mut row = Vec::with_capacity(*side);
                row.push(b.inc_of(0));
                for column in 1..*side {
                    let left = row[column - 1].clone();
                    row.push(b.inc(left));
                }
                for _ in 1..*side {
                    row[0] = b.inc(row[0].clone());
                    for column in 1..*side {
                        row[column] = b.add(row[column - 1].clone(), row[column].clone());
                    }
                }
                row.pop().expect("a row has cells")
            }
            Shape::Dask { numbers } => {
                let mut output = Vec::with_capacity(*numbers);
                for i in 0..*numbers {
                    let (x, y) = (b.inc_of(i as i64), b.double_of(i as i64));
                    output.push(b.add(x, y));
                }
                b.sum_all(output)
            }
            Shape::Layers { width, picks } => {
                let mut layer: Vec<_> = (0..*width).map(|i| b.inc_of(i as i64)).collect();
                for picks in picks.chunks(*width) {
                    let pick = |i: u16| layer[usize::from(i)].clone();
                    layer = picks.iter().map(|&[x, y, z]| b.add3(pick(x), pick(y), pick(z))).collect();
                }
                b.sum_all(layer)
            }
            Shape::Stencil { steps, spins } => {
                let mut row: Vec<_> = (0..STENCIL_WIDTH).map(|_| b.busy(*spins, &[])).collect();
                for _ in 1..*steps {
                    let near = |i: usize| &row[i.saturating_sub(1)..(i + 2).min(STENCIL_WIDTH)];
                    row = (0..STENCIL_WIDTH).map(|i| b.busy(*spins, near(i))).collect();
                }
                b.sum_all(row)
            }
        }
    }
}

fn only<H>(layer: Vec<H>) -> H {
    layer.into_iter().next().expect("a layer is never empty")
}

/// Which three of the layer before each task of the later layers needs.
///
/// The first is a permutation of the layer, so that every task is needed by some output; the others are free.
fn picks(width: usize) -> Vec<[u16; 3]> {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut first: Vec<u16> = (0..width as u16).collect();
    let mut picks = Vec::with_capacity(width * (width - 1));
    for _ in 1..width {
        for i in (1..width).rev() {
            first.swap(i, random.below(i + 1));
        }
        picks.extend(first.iter().map(|&x| [x, random.below(width) as u16, random.below(width) as u16]));
    }
    picks
}

/// Marsaglia's xorshift64*: the same numbers on every machine.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let high = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 32;
        ((high * end as u64) >> 32) as usize
    }
}

/// No graph at all: a handle is the value.
struct Plain {
    tasks: usize,
}

impl Node for Plain {
    type Handle = i64;

    fn node(&mut self, literal: i64, _: u32, dependencies: &[i64]) -> i64 {
        self.tasks += 1;
        total(literal, dependencies.iter().copied())
    }
}

/// What every body computes. The values of a wavefront outgrow 64 bits, so sums wrap.
pub(crate) fn total(literal: i64, values: impl Iterator<Item = i64>) -> i64 {
    values.fold(literal, i64::wrapping_add)
}
