//! Lists: `Vec<E>`, `&[E]`, `&[&E]`. No node stands between the elements and the task: its edges are theirs.
//!
//! `&[T]` of plain values has a pattern of its own: a list of them is lent whole from where it lies, so nothing need be
//! `Clone` but what comes from handles of single elements.

use std::path::{Path, PathBuf};

use crate::advice::{self, Extent as _};
use crate::arg::borrowed::{EdgeRef, LitRef};
use crate::arg::plain::EdgeVal;
use crate::arg::{Arg, Build, PathRef, Pattern, Ref, Stored, Text, Val, patterns, stored_one_by_one};
use crate::delayed::Delayed;
use crate::node::view::{Cx, Lent};
use crate::value::Value;

patterns! {
    /// `xs: Vec<E>`.
    Seq<P>;
    /// `xs: &[E]`, where `E` is taken apart itself.
    Slice<P>;
    /// `xs: &[T]`.
    SliceOf<T>;
    /// `xs: &[&E]`.
    Each<P>;
}

impl<P: Pattern> Pattern for Seq<P> {
    type Ready = Vec<P::Ready>;
    type Written = Vec<P::Ready>;
}

impl<P: Pattern> Pattern for Slice<P> {
    type Ready = Lent<Vec<P::Ready>>;
    type Written = Vec<P::Ready>;
}

impl<T: 'static> Pattern for SliceOf<T> {
    type Ready = Lent<Vec<T>>;
    type Written = Vec<T>;
}

/// An argument that can be an element of a list for `xs: &[T]`: what a parameter `x: T` takes, but a plain `T` need not
/// be `Clone`.
pub trait Element<T: 'static>: Sized {
    /// Whether it is a plain value.
    const PLAIN: bool = false;
    /// What a list of such elements leaves in the node.
    type Slice: Stored<Ready = Lent<Vec<T>>>;
    /// Stores the list and records its edges.
    #[track_caller]
    fn slice(items: Vec<Self>, build: &mut Build) -> Self::Slice;
}

impl<T: Value> Element<T> for T {
    type Slice = LitRef<Vec<T>>;
    const PLAIN: bool = true;

    fn slice(items: Vec<T>, _: &mut Build) -> LitRef<Vec<T>> {
        LitRef(items)
    }
}

/// Elements that a list stores one by one, as a parameter by value would.
macro_rules! elements {
    ($([$($g:tt)*] $element:ty => $value:ty;)*) => {$(
        #[diagnostic::do_not_recommend]
        impl<$($g)*> $crate::arg::list::Element<$value> for $element {
            type Slice = $crate::arg::list::Gathered<
                $crate::arg::list::Items<<Self as $crate::arg::Arg<$crate::arg::Val<$value>>>::Stored>,
            >;

            fn slice(items: Vec<Self>, build: &mut $crate::arg::Build) -> Self::Slice {
                $crate::arg::list::Gathered::of::<$crate::arg::Val<$value>, Self>(items, build)
            }
        }
    )*};
}
pub(crate) use elements;

elements! {
    [T: Value + Clone] Delayed<T> => T;
    [T: Value + Clone] &Delayed<T> => T;
}

/// A pattern of references: a guard of something owned, seen as something that may be unsized.
pub trait Lends: Pattern<Ready = Lent<Self::Owned>> {
    /// What lies in the slot or node.
    type Owned: 'static;
    /// What the body's reference points to.
    type Target: ?Sized + 'static;
    /// From one to the other.
    fn target(owned: &Self::Owned) -> &Self::Target;
}

impl<T: 'static> Lends for Ref<T> {
    type Owned = T;
    type Target = T;

    fn target(owned: &T) -> &T {
        owned
    }
}

impl Lends for Text {
    type Owned = String;
    type Target = str;

    fn target(owned: &String) -> &str {
        owned
    }
}

impl Lends for PathRef {
    type Owned = PathBuf;
    type Target = Path;

    fn target(owned: &PathBuf) -> &Path {
        owned
    }
}

impl<T: 'static> Lends for SliceOf<T> {
    type Owned = Vec<T>;
    type Target = [T];

    fn target(owned: &Vec<T>) -> &[T] {
        owned
    }
}

impl<P: Pattern> Lends for Slice<P> {
    type Owned = Vec<P::Ready>;
    type Target = [P::Ready];

