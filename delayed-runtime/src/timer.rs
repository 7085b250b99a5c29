//! Alarms: something to be done at a time, by one thread for all runs. (No driver of the caller's tokio runtime is
//! asked for, and a run without async tasks has no host.)

#[cfg(not(any(delayed_loom, delayed_shuttle)))]
pub(crate) use clock::{Alarm, after, start};
#[cfg(any(delayed_loom, delayed_shuttle))]
pub(crate) use modelled::{Alarm, after, start};

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use crate::sync::atomic::{AtomicBool, Ordering};
use crate::sync::{Mutex, lock};

/// A time to wait for, from the first poll on.
pub(crate) struct Sleep {
    time: Duration,
    end: Arc<End>,
    alarm: Option<Alarm>,
}

#[derive(Default)]
struct End {
    is_there: AtomicBool,
    waker: Mutex<Option<Waker>>,
}

impl Sleep {
    pub(crate) fn new(time: Duration) -> Sleep {
        Sleep { time, end: Arc::default(), alarm: None }
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let before = lock(&self.end.waker).replace(cx.waker().clone());
        drop(before);
        if self.alarm.is_none() {
            let end = self.end.clone();
            let alarm = after(self.time, move || {
                end.is_there.store(true, Ordering::Release);
                let waker = lock(&end.waker).take();
                if let Some(waker) = waker {
                    waker.wake();
                }
            });
            self.alarm = Some(alarm);
        }
        // After the waker is there: whoever sets this looks for it afterwards.
        if self.end.is_there.load(Ordering::Acquire) { Poll::Ready(()) } else { Poll::Pending }
    }
}

/// What is to be done. It is done on the timer's thread, so it is short.
type Action = Box<dyn FnOnce() + Send>;

#[cfg(not(any(delayed_loom, delayed_shuttle)))]
mod clock {
    use std::collections::BTreeMap;
    use std::sync::{Condvar, Mutex, PoisonError};
    use std::time::{Duration, Instant};

    use super::Action;
    use crate::panic::quietly;
    use crate::sync::lock;

    /// The alarms that were not due yet, by their time, and in the order in which they were set.
    struct Timer {
        alarms: Mutex<Alarms>,
        /// The first alarm is another than before.
        changed: Condvar,
    }

    struct Alarms {
        waiting: BTreeMap<Key, Action>,
        set: u64,
        has_thread: bool,
    }

    type Key = (Instant, u64);

    static TIMER: Timer = Timer {
        alarms: Mutex::new(Alarms { waiting: BTreeMap::new(), set: 0, has_thread: false }),
        changed: Condvar::new(),
    };

    /// Something to be done; dropped before its time, it is not done.
    #[derive(Debug)]
    pub(crate) struct Alarm(Option<Key>);

    impl Alarm {
        /// Lets it be done whatever becomes of this.
        pub(crate) fn leave(mut self) {
            self.0 = None;
        }
    }

    impl Drop for Alarm {
        fn drop(&mut self) {
            if let Some(key) = self.0 {
                let action = lock(&TIMER.alarms).waiting.remove(&key);
                // Not under the lock: what it holds is its own affair.
                quietly(|| drop(action));
            }
        }
    }

    /// Makes sure that there is a thread for alarms.
    pub(crate) fn start() -> std::io::Result<()> {
        let mut alarms = lock(&TIMER.alarms);
        if !alarms.has_thread {
            std::thread::Builder::new().name("delayed-timer".to_owned()).spawn(run)?;
            alarms.has_thread = true;
        }
        Ok(())
    }

    /// Does something after a time; never, if that is beyond all clocks.
    pub(crate) fn after(time: Duration, action: impl FnOnce() + Send + 'static) -> Alarm {
        let Some(due) = Instant::now().checked_add(time) else { return Alarm(None) };
        let mut alarms = lock(&TIMER.alarms);
        alarms.set += 1;
        let key = (due, alarms.set);
        alarms.waiting.insert(key, Box::new(action));
        let is_first = alarms.waiting.first_key_value().is_some_and(|(first, _)| *first == key);
        drop(alarms);
        if is_first {
            TIMER.changed.notify_one();
        }
        Alarm(Some(key))
    }

    fn run() {
        let mut alarms = lock(&TIMER.alarms);
        loop {
            let now = Instant::now();
            let first = alarms.waiting.first_key_value().map(|(key, _)| key.0);
            match first {
                None => alarms = TIMER.changed.wait(alarms).unwrap_or_else(PoisonError::into_inner),
                Some(due) if due > now => {
                    let waited = TIMER.changed.wait_timeout(alarms, due - now);
                    alarms = waited.unwrap_or_else(PoisonError::into_inner).0;
                }
                Some(_) => {
                    let due = alarms.waiting.pop_first();
                    drop(alarms);
                    if let Some((_, action)) = due {
                        quietly(action);
                    }
                    alarms = lock(&TIMER.alarms);
                }
            }
        }
    }

    #[cfg(test)]
    mod tests {
        use std::sync::mpsc::channel;

        use super::*;

        #[test]
        fn alarms_go_off_in_the_order_of_their_times() {
            start().unwrap();
            let (sender, receiver) = channel();
            for millis in [60, 20, 40] {
                let sender = sender.clone();
                after(Duration::from_millis(millis), move || sender.send(millis).unwrap()).leave();
            }
            assert_eq!(receiver.iter().take(3).collect::<Vec<_>>(), [20, 40, 60]);
        }

        #[test]
        fn an_alarm_that_is_dropped_does_nothing_and_lets_go_of_what_it_held() {
            start().unwrap();
            let (sender, receiver) = channel::<()>();
            let held = sender.clone();
            let alarm = after(Duration::from_secs(3600), move || held.send(()).unwrap());
            drop((alarm, sender));
            assert!(receiver.recv().is_err());
        }

        #[test]
        fn an_alarm_beyond_all_clocks_is_none() {
            assert!(after(Duration::MAX, || unreachable!()).0.is_none());
        }
    }
}

/// Alarms of the model checkers: under shuttle one goes off at some moment of the schedule, or after the run; under
/// loom none does.
#[cfg(any(delayed_loom, delayed_shuttle))]
mod modelled {
    use std::sync::{Arc, Mutex};
    use std::time::Duration;

    use super::Action;

    pub(crate) struct Alarm(Arc<Mutex<Option<Action>>>, bool);

    impl Alarm {
        pub(crate) fn leave(mut self) {
            self.1 = true;
        }
    }

    impl Drop for Alarm {
        fn drop(&mut self) {
            if !self.1 {
                let action = self.0.lock().unwrap().take();
                drop(action);
            }
        }
    }

    pub(crate) fn start() -> std::io::Result<()> {
        Ok(())
    }

    pub(crate) fn after(_: Duration, action: impl FnOnce() + Send + 'static) -> Alarm {
        let alarm = Alarm(Arc::new(Mutex::new(Some(Box::new(action)))), false);
        #[cfg(delayed_shuttle)]
        {
            let waiting = alarm.0.clone();
            crate::sync::thread::spawn(move || {
                for _ in 0..shuttle::rand::Rng::gen_range(&mut shuttle::rand::thread_rng(), 0..20) {
                    crate::sync::thread::yield_now();
                }
                let action = waiting.lock().unwrap().take();
                if let Some(action) = action {
                    action();
                }
            });
        }
        alarm
    }
}
