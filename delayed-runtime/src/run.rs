//! One run: its values, its tasks under way, its end.
//!
//! # Who takes part
//! Threads that work on the run's sync tasks (`attached`), async tasks that tokio polls (`in_flight`), and the owner:
//! the caller of `compute`, or the [`Run`] future. Every participant holds an `Arc` of the run.
//!
//! # How it ends
//! 1. Complete: the last output has finished. No task is under way then, since all are dependencies of outputs, and
//!    nobody but the owner touches values or nodes any more.
//! 2. Stopped, by the first failure or by the owner's going away: no task starts, async ones are dropped at their
//!    next await, sync ones finish. It is over once nobody is attached and nothing in flight.
//! 3. The owner takes the run apart once it is over. If the owner has gone away, the last participant does, by
//!    dropping its `Arc`.
#![expect(unsafe_code, reason = "running tasks and taking the run apart rest on the rules above")]

use std::any::Any;
use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, Location, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering, fence};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread::Thread;

use ahash::AHashMap;
use tokio::runtime::Handle;
use tokio::task::AbortHandle;

use crate::error::{Cause, Error, ErrorKind};
use crate::host::{self, Caller};
use crate::node::{Kind, Outcome, Slots, TaskFuture, Use, kind};
use crate::plan::{Owned, Plan};
use crate::runtime::Runtime;
use crate::scheduler::Scheduler;
use crate::shape::{Fetch, Outputs, Shape};
use crate::worker::{self, Inside, Pool};

/// A run without the types of its outputs.
pub(crate) struct Core {
    plan: Plan,
    slots: Slots,
    owned: Owned,
    mode: Mode,
    pool: Arc<Pool>,
    /// Where async tasks are polled; set when the run starts, if it has any.
    host: OnceLock<Handle>,
    /// The span in which the run was asked for, if spans of tasks are wanted.
    span: Option<tracing::Span>,
    location: &'static Location<'static>,
    stopped: AtomicBool,
    control: Mutex<Control>,
    /// The thread of the owner, where that is one.
    owner: OnceLock<Thread>,
    /// The owner's thread is parked until there is something to do.
    owner_waits: AtomicBool,
}

/// How tasks are chosen.
enum Mode {
    /// The plan's order is the schedule: one thread, no counts. (Boxed: the scheduler is the larger one.)
    InOrder(Mutex<InOrder>),
    General(Box<Scheduler>),
}

/// How far a run in order has come.
#[derive(Default)]
struct InOrder {
    next: u32,
    /// The async task under way.
    future: Option<(u32, TaskFuture)>,
    done: bool,
}

#[derive(Default)]
struct Control {
    attached: usize,
    /// Async tasks that tokio has; `None` until its handle is known.
    in_flight: AHashMap<u32, Option<AbortHandle>>,
    failure: Option<Error>,
    complete: bool,
    /// The owner is a future that waits for the end.
    waker: Option<Waker>,
}

/// Why a thread stopped working on a run.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Left {
    /// Nothing is ready, or the run is over.
    Idle,
    /// Others want the thread's place.
    Yielded,
}

impl Core {
    /// Plans a run of these handles. Nothing starts.
    pub(crate) fn new(
        pool: Arc<Pool>,
        outputs: Outputs,
        location: &'static Location<'static>,
        alone: bool,
    ) -> Result<Core, Error> {
        let (roots, usages): (Vec<_>, Vec<Use>) =
            outputs.into_vec().into_iter().map(|output| (output.node, output.usage)).unzip();
        let plan = Plan::of(roots);
        let users = plan.users(location)?;
        let owned = plan.own(&users, &usages, location)?;
        let slots = Slots::new(users);
        let in_order = pool.is_sequential() || (alone && pool.workers() == 1 && !plan.has_async);
        let mode =
            if in_order { Mode::InOrder(Mutex::default()) } else { Mode::General(Box::new(Scheduler::new(&plan))) };
        let spans = tracing::span_enabled!(target: "delayed", tracing::Level::DEBUG, "task", name, location);
        let core = Core {
            plan,
            slots,
            owned,
            mode,
            pool,
            host: OnceLock::new(),
            span: spans.then(tracing::Span::current),
            location,
            stopped: AtomicBool::new(false),
            control: Mutex::default(),
            owner: OnceLock::new(),
            owner_waits: AtomicBool::new(false),
        };
        Ok(core)
    }

