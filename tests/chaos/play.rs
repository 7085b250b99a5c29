//! A graph built with the library, run, and compared with the model.

use std::any::Any;
use std::panic;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use delayed::prelude::*;
use delayed::{CancelToken, Error, Weigh};
use futures::future::{Either, select};

use super::graph::{Bounds, Case, Fate, Form, Graph, How, LIMITS, Pace, Part, What};
use super::ledger::{At, Ledger, Piece, Places, Refused, Stays, Terms, burst};
use super::model::{Answer, DATA, Failure, GIVEN, Model, OTHER, Way, mixed as mix, name};

#[delayed]
fn source(at: &At) -> Result<Piece, Refused> {
    at.begin().end(mix(at.number, []))
}

#[delayed]
async fn source_async(at: &At) -> Result<Piece, Refused> {
    at.begin().end_later(mix(at.number, [])).await
}

#[delayed(blocking)]
fn source_blocking(at: &At) -> Result<Piece, Refused> {
    at.begin().end_blocking(&[], || mix(at.number, []))
}

#[delayed]
fn by_value(at: &At, x: Piece, y: Piece) -> Result<Piece, Refused> {
    at.begin().end(mix(at.number, [x.content, y.content]))
}

#[delayed]
async fn by_value_async(at: &At, x: Piece, y: Piece) -> Result<Piece, Refused> {
    at.begin().end_later(mix(at.number, [x.content, y.content])).await
}

#[delayed(blocking)]
fn by_value_blocking(at: &At, x: Piece, y: Piece) -> Result<Piece, Refused> {
    at.begin().end_blocking(&[&x, &y], || mix(at.number, [x.content, y.content]))
}

#[delayed]
fn by_reference(at: &At, x: &Piece, y: &Piece) -> Result<Piece, Refused> {
    at.begin().end(mix(at.number, [x.content, y.content]))
}

#[delayed(blocking)]
fn by_reference_blocking(at: &At, x: &Piece, y: &Piece) -> Result<Piece, Refused> {
    at.begin().end_blocking(&[x, y], || mix(at.number, [x.content, y.content]))
}

#[delayed]
fn mixed(at: &At, x: Piece, y: &Piece) -> Result<Piece, Refused> {
    at.begin().end(mix(at.number, [x.content, y.content]))
}

#[delayed]
async fn mixed_async(at: &At, x: Piece, y: &Piece) -> Result<Piece, Refused> {
    at.begin().end_later(mix(at.number, [x.content, y.content])).await
}

#[delayed(blocking)]
fn mixed_blocking(at: &At, x: Piece, y: &Piece) -> Result<Piece, Refused> {
    at.begin().end_blocking(&[&x, y], || mix(at.number, [x.content, y.content]))
}

#[delayed]
fn listed(at: &At, xs: Vec<Piece>) -> Result<Piece, Refused> {
    at.begin().end(mix(at.number, xs.iter().map(|x| x.content)))
}

#[delayed]
fn each(at: &At, xs: &[&Piece]) -> Result<Piece, Refused> {
    at.begin().end(mix(at.number, xs.iter().map(|x| x.content)))
}

#[delayed]
async fn each_async(at: &At, xs: &[&Piece]) -> Result<Piece, Refused> {
    let attempt = at.begin();
    let content = mix(at.number, xs.iter().map(|x| x.content));
    attempt.end_later(content).await
}

#[delayed(blocking)]
fn each_blocking(at: &At, xs: &[&Piece]) -> Result<Piece, Refused> {
    at.begin().end_blocking(xs, || mix(at.number, xs.iter().map(|x| x.content)))
}

#[delayed]
fn gathered(at: &At, xs: &[Piece]) -> Result<Piece, Refused> {
    at.begin().end(mix(at.number, xs.iter().map(|x| x.content)))
}

#[delayed]
fn given(at: &At, x: Piece, y: &Piece) -> Result<Piece, Refused> {
    at.begin().end(mix(at.number, [x.content, y.content]))
}

#[delayed]
fn told(at: &At, x: &Result<Piece, Error>) -> Result<Piece, Refused> {
    let attempt = at.begin();
    let content = match x {
        Ok(piece) => piece.content,
        Err(error) => content_of(error),
    };
    attempt.end(mix(at.number, [content]))
}

