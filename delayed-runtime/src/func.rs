//! What the macro writes for a function: its parameters' patterns, its value, its body, its name.

use std::borrow::Cow;
use std::future::Future;
use std::time::Duration;

use crate::error::Made;
use crate::node::stored::{Pattern, Ready};
use crate::policy::Policy;

/// What is known of a function for all its calls.
#[derive(Debug)]
pub struct Info {
    name: Name,
    /// The names of the `#[take]` parameters, in order.
    takes: &'static [&'static str],
    /// Whether these are variables of a block, any of which may be taken.
    in_block: bool,
    /// Whether its tasks may record others.
    may_nest: bool,
    /// Whether no advice is given against a long task of it.
    may_be_giant: bool,
    /// How its tasks run.
    policy: Policy,
}

#[derive(Debug)]
enum Name {
    Written(&'static str),
    /// Read off a type's name, which no constant may do.
    OfType(fn() -> &'static str),
}

impl Info {
    /// A function of this name.
    pub const fn new(name: &'static str) -> Info {
        Info::named(Name::Written(name))
    }

    pub(crate) const fn of_type(name: fn() -> &'static str) -> Info {
        Info::named(Name::OfType(name))
    }

    const fn named(name: Name) -> Info {
        Info { name, takes: &[], in_block: false, may_nest: false, may_be_giant: false, policy: Policy::NONE }
    }

    /// Names the `#[take]` parameters.
    #[must_use]
    pub const fn takes(mut self, takes: &'static [&'static str]) -> Info {
        self.takes = takes;
        self
    }

    /// Names the variables that a task of a block uses by value.
    #[must_use]
    pub const fn moves(mut self, names: &'static [&'static str]) -> Info {
        self.takes = names;
        self.in_block = true;
        self
    }

    /// Its tasks may record others while they run, without advice against it.
    #[must_use]
    pub const fn may_nest(mut self) -> Info {
        self.may_nest = true;
        self
    }

    /// Its tasks may take most of a run, without advice against it.
    #[must_use]
    pub const fn may_be_giant(mut self) -> Info {
        self.may_be_giant = true;
        self
    }

    /// Its tasks are tried so many more times when they fail.
    #[must_use]
    pub const fn retries(mut self, retries: u32) -> Info {
        self.policy.retries = retries;
        self
    }

    /// Its tasks wait so many microseconds before they are tried a second time, and longer each time after.
    #[must_use]
    pub const fn backoff(mut self, micros: u64) -> Info {
        self.policy.backoff = Duration::from_micros(micros);
        self
    }

    /// Each attempt at one of its tasks may take so many microseconds.
    #[must_use]
    pub const fn timeout(mut self, micros: u64) -> Info {
        self.policy.timeout = Some(Duration::from_micros(micros));
        self
    }

    /// Its tasks count against this limit of the runtime's.
    #[must_use]
    pub const fn limit(mut self, name: &'static str) -> Info {
        // (No destructor runs in a constant.)
        std::mem::forget(self.policy.limit.replace(Cow::Borrowed(name)));
        self
    }

    /// Its tasks come before those of a lower priority.
    #[must_use]
    pub const fn priority(mut self, priority: i32) -> Info {
        self.policy.priority = priority;
        self
    }

    /// Its body may block for long.
    #[must_use]
    pub const fn blocking(mut self) -> Info {
        self.policy.is_blocking = true;
        self
    }

    pub(crate) const fn policy(&self) -> &Policy {
        &self.policy
    }

    pub(crate) fn is_allowed_to_be_giant(&self) -> bool {
        self.may_be_giant
    }

    pub(crate) fn is_allowed_to_nest(&self) -> bool {
        self.may_nest
    }

    pub(crate) fn is_in_block(&self) -> bool {
        self.in_block
    }

    pub(crate) fn name(&self) -> &'static str {
        match self.name {
            Name::Written(name) => name,
            Name::OfType(name) => name(),
        }
    }

    pub(crate) fn take_names(&self) -> &'static [&'static str] {
        self.takes
    }
}

/// How a value is cloned, where anybody knows.
pub type CloneFn<T> = Option<fn(&T) -> T>;

/// A synchronous function known by a type.
pub trait Func: Sized + 'static {
    /// The parameters' patterns, as a tuple.
    type P: Pattern;
    /// The task's value. That it is a [`Value`](crate::Value) is asked where the node is made, for the better message.
    type T: 'static;
    /// Its name, and so on.
    const INFO: Info;
    /// How a value is cloned, where it is `Clone`.
    const CLONE: CloneFn<Self::T>;
    /// Calls the body.
    fn call(ready: Ready<Self::P>) -> Made<Self::T>;
}

/// An asynchronous function known by a type.
pub trait AsyncFunc: Sized + 'static {
    /// The parameters' patterns, as a tuple.
    type P: Pattern;
    /// The task's value. That it is a [`Value`](crate::Value) is asked where the node is made, for the better message.
    type T: Send + 'static;
    /// Its name, and so on.
    const INFO: Info;
    /// How a value is cloned, where it is `Clone`.
    const CLONE: CloneFn<Self::T>;
    /// Calls the body.
    fn call(ready: Ready<Self::P>) -> impl Future<Output = Made<Self::T>> + Send + 'static;
}

/// The name of a function whose body is reached through a closure: a method, say.
pub trait Named: 'static {
    /// Its name, and so on.
    const INFO: Info;
}