    /// Makes ready for the first task: finds the host, puts data into its slots.
    pub(crate) fn start(&self, host: Option<Handle>) -> Result<(), Error> {
        if self.plan.has_async {
            let host = match host {
                Some(host) => host,
                None => host::standard().map_err(|error| {
                    let text = format!("no tokio runtime could be made for async tasks: {error}");
                    Error::of_run(ErrorKind::Runtime, self.location, text)
                })?,
            };
            let _ = self.host.set(host);
        }
        for number in 0..self.plan.len() {
            if self.plan.order.node(number).kind() == Kind::Data {
                // SAFETY: data has no dependencies, and this runs once, before any task.
                unsafe { self.run_node(number) };
            }
        }
        let complete = match &self.mode {
            Mode::General(scheduler) => scheduler.is_complete(),
            Mode::InOrder(_) => false,
        };
        if complete {
            self.lock().complete = true;
        }
        Ok(())
    }

    /// Starts the async tasks that need nothing on the calling thread, which is inside their host: they are all under
    /// way before it returns to tokio.
    fn launch_sources(self: &Arc<Self>) {
        let Mode::General(scheduler) = &self.mode else { return };
        if !self.plan.has_async {
            return;
        }
        for task in scheduler.next_all() {
            let mut next = Some(task);
            while let Some(task) = next.take() {
                if self.plan.order.node(task).work_kind() == Kind::Async && !self.stopped.load(Ordering::SeqCst) {
                    next = self.execute(scheduler, task);
                } else {
                    scheduler.put_back(task);
                }
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Control> {
        self.control.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether some thread could work on the run at this moment.
    pub(crate) fn has_work(&self) -> bool {
        if self.stopped.load(Ordering::SeqCst) {
            return false;
        }
        match &self.mode {
            Mode::General(scheduler) => scheduler.has_ready(),
            Mode::InOrder(state) => state.try_lock().is_ok_and(|state| !state.done),
        }
    }

    pub(crate) fn is_over(&self) -> bool {
        let control = self.lock();
        self.over(&control)
    }

    fn over(&self, control: &Control) -> bool {
        control.complete
            || (self.stopped.load(Ordering::SeqCst) && control.attached == 0 && control.in_flight.is_empty())
    }

    pub(crate) fn pool(&self) -> &Arc<Pool> {
        &self.pool
    }

    /// Lets the thread work on the run until nothing is ready; false if the run takes nobody any more.
    pub(crate) fn attach(&self) -> bool {
        let mut control = self.lock();
        let open = !control.complete && !self.stopped.load(Ordering::SeqCst);
        control.attached += usize::from(open);
        open
    }

    pub(crate) fn detach(&self) {
        let mut control = self.lock();
        control.attached -= 1;
        self.announce(control);
    }

    /// Tells the owner if the run is over.
    fn announce(&self, mut control: MutexGuard<'_, Control>) {
        if self.over(&control) {
            let waker = control.waker.take();
            drop(control);
            self.unpark_owner();
            if let Some(waker) = waker {
                waker.wake();
            }
        }
    }

    /// Works on the run's tasks. The thread is attached, and holds a place of the pool.
    pub(crate) fn work(self: &Arc<Self>, slice: &mut worker::Slice) -> Left {
        match &self.mode {
            Mode::InOrder(state) => {
                let Ok(mut state) = state.try_lock() else { return Left::Idle };
                let mut cx = Context::from_waker(Waker::noop());
                self.work_in_order(&mut state, &mut cx, Some(slice))
            }
            Mode::General(scheduler) => {
                let mut next = None;
                loop {
                    if self.stopped.load(Ordering::Relaxed) {
                        return Left::Idle;
                    }
                    if self.pool.is_wanted() && slice.is_over() {
                        if let Some(task) = next {
                            scheduler.put_back(task);
                        }
                        return Left::Yielded;
                    }
                    let task = match next.take() {
                        Some(task) => task,
                        None => match scheduler.next() {
                            Some(task) => {
                                if scheduler.has_ready() {
                                    self.call_for_help();
                                }
                                task
                            }
                            None => return Left::Idle,
                        },
                    };
                    next = self.execute(scheduler, task);
                }
            }
        }
    }

    /// Runs tasks in the plan's order until one is pending or none is left.
    fn work_in_order(&self, state: &mut InOrder, cx: &mut Context<'_>, mut slice: Option<&mut worker::Slice>) -> Left {
        let _inside = Inside::sync_tasks();
        while !self.stopped.load(Ordering::Relaxed) {
            if let Some((task, future)) = &mut state.future {
                let polled = self.poll(*task, future, cx);
                let Poll::Ready(result) = polled else { return Left::Idle };
                let task = *task;
                state.future = None;
                if let Err(cause) = result {
                    self.fail(task, cause);
                }
                continue;
            }
            if slice.as_mut().is_some_and(|slice| self.pool.is_wanted() && slice.is_over()) {
                return Left::Yielded;
            }
            if state.next == self.plan.len() {
                state.done = true;
                let mut control = self.lock();
                control.complete = true;
                self.announce(control);
                return Left::Idle;
            }
            let task = state.next;
            state.next += 1;
            if self.plan.order.node(task).kind() == Kind::Data {
                continue;
            }
            match self.call(task) {
                Ok(None) => {}
                Ok(Some(future)) => state.future = Some((task, future)),
                Err(cause) => self.fail(task, cause),
            }
        }
        state.done = true;
        state.future = None;
        Left::Idle
    }

    /// Runs one task of the general mode; returns the one to go on with.
    fn execute(self: &Arc<Self>, scheduler: &Scheduler, task: u32) -> Option<u32> {
        match self.call(task) {
            Ok(None) => self.finished(scheduler, task),
            Ok(Some(future)) => self.launch(scheduler, task, future),
            Err(cause) => {
                self.fail(task, cause);
                None
            }
        }
    }

    /// A task's value is in its slot.
    fn finished(self: &Arc<Self>, scheduler: &Scheduler, task: u32) -> Option<u32> {
        let after = scheduler.finished(task);
        if after.complete {
            let mut control = self.lock();
            control.complete = true;
            self.announce(control);
        } else if after.queued > 0 {
            self.call_for_help();
        }
        after.next
    }

    /// The queue has a task that nobody is sure to take.
    fn call_for_help(self: &Arc<Self>) {
        // Pairs with the fence in `wait`: either the owner sees the task, or we see that it waits.
        fence(Ordering::SeqCst);
        if self.owner_waits.load(Ordering::SeqCst) {
            self.unpark_owner();
        }
        self.pool.wake(self);
    }

    pub(crate) fn set_owner(&self, thread: Thread) {
        let _ = self.owner.set(thread);
    }

    fn unpark_owner(&self) {
        if let Some(owner) = self.owner.get() {
            owner.unpark();
        }
    }

    /// Parks the owner's thread until there is something to do or the run is over.
    pub(crate) fn wait(&self) {
        self.owner_waits.store(true, Ordering::SeqCst);
        // Pairs with the fence in `call_for_help`.
        fence(Ordering::SeqCst);
        while !self.is_over() && !self.has_work() {
            std::thread::park();
        }
        self.owner_waits.store(false, Ordering::SeqCst);
    }

    /// Calls a task's body; a future comes back if it is async.
    fn call(&self, task: u32) -> Result<Option<TaskFuture>, Cause> {
        let run = || {
            // SAFETY: the scheduler gives a task out once, after its dependencies (its rule 1), and a run in order
            // follows a topological order. Whoever calls is attached or polls for the run, so holds an `Arc` of it.
            unsafe { self.run_node(task) }
        };
        let outcome = match &self.span {
            None => run(),
            Some(parent) => self.task_span(task, parent).in_scope(run),
        };
        match outcome {
            Outcome::Done => Ok(None),
            Outcome::Later(future) => Ok(Some(future)),
            Outcome::Failed(cause) => Err(cause),
        }
    }

    fn task_span(&self, task: u32, parent: &tracing::Span) -> tracing::Span {
        let node = self.plan.order.node(task);
        tracing::debug_span!(target: "delayed", parent: parent, "task", name = %node.name(), location = %node.location())
    }

    /// # Safety
    /// As [`kind::run`].
    unsafe fn run_node(&self, task: u32) -> Outcome {
        let edges = self.plan.value_edges(task);
        let caught = catch_unwind(AssertUnwindSafe(|| {
            // SAFETY: passed on; `owned` was computed from the counts of references.
            unsafe { kind::run(&self.plan.order, &self.slots, edges, task, self.owned.is_sole(task)) }
        }));
        caught.unwrap_or_else(|payload| Outcome::Failed(panicked(payload)))
    }

    /// Polls an async task within tokio's context.
    fn poll(&self, task: u32, future: &mut TaskFuture, cx: &mut Context<'_>) -> Poll<Result<(), Cause>> {
        let _entered = self.host.get().map(Handle::enter);
        let _async = Inside::async_task();
        let mut poll = || match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))) {
            Ok(poll) => poll,
            Err(payload) => Poll::Ready(Err(panicked(payload))),
        };
        match &self.span {
            None => poll(),
            Some(parent) => self.task_span(task, parent).in_scope(poll),
        }
    }

    /// Starts an async task: polls it here once, and hands it to tokio if it is pending.
    fn launch(self: &Arc<Self>, scheduler: &Scheduler, task: u32, mut future: TaskFuture) -> Option<u32> {
        let mut cx = Context::from_waker(Waker::noop());
        match self.poll(task, &mut future, &mut cx) {
            Poll::Ready(result) => {
                // What the future holds of the run goes before the task counts as finished.
                let result = drop_future(future, result);
                match result {
                    Ok(()) => self.finished(scheduler, task),
                    Err(cause) => {
                        self.fail(task, cause);
                        None
                    }
                }
            }
            Poll::Pending => {
                self.spawn(task, future);
                None
            }
        }
    }

    fn spawn(self: &Arc<Self>, task: u32, future: TaskFuture) {
        self.lock().in_flight.insert(task, None);
        let flight = InFlight { future: Some(future), task, core: self.clone() };
        let host = self.host.get().expect("a run with async tasks starts with a host");
        let abort = host.spawn(flight).abort_handle();
        let mut control = self.lock();
        if let Some(place) = control.in_flight.get_mut(&task) {
            *place = Some(abort.clone());
            if self.stopped.load(Ordering::SeqCst) {
                drop(control);
                abort.abort();
            }
        }
    }

    /// An async task has left tokio: finished, failed or dropped.
    fn landed(&self, task: u32) {
        let mut control = self.lock();
        control.in_flight.remove(&task);
        self.announce(control);
    }

    /// A task failed: the first failure is the run's.
    fn fail(&self, task: u32, cause: Cause) {
        let node = self.plan.order.node(task);
        let first = {
            let control = self.lock();
            control.failure.is_none()
        };
        // The path is looked for without the lock: it takes as long as the plan is large.
        let error = first.then(|| Error::of_task(node.name(), node.location(), self.plan.path(task), cause));
        if let Some(error) = error {
            self.lock().failure.get_or_insert(error);
        }
        self.stop();
    }

    /// No task starts any more; async ones are dropped at their next await.
    pub(crate) fn stop(&self) {
        let control = self.lock();
        self.stopped.store(true, Ordering::SeqCst);
        let aborts: Vec<AbortHandle> = control.in_flight.values().flatten().cloned().collect();
        self.announce(control);
        for abort in aborts {
            abort.abort();
        }
        self.pool.retire(self);
    }

    /// The failure of a run that is over.
    fn failure(&self) -> Option<Error> {
        let control = self.lock();
        if control.complete {
            return None;
        }
        let cancelled = || Error::of_run(ErrorKind::Cancelled, self.location, "the run was cancelled");
        Some(control.failure.clone().unwrap_or_else(cancelled))
    }

    /// The values of a run that is over, in its shape; takes the run apart.
    fn fetch<S: Shape>(&self, plan: S::Plan) -> Result<S::Output, Error> {
        let made = match self.failure() {
            Some(error) => Err(error),
            None => {
                // A destructor or clone of the user's may panic; the run is taken apart all the same.
                let get = || S::get(plan, &mut Fetch::of_run(&self.plan.order, &self.slots, &self.plan.outputs));
                match catch_unwind(AssertUnwindSafe(get)) {
                    Ok(got) => got,
                    Err(payload) => {
                        self.take_apart();
                        resume_unwind(payload);
                    }
                }
            }
        };
        self.take_apart();
        made
    }

    fn take_apart(&self) {
        debug_assert!(self.is_over(), "a run is taken apart when it is over");
        // SAFETY: the run is over, so no task is under way and none will start (ends 1 and 2); only the owner calls
        // this, after the last output was asked for, and nobody else touches values or nodes.
        unsafe { self.plan.order.take_apart(&self.slots) };
    }
}

impl Drop for Core {
    fn drop(&mut self) {
        // End 3. If the owner did it, there is nothing left to do.
        if let Mode::InOrder(state) = &mut self.mode {
            state.get_mut().unwrap_or_else(PoisonError::into_inner).future = None;
        }
        // SAFETY: the last `Arc` is gone, and with it every participant.
        unsafe { self.plan.order.take_apart(&self.slots) };
    }
}

/// The cause of a failure by panic. The payload is dropped here, whose destructor may panic in turn.
fn panicked(payload: Box<dyn Any + Send>) -> Cause {
    let cause = Cause::panicked(&*payload);
    if let Err(next) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        std::mem::forget(next);
    }
    cause
}

