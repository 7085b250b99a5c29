//! Graphs as data, computed with every task and every value counted, beside a plain model of their answers.

use std::ops::RangeInclusive;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use shuttle::rand::{RngCore, thread_rng};

use super::Pends;
use crate::arg::list::{Each, Seq};
use crate::arg::{Ref, Val};
use crate::delayed::{Delayed, value};
use crate::error::{Made, made, made_result};
use crate::make::{label, make_async_labelled, make_labelled};
use crate::node::make::Known;
use crate::runtime::Runtime;

label! {
    Tested: "tested", Task;
}

/// Numbers that the schedule decides: run again, it gives the same.
pub(super) struct Random(u64);

impl Random {
    /// One step of the schedule stands for all the numbers.
    pub(super) fn of_schedule() -> Random {
        Random(thread_rng().next_u64())
    }

    pub(super) fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((word ^ (word >> 31)) % bound as u64).unwrap()
    }

    pub(super) fn within(&mut self, range: RangeInclusive<usize>) -> usize {
        range.start() + self.below(range.end() + 1 - range.start())
    }

    pub(super) fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }
}

/// What random graphs consist of.
#[derive(Clone, Copy, Default)]
pub(super) struct Mix {
    /// The most tasks.
    pub(super) most: usize,
    /// One in so many tasks is async, computes a graph of its own, may fail; none for 0.
    pub(super) asyncs: usize,
    pub(super) inner: usize,
    pub(super) fails: usize,
    /// One in so many async tasks never ends.
    pub(super) endless: usize,
}

/// A graph: each task needs only tasks before it, and each is needed by a later one or an output.
pub(super) struct Dag {
    pub(super) tasks: Vec<Task>,
    outputs: Vec<usize>,
}

pub(super) struct Task {
    pub(super) number: usize,
    needs: Vec<usize>,
    /// Tasks that must have run, without their value.
    after: Vec<usize>,
    /// Whether it borrows its inputs, or has them as its own.
    borrows: bool,
    /// How often it is pending, if it is async.
    pends: Option<u32>,
    pub(super) end: End,
    /// It is there from the start.
    is_data: bool,
    /// What its body computes on the same runtime.
    inner: Option<Arc<Dag>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Value,
    Fails,
    Panics,
}

impl Task {
    fn new(number: usize, needs: Vec<usize>) -> Task {
        Task {
            number,
            needs,
            after: Vec::new(),
            borrows: false,
            pends: None,
            end: End::Value,
            is_data: false,
            inner: None,
        }
    }

    pub(super) fn name(&self) -> String {
        format!("task {}", self.number)
    }
}

impl Dag {
    pub(super) fn random(random: &mut Random, mix: Mix) -> Dag {
        let count = random.within(1..=mix.most);
        let chance = |random: &mut Random, n: usize| n > 0 && random.one_in(n);
        let mut dag = Dag { tasks: Vec::new(), outputs: Vec::new() };
        for number in 0..count {
            let most = random.below(4).min(number);
            let mut before = || (0..most).map(|_| random.below(number)).collect::<Vec<_>>();
            let mut task = Task::new(number, before());
            if random.one_in(4) && number > 0 {
                task.after.push(random.below(number));
            }
            task.borrows = random.one_in(2);
            task.pends = chance(random, mix.asyncs).then(|| random.below(3) as u32);
            if task.pends.is_some() && chance(random, mix.endless) {
                task.pends = Some(Pends::FOREVER);
            }
            task.is_data = task.needs.is_empty() && task.after.is_empty() && task.pends.is_none() && random.one_in(3);
            if !task.is_data && chance(random, mix.fails) {
                task.end = if random.one_in(2) { End::Fails } else { End::Panics };
            }
            if !task.is_data && chance(random, mix.inner) {
                // An async task keeps its place meanwhile, and those of its run need none.
                let mix = Mix { most: 4, asyncs: mix.asyncs, ..Mix::default() };
                task.inner = Some(Arc::new(Dag::random(random, mix)));
            }
            dag.tasks.push(task);
        }
        let is_needed =
            |number: &usize| dag.tasks.iter().any(|task| task.needs.contains(number) || task.after.contains(number));
        let sinks: Vec<usize> = (0..count).filter(|number| !is_needed(number)).collect();
        dag.outputs = sinks;
        // Some that others need, and some twice; but data is not cloned.
        for _ in 0..random.below(3) {
            dag.outputs.push(random.below(count));
        }
        for &output in &dag.outputs {
            dag.tasks[output].is_data = false;
        }
        dag
    }

