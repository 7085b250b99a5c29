//! What a thread does for a run, from when it takes a place until it leaves; and how an owner's thread drives its run.
#![expect(unsafe_code, reason = "the run whose task a thread is in is known by its address")]

use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::time::Duration;

use super::{Place, Pool};
use crate::run::{Core, Left, open_enclosing};
use crate::sync::{Instant, thread, thread_local};

/// How long a thread keeps its place while others want one.
const SLICE: Duration = Duration::from_millis(1);

/// A thread's work on a run.
#[derive(Default)]
pub(crate) struct Shift {
    /// Since when the thread keeps its place while others want one.
    since: Option<Instant>,
    search: Search,
}

/// Whether a thread was woken for work and has not found any yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Search {
    #[default]
    None,
    /// The run's owner, at the start, and when it is woken instead of a thread of the pool.
    Owner,
    /// A thread of the pool, counted in `searching`.
    Counted,
}

impl Shift {
    pub(super) fn new(search: Search) -> Shift {
        Shift { since: None, search }
    }

    /// Asked only while somebody wants the place, so that no clock is read otherwise.
    pub(crate) fn is_over(&mut self) -> bool {
        self.since.get_or_insert_with(Instant::now).elapsed() >= SLICE
    }

    /// There is a task to run; whether the thread was woken for it.
    #[inline]
    pub(crate) fn found(&mut self) -> Search {
        std::mem::take(&mut self.search)
    }
}

/// What the calling thread does for a run at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Inside {
    Nothing,
    SyncTask,
    AsyncTask,
}

/// The same, and for what.
struct Now {
    inside: Cell<Inside>,
    /// To be looked at only while the thread is inside of one of the run's tasks.
    run: Cell<*const Core>,
    task: Cell<u32>,
}

/// No task of the run, which may be over.
const NO_TASK: u32 = u32::MAX;

thread_local! {
    static NOW: Now =
        const { Now { inside: Cell::new(Inside::Nothing), run: Cell::new(std::ptr::null()), task: Cell::new(NO_TASK) } };
}

/// Restores what the thread did before.
pub(crate) struct Restore(Inside, *const Core, u32);

impl Inside {
    #[inline]
    pub(crate) fn current() -> Inside {
        NOW.with(|now| now.inside.get())
    }

    /// The thread runs sync tasks of a run.
    pub(crate) fn sync_tasks(core: &Core) -> Restore {
        Inside::SyncTask.enter(core)
    }

    /// The thread polls an async task of a run.
    pub(crate) fn async_task(core: &Core, task: u32) -> Restore {
        let restore = Inside::AsyncTask.enter(core);
        Inside::begin(task);
        restore
    }

    fn enter(self, core: &Core) -> Restore {
        NOW.with(|now| Restore(now.inside.replace(self), now.run.replace(core), now.task.replace(NO_TASK)))
    }

    /// The thread runs this task of the run.
    #[inline]
    pub(crate) fn begin(task: u32) {
        NOW.with(|now| now.task.set(task));
    }

    /// The thread runs no task of the run: the run may end, and be taken apart.
    #[inline]
    pub(crate) fn end() {
        Inside::begin(NO_TASK);
    }

    /// Tells of the task that runs on the thread: its name, and whether it may record others.
    pub(crate) fn running(tell: impl FnOnce(&str, bool)) {
        Inside::task(|core, task| core.tell_of(task, tell));
    }

    /// Whether what the task that runs on the thread returns is not wanted any more.
    pub(crate) fn is_given_up() -> bool {
        Inside::task(Core::is_given_up).unwrap_or(false)
    }

    /// Looks at the task that runs on the thread. It keeps its run from being taken apart, and so its node alive.
    pub(crate) fn task<R>(look: impl FnOnce(&Core, u32) -> R) -> Option<R> {
        let (run, task) = NOW.with(|now| (now.run.get(), now.task.get()));
        if task == NO_TASK {
            return None;
        }
        // SAFETY: set from a reference by who works on the run, and taken back before that reference ends.
        unsafe { run.as_ref() }.map(|core| look(core, task))
    }
}

