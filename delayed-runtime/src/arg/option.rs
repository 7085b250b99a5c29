//! `Option<E>` and `Option<&E>`: a bare value or handle counts as `Some`.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

use crate::arg::borrowed::EdgeRef;
use crate::arg::list::Lends;
use crate::arg::plain::EdgeVal;
use crate::arg::{
    Arg, Arr, BMap, Build, HMap, PathOwned, PathRef, Pattern, Ref, Seq, Slice, SliceOf, Stored, Text, TextOwned, Tup,
    Val, patterns, stored_one_by_one,
};
use crate::delayed::Delayed;
use crate::node::view::{Cx, Lent};
use crate::value::Value;

patterns! {
    /// `o: Option<E>`, or `o: Option<&E>` where `P` is a pattern of references.
    Opt<P>;
}

/// A pattern that can stand in an `Option`, and what the body is given then.
pub trait Optional: Pattern {
    /// Made from an `Option` of what the pattern gives.
    type Option: 'static;
    /// The type of a plain value that goes in, for messages.
    type Written: ?Sized;
    /// Wraps a part that is there, or not.
    fn wrap(part: Option<Self::Ready>) -> Self::Option;
}

impl<P: Optional> Pattern for Opt<P> {
    type Ready = P::Option;
    type Written = <P as Optional>::Written;
}

/// A value that may be there, lent to a body.
pub enum OptLent<P: Lends> {
    /// From its own place.
    Part(Option<Lent<P::Owned>>),
    /// From an `Option` that is one value.
    Whole(Lent<Option<P::Owned>>),
}

impl<P: Lends> OptLent<P> {
    /// The `Option` that the body takes.
    pub fn lend(&self) -> Option<&P::Target> {
        match self {
            OptLent::Part(part) => part.as_deref().map(P::target),
            OptLent::Whole(whole) => whole.as_ref().map(P::target),
        }
    }
}

impl<P: Lends> std::fmt::Debug for OptLent<P> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OptLent").finish_non_exhaustive()
    }
}

/// An argument that is there.
#[derive(Debug)]
pub struct There<S, P>(S, PhantomData<fn() -> P>);

impl<P: Optional, S: Stored<Ready = P::Ready>> Stored for There<S, P> {
    type Ready = P::Option;
    const EDGES: Option<u32> = S::EDGES;
    const MOVES: bool = S::MOVES;

    fn ready(&self, cx: &mut Cx<'_>) -> P::Option {
        P::wrap(Some(self.0.ready(cx)))
    }

    fn ready_last(self, cx: &mut Cx<'_>) -> P::Option {
        P::wrap(Some(self.0.ready_last(cx)))
    }
}

/// An argument that may be there.
#[derive(Debug)]
pub struct Maybe<S, P>(Option<S>, PhantomData<fn() -> P>);

impl<P: Optional, S: Stored<Ready = P::Ready>> Stored for Maybe<S, P> {
    type Ready = P::Option;
    const EDGES: Option<u32> = None;
    const MOVES: bool = S::MOVES;

    fn ready(&self, cx: &mut Cx<'_>) -> P::Option {
        P::wrap(self.0.as_ref().map(|part| part.ready(cx)))
    }

    fn ready_last(self, cx: &mut Cx<'_>) -> P::Option {
        P::wrap(self.0.map(|part| part.ready_last(cx)))
    }
}

/// A handle of a whole `Option` for a parameter that lends.
#[derive(Debug)]
pub struct WholeOption<P: Lends>(EdgeRef<Option<P::Owned>>);

impl<P: Lends> Stored for WholeOption<P>
where
    P::Owned: Value,
{
    type Ready = OptLent<P>;
    const EDGES: Option<u32> = Some(1);

    fn ready(&self, cx: &mut Cx<'_>) -> OptLent<P> {
        OptLent::Whole(self.0.ready(cx))
    }

    fn ready_last(self, cx: &mut Cx<'_>) -> OptLent<P> {
        OptLent::Whole(self.0.ready_last(cx))
    }
}

