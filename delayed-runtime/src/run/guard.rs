//! Runs that do more than call each task once: that go on after a failure, try again, wait for places or for memory.
//!
//! # A task's way
//! 1. *Admitted*: given out by the scheduler, it is skipped if what it needs failed; else it waits, if it must, for
//!    memory and then for a place of its limit. Who waits holds no worker and comes back to the run's queue with what it
//!    was granted.
//! 2. *Attempted*: its body is called, polled, or handed to a thread that may block.
//! 3. *Ended*: an attempt gives back its place. It ends the task with its value, or finally with its failure, which
//!    counts as finished for the scheduler; or the task goes to the queue again, at once or after its backoff.
//!
//! A task that may be tried again keeps one use of each input ([`Plan::hold_inputs`](crate::plan::Plan::hold_inputs))
//! until it has ended, so that attempts clone what they take by value.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use ahash::AHashMap;

use super::{Core, Mode};
use crate::error::{Cause, Error, ErrorKind, Failed};
use crate::limit::{Limit, Settled};
use crate::node::aside::{Aside, Ended};
use crate::panic::quietly;
use crate::policy::{OnFailure, Policy};
use crate::shape::Account;
use crate::sync::atomic::Ordering;
use crate::sync::{Instant, Mutex, lock};
use crate::timer;

/// No backoff is longer, unless the first is.
const LONGEST_BACKOFF: Duration = Duration::from_secs(60);

/// What a run that does more has beside the others.
pub(super) struct Guard {
    on_failure: OnFailure,
    mode: Mode,
    /// Whom failed attempts are told, and below which span.
    subscriber: tracing::Dispatch,
    caller: tracing::Span,
    /// How many attempts of a task have failed, of those that failed.
    attempts: Mutex<AHashMap<u32, u32>>,
    /// What tasks were granted that were not begun since.
    granted: Mutex<AHashMap<u32, u8>>,
    /// Which tasks' failures reach an output; made with the first failure.
    exposed: OnceLock<Vec<bool>>,
    /// The first task that needs each; made with the first failure.
    users: OnceLock<Vec<u32>>,
    /// Since when a task runs in order, where that matters.
    since: Mutex<Option<Instant>>,
    /// The failed task for which each would have been skipped; made when a stopped run is over.
    causes: OnceLock<Vec<u32>>,
}

/// No task.
const NONE: u32 = u32::MAX;

/// What a task may have to wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gate {
    Memory = 1,
    Limit = 2,
}

impl Gate {
    fn bit(self) -> u8 {
        self as u8
    }
}

/// How the outputs of a run that is over have ended.
pub(super) struct Ends<'a> {
    pub(super) core: &'a Core,
    pub(super) guard: &'a Guard,
    /// Whether no body is under way.
    pub(super) is_still: bool,
}

impl Account for Ends<'_> {
    fn missing(&self, output: u32) -> Option<Error> {
        self.core.missing_output(self.guard, output)
    }

    fn in_use(&self) -> Option<Error> {
        if self.is_still {
            return None;
        }
        let failure = self.core.lock().failure.clone();
        let unreached = || failure.is_some() || self.core.stopped.load(Ordering::Relaxed);
        if unreached() {
            return Some(self.core.unreached());
        }
        let text = "a blocking body whose time is up still uses this value, and nothing says how to clone it; give the \
                    task more time, or make the value by a `#[delayed]` function whose value is `Clone`";
        Some(Error::of_run(ErrorKind::Runtime, self.core.location, text))
    }
}

/// Whether a task that was given out may begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Admitted {
    Now,
    /// What it needs failed: it has ended.
    Skipped,
    /// It is queued again when it may.
    Later,
}

/// What comes of an attempt that has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// The task has ended, for its dependents.
    Finished,
    /// Another attempt, at once.
    Again,
    /// Another attempt, after this time.
    AgainAfter(Duration),
    /// The run has stopped.
    Stopped,
}

impl Guard {
    pub(super) fn new(on_failure: OnFailure, mode: Mode) -> Guard {
        Guard {
            on_failure,
            mode,
            subscriber: tracing::dispatcher::get_default(Clone::clone),
            caller: tracing::Span::current(),
            attempts: Mutex::default(),
            granted: Mutex::default(),
            exposed: OnceLock::new(),
            users: OnceLock::new(),
            since: Mutex::default(),
            causes: OnceLock::new(),
        }
    }

