//! What `compute` accepts: any shape of handles, and gives back as the same shape of values.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::hash::{BuildHasher, Hash};
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::delayed::Delayed;
use crate::error::{Cause, Error, ErrorKind, Failed};
use crate::node::order::Results;
use crate::node::view::Cx;
use crate::node::{NodeRef, Use};
use crate::plan::not_movable;
use crate::value::Value;

/// Anything that holds handles: what `.after(..)` and [`Graph::of`](crate::Graph::of) take.
#[diagnostic::on_unimplemented(
    message = "`{Self}` holds no handles",
    label = "expected a `Delayed`, or a tuple, list, `Option` or map of them"
)]
pub trait Handles {
    /// Calls `f` for the node of every handle, in order.
    fn visit(&self, f: &mut dyn FnMut(&NodeRef));
}

/// What [`compute`](crate::compute) takes: a handle, owned or borrowed; a tuple to 12, `Vec`, array, map or `Option`
/// of shapes; a plain number or text.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be computed",
    label = "not a shape of handles",
    note = "a shape is a `Delayed`, `&Delayed` of a `Clone` value, a tuple, `Vec`, array, `Option` or map of shapes, or a plain number or text; other plain values go in with `value(..)`"
)]
pub trait Shape: Handles {
    /// The same shape of values.
    type Output: 'static;
    /// The same shape, with the value or failure of each handle; what is plain stays plain.
    type Tried: 'static;
    /// The shape without its handles, to be filled with their values.
    type Plan: Send + 'static;
    /// Hands over the handles, in order.
    fn plan(self, outputs: &mut Outputs) -> Self::Plan;
    /// Fills the shape with the handles' values, in the same order.
    ///
    /// # Errors
    /// If a value can be neither moved nor cloned.
    fn get(plan: Self::Plan, fetch: &mut Fetch<'_>) -> Result<Self::Output, Error>;
    /// Fills the shape with the handles' values or failures, in the same order.
    fn try_get(plan: Self::Plan, fetch: &mut Fetch<'_>) -> Self::Tried;
}

/// The handles of a shape, in order.
#[derive(Debug, Default)]
pub struct Outputs {
    pub(crate) nodes: Vec<NodeRef>,
    /// How the shape wants each node's value.
    pub(crate) usages: Vec<Use>,
}

impl Outputs {
    /// How many handles there are so far.
    #[expect(clippy::len_without_is_empty, reason = "a count for generated code")]
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    fn push<T>(&mut self, handle: Delayed<T>, usage: Use) {
        self.nodes.push(handle.node);
        self.usages.push(usage);
    }
}

/// Where the values of a shape come from: the edges of a task that gathers, or the outputs of a run that is done.
pub struct Fetch<'a>(Source<'a>);

enum Source<'a> {
    Task(Cx<'a>),
    Run(Results<'a>, Option<Missing<'a>>),
    /// There was no run.
    Refused(Error),
}

/// What a run says of its outputs.
pub(crate) trait Account {
    /// Why an output has no value; `None` if it has one.
    fn missing(&self, output: u32) -> Option<Error>;
    /// Why a value that is there cannot be moved, if that is because a body still uses it.
    fn in_use(&self) -> Option<Error>;
}

type Missing<'a> = Box<dyn Account + 'a>;

impl<'a> Fetch<'a> {
    /// For a task all of whose edges are the shape's.
    pub(crate) fn of_task(cx: &Cx<'a>) -> Fetch<'a> {
        Fetch(Source::Task(cx.again()))
    }

    pub(crate) fn of_run(results: Results<'a>, missing: Option<Missing<'a>>) -> Fetch<'a> {
        Fetch(Source::Run(results, missing))
    }

    /// Of a run that could not start.
    pub(crate) fn refused(error: Error) -> Fetch<'a> {
        Fetch(Source::Refused(error))
    }

