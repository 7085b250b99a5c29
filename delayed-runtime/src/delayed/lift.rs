//! `delayed(f)`: functions and closures that are not decorated.

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::sync::Arc;

use crate::arg::list::Lends;
use crate::arg::{Arg, Args, PathRef, Pattern, Ref, Slice, Text, Val};
use crate::delayed::Delayed;
use crate::error::{Fallible, made, made_result};
use crate::func::Info;
use crate::make::{make_async_labelled, make_labelled};
use crate::node::Kind;
use crate::node::make::{Label, NotKnown};
use crate::value::Value;

/// A function of arguments `A`; this only asks whether it is one.
#[diagnostic::on_unimplemented(
    message = "`delayed` takes a function, and `{Self}` is not one",
    label = "this is a result, computed before `delayed` sees it",
    note = "call delayed on the function, not on its result: `delayed(f).call((x, y))`, not `delayed(f(x, y))`",
    note = "to put a value that already exists into the graph once, use `value(x)`"
)]
pub trait Callable<A> {
    /// What it returns.
    type Out;
    #[doc(hidden)]
    fn go(&self, args: A) -> Self::Out;
}

/// A function's parameters, all by value.
#[diagnostic::on_unimplemented(
    message = "the parameters `{Self}` cannot all be taken by value",
    label = "each of them must be `Clone`, or all of them references",
    note = "take `&T` where `T` is not `Clone`, and then in all parameters; for a mix of both write `#[delayed]` on the function"
)]
pub trait Params: Sized {
    /// Their patterns.
    type P: Pattern<Ready = Self>;
}

/// A lifted function: each [`call`](CallByValue::call) of it makes a task.
pub struct Fun<F, A>(Arc<F>, PhantomData<fn() -> A>);

/// A lifted async function: each [`call`](CallAsync::call) of it makes a task.
pub struct FunAsync<F, A>(Arc<F>, PhantomData<fn() -> A>);

impl<F, A> Clone for Fun<F, A> {
    fn clone(&self) -> Self {
        Fun(self.0.clone(), PhantomData)
    }
}

impl<F, A> Clone for FunAsync<F, A> {
    fn clone(&self) -> Self {
        FunAsync(self.0.clone(), PhantomData)
    }
}

impl<F, A> fmt::Debug for Fun<F, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "delayed({})", name_of::<F>())
    }
}

impl<F, A> fmt::Debug for FunAsync<F, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "delayed_async({})", name_of::<F>())
    }
}

/// Lifts a function or closure that is not decorated with `#[delayed]`: each `.call((x, y))` of the result is a task,
/// and so is each `.try_call((x, y))`, for functions that return a `Result`.
///
/// The parameters are all by value or all by reference. They take plain values, `Delayed` and `&Delayed`, and
/// containers of handles one level deep.
///
/// # Examples
/// ```
/// use delayed_runtime::{CallByValue as _, delayed};
///
/// let max = delayed(i64::max);
/// let largest = max.call((max.call((3, 7)), 5));
/// assert_eq!(largest.compute()?, 7);
///
/// let len = delayed(str::len).call((String::from("four"),));
/// assert_eq!(len.compute()?, 4);
/// # Ok::<(), delayed_runtime::Error>(())
/// ```
/// It takes the function, not its result:
/// ```compile_fail
/// fn add(x: i64, y: i64) -> i64 { x + y }
/// let sum = delayed_runtime::delayed(add(1, 2));
/// ```
#[cfg_attr(
    not(any(doc, docsrs, rust_analyzer, miri)),
    deprecated(
        since = "TBD",
        note = "nested_delayed: in a task, `delayed` only makes what records another task, and runs nothing. Call the function itself, or lift it where the graph is built. `#[delayed(allow(nested_delayed))]` on the function around switches this off"
    )
)]
pub fn delayed<F: Callable<A> + Send + Sync + 'static, A>(f: F) -> Fun<F, A> {
    Fun(Arc::new(f), PhantomData)
}