    /// A task begins in order.
    pub(super) fn begin_in_order(&self) {
        *lock(&self.since) = Some(Instant::now());
    }

    /// Whether it has run longer than this.
    pub(super) fn is_late_in_order(&self, limit: Duration) -> bool {
        lock(&self.since).as_ref().is_some_and(|since| since.elapsed() > limit)
    }
}

impl Core {
    /// What is noted of tasks; there is one where there is a guard.
    fn aside(&self) -> Option<&Aside> {
        self.slots.aside()
    }

    /// The limit that a task counts against.
    fn limit_of(&self, task: u32) -> Option<&Limit> {
        self.pool.named_limit(self.plan.policy(task)?.limit.as_deref()?)
    }

    /// A run in order comes by a task: it waits for nothing but its inputs.
    #[cold]
    pub(super) fn admit_in_order(&self, guard: &Guard, task: u32) -> Admitted {
        match self.missing_input(task) {
            None => {
                self.aside().into_iter().for_each(|aside| aside.note_begun(task));
                Admitted::Now
            }
            Some(failure) => {
                self.skip(guard, task, failure);
                Admitted::Skipped
            }
        }
    }

    /// A task was given out (way 1).
    pub(super) fn admit(self: &Arc<Self>, guard: &Guard, task: u32) -> Admitted {
        let admitted = self.let_in(guard, task);
        if admitted == Admitted::Now
            && let Some(aside) = self.aside()
        {
            aside.note_begun(task);
        }
        admitted
    }

    fn let_in(self: &Arc<Self>, guard: &Guard, task: u32) -> Admitted {
        if let Some(failure) = self.missing_input(task) {
            self.skip(guard, task, failure);
            return Admitted::Skipped;
        }
        let mut has = lock(&guard.granted).remove(&task).unwrap_or(0);
        if let Some(memory) = self.pool.memory()
            && has & Gate::Memory.bit() == 0
        {
            if !self.is_source(task) {
                memory.take();
            } else if !memory.take_or_wait(self, task) {
                return self.waits();
            }
            has |= Gate::Memory.bit();
        }
        if let Some(limit) = self.limit_of(task)
            && has & Gate::Limit.bit() == 0
        {
            // Noted first: the place may be there before we are back.
            if has > 0 {
                lock(&guard.granted).insert(task, has);
            }
            if !limit.take_or_wait(self, task) {
                return self.waits();
            }
            if has > 0 && lock(&guard.granted).remove(&task).is_none() {
                limit.give_back();
                return Admitted::Later;
            }
        }
        Admitted::Now
    }

    /// Whether the bound on memory counts the task as a source. In a run that a task waits for, none is: that would wait
    /// for the task.
    fn is_source(&self, task: u32) -> bool {
        let is_inner = self.beyond.get().is_some_and(|beyond| beyond.is_inner);
        !is_inner && self.plan.waits_for(task) == 0
    }

    fn waits(&self) -> Admitted {
        // Between the look at the run's end and the wait it may have been stopped, and its tasks forgotten.
        if self.stopped.load(Ordering::Relaxed) {
            self.give_back_granted();
        }
        Admitted::Later
    }

    /// A task that waited may begin; false if the run is over.
    pub(crate) fn grant(self: &Arc<Self>, task: u32, gate: Gate) -> bool {
        let (Some(guard), Some(scheduler)) = (&self.guard, self.scheduler.get()) else { return false };
        let mut granted = lock(&guard.granted);
        // Under the lock, which `give_back_granted` takes once this is set.
        if self.stopped.load(Ordering::Relaxed) {
            return false;
        }
        *granted.entry(task).or_insert(0) |= gate.bit();
        drop(granted);
        scheduler.put_back(&scheduler.no_seat(), task);
        self.call_for_help();
        true
    }

    /// The run was stopped: what tasks were granted that will not begin is given back.
    pub(super) fn give_back_granted(&self) {
        let Some(guard) = &self.guard else { return };
        if let Some(memory) = self.pool.memory() {
            memory.forget(self);
        }
        for name in self.plan.limits() {
            if let Some(limit) = self.pool.named_limit(name) {
                limit.forget(self);
            }
        }
        let granted = std::mem::take(&mut *lock(&guard.granted));
        for (task, has) in granted {
            self.give_back(task, has);
        }
    }