/// What a task makes of a failure; 0 of what is none.
fn content_of(error: &Error) -> i64 {
    match answer_of(error) {
        Answer::Failed(failure) => failure.content(),
        _ => 0,
    }
}

/// What is known of an error, if all of it fits together.
fn answer_of(error: &Error) -> Answer {
    let strange = || Answer::Strange(format!("{error:?}"));
    let (kind, task, attempts) = (error.kind(), error.task(), error.attempts());
    if task.is_empty() {
        return if attempts == 0 { Answer::OfRun(kind) } else { strange() };
    }
    if kind == ErrorKind::Skipped {
        let source = std::error::Error::source(error).and_then(|source| source.downcast_ref::<Error>());
        return match source.map(answer_of) {
            Some(Answer::Failed(failure)) if attempts == 0 && error.path().next() == Some(&failure.task) => {
                Answer::Skipped { task: task.to_owned(), failure }
            }
            _ => strange(),
        };
    }
    let Some(number) = task.strip_prefix('t').and_then(|number| number.parse().ok()) else { return strange() };
    let (way, is_cause) = match kind {
        ErrorKind::Failed => (Way::Refused, error.downcast_ref() == Some(&Refused { number, attempt: attempts })),
        ErrorKind::Panicked => (Way::Burst, error.downcast_ref() == Some(&burst(number, attempts))),
        ErrorKind::TimedOut => (Way::TimedOut, error.to_string().contains("took longer than")),
        _ => return strange(),
    };
    let is_first = error.path().next() == Some(task);
    let failure = Failure { kind: way, task: task.to_owned(), attempts };
    if is_cause && is_first { Answer::Failed(failure) } else { strange() }
}

/// The handles of all nodes.
fn build(graph: &Graph, ledger: &Arc<Ledger>, in_order: bool) -> Vec<Delayed<Piece>> {
    let mut handles: Vec<Delayed<Piece>> = Vec::new();
    for (number, node) in graph.nodes.iter().enumerate() {
        let stays = Stays::UntilTold;
        let at = |fate| At { number, fate, is_slow: number % 7 == 0, stays, ledger: ledger.clone() };
        let made = match &node.what {
            What::Data => value(ledger.make(None, DATA + number as i64, false)),
            What::Or(of) => {
                handles[*of].clone().or(ledger.make(None, OTHER + number as i64, false)).named(name(number))
            }
            What::Recover { of, bursts, retries } => {
                let at = at(if *bursts { Fate::Burst(u32::MAX) } else { Fate::Return });
                let recover = move |error: &Error| {
                    let attempt = at.begin();
                    attempt.end(mix(at.number, [content_of(error)])).expect("it panics, or returns a value")
                };
                let made = handles[*of].clone().recover(recover).named(name(number));
                if *retries > 0 { made.retries(*retries) } else { made }
            }
            // Shared by the list of handles.
            What::Again { of, priority } => handles[*of].clone().priority(*priority).named(name(number)),
            What::Task(task) => {
                let one = |x: &usize| &handles[*x];
                let all = |xs: &[usize]| xs.iter().map(|x| handles[*x].clone()).collect::<Vec<_>>();
                let stays = match task.timeout {
                    // It runs on the thread that looks at the time.
                    Some(time) if in_order => Stays::For(time + Duration::from_millis(1)),
                    // Those that wait for its place may be of its own run.
                    _ if task.limit.is_some() || number % 2 == 0 => Stays::UntilTold,
                    _ => Stays::UntilOver,
                };
                let at = At { is_slow: task.is_slow, stays, ..at(task.fate) };
                let made = match (&task.form, task.pace) {
                    (Form::Source, Pace::Sync) => source(at),
                    (Form::Source, Pace::Async) => source_async(at),
                    (Form::Source, Pace::Blocking) => source_blocking(at),
                    (Form::ByValue(x, y), Pace::Sync) => by_value(at, one(x), one(y)),
                    (Form::ByValue(x, y), Pace::Async) => by_value_async(at, one(x), one(y)),
                    (Form::ByValue(x, y), Pace::Blocking) => by_value_blocking(at, one(x), one(y)),
                    (Form::ByReference(x, y), Pace::Blocking) => by_reference_blocking(at, one(x), one(y)),
                    (Form::ByReference(x, y), _) => by_reference(at, one(x), one(y)),
                    (Form::Mixed(x, y), Pace::Sync) => mixed(at, one(x), one(y)),
                    (Form::Mixed(x, y), Pace::Async) => mixed_async(at, one(x), one(y)),
                    (Form::Mixed(x, y), Pace::Blocking) => mixed_blocking(at, one(x), one(y)),
                    (Form::Listed(xs), _) => listed(at, all(xs)),
                    (Form::Each(xs), Pace::Sync) => each(at, all(xs)),
                    (Form::Each(xs), Pace::Async) => each_async(at, all(xs)),
                    (Form::Each(xs), Pace::Blocking) => each_blocking(at, all(xs)),
                    (Form::Gathered(xs), _) => gathered(at, gather(all(xs))),
                    (Form::Given(x), _) => given(at, ledger.make(None, GIVEN, false), one(x)),
                    (Form::Told(x), _) => told(at, one(x).clone().into_result()),
                };
                let mut made = made.named(name(number));
                if let Some(time) = task.timeout {
                    made = made.timeout(time);
                }
                if task.retries > 0 {
                    made = made.retries(task.retries);
                }
                if let Some(limit) = task.limit {
                    made = made.limit(LIMITS[limit].0);
                }
                if task.priority != 0 {
                    made = made.priority(task.priority);
                }
                made
            }
        };
        let after: Vec<Delayed<Piece>> = node.after.iter().map(|&earlier| handles[earlier].clone()).collect();
        handles.push(if after.is_empty() { made } else { made.after(after) });
    }
    handles
}