/// For one pattern: how it is wrapped, what may stand in `Some` (one type only, or `None` would have none), and what
/// counts as `Some` by itself.
macro_rules! optional {
    ($($g:tt $pattern:ty: $mode:ident, some $some:ty, bare $($x:tt $bare:ty),*;)*) => {$(
        optional!(@$mode $g $pattern);
        optional!(@some $g $pattern, $some);
        $(optional!(@bare $g $x $pattern, $bare);)*
    )*};
    (@some [$($g:tt)*] $pattern:ty, $some:ty) => {
        #[diagnostic::do_not_recommend]
        impl<$($g)*> Arg<Opt<$pattern>> for Option<$some>
        where
            $some: Arg<$pattern>,
        {
            type Stored = Maybe<<$some as Arg<$pattern>>::Stored, $pattern>;
            stored_one_by_one!(Opt<$pattern>);

            fn arg(self, build: &mut Build) -> Self::Stored {
                Maybe(self.map(|part| Arg::<$pattern>::arg(part, build)), PhantomData)
            }
        }
    };
    (@bare [$($g:tt)*] [$($x:tt)*] $pattern:ty, $bare:ty) => {
        #[diagnostic::do_not_recommend]
        impl<$($g)* $($x)*> Arg<Opt<$pattern>> for $bare
        where
            Self: Arg<$pattern>,
        {
            type Stored = There<<Self as Arg<$pattern>>::Stored, $pattern>;
            stored_one_by_one!(Opt<$pattern>);

            fn arg(self, build: &mut Build) -> Self::Stored {
                There(Arg::<$pattern>::arg(self, build), PhantomData)
            }
        }
    };
    (@lent [$($g:tt)*] $pattern:ty) => {
        impl<$($g)*> Optional for $pattern {
            type Option = OptLent<$pattern>;
            type Written = Option<<$pattern as Lends>::Owned>;

            fn wrap(part: Option<Self::Ready>) -> Self::Option {
                OptLent::Part(part)
            }
        }

        optional!(@whole [$($g)*] $pattern, Option<<$pattern as Lends>::Owned>, <$pattern as Lends>::Owned: Value,
            WholeOption<$pattern>, Ref, |edge| WholeOption(edge));
    };
    (@owned [$($g:tt)*] $pattern:ty) => {
        impl<$($g)*> Optional for $pattern {
            type Option = Option<Self::Ready>;
            type Written = Option<Self::Ready>;

            fn wrap(part: Option<Self::Ready>) -> Self::Option {
                part
            }
        }

        optional!(@whole [$($g)*] $pattern, Option<<$pattern as Pattern>::Ready>, <$pattern as Pattern>::Ready: Value + Clone,
            EdgeVal<Option<<$pattern as Pattern>::Ready>>, Val, |edge| edge);
    };
    (@whole [$($g:tt)*] $pattern:ty, $value:ty, $where:ty: $bound:ident $(+ $clone:ident)?, $stored:ty, $as:ident, |$edge:ident| $store:expr) => {
        optional!(@handle Delayed<$value>, [$($g)*] $pattern, $value, $where: $bound $(+ $clone)?, $stored, $as, |$edge| $store);
        optional!(@handle &Delayed<$value>, [$($g)*] $pattern, $value, $where: $bound $(+ $clone)?, $stored, $as, |$edge| $store);
    };
    (@handle $handle:ty, [$($g:tt)*] $pattern:ty, $value:ty, $where:ty: $bound:ident $(+ $clone:ident)?, $stored:ty, $as:ident, |$edge:ident| $store:expr) => {
        #[diagnostic::do_not_recommend]
        impl<$($g)*> Arg<Opt<$pattern>> for $handle
        where
            $where: $bound $(+ $clone)?,
        {
            type Stored = $stored;
            stored_one_by_one!(Opt<$pattern>);

            fn arg(self, build: &mut Build) -> Self::Stored {
                let $edge = Arg::<$as<$value>>::arg(self, build);
                $store
            }
        }
    };
}

