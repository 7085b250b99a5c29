//! What a graph must come to, told in order and without the library.

use std::collections::BTreeSet;

use delayed::{ErrorKind, OnFailure};

use super::graph::{Fate, Form, Graph, LIMITS, Pace, Task, What};

/// The failure of a task.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Failure {
    pub kind: Way,
    pub task: String,
    pub attempts: u32,
}

/// How a task fails. What it fails with says its name and the attempt, which is the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    Refused,
    Burst,
    TimedOut,
}

impl Failure {
    fn of(graph: &Graph, number: usize, attempts: u32) -> Failure {
        let kind = match graph.task(number).map(|task| task.fate) {
            Some(Fate::Refuse(_)) => Way::Refused,
            Some(Fate::Hang(_)) => Way::TimedOut,
            // Or a `recover`.
            _ => Way::Burst,
        };
        Failure { kind, task: name(number), attempts }
    }

    /// What a task makes of it.
    pub fn content(&self) -> i64 {
        let number: i64 = self.task[1..].parse().expect("a name is `t` and a number");
        1_000_000 * (1 + self.kind as i64) + 1000 * i64::from(self.attempts) + number
    }
}

pub fn name(number: usize) -> String {
    format!("t{number}")
}

/// What a node comes to if nothing ends the run before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    Value(i64),
    Failed(Failure),
    /// For this failure of another.
    Skipped(Failure),
    /// It waits for ever, or for what does.
    Never,
}

/// What an output, or a run, was seen to come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    Value(i64),
    Failed(Failure),
    Skipped {
        task: String,
        failure: Failure,
    },
    /// Of no task.
    OfRun(ErrorKind),
    /// What is never right.
    Strange(String),
}

#[derive(Debug)]
pub struct Model {
    pub ends: Vec<End>,
    /// How often each node's body is called.
    pub attempts: Vec<u32>,
    /// The nodes that the outputs need, in the order of a run on one thread.
    pub order: Vec<usize>,
    /// Each node's place in that order.
    pub places: Vec<Option<usize>>,
    /// Whether a node's failure reaches an output through nothing that takes it.
    pub exposed: Vec<bool>,
    /// Whether a blocking body is lent a node's value, which can be moved to nobody meanwhile: one that may outlive any
    /// run, or only one that stops.
    lent_late: Vec<bool>,
    lent: Vec<bool>,
    /// The failures that a node may have, and those of others that may reach it.
    own: Vec<Vec<Failure>>,
    roots: Vec<BTreeSet<Failure>>,
}

pub const SALT: i64 = 7;
pub const DATA: i64 = 1000;
pub const OTHER: i64 = 2000;
pub const GIVEN: i64 = 3000;

/// What a body makes of its inputs.
pub fn mixed(number: usize, inputs: impl IntoIterator<Item = i64>) -> i64 {
    inputs.into_iter().fold(SALT + number as i64, |sum, input| sum.wrapping_mul(5).wrapping_add(input))
}

impl Model {
    pub fn of(graph: &Graph) -> Model {
        let count = graph.nodes.len();
        let order = graph.order();
        let mut places = vec![None; count];
        order.iter().enumerate().for_each(|(place, &number)| places[number] = Some(place));
        let mut model = Model {
            ends: Vec::new(),
            attempts: Vec::new(),
            order,
            places,
            exposed: vec![false; count],
            lent_late: vec![false; count],
            lent: vec![false; count],
            roots: vec![BTreeSet::new(); count],
            own: vec![Vec::new(); count],
        };
        for number in 0..count {
            let (end, attempts) = model.end(graph, number);
            if let End::Failed(failure) = &end {
                model.own[number].push(failure.clone());
            }
            for need in graph.needs(number) {
                let roots: Vec<Failure> = model.roots[need].iter().chain(&model.own[need]).cloned().collect();
                model.roots[number].extend(roots);
            }
            model.ends.push(end);
            model.attempts.push(attempts);
        }
        for &number in &model.order {
            let Some(task) = graph.task(number).filter(|task| task.pace == Pace::Blocking) else { continue };
            for input in graph.inputs(number) {
                model.lent[input] = true;
                model.lent_late[input] |= task.hangs();
            }
        }
        for &output in &graph.outputs {
            model.exposed[output] = true;
        }
        for number in (0..count).rev().filter(|&number| model.places[number].is_some()) {
            if model.exposed[number] {
                graph.needs(number).into_iter().for_each(|need| model.exposed[need] = true);
            }
        }
        model
    }

