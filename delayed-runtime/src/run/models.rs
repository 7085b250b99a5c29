//! Loom's models of whole runs: threads that sleep against work that appears, a run that ends against one that is
//! cancelled. The pool, its threads and the runs are the production ones; a thread that is not woken is a deadlock,
//! which loom reports.

mod ends;
mod limit;
mod sleep;

use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::task::{Context, Poll, Wake, Waker};

use super::{Core, Mode, Outputs, Owner};
use crate::delayed::{CallAsync, Delayed, delayed_async, value};
use crate::node::models::{Log, Seen};
use crate::runtime::Runtime;
use crate::shape::Shape;
use crate::sync::thread::Thread;
use crate::sync::{Condvar, Mutex, lock, model, thread};
use crate::worker::Pool;

/// Where so many tasks meet: each waits for all the others.
#[derive(Clone)]
struct Meeting(Arc<(Mutex<usize>, Condvar)>);

impl Meeting {
    fn of(tasks: usize) -> Meeting {
        Meeting(Arc::new((Mutex::new(tasks), Condvar::new())))
    }

    fn meet(&self) {
        let mut missing = lock(&self.0.0);
        *missing -= 1;
        self.0.1.notify_all();
        while *missing > 0 {
            missing = self.0.1.wait(missing).unwrap();
        }
    }

    /// Waits, without taking part, until somebody is there.
    fn wait_for_one(&self, of: usize) {
        let mut missing = lock(&self.0.0);
        while *missing == of {
            missing = self.0.1.wait(missing).unwrap();
        }
    }
}

fn runtime(workers: usize) -> Runtime {
    Runtime::builder().workers(workers).build().unwrap()
}

/// A run without its shape, as one is planned and started for an owner.
fn core<S: Shape>(pool: &Arc<Pool>, shape: S, owner: Owner) -> Arc<Core> {
    let mut outputs = Outputs::default();
    drop(shape.plan(&mut outputs));
    let core = Core::new(pool.clone(), outputs, owner, Mode::All, Location::caller()).unwrap();
    core.start(None).unwrap();
    core
}

/// The runtime is dropped, and its threads end.
fn end(pool: &Pool) {
    pool.close();
    thread::join_all();
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Waits for the end of a run whose owner is a future.
fn wait(core: &Core) {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    while core.poll_end(&mut Context::from_waker(&waker)).is_pending() {
        thread::park();
    }
}

/// Counts what loom does not need to see.
#[derive(Clone, Default)]
struct Count(Arc<AtomicUsize>);

impl Count {
    fn add(&self) {
        self.0.fetch_add(1, Relaxed);
    }

    fn get(&self) -> usize {
        self.0.load(Relaxed)
    }
}

/// A task that is counted.
fn counted(count: &Count) -> Delayed<u32> {
    let count = count.clone();
    value(1).map(move |x| {
        count.add();
        x
    })
}

/// A task that meets another.
fn meets(input: Delayed<u32>, meeting: &Meeting) -> Delayed<u32> {
    let meeting = meeting.clone();
    input.map(move |x| {
        meeting.meet();
        x + 1
    })
}

/// Two sources must run at the same time, so a thread must be started for the second.
#[test]
fn a_second_ready_task_gets_a_thread() {
    model(Some(3), || {
        let runtime = runtime(2);
        let meeting = Meeting::of(2);
        let both = (meets(value(0), &meeting), meets(value(1), &meeting));
        assert_eq!(runtime.compute(both).unwrap(), (1, 2));
    });
}

/// The same behind a task of its own: whoever finishes it must call for help.
#[test]
fn a_fan_out_gets_a_thread() {
    model(Some(3), || {
        let runtime = runtime(2);
        let meeting = Meeting::of(2);
        let top = value(0).map(|x: u32| x);
        let both = (meets(top.clone(), &meeting), meets(top, &meeting));
        assert_eq!(runtime.compute(both).unwrap(), (1, 1));
    });
}

/// The thread that was started for one run sleeps, and is woken for the next, or is still on its way to sleep.
#[test]
fn a_thread_that_sleeps_is_woken_for_the_next_run() {
    model(Some(2), || {
        let runtime = runtime(2);
        for _ in 0..2 {
            let meeting = Meeting::of(2);
            let both = (meets(value(0), &meeting), meets(value(1), &meeting));
            assert_eq!(runtime.compute(both).unwrap(), (1, 2));
        }
    });
}

/// The owner finds nothing, and must be told of the end, and of the last task, which another may have made ready.
#[test]
fn an_owner_that_waits_is_woken() {
    model(Some(2), || {
        let runtime = runtime(2);
        let meeting = Meeting::of(2);
        let one = meets(value(0), &meeting);
        let two = meets(value(1), &meeting).map(|x| x + 1).map(|x| x + 1);
        let sum = one.zip(two).map(|(one, two)| one + two);
        assert_eq!(runtime.compute(sum).unwrap(), 5);
    });
}

/// Two threads compute on one runtime with one place: the place goes round, and nobody is forgotten.
#[test]
fn one_place_for_two_runs() {
    model(Some(4), || {
        let runtime = Arc::new(runtime(1));
        let there = {
            let runtime = runtime.clone();
            thread::spawn(move || assert_eq!(runtime.compute(value(1).map(|x: u32| x + 1)).unwrap(), 2))
        };
        assert_eq!(runtime.compute(value(2).map(|x: u32| x + 1)).unwrap(), 3);
        there.join().unwrap();
    });
}

/// A task waits for a run of its own whose only task waits for the other task of the outer run: with one place, which
/// the waiting task gives away, and an outer run that had been in order until then.
#[test]
fn an_outer_run_goes_on_while_a_task_waits() {
    model(Some(4), || {
        let runtime = Arc::new(runtime(1));
        let meeting = Meeting::of(2);
        let inner = {
            let (runtime, meeting) = (runtime.clone(), meeting.clone());
            let other = Arc::new(Runtime::builder().workers(1).build().unwrap());
            value(0).map(move |x: u32| {
                let (meeting, other) = (meeting.clone(), other.clone());
                let _ = &runtime;
                let met = value(x).map(move |x| {
                    meeting.meet();
                    x + 1
                });
                other.compute(met).unwrap()
            })
        };
        let both = (inner, meets(value(1), &meeting));
        assert_eq!(runtime.compute(both).unwrap(), (1, 2));
    });
}

/// A value that is counted, and whose every use loom sees.
fn seen(log: &Arc<Log>) -> impl Fn(u32) -> Seen + Send + Sync + 'static {
    let log = log.clone();
    move |_| Seen::new(7, &log)
}