/// Drops a future that is done; a panic of a destructor in it is the task's failure.
fn drop_future(future: TaskFuture, result: Result<(), Cause>) -> Result<(), Cause> {
    match catch_unwind(AssertUnwindSafe(|| drop(future))) {
        Ok(()) => result,
        Err(payload) => result.and(Err(panicked(payload))),
    }
}

/// An async task that tokio polls, and then its async successors.
struct InFlight {
    future: Option<TaskFuture>,
    task: u32,
    core: Arc<Core>,
}

impl Future for InFlight {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        let core = this.core.clone();
        let Mode::General(scheduler) = &core.mode else { return Poll::Ready(()) };
        loop {
            let Some(future) = &mut this.future else { return Poll::Ready(()) };
            let Poll::Ready(result) = core.poll(this.task, future, cx) else { return Poll::Pending };
            let Some(future) = this.future.take() else { return Poll::Ready(()) };
            let task = this.task;
            let next = match drop_future(future, result) {
                Ok(()) => core.finished(scheduler, task),
                Err(cause) => {
                    core.fail(task, cause);
                    None
                }
            };
            let Some(next) = next else {
                core.landed(task);
                return Poll::Ready(());
            };
            let is_async = core.plan.order.node(next).work_kind() == Kind::Async;
            if !is_async || core.stopped.load(Ordering::SeqCst) {
                scheduler.put_back(next);
                core.call_for_help();
                core.landed(task);
                return Poll::Ready(());
            }
            match core.call(next) {
                Ok(Some(future)) => {
                    this.future = Some(future);
                    this.task = next;
                    let mut control = core.lock();
                    let abort = control.in_flight.remove(&task).flatten();
                    control.in_flight.insert(next, abort);
                }
                Ok(None) => unreachable!("the body of an async task is a future"),
                Err(cause) => {
                    core.fail(next, cause);
                    core.landed(task);
                    return Poll::Ready(());
                }
            }
        }
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        // Still there: dropped by an abort, or by a host that shuts down.
        if let Some(future) = self.future.take() {
            if let Err(cause) = drop_future(future, Ok(())) {
                self.core.fail(self.task, cause);
            }
            if !self.core.stopped.load(Ordering::SeqCst) {
                let text = "the tokio runtime that polled the run's async tasks shut down";
                let error = Error::of_run(ErrorKind::Cancelled, self.core.location, text);
                self.core.lock().failure.get_or_insert(error);
                self.core.stop();
            }
            self.core.landed(self.task);
        }
    }
}

