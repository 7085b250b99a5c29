//! How a run ends (`run.rs`): exactly one end is seen, nobody touches values or nodes after it was taken apart, and
//! every value is dropped once.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use super::{Count, Meeting, Unpark, end, runtime};
use crate::delayed::{Delayed, value};
use crate::error::ErrorKind;
use crate::node::models::{Log, Seen};
use crate::run::Run;
use crate::sync::{model, thread};
use crate::worker::Pool;

/// The values of one model.
#[derive(Clone, Default)]
struct Values {
    made: Count,
    log: Arc<Log>,
}

impl Values {
    fn make(&self, content: u32) -> Seen {
        self.made.add();
        Seen::new(content, &self.log)
    }

    /// Data put in by the user, and a task on it that makes a value of its own.
    fn task(&self) -> Delayed<Seen> {
        let values = self.clone();
        value(self.make(1)).map_ref(move |seen| values.make(seen.read() + 1))
    }

    fn are_dropped(&self) {
        assert_eq!(self.made.get() + self.log.clones(), self.log.drops(), "every value is dropped once");
    }
}

/// Waits for a future.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(value) => return value,
            Poll::Pending => thread::park(),
        }
    }
}

/// Two outputs finish at once, on two threads: one completes the run, and the owner has both values.
#[test]
fn two_outputs_finish_together() {
    model(Some(1), || {
        let (values, meeting) = (Values::default(), Meeting::of(2));
        let runtime = Arc::new(runtime(2));
        let output = || {
            let (values, meeting) = (values.clone(), meeting.clone());
            values.clone().task().map_ref(move |seen| {
                meeting.meet();
                values.make(seen.read() + 1)
            })
        };
        let (first, second) = runtime.compute((output(), output())).unwrap();
        assert_eq!((first.read(), second.read()), (3, 3));
        drop((first, second));
        values.are_dropped();
        end(runtime.pool());
    });
}

/// One task fails while another finishes: the run ends once, with the failure.
#[test]
fn a_failure_against_a_task_that_finishes() {
    model(Some(2), || {
        let values = Values::default();
        let runtime = Arc::new(runtime(2));
        let fails = value(1).map(|_: u32| Err::<u32, String>("no".into())).or_fail();
        let failed = runtime.compute((fails, values.task(), values.task()));
        assert_eq!(failed.err().map(|error| error.kind()), Some(ErrorKind::Failed));
        end(runtime.pool());
        values.are_dropped();
    });
}

/// Two tasks fail at once: one failure is the run's.
#[test]
fn two_failures_at_once() {
    model(Some(2), || {
        let values = Values::default();
        let runtime = Arc::new(runtime(2));
        let meeting = Meeting::of(2);
        let fails = |text: &'static str| {
            let meeting = meeting.clone();
            let failing = values.task().map_ref(move |_| {
                meeting.meet();
                Err::<u32, String>(text.into())
            });
            failing.or_fail()
        };
        let error = runtime.compute((fails("here"), fails("there"))).unwrap_err();
        assert!(["here", "there"].contains(&error.downcast_ref::<String>().unwrap().as_str()));
        end(runtime.pool());
        values.are_dropped();
    });
}

/// The owner goes away while a thread of the pool finishes the run: whoever is last takes it apart.
#[test]
fn a_cancel_against_the_end() {
    model(Some(3), || {
        let values = Values::default();
        let pool = Pool::new(1, None);
        let mut run = Run::awaited(Ok(&pool), values.task());
        drop(Pin::new(&mut run).poll(&mut Context::from_waker(Waker::noop())));
        drop(run);
        end(&pool);
        values.are_dropped();
    });
}

/// The same, with the graph's handle dropped after it: nodes go with whoever has them last.
#[test]
fn a_cancel_and_a_handle_dropped_against_the_end() {
    model(Some(2), || {
        let values = Values::default();
        let pool = Pool::new(1, None);
        let task = values.task();
        let mut run = Run::awaited(Ok(&pool), task.clone());
        drop(Pin::new(&mut run).poll(&mut Context::from_waker(Waker::noop())));
        drop(run);
        drop(task);
        end(&pool);
        values.are_dropped();
    });
}

/// The owner is a future: it is woken when the run is over, and has the value.
#[test]
fn a_future_that_waits_against_the_end() {
    model(Some(3), || {
        let values = Values::default();
        let pool = Pool::new(1, None);
        let seen = block_on(Run::awaited(Ok(&pool), values.task())).unwrap();
        assert_eq!(seen.read(), 2);
        drop(seen);
        end(&pool);
        values.are_dropped();
    });
}

/// Two runs of one graph at once: they share its data.
#[test]
fn two_runs_of_one_graph() {
    model(Some(2), || {
        let values = Values::default();
        let runtime = Arc::new(runtime(1));
        let task = values.task();
        let there = {
            let (runtime, task) = (runtime.clone(), task.clone());
            thread::spawn(move || drop(runtime.compute(task).unwrap()))
        };
        drop(runtime.compute(task).unwrap());
        there.join().unwrap();
        values.are_dropped();
        end(runtime.pool());
    });
}
