//! Parameters by reference: `x: &T` and `x: &(dyn Trait + Send + Sync)`.

use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Arc;

use crate::advice;
use crate::arg::{Arg, Build, Pattern, Stored, debug_as_target, patterns, stored_one_by_one};
use crate::delayed::Delayed;
use crate::node::Use;
use crate::node::view::{Cx, Lent};
use crate::value::Value;

patterns! {
    /// `x: &T`.
    Ref<T>;
    /// `x: &(dyn Trait + Send + Sync)`.
    DynRef<D: ?Sized>;
}

impl<T: 'static> Pattern for Ref<T> {
    type Ready = Lent<T>;
    type Written = T;
}

/// A literal for a parameter by reference: lent from the node.
pub struct LitRef<T>(pub(crate) T);

impl<T: Value> Stored for LitRef<T> {
    type Ready = Lent<T>;
    const EDGES: Option<u32> = Some(0);
    const MOVES: bool = std::mem::needs_drop::<T>();

    fn ready(&self, cx: &mut Cx<'_>) -> Lent<T> {
        Lent::literal(&self.0, cx)
    }

    fn ready_last(self, _: &mut Cx<'_>) -> Lent<T> {
        Lent::own(self.0)
    }
}

/// A handle for a parameter by reference.
pub struct EdgeRef<T>(PhantomData<fn() -> T>);

impl<T> EdgeRef<T> {
    pub(crate) fn record(handle: Delayed<T>, build: &mut Build) -> EdgeRef<T> {
        build.edge(handle.node, Use::Shared);
        EdgeRef(PhantomData)
    }
}

impl<T: Value> Stored for EdgeRef<T> {
    type Ready = Lent<T>;
    const EDGES: Option<u32> = Some(1);

    fn ready(&self, cx: &mut Cx<'_>) -> Lent<T> {
        cx.lend()
    }

    fn ready_last(self, cx: &mut Cx<'_>) -> Lent<T> {
        cx.lend()
    }
}

impl<T: Value> Arg<Ref<T>> for T {
    type Stored = LitRef<T>;
    stored_one_by_one!(Ref<T>);

    fn arg(self, _: &mut Build) -> LitRef<T> {
        advice::input(size_of::<T>(), None);
        LitRef(self)
    }
}

#[diagnostic::do_not_recommend]
impl<T: Value> Arg<Ref<T>> for Delayed<T> {
    type Stored = EdgeRef<T>;
    stored_one_by_one!(Ref<T>);

    fn arg(self, build: &mut Build) -> EdgeRef<T> {
        EdgeRef::record(self, build)
    }
}

#[diagnostic::do_not_recommend]
impl<T: Value> Arg<Ref<T>> for &Delayed<T> {
    type Stored = EdgeRef<T>;
    stored_one_by_one!(Ref<T>);

    fn arg(self, build: &mut Build) -> EdgeRef<T> {
        EdgeRef::record(self.clone(), build)
    }
}

impl<D: ?Sized + 'static> Pattern for DynRef<D> {
    type Ready = LentDyn<D>;
    type Written = Box<D>;
}

/// A trait object lent to a body.
pub enum LentDyn<D: ?Sized + 'static> {
    /// From a box.
    Box(Lent<Box<D>>),
    /// From a shared pointer.
    Arc(Lent<Arc<D>>),
}

impl<D: ?Sized> Deref for LentDyn<D> {
    type Target = D;

    fn deref(&self) -> &D {
        match self {
            LentDyn::Box(guard) => guard,
            LentDyn::Arc(guard) => guard,
        }
    }
}

debug_as_target! {
    [D: ?Sized] LentDyn<D> where D;
}

/// An argument that lends a pointer to `D`, as a guard of `D` itself.
pub struct Unsized<S, D: ?Sized>(S, PhantomData<fn() -> PhantomData<D>>);

macro_rules! dyn_args {
    ($($pointer:ident)*) => {$(
        impl<D: ?Sized + 'static, S: Stored<Ready = Lent<$pointer<D>>>> Stored for Unsized<S, $pointer<D>> {
            type Ready = LentDyn<D>;
            const EDGES: Option<u32> = S::EDGES;
            const MOVES: bool = S::MOVES;

            fn ready(&self, cx: &mut Cx<'_>) -> LentDyn<D> {
                LentDyn::$pointer(self.0.ready(cx))
            }

            fn ready_last(self, cx: &mut Cx<'_>) -> LentDyn<D> {
                LentDyn::$pointer(self.0.ready_last(cx))
            }
        }

        dyn_args!(impl $pointer for $pointer<D>, LitRef<$pointer<D>>);
        dyn_args!(impl $pointer for Delayed<$pointer<D>>, EdgeRef<$pointer<D>>);
        dyn_args!(impl $pointer for &Delayed<$pointer<D>>, EdgeRef<$pointer<D>>);
    )*};
    (impl $pointer:ident for $arg:ty, $stored:ty) => {
        #[diagnostic::do_not_recommend]
        impl<D: ?Sized + 'static> Arg<DynRef<D>> for $arg
        where
            $pointer<D>: Value,
        {
            type Stored = Unsized<$stored, $pointer<D>>;
            stored_one_by_one!(DynRef<D>);

            fn arg(self, build: &mut Build) -> Self::Stored {
                Unsized(Arg::<Ref<$pointer<D>>>::arg(self, build), PhantomData)
            }
        }
    };
}
dyn_args!(Box Arc);

macro_rules! opaque {
    ($([$($generics:tt)*] $name:ty;)*) => {$(
        impl<$($generics)*> std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(stringify!($name))
            }
        }
    )*};
}
opaque! {
    [T] LitRef<T>;
    [T] EdgeRef<T>;
    [S, D: ?Sized] Unsized<S, D>;
}