/// How many workers; 0 is the sequential runtime.
pub const WORKERS: [usize; 4] = [1, 2, 8, 0];

fn is_in_order(workers: usize) -> bool {
    workers == 0
}

fn builder(workers: usize, policy: OnFailure, bounds: Bounds) -> delayed::Builder {
    let builder = Runtime::builder().workers(workers).on_failure(policy);
    let builder = bounds.in_flight.map_or(builder.clone(), |n| builder.async_in_flight(n));
    let builder = bounds.memory.map_or(builder.clone(), |bytes| builder.memory_limit(bytes));
    LIMITS.iter().fold(builder, |builder, &(name, places)| builder.limit(name, places))
}

/// Workers, policy and bounds.
type Kind = (usize, OnFailure, Bounds);

/// Runtimes that have run other graphs before.
static USED: Mutex<Vec<(Kind, Runtime)>> = Mutex::new(Vec::new());

/// How long a run with a deadline may take.
const DEADLINE: Duration = Duration::from_millis(8);

/// The runtime of a case, and the token that it was given. It comes back by [`give_back`]; that of a run which hangs
/// never does.
fn runtime_of(case: &Case, how: &How, workers: usize) -> (Runtime, Option<CancelToken>) {
    let builder = || builder(workers, case.policy, case.bounds);
    let build = |builder: delayed::Builder| builder.build().expect("the settings are right");
    match how {
        How::RuntimeToken { .. } => {
            let token = CancelToken::new();
            (build(builder().cancel_token(&token)), Some(token))
        }
        How::Deadline { .. } => (build(builder().deadline(DEADLINE)), None),
        _ => {
            let mut used = USED.lock().unwrap_or_else(PoisonError::into_inner);
            let at = used.iter().position(|(of, _)| *of == (workers, case.policy, case.bounds));
            let runtime = match at {
                Some(at) => used.swap_remove(at).1,
                None if is_in_order(workers) => Runtime::sequential(),
                None => build(builder()),
            };
            (runtime, None)
        }
    }
}

fn give_back(case: &Case, workers: usize, runtime: Runtime) {
    USED.lock().unwrap_or_else(PoisonError::into_inner).push(((workers, case.policy, case.bounds), runtime));
}

/// What a run came to.
#[derive(Debug)]
enum Came {
    All(Result<Vec<i64>, Answer>),
    Each(Vec<Answer>),
    /// The future was dropped.
    Nothing,
}

fn all(result: Result<Vec<Piece>, Error>) -> Came {
    let contents = |pieces: Vec<Piece>| pieces.iter().map(|piece| piece.content).collect();
    Came::All(result.map(contents).map_err(|error| answer_of(&error)))
}

