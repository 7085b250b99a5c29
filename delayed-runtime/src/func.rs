//! What the macro writes for a function: its parameters' patterns, its value, its body, its name.

use std::future::Future;
use std::marker::PhantomData;

use crate::arg::{Args, Pattern, Ready};
use crate::delayed::Delayed;
use crate::error::Made;
use crate::make::{make_async_with as insert_async_with, make_with as insert_with};
use crate::node::Kind;
use crate::node::make::{CloneKind, Known, Label, NotKnown};
use crate::value::Value;

/// What is known of a function for all its calls.
#[derive(Debug)]
pub struct Info {
    name: Name,
    /// The names of the `#[take]` parameters, in order.
    takes: &'static [&'static str],
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
        Info { name: Name::Written(name), takes: &[] }
    }

    pub(crate) const fn of_type(name: fn() -> &'static str) -> Info {
        Info { name: Name::OfType(name), takes: &[] }
    }

    /// Names the `#[take]` parameters.
    #[must_use]
    pub const fn takes(mut self, takes: &'static [&'static str]) -> Info {
        self.takes = takes;
        self
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
    /// The task's value. That it is a [`Value`] is asked where the node is made, for the better message.
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
    /// The task's value. That it is a [`Value`] is asked where the node is made, for the better message.
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

struct ByName<N>(PhantomData<N>);

impl<N: Named> Label for ByName<N> {
    const INFO: Info = N::INFO;
    const KIND: Kind = Kind::Task;
}

/// Passes a name as an argument, so that no call needs a turbofish.
pub fn named<N: Named>() -> PhantomData<fn() -> N> {
    PhantomData
}

/// Passes the parameters' patterns as an argument.
pub fn pattern<P: Pattern>() -> PhantomData<fn() -> P> {
    PhantomData
}

/// Makes the node of a call whose body is reached through a closure.
#[track_caller]
pub fn make_with<N: Named, P: Pattern, K: CloneKind<T>, T: Value, A: Args<P>>(
    _name: PhantomData<fn() -> N>,
    _pattern: PhantomData<fn() -> P>,
    _clone: PhantomData<fn() -> K>,
    args: A,
    call: impl Fn(Ready<P>) -> Made<T> + Send + Sync + 'static,
) -> Delayed<T> {
    insert_with::<ByName<N>, K, P, T, A, _>(args, call)
}

/// [`make_with`] for a closure that returns a future.
#[track_caller]
pub fn make_async_with<N: Named, P: Pattern, K: CloneKind<T>, T: Value, A: Args<P>, F>(
    _name: PhantomData<fn() -> N>,
    _pattern: PhantomData<fn() -> P>,
    _clone: PhantomData<fn() -> K>,
    args: A,
    call: impl Fn(Ready<P>) -> F + Send + Sync + 'static,
) -> Delayed<T>
where
    F: Future<Output = Made<T>> + Send + 'static,
{
    insert_async_with::<ByName<N>, K, P, T, A, _, F>(args, call)
}

/// Asks about a type what only its name in the user's code can tell: an inherent item where the type has the trait
/// in question, else the same item of [`NoClone`] or [`NoError`], which must be in scope.
#[derive(Debug)]
pub struct Probe<T>(PhantomData<T>);

impl<T: Clone> Probe<T> {
    /// How a value is cloned.
    pub const CLONE: CloneFn<T> = Some(T::clone);

    /// The same as a type.
    pub fn clone_kind() -> PhantomData<fn() -> Known> {
        PhantomData
    }
}

/// What [`Probe`] answers for a type that is not `Clone`.
pub trait NoClone<T> {
    /// Nobody knows how a value is cloned.
    const CLONE: CloneFn<T> = None;

    /// The same as a type.
    fn clone_kind() -> PhantomData<fn() -> NotKnown> {
        PhantomData
    }
}

impl<T> NoClone<T> for Probe<T> {}

/// How an error of the user's is seen as a standard one.
pub type SourceFn<E> = Option<fn(&E) -> &(dyn std::error::Error + 'static)>;

impl<E: std::error::Error + 'static> Probe<E> {
    /// As a standard error.
    pub const SOURCE: SourceFn<E> = Some(|error| error);
}

/// What [`Probe`] answers for an error that is no standard one, such as `String`.
pub trait NoError<E> {
    /// It cannot be seen as a standard error.
    const SOURCE: SourceFn<E> = None;
}

impl<E> NoError<E> for Probe<E> {}

/// The probe of a by-value parameter's type: it must be `Clone`.
pub fn by_value<T: crate::value::Cloned>() {}

/// The probe of a parameter's or return type: it must be a [`Value`].
pub fn is_value<T: Value>() {}

/// The probe of the trait object behind a parameter: it must be `Send + Sync`.
pub fn is_shared<T: crate::value::Shared + ?Sized>() {}