/// A computation under way, as a future: what awaiting a [`Delayed`](crate::Delayed) gives, and
/// [`Runtime::compute_async`].
///
/// Dropping it cancels the run: async tasks are dropped at their await point, sync ones finish their body and their
/// value is dropped.
///
/// # Examples
/// ```
/// # futures::executor::block_on(async {
/// use std::future::IntoFuture;
///
/// let run = delayed_runtime::value(1).map(|x| x + 1).into_future();
/// assert_eq!(run.await?, 2);
/// # Ok::<(), delayed_runtime::Error>(())
/// # }).unwrap();
/// ```
#[must_use = "a run does nothing until it is awaited, and dropping it cancels it"]
pub struct Run<T> {
    state: State<T>,
    marker: PhantomData<fn() -> T>,
}

enum State<T> {
    /// Refused before it began.
    Refused(Error),
    Going {
        core: Arc<Core>,
        started: bool,
        fetch: Box<dyn FnOnce(&Core) -> Result<T, Error> + Send>,
    },
    Done,
}

impl<T: 'static> Run<T> {
    /// A run that starts when it is first polled.
    #[track_caller]
    pub(crate) fn awaited<S: Shape<Output = T>>(runtime: Result<&Runtime, Error>, shape: S) -> Run<T> {
        let location = Location::caller();
        let planned = runtime.and_then(|runtime| {
            let mut outputs = Outputs::default();
            let plan = shape.plan(&mut outputs);
            let core = Core::new(runtime.pool().clone(), outputs, location, false)?;
            Ok((core, plan))
        });
        let state = match planned {
            Err(error) => State::Refused(error),
            Ok((core, plan)) => State::Going {
                core: Arc::new(core),
                started: false,
                fetch: Box::new(move |core| core.fetch::<S>(plan)),
            },
        };
        Run { state, marker: PhantomData }
    }
}

