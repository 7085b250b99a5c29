//! What was said of a task beside its body: how often it is tried, how long it may take, what it counts against.

use std::borrow::Cow;
use std::time::Duration;

/// What becomes of a run when a task fails.
///
/// # Examples
/// ```
/// use delayed_runtime::{OnFailure, Runtime, value};
///
/// let runtime = Runtime::builder().workers(1).on_failure(OnFailure::Continue).build()?;
/// let bad = value("x").map(|text| text.parse::<i32>()).or_fail();
/// let good = value("2").map(|text| text.parse::<i32>()).or_fail();
/// let (bad, good) = runtime.try_compute((bad, good));
/// assert!(bad.is_err());
/// assert_eq!(good?, 2);
/// # Ok::<(), delayed_runtime::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum OnFailure {
    /// No further task starts, async ones are dropped, and the first failure is returned.
    #[default]
    Stop,
    /// All that does not need what failed still runs.
    Continue,
}

/// How a task runs. Of a function for all its calls, changed by the methods of a handle for one.
#[derive(Clone, Debug)]
pub(crate) struct Policy {
    /// How many more times a task that failed is tried.
    pub(crate) retries: u32,
    /// How long to wait before the second attempt; twice as long before each further one.
    pub(crate) backoff: Duration,
    /// How long one attempt may take.
    pub(crate) timeout: Option<Duration>,
    /// The limit of the runtime's that the task counts against.
    pub(crate) limit: Option<Cow<'static, str>>,
    /// Which of several ready tasks comes first.
    pub(crate) priority: i32,
    /// The body may block for long.
    pub(crate) is_blocking: bool,
}

impl Policy {
    pub(crate) const NONE: Policy =
        Policy { retries: 0, backoff: Duration::ZERO, timeout: None, limit: None, priority: 0, is_blocking: false };

    /// Whether nothing was said.
    pub(crate) const fn is_none(&self) -> bool {
        self.retries == 0 && self.timeout.is_none() && self.limit.is_none() && self.priority == 0 && !self.is_blocking
    }
}

/// What the methods of a handle said of its task.
#[derive(Clone, Debug, Default)]
pub(crate) struct Changes {
    pub(crate) retries: Option<u32>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) limit: Option<Cow<'static, str>>,
    pub(crate) priority: Option<i32>,
}

impl Changes {
    /// A function's policy with these changes.
    pub(crate) fn apply(&self, policy: &Policy) -> Policy {
        Policy {
            retries: self.retries.unwrap_or(policy.retries),
            timeout: self.timeout.or(policy.timeout),
            limit: self.limit.clone().or_else(|| policy.limit.clone()),
            priority: self.priority.unwrap_or(policy.priority),
            ..*policy
        }
    }
}
