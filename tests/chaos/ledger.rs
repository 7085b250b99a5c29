//! What bodies and values of one run write down, and the rules that they are held to as they do.

use std::collections::BTreeSet;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use delayed::{CancelToken, Weigh};

use super::graph::{Fate, Graph, LIMITS, Pace};
use super::model::{Model, name};

/// A body or a value that is not gone by then never will be.
const PATIENCE: Duration = Duration::from_secs(20);

/// All that is written down of a run.
#[derive(Debug)]
pub struct Ledger {
    state: Mutex<State>,
    changed: Condvar,
    rules: Vec<Rules>,
    /// The run is on one thread, in the model's order.
    in_order: bool,
    places: Arc<Places>,
}

/// What bodies of all runs of the runtime take at a time.
#[derive(Debug, Default)]
pub struct Places {
    /// The limits hold.
    has_limits: bool,
    in_flight: Option<usize>,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    limits: [usize; LIMITS.len()],
    in_flight: usize,
}

impl Places {
    pub fn new(has_limits: bool, in_flight: Option<usize>) -> Arc<Places> {
        Arc::new(Places { has_limits, in_flight, ..Places::default() })
    }

    /// What is wrong with a body that begins now.
    fn enter(&self, rules: &Rules) -> Vec<String> {
        let mut wrong = Vec::new();
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(limit) = rules.limit {
            taken.limits[limit] += 1;
            let ((name, places), running) = (LIMITS[limit], taken.limits[limit]);
            if self.has_limits && running > places {
                wrong.push(format!("{running} tasks of the limit {name} at once, not {places}"));
            }
        }
        if rules.is_async {
            taken.in_flight += 1;
            let running = taken.in_flight;
            if self.in_flight.is_some_and(|places| running > places) {
                wrong.push(format!("{running} async tasks at once"));
            }
        }
        wrong
    }

    fn leave(&self, rules: &Rules) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(limit) = rules.limit {
            taken.limits[limit] -= 1;
        }
        taken.in_flight -= usize::from(rules.is_async);
    }
}

/// How the runs of a graph are looked at.
#[derive(Debug)]
pub struct Terms {
    /// They are ended when so many attempts have begun,
    pub at: Option<usize>,
    /// or when one hangs: whether another can begin then depends on what is bounded.
    pub at_hang: bool,
    pub in_order: bool,
    /// How many there are.
    pub runs: usize,
    pub places: Arc<Places>,
}

/// What holds for a task by the model.
#[derive(Debug, Default)]
struct Rules {
    /// How often its body may be called, and how often at once.
    attempts: u32,
    copies: u32,
    /// The tasks whose values must be there.
    needs: Vec<usize>,
    limit: Option<usize>,
    is_async: bool,
    place: usize,
    /// The place of the last node that needs its value.
    last_use: usize,
}

#[derive(Debug, Default)]
struct State {
    tasks: Vec<Record>,
    begun: usize,
    running: usize,
    /// Values that exist.
    alive: isize,
    /// Which, by their numbers, and how many there ever were.
    living: BTreeSet<u64>,
    made: u64,
    wrong: Vec<String>,
    signal: Signal,
}

#[derive(Clone, Debug, Default)]
struct Record {
    attempts: u32,
    running: u32,
    values: u32,
    alive: isize,
}

/// When the run is to be ended from outside, and by what.
#[derive(Debug, Default)]
struct Signal {
    at: Option<usize>,
    at_hang: bool,
    token: Option<CancelToken>,
    is_given: bool,
    is_over: bool,
    wakers: Vec<Waker>,
}

/// What a task's body is given.
#[derive(Clone, Debug)]
pub struct At {
    pub number: usize,
    pub fate: Fate,
    pub is_slow: bool,
    /// A blocking body that hangs.
    pub stays: Stays,
    pub ledger: Arc<Ledger>,
}

/// How long a blocking body that hangs does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stays {
    /// So long; on the thread that looks at the time.
    For(Duration),
    /// Until it is told that nobody wants its value, and a little longer.
    UntilTold,
    /// Until the run is over, which it does not keep from being.
    UntilOver,
}

