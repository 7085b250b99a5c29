//! Graphs as data: built of handles in any order and computed with every task and every value watched, beside a plain
//! model of the sequential order.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use delayed::prelude::*;

/// A graph: tasks by number, what each needs, and which are asked for.
#[derive(Clone, Debug, Default)]
pub struct Dag {
    pub tasks: Vec<Task>,
    /// In the order of the computed list.
    pub outputs: Vec<usize>,
}

#[derive(Clone, Debug)]
pub struct Task {
    pub name: String,
    /// In the order of the arguments.
    pub needs: Vec<usize>,
    /// Whether the task's value counts as alive: all but those of sinks do.
    pub counted: bool,
    pub is_async: bool,
}

impl Dag {
    pub fn task(&mut self, name: impl Into<String>, needs: &[usize]) -> usize {
        self.tasks.push(Task { name: name.into(), needs: needs.to_vec(), counted: true, is_async: false });
        self.tasks.len() - 1
    }

    /// An output whose value does not count.
    pub fn sink(&mut self, name: impl Into<String>, needs: &[usize]) -> usize {
        let sink = self.task(name, needs);
        self.tasks[sink].counted = false;
        self.outputs.push(sink);
        sink
    }

    pub fn names(&self, tasks: &[usize]) -> Vec<&str> {
        tasks.iter().map(|&task| &*self.tasks[task].name).collect()
    }

    /// The model: depth-first from the outputs, needs in the order of the arguments, each task after its needs.
    pub fn post_order(&self) -> Vec<usize> {
        self.walk(|needs| needs.to_vec())
    }

    /// The same with needs and outputs from right to left.
    pub fn mirrored_order(&self) -> Vec<usize> {
        self.walk(|needs| needs.iter().rev().copied().collect())
    }

    fn walk(&self, order: impl Fn(&[usize]) -> Vec<usize>) -> Vec<usize> {
        fn visit(
            dag: &Dag,
            task: usize,
            order: &impl Fn(&[usize]) -> Vec<usize>,
            seen: &mut [bool],
            done: &mut Vec<usize>,
        ) {
            if !std::mem::replace(&mut seen[task], true) {
                for need in order(&dag.tasks[task].needs) {
                    visit(dag, need, order, seen, done);
                }
                done.push(task);
            }
        }
        let mut done = Vec::new();
        let mut seen = vec![false; self.tasks.len()];
        for output in order(&self.outputs) {
            visit(self, output, &order, &mut seen, &mut done);
        }
        done
    }

    /// A random order in which each task comes after its needs.
    pub fn random_order(&self, seed: u64) -> Vec<usize> {
        let mut random = Random(seed);
        let mut missing: Vec<usize> = self.tasks.iter().map(|task| task.needs.len()).collect();
        let users = self.users();
        let mut open: Vec<usize> = (0..self.tasks.len()).filter(|&task| missing[task] == 0).collect();
        let mut order = Vec::new();
        while !open.is_empty() {
            let task = open.swap_remove(random.below(open.len()));
            order.push(task);
            for &user in &users[task] {
                missing[user] -= 1;
                if missing[user] == 0 {
                    open.push(user);
                }
            }
        }
        order
    }

    /// The tasks that need each task, once for each use.
    fn users(&self) -> Vec<Vec<usize>> {
        let mut users = vec![Vec::new(); self.tasks.len()];
        for (task, Task { needs, .. }) in self.tasks.iter().enumerate() {
            for &need in needs {
                users[need].push(task);
            }
        }
        users
    }

    /// The model: how many values are alive at most, if tasks run in this order, a task's own value is made while its
    /// inputs live, and a value goes once its last user has run.
    pub fn peak_of(&self, order: &[usize]) -> usize {
        let mut uses = self.uses();
        let (mut alive, mut peak) = (0, 0);
        for &task in order {
            alive += usize::from(self.tasks[task].counted);
            peak = peak.max(alive);
            for &need in &self.tasks[task].needs {
                uses[need] -= 1;
                alive -= usize::from(uses[need] == 0);
            }
        }
        peak
    }