    /// Gives back what a task was granted.
    fn give_back(&self, task: u32, granted: u8) {
        if granted & Gate::Limit.bit() != 0
            && let Some(limit) = self.limit_of(task)
        {
            limit.give_back();
        }
        if granted & Gate::Memory.bit() != 0
            && let Some(memory) = self.pool.memory()
        {
            memory.settle(self.settled(task));
        }
    }

    /// All that a task must be granted before it begins.
    fn gates(&self, task: u32) -> u8 {
        let memory = self.pool.memory().map_or(0, |_| Gate::Memory.bit());
        self.limit_of(task).map_or(memory, |_| memory | Gate::Limit.bit())
    }

    /// Takes a place for an async task among those under way, or has it wait for one, without holding anything; whether
    /// it has it.
    pub(super) fn take_off(self: &Arc<Self>, guard: &Guard, limit: &Limit, task: u32) -> bool {
        if limit.take_if_free() {
            return true;
        }
        let granted = lock(&guard.granted).remove(&task).unwrap_or(0);
        self.give_back(task, granted);
        let has_place = limit.take_or_wait(self, task);
        // As in `waits`.
        if !has_place && self.stopped.load(Ordering::Relaxed) {
            limit.forget(self);
        }
        has_place
    }

    /// An attempt has ended, and what follows is known: it counts as under way no more, and the task to go on with does
    /// already. (In between, nothing would seem to be under way.)
    pub(super) fn hand_over(&self, task: u32, next: Option<u32>) {
        if let (Some(guard), Some(memory)) = (&self.guard, self.pool.memory()) {
            if let Some(next) = next.filter(|&next| next != task) {
                let mut granted = lock(&guard.granted);
                // As in `grant`.
                if !self.stopped.load(Ordering::Relaxed) {
                    granted.insert(next, Gate::Memory.bit());
                    memory.take();
                }
            }
            memory.settle(self.settled(task));
        }
    }

    /// A task that is not under way any more.
    fn settled(&self, task: u32) -> Settled {
        Settled { has_ended: true, is_source: self.is_source(task), ..Settled::default() }
    }

    /// What keeps a task from its inputs.
    fn missing_input(&self, task: u32) -> Option<Error> {
        let aside = self.aside()?;
        let dependencies = self.plan.dependencies(task);
        let missing = aside.first_without(dependencies)?;
        match self.plan.caught(task) {
            0 => aside.failure(missing),
            // Not of what it only comes after.
            caught => aside.failure(aside.first_without(&dependencies[caught..])?),
        }
    }

    /// The task will not run: it lets go of its inputs.
    fn skip(&self, guard: &Guard, task: u32, failure: Error) {
        let granted = lock(&guard.granted).remove(&task).unwrap_or(0);
        self.give_back(task, granted);
        if let Some(aside) = self.aside() {
            self.release_inputs(aside, task);
            self.release_held(task);
            self.weigh(aside, task, 0);
            aside.note_skipped(task, failure);
        }
    }

    /// Lets go of the uses of a task that was not called.
    fn release_inputs(&self, aside: &Aside, task: u32) {
        for &input in self.plan.value_edges(task) {
            if aside.is_done(input) {
                // SAFETY: the task has one use for each edge, and was not called; the value is there.
                unsafe { self.plan.order.release(&self.slots, input) };
            }
        }
    }

    /// The run was stopped, and a blocking body is under way: the tasks that were not begun let go of their inputs.
    pub(super) fn release_unreached(&self) {
        let Some(aside) = self.aside() else { return };
        for task in (0..self.plan.len()).filter(|&task| aside.is_unreached(task)) {
            self.release_inputs(aside, task);
            self.release_held(task);
        }
    }

    /// Lets go of the uses that a task keeps which may be tried again.
    fn release_held(&self, task: u32) {
        let is_held = self.plan.policy(task).is_some_and(|policy| policy.retries > 0);
        if let Some(aside) = self.aside()
            && is_held
        {
            self.release_inputs(aside, task);
        }
    }

    /// Notes that the values of data are there.
    pub(super) fn note_data(&self) {
        if let Some(aside) = self.aside() {
            self.plan.data.iter().for_each(|&data| aside.note_done(data));
        }
    }

