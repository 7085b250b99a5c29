//! A graph built with the library, run, and compared with the model.

use std::any::Any;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use delayed::prelude::*;
use delayed::{CancelToken, Error};
use futures::future::{Either, select};

use super::graph::{Case, Fate, Form, Graph, How, LIMITS, Pace, What};
use super::ledger::{At, Ledger, Piece, Refused, burst};
use super::model::{Answer, DATA, Failure, GIVEN, Model, OTHER, Way, mixed as mix, name};

#[delayed]
fn source(at: &At) -> Result<Piece, Refused> {
    at.begin().end(mix(at.number, []))
}

#[delayed]
async fn source_async(at: &At) -> Result<Piece, Refused> {
    at.begin().end_later(mix(at.number, [])).await
}

#[delayed]
fn by_value(at: &At, x: Piece, y: Piece) -> Result<Piece, Refused> {
    at.begin().end(mix(at.number, [x.content, y.content]))
}

#[delayed]
async fn by_value_async(at: &At, x: Piece, y: Piece) -> Result<Piece, Refused> {
    at.begin().end_later(mix(at.number, [x.content, y.content])).await
}

#[delayed]
fn by_reference(at: &At, x: &Piece, y: &Piece) -> Result<Piece, Refused> {
    at.begin().end(mix(at.number, [x.content, y.content]))
}

#[delayed]
fn mixed(at: &At, x: Piece, y: &Piece) -> Result<Piece, Refused> {
    at.begin().end(mix(at.number, [x.content, y.content]))
}