fn every(results: Vec<Result<Piece, Error>>) -> Came {
    let answer = |result: Result<Piece, Error>| match result {
        Ok(piece) => Answer::Value(piece.content),
        Err(error) => answer_of(&error),
    };
    Came::Each(results.into_iter().map(answer).collect())
}

/// Runs a future where nobody else polls anything, or on a tokio runtime of its own.
fn block_on<F: Future>(ledger: &Ledger, on_tokio: bool, future: F) -> F::Output {
    if on_tokio {
        let host = tokio::runtime::Builder::new_current_thread().build().expect("a tokio runtime");
        let came = host.block_on(future);
        // It waits for blocking bodies.
        ledger.run_is_over();
        came
    } else {
        futures::executor::block_on(future)
    }
}

/// Cancels a token as soon as the signal is given.
fn cancelling<R>(token: &CancelToken, inside: bool, ledger: &Arc<Ledger>, run: impl FnOnce() -> R) -> R {
    if inside {
        ledger.cancel_inside(token.clone());
        return run();
    }
    std::thread::scope(|scope| {
        scope.spawn(|| {
            if ledger.wait_for_signal() {
                token.cancel();
            }
        });
        let came = run();
        ledger.run_is_over();
        came
    })
}

fn come(
    how: &How,
    runtime: &Runtime,
    token: Option<CancelToken>,
    ledger: &Arc<Ledger>,
    shape: Vec<Delayed<Piece>>,
    kept: Option<&Vec<Delayed<Piece>>>,
) -> Came {
    let signal = ledger.signal();
    match *how {
        How::Compute | How::Deadline { tries: false } => match kept {
            None => all(runtime.compute(shape)),
            Some(kept) => all(runtime.compute(kept)),
        },
        How::Try | How::Deadline { tries: true } => every(runtime.try_compute(shape)),
        How::Awaited { on_tokio } => all(block_on(ledger, on_tokio, async { runtime.compute_async(shape).await })),
        How::TryAwaited { on_tokio } => {
            every(block_on(ledger, on_tokio, async { runtime.try_compute_async(shape).await }))
        }
        How::Waited => all(runtime.start(shape).wait()),
        How::Cancelled { waits, on_tokio, .. } => block_on(ledger, on_tokio, async {
            let run = match select(runtime.start(shape), signal).await {
                Either::Left((came, _)) => return all(came),
                Either::Right(((), run)) => run,
            };
            run.cancel();
            all(if waits && !on_tokio { run.wait() } else { run.await })
        }),
        How::Dropped { tries: true, on_tokio, .. } => block_on(ledger, on_tokio, async {
            match select(runtime.try_compute_async(shape), signal).await {
                Either::Left((came, _)) => every(came),
                Either::Right(_) => Came::Nothing,
            }
        }),
        How::Dropped { tries: false, on_tokio, .. } => block_on(ledger, on_tokio, async {
            match select(runtime.start(shape), signal).await {
                Either::Left((came, _)) => all(came),
                Either::Right(_) => Came::Nothing,
            }
        }),
        How::Token { inside, waits, .. } => {
            let token = CancelToken::new();
            cancelling(&token, inside, ledger, || {
                let run = runtime.start(shape).cancelled_by(&token);
                all(if waits { run.wait() } else { futures::executor::block_on(run) })
            })
        }
        How::RuntimeToken { inside, tries, .. } => {
            let token = token.expect("the runtime was given one");
            cancelling(&token, inside, ledger, || {
                if tries { every(runtime.try_compute(shape)) } else { all(runtime.compute(shape)) }
            })
        }
    }
}

/// The runs of a graph.
struct Stage {
    part: Part,
    model: Model,
    ledger: Arc<Ledger>,
    shape: Vec<Delayed<Piece>>,
    /// What the caller keeps: the shape, and all handles.
    kept: Option<[Vec<Delayed<Piece>>; 2]>,
}

impl Stage {
    fn of(part: Part, terms: Terms) -> Stage {
        let model = Model::of(&part.graph);
        // What hangs must be ended, so the signal must come.
        let most = if model.hangs() { model.certain(&part.graph).max(1) } else { usize::MAX };
        let terms = Terms { at: part.hows[0].at().map(|at| (at - 1) % most + 1), ..terms };
        let in_order = terms.in_order;
        let ledger = Ledger::of(&part.graph, &model, terms);
        let handles = build(&part.graph, &ledger, in_order);
        let shape: Vec<Delayed<Piece>> = part.graph.outputs.iter().map(|&output| handles[output].clone()).collect();
        let kept = part.keeps.then(|| [shape.clone(), handles]);
        Stage { part, model, ledger, shape, kept }
    }

