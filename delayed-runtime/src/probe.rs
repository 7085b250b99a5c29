//! What the macro asks about a type of which it knows only the name.

use std::marker::PhantomData;
use std::sync::atomic::{
    AtomicBool, AtomicI8, AtomicI16, AtomicI32, AtomicI64, AtomicIsize, AtomicPtr, AtomicU8, AtomicU16, AtomicU32,
    AtomicU64, AtomicUsize,
};
use std::sync::{Arc, LazyLock, Mutex, OnceLock, RwLock};
use std::thread::LocalKey;

use crate::error::SourceFn;
use crate::func::CloneFn;
use crate::node::make::{Known, NotKnown};
use crate::value::{Cloned, Shared, Value};
use crate::weigh::{Weigh, WeighFn};

/// Asks about a type what only its name in the user's code can tell: an inherent item where the type has the trait
/// in question, else the same item of [`NoClone`] or [`NoError`], which must be in scope.
#[derive(Debug)]
pub struct Probe<T>(PhantomData<T>);

impl<T: Clone> Probe<T> {
    /// How a value is cloned.
    pub const CLONE: CloneFn<T> = Some(T::clone);

    /// The same as a type.
    pub fn clone_kind() -> PhantomData<fn() -> Known> {
        PhantomData
    }
}

/// What [`Probe`] answers for a type that is not `Clone`.
pub trait NoClone<T> {
    /// Nobody knows how a value is cloned.
    const CLONE: CloneFn<T> = None;

    /// The same as a type.
    fn clone_kind() -> PhantomData<fn() -> NotKnown> {
        PhantomData
    }
}

impl<T> NoClone<T> for Probe<T> {}

impl<E: std::error::Error + 'static> Probe<E> {
    /// As a standard error.
    pub const SOURCE: SourceFn<E> = Some(|error| error);
}

/// What [`Probe`] answers for an error that is no standard one, such as `String`.
pub trait NoError<E> {
    /// It cannot be seen as a standard error.
    const SOURCE: SourceFn<E> = None;
}

impl<E> NoError<E> for Probe<E> {}

impl<T: Weigh> Probe<T> {
    /// How large a value is.
    pub const WEIGH: WeighFn<T> = Some(T::weigh);
}

/// What [`Probe`] answers for a type that is not `Weigh`.
pub trait NoWeight<T> {
    /// As large as its type.
    const WEIGH: WeighFn<T> = None;
}

impl<T> NoWeight<T> for Probe<T> {}

/// The probe of a by-value parameter's type: it must be `Clone`.
pub fn by_value<T: Cloned>() {}

/// The probe of a parameter's or return type: it must be a [`Value`].
pub fn is_value<T: Value>() {}

/// The probe of the trait object behind a parameter: it must be `Send + Sync`.
pub fn is_shared<T: Shared + ?Sized>() {}

/// Asks whether an input of a type can be changed by all tasks that share it.
#[derive(Debug)]
pub struct Input<T: ?Sized>(PhantomData<T>);

/// The question.
pub fn input<T: ?Sized>() -> Input<T> {
    Input(PhantomData)
}

/// What `Input` answers for most types, one reference further away than the other answer.
pub trait OwnInput {
    /// Nothing is to be said.
    fn mutable_input(&self) {}
}

impl<T: ?Sized> OwnInput for &Input<T> {}

/// What `Input` answers for locks and atomics.
pub trait MutableInput {
    /// Marked for the lint `mutable_input`.
    #[cfg_attr(
        not(any(doc, docsrs, rust_analyzer, miri)),
        deprecated(
            since = "TBD",
            note = "mutable_input: a task that changes what others share makes the result depend on who comes first. Take the plain value and return the new one; `#[delayed(allow(mutable_input))]` switches this off"
        )
    )]
    fn mutable_input(&self) {}
}

macro_rules! mutable {
    ($($t:ty),* $(,)?) => {
        $(
            impl MutableInput for Input<$t> {}
            impl MutableInput for Input<Arc<$t>> {}
            impl GlobalState for State<$t> {}
        )*
    };
}

mutable!(
    AtomicBool,
    AtomicI8,
    AtomicI16,
    AtomicI32,
    AtomicI64,
    AtomicIsize,
    AtomicU8,
    AtomicU16,
    AtomicU32,
    AtomicU64,
    AtomicUsize,
);

impl<T: ?Sized> MutableInput for Input<Mutex<T>> {}
impl<T: ?Sized> MutableInput for Input<Arc<Mutex<T>>> {}
impl<T: ?Sized> MutableInput for Input<RwLock<T>> {}
impl<T: ?Sized> MutableInput for Input<Arc<RwLock<T>>> {}
impl<T> MutableInput for Input<AtomicPtr<T>> {}
impl<T> MutableInput for Input<Arc<AtomicPtr<T>>> {}

/// Asks whether what stands behind a path is state that a body can change.
#[derive(Debug)]
pub struct State<T: ?Sized>(PhantomData<T>);

/// The question.
pub fn state<T: ?Sized>(_: &T) -> State<T> {
    State(PhantomData)
}

/// What `State` answers for most types, one reference further away than the other answer.
pub trait OwnState {
    /// Nothing is to be said.
    fn global_state(&self) {}
}

impl<T: ?Sized> OwnState for &State<T> {}

/// What `State` answers for locks, cells, atomics and thread locals.
pub trait GlobalState {
    /// Marked for the lint `global_state`.
    #[cfg_attr(
        not(any(doc, docsrs, rust_analyzer, miri)),
        deprecated(
            since = "TBD",
            note = "global_state: what tasks share behind their arguments makes the result depend on who comes first. Take it as a parameter and return the new value; `#[delayed(allow(global_state))]` switches this off"
        )
    )]
    fn global_state(&self) {}
}

impl<T: ?Sized> GlobalState for State<Mutex<T>> {}
impl<T: ?Sized> GlobalState for State<RwLock<T>> {}
impl<T> GlobalState for State<AtomicPtr<T>> {}
impl<T: 'static> GlobalState for State<LocalKey<T>> {}
impl<T: ?Sized> GlobalState for State<Arc<T>> where State<T>: GlobalState {}
impl<T, F> GlobalState for State<LazyLock<T, F>> where State<T>: GlobalState {}
impl<T> GlobalState for State<OnceLock<T>> where State<T>: GlobalState {}
impl<T> GlobalState for State<[T]> where State<T>: GlobalState {}
impl<T, const N: usize> GlobalState for State<[T; N]> where State<T>: GlobalState {}
impl<T: ?Sized> GlobalState for State<&T> where State<T>: GlobalState {}

/// Marked for the lint `global_state`, where `unsafe` code changes a static.
#[cfg_attr(
    not(any(doc, docsrs, rust_analyzer, miri)),
    deprecated(
        since = "TBD",
        note = "global_state: this static is changed by whichever task comes first, or by two at once. Take the value as a parameter and return the new one; `#[delayed(allow(global_state))]` switches this off"
    )
)]
pub fn changed_static() {}

/// Marked for the lint `giant_task`.
#[cfg_attr(
    not(any(doc, docsrs, rust_analyzer, miri)),
    deprecated(
        since = "TBD",
        note = "giant_task: a loop over a list is one task, which one worker runs. Make a task of each element, where the graph is built, `xs.iter().map(f).collect::<Vec<_>>()`, or of each batch with `batched(xs, size, f)`; `#[delayed(allow(giant_task))]`, or no option, switches this off"
    )
)]
pub fn giant_task() {}
