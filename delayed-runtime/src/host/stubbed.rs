//! The host of the model checkers, which cannot schedule tokio. Under shuttle an async task has a thread of its own, so
//! that a run that forgets one does not end. Under loom, where each thread is dear, it is polled once.

use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

pub(crate) use tokio::runtime::RuntimeFlavor;
pub(crate) use tokio::task::Id as TaskId;

use crate::sync::thread_local;

/// Stands for a multi-thread runtime, of which there is one.
#[derive(Clone, Debug)]
pub(crate) struct Handle(());

/// The calling thread is in no runtime.
pub(crate) struct Outside;

thread_local! {
    static IS_INSIDE: Cell<bool> = const { Cell::new(false) };
}

pub(crate) fn current_task() -> Option<TaskId> {
    None
}

pub(crate) fn standard() -> std::io::Result<Handle> {
    Ok(Handle(()))
}

pub(crate) fn block_in_place<R>(f: impl FnOnce() -> R) -> R {
    f()
}

impl Handle {
    pub(crate) fn try_current() -> Result<Handle, Outside> {
        if IS_INSIDE.with(Cell::get) { Ok(Handle(())) } else { Err(Outside) }
    }

    pub(crate) fn runtime_flavor(&self) -> RuntimeFlavor {
        RuntimeFlavor::MultiThread
    }

    pub(crate) fn enter(&self) -> Entered {
        Entered(IS_INSIDE.with(|inside| inside.replace(true)))
    }

    pub(crate) fn spawn(&self, future: impl Future<Output = ()> + Send + 'static) -> Spawned {
        let abort = AbortHandle::default();
        let hosted = Hosted { future: Some(Box::pin(future)), abort: abort.clone() };
        self.host(hosted);
        Spawned(abort)
    }

    /// A thread of its own.
    pub(crate) fn spawn_blocking(&self, body: impl FnOnce() + Send + 'static) {
        crate::sync::thread::spawn(body);
    }

    #[cfg(delayed_shuttle)]
    fn host(&self, hosted: Hosted<impl Future<Output = ()> + Send + 'static>) {
        let host = self.clone();
        crate::sync::thread::spawn(move || {
            let _entered = host.enter();
            shuttle::future::block_on(hosted);
        });
    }

    #[cfg(delayed_loom)]
    fn host(&self, mut hosted: Hosted<impl Future<Output = ()> + Send + 'static>) {
        let _entered = self.enter();
        if Pin::new(&mut hosted).poll(&mut Context::from_waker(Waker::noop())).is_pending() {
            // Nobody polls it again: a run that waits for it does not end.
            std::mem::forget(hosted);
        }
    }
}

/// The thread is in the runtime until this is dropped.
pub(crate) struct Entered(bool);

impl Drop for Entered {
    fn drop(&mut self) {
        IS_INSIDE.with(|inside| inside.set(self.0));
    }
}

pub(crate) struct Spawned(AbortHandle);

impl Spawned {
    pub(crate) fn abort_handle(&self) -> AbortHandle {
        self.0.clone()
    }
}

/// Not shuttle's lock: an abort is one step. A run aborts its tasks in the order of a hash map, which is another in
/// each process, and a schedule must mean the same in all of them.
#[derive(Clone, Debug, Default)]
pub(crate) struct AbortHandle(Arc<Mutex<Abort>>);

#[derive(Debug, Default)]
struct Abort {
    is_asked: bool,
    waker: Option<Waker>,
}

impl AbortHandle {
    pub(crate) fn abort(&self) {
        let mut abort = self.0.lock().unwrap();
        abort.is_asked = true;
        if let Some(waker) = abort.waker.take() {
            waker.wake();
        }
    }

    /// Whether the task is to end; if not, it will be woken for it.
    fn poll(&self, cx: &Context<'_>) -> bool {
        let mut abort = self.0.lock().unwrap();
        abort.waker = Some(cx.waker().clone());
        abort.is_asked
    }
}

/// A future that goes on until it is aborted.
struct Hosted<F> {
    future: Option<Pin<Box<F>>>,
    abort: AbortHandle,
}

impl<F: Future<Output = ()>> Future for Hosted<F> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.abort.poll(cx) {
            self.future = None;
        }
        let Some(future) = &mut self.future else { return Poll::Ready(()) };
        future.as_mut().poll(cx)
    }
}