    /// Runs the graph in the first of its ways.
    fn run(&mut self, runtime: &Runtime, token: Option<CancelToken>) -> Vec<Came> {
        let [first, others @ ..] = &self.part.hows[..] else { return Vec::new() };
        let (ledger, kept) = (&self.ledger, self.kept.as_ref().map(|[shape, _]| shape));
        let shapes: Vec<_> = others.iter().map(|_| self.shape.clone()).collect();
        let shape = std::mem::take(&mut self.shape);
        let came = at_once(
            others.iter().zip(shapes).map(|(how, shape)| move || come(how, runtime, None, ledger, shape, kept)),
            || come(first, runtime, token, ledger, shape, kept),
        );
        self.kept = None;
        self.ledger.run_is_over();
        came
    }

    fn check(&self, came: &[Came], policy: OnFailure, in_order: bool) -> Result<(), String> {
        let Stage { part: Part { graph, hows, .. }, model, ledger, .. } = self;
        let mut is_complete = model.is_complete(policy);
        for (how, came) in hows.iter().zip(came) {
            let cut = match how {
                How::Deadline { .. } => Some(ErrorKind::TimedOut),
                _ => how.at().map(|_| ErrorKind::Cancelled),
            };
            is_complete &= cut.is_none();
            match came {
                Came::Nothing => {}
                Came::All(result) => {
                    let answer = result.as_ref().err().cloned();
                    let answers = model.answers(graph, policy, in_order && !graph.has_priorities(), cut);
                    if !answers.contains(&answer) {
                        return Err(format!("came to {answer:?}, not to one of {answers:?}"));
                    }
                    if let Ok(contents) = result {
                        let expected: Vec<_> =
                            graph.outputs.iter().map(|&output| model.ends[output].content()).collect();
                        let seen: Vec<_> = contents.iter().copied().map(Some).collect();
                        if seen != expected {
                            return Err(format!("came to {contents:?}, not {expected:?}"));
                        }
                    }
                }
                Came::Each(each) => {
                    for (&output, answer) in graph.outputs.iter().zip(each) {
                        let answers = model.answers_of(output, policy, cut);
                        if !answers.contains(answer) {
                            return Err(format!("t{output} came to {answer:?}, not to one of {answers:?}"));
                        }
                    }
                    model.check_each(each, policy, cut)?;
                }
            }
        }
        ledger.wrong(is_complete)
    }
}

/// Does the first here and the others on threads of their own; what they came to, in order.
fn at_once<R: Send>(others: impl Iterator<Item = impl FnOnce() -> R + Send>, first: impl FnOnce() -> R) -> Vec<R> {
    std::thread::scope(|scope| {
        let others: Vec<_> = others.map(|other| scope.spawn(other)).collect();
        let first = first();
        let others = others.into_iter().map(|other| other.join().unwrap_or_else(|burst| panic::resume_unwind(burst)));
        std::iter::once(first).chain(others).collect()
    })
}

/// Runs one case on one kind of runtime and compares all that was seen.
pub fn play(case: &Case, workers: usize) -> Result<(), String> {
    let in_order = is_in_order(workers);
    let mut case = case.clone();
    if in_order {
        // It has no settings.
        case.policy = OnFailure::Stop;
        case.bounds = Bounds::default();
    }
    let parts = case.parts(in_order);
    let is_of_runtime = parts.iter().flat_map(|part| &part.hows).any(How::is_of_runtime);
    let at_hang = in_order || parts.len() > 1 || case.bounds != Bounds::default();
    let shared = Places::new(true, case.bounds.in_flight);
    let stage = |part: Part| {
        let runs = part.hows.len();
        // A thread that runs a graph in order knows nothing of others that do.
        let places = if in_order { Places::new(runs == 1, None) } else { shared.clone() };
        Stage::of(part, Terms { at: None, at_hang, in_order, runs, places })
    };
    let (runtime, token) = runtime_of(&case, &parts[0].hows[0], workers);
    let mut stages: Vec<Stage> = parts.into_iter().map(stage).collect();
    let came = match &mut stages[..] {
        [first, others @ ..] => at_once(
            others.iter_mut().map(|other| {
                let runtime = &runtime;
                move || other.run(runtime, None)
            }),
            || first.run(&runtime, token),
        ),
        [] => Vec::new(),
    };
    for stage in &stages {
        stage.ledger.wait_until_gone()?;
    }
    for (stage, came) in stages.iter().zip(&came) {
        stage.check(came, case.policy, in_order)?;
    }
    if !is_of_runtime {
        is_usable(&runtime, workers, case.bounds)?;
        give_back(&case, workers, runtime);
    }
    Ok(())
}