/// [`delayed`] for an async function or a closure that returns a future.
///
/// # Examples
/// ```
/// use delayed_runtime::{CallAsync as _, delayed_async};
///
/// async fn double(x: i64) -> i64 { x * 2 }
///
/// assert_eq!(delayed_async(double).call((21,)).compute()?, 42);
/// # Ok::<(), delayed_runtime::Error>(())
/// ```
#[cfg_attr(
    not(any(doc, docsrs, rust_analyzer, miri)),
    deprecated(
        since = "TBD",
        note = "nested_delayed: in a task, `delayed_async` only makes what records another task, and runs nothing. Call the function itself, or lift it where the graph is built. `#[delayed(allow(nested_delayed))]` on the function around switches this off"
    )
)]
pub fn delayed_async<F: Callable<A, Out: Future> + Send + Sync + 'static, A>(f: F) -> FunAsync<F, A> {
    FunAsync(Arc::new(f), PhantomData)
}

/// The name of a lifted function; of a closure `closure`.
fn name_of<F>() -> &'static str {
    last_segment(std::any::type_name::<F>())
}

/// `closure` for `a::b::{{closure}}`, `name` for `a::name` and for `a::name<b::T>`.
fn last_segment(path: &str) -> &str {
    if path.ends_with("}}") {
        return "closure";
    }
    let mut depth = 0;
    let mut name = (0, path.len());
    for (at, byte) in path.bytes().enumerate() {
        match byte {
            b'<' => {
                if depth == 0 {
                    name.1 = at;
                }
                depth += 1;
            }
            // Not the arrow of a function type.
            b'>' if !path[..at].ends_with('-') => depth -= 1,
            b':' if depth == 0 => name = (at + 1, path.len()),
            _ => {}
        }
    }
    &path[name.0..name.1]
}

/// The label of calls of `F`.
struct Lifted<F>(PhantomData<F>);

impl<F: 'static> Label for Lifted<F> {
    const INFO: Info = Info::of_type(name_of::<F>);
    const KIND: Kind = Kind::Task;
}

/// `call` of a lifted function whose parameters are by value.
pub trait CallByValue<F: Callable<A>, A> {
    /// A task of one call with these arguments, a tuple: `(x, y)`, `(x,)` for one.
    #[track_caller]
    fn call<X: Args<A::P>>(&self, args: X) -> Delayed<F::Out>
    where
        A: Params,
        F::Out: Value;

    /// A task of one call of a function that returns a `Result`: `Err` fails the task, dependents take the value.
    #[track_caller]
    fn try_call<X: Args<A::P>>(&self, args: X) -> Delayed<<F::Out as Fallible>::Ok>
    where
        A: Params,
        F::Out: Fallible<Ok: Value>;
}

impl<F: Callable<A> + Send + Sync + 'static, A: 'static> CallByValue<F, A> for Fun<F, A> {
    #[track_caller]
    fn call<X: Args<A::P>>(&self, args: X) -> Delayed<F::Out>
    where
        A: Params,
        F::Out: Value,
    {
        let f = self.0.clone();
        make_labelled::<Lifted<F>, NotKnown, A::P, _, _, _>(args, move |args| made(f.go(args)))
    }

    #[track_caller]
    fn try_call<X: Args<A::P>>(&self, args: X) -> Delayed<<F::Out as Fallible>::Ok>
    where
        A: Params,
        F::Out: Fallible<Ok: Value>,
    {
        let f = self.0.clone();
        make_labelled::<Lifted<F>, NotKnown, A::P, _, _, _>(args, move |args| made_result(f.go(args), None))
    }
}

/// `call` of a lifted async function.
pub trait CallAsync<F: Callable<A>, A> {
    /// A task of one call with these arguments, a tuple: `(x, y)`, `(x,)` for one.
    #[track_caller]
    fn call<X: Args<A::P>>(&self, args: X) -> Delayed<<F::Out as Future>::Output>
    where
        A: Params,
        F::Out: Future<Output: Value> + Send + 'static;

    /// A task of one call of a function whose future gives a `Result`: `Err` fails the task, dependents take the value.
    #[track_caller]
    fn try_call<X: Args<A::P>>(&self, args: X) -> Delayed<<<F::Out as Future>::Output as Fallible>::Ok>
    where
        A: Params,
        F::Out: Future<Output: Fallible<Ok: Value>> + Send + 'static;
}