    /// One value or failure for so many handles: those after them are next, whichever failed.
    ///
    /// # Errors
    /// As `get`.
    pub fn whole<T>(
        &mut self,
        handles: usize,
        get: impl FnOnce(&mut Fetch<'a>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let rest = self.left().saturating_sub(handles);
        let got = get(self);
        if let Source::Run(results, _) = &mut self.0 {
            results.skip_to(rest);
        }
        got
    }

    /// How many outputs of a run are left.
    fn left(&self) -> usize {
        match &self.0 {
            Source::Run(results, _) => results.len(),
            Source::Task(_) | Source::Refused(_) => 0,
        }
    }

    /// The next handle's value, moved if nothing else uses it, else cloned.
    fn take<T: Value>(&mut self, clone: Option<fn(&T) -> T>) -> Result<T, Error> {
        match &mut self.0 {
            Source::Task(cx) => Ok(cx.take_moved(clone)),
            Source::Refused(error) => Err(error.clone()),
            Source::Run(results, missing) => {
                let why = missing.as_ref().and_then(|account| account.missing(results.number()));
                let (node, take) = results.next(clone);
                if let Some(error) = why {
                    return Err(error);
                }
                // A clone, of the user's making, may panic: then the output's task has failed.
                match catch_unwind(AssertUnwindSafe(take)) {
                    Ok(Some(value)) => Ok(value),
                    Ok(None) => {
                        let in_use = missing.as_ref().and_then(|account| account.in_use());
                        let refused = || Error::of_run(ErrorKind::Runtime, node.location(), not_movable(node));
                        Err(in_use.unwrap_or_else(refused))
                    }
                    Err(payload) => {
                        let (task, location) = (node.name(), node.location());
                        let failed = Failed { path: vec![task.clone()], task, location, attempts: 1, args: None };
                        Err(Error::of_task(failed, Cause::panicked(payload)))
                    }
                }
            }
        }
    }
}

impl fmt::Debug for Fetch<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fetch").finish_non_exhaustive()
    }
}

impl<T> Handles for Delayed<T> {
    fn visit(&self, f: &mut dyn FnMut(&NodeRef)) {
        f(&self.node);
    }
}

impl<H: Handles + ?Sized> Handles for &H {
    fn visit(&self, f: &mut dyn FnMut(&NodeRef)) {
        (**self).visit(f);
    }
}

impl<T: Value> Shape for Delayed<T> {
    type Output = T;
    type Tried = Result<T, Error>;
    type Plan = ();

    fn plan(self, outputs: &mut Outputs) {
        outputs.push(self, Use::Move);
    }

    fn get((): (), fetch: &mut Fetch<'_>) -> Result<T, Error> {
        fetch.take(None)
    }

    fn try_get((): (), fetch: &mut Fetch<'_>) -> Result<T, Error> {
        fetch.take(None)
    }
}

impl<T: Value + Clone> Shape for &Delayed<T> {
    type Output = T;
    type Tried = Result<T, Error>;
    type Plan = ();

    fn plan(self, outputs: &mut Outputs) {
        self.node.get().learn_clone::<T>();
        outputs.push(self.clone(), Use::Shared);
    }

    fn get((): (), fetch: &mut Fetch<'_>) -> Result<T, Error> {
        fetch.take(Some(T::clone))
    }

    fn try_get((): (), fetch: &mut Fetch<'_>) -> Result<T, Error> {
        fetch.take(Some(T::clone))
    }
}

macro_rules! tuples {
    ($(($($s:ident $x:ident $i:tt),*);)*) => {$(
        impl<$($s: Handles),*> Handles for ($($s,)*) {
            #[allow(unused_variables, reason = "the tuple without elements")]
            fn visit(&self, f: &mut dyn FnMut(&NodeRef)) {
                $(self.$i.visit(f);)*
            }
        }

        impl<$($s: Shape),*> Shape for ($($s,)*) {
            type Output = ($($s::Output,)*);
            type Tried = ($($s::Tried,)*);
            type Plan = ($($s::Plan,)*);

            #[allow(unused_variables, clippy::unused_unit, reason = "the tuple without elements")]
            fn plan(self, outputs: &mut Outputs) -> Self::Plan {
                ($(self.$i.plan(outputs),)*)
            }

            #[allow(unused_variables, reason = "the tuple without elements")]
            fn get(plan: Self::Plan, fetch: &mut Fetch<'_>) -> Result<Self::Output, Error> {
                Ok(($($s::get(plan.$i, fetch)?,)*))
            }

            #[allow(unused_variables, clippy::unused_unit, reason = "the tuple without elements")]
            fn try_get(plan: Self::Plan, fetch: &mut Fetch<'_>) -> Self::Tried {
                ($($s::try_get(plan.$i, fetch),)*)
            }
        }
    )*};
}

