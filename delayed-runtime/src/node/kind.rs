//! The kinds of node: what all nodes of one call have in common, how captures become ready arguments, and how a
//! body ends.

use std::alloc::Layout;
use std::any::TypeId;
use std::future::Future;
use std::mem::{ManuallyDrop, offset_of};
use std::pin::Pin;

use super::head::{self, Node, NodeRef};
use super::order::Order;
use super::slot::{Slots, ValueType, is_copied};
use super::stored::{Pattern, Ready, Stored};
use super::view::Cx;
use crate::error::{Cause, Made};
use crate::func::{AsyncFunc, Func, Info};
use crate::policy::Policy;
use crate::value::Value;

/// What a node stands for in counts and pictures, and what its run does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A task of the user's.
    Task,
    /// A task whose body is a future.
    Async,
    /// Data put in with `value`: there before the run begins.
    Data,
    /// Work of the library's own: gathering, pairing.
    Hidden,
    /// The same, which learns from others how its value is cloned.
    Fallback,
    /// Takes one part out of another's value, which has it once: not to be repeated within a run.
    Part,
    /// The same work as another node's, with other edges.
    Again,
}

/// What a plan wants to know of a node.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Traits {
    /// Whether it matters to the node that a run alone owns it.
    pub(crate) moves: bool,
    pub(crate) is_async: bool,
    /// Whether the value is there before the run begins.
    pub(crate) is_data: bool,
    /// Whether an argument is `#[take]`n.
    pub(crate) takes: bool,
    /// Whether it takes failures in the place of values.
    pub(crate) catches: bool,
    /// Whether the function says how its tasks run.
    pub(crate) has_policy: bool,
}

/// The rest of an async task: writes the value to its slot, or ends with the cause of its failure.
pub(crate) type TaskFuture = Pin<Box<dyn Future<Output = Result<(), Cause>> + Send>>;

/// How a task's run ended.
pub(crate) enum Outcome {
    /// The value is in the slot.
    Done,
    Failed(Cause),
    /// The body is a future; the value comes with it.
    Later(TaskFuture),
}

/// Whether the value is in the slot; else the view has the rest ([`Cx::rest`]). (So that what nearly every task returns
/// fits into a register.)
pub(super) type IsDone = bool;
type Run = unsafe fn(Node<'_>, &mut Cx<'_>, bool) -> IsDone;
type Body = unsafe fn(ready: *mut u8, state: *const u8, cx: &mut Cx<'_>) -> IsDone;
/// A `fn(&T) -> T`, cast back where `T` is known again (invariant 7).
pub(super) type CloneFn = fn();

/// What all nodes made by one call of one function with one kind of arguments have in common.
pub(super) struct Meta {
    info: Info,
    kind: Kind,
    run: Run,
    body: Body,
    clone: Option<CloneFn>,
    value: &'static ValueType,
    /// `None`: counted in the node.
    pub(super) edges: Option<u32>,
    /// Whether moving the captured arguments out, instead of cloning them, saves anything.
    moves: bool,
    /// Whether an argument is `#[take]`n.
    takes: bool,
    /// Whether it takes failures in the place of values.
    catches: bool,
    /// Whether a plan wants to know anything of the node ([`Traits`]).
    is_special: bool,
    captures: Layout,
    /// Where they lie, if the number of edges is constant.
    captures_at: usize,
    /// Whether dropping the captures does anything.
    pub(super) drops: bool,
    state: usize,
    /// Drops the captures, all but the arguments if these are spent.
    pub(super) drop_captures: unsafe fn(*mut u8, spent: bool),
}

/// What a node captured: the arguments that are no edges, and for closures the closure.
#[repr(C)]
pub(super) struct Captures<S, F> {
    pub(super) args: S,
    pub(super) state: F,
}

impl Meta {
    pub(super) const fn of<S: Stored, F, T: 'static>(
        info: Info,
        kind: Kind,
        clone: Option<CloneFn>,
        run: Run,
        body: Body,
    ) -> Meta {
        let has_policy = !info.policy().is_none();
        Meta {
            info,
            kind,
            run,
            body,
            clone,
            value: const { &ValueType::of::<T>() },
            edges: S::EDGES,
            moves: S::MOVES,
            takes: S::TAKES,
            catches: S::CATCHES,
            is_special: S::MOVES || S::TAKES || S::CATCHES || has_policy || matches!(kind, Kind::Async | Kind::Data),
            captures: Layout::new::<Captures<S, F>>(),
            captures_at: match S::EDGES {
                Some(edges) => head::captures_at(false, edges as usize, Layout::new::<Captures<S, F>>()),
                None => 0,
            },
            drops: std::mem::needs_drop::<Captures<S, F>>(),
            state: offset_of!(Captures<S, F>, state),
            drop_captures: drop_captures::<S, F>,
        }
    }

    /// Where the captures of a node with this many edges lie.
    #[inline]
    pub(super) const fn captures_at(&self, edges: usize) -> usize {
        match self.edges {
            Some(_) => self.captures_at,
            None => head::captures_at(true, edges, self.captures),
        }
    }

    /// The memory of a node with this many edges.
    #[inline]
    pub(super) const fn layout(&self, edges: usize) -> Layout {
        head::layout(self.edges.is_none(), edges, self.captures)
    }

    /// Of all nodes that repeat another's work; what depends on the work is asked of that other one.
    pub(super) const AGAIN: &'static Meta = &Meta {
        info: Info::new("again"),
        kind: Kind::Again,
        run: run_again,
        body: no_body,
        clone: None,
        value: const { &ValueType::of::<()>() },
        edges: None,
        moves: true,
        takes: false,
        catches: false,
        is_special: true,
        captures: Layout::new::<Captures<NodeRef, ()>>(),
        captures_at: 0,
        drops: true,
        state: offset_of!(Captures<NodeRef, ()>, state),
        drop_captures: drop_captures::<NodeRef, ()>,
    };
}