optional! {
    [T: Value + Clone,] Val<T>: owned, some T, bare [] T, [] Delayed<T>, [] &Delayed<T>;
    [T: Value,] Ref<T>: lent, some T, bare [] T, [] Delayed<T>, [] &Delayed<T>;
    ['a,] Text: lent, some &'a str, bare [] &str, [] &String, [] String, [] Delayed<String>, [] &Delayed<String>;
    [] TextOwned: owned, some String, bare [] &str, [] &String, [] String, [] Delayed<String>, [] &Delayed<String>;
    [] PathRef: lent, some PathBuf,
        bare [] &str, [] &String, [] String, [] &Path, [] &PathBuf, [] PathBuf, [] Delayed<PathBuf>, [] &Delayed<PathBuf>;
    [] PathOwned: owned, some PathBuf,
        bare [] &str, [] &String, [] String, [] &Path, [] &PathBuf, [] PathBuf, [] Delayed<PathBuf>, [] &Delayed<PathBuf>;
    [P: Pattern,] Seq<P>: owned, some Vec<P::Ready>,
        bare [X] Vec<X>, [X, const N: usize] [X; N], [X] &Vec<X>, [X] &[X], [X, const N: usize] &[X; N],
        [] Delayed<Vec<P::Ready>>, [] &Delayed<Vec<P::Ready>>;
    [P: Pattern,] Slice<P>: lent, some Vec<P::Ready>,
        bare [X] Vec<X>, [X, const N: usize] [X; N], [X] &Vec<X>, [X] &[X], [X, const N: usize] &[X; N],
        [] Delayed<Vec<P::Ready>>, [] &Delayed<Vec<P::Ready>>;
    [T: Value,] SliceOf<T>: lent, some Vec<T>,
        bare [X] Vec<X>, [X, const N: usize] [X; N], [X] &Vec<X>, [X] &[X], [X, const N: usize] &[X; N],
        [] Delayed<Vec<T>>, [] &Delayed<Vec<T>>;
    [P: Pattern, const N: usize,] Arr<P, N>: owned, some [P::Ready; N],
        bare [X] [X; N], [] Delayed<[P::Ready; N]>, [] &Delayed<[P::Ready; N]>;
    [K: Value + Clone + Eq + Hash, P: Pattern,] HMap<K, P>: owned, some HashMap<K, P::Ready>,
        bare [X] HashMap<K, X>, [] Delayed<HashMap<K, P::Ready>>, [] &Delayed<HashMap<K, P::Ready>>;
    [K: Value + Clone + Ord, P: Pattern,] BMap<K, P>: owned, some BTreeMap<K, P::Ready>,
        bare [X] BTreeMap<K, X>, [] Delayed<BTreeMap<K, P::Ready>>, [] &Delayed<BTreeMap<K, P::Ready>>;
}

macro_rules! optional_tuples {
    ($(($($p:ident $x:ident $i:tt),*);)*) => {
        optional! {
            $([$($p: Pattern,)*] Tup<($($p,)*)>: owned, some ($($p::Ready,)*),
                bare [$($x),*] ($($x,)*), [] Delayed<($($p::Ready,)*)>, [] &Delayed<($($p::Ready,)*)>;)*
        }
    };
}

crate::tuples::tuples_to_8!(optional_tuples);

/// For a parameter whose written type names no `Option`: see `nested`.
#[diagnostic::do_not_recommend]
impl<T: Value + Clone> Arg<Val<Option<T>>> for Option<Delayed<T>> {
    type Stored = Maybe<EdgeVal<T>, Val<T>>;
    stored_one_by_one!(Val<Option<T>>);

    fn arg(self, build: &mut Build) -> Self::Stored {
        Maybe(self.map(|part| Arg::<Val<T>>::arg(part, build)), PhantomData)
    }
}