crate::tuples::tuples_to_12!(tuples);

/// Containers that are walked by reference the way they iterate.
macro_rules! visited {
    ($([$($g:tt)*] $container:ty, |$item:pat_param| $handle:expr;)*) => {$(
        impl<$($g)*> Handles for $container {
            fn visit(&self, f: &mut dyn FnMut(&NodeRef)) {
                for $item in self {
                    $handle.visit(f);
                }
            }
        }
    )*};
}

impl<S: Handles> Handles for Option<S> {
    fn visit(&self, f: &mut dyn FnMut(&NodeRef)) {
        if let Some(item) = self {
            item.visit(f);
        }
    }
}

visited! {
    [S: Handles] Vec<S>, |item| item;
    [S: Handles] [S], |item| item;
    [S: Handles, const N: usize] [S; N], |item| item;
    [K, S: Handles] BTreeMap<K, S>, |(_, item)| item;
    [K, S: Handles, H] HashMap<K, S, H>, |(_, item)| item;
}

impl<S: Shape> Shape for Vec<S> {
    type Output = Vec<S::Output>;
    type Tried = Vec<S::Tried>;
    type Plan = Vec<S::Plan>;

    fn plan(self, outputs: &mut Outputs) -> Self::Plan {
        self.into_iter().map(|item| item.plan(outputs)).collect()
    }

    fn get(plan: Self::Plan, fetch: &mut Fetch<'_>) -> Result<Self::Output, Error> {
        plan.into_iter().map(|item| S::get(item, fetch)).collect()
    }

    fn try_get(plan: Self::Plan, fetch: &mut Fetch<'_>) -> Self::Tried {
        plan.into_iter().map(|item| S::try_get(item, fetch)).collect()
    }
}

impl<S: Shape, const N: usize> Shape for [S; N] {
    type Output = [S::Output; N];
    type Tried = [S::Tried; N];
    type Plan = [S::Plan; N];

    fn plan(self, outputs: &mut Outputs) -> Self::Plan {
        self.map(|item| item.plan(outputs))
    }

    fn get(plan: Self::Plan, fetch: &mut Fetch<'_>) -> Result<Self::Output, Error> {
        let mut failure = None;
        let items = plan.map(|item| S::get(item, fetch).map_err(|error| failure.get_or_insert(error).clone()).ok());
        match failure {
            Some(error) => Err(error),
            None => Ok(items.map(|item| item.expect("no element failed"))),
        }
    }

    fn try_get(plan: Self::Plan, fetch: &mut Fetch<'_>) -> Self::Tried {
        plan.map(|item| S::try_get(item, fetch))
    }
}

impl<S: Shape> Shape for Option<S> {
    type Output = Option<S::Output>;
    type Tried = Option<S::Tried>;
    type Plan = Option<S::Plan>;

    fn plan(self, outputs: &mut Outputs) -> Self::Plan {
        self.map(|item| item.plan(outputs))
    }

    fn get(plan: Self::Plan, fetch: &mut Fetch<'_>) -> Result<Self::Output, Error> {
        plan.map(|item| S::get(item, fetch)).transpose()
    }

    fn try_get(plan: Self::Plan, fetch: &mut Fetch<'_>) -> Self::Tried {
        plan.map(|item| S::try_get(item, fetch))
    }
}

