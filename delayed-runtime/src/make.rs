//! From a call to its handle: the arguments are stored, their edges recorded, and a node is made of both.

use std::future::Future;

use crate::arg::{Args, Pattern};
use crate::delayed::Delayed;
use crate::error::Made;
use crate::func::{AsyncFunc, Func};
use crate::node::make::{self, Build, CloneKind, Label};
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

/// A call whose body is a closure.
#[track_caller]
pub(crate) fn make_with<L: Label, K: CloneKind<T>, P: Pattern, T: Value, A: Args<P>, F>(args: A, call: F) -> Delayed<T>
where
    F: Fn(P::Ready) -> Made<T> + Send + Sync + 'static,
{
    let mut build = Build::default();
    let args = args.args(&mut build);
    Delayed::from_node(make::of_closure::<L, K, P, T, _, F>(build, args, call))
}

/// [`make_with`] for a closure that returns a future.
#[track_caller]
pub(crate) fn make_async_with<L: Label, K: CloneKind<T>, P: Pattern, T: Value, A: Args<P>, F, Fut>(
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