    /// So many async sources that never end, and one of either kind that fails.
    pub(super) fn endless(sources: usize, random: &mut Random) -> Dag {
        let mut dag = Dag { tasks: Vec::new(), outputs: Vec::new() };
        let fails = random.below(sources + 1);
        for number in 0..=sources {
            let task = Task::new(number, Vec::new());
            dag.tasks.push(if number == fails {
                Task { pends: random.one_in(2).then_some(1), end: End::Fails, ..task }
            } else {
                Task { pends: Some(Pends::FOREVER), ..task }
            });
            dag.outputs.push(number);
        }
        dag
    }

    /// So many sources, added up in pairs; async ones if they may be pending.
    pub(super) fn tree(sources: usize, random: &mut Random, pends: Option<usize>) -> Dag {
        let mut dag = Dag { tasks: Vec::new(), outputs: Vec::new() };
        let mut layer: Vec<usize> = (0..sources).collect();
        for number in 0..sources {
            let pends = pends.map(|most| random.within(0..=most) as u32);
            dag.tasks.push(Task { pends, ..Task::new(number, Vec::new()) });
        }
        while layer.len() > 1 {
            let first = dag.tasks.len();
            for pair in layer.chunks(2) {
                dag.tasks.push(Task::new(dag.tasks.len(), pair.to_vec()));
            }
            layer = (first..dag.tasks.len()).collect();
        }
        dag.outputs = layer;
        dag
    }

    /// The model: what each task makes.
    fn sums(&self) -> Vec<u64> {
        let mut sums: Vec<u64> = Vec::new();
        for task in &self.tasks {
            let inner = task.inner.iter().flat_map(|inner| inner.answers());
            let inputs = task.needs.iter().map(|&need| sums[need]).chain(inner);
            sums.push(sum(task.number, inputs));
        }
        sums
    }

    /// What the outputs are.
    pub(super) fn answers(&self) -> Vec<u64> {
        let sums = self.sums();
        self.outputs.iter().map(|&output| sums[output]).collect()
    }

    /// The outputs' handles.
    pub(super) fn build(&self, ledger: &Arc<Ledger>, runtime: &Arc<Runtime>) -> Vec<Delayed<Live>> {
        ledger.lock().tasks.resize_with(self.tasks.len(), Counts::default);
        let mut handles: Vec<Delayed<Live>> = Vec::new();
        for task in &self.tasks {
            if task.is_data {
                let ready = Live::made(task.number, sum(task.number, []), ledger);
                handles.push(value(ready));
                continue;
            }
            let inputs: Vec<_> = task.needs.iter().map(|&need| handles[need].clone()).collect();
            let body = Body {
                number: task.number,
                needs: task.needs.clone(),
                after: task.after.iter().copied().filter(|&number| !self.tasks[number].is_data).collect(),
                end: task.end,
                inner: task.inner.clone(),
                ledger: ledger.clone(),
                runtime: Arc::downgrade(runtime),
            };
            let handle = match (task.pends, task.borrows) {
                (None, true) => {
                    make_labelled::<Tested, Known, (Each<Ref<Live>>,), Live, _, _>((inputs,), move |(inputs,)| {
                        body.run(&inputs.refs())
                    })
                }
                (None, false) => {
                    make_labelled::<Tested, Known, (Seq<Val<Live>>,), Live, _, _>((inputs,), move |(inputs,)| {
                        body.run(&inputs.iter().collect::<Vec<_>>())
                    })
                }
                (Some(pends), true) => make_async_labelled::<Tested, Known, (Each<Ref<Live>>,), Live, _, _, _>(
                    (inputs,),
                    move |(inputs,)| {
                        let (body, under_way) = (body.clone(), UnderWay::new(&body.ledger));
                        async move {
                            let _under_way = under_way;
                            Pends(pends).await;
                            body.run(&inputs.refs())
                        }
                    },
                ),
                (Some(pends), false) => make_async_labelled::<Tested, Known, (Seq<Val<Live>>,), Live, _, _, _>(
                    (inputs,),
                    move |(inputs,)| {
                        let (body, under_way) = (body.clone(), UnderWay::new(&body.ledger));
                        async move {
                            let _under_way = under_way;
                            Pends(pends).await;
                            body.run(&inputs.iter().collect::<Vec<_>>())
                        }
                    },
                ),
            };
            let after: Vec<_> = task.after.iter().map(|&number| handles[number].clone()).collect();
            handles.push(handle.after(after).named(task.name()));
        }
        self.outputs.iter().map(|&output| handles[output].clone()).collect()
    }
}

fn sum(number: usize, inputs: impl IntoIterator<Item = u64>) -> u64 {
    inputs.into_iter().fold(number as u64 + 1, |sum, input| sum.wrapping_mul(31).wrapping_add(input))
}

/// What a task does.
#[derive(Clone)]
struct Body {
    number: usize,
    needs: Vec<usize>,
    after: Vec<usize>,
    end: End,
    inner: Option<Arc<Dag>>,
    ledger: Arc<Ledger>,
    runtime: Weak<Runtime>,
}