    /// An attempt has ended, and its body with it (way 3).
    pub(super) fn ended(&self, task: u32, result: Result<(), Cause>) -> Next {
        match (&self.guard, result) {
            (None, Ok(())) => Next::Finished,
            (None, Err(cause)) => {
                self.fail(task, cause);
                Next::Stopped
            }
            (Some(guard), result) => {
                if result.is_err() {
                    self.drop_late_value(task);
                }
                let next = self.ended_guarded(guard, task, result);
                self.body_ended(task);
                next
            }
        }
    }

    /// The body of an attempt is under way no more: its place is free.
    pub(super) fn body_ended(&self, task: u32) {
        if let Some(limit) = self.limit_of(task) {
            limit.give_back();
        }
    }

    /// [`ended`](Self::ended) of a task whose body may still be under way.
    #[cold]
    #[inline(never)]
    pub(super) fn ended_guarded(&self, guard: &Guard, task: u32, result: Result<(), Cause>) -> Next {
        let Some(aside) = self.aside() else { return Next::Stopped };
        let Err(cause) = result else {
            self.release_held(task);
            // After a cancel, or knowing that the run was stopped: what it has made is not wanted.
            if self.stopped.load(Ordering::Relaxed) && (aside.was_told(task) || !self.has_failed_task()) {
                self.drop_late_value(task);
                self.weigh(aside, task, 0);
                return Next::Stopped;
            }
            self.weigh(aside, task, aside.weight(task));
            aside.note_done(task);
            return Next::Finished;
        };
        let policy = self.plan.policy(task).unwrap_or(&Policy::NONE);
        let attempts = self.count_attempt(guard, task, policy);
        let again = tries_again(policy, attempts, &cause);
        let is_stopped = self.stopped.load(Ordering::Relaxed);
        if policy.retries > 0 {
            let again = again.filter(|_| !is_stopped);
            quietly(|| self.tell_of_attempt(guard, task, (attempts, policy.retries), &cause, again));
        }
        if again.is_some() && is_stopped {
            // Not the last attempt, nor is there another.
            self.release_held(task);
            self.weigh(aside, task, 0);
            return Next::Stopped;
        }
        if let Some(delay) = again {
            // The attempt has used up its uses; those that are held keep the values.
            for &input in self.plan.value_edges(task) {
                self.plan.order.add_use(&self.slots, input);
            }
            aside.note_waits(task);
            self.weigh(aside, task, 0);
            return if delay.is_zero() { Next::Again } else { Next::AgainAfter(delay) };
        }
        self.release_held(task);
        self.weigh(aside, task, 0);
        let node = self.plan.order.node(task);
        let (path, args) = (self.path(guard, task), self.take_args(task));
        let failed = Failed { task: node.name(), location: node.location(), attempts, path, args };
        let failure = Error::of_task(failed, cause);
        aside.note_failed(task, failure.clone());
        if guard.on_failure == OnFailure::Continue || !self.is_exposed(guard, task) {
            return Next::Finished;
        }
        self.end_with(failure);
        Next::Stopped
    }

    /// Whether the run was stopped by a task's failure: what was made by then is wanted, as it is not after a cancel.
    fn has_failed_task(&self) -> bool {
        self.lock().failure.as_ref().is_some_and(|failure| !failure.task().is_empty())
    }

    /// Which attempt has just failed, counted from 1.
    fn count_attempt(&self, guard: &Guard, task: u32, policy: &Policy) -> u32 {
        if policy.retries == 0 {
            return 1;
        }
        let mut attempts = lock(&guard.attempts);
        let attempts = attempts.entry(task).or_insert(0);
        *attempts = attempts.saturating_add(1);
        *attempts
    }

    /// Which attempt of a task is the next, counted from 1.
    pub(super) fn attempt(&self, task: u32) -> u32 {
        let failed = self.guard.as_ref().and_then(|guard| lock(&guard.attempts).get(&task).copied());
        failed.unwrap_or(0).saturating_add(1)
    }

    /// Logs an attempt that failed.
    fn tell_of_attempt(
        &self,
        guard: &Guard,
        task: u32,
        (n, retries): (u32, u32),
        cause: &Cause,
        again: Option<Duration>,
    ) {
        let node = self.plan.order.node(task);
        let (name, location, of) = (node.name(), node.location(), retries.saturating_add(1));
        let what = match again {
            None => "the task is not tried again".to_owned(),
            Some(Duration::ZERO) => "the task is tried again".to_owned(),
            Some(delay) => format!("the task is tried again in {delay:?}"),
        };
        tracing::dispatcher::with_default(&guard.subscriber, || {
            tracing::warn!(
                target: "delayed", parent: &guard.caller,
                task = %name, %location, attempt = n, of, error = %cause,
                "{what}"
            );
        });
    }