/// # Safety
/// `captures` are a node's, of these types, dropped for the last time; with `spent` without arguments.
unsafe fn drop_captures<S, F>(captures: *mut u8, spent: bool) {
    let captures = captures.cast::<Captures<S, F>>();
    // SAFETY: by the caller's word. The state is dropped even if an argument's destructor unwinds, by `Rest`.
    unsafe {
        struct Rest<F>(*mut F);
        impl<F> Drop for Rest<F> {
            fn drop(&mut self) {
                // SAFETY: the state is initialised and dropped here only.
                unsafe { self.0.drop_in_place() };
            }
        }
        let _state = Rest(&raw mut (*captures).state);
        if !spent {
            (&raw mut (*captures).args).drop_in_place();
        }
    }
}

/// Makes the captured arguments ready and calls the body. One for each kind of stored arguments, shared by all
/// functions that are called with such.
///
/// # Safety
/// `node` was made with `Captures<S, _>`, `cx` is its view, and with `last` the run alone owns it.
pub(super) unsafe fn run_args<S: Stored>(node: Node<'_>, cx: &mut Cx<'_>, last: bool) -> IsDone {
    let captures = node.captures().as_ptr();
    let meta = node.meta();
    if meta.takes {
        node.use_claim();
    }
    let ready = if last && meta.moves {
        node.spend();
        // SAFETY: the arguments lie first; they are moved out once, which `spend` notes (invariant 5).
        unsafe { captures.cast::<S>().read() }.ready_last(cx)
    } else {
        // SAFETY: as above, and not moved out, since only `last` does.
        unsafe { &*captures.cast::<S>() }.ready(cx)
    };
    let mut ready = ManuallyDrop::new(ready);
    // SAFETY: the body was stored with a pattern whose ready arguments these are, and takes them over.
    unsafe { (meta.body)((&raw mut ready).cast(), captures.add(meta.state), cx) }
}

/// # Safety
/// For all bodies: `ready` points to the pattern's ready arguments, which are taken over, `state` to the state, and
/// `cx` is the view of a task whose values are of type `T`.
pub(super) unsafe fn body_of<I: Func>(ready: *mut u8, _: *const u8, cx: &mut Cx<'_>) -> IsDone {
    // SAFETY: passed on.
    unsafe { finish(I::call(ready.cast::<Ready<I::P>>().read()), cx) }
}

/// # Safety
/// As [`body_of`].
pub(super) unsafe fn body_with<P: Pattern, T: Value, F: Fn(P::Ready) -> Made<T>>(
    ready: *mut u8,
    state: *const u8,
    cx: &mut Cx<'_>,
) -> IsDone {
    // SAFETY: passed on.
    unsafe { finish((*state.cast::<F>())(ready.cast::<P::Ready>().read()), cx) }
}

/// # Safety
/// `cx` is the view of a task whose values are of type `T`, and which makes this one only.
#[inline]
unsafe fn finish<T: 'static>(made: Made<T>, cx: &mut Cx<'_>) -> IsDone {
    match made.result {
        Ok(value) => {
            cx.target().weigh(&value, made.weigh);
            // SAFETY: passed on.
            unsafe { cx.put(value) };
            true
        }
        Err(cause) => cx.fail(cause),
    }
}

