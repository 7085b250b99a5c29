//! Computing where the caller waits.

use std::panic::{AssertUnwindSafe, Location, catch_unwind, resume_unwind};
use std::sync::Arc;

use super::{Core, Mode, Owner};
use crate::advice;
use crate::error::{Error, ErrorKind};
use crate::host::{self, Caller, Handle};
use crate::runtime::Runtime;
use crate::shape::{Fetch, Outputs, Shape};
use crate::worker::{self, Inside, Pool};

/// Computes a shape, blocking the calling thread.
pub(crate) fn compute<S: Shape>(
    pool: &Arc<Pool>,
    shape: S,
    location: &'static Location<'static>,
) -> Result<S::Output, Error> {
    blocking(location, REFUSED, |host| compute_here(pool, shape, location, host))?
}

/// [`compute`] for each output's value or failure.
pub(crate) fn try_compute<S: Shape>(
    pool: Result<&Arc<Pool>, Error>,
    shape: S,
    location: &'static Location<'static>,
) -> S::Tried {
    let mut outputs = Outputs::default();
    let plan = shape.plan(&mut outputs);
    let begun = pool.and_then(|pool| {
        blocking(location, TRY_REFUSED, |host| {
            let core = Core::new(pool.clone(), outputs, Owner::Thread, Mode::Each, location)?;
            advice::computed(location, core.is_chain());
            core.start(host)?;
            worker::drive(&core);
            Ok(core)
        })?
    });
    match begun {
        Ok(core) => core.fetch_each::<S>(plan),
        Err(error) => S::try_get(plan, &mut Fetch::refused(error)),
    }
}

/// What is said where a compute may not block.
const REFUSED: &str = "`compute()` would block a current-thread tokio runtime; write `.await` on the handle, or `compute_async(..).await`";

const TRY_REFUSED: &str =
    "`try_compute()` would block a current-thread tokio runtime; write `try_compute_async(..).await`";

/// Does something that may block the calling thread, where it may; it is told of the tokio runtime it is in.
pub(super) fn blocking<R>(
    location: &'static Location<'static>,
    refused: &str,
    act: impl FnOnce(Option<Handle>) -> R,
) -> Result<R, Error> {
    let would_block = || Err(Error::of_run(ErrorKind::Runtime, location, refused));
    let caller = Caller::current();
    match caller {
        Caller::Outside => Ok(act(None)),
        // The body of a sync task may block. But nobody may drive this host any more, if the caller of the task's run
        // has gone: it is not the inner run's.
        Caller::CurrentThread(_) if Inside::current() == Inside::SyncTask => Ok(act(None)),
        Caller::CurrentThread(_) => would_block(),
        Caller::MultiThread(handle) => {
            let mut begun = false;
            let blocking = || {
                host::block_in_place(|| {
                    begun = true;
                    act(Some(handle))
                })
            };
            // tokio has no question for it: in a `LocalSet`, where blocking is not possible either, it panics.
            match catch_unwind(AssertUnwindSafe(blocking)) {
                Ok(done) => Ok(done),
                Err(payload) if begun => resume_unwind(payload),
                Err(_) => would_block(),
            }
        }
    }
}

/// Computes a shape on the calling thread, with the pool's help.
pub(super) fn compute_here<S: Shape>(
    pool: &Arc<Pool>,
    shape: S,
    location: &'static Location<'static>,
    host: Option<Handle>,
) -> Result<S::Output, Error> {
    in_phases(pool, shape, location, host, |_| ())
}

/// What a blocking compute consists of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// The graph is walked, and all that the run needs is laid out.
    Plan,
    /// The tasks run.
    Run,
    /// The values are handed over, and everything else is dropped.
    Drop,
}

/// [`compute_here`], telling when each phase has ended.
fn in_phases<S: Shape>(
    pool: &Arc<Pool>,
    shape: S,
    location: &'static Location<'static>,
    host: Option<Handle>,
    mut ended: impl FnMut(Phase),
) -> Result<S::Output, Error> {
    let mut outputs = Outputs::default();
    let plan = shape.plan(&mut outputs);
    let core = Core::new(pool.clone(), outputs, Owner::Thread, Mode::All, location)?;
    advice::computed(location, core.is_chain());
    core.start(host)?;
    ended(Phase::Plan);
    worker::drive(&core);
    ended(Phase::Run);
    let made = core.fetch::<S>(plan);
    drop(core);
    ended(Phase::Drop);
    made
}

/// Computes a shape outside of async code, and tells when each phase has ended; for benchmarks.
///
/// # Errors
/// As [`Runtime::compute`].
#[track_caller]
pub fn compute_in_phases<S: Shape>(runtime: &Runtime, shape: S, ended: impl FnMut(Phase)) -> Result<S::Output, Error> {
    in_phases(runtime.pool(), shape, Location::caller(), None, ended)
}