/// The error of a task.
#[derive(Debug, PartialEq, Eq)]
pub struct Refused {
    pub number: usize,
    pub attempt: u32,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "attempt {} of t{}", self.attempt, self.number)
    }
}

impl Ledger {
    /// Of the runs of this graph.
    pub fn of(graph: &Graph, model: &Model, terms: Terms) -> Arc<Ledger> {
        let Terms { at, at_hang, in_order, runs, places } = terms;
        let count = graph.nodes.len();
        let mut rules: Vec<Rules> = (0..count).map(|_| Rules::default()).collect();
        for &number in &model.order {
            let place = model.places[number].unwrap_or(usize::MAX);
            let Some(body) = graph.body(number) else { continue };
            let rule = &mut rules[body];
            rule.attempts += model.attempts[number];
            rule.copies += 1;
            rule.limit = graph.task(number).and_then(|task| task.limit);
            rule.is_async = graph.task(number).is_some_and(|task| task.pace == Pace::Async);
            rule.place = place;
            rule.last_use = rule.last_use.max(last_use(graph, model, number));
            if body == number {
                rule.needs = graph.needs(number).into_iter().filter(|&need| graph.body(need) == Some(need)).collect();
                // A `recover` passes a value on without a call.
                rule.needs.retain(|&need| graph.task(need).is_some());
            } else {
                rule.last_use = usize::MAX;
            }
        }
        if graph.has_priorities() {
            rules.iter_mut().for_each(|rule| rule.last_use = usize::MAX);
        }
        for rule in &mut rules {
            rule.attempts *= runs as u32;
            rule.copies *= runs as u32;
        }
        let signal = Signal { at, at_hang, ..Signal::default() };
        let state = State { tasks: vec![Record::default(); count], signal, ..State::default() };
        Arc::new(Ledger { state: Mutex::new(state), changed: Condvar::new(), rules, in_order, places })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A value of the user's, or one that a body makes.
    pub fn make(self: &Arc<Self>, maker: Option<usize>, content: i64, is_slow: bool) -> Piece {
        let mut state = self.lock();
        state.made += 1;
        let number = state.made;
        drop(state);
        let piece = Piece { content, maker, is_slow, number, ledger: self.clone() };
        piece.count(1);
        piece
    }

    /// The body that begins last before the run is ended cancels this token.
    pub fn cancel_inside(&self, token: CancelToken) {
        self.lock().signal.token = Some(token);
    }

    /// Tells whoever waits for the signal that it may not come any more.
    pub fn run_is_over(&self) {
        self.lock().signal.is_over = true;
        self.changed.notify_all();
    }

    /// Blocks until so many attempts have begun; false if the run was over before.
    pub fn wait_for_signal(&self) -> bool {
        let state = self.lock();
        let waits = |state: &mut State| !state.signal.is_given && !state.signal.is_over;
        self.changed.wait_while(state, waits).unwrap_or_else(PoisonError::into_inner).signal.is_given
    }

    fn wait_until_over(&self) {
        let waits = |state: &mut State| !state.signal.is_over;
        let waited = self.changed.wait_timeout_while(self.lock(), PATIENCE, waits);
        let (mut state, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
        if timeout.timed_out() {
            state.wrong.push("the run waits for a blocking body".to_owned());
        }
    }

    /// Ready when so many attempts have begun.
    pub fn signal(self: &Arc<Self>) -> Signalled {
        Signalled(self.clone())
    }

    /// Blocks until no body is under way and every value is dropped.
    pub fn wait_until_gone(&self) -> Result<(), String> {
        let left = |state: &mut State| state.running > 0 || state.alive != 0;
        let (state, timeout) =
            self.changed.wait_timeout_while(self.lock(), PATIENCE, left).unwrap_or_else(PoisonError::into_inner);
        if !timeout.timed_out() {
            return Ok(());
        }
        let of: Vec<String> = (0..state.tasks.len()).filter(|&n| state.tasks[n].alive != 0).map(name).collect();
        Err(format!("{} bodies are under way, and {} values are left, of {of:?}", state.running, state.alive))
    }

    /// What was against the rules; the attempts, too, if the run came to its end.
    pub fn wrong(&self, is_complete: bool) -> Result<(), String> {
        let state = self.lock();
        let mut wrong = state.wrong.clone();
        for (number, (record, rules)) in state.tasks.iter().zip(&self.rules).enumerate() {
            if is_complete && record.attempts != rules.attempts {
                wrong.push(format!("t{number} was called {} times, not {}", record.attempts, rules.attempts));
            }
        }
        if wrong.is_empty() { Ok(()) } else { Err(wrong.join("; ")) }
    }
}

/// The place of the last node that needs a node's value, also by another that passes it on; the outputs' is none.
fn last_use(graph: &Graph, model: &Model, number: usize) -> usize {
    if graph.outputs.contains(&number) {
        return usize::MAX;
    }
    let passes_on = |&user: &usize| graph.task(user).is_none();
    let takes = |user: &usize| graph.caught(*user) == Some(number) || graph.inputs(*user).contains(&number);
    let users: Vec<usize> = model.order.iter().copied().filter(takes).collect();
    let own = users.iter().filter_map(|&user| model.places[user]).max().unwrap_or(0);
    let next = users.iter().filter(|user| passes_on(user)).map(|&user| last_use(graph, model, user)).max();
    own.max(next.unwrap_or(0))
}

impl State {
    /// The signal, if it is to be given now: what there is to cancel, and to wake.
    fn give(&mut self, hangs: bool) -> (Option<CancelToken>, Vec<Waker>) {
        let is_due = self.signal.at.is_some_and(|at| self.begun >= at || (hangs && self.signal.at_hang));
        if !is_due || std::mem::replace(&mut self.signal.is_given, true) {
            return (None, Vec::new());
        }
        (self.signal.token.take(), std::mem::take(&mut self.signal.wakers))
    }
}

/// An attempt under way.
pub struct Attempt<'a> {
    at: &'a At,
    number: u32,
}

impl At {
    /// The body begins.
    pub fn begin(&self) -> Attempt<'_> {
        let Ledger { rules: all, .. } = &*self.ledger;
        let rules = &all[self.number];
        let mut guard = self.ledger.lock();
        let state = &mut *guard;
        state.begun += 1;
        state.running += 1;
        let record = &mut state.tasks[self.number];
        record.attempts += 1;
        record.running += 1;
        let number = record.attempts;
        if record.attempts > rules.attempts {
            state.wrong.push(format!("t{} is called {} times, not {}", self.number, record.attempts, rules.attempts));
        }
        if record.running > rules.copies {
            state.wrong.push(format!("t{} runs {} times at once", self.number, record.running));
        }
        for &need in &rules.needs {
            if state.tasks[need].values == 0 {
                state.wrong.push(format!("t{} began without the value of t{need}", self.number));
            }
        }
        let wrong = self.ledger.places.enter(rules);
        state.wrong.extend(wrong);
        if self.ledger.in_order {
            for (other, (record, rule)) in state.tasks.iter().zip(all).enumerate() {
                if record.alive > 0 && rule.last_use < rules.place && rules.copies == 1 {
                    state.wrong.push(format!("the value of t{other} is alive when t{} begins", self.number));
                }
            }
        }
        let hangs = matches!(self.fate.of_attempt(number), Fate::Hang(_));
        let (token, wakers) = state.give(hangs);
        drop(guard);
        self.ledger.changed.notify_all();
        if let Some(token) = token {
            token.cancel();
        }
        wakers.into_iter().for_each(Waker::wake);
        Attempt { at: self, number }
    }
}

