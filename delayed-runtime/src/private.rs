//! The one door for generated code. Nothing here is stable.

pub use crate::advice::{Advice, given as advice_given};
pub use crate::arg::borrowed::EdgeRef;
pub use crate::arg::list::{Gathered, Items};
pub use crate::arg::plain::EdgeVal;
pub use crate::arg::teach::{Field, NoTeach};
pub use crate::delayed::gather;

pub use crate::arg::Ready;
pub use crate::arg::{
    Arg, Args, Arr, BMap, Build, DynRef, Each, Element, HMap, Opt, PathOwned, PathRef, Pattern, Ref, Seq, Slice,
    SliceOf, Take, Text, TextOwned, Tup, Val,
};
pub use crate::delayed::Delayed;
pub use crate::error::{Error, Fallible, Made, Shown, SourceFn, made, made_result, made_result_if};
pub use crate::func::{AsyncFunc, CloneFn, Func, Info, Named};
pub use crate::make::{make, make_async, make_async_with, make_with, named, pattern};
pub use crate::node::NodeRef as Node;
pub use crate::node::make::{CloneKind, Known, NotKnown};
pub use crate::probe::{
    GlobalState, MutableInput, NoClone, NoError, NoWeight, OwnInput, OwnState, Probe, by_value, changed_static,
    giant_task, input, is_shared, is_value, state,
};
pub use crate::run::{Phase, compute_in_phases};
pub use crate::runtime::counts;
pub use crate::shape::{Fetch, Handles, Kept, Outputs, Shape};
pub use crate::value::{Cloned, Value, clone_kept};
pub use crate::weigh::{Weigh, WeighFn};
pub use crate::worker::Counts;

/// What `delayed_block!` calls.
pub mod block {
    pub use crate::block::*;
}

/// Lets a derived shape stand for its plain twin, as an argument of pattern `$pattern`: its handles are gathered by
/// one hidden node.
#[doc(hidden)]
#[macro_export]
macro_rules! __derive_arg {
    ($shape:ty, $twin:ty, $pattern:ident, $stored:ident) => {
        impl $crate::__private::Arg<$crate::__private::$pattern<$twin>> for $shape {
            type Stored = $crate::__private::$stored<$twin>;
            type List = $crate::__private::Items<Self::Stored>;

            #[track_caller]
            fn arg(self, build: &mut $crate::__private::Build) -> Self::Stored {
                let whole = $crate::__private::gather(self);
                $crate::__private::Arg::<$crate::__private::$pattern<$twin>>::arg(whole, build)
            }

            fn list(items: ::std::vec::Vec<Self>, build: &mut $crate::__private::Build) -> Self::List {
                $crate::__private::Items::of::<$crate::__private::$pattern<$twin>, Self>(items, build)
            }
        }
    };
}

/// [`__derive_arg`] for a parameter by value, and for a list of such parameters.
#[doc(hidden)]
#[macro_export]
macro_rules! __derive_arg_val {
    ($shape:ty, $twin:ty) => {
        $crate::__derive_arg!($shape, $twin, Val, EdgeVal);

        impl $crate::__private::Element<$twin> for $shape {
            type Slice = $crate::__private::Gathered<$crate::__private::Items<$crate::__private::EdgeVal<$twin>>>;

            fn slice(items: ::std::vec::Vec<Self>, build: &mut $crate::__private::Build) -> Self::Slice {
                $crate::__private::Gathered::of::<$crate::__private::Val<$twin>, Self>(items, build)
            }
        }
    };
}

/// [`__derive_arg`] for a parameter by reference.
#[doc(hidden)]
#[macro_export]
macro_rules! __derive_arg_ref {
    ($shape:ty, $twin:ty) => {
        $crate::__derive_arg!($shape, $twin, Ref, EdgeRef);
    };
}

pub use crate::{__derive_arg as derive_arg, __derive_arg_ref as derive_arg_ref, __derive_arg_val as derive_arg_val};
