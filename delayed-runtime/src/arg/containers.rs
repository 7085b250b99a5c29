//! Arrays, tuples and maps of whatever their elements accept.

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, Hash};

use crate::arg::plain::EdgeVal;
use crate::arg::{Arg, Build, Pattern, Stored, Val, patterns, stored_one_by_one, sum_edges};
use crate::delayed::Delayed;
use crate::node::view::Cx;
use crate::value::Value;

patterns! {
    /// A tuple of patterns as one parameter.
    Tup<P>;
    /// `m: HashMap<K, E>`.
    HMap<K, P>;
    /// `m: BTreeMap<K, E>`.
    BMap<K, P>;
}

/// `xs: [E; N]`.
#[derive(Debug)]
pub struct Arr<P, const N: usize>(std::marker::PhantomData<fn() -> P>);

impl<P: Pattern, const N: usize> Pattern for Arr<P, N> {
    type Ready = [P::Ready; N];
    type Written = [P::Ready; N];
}

impl<K: 'static, P: Pattern> Pattern for HMap<K, P> {
    type Ready = HashMap<K, P::Ready>;
    type Written = HashMap<K, P::Ready>;
}

impl<K: 'static, P: Pattern> Pattern for BMap<K, P> {
    type Ready = BTreeMap<K, P::Ready>;
    type Written = BTreeMap<K, P::Ready>;
}

/// The elements of an array.
#[derive(Debug)]
pub struct Array<S, const N: usize>([S; N]);

impl<S: Stored, const N: usize> Stored for Array<S, N> {
    type Ready = [S::Ready; N];
    const EDGES: Option<u32> = match S::EDGES {
        Some(edges) => Some(edges * N as u32),
        None => None,
    };
    const MOVES: bool = S::MOVES;
    const TAKES: bool = S::TAKES;

    fn ready(&self, cx: &mut Cx<'_>) -> [S::Ready; N] {
        self.0.each_ref().map(|item| item.ready(cx))
    }

    fn ready_last(self, cx: &mut Cx<'_>) -> [S::Ready; N] {
        self.0.map(|item| item.ready_last(cx))
    }
}

#[diagnostic::do_not_recommend]
impl<P: Pattern, X: Arg<P>, const N: usize> Arg<Arr<P, N>> for [X; N] {
    type Stored = Array<X::Stored, N>;
    stored_one_by_one!(Arr<P, N>);

    fn arg(self, build: &mut Build) -> Self::Stored {
        Array(self.map(|item| item.arg(build)))
    }
}

/// The entries of a map, in the order in which their edges were recorded.
#[derive(Debug)]
pub struct Entries<K, S, M>(Vec<(K, S)>, std::marker::PhantomData<fn() -> M>);

impl<K: Value + Clone, S: Stored, M: FromIterator<(K, S::Ready)> + 'static> Stored for Entries<K, S, M> {
    type Ready = M;
    const EDGES: Option<u32> = None;
    const MOVES: bool = S::MOVES || std::mem::needs_drop::<K>();
    const TAKES: bool = S::TAKES;

    fn ready(&self, cx: &mut Cx<'_>) -> M {
        self.0.iter().map(|(key, item)| (key.clone(), item.ready(cx))).collect()
    }

    fn ready_last(self, cx: &mut Cx<'_>) -> M {
        self.0.into_iter().map(|(key, item)| (key, item.ready_last(cx))).collect()
    }
}

#[diagnostic::do_not_recommend]
impl<K: Value + Clone + Eq + Hash, P: Pattern, X: Arg<P>, H: BuildHasher> Arg<HMap<K, P>> for HashMap<K, X, H> {
    type Stored = Entries<K, X::Stored, HashMap<K, P::Ready>>;
    stored_one_by_one!(HMap<K, P>);

    fn arg(self, build: &mut Build) -> Self::Stored {
        Entries(self.into_iter().map(|(key, item)| (key, item.arg(build))).collect(), std::marker::PhantomData)
    }
}

#[diagnostic::do_not_recommend]
impl<K: Value + Clone + Ord, P: Pattern, X: Arg<P>> Arg<BMap<K, P>> for BTreeMap<K, X> {
    type Stored = Entries<K, X::Stored, BTreeMap<K, P::Ready>>;
    stored_one_by_one!(BMap<K, P>);

    fn arg(self, build: &mut Build) -> Self::Stored {
        Entries(self.into_iter().map(|(key, item)| (key, item.arg(build))).collect(), std::marker::PhantomData)
    }
}

/// A handle of a whole container.
macro_rules! whole {
    ($([$($g:tt)*] $pattern:ty: $value:ty;)*) => {$(
        whole!(@ [$($g)*] $pattern: $value, Delayed<$value>);
        whole!(@ [$($g)*] $pattern: $value, &Delayed<$value>);
    )*};
    (@ [$($g:tt)*] $pattern:ty: $value:ty, $handle:ty) => {
        #[diagnostic::do_not_recommend]
        impl<$($g)*> Arg<$pattern> for $handle
        where
            $value: Value + Clone,
        {
            type Stored = EdgeVal<$value>;
            stored_one_by_one!($pattern);

            fn arg(self, build: &mut Build) -> Self::Stored {
                Arg::<Val<$value>>::arg(self, build)
            }
        }
    };
}

whole! {
    [P: Pattern, const N: usize] Arr<P, N>: [P::Ready; N];
    [K: 'static, P: Pattern] HMap<K, P>: HashMap<K, P::Ready>;
    [K: 'static, P: Pattern] BMap<K, P>: BTreeMap<K, P::Ready>;
}

/// Tuples: as parameter lists (a plain tuple of patterns), and as one parameter (`Tup`).
macro_rules! tuples {
    ($(($($p:ident $x:ident $i:tt),*);)*) => {$(
        impl<$($p: Pattern),*> Pattern for Tup<($($p,)*)> {
            type Ready = ($($p::Ready,)*);
            type Written = ($($p::Ready,)*);
        }

        #[diagnostic::do_not_recommend]
        impl<$($p: Pattern, $x: Arg<$p>),*> Arg<Tup<($($p,)*)>> for ($($x,)*) {
            type Stored = ($($x::Stored,)*);
            stored_one_by_one!(Tup<($($p,)*)>);

            fn arg(self, build: &mut Build) -> Self::Stored {
                ($(self.$i.arg(build),)*)
            }
        }

        whole! {
            [$($p: Pattern),*] Tup<($($p,)*)>: ($($p::Ready,)*);
        }
    )*};
}

crate::tuples::tuples_to_8!(tuples);

macro_rules! stored_tuples {
    ($(($($s:ident $x:ident $i:tt),*);)*) => {$(
        impl<$($s: Stored),*> Stored for ($($s,)*) {
            type Ready = ($($s::Ready,)*);
            const EDGES: Option<u32> = sum_edges(&[$($s::EDGES),*]);
            const MOVES: bool = false $(|| $s::MOVES)*;
            const TAKES: bool = false $(|| $s::TAKES)*;

            #[allow(unused_variables, clippy::unused_unit, reason = "the tuple without elements")]
            fn ready(&self, cx: &mut Cx<'_>) -> Self::Ready {
                ($(self.$i.ready(cx),)*)
            }

            #[allow(unused_variables, clippy::unused_unit, reason = "the tuple without elements")]
            fn ready_last(self, cx: &mut Cx<'_>) -> Self::Ready {
                ($(self.$i.ready_last(cx),)*)
            }
        }
    )*};
}

crate::tuples::tuples_to_12!(stored_tuples);