impl Drop for Restore {
    fn drop(&mut self) {
        NOW.with(|now| {
            now.inside.set(self.0);
            now.run.set(self.1);
            now.task.set(self.2);
        });
    }
}

thread_local! {
    /// The place in which the thread runs a task.
    static PLACE: RefCell<Option<Place>> = const { RefCell::new(None) };
    /// The pool whose thread this is; to be compared only.
    static OF_POOL: Cell<*const Pool> = const { Cell::new(std::ptr::null()) };
    /// Whether the thread is away from its pool already, further up its stack.
    static IS_AWAY: Cell<bool> = const { Cell::new(false) };
}

/// The thread is the pool's.
pub(super) fn enter_pool(pool: &Arc<Pool>) {
    OF_POOL.with(|of| of.set(Arc::as_ptr(pool)));
}

/// Works on a run in a place, which comes back; `None` if others are to have it.
pub(super) fn work_in(place: Place, core: &Arc<Core>, shift: &mut Shift) -> Option<Place> {
    /// Leaves the thread without a place, also when unwinding.
    struct Leave;
    impl Drop for Leave {
        fn drop(&mut self) {
            drop(PLACE.with(RefCell::take));
        }
    }
    let Some(attached) = core.attach() else { return Some(place) };
    let _inside = Inside::sync_tasks(core);
    let _enclosed = core.enclose(Inside::SyncTask);
    PLACE.with(|held| held.replace(Some(place)));
    let _leave = Leave;
    match core.work(&attached, shift) {
        Left::Idle => PLACE.with(RefCell::take),
        Left::Yielded => None,
    }
}

/// A thread of a pool waits for a run of its own, and does not count meanwhile (rule 2): once, however deep it waits.
struct Away<'a>(&'a Arc<Pool>);

impl<'a> Away<'a> {
    fn from(pool: &'a Arc<Pool>) -> Option<Away<'a>> {
        let is_of_pool = std::ptr::eq(OF_POOL.with(Cell::get), Arc::as_ptr(pool));
        (is_of_pool && !IS_AWAY.with(|away| away.replace(true))).then(|| {
            let mut hub = pool.lock();
            hub.threads -= 1;
            // Whoever had work while the thread counted relied on it.
            pool.wake_if_ready(hub);
            Away(pool)
        })
    }
}

impl Drop for Away<'_> {
    fn drop(&mut self) {
        IS_AWAY.with(|away| away.set(false));
        self.0.lock().threads += 1;
    }
}

/// Drives a run on its owner's thread to its end.
pub(crate) fn drive(core: &Arc<Core>) {
    let pool = core.pool();
    core.set_owner(thread::current());
    // The thread may be inside a task's body, which goes on, in its place, when this returns (rule 2).
    let Some(outer) = PLACE.with(RefCell::take) else {
        drive_from(core, None);
        return;
    };
    let outer_pool = outer.0.clone();
    let place = if Arc::ptr_eq(&outer_pool, pool) {
        drive_from(core, Some(outer))
    } else {
        let _away = Away::from(&outer_pool);
        drop(outer);
        open_enclosing();
        drive_from(core, None);
        None
    };
    let place = place.or_else(|| outer_pool.take_place(|| false));
    PLACE.with(|held| held.replace(place));
}

/// [`drive`] with a place of the run's pool, if the thread has one; so it is left, too.
fn drive_from(core: &Arc<Core>, mut place: Option<Place>) -> Option<Place> {
    let pool = core.pool();
    if pool.sequential {
        core.drive_alone();
        return place;
    }
    // With its first task, and in a place of its own, the thread looks whether there are more.
    let search = if core.starts_wide() { Search::Owner } else { Search::None };
    let mut shift = Shift::new(search);
    while !core.is_over() {
        if !core.has_work() {
            let _away = Away::from(pool);
            drop(place.take());
            open_enclosing();
            core.wait();
            shift.search = Search::Owner;
            continue;
        }
        place = match place.or_else(|| pool.take_place(|| core.is_over())) {
            Some(place) => {
                shift.since = None;
                work_in(place, core, &mut shift)
            }
            None => None,
        };
    }
    pool.retire(core);
    place
}