    /// Logs that the time of a blocking body is up, which goes on.
    pub(super) fn tell_of_late_body(&self, guard: &Guard, task: u32, limit: Duration) {
        let node = self.plan.order.node(task);
        let (name, location) = (node.name(), node.location());
        let held = self.plan.policy(task).and_then(|policy| policy.limit.as_deref());
        let place = held.map_or(String::new(), |held| format!(" and its place of the limit `{held}`"));
        tracing::dispatcher::with_default(&guard.subscriber, || {
            tracing::warn!(
                target: "delayed", parent: &guard.caller,
                task = %name, %location,
                "the blocking task took longer than {limit:?}; its body goes on, and keeps its thread{place}"
            );
        });
    }

    /// Takes inputs that are gone off the scales, and puts the task's value on.
    fn weigh(&self, aside: &Aside, task: u32, value: usize) {
        let Some(memory) = self.pool.memory() else { return };
        let mut gone = 0;
        for &input in self.plan.value_edges(task) {
            if self.plan.order.is_gone(&self.slots, input) {
                gone += aside.take_weight(input);
            }
        }
        let mut more = value;
        // Nobody wants it.
        if value > 0 && self.plan.order.is_gone(&self.slots, task) {
            more = 0;
            aside.take_weight(task);
        }
        memory.settle(Settled { more, less: gone, has_ended: false, ..self.settled(task) });
    }

    /// The run is over: nothing of it is on the scales.
    #[inline(never)]
    pub(super) fn unweigh(&self) {
        if let (Some(aside), Some(memory)) = (self.aside(), self.pool.memory()) {
            let left: usize = (0..self.plan.len()).map(|task| aside.take_weight(task)).sum();
            memory.settle(Settled { less: left, ..Settled::default() });
        }
    }