impl<F: Callable<A> + Send + Sync + 'static, A: 'static> CallAsync<F, A> for FunAsync<F, A> {
    #[track_caller]
    fn call<X: Args<A::P>>(&self, args: X) -> Delayed<<F::Out as Future>::Output>
    where
        A: Params,
        F::Out: Future<Output: Value> + Send + 'static,
    {
        let f = self.0.clone();
        let call = move |args| {
            let future = f.go(args);
            async move { made(future.await) }
        };
        make_async_labelled::<Lifted<F>, NotKnown, A::P, _, _, _, _>(args, call)
    }

    #[track_caller]
    fn try_call<X: Args<A::P>>(&self, args: X) -> Delayed<<<F::Out as Future>::Output as Fallible>::Ok>
    where
        A: Params,
        F::Out: Future<Output: Fallible<Ok: Value>> + Send + 'static,
    {
        let f = self.0.clone();
        let call = move |args| {
            let future = f.go(args);
            async move { made_result(future.await, None) }
        };
        make_async_labelled::<Lifted<F>, NotKnown, A::P, _, _, _, _>(args, call)
    }
}

macro_rules! by_value {
    ($($($a:ident $i:tt),*;)*) => {$(
        impl<F: Fn($($a),*) -> R, R, $($a),*> Callable<($($a,)*)> for F {
            type Out = R;

            #[allow(unused_variables, reason = "the call without arguments")]
            fn go(&self, args: ($($a,)*)) -> R {
                self($(args.$i),*)
            }
        }

        #[diagnostic::do_not_recommend]
        impl<$($a: Value + Clone),*> Params for ($($a,)*) {
            type P = ($(Val<$a>,)*);
        }
    )*};
}

by_value! {
    ;
    A 0;
    A 0, B 1;
    A 0, B 1, C 2;
    A 0, B 1, C 2, D 3;
    A 0, B 1, C 2, D 3, E 4;
    A 0, B 1, C 2, D 3, E 4, G 5;
    A 0, B 1, C 2, D 3, E 4, G 5, H 6;
    A 0, B 1, C 2, D 3, E 4, G 5, H 6, I 7;
}

/// What a reference parameter of a lifted function points to.
pub trait Behind: 'static {
    /// The parameter's pattern.
    type P: Lends<Target = Self>;
}

impl<T: Value> Behind for T {
    type P = Ref<T>;
}

impl Behind for str {
    type P = Text;
}

impl Behind for std::path::Path {
    type P = PathRef;
}

impl<T: Value + Clone> Behind for [T] {
    type P = Slice<Val<T>>;
}

macro_rules! by_reference {
    ($($($v:ident $x:ident $i:tt),*;)*) => {$(
        impl<F, R, $($v: ?Sized + Behind),*> Fun<F, ($(&'static $v,)*)>
        where
            F: Fn($(&$v),*) -> R + Send + Sync + 'static,
        {
            /// A task of one call of a function whose parameters are references, with these arguments.
            #[track_caller]
            pub fn call<$($x: Arg<$v::P>),*>(&self, args: ($($x,)*)) -> Delayed<R>
            where
                R: Value,
            {
                let f = self.0.clone();
                make_labelled::<Lifted<F>, NotKnown, ($($v::P,)*), _, _, _>(args, move |lent| made(f($($v::P::target(&lent.$i)),*)))
            }

            /// A task of one call of such a function that returns a `Result`: `Err` fails the task, dependents take
            /// the value.
            #[track_caller]
            pub fn try_call<$($x: Arg<$v::P>),*>(&self, args: ($($x,)*)) -> Delayed<R::Ok>
            where
                R: Fallible<Ok: Value>,
            {
                let f = self.0.clone();
                make_labelled::<Lifted<F>, NotKnown, ($($v::P,)*), _, _, _>(args, move |lent| {
                    made_result(f($($v::P::target(&lent.$i)),*), None)
                })
            }
        }
    )*};
}

by_reference! {
    V X 0;
    V X 0, W Y 1;
    V X 0, W Y 1, U Z 2;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_functions() {
        assert_eq!(last_segment("core::num::<impl i64>::max"), "max");
        assert_eq!(last_segment("a::b::{{closure}}"), "closure");
        assert_eq!(last_segment("a::show<b::T<c::U>, fn(x::Y) -> z::W>"), "show");
        assert_eq!(last_segment("fn(i64) -> i64"), "fn(i64) -> i64");
        assert_eq!(name_of::<fn(i64)>(), "fn(i64)");
    }
}