    /// What a node comes to, and how often its body is called.
    fn end(&self, graph: &Graph, number: usize) -> (End, u32) {
        if graph.dependencies(number).iter().any(|&need| self.ends[need] == End::Never) {
            return (End::Never, 0);
        }
        for need in graph.needs(number) {
            if let End::Failed(failure) | End::Skipped(failure) = &self.ends[need] {
                return (End::Skipped(failure.clone()), 0);
            }
        }
        let content = |of: usize| match &self.ends[of] {
            End::Value(content) => Ok(*content),
            End::Failed(failure) | End::Skipped(failure) => Err(failure),
            End::Never => unreachable!("nobody goes on from there"),
        };
        match &graph.nodes[number].what {
            What::Data => (End::Value(DATA + number as i64), 0),
            What::Or(of) => (End::Value(content(*of).unwrap_or(OTHER + number as i64)), 0),
            What::Recover { of, bursts, retries } => match content(*of) {
                Ok(content) => (End::Value(content), 0),
                Err(_) if *bursts => (End::Failed(Failure::of(graph, number, retries + 1)), retries + 1),
                Err(failure) => (End::Value(mixed(number, [failure.content()])), 1),
            },
            What::Again { of, .. } => (End::Value(self.content_of_task(graph, *of)), 1),
            What::Task(task) => match task.fate {
                Fate::Hang(_) if task.timeout.is_none() => (End::Never, 1),
                // Its body goes on, so it is not tried again.
                Fate::Hang(_) if task.pace == Pace::Blocking => (End::Failed(Failure::of(graph, number, 1)), 1),
                fate if fate.failures() > task.retries => {
                    (End::Failed(Failure::of(graph, number, task.retries + 1)), task.retries + 1)
                }
                fate => (End::Value(self.content_of_task(graph, number)), fate.failures() + 1),
            },
        }
    }

    /// What a task's body makes of its inputs, which are there.
    fn content_of_task(&self, graph: &Graph, number: usize) -> i64 {
        let What::Task(Task { form, .. }) = &graph.nodes[number].what else { unreachable!("only tasks have bodies") };
        let of = |input: &usize| match &self.ends[*input] {
            End::Value(content) => *content,
            End::Failed(failure) | End::Skipped(failure) => failure.content(),
            End::Never => unreachable!("nobody goes on from there"),
        };
        match form {
            Form::Source => mixed(number, []),
            Form::ByValue(x, y) | Form::ByReference(x, y) | Form::Mixed(x, y) => mixed(number, [of(x), of(y)]),
            Form::Listed(xs) | Form::Each(xs) | Form::Gathered(xs) => mixed(number, xs.iter().map(of)),
            Form::Given(x) => mixed(number, [GIVEN, of(x)]),
            Form::Told(x) => mixed(number, [of(x)]),
        }
    }

    fn needed(&self) -> impl Iterator<Item = usize> {
        self.order.iter().copied()
    }

    /// Whether some needed node waits for ever.
    pub fn hangs(&self) -> bool {
        self.needed().any(|number| self.ends[number] == End::Never)
    }

    /// How many bodies begin at least before nothing goes on, if nothing fails that stops the run.
    pub fn certain(&self, graph: &Graph) -> usize {
        let is_held = |limit: usize| {
            let waits = |&number: &usize| self.attempts[number] > 0 && self.ends[number] == End::Never;
            self.needed().filter(waits).any(|number| graph.task(number).is_some_and(|task| task.limit == Some(limit)))
        };
        let held: Vec<bool> = (0..LIMITS.len()).map(is_held).collect();
        let mut is_certain = vec![false; graph.nodes.len()];
        for &number in &self.order {
            let limit = graph.task(number).and_then(|task| task.limit);
            let ends = |&need: &usize| is_certain[need] && self.ends[need] != End::Never;
            is_certain[number] = limit.is_none_or(|limit| !held[limit]) && graph.dependencies(number).iter().all(ends);
        }
        self.needed().filter(|&number| is_certain[number] && self.attempts[number] > 0).count()
    }