    fn target(owned: &Vec<P::Ready>) -> &[P::Ready] {
        owned
    }
}

impl<P: Lends> Pattern for Each<P> {
    type Ready = LentEach<P>;
    type Written = Vec<P::Owned>;
}

/// Elements lent to a body, each where it lies.
pub enum LentEach<P: Lends> {
    /// Each from its own place.
    Items(Vec<Lent<P::Owned>>),
    /// All from one list.
    Whole(Lent<Vec<P::Owned>>),
}

impl<P: Lends> LentEach<P> {
    /// The references that the body takes.
    pub fn refs(&self) -> Vec<&P::Target> {
        match self {
            LentEach::Items(items) => items.iter().map(|item| P::target(item)).collect(),
            LentEach::Whole(list) => list.iter().map(P::target).collect(),
        }
    }
}

impl<P: Lends> std::fmt::Debug for LentEach<P> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LentEach").finish_non_exhaustive()
    }
}

/// A list, stored element by element. Handles take no room in it: their markers have no size.
pub struct Items<S>(Vec<S>);

impl<S: Stored> Items<S> {
    /// Stores the elements in order.
    #[track_caller]
    pub fn of<P: Pattern, X: Arg<P, Stored = S>>(items: Vec<X>, build: &mut Build) -> Items<S> {
        let mut stored = Vec::with_capacity(items.len());
        // No closure: it would hide the caller's place.
        for item in items {
            stored.push(item.arg(build));
        }
        Items(stored)
    }
}

impl<S: Stored> Stored for Items<S> {
    type Ready = Vec<S::Ready>;
    const EDGES: Option<u32> = None;
    const MOVES: bool = S::MOVES;
    const TAKES: bool = S::TAKES;

    fn ready(&self, cx: &mut Cx<'_>) -> Vec<S::Ready> {
        self.0.iter().map(|item| item.ready(cx)).collect()
    }

    fn ready_last(self, cx: &mut Cx<'_>) -> Vec<S::Ready> {
        self.0.into_iter().map(|item| item.ready_last(cx)).collect()
    }
}

/// A list made ready as a guard.
#[derive(Debug)]
pub struct Gathered<S>(S);

impl<S: Stored> Gathered<Items<S>> {
    /// Stores the elements in order.
    #[track_caller]
    pub fn of<P: Pattern, X: Arg<P, Stored = S>>(items: Vec<X>, build: &mut Build) -> Gathered<Items<S>> {
        Gathered(Items::of::<P, X>(items, build))
    }
}

impl<S: Stored> Stored for Gathered<S> {
    type Ready = Lent<S::Ready>;
    const EDGES: Option<u32> = S::EDGES;
    const MOVES: bool = S::MOVES;
    const TAKES: bool = S::TAKES;

    fn ready(&self, cx: &mut Cx<'_>) -> Lent<S::Ready> {
        self.0.lend(cx)
    }

    fn ready_last(self, cx: &mut Cx<'_>) -> Lent<S::Ready> {
        Lent::own(self.0.ready_last(cx))
    }
}

/// A list of guards, as the references of [`LentEach`].
#[derive(Debug)]
pub struct EachOf<S, P>(S, std::marker::PhantomData<fn() -> P>);

impl<P: Lends, S: Stored<Ready = Vec<Lent<P::Owned>>>> Stored for EachOf<S, P> {
    type Ready = LentEach<P>;
    const EDGES: Option<u32> = S::EDGES;
    const MOVES: bool = S::MOVES;

    fn ready(&self, cx: &mut Cx<'_>) -> LentEach<P> {
        LentEach::Items(self.0.ready(cx))
    }

    fn ready_last(self, cx: &mut Cx<'_>) -> LentEach<P> {
        LentEach::Items(self.0.ready_last(cx))
    }
}

/// A list that is one value, as the references of [`LentEach`].
#[derive(Debug)]
pub struct WholeOf<S, P>(S, std::marker::PhantomData<fn() -> P>);

impl<P: Lends, S: Stored<Ready = Lent<Vec<P::Owned>>>> Stored for WholeOf<S, P> {
    type Ready = LentEach<P>;
    const EDGES: Option<u32> = S::EDGES;

    fn ready(&self, cx: &mut Cx<'_>) -> LentEach<P> {
        LentEach::Whole(self.0.ready(cx))
    }

