//! What a parameter accepts: patterns, one for each written type, and the arguments that fit them.
//!
//! The macro turns a parameter's written type into a [`Pattern`], and a call's argument implements [`Arg`] of it. No
//! two implementations overlap because their patterns differ, and recursion is free: a list of whatever its elements
//! accept. What an argument leaves in the node, its [`Stored`] form, is chosen by the argument's own type: a literal
//! is the bare value, a handle an edge and a marker without size.

pub(crate) mod borrowed;
pub(crate) mod containers;
pub(crate) mod list;
pub(crate) mod nested;
pub(crate) mod option;
pub(crate) mod params;
pub(crate) mod plain;
pub(crate) mod teach;
pub(crate) mod text;

pub use crate::node::Build;
pub(crate) use crate::node::stored::Stored;
pub use crate::node::stored::{Pattern, Ready};
pub use borrowed::{DynRef, Ref};
pub use containers::{Arr, BMap, HMap, Tup};
pub use list::{Each, Element, Seq, Slice, SliceOf};
pub use option::Opt;
pub use params::Args;
pub use plain::{Take, Val};
pub use text::{PathOwned, PathRef, Text, TextOwned};

pub(crate) use plain::Moved;

/// An argument for a parameter of pattern `P`, which takes a plain `W`.
///
/// Of all implementations messages name only that of the plain value, whose bounds are what a value must be able to do.
#[diagnostic::on_unimplemented(
    message = "a parameter that takes `{W}` cannot take `{Self}`",
    label = "expected `{W}`, or a `Delayed` of it",
    note = "a parameter takes the plain value (`Send + Sync + Unpin + 'static`, by value `Clone` too), and `Delayed` or `&Delayed` of it; one that is a container takes these for each of its parts",
    note = "borrowed plain data goes in with `.clone()`, `.cloned()` or `value(..)`; handles in a container that is taken whole with `gather(..)`; a handle for an `Option` without `Some`; handles of what is not `Clone` into a list `&[&T]`"
)]
pub trait Arg<P: Pattern, W: ?Sized = <P as Pattern>::Written>: Sized {
    /// What is left in the node.
    type Stored: Stored<Ready = P::Ready>;
    /// Whether it is a plain value, whose size is all there is to it.
    const PLAIN: bool = false;
    /// What a list of such arguments leaves there.
    type List: Stored<Ready = Vec<P::Ready>>;
    /// Stores the argument and records its edges.
    #[track_caller]
    fn arg(self, build: &mut Build) -> Self::Stored;
    /// Stores a list of such arguments.
    #[track_caller]
    fn list(items: Vec<Self>, build: &mut Build) -> Self::List;
}

/// The rest of an [`Arg`] of this pattern whose lists are stored element by element.
macro_rules! stored_one_by_one {
    ($pattern:ty) => {
        type List = crate::arg::list::Items<Self::Stored>;

        fn list(items: Vec<Self>, build: &mut crate::arg::Build) -> Self::List {
            crate::arg::list::Items::of::<$pattern, Self>(items, build)
        }
    };
}
pub(crate) use stored_one_by_one;

/// Adds constant numbers of edges; `None` as soon as one depends on the value.
pub(crate) const fn sum_edges(parts: &[Option<u32>]) -> Option<u32> {
    let mut sum = 0;
    let mut index = 0;
    while index < parts.len() {
        match parts[index] {
            Some(edges) => sum += edges,
            None => return None,
        }
        index += 1;
    }
    Some(sum)
}

/// `Debug` of guards: that of what they lend.
macro_rules! debug_as_target {
    ($([$($generics:tt)*] $guard:ty where $bound:ty;)*) => {$(
        impl<$($generics)*> ::std::fmt::Debug for $guard where $bound: ::std::fmt::Debug {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                (**self).fmt(f)
            }
        }
    )*};
}
pub(crate) use debug_as_target;

/// A pattern is never a value: it has no content to show.
macro_rules! patterns {
    ($($(#[$doc:meta])* $name:ident<$($param:ident $(: ?$sized:ident)?),*>;)*) => {$(
        $(#[$doc])*
        pub struct $name<$($param $(: ?$sized)?),*>(::std::marker::PhantomData<fn($(::std::marker::PhantomData<$param>),*)>);

        impl<$($param $(: ?$sized)?),*> ::std::fmt::Debug for $name<$($param),*> {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(stringify!($name))
            }
        }
    )*};
}
pub(crate) use patterns;
