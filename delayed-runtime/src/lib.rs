//! The runtime of [`delayed`](https://docs.rs/delayed): graph, scheduler and tokio host, usable without its macros.
//!
//! Handles ([`Delayed`]) are made by [`value`], [`delayed`](fn@delayed), combinators and operators, and run by
//! [`compute`] or by awaiting them. The crate `delayed` adds the attribute that turns ordinary functions into
//! constructors of handles; use that one.

#[cfg(not(target_pointer_width = "64"))]
compile_error!("`delayed` lays nodes out for 64-bit targets, and this is another; build for a target such as x86_64");

mod advice;
mod arg;
mod block;
mod cancel;
mod delayed;
mod error;
mod func;
mod graph;
mod host;
mod limit;
mod make;
mod node;
mod panic;
mod plan;
mod policy;
mod probe;
mod run;
mod runtime;
mod scheduler;
mod shape;
mod sync;
mod timer;
mod tuples;
mod value;
mod weigh;
mod worker;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;

pub use cancel::{CancelToken, is_cancelled};
pub use delayed::{
    CallAsync, CallByValue, Callable, Delayed, Fun, FunAsync, IntoDelayed, batched, delayed, delayed_async, gather,
    value,
};
pub use error::{Error, ErrorKind};
pub use graph::{Graph, Task};
pub use policy::OnFailure;
pub use run::{Run, TryRun};
pub use runtime::{Builder, Runtime, compute, try_compute};
pub use shape::{Handles, Shape};
pub use value::Value;
pub use weigh::Weigh;