impl Attempt<'_> {
    /// The end of the body.
    pub fn end(&self, content: i64) -> Result<Piece, Refused> {
        let At { number, is_slow, ledger, .. } = self.at;
        match self.at.fate.of_attempt(self.number) {
            Fate::Refuse(_) => Err(Refused { number: *number, attempt: self.number }),
            Fate::Burst(_) => panic!("{}", burst(*number, self.number)),
            _ => {
                ledger.lock().tasks[*number].values += 1;
                Ok(ledger.make(Some(*number), content, *is_slow))
            }
        }
    }

    /// The same for a blocking body, which may go on when nobody wants its value any more. What it was given is there
    /// until it ends.
    pub fn end_blocking(&self, inputs: &[&Piece], content: impl FnOnce() -> i64) -> Result<Piece, Refused> {
        let At { number, is_slow, stays, ledger, .. } = self.at;
        if !matches!(self.at.fate.of_attempt(self.number), Fate::Hang(_)) {
            return self.end(content());
        }
        match *stays {
            Stays::For(time) => std::thread::sleep(time),
            Stays::UntilOver => ledger.wait_until_over(),
            Stays::UntilTold => {
                let since = Instant::now();
                while !delayed::is_cancelled() {
                    if since.elapsed() > PATIENCE {
                        ledger.lock().wrong.push(format!("t{number} is not told that it is given up"));
                        break;
                    }
                    std::thread::sleep(Duration::from_micros(200));
                }
                std::thread::sleep(Duration::from_millis(1));
            }
        }
        let mut state = ledger.lock();
        for input in inputs {
            if !state.living.contains(&input.number) {
                state.wrong.push(format!("t{number} was lent a value that is gone while its body goes on"));
            }
        }
        drop(state);
        Ok(ledger.make(Some(*number), content(), *is_slow))
    }

    /// The same for an async body: it may wait first, for a while or for ever.
    pub async fn end_later(&self, content: i64) -> Result<Piece, Refused> {
        match self.at.fate.of_attempt(self.number) {
            Fate::Hang(_) => std::future::pending().await,
            // What may be timed out must not be, just because the machine is slow.
            _ if matches!(self.at.fate, Fate::Hang(_)) => {}
            _ => {
                for _ in 0..self.at.number % 3 {
                    tokio::task::yield_now().await;
                }
            }
        }
        self.end(content)
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        let At { number, ledger, .. } = self.at;
        let mut state = ledger.lock();
        state.running -= 1;
        state.tasks[*number].running -= 1;
        ledger.places.leave(&ledger.rules[*number]);
        drop(state);
        ledger.changed.notify_all();
    }
}

