//! Nodes as they are made: the edges of a call are collected, then head, edges and captures are written at once.

use std::future::Future;
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::panic::Location;
use std::ptr::NonNull;

use super::head::{Edge, NodeRef, Use};
use super::kind::{
    Captures, Kind, Meta, async_body_of, async_body_with, body_of, body_with, erase, inner, no_body, run_args, run_data,
};
use super::stored::{Pattern, Ready, Stored};
use super::view::Cx;
use crate::advice;
use crate::error::Made;
use crate::func::{AsyncFunc, CloneFn, Func, Info};
use crate::value::Value;

/// Collects the edges of a call as its arguments are stored.
#[derive(Default)]
pub struct Build {
    /// The first few need no allocation.
    first: [Option<Edge>; FIRST],
    more: Vec<Edge>,
    count: usize,
}

const FIRST: usize = 4;

impl Build {
    /// Records one edge, to be asked for in this order.
    #[inline]
    pub(crate) fn edge(&mut self, node: NodeRef, usage: Use) {
        let edge = Edge::new(node, usage);
        match self.first.get_mut(self.count) {
            Some(place) => *place = Some(edge),
            None => self.more.push(edge),
        }
        self.count += 1;
    }

    #[inline]
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// Moves the edges into a node.
    ///
    /// # Safety
    /// There is room for [`count`](Self::count) edges, none of which was written yet.
    #[inline]
    pub(super) unsafe fn write(self, to: NonNull<Edge>) {
        let mut build = ManuallyDrop::new(self);
        let few = build.count.min(FIRST);
        // SAFETY: the first `count` are `Some`, whose memory is an `Edge`'s alone (it is not null); they are moved, and
        // not dropped here. So are the rest.
        unsafe {
            to.copy_from_nonoverlapping(NonNull::from(&build.first).cast::<Edge>(), few);
            if build.count > FIRST {
                let more = std::mem::take(&mut build.more);
                for (index, edge) in more.into_iter().enumerate() {
                    to.add(FIRST + index).write(edge);
                }
            }
        }
    }
}

const _: () = assert!(size_of::<Option<Edge>>() == size_of::<Edge>(), "no edge takes no more room than an edge");

impl std::fmt::Debug for Build {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Build").field("edges", &self.count).finish_non_exhaustive()
    }
}

/// What is known of a node whose body is a closure, beside its arguments and the closure.
pub(crate) trait Label: 'static {
    const INFO: Info;
    const KIND: Kind;
}

/// Whether, and how, a value of the task can be cloned; known where the node is made.
pub trait CloneKind<T>: 'static {
    /// How, if so.
    const CLONE: CloneFn<T>;
}

/// Nobody said that the value is `Clone`.
#[derive(Debug)]
pub enum NotKnown {}

impl<T> CloneKind<T> for NotKnown {
    const CLONE: CloneFn<T> = None;
}

/// The value is `Clone`.
#[derive(Debug)]
pub enum Known {}

impl<T: Clone> CloneKind<T> for Known {
    const CLONE: CloneFn<T> = Some(T::clone);
}

/// Where the metadata of one function with one kind of stored arguments lies.
struct Of<I, S>(PhantomData<(I, S)>);

impl<I: Func, S: Stored<Ready = Ready<I::P>>> Of<I, S> {
    const META: &'static Meta =
        &Meta::of::<S, (), I::T>(I::INFO, Kind::Task, erase(I::CLONE), run_args::<S>, body_of::<I>);
}

/// A node of a call of a function whose body is known by a type.
#[track_caller]
pub(crate) fn of_func<I: Func, S: Stored<Ready = Ready<I::P>>>(build: Build, args: S) -> NodeRef {
    // SAFETY: `META` is of these captures.
    unsafe { insert(Of::<I, S>::META, build, Captures { args, state: () }) }
}

struct OfAsync<I, S>(PhantomData<(I, S)>);

impl<I: AsyncFunc, S: Stored<Ready = Ready<I::P>>> OfAsync<I, S> {
    const META: &'static Meta =
        &Meta::of::<S, (), I::T>(I::INFO, Kind::Async, erase(I::CLONE), run_args::<S>, async_body_of::<I>);
}

/// [`of_func`] for an async function.
#[track_caller]
pub(crate) fn of_async_func<I: AsyncFunc, S: Stored<Ready = Ready<I::P>>>(build: Build, args: S) -> NodeRef {
    // SAFETY: `META` is of these captures.
    unsafe { insert(OfAsync::<I, S>::META, build, Captures { args, state: () }) }
}

struct OfClosure<L, K, P, T, S, F>(PhantomData<(L, K, P, T, S, F)>);