impl Body {
    fn run(&self, inputs: &[&Live]) -> Made<Live> {
        self.ledger.begins(self, inputs);
        let mut sums: Vec<u64> = inputs.iter().map(|input| input.sum()).collect();
        if let Some(inner) = &self.inner
            && let Some(runtime) = self.runtime.upgrade()
        {
            // With values and counts of its own.
            let ledger = Arc::<Ledger>::default();
            let outputs = inner.build(&ledger, &runtime);
            match runtime.compute(outputs) {
                Ok(outputs) => sums.extend(outputs.iter().map(Live::sum)),
                Err(error) => self.ledger.fault(format!("the inner run failed: {error}")),
            }
            self.ledger.lock().inner.push((inner.clone(), ledger));
        }
        match self.end {
            End::Value => {}
            End::Fails => return made_result(Err::<Live, _>(self.number), None),
            // Without the panic hook, which would take it for the test's failure.
            End::Panics => resume_unwind(Box::new("a task's panic")),
        }
        made(Live::made(self.number, sum(self.number, sums), &self.ledger))
    }
}

/// An async task's future is there.
struct UnderWay(Arc<Ledger>);

impl UnderWay {
    fn new(ledger: &Arc<Ledger>) -> UnderWay {
        let now = ledger.under_way.fetch_add(1, Relaxed) + 1;
        ledger.most_under_way.fetch_max(now, Relaxed);
        UnderWay(ledger.clone())
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.under_way.fetch_sub(1, Relaxed);
    }
}

/// A value that is counted while it lives.
pub(super) struct Live {
    task: usize,
    sum: u64,
    ledger: Arc<Ledger>,
}

impl Live {
    fn made(task: usize, sum: u64, ledger: &Arc<Ledger>) -> Live {
        ledger.lock().tasks[task].made += 1;
        Live { task, sum, ledger: ledger.clone() }
    }

    pub(super) fn sum(&self) -> u64 {
        self.sum
    }
}

impl Clone for Live {
    fn clone(&self) -> Live {
        Live::made(self.task, self.sum, &self.ledger)
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.ledger.lock().tasks[self.task].dropped += 1;
    }
}

/// What happened to the tasks and values of one graph. Its lock is none of shuttle's, so that it adds no steps.
#[derive(Default)]
pub(super) struct Ledger {
    state: Mutex<State>,
    under_way: AtomicUsize,
    most_under_way: AtomicUsize,
}

#[derive(Default)]
pub(super) struct State {
    tasks: Vec<Counts>,
    fault: Option<String>,
    /// The runs of bodies.
    inner: Vec<(Arc<Dag>, Arc<Ledger>)>,
}

#[derive(Debug, Default)]
struct Counts {
    ran: usize,
    made: usize,
    dropped: usize,
}

impl Ledger {
    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        // Poisoned by a task's panic on another of shuttle's threads, which are all one to the system.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fault(&self, text: String) {
        self.lock().fault.get_or_insert(text);
    }

    fn begins(&self, body: &Body, inputs: &[&Live]) {
        let mut state = self.lock();
        state.tasks[body.number].ran += 1;
        let given: Vec<usize> = inputs.iter().map(|input| input.task).collect();
        if given != body.needs {
            let text = format!("task {} got the values of {given:?}, not of {:?}", body.number, body.needs);
            state.fault.get_or_insert(text);
        }
        for &before in body.needs.iter().chain(&body.after) {
            if state.tasks[before].made == 0 {
                state.fault.get_or_insert(format!("task {} ran before task {before}", body.number));
            }
        }
    }

    pub(super) fn most_under_way(&self) -> usize {
        self.most_under_way.load(Relaxed)
    }

    /// Every value was dropped, once, and no body saw anything wrong.
    pub(super) fn check_values(&self) {
        let state = self.lock();
        if let Some(fault) = &state.fault {
            panic!("{fault}");
        }
        for (number, counts) in state.tasks.iter().enumerate() {
            assert_eq!(counts.made, counts.dropped, "values of task {number} made and dropped");
        }
        assert_eq!(self.under_way.load(Relaxed), 0, "futures that were not dropped");
        for (dag, ledger) in &state.inner {
            ledger.check_values();
            ledger.check_runs(dag, 1);
        }
    }

    /// Each task ran so often.
    pub(super) fn check_runs(&self, dag: &Dag, times: usize) {
        let state = self.lock();
        for task in dag.tasks.iter().filter(|task| !task.is_data) {
            assert_eq!(state.tasks[task.number].ran, times, "runs of task {}", task.number);
        }
    }

    /// Each task ran once at most, and only after what it needs has a value.
    pub(super) fn check_runs_of_stopped(&self, dag: &Dag) {
        let state = self.lock();
        for task in &dag.tasks {
            assert!(state.tasks[task.number].ran <= 1, "runs of task {}", task.number);
        }
    }
}