/// Whether all workers, and all places of the limits, are there for another run, and nothing is on the scales.
fn is_usable(runtime: &Runtime, workers: usize, bounds: Bounds) -> Result<(), String> {
    /// What values hold bounds sources only.
    #[delayed]
    fn begin() {}
    #[delayed]
    fn meet(all: Arc<std::sync::Barrier>) {
        all.wait();
    }
    #[delayed]
    async fn meet_async(all: Arc<tokio::sync::Barrier>) {
        all.wait().await;
    }
    #[delayed(blocking)]
    fn meet_blocking(all: Arc<std::sync::Barrier>) {
        all.wait();
    }
    let at_once = |places: usize| if is_in_order(workers) { 1 } else { places };
    let first = begin();
    let barrier = Arc::new(std::sync::Barrier::new(at_once(workers)));
    let sync: Vec<_> = (0..at_once(workers)).map(|_| meet(barrier.clone()).after(&first)).collect();
    let in_flight = bounds.in_flight.map_or(3, at_once);
    let limited = LIMITS.iter().map(|&(name, places)| (Some(name), at_once(places).min(in_flight)));
    let meet_all = |(name, places): (Option<&'static str>, usize)| {
        let barrier = Arc::new(tokio::sync::Barrier::new(places));
        let meet = || meet_async(barrier.clone()).after(&first);
        (0..places).map(|_| name.map_or_else(meet, |name| meet().limit(name))).collect::<Vec<_>>()
    };
    let limited: Vec<Vec<_>> = limited.map(meet_all).collect();
    let blocking = LIMITS.iter().map(|&(name, places)| {
        let barrier = Arc::new(std::sync::Barrier::new(at_once(places)));
        (0..at_once(places)).map(|_| meet_blocking(barrier.clone()).after(&first).limit(name)).collect::<Vec<_>>()
    });
    let blocking: Vec<Vec<_>> = blocking.collect();
    let results = [
        runtime.compute(sync).map(drop),
        // One after the other, as those under way are bounded.
        limited.into_iter().try_for_each(|limited| runtime.compute(limited).map(drop)),
        runtime.compute(meet_all((None, at_once(in_flight)))).map(drop),
        runtime.compute(blocking).map(drop),
    ];
    for result in results {
        result.map_err(|error| format!("the next run came to {error:?}"))?;
    }
    if bounds.memory.is_some() { has_empty_scales(runtime) } else { Ok(()) }
}

/// Whether no value counts any more: the peak is that of a value which weighs more than all did before.
fn has_empty_scales(runtime: &Runtime) -> Result<(), String> {
    struct Heavy(usize);
    impl Weigh for Heavy {
        fn weigh(&self) -> usize {
            self.0
        }
    }
    #[delayed]
    fn heavy(weight: usize) -> Heavy {
        Heavy(weight)
    }
    // A run may be taken apart a little after its values were dropped.
    let since = Instant::now();
    loop {
        let weight = runtime.peak_memory() + 1;
        if let Err(error) = runtime.compute(heavy(weight)) {
            return Err(format!("the last run came to {error:?}"));
        }
        let left = runtime.peak_memory() - weight;
        if left == 0 {
            return Ok(());
        }
        if since.elapsed() > Duration::from_secs(5) {
            return Err(format!("{left} bytes are on the scales for ever"));
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// What a panic says.
pub fn text_of(payload: &(dyn Any + Send)) -> Option<&str> {
    payload.downcast_ref::<String>().map(String::as_str).or_else(|| payload.downcast_ref::<&str>().copied())
}