    /// How often each value is used, by tasks that run and by the caller.
    fn uses(&self) -> Vec<usize> {
        let mut uses = vec![0; self.tasks.len()];
        for task in self.post_order() {
            for &need in &self.tasks[task].needs {
                uses[need] += 1;
            }
        }
        for &output in &self.outputs {
            uses[output] += 1;
        }
        uses
    }

    /// The outputs' handles; the graph's calls are made in the order given.
    pub fn build(&self, order: &[usize], watch: &Watch) -> Vec<Delayed<Live>> {
        let mut handles: Vec<Option<Delayed<Live>>> = vec![None; self.tasks.len()];
        for &number in order {
            let task = &self.tasks[number];
            let needs: Vec<Delayed<Live>> =
                task.needs.iter().map(|&need| handles[need].clone().expect("needs are built first")).collect();
            let made =
                if task.is_async { later(watch.clone(), number, needs) } else { now(watch.clone(), number, needs) };
            handles[number] = Some(made);
        }
        self.outputs.iter().map(|&output| handles[output].clone().expect("outputs are built")).collect()
    }

    /// Builds and computes the graph on a runtime; what was seen until the outputs were there.
    pub fn compute(&self, runtime: &Runtime, order: &[usize], watch: &Watch) -> Seen {
        watch.reset(self);
        let outputs = runtime.compute(self.build(order, watch)).expect("nothing fails");
        self.seen(watch, outputs)
    }

    /// What the run of these outputs was seen to do, since `watch` was reset.
    pub fn seen(&self, watch: &Watch, outputs: Vec<Live>) -> Seen {
        let seen = watch.seen();
        let came: Vec<usize> = outputs.iter().map(|output| output.task).collect();
        assert_eq!(came, self.outputs);
        drop(outputs);
        assert_eq!(watch.lock().alive, 0, "every value is dropped");
        seen
    }

    /// [`compute`](Self::compute) on the sequential runtime.
    pub fn compute_in_order(&self, order: &[usize]) -> Seen {
        self.compute(&Runtime::sequential(), order, &Watch::default())
    }
}

#[delayed]
fn now(watch: Watch, task: usize, inputs: &[&Live]) -> Live {
    watch.run(task, inputs)
}

#[delayed]
async fn later(watch: Watch, task: usize, inputs: &[&Live]) -> Live {
    tokio::task::yield_now().await;
    watch.run(task, inputs)
}

/// What happened, as far as tasks and values can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    Run(usize),
    Drop(usize),
}

#[derive(Clone, Debug)]
pub struct Seen {
    pub log: Vec<Event>,
    /// Values alive at the same time, at most.
    pub peak: usize,
    /// Bodies inside at the same time, at most; in lockstep only.
    pub widest: usize,
}

impl Seen {
    /// The tasks in the order in which they ran.
    pub fn runs(&self) -> Vec<usize> {
        let run = |event: &Event| if let Event::Run(task) = event { Some(*task) } else { None };
        self.log.iter().filter_map(run).collect()
    }
}

/// Compares orders, and names the first difference alone.
#[track_caller]
pub fn assert_order(dag: &Dag, seen: &Seen, expected: &[usize], what: &str) {
    let runs = seen.runs();
    let at = runs.iter().zip(expected).take_while(|(run, expected)| run == expected).count();
    let name = |order: &[usize]| order.get(at).map_or("nothing", |&task| &dag.tasks[task].name).to_owned();
    let (run, wanted) = (name(&runs), name(expected));
    assert!(runs == expected, "{what}: task number {at} of the run is {run}, not {wanted}");
}

/// A value that is counted while it lives. It is not `Clone`: it is lent to its users.
#[derive(Debug)]
pub struct Live {
    task: usize,
    watch: Watch,
}

impl Drop for Live {
    fn drop(&mut self) {
        self.watch.dropped(self.task);
    }
}

/// Sees all tasks and values of one graph.
#[derive(Clone, Debug, Default)]
pub struct Watch(Arc<(Mutex<State>, Condvar)>);

#[derive(Debug, Default)]
struct State {
    counted: Vec<bool>,
    needs: Vec<Vec<usize>>,
    alive: usize,
    peak: usize,
    log: Vec<Event>,
    /// 0: bodies do not wait for each other.
    workers: usize,
    lockstep: Lockstep,
}