    /// The failures of which one ends a run that stops at the first.
    fn stopping(&self) -> Vec<&Failure> {
        let failure = |number| match &self.ends[number] {
            End::Failed(failure) if self.exposed[number] => Some(failure),
            _ => None,
        };
        self.needed().filter_map(failure).collect()
    }

    /// Whether the run comes to its end with every node done.
    pub fn is_complete(&self, policy: OnFailure) -> bool {
        policy == OnFailure::Continue || self.stopping().is_empty()
    }

    /// What a run that asks for all values may come to; `None` stands for the values.
    pub fn answers(
        &self,
        graph: &Graph,
        policy: OnFailure,
        in_order: bool,
        cut: Option<ErrorKind>,
    ) -> Vec<Option<Answer>> {
        let failure = |&output: &usize| match &self.ends[output] {
            End::Failed(failure) | End::Skipped(failure) => Some(failure),
            _ => None,
        };
        let mut answers: Vec<Option<Answer>> = match policy {
            OnFailure::Continue => {
                graph.outputs.iter().find_map(failure).into_iter().map(|it| Some(Answer::Failed(it.clone()))).collect()
            }
            OnFailure::Stop => {
                let all = self.stopping().into_iter().map(|failure| Some(Answer::Failed(failure.clone())));
                if in_order && cut.is_none() { all.take(1).collect() } else { all.collect() }
            }
        };
        if self.hangs() && policy == OnFailure::Continue {
            answers.clear();
        }
        if answers.is_empty() && !self.hangs() {
            answers.push(None);
        }
        answers.extend(cut.map(|kind| Some(Answer::OfRun(kind))));
        if graph.outputs.iter().any(|&output| self.lent_late[output]) {
            answers.push(Some(Answer::OfRun(ErrorKind::Runtime)));
        }
        answers
    }

    /// What an output may come to in a run that asks for each.
    pub fn answers_of(&self, output: usize, policy: OnFailure, cut: Option<ErrorKind>) -> Vec<Answer> {
        let skipped = |failure: &Failure| Answer::Skipped { task: name(output), failure: failure.clone() };
        let mut answers = match &self.ends[output] {
            End::Value(content) => vec![Answer::Value(*content)],
            End::Failed(failure) => vec![Answer::Failed(failure.clone())],
            End::Skipped(failure) => vec![skipped(failure)],
            End::Never => Vec::new(),
        };
        let stops = !self.is_complete(policy);
        if stops || cut.is_some() {
            answers.extend(self.roots[output].iter().map(skipped));
            answers.extend(self.own[output].iter().cloned().map(Answer::Failed));
            answers.extend(cut.map(Answer::OfRun));
        }
        if stops {
            answers.push(Answer::OfRun(ErrorKind::Cancelled));
        }
        if self.lent_late[output] || (self.lent[output] && (stops || cut.is_some())) {
            answers.push(Answer::OfRun(ErrorKind::Runtime));
        }
        answers
    }

    /// What the outputs come to together, beside what each may: one that stops at a failure shows it.
    pub fn check_each(&self, answers: &[Answer], policy: OnFailure, cut: Option<ErrorKind>) -> Result<(), String> {
        let shown = |answer: &Answer| matches!(answer, Answer::Failed(_) | Answer::Skipped { .. });
        if cut.is_none() && !self.stopping().is_empty() && !answers.iter().any(shown) {
            return Err(format!("no output shows the failure under {policy:?}: {answers:?}"));
        }
        Ok(())
    }
}

impl End {
    /// The value, if there is one.
    pub fn content(&self) -> Option<i64> {
        match self {
            End::Value(content) => Some(*content),
            _ => None,
        }
    }
}
