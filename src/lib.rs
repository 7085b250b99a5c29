#![doc = include_str!("../README.md")]

#[doc(hidden)]
pub use delayed_runtime::__private;

pub use delayed_macros::{DelayedArg, delayed, delayed_block};
pub use delayed_runtime::{
    Builder, CancelToken, Delayed, Error, ErrorKind, Graph, Handles, IntoDelayed, OnFailure, Run, Runtime, Shape, Task,
    TryRun, Value, Weigh, batched, compute, delayed, delayed_async, gather, is_cancelled, try_compute, value,
};

/// What the functions [`delayed`](fn@delayed) and [`delayed_async`] return, and the traits behind their `call`.
pub mod lifted {
    pub use delayed_runtime::{CallAsync, CallByValue, Callable, Fun, FunAsync};
}

/// All that ordinary use needs: `use delayed::prelude::*;`.
///
/// It exports neither `Error` nor `compute`, whose names are common: write `delayed::Error`, `delayed::compute`.
///
/// # Examples
/// ```
/// use delayed::prelude::*;
///
/// #[delayed]
/// fn inc(x: i64) -> i64 {
///     x + 1
/// }
///
/// assert_eq!(inc(inc(1)).compute()?, 3);
/// # Ok::<(), delayed::Error>(())
/// ```
pub mod prelude {
    pub use crate::lifted::{CallAsync, CallByValue};
    pub use crate::{
        Delayed, DelayedArg, ErrorKind, Graph, OnFailure, Run, Runtime, Value, batched, delayed, delayed_async,
        delayed_block, gather, value,
    };
}

/// The guide's code blocks, as doctests.
#[cfg(doctest)]
mod guide {
    #[doc = include_str!("../docs/src/first-graph.md")]
    struct FirstGraph;
    #[doc = include_str!("../docs/src/arguments.md")]
    struct Arguments;
    #[doc = include_str!("../docs/src/running.md")]
    struct Running;
    #[doc = include_str!("../docs/src/scheduling.md")]
    struct Scheduling;
    #[doc = include_str!("../docs/src/errors.md")]
    struct Errors;
    #[doc = include_str!("../docs/src/unattended.md")]
    struct Unattended;
    #[doc = include_str!("../docs/src/functions.md")]
    struct Functions;
    #[doc = include_str!("../docs/src/blocks.md")]
    struct Blocks;
    #[doc = include_str!("../docs/src/best-practices.md")]
    struct BestPractices;
    #[doc = include_str!("../docs/src/from-dask.md")]
    struct FromDask;
    #[doc = include_str!("../docs/src/performance.md")]
    struct Performance;
    #[doc = include_str!("../docs/src/design.md")]
    struct Design;
    #[doc = include_str!("../docs/src/testing.md")]
    struct Testing;
}
