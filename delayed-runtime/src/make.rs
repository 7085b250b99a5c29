//! From a call to its handle: the arguments are stored, their edges recorded, and a node is made of both.

use std::future::Future;
use std::marker::PhantomData;

use crate::arg::{Args, Moved, Pattern, Ready};
use crate::delayed::Delayed;
use crate::error::Made;
use crate::func::{AsyncFunc, Func, Info, Named};
use crate::node::make::{self, Build, CloneKind, Label};
use crate::node::{Kind, Use};
use crate::value::Value;

/// A call of a function whose body is known by a type.
#[track_caller]
pub fn make<I: Func<T = T>, T: Value, A: Args<I::P>>(args: A) -> Delayed<T> {
    let mut build = Build::default();
    let args = args.args(&mut build);
    Delayed::from_node(make::of_func::<I, _>(build, args))
}

/// The same for an async function.
#[track_caller]
pub fn make_async<I: AsyncFunc<T = T>, T: Value, A: Args<I::P>>(args: A) -> Delayed<T> {
    let mut build = Build::default();
    let args = args.args(&mut build);
    Delayed::from_node(make::of_async_func::<I, _>(build, args))
}

/// A node of the library's own whose body is a closure.
#[track_caller]
pub(crate) fn make_labelled<L: Label, K: CloneKind<T>, P: Pattern, T: Value, A: Args<P>, F>(
    args: A,
    call: F,
) -> Delayed<T>
where
    F: Fn(P::Ready) -> Made<T> + Send + Sync + 'static,
{
    let mut build = Build::default();
    let args = args.args(&mut build);
    Delayed::from_node(make::of_closure::<L, K, P, T, _, F>(build, args, call))
}

/// [`make_labelled`] for a closure that returns a future.
#[track_caller]
pub(crate) fn make_async_labelled<L: Label, K: CloneKind<T>, P: Pattern, T: Value, A: Args<P>, F, Fut>(
    args: A,
    call: F,
) -> Delayed<T>
where
    F: Fn(P::Ready) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Made<T>> + Send + 'static,
{
    let mut build = Build::default();
    let args = args.args(&mut build);
    Delayed::from_node(make::of_async_closure::<L, K, P, T, _, F, Fut>(build, args, call))
}

/// The label of tasks that are named by a type.
pub(crate) struct ByName<N>(PhantomData<N>);

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
    make_labelled::<ByName<N>, K, P, T, A, _>(args, call)
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
    make_async_labelled::<ByName<N>, K, P, T, A, _, F>(args, call)
}

/// A label for nodes that the library makes.
macro_rules! label {
    ($($name:ident: $text:literal, $kind:ident;)*) => {$(
        pub(crate) enum $name {}

        impl $crate::node::make::Label for $name {
            const INFO: $crate::func::Info = $crate::func::Info::new($text);
            const KIND: $crate::node::Kind = $crate::node::Kind::$kind;
        }
    )*};
}
pub(crate) use label;

/// A parameter list of one value that is moved, or cloned as its node knows how.
pub(crate) struct Given<T>(PhantomData<fn() -> T>);

impl<T: 'static> Pattern for Given<T> {
    type Ready = T;
    type Written = T;
}

impl<T: Value> Args<Given<T>> for Delayed<T> {
    type Stored = Moved<T>;

    fn args(self, build: &mut Build) -> Moved<T> {
        Moved::record(self, Use::Move, build)
    }
}