    /// Which tasks' failures reach an output otherwise than through a node that takes them; `None` if all do.
    fn exposed<'a>(&self, guard: &'a Guard) -> Option<&'a [bool]> {
        if !self.plan.catches {
            return None;
        }
        Some(guard.exposed.get_or_init(|| {
            let mut exposed = vec![false; self.plan.len() as usize];
            for &output in self.plan.outputs() {
                exposed[output as usize] = true;
            }
            for user in (0..self.plan.len()).rev() {
                if exposed[user as usize] {
                    for &dependency in &self.plan.dependencies(user)[self.plan.caught(user)..] {
                        exposed[dependency as usize] = true;
                    }
                }
            }
            exposed
        }))
    }

    fn is_exposed(&self, guard: &Guard, task: u32) -> bool {
        self.exposed(guard).is_none_or(|exposed| exposed[task as usize])
    }

    /// The names of the tasks from one that failed to an output.
    fn path(&self, guard: &Guard, failed: u32) -> Vec<std::borrow::Cow<'static, str>> {
        let users = guard.users.get_or_init(|| self.plan.first_users(self.exposed(guard)));
        self.plan.path_along(failed, users)
    }

    /// Why an output of a run that is over has no value; `None` if it has one.
    pub(super) fn missing_output(&self, guard: &Guard, output: u32) -> Option<Error> {
        let aside = self.aside()?;
        if aside.is_done(output) {
            return None;
        }
        let skipped = |failure: Error| {
            let node = self.plan.order.node(output);
            match guard.mode {
                Mode::All => failure,
                Mode::Each => failure.skips(node.name(), node.location()),
            }
        };
        Some(match aside.ended(output) {
            Some(Ended::Failed(failure)) => failure,
            Some(Ended::Skipped(failure)) => skipped(failure),
            None => match self.cause_before_the_end(guard, aside, output) {
                Some(failure) => skipped(failure),
                None => self.unreached(),
            },
        })
    }

    /// The failure that would have kept a task from running which a stopped run did not come to.
    fn cause_before_the_end(&self, guard: &Guard, aside: &Aside, task: u32) -> Option<Error> {
        let causes = guard.causes.get_or_init(|| {
            let mut causes = vec![NONE; self.plan.len() as usize];
            for task in 0..self.plan.len() {
                let caught = self.plan.caught(task);
                let inherited = || self.plan.dependencies(task)[caught..].iter().map(|&input| causes[input as usize]);
                let cause =
                    if aside.ended(task).is_some() { Some(task) } else { inherited().find(|&cause| cause != NONE) };
                causes[task as usize] = cause.unwrap_or(NONE);
            }
            causes
        });
        match causes[task as usize] {
            // It has failed meanwhile: a body was still under way.
            NONE => None,
            cause if cause == task => None,
            cause => aside.failure(cause),
        }
    }

    /// An attempt was given up without an end: the run is over.
    pub(super) fn attempt_gone(&self, task: u32) {
        if self.guard.is_some() {
            self.give_back(task, self.gates(task));
        }
    }

    /// The value of a body that has failed all the same, because its time was up, is dropped.
    pub(super) fn drop_late_value(&self, task: u32) {
        if let Some(aside) = self.aside() {
            // It was never put on the scales.
            aside.take_weight(task);
        }
        // SAFETY: the task has failed, so nobody uses its slot but its body, which has ended; and the run is not taken
        // apart while a body is under way.
        quietly(|| unsafe { self.plan.order.revoke(&self.slots, task) });
    }

    /// Of what a stopped run did not come to.
    fn unreached(&self) -> Error {
        let failure = self.lock().failure.clone();
        match failure {
            // Of the run itself.
            Some(failure) if failure.task().is_empty() => failure,
            Some(failure) => {
                let text = format!("this was not reached: the run stopped when {failure}");
                Error::of_run(ErrorKind::Cancelled, self.location, text)
            }
            None => Error::of_run(ErrorKind::Cancelled, self.location, "the run was cancelled"),
        }
    }

    /// Has a task tried again after a time.
    pub(super) fn try_again_after(self: &Arc<Self>, task: u32, delay: Duration) {
        let core = Arc::downgrade(self);
        timer::after(delay, move || {
            if let Some(core) = core.upgrade() {
                core.queue(task);
            }
        })
        .leave();
    }

    /// A task goes to the run's queue.
    pub(super) fn queue(self: &Arc<Self>, task: u32) {
        if let Some(scheduler) = self.scheduler.get()
            && !self.stopped.load(Ordering::Relaxed)
        {
            scheduler.put_back(&scheduler.no_seat(), task);
            self.call_for_help();
        }
    }
}

/// After which time a task that has failed is tried again, if it is.
fn tries_again(policy: &Policy, attempts: u32, cause: &Cause) -> Option<Duration> {
    // A blocking body goes on when its time is up: it must not run twice at once.
    let goes_on = policy.is_blocking && cause.kind() == ErrorKind::TimedOut;
    let again = attempts <= policy.retries && !cause.is_final() && !goes_on;
    again.then(|| jitter(backoff(policy.backoff, attempts)))
}

/// The longest wait before another attempt: doubled each time.
fn backoff(first: Duration, attempts: u32) -> Duration {
    let doubled = 2_u32.checked_pow(attempts.saturating_sub(1)).and_then(|times| first.checked_mul(times));
    doubled.unwrap_or(Duration::MAX).min(LONGEST_BACKOFF.max(first))
}

/// A random time up to this one, so that tasks which failed together do not come back together.
fn jitter(longest: Duration) -> Duration {
    if longest.is_zero() {
        return longest;
    }
    let random = RandomState::new().hash_one(0_u8) >> 11;
    longest.mul_f64(random as f64 / (1_u64 << 53) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backoff_doubles_up_to_a_minute() {
        let second = Duration::from_secs(1);
        let all: Vec<u64> = [1, 2, 3, 6, 7, 8, 40, u32::MAX].map(|n| backoff(second, n).as_secs()).into();
        assert_eq!(all, [1, 2, 4, 32, 60, 60, 60, 60]);
        assert_eq!(backoff(second * 90, 3), second * 90);
        assert_eq!(backoff(Duration::ZERO, 3), Duration::ZERO);
    }

    #[test]
    fn jitter_is_anywhere_below() {
        let second = Duration::from_secs(1);
        let all: Vec<Duration> = (0..200).map(|_| jitter(second)).collect();
        assert!(all.iter().all(|&time| time <= second));
        assert!(all.iter().any(|&time| time < second / 4) && all.iter().any(|&time| time > second * 3 / 4));
    }
}