impl<T> Future for Run<T> {
    type Output = Result<T, Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        match &mut this.state {
            State::Done => {
                let text = "this run was awaited to its end already";
                Poll::Ready(Err(Error::of_settings(text)))
            }
            State::Refused(_) => match std::mem::replace(&mut this.state, State::Done) {
                State::Refused(error) => Poll::Ready(Err(error)),
                _ => unreachable!("matched just now"),
            },
            State::Going { core, started, .. } => {
                if !*started {
                    *started = true;
                    if let Err(error) = core.start(Caller::current().into_handle()) {
                        this.state = State::Done;
                        return Poll::Ready(Err(error));
                    }
                    core.launch_sources();
                    core.pool.submit(core);
                }
                if let Mode::InOrder(state) = &core.mode
                    && core.pool.is_sequential()
                    && let Ok(mut state) = state.try_lock()
                {
                    core.work_in_order(&mut state, cx, None);
                }
                let mut control = core.lock();
                if !core.over(&control) {
                    control.waker = Some(cx.waker().clone());
                    return Poll::Pending;
                }
                drop(control);
                match std::mem::replace(&mut this.state, State::Done) {
                    State::Going { core, fetch, .. } => {
                        core.pool.retire(&core);
                        Poll::Ready(fetch(&core))
                    }
                    _ => unreachable!("matched just now"),
                }
            }
        }
    }
}

