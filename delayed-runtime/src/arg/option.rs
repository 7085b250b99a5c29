//! `Option<E>` and `Option<&E>`: a bare value or handle counts as `Some`.

use std::marker::PhantomData;
use std::path::{Path, PathBuf};

use crate::arg::borrowed::{EdgeRef, LitRef};
use crate::arg::list::{Gathered, Lends};
use crate::arg::plain::{EdgeVal, Lit};
use crate::arg::{
    Arg, Build, PathOwned, PathRef, Pattern, Ref, Seq, Slice, Stored, Text, TextOwned, Val, patterns, stored_one_by_one,
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
    /// The written type, for messages.
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

/// For one pattern: how it is wrapped, what a literal and a handle of a part leave in the node, and which arguments
/// are literals and handles of it. `None` must have one type only, so an `Option` at the call is always of `$plain`.
macro_rules! optional {
    ($($g:tt $pattern:ty: $mode:ident, literal $lit:ty, handle $edge:ty, some $some:ty,
       literals [$($literal:ty),*], handles [$($handle:ty),*];)*) => {$(
        optional!(@$mode $g $pattern);
        optional!(@some $g $pattern, $some, $lit);
        $(optional!(@bare $g $pattern, $literal, $lit);)*
        $(optional!(@bare $g $pattern, $handle, $edge);)*
    )*};
    ($(@own $g:tt $pattern:ty: $mode:ident;)*) => {
        $(optional!(@$mode $g $pattern);)*
    };
    (@some [$($g:tt)*] $pattern:ty, $some:ty, $stored:ty) => {
        impl<$($g)*> Arg<Opt<$pattern>> for Option<$some>
        where
            $some: Arg<$pattern, Stored = $stored>,
        {
            type Stored = Maybe<$stored, $pattern>;
            stored_one_by_one!(Opt<$pattern>);

            fn arg(self, build: &mut Build) -> Self::Stored {
                Maybe(self.map(|part| Arg::<$pattern>::arg(part, build)), PhantomData)
            }
        }
    };
    (@bare [$($g:tt)*] $pattern:ty, $bare:ty, $stored:ty) => {
        #[diagnostic::do_not_recommend]
        impl<$($g)*> Arg<Opt<$pattern>> for $bare
        where
            $bare: Arg<$pattern, Stored = $stored>,
        {
            type Stored = There<$stored, $pattern>;
            stored_one_by_one!(Opt<$pattern>);

            fn arg(self, build: &mut Build) -> Self::Stored {
                There(Arg::<$pattern>::arg(self, build), PhantomData)
            }
        }
    };
    (@lent [$($g:tt)*] $pattern:ty) => {
        impl<$($g)*> Optional for $pattern {
            type Option = OptLent<$pattern>;
            type Written = Option<&'static <$pattern as Lends>::Target>;

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
    ['a, T: Value + Clone] Val<T>: owned, literal Lit<T>, handle EdgeVal<T>, some T,
        literals [T], handles [Delayed<T>, &'a Delayed<T>];
    ['a, T: Value] Ref<T>: lent, literal LitRef<T>, handle EdgeRef<T>, some T,
        literals [T], handles [Delayed<T>, &'a Delayed<T>];
    ['a] Text: lent, literal LitRef<String>, handle EdgeRef<String>, some &'a str,
        literals [&'a str, &'a String, String], handles [Delayed<String>, &'a Delayed<String>];
    ['a] TextOwned: owned, literal Lit<String>, handle EdgeVal<String>, some String,
        literals [&'a str, &'a String, String], handles [Delayed<String>, &'a Delayed<String>];
    ['a] PathRef: lent, literal LitRef<PathBuf>, handle EdgeRef<PathBuf>, some PathBuf,
        literals [&'a str, &'a String, String, &'a Path, &'a PathBuf, PathBuf], handles [Delayed<PathBuf>, &'a Delayed<PathBuf>];
    ['a] PathOwned: owned, literal Lit<PathBuf>, handle EdgeVal<PathBuf>, some PathBuf,
        literals [&'a str, &'a String, String, &'a Path, &'a PathBuf, PathBuf], handles [Delayed<PathBuf>, &'a Delayed<PathBuf>];
}

optional! {
    @own [P: Pattern] Seq<P>: owned;
    @own [P: Pattern] Slice<P>: lent;
}

/// A list that may be there.
macro_rules! optional_lists {
    ($($pattern:ident, $literal:ty, $plain:ty, $edge:ty;)*) => {$(
        impl<P: Pattern> Arg<Opt<$pattern<P>>> for Option<Vec<P::Ready>>
        where
            P::Ready: Arg<P>,
        {
            type Stored = Maybe<$plain, $pattern<P>>;
            stored_one_by_one!(Opt<$pattern<P>>);

            fn arg(self, build: &mut Build) -> Self::Stored {
                Maybe(self.map(|part| Arg::<$pattern<P>>::arg(part, build)), PhantomData)
            }
        }

        #[diagnostic::do_not_recommend]
        impl<P: Pattern, X: Arg<P>> Arg<Opt<$pattern<P>>> for Vec<X> {
            type Stored = There<$literal, $pattern<P>>;
            stored_one_by_one!(Opt<$pattern<P>>);

            fn arg(self, build: &mut Build) -> Self::Stored {
                There(Arg::<$pattern<P>>::arg(self, build), PhantomData)
            }
        }

        optional_lists!(@ $pattern, $edge, Delayed<Vec<P::Ready>>);
        optional_lists!(@ $pattern, $edge, &Delayed<Vec<P::Ready>>);
    )*};
    (@ $pattern:ident, $edge:ty, $handle:ty) => {
        #[diagnostic::do_not_recommend]
        impl<P: Pattern> Arg<Opt<$pattern<P>>> for $handle
        where
            P::Ready: Value + Clone,
        {
            type Stored = There<$edge, $pattern<P>>;
            stored_one_by_one!(Opt<$pattern<P>>);

            fn arg(self, build: &mut Build) -> Self::Stored {
                There(Arg::<$pattern<P>>::arg(self, build), PhantomData)
            }
        }
    };
}

optional_lists! {
    Seq, X::List, <P::Ready as Arg<P>>::List, EdgeVal<Vec<P::Ready>>;
    Slice, Gathered<X::List>, Gathered<<P::Ready as Arg<P>>::List>, EdgeRef<Vec<P::Ready>>;
}

/// For a parameter whose written type names no `Option`: see `nested`.
#[diagnostic::do_not_recommend]
impl<T: Value + Clone> Arg<Val<Option<T>>> for Option<Delayed<T>> {
    type Stored = Maybe<EdgeVal<T>, Val<T>>;
    stored_one_by_one!(Val<Option<T>>);

    fn arg(self, build: &mut Build) -> Self::Stored {
        Maybe(self.map(|part| Arg::<Val<T>>::arg(part, build)), PhantomData)
    }
}
