//! Where async tasks are polled: the caller's tokio runtime, or one of the library's own.

#[cfg(any(delayed_loom, delayed_shuttle))]
#[path = "host/stubbed.rs"]
mod imp;

use imp::RuntimeFlavor;
pub(crate) use imp::{AbortHandle, Handle, TaskId, block_in_place, current_task, standard};

#[cfg(not(any(delayed_loom, delayed_shuttle)))]
mod imp {
    use std::sync::OnceLock;

    use tokio::runtime::{Builder, Runtime};
    pub(crate) use tokio::runtime::{Handle, RuntimeFlavor};
    pub(crate) use tokio::task::{AbortHandle, Id as TaskId, block_in_place, try_id as current_task};

    /// The tokio runtime for runs whose caller is in none; made when the first async task needs it, and never shut
    /// down, so that dropping a `Runtime` of ours blocks nowhere.
    static STANDARD: OnceLock<Runtime> = OnceLock::new();

    /// The handle of the library's own tokio runtime.
    pub(crate) fn standard() -> std::io::Result<Handle> {
        if let Some(host) = STANDARD.get() {
            return Ok(host.handle().clone());
        }
        let made = Builder::new_multi_thread().thread_name("delayed-host").enable_all().build()?;
        // Another thread may have been faster; ours then goes away unused, and not by a blocking drop.
        if let Err(unused) = STANDARD.set(made) {
            unused.shutdown_background();
        }
        Ok(STANDARD.get().expect("set just now").handle().clone())
    }
}

/// What the calling thread is to tokio.
#[derive(Clone, Debug)]
pub(crate) enum Caller {
    /// In no tokio runtime.
    Outside,
    /// In a multi-thread one, where blocking can be announced.
    MultiThread(Handle),
    /// In a current-thread one, which blocking would stop.
    CurrentThread(Handle),
}

impl Caller {
    pub(crate) fn current() -> Caller {
        match Handle::try_current() {
            Err(_) => Caller::Outside,
            Ok(handle) if handle.runtime_flavor() == RuntimeFlavor::CurrentThread => Caller::CurrentThread(handle),
            Ok(handle) => Caller::MultiThread(handle),
        }
    }

    pub(crate) fn into_handle(self) -> Option<Handle> {
        match self {
            Caller::Outside => None,
            Caller::MultiThread(handle) | Caller::CurrentThread(handle) => Some(handle),
        }
    }
}
