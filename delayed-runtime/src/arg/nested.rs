//! Containers of handles for a parameter whose written type names no container: a bare type parameter, an alias.
//! One level deep: a recursive rule would overlap with the plain value.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;

use crate::arg::list::elements;
use crate::arg::{Arg, Arr, BMap, Build, HMap, Seq, Tup, Val, stored_one_by_one};
use crate::delayed::Delayed;
use crate::value::Value;

/// Each form stands for the written container: the argument is stored as its pattern would store it.
macro_rules! one_level {
    ($([$($g:tt)*] $arg:ty => $value:ty as $pattern:ty;)*) => {$(
        #[diagnostic::do_not_recommend]
        impl<$($g)*> Arg<Val<$value>> for $arg {
            type Stored = <$arg as Arg<$pattern>>::Stored;
            stored_one_by_one!(Val<$value>);

            fn arg(self, build: &mut Build) -> Self::Stored {
                Arg::<$pattern>::arg(self, build)
            }
        }

        elements! {
            [$($g)*] $arg => $value;
        }
    )*};
}

one_level! {
    [T: Value + Clone] Vec<Delayed<T>> => Vec<T> as Seq<Val<T>>;
    [T: Value + Clone, const N: usize] [Delayed<T>; N] => [T; N] as Arr<Val<T>, N>;
    [K: Value + Clone + Eq + Hash, T: Value + Clone] HashMap<K, Delayed<T>> => HashMap<K, T> as HMap<K, Val<T>>;
    [K: Value + Clone + Ord, T: Value + Clone] BTreeMap<K, Delayed<T>> => BTreeMap<K, T> as BMap<K, Val<T>>;
    [A: Value + Clone, B: Value + Clone] (Delayed<A>, Delayed<B>) => (A, B) as Tup<(Val<A>, Val<B>)>;
    [A: Value + Clone, B: Value + Clone] (Delayed<A>, B) => (A, B) as Tup<(Val<A>, Val<B>)>;
    [A: Value + Clone, B: Value + Clone] (A, Delayed<B>) => (A, B) as Tup<(Val<A>, Val<B>)>;
    [A: Value + Clone, B: Value + Clone, C: Value + Clone] (Delayed<A>, Delayed<B>, Delayed<C>) => (A, B, C) as Tup<(Val<A>, Val<B>, Val<C>)>;
    [A: Value + Clone, B: Value + Clone, C: Value + Clone] (Delayed<A>, Delayed<B>, C) => (A, B, C) as Tup<(Val<A>, Val<B>, Val<C>)>;
    [A: Value + Clone, B: Value + Clone, C: Value + Clone] (Delayed<A>, B, Delayed<C>) => (A, B, C) as Tup<(Val<A>, Val<B>, Val<C>)>;
    [A: Value + Clone, B: Value + Clone, C: Value + Clone] (A, Delayed<B>, Delayed<C>) => (A, B, C) as Tup<(Val<A>, Val<B>, Val<C>)>;
    [A: Value + Clone, B: Value + Clone, C: Value + Clone] (Delayed<A>, B, C) => (A, B, C) as Tup<(Val<A>, Val<B>, Val<C>)>;
    [A: Value + Clone, B: Value + Clone, C: Value + Clone] (A, Delayed<B>, C) => (A, B, C) as Tup<(Val<A>, Val<B>, Val<C>)>;
    [A: Value + Clone, B: Value + Clone, C: Value + Clone] (A, B, Delayed<C>) => (A, B, C) as Tup<(Val<A>, Val<B>, Val<C>)>;
}