/// # Safety
/// As [`body_of`].
pub(super) unsafe fn async_body_of<I: AsyncFunc>(ready: *mut u8, _: *const u8, cx: &mut Cx<'_>) -> IsDone {
    // SAFETY: passed on.
    unsafe { later(I::call(ready.cast::<Ready<I::P>>().read()), cx) }
}

/// # Safety
/// As [`body_of`].
pub(super) unsafe fn async_body_with<P, T, F, Fut>(ready: *mut u8, state: *const u8, cx: &mut Cx<'_>) -> IsDone
where
    P: Pattern,
    T: Value,
    F: Fn(P::Ready) -> Fut,
    Fut: Future<Output = Made<T>> + Send + 'static,
{
    // SAFETY: passed on.
    unsafe { later((*state.cast::<F>())(ready.cast::<P::Ready>().read()), cx) }
}

/// # Safety
/// As [`finish`]; whoever polls the future keeps the run alive.
unsafe fn later<T: Send + 'static>(future: impl Future<Output = Made<T>> + Send + 'static, cx: &mut Cx<'_>) -> IsDone {
    let target = cx.target();
    cx.rest = Some(Outcome::Later(Box::pin(async move {
        let made = future.await;
        let value = made.result?;
        target.weigh(&value, made.weigh);
        // SAFETY: passed on.
        unsafe { target.put(value) };
        Ok(())
    })));
    false
}

/// The run of [`Kind::Data`]: moves the value into its slot, or lends it from the node.
///
/// # Safety
/// As [`run_args`], for a node made by [`data`].
pub(super) unsafe fn run_data<T: Value>(node: Node<'_>, cx: &mut Cx<'_>, last: bool) -> IsDone {
    let value = node.captures().cast::<T>();
    if last {
        node.spend();
        node.use_claim();
        // SAFETY: moved out once (invariant 5).
        unsafe { cx.put(value.read()) };
    } else {
        cx.put_borrowed(value);
    }
    true
}

/// The run of [`Kind::Again`]: the other node's, with this one's slots.
///
/// # Safety
/// As [`run_args`], for a node made by [`again`].
unsafe fn run_again(node: Node<'_>, cx: &mut Cx<'_>, last: bool) -> IsDone {
    let inner = inner(node);
    // SAFETY: this node has the inner one's edges, in order, so `cx` fits; alone if nobody else refers to it.
    unsafe { (inner.get().meta().run)(inner.get(), cx, last && inner.is_sole()) }
}

/// # Safety
/// Never called: `run_data` and `run_again` have no body.
pub(super) unsafe fn no_body(_: *mut u8, _: *const u8, _: &mut Cx<'_>) -> IsDone {
    true
}

pub(super) fn inner(node: Node<'_>) -> &NodeRef {
    debug_assert_eq!(node.meta().kind, Kind::Again);
    // SAFETY: a node of this kind captured one reference, which is never moved out.
    unsafe { node.captures().cast::<NodeRef>().as_ref() }
}

/// Of a type that is copied.
fn copy<T: 'static>(value: &T) -> T {
    assert!(is_copied::<T>(), "only what may be copied is");
    // SAFETY: a primitive type, as was just asked.
    unsafe { std::ptr::from_ref(value).read() }
}

pub(super) const fn erase<T>(clone: Option<fn(&T) -> T>) -> Option<CloneFn> {
    match clone {
        // SAFETY: function pointers have one size; cast back before it is called (invariant 7).
        Some(clone) => Some(unsafe { std::mem::transmute::<fn(&T) -> T, CloneFn>(clone) }),
        None => None,
    }
}

/// Runs one task of a run.
///
/// # Safety
/// All of the task's dependencies are done, and it has a use of each; no other attempt of it is under way, nor has one
/// left a value; with `last` the run alone owns the node, and there is one attempt; the run is kept alive while a
/// returned future is.
#[inline]
pub(crate) unsafe fn run(order: &Order, slots: &Slots, task: u32, last: bool) -> Outcome {
    let (node, edges) = order.task(task);
    let mut cx = Cx::new(order, slots, edges, task);
    // SAFETY: passed on.
    let done = unsafe { (node.meta().run)(node, &mut cx, last) };
    if done { Outcome::Done } else { cx.rest.unwrap_or(Outcome::Done) }
}

impl<'a> Node<'a> {
    #[inline]
    pub(crate) fn kind(self) -> Kind {
        self.meta().kind
    }

