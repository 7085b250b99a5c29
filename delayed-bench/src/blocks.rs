//! W8: a tree of sums over leaves that each make a block of 1 MiB. Whoever runs it depth-first holds few of them.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use ::rayon::Scope;
use delayed::prelude::*;
use tokio::sync::oneshot;

use crate::peers;

type Block = Vec<u8>;

/// Runs the tree on so many workers and adds up the bytes of its one output.
type Run = fn(workers: usize, leaves: usize) -> u64;

/// Who can be asked, by the names of the peers.
pub(crate) const PEERS: [(&str, Run); 4] =
    [("delayed", run_delayed), ("boxed", run_boxed), ("rayon", run_rayon), ("oneshot", run_oneshot)];

const SIZE: usize = 1 << 20;

fn make(i: usize) -> Block {
    vec![i as u8; SIZE]
}

fn merge(mut x: Block, y: &[u8]) -> Block {
    for (x, y) in x.iter_mut().zip(y) {
        *x = x.wrapping_add(*y);
    }
    x
}

fn total(block: &[u8]) -> u64 {
    block.iter().map(|&byte| u64::from(byte)).sum()
}

/// What the total must be.
pub(crate) fn answer(leaves: usize) -> u64 {
    let byte = (0..leaves).fold(0_u8, |sum, i| sum.wrapping_add(i as u8));
    u64::from(byte) * SIZE as u64
}

/// Builds the tree layer by layer; `merge` is told two neighbours.
fn tree<H>(leaves: usize, mut leaf: impl FnMut(usize) -> H, mut merge: impl FnMut(H, H) -> H) -> Option<H> {
    let mut layer: Vec<H> = (0..leaves).map(&mut leaf).collect();
    while layer.len() > 1 {
        let mut rest = layer.into_iter();
        let mut next = Vec::new();
        while let Some(x) = rest.next() {
            next.push(match rest.next() {
                Some(y) => merge(x, y),
                None => x,
            });
        }
        layer = next;
    }
    layer.pop()
}

#[delayed(name = "make")]
fn make_later(i: usize) -> Block {
    make(i)
}

#[delayed(name = "merge")]
fn merge_later(x: Block, y: &[u8]) -> Block {
    merge(x, y)
}

#[delayed(name = "total")]
fn total_later(block: &[u8]) -> u64 {
    total(block)
}

fn run_delayed(workers: usize, leaves: usize) -> u64 {
    let runtime = Runtime::builder().workers(workers).build().expect("the number of workers is not 0");
    let root = tree(leaves, make_later, merge_later).expect("there are leaves");
    runtime.compute(total_later(root)).expect("no task fails")
}

/// Calls the closures in the order of building, so all leaves come first.
fn run_boxed(_: usize, leaves: usize) -> u64 {
    type Task = Box<dyn FnOnce(&mut Vec<Option<Block>>) -> Block>;
    let tasks = std::cell::RefCell::new(Vec::<Task>::new());
    let push = |task: Task| {
        tasks.borrow_mut().push(task);
        tasks.borrow().len() - 1
    };
    let take = |values: &mut Vec<Option<Block>>, i: usize| values[i].take().expect("a block is used once");
    let leaf = |i| push(Box::new(move |_| make(i)));
    let sum = |x, y| push(Box::new(move |values| merge(take(values, x), &take(values, y))));
    let root = tree(leaves, leaf, sum).expect("there are leaves");
    let mut values = Vec::new();
    for task in tasks.into_inner() {
        let value = task(&mut values);
        values.push(Some(value));
    }
    total(&take(&mut values, root))
}

/// A node of the tree as one writes it by hand.
struct Node {
    work: Work,
    /// Who waits for this node's block; the root's stays.
    dependent: Option<usize>,
    pending: AtomicU32,
    block: Mutex<Option<Block>>,
}

enum Work {
    Make(usize),
    Merge(usize, usize),
}

impl Node {
    fn take(&self) -> Block {
        self.block.lock().expect("no task panics").take().expect("a block is used once")
    }
}

fn run_rayon(workers: usize, leaves: usize) -> u64 {
    let nodes = std::cell::RefCell::new(Vec::<Node>::new());
    let push = |work, pending| {
        let mut nodes = nodes.borrow_mut();
        nodes.push(Node { work, dependent: None, pending: AtomicU32::new(pending), block: Mutex::default() });
        nodes.len() - 1
    };
    let sum = |x, y| {
        let sum = push(Work::Merge(x, y), 2);
        for dependency in [x, y] {
            nodes.borrow_mut()[dependency].dependent = Some(sum);
        }
        sum
    };
    let root = tree(leaves, |i| push(Work::Make(i), 0), sum).expect("there are leaves");
    let nodes = nodes.into_inner();
    peers::rayon::start(workers).scope(|scope| {
        for leaf in 0..leaves {
            let nodes = &nodes[..];
            scope.spawn(move |scope| run_node(nodes, leaf, scope));
        }
    });
    total(&nodes[root].take())
}

fn run_node<'a>(nodes: &'a [Node], mut number: usize, _: &Scope<'a>) {
    loop {
        let node = &nodes[number];
        let block = match node.work {
            Work::Make(i) => make(i),
            Work::Merge(x, y) => merge(nodes[x].take(), &nodes[y].take()),
        };
        *node.block.lock().expect("no task panics") = Some(block);
        match node.dependent {
            Some(dependent) if nodes[dependent].pending.fetch_sub(1, Ordering::AcqRel) == 1 => number = dependent,
            _ => return,
        }
    }
}

fn run_oneshot(workers: usize, leaves: usize) -> u64 {
    let runtime = peers::oneshot::tokio(workers);
    let _inside = runtime.enter();
    let leaf = |i| spawn(async move { make(i) });
    let sum = |x: oneshot::Receiver<Block>, y: oneshot::Receiver<Block>| {
        spawn(async move {
            let x = x.await.expect("no task fails");
            merge(x, &y.await.expect("no task fails"))
        })
    };
    let root = tree(leaves, leaf, sum).expect("there are leaves");
    runtime.block_on(async { total(&root.await.expect("no task fails")) })
}

fn spawn(work: impl Future<Output = Block> + Send + 'static) -> oneshot::Receiver<Block> {
    let (sender, receiver) = oneshot::channel();
    tokio::spawn(async move { sender.send(work.await).expect("the dependent waits") });
    receiver
}
