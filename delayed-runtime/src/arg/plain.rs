//! Parameters by value: `x: T` and `#[take] x: T`.

use std::marker::PhantomData;
use std::sync::{Mutex, PoisonError};

use crate::advice;
use crate::arg::list::Items;
use crate::arg::{Arg, Build, Pattern, Stored, patterns, stored_one_by_one};
use crate::delayed::Delayed;
use crate::node::Use;
use crate::node::view::{Cx, Lent};
use crate::value::Value;

patterns! {
    /// `x: T`.
    Val<T>;
    /// `#[take] x: T`.
    Take<T>;
}

impl<T: 'static> Pattern for Val<T> {
    type Ready = T;
    type Written = T;
}

impl<T: 'static> Pattern for Take<T> {
    type Ready = T;
    type Written = T;
}

/// A literal for a parameter by value.
pub struct Lit<T>(pub(crate) T);

impl<T: Value + Clone> Stored for Lit<T> {
    type Ready = T;
    const EDGES: Option<u32> = Some(0);
    const MOVES: bool = std::mem::needs_drop::<T>();

    fn ready(&self, _: &mut Cx<'_>) -> T {
        self.0.clone()
    }

    fn lend(&self, cx: &mut Cx<'_>) -> Lent<T> {
        Lent::literal(&self.0, cx)
    }

    fn ready_last(self, _: &mut Cx<'_>) -> T {
        self.0
    }
}

/// A handle for a parameter by value.
pub struct EdgeVal<T>(PhantomData<fn() -> T>);

impl<T: Value + Clone> Stored for EdgeVal<T> {
    type Ready = T;
    const EDGES: Option<u32> = Some(1);

    fn ready(&self, cx: &mut Cx<'_>) -> T {
        cx.take()
    }

    fn ready_last(self, cx: &mut Cx<'_>) -> T {
        cx.take()
    }
}

/// A handle whose value is moved, or cloned as its node knows how.
pub struct Moved<T>(PhantomData<fn() -> T>);

impl<T> Moved<T> {
    pub(crate) fn record(handle: Delayed<T>, usage: Use, build: &mut Build) -> Moved<T> {
        build.edge(handle.node, usage);
        Moved(PhantomData)
    }
}

impl<T: Value> Stored for Moved<T> {
    type Ready = T;
    const EDGES: Option<u32> = Some(1);

    fn ready(&self, cx: &mut Cx<'_>) -> T {
        cx.take_moved(None)
    }

    fn ready_last(self, cx: &mut Cx<'_>) -> T {
        cx.take_moved(None)
    }
}

/// A literal for a `#[take]` parameter: the first run has it, later ones are refused before they start.
pub struct LitTake<T>(Mutex<Option<T>>);

impl<T: Value> Stored for LitTake<T> {
    type Ready = T;
    const EDGES: Option<u32> = Some(0);
    const TAKES: bool = true;

    fn ready(&self, _: &mut Cx<'_>) -> T {
        let value = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        value.expect("a run claims the literals it takes before it starts")
    }

    fn ready_last(self, cx: &mut Cx<'_>) -> T {
        self.ready(cx)
    }
}

impl<T: Value + Clone> Arg<Val<T>> for T {
    type Stored = Lit<T>;
    type List = Lit<Vec<T>>;
    const PLAIN: bool = true;

    fn arg(self, _: &mut Build) -> Lit<T> {
        advice::input(size_of::<T>(), None);
        Lit(self)
    }

    fn list(items: Vec<T>, _: &mut Build) -> Lit<Vec<T>> {
        Lit(items)
    }
}

#[diagnostic::do_not_recommend]
impl<T: Value + Clone> Arg<Val<T>> for Delayed<T> {
    type Stored = EdgeVal<T>;
    stored_one_by_one!(Val<T>);

    fn arg(self, build: &mut Build) -> EdgeVal<T> {
        self.node.get().learn_clone::<T>();
        build.edge(self.node, Use::Shared);
        EdgeVal(PhantomData)
    }
}

#[diagnostic::do_not_recommend]
impl<T: Value + Clone> Arg<Val<T>> for &Delayed<T> {
    type Stored = EdgeVal<T>;
    stored_one_by_one!(Val<T>);

    fn arg(self, build: &mut Build) -> EdgeVal<T> {
        Arg::<Val<T>>::arg(self.clone(), build)
    }
}

impl<T: Value> Arg<Take<T>> for T {
    type Stored = LitTake<T>;
    stored_one_by_one!(Take<T>);

    fn arg(self, _: &mut Build) -> LitTake<T> {
        LitTake(Mutex::new(Some(self)))
    }
}

#[diagnostic::do_not_recommend]
impl<T: Value> Arg<Take<T>> for Delayed<T> {
    type Stored = Moved<T>;
    stored_one_by_one!(Take<T>);

    fn arg(self, build: &mut Build) -> Moved<T> {
        Moved::record(self, Use::Take, build)
    }
}

#[diagnostic::do_not_recommend]
impl<T: Value> Arg<Take<T>> for &Delayed<T> {
    type Stored = Moved<T>;
    stored_one_by_one!(Take<T>);

    fn arg(self, build: &mut Build) -> Moved<T> {
        Moved::record(self.clone(), Use::Take, build)
    }
}

/// Stored arguments hold users' values, which need not be `Debug`.
macro_rules! opaque {
    ($($name:ident),*) => {$(
        impl<T> std::fmt::Debug for $name<T> {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }
    )*};
}
opaque!(Lit, EdgeVal, Moved, LitTake, Items);