    fn ready_last(self, cx: &mut Cx<'_>) -> LentEach<P> {
        LentEach::Whole(self.0.ready_last(cx))
    }
}

/// The forms of a list at the call, each made a `Vec` first.
macro_rules! list_args {
    ($($pattern:ident<$p:ident: $bound:path>, X: $element:path, $stored:ty, |$items:ident, $build:ident| $store:expr;)*) => {$(
        list_args!(@ [] Vec<X>, [], $pattern<$p: $bound>, $element, $stored, |$items, $build| $store, |list| list);
        list_args!(@ [const N: usize] [X; N], [], $pattern<$p: $bound>, $element, $stored, |$items, $build| $store, Vec::from);
        list_args!(@ [] &Vec<X>, [Clone], $pattern<$p: $bound>, $element, $stored, |$items, $build| $store, Vec::clone);
        list_args!(@ [] &[X], [Clone], $pattern<$p: $bound>, $element, $stored, |$items, $build| $store, |list| list.to_vec());
        list_args!(@ [const N: usize] &[X; N], [Clone], $pattern<$p: $bound>, $element, $stored, |$items, $build| $store, |list| list.to_vec());
    )*};
    (@ [$($n:tt)*] $list:ty, [$($clone:ident)?], $pattern:ident<$p:ident: $bound:path>, $element:path, $stored:ty,
     |$items:ident, $build:ident| $store:expr, $to_vec:expr) => {
        #[diagnostic::do_not_recommend]
        impl<$p: $bound, X: $element $(+ $clone)?, $($n)*> Arg<$pattern<$p>> for $list {
            type Stored = $stored;
            stored_one_by_one!($pattern<$p>);

            fn arg(self, $build: &mut Build) -> Self::Stored {
                if <X as $element>::PLAIN {
                    let (bytes, address) = self.extent();
                    advice::input(bytes, address);
                }
                let to_vec: fn(Self) -> Vec<X> = $to_vec;
                let $items = to_vec(self);
                $store
            }
        }
    };
}

list_args! {
    Seq<P: Pattern>, X: Arg<P>, X::List, |items, build| X::list(items, build);
    Slice<P: Pattern>, X: Arg<P>, Gathered<X::List>, |items, build| Gathered(X::list(items, build));
    SliceOf<T: Value>, X: Element<T>, X::Slice, |items, build| X::slice(items, build);
    Each<P: Lends>, X: Arg<P>, EachOf<X::List, P>, |items, build| EachOf(X::list(items, build), std::marker::PhantomData);
}

/// A handle of a whole list.
macro_rules! whole_list {
    ($($pattern:ident<$p:ident: $bound:path>: $element:ty, [$($clone:ident)?], $stored:ty, $as:ty, |$made:ident| $store:expr;)*) => {$(
        whole_list!(@ Delayed<Vec<$element>>, $pattern<$p: $bound>: $element, [$($clone)?], $stored, $as, |$made| $store);
        whole_list!(@ &Delayed<Vec<$element>>, $pattern<$p: $bound>: $element, [$($clone)?], $stored, $as, |$made| $store);
    )*};
    (@ $handle:ty, $pattern:ident<$p:ident: $bound:path>: $element:ty, [$($clone:ident)?], $stored:ty, $as:ty, |$made:ident| $store:expr) => {
        #[diagnostic::do_not_recommend]
        impl<$p: $bound> Arg<$pattern<$p>> for $handle
        where
            $element: Value $(+ $clone)?,
        {
            type Stored = $stored;
            stored_one_by_one!($pattern<$p>);

            fn arg(self, build: &mut Build) -> Self::Stored {
                let $made = Arg::<$as>::arg(self, build);
                $store
            }
        }
    };
}

whole_list! {
    Seq<P: Pattern>: P::Ready, [Clone], EdgeVal<Vec<P::Ready>>, Val<Vec<P::Ready>>, |edge| edge;
    Slice<P: Pattern>: P::Ready, [], EdgeRef<Vec<P::Ready>>, Ref<Vec<P::Ready>>, |edge| edge;
    SliceOf<T: Value>: T, [], EdgeRef<Vec<T>>, Ref<Vec<T>>, |edge| edge;
    Each<P: Lends>: P::Owned, [], WholeOf<EdgeRef<Vec<P::Owned>>, P>, Ref<Vec<P::Owned>>, |edge| WholeOf(edge, std::marker::PhantomData);
}