#[delayed]
async fn mixed_async(at: &At, x: Piece, y: &Piece) -> Result<Piece, Refused> {
    at.begin().end_later(mix(at.number, [x.content, y.content])).await
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
fn build(graph: &Graph, ledger: &Arc<Ledger>) -> Vec<Delayed<Piece>> {
    let mut handles: Vec<Delayed<Piece>> = Vec::new();
    for (number, node) in graph.nodes.iter().enumerate() {
        let at = |fate| At { number, fate, is_slow: number % 7 == 0, ledger: ledger.clone() };
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
                let at = At { is_slow: task.is_slow, ..at(task.fate) };
                let made = match (&task.form, task.pace) {
                    (Form::Source, Pace::Sync) => source(at),
                    (Form::Source, Pace::Async) => source_async(at),
                    (Form::ByValue(x, y), Pace::Sync) => by_value(at, one(x), one(y)),
                    (Form::ByValue(x, y), Pace::Async) => by_value_async(at, one(x), one(y)),
                    (Form::ByReference(x, y), _) => by_reference(at, one(x), one(y)),
                    (Form::Mixed(x, y), Pace::Sync) => mixed(at, one(x), one(y)),
                    (Form::Mixed(x, y), Pace::Async) => mixed_async(at, one(x), one(y)),
                    (Form::Listed(xs), _) => listed(at, all(xs)),
                    (Form::Each(xs), Pace::Sync) => each(at, all(xs)),
                    (Form::Each(xs), Pace::Async) => each_async(at, all(xs)),
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

fn builder(workers: usize, policy: OnFailure) -> delayed::Builder {
    let builder = Runtime::builder().workers(workers).on_failure(policy);
    LIMITS.iter().fold(builder, |builder, &(name, places)| builder.limit(name, places))
}

/// Runtimes that have run other graphs before, by workers and policy.
static USED: Mutex<Vec<(usize, OnFailure, Runtime)>> = Mutex::new(Vec::new());

/// How long a run with a deadline may take.
const DEADLINE: Duration = Duration::from_millis(8);

/// The runtime of a case, and the token that it was given. It comes back by [`give_back`]; that of a run which hangs
/// never does.
fn runtime_of(case: &Case, workers: usize) -> (Runtime, Option<CancelToken>) {
    let builder = || builder(workers, case.policy);
    let build = |builder: delayed::Builder| builder.build().expect("the settings are right");
    match case.how {
        How::RuntimeToken { .. } => {
            let token = CancelToken::new();
            (build(builder().cancel_token(&token)), Some(token))
        }
        How::Deadline { .. } => (build(builder().deadline(DEADLINE)), None),
        _ => {
            let mut used = USED.lock().unwrap_or_else(PoisonError::into_inner);
            let at = used.iter().position(|(n, policy, _)| *n == workers && *policy == case.policy);
            let runtime = match at {
                Some(at) => used.swap_remove(at).2,
                None if is_in_order(workers) => Runtime::sequential(),
                None => build(builder()),
            };
            (runtime, None)
        }
    }
}

fn give_back(case: &Case, workers: usize, runtime: Runtime) {
    if !matches!(case.how, How::RuntimeToken { .. } | How::Deadline { .. }) {
        USED.lock().unwrap_or_else(PoisonError::into_inner).push((workers, case.policy, runtime));
    }
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
fn block_on<F: Future>(on_tokio: bool, future: F) -> F::Output {
    if on_tokio {
        tokio::runtime::Builder::new_current_thread().build().expect("a tokio runtime").block_on(future)
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
        How::Awaited { on_tokio } => all(block_on(on_tokio, async { runtime.compute_async(shape).await })),
        How::TryAwaited { on_tokio } => every(block_on(on_tokio, async { runtime.try_compute_async(shape).await })),
        How::Waited => all(runtime.start(shape).wait()),
        How::Cancelled { waits, on_tokio, .. } => block_on(on_tokio, async {
            let run = match select(runtime.start(shape), signal).await {
                Either::Left((came, _)) => return all(came),
                Either::Right(((), run)) => run,
            };
            run.cancel();
            all(if waits && !on_tokio { run.wait() } else { run.await })
        }),
        How::Dropped { tries: true, on_tokio, .. } => block_on(on_tokio, async {
            match select(runtime.try_compute_async(shape), signal).await {
                Either::Left((came, _)) => every(came),
                Either::Right(_) => Came::Nothing,
            }
        }),
        How::Dropped { tries: false, on_tokio, .. } => block_on(on_tokio, async {
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

/// Runs one case on one kind of runtime and compares all that was seen.
pub fn play(case: &Case, workers: usize) -> Result<(), String> {
    let in_order = is_in_order(workers);
    let mut case = case.clone();
    if in_order {
        // It has no settings.
        case.policy = OnFailure::Stop;
        if case.how.is_deadline() || matches!(case.how, How::RuntimeToken { .. }) {
            case.how = How::Token { at: case.how.at().unwrap_or(1), inside: false, waits: true };
        }
    }
    let graph = case.graph();
    let model = Model::of(&graph);
    // What hangs must be ended, so the signal must come.
    let most = if model.hangs() { model.certain(&graph).max(1) } else { usize::MAX };
    let at = case.how.at().map(|at| (at - 1) % most + 1);
    let ledger = Ledger::of(&graph, &model, in_order, at);
    let handles = build(&graph, &ledger);
    let shape: Vec<Delayed<Piece>> = graph.outputs.iter().map(|&output| handles[output].clone()).collect();
    let kept = case.keeps.then(|| (shape.clone(), handles.clone()));
    drop(handles);

    let (runtime, token) = runtime_of(&case, workers);
    let came = come(&case.how, &runtime, token, &ledger, shape, kept.as_ref().map(|(shape, _)| shape));
    drop(kept);
    ledger.run_is_over();
    ledger.wait_until_gone()?;

    let cut = match case.how {
        How::Deadline { .. } => Some(ErrorKind::TimedOut),
        _ => at.map(|_| ErrorKind::Cancelled),
    };
    let policy = case.policy;
    match &came {
        Came::Nothing => {}
        Came::All(result) => {
            let answer = result.as_ref().err().cloned();
            let answers = model.answers(&graph, policy, in_order && !graph.has_priorities(), cut);
            if !answers.contains(&answer) {
                return Err(format!("came to {answer:?}, not to one of {answers:?}"));
            }
            if let Ok(contents) = result {
                let expected: Vec<_> = graph.outputs.iter().map(|&output| model.ends[output].content()).collect();
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
    let is_complete = match came {
        _ if cut.is_some() => false,
        _ => model.is_complete(policy),
    };
    ledger.wrong(is_complete)?;
    if !matches!(case.how, How::RuntimeToken { .. } | How::Deadline { .. }) {
        is_usable(&runtime, workers)?;
    }
    give_back(&case, workers, runtime);
    Ok(())
}

/// Whether all workers, and all places of the limits, are there for another run.
fn is_usable(runtime: &Runtime, workers: usize) -> Result<(), String> {
    #[delayed]
    fn meet(all: Arc<std::sync::Barrier>) -> bool {
        all.wait();
        true
    }
    #[delayed]
    async fn meet_async(all: Arc<tokio::sync::Barrier>) -> bool {
        all.wait().await;
        true
    }
    let at_once = |places: usize| if is_in_order(workers) { 1 } else { places };
    let barrier = Arc::new(std::sync::Barrier::new(at_once(workers)));
    let sync: Vec<_> = (0..at_once(workers)).map(|_| meet(barrier.clone())).collect();
    let limited: Vec<Vec<_>> = LIMITS
        .iter()
        .map(|&(name, places)| {
            let barrier = Arc::new(tokio::sync::Barrier::new(at_once(places)));
            (0..at_once(places)).map(|_| meet_async(barrier.clone()).limit(name)).collect()
        })
        .collect();
    for result in [runtime.compute(sync).map(|met| vec![met]), runtime.compute(limited)] {
        match result {
            Ok(met) if met.iter().flatten().all(|met| *met) => {}
            other => return Err(format!("the next run came to {other:?}")),
        }
    }
    Ok(())
}

/// What a panic says.
pub fn text_of(payload: &(dyn Any + Send)) -> Option<&str> {
    payload.downcast_ref::<String>().map(String::as_str).or_else(|| payload.downcast_ref::<&str>().copied())
}