/// Bodies that go in rounds. Each makes its value and waits until as many are inside as there are workers, or until
/// nothing else could start: the graph says what could. By then the values that nobody needs any more must be gone,
/// and what lives is counted. All bodies are as long as each other then, on any machine.
#[derive(Debug, Default)]
struct Lockstep {
    users: Vec<Vec<usize>>,
    /// Uses of each value that are still to come.
    uses: Vec<usize>,
    /// Needs of each task that have not finished.
    pending: Vec<usize>,
    /// Tasks that could start and have not.
    ready: usize,
    inside: Vec<usize>,
    round: usize,
    /// Values that should be alive.
    expected: usize,
    widest: usize,
}

/// A round that has not ended by then never will.
const PATIENCE: Duration = Duration::from_secs(30);

impl Watch {
    /// Bodies go in rounds of at most so many.
    pub fn in_lockstep(workers: usize) -> Watch {
        let watch = Watch::default();
        watch.lock().workers = workers;
        watch
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.0.lock().expect("no body panics")
    }

    /// Forgets what was seen; a run of this graph comes next.
    pub fn reset(&self, dag: &Dag) {
        let workers = self.lock().workers;
        let pending: Vec<usize> = dag.tasks.iter().map(|task| task.needs.len()).collect();
        let order = dag.post_order();
        assert!(workers == 0 || order.len() == dag.tasks.len(), "in lockstep all tasks must be needed");
        let ready = order.into_iter().filter(|&task| pending[task] == 0).count();
        let lockstep = Lockstep { users: dag.users(), uses: dag.uses(), pending, ready, ..Lockstep::default() };
        *self.lock() = State {
            counted: dag.tasks.iter().map(|task| task.counted).collect(),
            needs: dag.tasks.iter().map(|task| task.needs.clone()).collect(),
            workers,
            lockstep,
            ..State::default()
        };
    }

    fn seen(&self) -> Seen {
        let state = self.lock();
        Seen { log: state.log.clone(), peak: state.peak, widest: state.lockstep.widest }
    }

    /// The body of a task.
    fn run(&self, task: usize, inputs: &[&Live]) -> Live {
        let mut state = self.lock();
        let lent: Vec<usize> = inputs.iter().map(|input| input.task).collect();
        assert_eq!(lent, state.needs[task], "the inputs are the values asked for");
        state.log.push(Event::Run(task));
        state.alive += usize::from(state.counted[task]);
        let live = Live { task, watch: self.clone() };
        if state.workers == 0 {
            state.peak = state.peak.max(state.alive);
        } else {
            self.wait_for_the_others(state, task);
        }
        live
    }

    fn wait_for_the_others(&self, mut state: MutexGuard<'_, State>, task: usize) {
        state.enter(task);
        let round = state.lockstep.round;
        loop {
            if state.lockstep.round != round {
                return;
            }
            if state.end_round() {
                self.0.1.notify_all();
                return;
            }
            let (guard, timeout) = self.0.1.wait_timeout(state, PATIENCE).expect("no body panics");
            state = guard;
            if timeout.timed_out() && state.lockstep.round == round {
                let State { alive, lockstep: Lockstep { inside, ready, expected, .. }, .. } = &*state;
                panic!(
                    "round {round} does not end: {} bodies inside, {ready} more could start, \
                     {alive} values alive, {expected} of them needed",
                    inside.len()
                );
            }
        }
    }

    fn dropped(&self, task: usize) {
        let mut state = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.alive -= usize::from(state.counted[task]);
        if state.counted[task] {
            state.log.push(Event::Drop(task));
        }
        if state.workers > 0 {
            self.0.1.notify_all();
        }
    }
}

impl State {
    /// A body has begun.
    fn enter(&mut self, task: usize) {
        let step = &mut self.lockstep;
        assert_eq!(step.pending[task], 0, "a task starts after its needs");
        step.ready -= 1;
        step.inside.push(task);
        step.expected += usize::from(self.counted[task]);
        step.widest = step.widest.max(step.inside.len());
        assert!(step.inside.len() <= self.workers, "more bodies than workers: {}", step.inside.len());
    }