impl<L: Label, K: CloneKind<T>, P: Pattern, T: Value, S, F> OfClosure<L, K, P, T, S, F>
where
    S: Stored<Ready = P::Ready>,
    F: Fn(P::Ready) -> Made<T> + 'static,
{
    const META: &'static Meta =
        &Meta::of::<S, F, T>(L::INFO, L::KIND, erase(K::CLONE), run_args::<S>, body_with::<P, T, F>);
}

/// A node whose body is a closure, kept behind the arguments.
#[track_caller]
pub(crate) fn of_closure<L: Label, K: CloneKind<T>, P: Pattern, T: Value, S, F>(
    build: Build,
    args: S,
    call: F,
) -> NodeRef
where
    S: Stored<Ready = P::Ready>,
    F: Fn(P::Ready) -> Made<T> + Send + Sync + 'static,
{
    // SAFETY: `META` is of these captures.
    unsafe { insert(OfClosure::<L, K, P, T, S, F>::META, build, Captures { args, state: call }) }
}

struct OfAsyncClosure<L, K, P, T, S, F>(PhantomData<(L, K, P, T, S, F)>);

impl<L: Label, K: CloneKind<T>, P: Pattern, T: Value, S, F, Fut> OfAsyncClosure<L, K, P, (T, Fut), S, F>
where
    S: Stored<Ready = P::Ready>,
    F: Fn(P::Ready) -> Fut + 'static,
    Fut: Future<Output = Made<T>> + Send + 'static,
{
    const META: &'static Meta =
        &Meta::of::<S, F, T>(L::INFO, Kind::Async, erase(K::CLONE), run_args::<S>, async_body_with::<P, T, F, Fut>);
}

/// [`of_closure`] for a closure that returns a future.
#[track_caller]
pub(crate) fn of_async_closure<L: Label, K: CloneKind<T>, P: Pattern, T: Value, S, F, Fut>(
    build: Build,
    args: S,
    call: F,
) -> NodeRef
where
    S: Stored<Ready = P::Ready>,
    F: Fn(P::Ready) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Made<T>> + Send + 'static,
{
    // SAFETY: `META` is of these captures.
    unsafe { insert(OfAsyncClosure::<L, K, P, (T, Fut), S, F>::META, build, Captures { args, state: call }) }
}

/// A value of the user's as captures: its `ready` is never asked for.
struct Datum<T>(T);

impl<T: Value> Stored for Datum<T> {
    type Ready = ();
    const EDGES: Option<u32> = Some(0);
    const MOVES: bool = true;

    fn ready(&self, _: &mut Cx<'_>) {}

    fn ready_last(self, _: &mut Cx<'_>) {}
}

struct OfData<T>(PhantomData<T>);

impl<T: Value> OfData<T> {
    const META: &'static Meta =
        &Meta::of::<Datum<T>, (), T>(Info::new("value"), Kind::Data, None, run_data::<T>, no_body);
}

/// A node of a value that exists already.
#[track_caller]
pub(crate) fn of_data<T: Value>(value: T) -> NodeRef {
    // SAFETY: `META` is of these captures.
    unsafe { insert(OfData::<T>::META, Build::default(), Captures { args: Datum(value), state: () }) }
}

/// Makes a node of the same work as `node`'s, with the same edges, to which others can be added.
pub(crate) fn again(node: &NodeRef) -> NodeRef {
    let view = node.get();
    let mut build = Build::default();
    // The values of data come from the node itself.
    if view.kind() != Kind::Data {
        view.edges().iter().for_each(|edge| build.edge(edge.node().to_ref(), edge.usage()));
    }
    // An `Again` of an `Again` goes straight to the work.
    let work = if view.kind() == Kind::Again { inner(view).clone() } else { node.clone() };
    // SAFETY: `AGAIN` is of one captured reference.
    let mut made = unsafe {
        NodeRef::new(Meta::AGAIN, view.location(), build, |captures| {
            captures.cast::<Captures<NodeRef, ()>>().write(Captures { args: work, state: () });
        })
    };
    if let Some(name) = view.own_name() {
        made.get().rename(name);
    }
    if !view.after().is_empty() {
        made.add_after(view.after().to_vec());
    }
    if let Some(changes) = view.changes() {
        made.change(|own| *own = changes.clone());
    }
    made
}

/// # Safety
/// `meta` is of captures of this type.
#[inline(always)]
#[track_caller]
unsafe fn insert<S, F>(meta: &'static Meta, build: Build, captures: Captures<S, F>) -> NodeRef {
    // SAFETY: passed on.
    let made = unsafe {
        NodeRef::new(meta, Location::caller(), build, |place| {
            place.cast::<Captures<S, F>>().write(captures);
        })
    };
    // Here, nothing else need be kept from the call.
    advice::node_made(Location::caller());
    made
}