impl<K: Ord + Send + 'static, S: Shape> Shape for BTreeMap<K, S> {
    type Output = BTreeMap<K, S::Output>;
    type Tried = BTreeMap<K, S::Tried>;
    type Plan = Vec<(K, S::Plan)>;

    fn plan(self, outputs: &mut Outputs) -> Self::Plan {
        self.into_iter().map(|(key, item)| (key, item.plan(outputs))).collect()
    }

    fn get(plan: Self::Plan, fetch: &mut Fetch<'_>) -> Result<Self::Output, Error> {
        plan.into_iter().map(|(key, item)| Ok((key, S::get(item, fetch)?))).collect()
    }

    fn try_get(plan: Self::Plan, fetch: &mut Fetch<'_>) -> Self::Tried {
        plan.into_iter().map(|(key, item)| (key, S::try_get(item, fetch))).collect()
    }
}

impl<K: Eq + Hash + Send + 'static, S: Shape, H: BuildHasher + Default + 'static> Shape for HashMap<K, S, H> {
    type Output = HashMap<K, S::Output, H>;
    type Tried = HashMap<K, S::Tried, H>;
    type Plan = Vec<(K, S::Plan)>;

    fn plan(self, outputs: &mut Outputs) -> Self::Plan {
        self.into_iter().map(|(key, item)| (key, item.plan(outputs))).collect()
    }

    fn get(plan: Self::Plan, fetch: &mut Fetch<'_>) -> Result<Self::Output, Error> {
        plan.into_iter().map(|(key, item)| Ok((key, S::get(item, fetch)?))).collect()
    }

    fn try_get(plan: Self::Plan, fetch: &mut Fetch<'_>) -> Self::Tried {
        plan.into_iter().map(|(key, item)| (key, S::try_get(item, fetch))).collect()
    }
}

/// Borrowed lists of shapes: their elements are borrowed handles.
macro_rules! borrowed_lists {
    ($([$($g:tt)*] $list:ty;)*) => {$(
        impl<'a, $($g)*> Shape for &'a $list
        where
            &'a S: Shape,
        {
            type Output = Vec<<&'a S as Shape>::Output>;
            type Tried = Vec<<&'a S as Shape>::Tried>;
            type Plan = Vec<<&'a S as Shape>::Plan>;

            fn plan(self, outputs: &mut Outputs) -> Self::Plan {
                self.iter().map(|item| item.plan(outputs)).collect()
            }

            fn get(plan: Self::Plan, fetch: &mut Fetch<'_>) -> Result<Self::Output, Error> {
                plan.into_iter().map(|item| <&'a S>::get(item, fetch)).collect()
            }

            fn try_get(plan: Self::Plan, fetch: &mut Fetch<'_>) -> Self::Tried {
                plan.into_iter().map(|item| <&'a S>::try_get(item, fetch)).collect()
            }
        }
    )*};
}

borrowed_lists! {
    [S: Handles] Vec<S>;
    [S: Handles] [S];
}

/// Plain values that stand in a shape as they are.
macro_rules! plain {
    ($($plain:ty)*) => {$(
        impl Handles for $plain {
            fn visit(&self, _: &mut dyn FnMut(&NodeRef)) {}
        }

        impl Shape for $plain {
            type Output = $plain;
            type Tried = $plain;
            type Plan = $plain;

            fn plan(self, _: &mut Outputs) -> $plain {
                self
            }

            fn get(plan: $plain, _: &mut Fetch<'_>) -> Result<$plain, Error> {
                Ok(plan)
            }

            fn try_get(plan: $plain, _: &mut Fetch<'_>) -> $plain {
                plan
            }
        }
    )*};
}

plain! {
    i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize f32 f64 bool char
    String &'static str std::path::PathBuf std::time::Duration
}

/// A field of a derived shape that holds no handles: stays as it is.
#[derive(Debug)]
pub struct Kept<T>(pub T);

impl<T> Handles for Kept<T> {
    fn visit(&self, _: &mut dyn FnMut(&NodeRef)) {}
}

impl<T: Value> Shape for Kept<T> {
    type Output = T;
    type Tried = T;
    type Plan = T;

    fn plan(self, _: &mut Outputs) -> T {
        self.0
    }

    fn get(plan: T, _: &mut Fetch<'_>) -> Result<T, Error> {
        Ok(plan)
    }

    fn try_get(plan: T, _: &mut Fetch<'_>) -> T {
        plan
    }
}