/// One source fails while the other makes a value: the error comes back, and the value is dropped once.
#[test]
fn a_failure_beside_a_finish() {
    model(Some(2), || {
        let log = Arc::new(Log::default());
        let runtime = runtime(2);
        let fails = value(0).map(|_: u32| Err::<u32, String>("no".into())).or_fail();
        let made = value(1).map(seen(&log)).map_ref(Seen::read);
        let error = runtime.compute((fails, made)).unwrap_err();
        assert_eq!(error.downcast_ref::<String>().map(String::as_str), Some("no"));
        drop(runtime);
        assert!(log.drops() <= 1);
    });
}

/// A run that is awaited is dropped while its tasks run: at whatever moment, what was made is dropped once.
#[test]
fn a_run_is_cancelled_against_its_end() {
    model(Some(4), || {
        let log = Arc::new(Log::default());
        let runtime = runtime(1);
        let mut run = Box::pin(runtime.compute_async(value(1).map(seen(&log)).map_ref(Seen::read)));
        let mut cx = Context::from_waker(Waker::noop());
        match run.as_mut().poll(&mut cx) {
            Poll::Ready(value) => assert_eq!(value.unwrap(), 7),
            Poll::Pending => {}
        }
        drop(run);
        drop(runtime);
        assert!(log.drops() <= 1);
    });
}

/// An async task that is woken by another thread, on a sequential runtime: the thread that polls it sees what was done
/// before the wake.
#[test]
fn a_woken_future_sees_what_was_done_before() {
    struct Woken {
        shared: Arc<(Mutex<Option<Waker>>, Seen)>,
        polled: bool,
    }
    impl Future for Woken {
        type Output = u32;

        fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<u32> {
            if std::mem::replace(&mut self.polled, true) {
                return Poll::Ready(self.shared.1.read());
            }
            *lock(&self.shared.0) = Some(cx.waker().clone());
            Poll::Pending
        }
    }
    // SAFETY: loom checks every access.
    unsafe impl Send for Woken {}

    model(None, || {
        let shared = Arc::new((Mutex::new(None::<Waker>), Seen::new(7, &Arc::default())));
        let there = {
            let shared = shared.clone();
            thread::spawn(move || {
                let waker = loop {
                    if let Some(waker) = lock(&shared.0).take() {
                        break waker;
                    }
                    thread::yield_now();
                };
                shared.1.change_shared();
                waker.wake();
            })
        };
        let task = delayed_async(move |_: u32| Woken { shared: shared.clone(), polled: false });
        assert_eq!(Runtime::sequential().compute(task.call((0,))).unwrap(), 107);
        there.join().unwrap();
    });
}