/// The text of a panic that is meant.
pub fn burst(number: usize, attempt: u32) -> String {
    format!("{BURST}t{number}, attempt {attempt}")
}

pub const BURST: &str = "on purpose: ";

/// A value that is counted.
#[derive(Debug)]
pub struct Piece {
    pub content: i64,
    maker: Option<usize>,
    is_slow: bool,
    number: u64,
    ledger: Arc<Ledger>,
}

impl Piece {
    fn count(&self, more: isize) {
        let mut state = self.ledger.lock();
        state.alive += more;
        let changes = if more > 0 { state.living.insert(self.number) } else { state.living.remove(&self.number) };
        if !changes {
            state.wrong.push(format!("a value of {:?} is dropped twice", self.maker));
        }
        if let Some(maker) = self.maker {
            state.tasks[maker].alive += more;
        }
        let is_last = state.alive == 0;
        drop(state);
        if is_last {
            self.ledger.changed.notify_all();
        }
    }
}

impl Weigh for Piece {
    fn weigh(&self) -> usize {
        40 * (self.content.unsigned_abs() % 5) as usize
    }
}

impl Clone for Piece {
    fn clone(&self) -> Piece {
        let Piece { content, maker, is_slow, ledger, .. } = self;
        ledger.make(*maker, *content, *is_slow)
    }
}

impl Drop for Piece {
    fn drop(&mut self) {
        if self.is_slow {
            (0..30).for_each(|_| std::thread::yield_now());
        }
        self.count(-1);
    }
}

/// See [`Ledger::signal`].
pub struct Signalled(Arc<Ledger>);

impl Future for Signalled {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let waker = cx.waker().clone();
        let mut state = self.0.lock();
        if state.signal.is_given {
            return Poll::Ready(());
        }
        state.signal.wakers.push(waker);
        Poll::Pending
    }
}