    /// Lets the bodies go, if everybody is there.
    fn end_round(&mut self) -> bool {
        let State { needs, lockstep: step, .. } = self;
        let all_inside = step.inside.len() == self.workers || step.ready == 0;
        if !all_inside || self.alive != step.expected {
            return false;
        }
        self.peak = self.peak.max(self.alive);
        for task in std::mem::take(&mut step.inside) {
            for &need in &needs[task] {
                step.uses[need] -= 1;
                step.expected -= usize::from(step.uses[need] == 0);
            }
            for &user in &step.users[task] {
                step.pending[user] -= 1;
                step.ready += usize::from(step.pending[user] == 0);
            }
        }
        step.round += 1;
        true
    }
}

/// Numbers that look random, the same for the same seed (splitmix64).
#[derive(Clone, Debug)]
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) % bound as u64) as usize
    }
}

/// Joins in pairs over 2^depth sources, numbered level by level from the sources; the root is asked for.
pub fn reduction(depth: u32) -> Dag {
    let mut dag = Dag::default();
    let mut level: Vec<usize> = (0..1_usize << depth).map(|x| dag.task(format!("leaf{x}"), &[])).collect();
    while level.len() > 1 {
        level = level.chunks(2).map(|pair| dag.task("join", pair)).collect();
    }
    dag.outputs = level;
    dag
}

/// Ten sources; each sink needs 1 to 3 that lie next to each other.
///
/// ```text
/// s0  s1  s2  s3  s4 ..
/// │ ╲ │ ╱ │ ╲ │ ╱ │
/// t0  t1  t2 ..
/// ```
pub fn stencil(widths: impl Fn(usize) -> usize) -> Dag {
    let mut dag = Dag::default();
    let sources: Vec<usize> = (0..10).map(|x| dag.task(format!("s{x}"), &[])).collect();
    for x in 0..10_usize {
        let needs: &[usize] = match widths(x) {
            1 => &sources[x..=x],
            2 => &sources[x.saturating_sub(1)..=x],
            _ => &sources[x.saturating_sub(1)..(x + 2).min(10)],
        };
        dag.sink(format!("t{x}"), needs);
    }
    dag
}

/// Ten steps, each with two inputs of its own, all of which come from two shared sources.
///
/// ```text
/// b0 ─┬─► b1 ─┐    b0 ─► b2 ─┐
/// c0 ─┼─► c1 ─┤    c0 ─► c2 ─┤
/// a0 ─┴─► d0 ─┴─► d1 ────────┴─► d2 ..
/// ```
pub fn repeating_join() -> Dag {
    let mut dag = Dag::default();
    let [a0, b0, c0] = ["a0", "b0", "c0"].map(|name| dag.task(name, &[]));
    let mut d = dag.task("d0", &[a0, b0, c0]);
    for step in 1..=10 {
        let b = dag.task(format!("b{step}"), &[b0]);
        let c = dag.task(format!("c{step}"), &[c0]);
        d = dag.task(format!("d{step}"), &[d, b, c]);
    }
    dag.outputs.push(d);
    dag
}

/// `a1 <- a0, b1; a2 <- a1, b2; ..`, where every `b` comes from `c`.
///
/// ```text
///        c ──┬─────────┬─────────┐
///            ▼         ▼         ▼
///            b1        b2        b3
///            ▼         ▼         ▼
///     a0 ──► a1 ─────► a2 ─────► a3 ..
/// ```
pub fn staircase(steps: usize) -> Dag {
    let mut dag = Dag::default();
    let c = dag.task("c", &[]);
    let mut a = dag.task("a0", &[]);
    for step in 1..=steps {
        let b = dag.task(format!("b{step}"), &[c]);
        a = dag.task(format!("a{step}"), &[a, b]);
    }
    dag.outputs.push(a);
    dag
}

/// A task over each of 1,000 sources, and joins in pairs of what comes out.
pub fn map_and_tree() -> Dag {
    let mut dag = Dag::default();
    let sources: Vec<usize> = (0..1000).map(|x| dag.task(format!("source{x}"), &[])).collect();
    let mut level: Vec<usize> = sources.iter().map(|&source| dag.task("map", &[source])).collect();
    while level.len() > 1 {
        level = level.chunks(2).map(|pair| if let [one] = pair { *one } else { dag.task("join", pair) }).collect();
    }
    dag.outputs = level;
    dag
}