impl<T> Drop for Run<T> {
    fn drop(&mut self) {
        if let State::Going { core, .. } = &self.state {
            core.stop();
        }
    }
}

impl<T> fmt::Debug for Run<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match &self.state {
            State::Refused(_) => "refused",
            State::Going { started: false, .. } => "not started",
            State::Going { .. } => "under way",
            State::Done => "done",
        };
        f.debug_struct("Run").field("state", &state).finish_non_exhaustive()
    }
}

/// Computes a shape on the calling thread, with the pool's help.
pub(crate) fn compute<S: Shape>(
    runtime: &Runtime,
    shape: S,
    location: &'static Location<'static>,
) -> Result<S::Output, Error> {
    let tokio = Caller::current();
    let in_sync_task = Inside::current() == Inside::SyncTask;
    if !in_sync_task && matches!(tokio, Caller::CurrentThread(_)) {
        let text = "`compute()` would block a current-thread tokio runtime; write `.await` on the handle, or `compute_async(..).await`";
        return Err(Error::of_run(ErrorKind::Runtime, location, text));
    }
    let mut outputs = Outputs::default();
    let plan = shape.plan(&mut outputs);
    let core = Arc::new(Core::new(runtime.pool().clone(), outputs, location, true)?);
    // A task's own thread may be inside a host that nobody drives any more when the caller of the outer run has gone;
    // a multi-thread host drives itself.
    let host = match tokio {
        Caller::MultiThread(handle) => Some(handle),
        Caller::Outside | Caller::CurrentThread(_) => None,
    };
    core.start(host.clone())?;
    let drive = || worker::drive(&core);
    if host.is_some() && !in_sync_task {
        tokio::task::block_in_place(drive);
    } else {
        drive();
    }
    core.fetch::<S>(plan)
}

impl Core {
    /// Drives a run of a sequential runtime on the calling thread to its end, sleeping while an async task is pending.
    pub(crate) fn drive_alone(self: &Arc<Self>) {
        let Mode::InOrder(state) = &self.mode else { return };
        let parker = Arc::new(Parker(std::thread::current(), AtomicBool::new(false)));
        let waker = Waker::from(parker.clone());
        let mut cx = Context::from_waker(&waker);
        while !self.is_over() {
            let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
            self.work_in_order(&mut state, &mut cx, None);
            let pending = state.future.is_some();
            drop(state);
            while pending && !parker.1.swap(false, Ordering::AcqRel) {
                std::thread::park();
            }
        }
    }
}

/// Wakes the thread that drives a run alone.
struct Parker(std::thread::Thread, AtomicBool);

impl std::task::Wake for Parker {
    fn wake(self: Arc<Self>) {
        self.1.store(true, Ordering::Release);
        self.0.unpark();
    }
}
