//! The one door for generated code. Nothing here is stable.

pub use crate::arg::Ready;
pub use crate::arg::{
    Arg, Arr, BMap, Build, DynRef, Each, HMap, Opt, PathOwned, PathRef, Pattern, Ref, Seq, Slice, Take, Text,
    TextOwned, Tup, Val,
};
pub use crate::delayed::Delayed;
pub use crate::error::{Error, Fallible, Made, made, made_result};
pub use crate::func::{
    AsyncFunc, Func, Info, Named, NoClone, NoError, Probe, SourceFn, by_value, is_value, make_async_with, make_with,
    named, pattern,
};
pub use crate::node::NodeRef as Node;
pub use crate::node::kind::{make, make_async};
pub use crate::shape::{Fetch, Handles, Kept, Outputs, Shape};
pub use crate::value::Value;