    /// The node whose work this one does: its own, but for [`Kind::Again`].
    fn work(self) -> Node<'a> {
        if self.kind() == Kind::Again { inner(self).get() } else { self }
    }

    pub(crate) fn work_kind(self) -> Kind {
        self.work().kind()
    }

    /// Whether the node is a task of the user's, as counts and pictures understand it.
    pub(crate) fn is_task(self) -> bool {
        matches!(self.work_kind(), Kind::Task | Kind::Async)
    }

    /// What a plan wants to know of the node; `None` if that is nothing.
    #[inline]
    pub(crate) fn traits(self) -> Option<Traits> {
        let meta = self.meta();
        if !meta.is_special {
            return None;
        }
        let work = if meta.kind == Kind::Again { inner(self).get().meta() } else { meta };
        Some(Traits {
            moves: meta.moves,
            is_async: work.kind == Kind::Async,
            is_data: meta.kind == Kind::Data,
            takes: work.takes,
            catches: work.catches,
            has_policy: !work.info.policy().is_none(),
        })
    }

    /// Whether an argument of the work is `#[take]`n.
    pub(crate) fn takes(self) -> bool {
        self.work().meta().takes
    }

    /// Whether the run of a node of data moves the value into its slot; with `sole`, the run alone owns the node.
    pub(crate) fn moves_data(self, sole: bool) -> bool {
        sole && (self.kind() != Kind::Again || inner(self).is_sole())
    }

    /// Whether the work takes failures in the place of values.
    pub(crate) fn catches(self) -> bool {
        self.work().meta().catches
    }

    /// How the task runs.
    pub(crate) fn policy(self) -> Policy {
        let policy = self.info().policy();
        self.changes().map_or_else(|| policy.clone(), |changes| changes.apply(policy))
    }

    pub(crate) fn info(self) -> &'static Info {
        &self.work().meta().info
    }

    /// Claims what a run moves out of the node's captures; false if an earlier run has it already.
    pub(crate) fn claim(self) -> bool {
        self.work().set_claim()
    }

    /// Gives a claim back, of a run that was refused in the end.
    pub(crate) fn unclaim(self) {
        self.work().clear_claim();
    }

    /// What the node's values are.
    pub(super) fn value_type(self) -> &'static ValueType {
        self.work().meta().value
    }

    /// How the node's value is cloned, if anybody said so.
    pub(crate) fn clone_fn<T: 'static>(self) -> Option<fn(&T) -> T> {
        assert_eq!((self.value_type().id)(), TypeId::of::<T>(), "a clone function is asked for with its node's type");
        // SAFETY: made by `erase::<T>` from a function of this very type (invariant 7).
        self.known_clone().map(|clone| unsafe { std::mem::transmute::<CloneFn, fn(&T) -> T>(clone) })
    }

    /// How the node's value is cloned: as somebody said, or by copying it.
    pub(crate) fn clone_or_copy<T: 'static>(self) -> Option<fn(&T) -> T> {
        self.clone_fn().or(if is_copied::<T>() { Some(copy::<T>) } else { None })
    }

    fn known_clone(self) -> Option<CloneFn> {
        self.work().meta().clone.or_else(|| self.work().taught_clone())
    }

    pub(crate) fn can_clone(self) -> bool {
        self.value_type().is_copied() || self.known_clone().is_some()
    }

    /// Notes that somebody takes the value of data put in with `value` by value, and so knows how to clone it.
    /// (Other nodes know it by themselves, or do not need to: their values lie in the run and can be moved.)
    #[inline]
    pub(crate) fn learn_clone<T: Clone + 'static>(self) {
        if matches!(self.kind(), Kind::Data | Kind::Again | Kind::Fallback) {
            self.work().learn_clone_of_data::<T>();
        }
    }

    fn learn_clone_of_data<T: Clone + 'static>(self) {
        let node = self;
        if matches!(node.kind(), Kind::Data | Kind::Fallback) && node.known_clone().is_none() {
            assert_eq!((node.value_type().id)(), TypeId::of::<T>(), "a handle has its node's type");
            node.teach(Some(T::clone));
        }
    }

    /// Notes how a value of this node is cloned, if anybody knows.
    pub(crate) fn teach<T: 'static>(self, clone: Option<fn(&T) -> T>) {
        assert_eq!((self.value_type().id)(), TypeId::of::<T>(), "a node is taught about its own type");
        if let Some(clone) = erase::<T>(clone) {
            self.teach_clone(clone);
        }
    }
}
