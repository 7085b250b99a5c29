//! How one task runs: `.retries`, `.timeout`, `.limit`, `.priority`.

use std::borrow::Cow;
use std::time::Duration;

use crate::delayed::Delayed;
use crate::node::Kind;
use crate::policy::Changes;
use crate::value::Value;

impl<T: Value> Delayed<T> {
    /// Tries the task up to `n` more times when it fails: by an `Err`, a panic or a timeout. It keeps its inputs until
    /// it has ended, and clones what it takes by value.
    ///
    /// On a handle with one owner this edits the task, and on a shared one it gives a new task round the same work, as
    /// [`after`](Self::after) does. On a [`value`](crate::value) it means nothing. A backoff, and which errors are worth
    /// another try, are said with the function: `#[delayed(retries = 3, backoff = "100ms", retry_if = is_transient)]`.
    ///
    /// # Errors
    /// The run is refused before it starts if an input can be neither kept nor cloned: `#[take]`n, say; or if the handle
    /// is no task's, but of a `zip`, an `or`, a part of a value or the like.
    ///
    /// # Examples
    /// ```
    /// use std::sync::atomic::{AtomicU32, Ordering};
    /// use delayed_runtime::{CallByValue as _, delayed};
    ///
    /// static CALLS: AtomicU32 = AtomicU32::new(0);
    /// let flaky = delayed(|x: i32| match CALLS.fetch_add(1, Ordering::Relaxed) {
    ///     0 | 1 => Err("busy"),
    ///     _ => Ok(x),
    /// });
    /// assert_eq!(flaky.try_call((7,)).retries(2).compute()?, 7);
    /// assert_eq!(CALLS.load(Ordering::Relaxed), 3);
    /// # Ok::<(), delayed_runtime::Error>(())
    /// ```
    #[track_caller]
    pub fn retries(self, n: u32) -> Self {
        self.changed(|changes| changes.retries = Some(n))
    }

    /// How long each attempt of the task may take: of an async task, whose future is dropped then, and of a `blocking`
    /// one, whose body goes on, and its value is dropped when it ends. See [`retries`](Self::retries) for shared
    /// handles.
    ///
    /// # Errors
    /// A run with a timeout on any other task is refused before it starts: nothing could interrupt that.
    ///
    /// # Examples
    /// ```
    /// use std::time::Duration;
    /// use delayed_runtime::{CallAsync, ErrorKind, delayed_async};
    ///
    /// let hang = delayed_async(|()| std::future::pending::<()>());
    /// let error = hang.call(((),)).timeout(Duration::from_millis(10)).compute().unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::TimedOut);
    /// ```
    #[track_caller]
    pub fn timeout(self, time: Duration) -> Self {
        self.changed(|changes| changes.timeout = Some(time))
    }

    /// The task counts against a [limit](crate::Builder::limit) of the runtime. See [`retries`](Self::retries) for
    /// shared handles.
    ///
    /// # Errors
    /// A run on a runtime that does not set the limit is refused before it starts.
    ///
    /// # Examples
    /// ```
    /// use delayed_runtime::{Runtime, value};
    ///
    /// let row = value(1).map(|id| id + 1).limit("db");
    /// assert!(row.clone().compute().is_err());
    /// assert_eq!(Runtime::builder().limit("db", 8).build()?.compute(row)?, 2);
    /// # Ok::<(), delayed_runtime::Error>(())
    /// ```
    #[track_caller]
    pub fn limit(self, name: impl Into<Cow<'static, str>>) -> Self {
        let name = name.into();
        self.changed(|changes| changes.limit = Some(name))
    }

    /// Which of several ready tasks comes first: the one with the higher priority, 0 without one. What the task needs
    /// has its priority too, if not a higher one. The order stays depth-first: a priority says which of two branches
    /// of the graph is begun first, and holds no more values alive. See [`retries`](Self::retries) for shared handles.
    ///
    /// # Examples
    /// ```
    /// use std::sync::Mutex;
    /// use delayed_runtime::{Runtime, value};
    ///
    /// static ORDER: Mutex<Vec<i32>> = Mutex::new(Vec::new());
    /// let task = |x| value(x).map(|x| ORDER.lock().unwrap().push(x));
    /// let runtime = Runtime::builder().workers(1).build()?;
    /// runtime.compute([task(1), task(2).priority(-1), task(3).priority(5)])?;
    /// assert_eq!(*ORDER.lock().unwrap(), [3, 1, 2]);
    /// # Ok::<(), delayed_runtime::Error>(())
    /// ```
    #[track_caller]
    pub fn priority(self, n: i32) -> Self {
        self.changed(|changes| changes.priority = Some(n))
    }

    #[track_caller]
    fn changed(self, change: impl FnOnce(&mut Changes)) -> Self {
        if self.node.get().work_kind() == Kind::Data {
            return self;
        }
        let mut handle = self.into_sole();
        handle.node.change(change);
        handle
    }
}
