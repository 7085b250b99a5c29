//! Data as a node, and the combinators: `map`, `map_ref`, `zip`, `unzip`, `split`, `or_fail`, `gather`, `batched`.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use crate::arg::{Args, Build, Ref, Stored, Val};
use crate::delayed::Delayed;
use crate::error::{Cause, Error, ErrorKind, Made, made, made_result};
use crate::make::{Given, label, make_labelled};
use crate::node::make::{self, Known, NotKnown};
use crate::node::view::Cx;
use crate::shape::{Fetch, Outputs, Shape};
use crate::value::Value;

label! {
    Map: "map", Task;
    MapRef: "map_ref", Task;
    Zip: "zip", Hidden;
    Unzip: "unzip", Hidden;
    Split: "split", Hidden;
    Projection: "part", Part;
    OrFail: "or_fail", Hidden;
    Gather: "gather", Hidden;
    Batch: "batch", Task;
}

/// Puts data into the graph once, to be shared by every task that uses the handle.
///
/// # Examples
/// ```
/// use delayed_runtime::value;
///
/// let table = value(vec![1, 2, 3]);
/// let len = table.clone().map_ref(|table: &Vec<i32>| table.len());
/// let sum = table.map_ref(|table: &Vec<i32>| table.iter().sum::<i32>());
/// assert_eq!(delayed_runtime::compute((len, sum))?, (3, 6));
/// # Ok::<(), delayed_runtime::Error>(())
/// ```
#[cfg_attr(
    not(any(doc, docsrs, rust_analyzer, miri)),
    deprecated(
        since = "TBD",
        note = "nested_delayed: in a task, `value` only records a value of another graph. Use the value itself. `#[delayed(allow(nested_delayed))]` on the function around switches this off"
    )
)]
#[track_caller]
pub fn value<T: Value>(value: T) -> Delayed<T> {
    Delayed::from_node(make::of_data(value))
}

/// A handle, owned or borrowed.
pub trait IntoDelayed {
    /// The type of its value.
    type Value;
    /// The owned handle.
    fn into_delayed(self) -> Delayed<Self::Value>;
}

impl<T> IntoDelayed for Delayed<T> {
    type Value = T;

    fn into_delayed(self) -> Delayed<T> {
        self
    }
}

impl<T> IntoDelayed for &Delayed<T> {
    type Value = T;

    fn into_delayed(self) -> Delayed<T> {
        self.clone()
    }
}

impl<T: Value> Delayed<T> {
    /// A task that calls `f` with the value: moved if no other task wants it any more, cloned otherwise.
    ///
    /// # Examples
    /// ```
    /// let doubled = delayed_runtime::value(vec![1, 2]).map(|list| list.repeat(2));
    /// assert_eq!(doubled.compute()?, [1, 2, 1, 2]);
    /// # Ok::<(), delayed_runtime::Error>(())
    /// ```
    #[track_caller]
    pub fn map<R: Value, F>(self, f: F) -> Delayed<R>
    where
        T: Clone,
        F: Fn(T) -> R + Send + Sync + 'static,
    {
        make_labelled::<Map, NotKnown, (Val<T>,), R, _, _>((self,), move |(value,)| made(f(value)))
    }

    /// A task that calls `f` with the value lent; nothing is cloned, so `T` need not be `Clone`.
    ///
    /// # Examples
    /// ```
    /// let len = delayed_runtime::value(vec![1, 2]).map_ref(|list: &Vec<i32>| list.len());
    /// assert_eq!(len.compute()?, 2);
    /// # Ok::<(), delayed_runtime::Error>(())
    /// ```
    #[track_caller]
    pub fn map_ref<R: Value, F>(self, f: F) -> Delayed<R>
    where
        F: Fn(&T) -> R + Send + Sync + 'static,
    {
        make_labelled::<MapRef, NotKnown, (Ref<T>,), R, _, _>((self,), move |(value,)| made(f(&value)))
    }

    /// Both values as one; not counted as a task.
    ///
    /// # Examples
    /// ```
    /// use delayed_runtime::value;
    ///
    /// assert_eq!(value(1).zip(value("one")).compute()?, (1, "one"));
    /// # Ok::<(), delayed_runtime::Error>(())
    /// ```
    #[track_caller]
    pub fn zip<H: IntoDelayed>(self, other: H) -> Delayed<(T, H::Value)>
    where
        T: Clone,
        H::Value: Value + Clone,
    {
        let other = other.into_delayed();
        make_labelled::<Zip, Known, (Val<T>, Val<H::Value>), _, _, _>((self, other), made)
    }
}

/// One part of a value that was taken apart, until its projection takes it.
pub(crate) struct Part<T>(Mutex<Option<T>>);

impl<T> Part<T> {
    fn new(part: T) -> Part<T> {
        Part(Mutex::new(Some(part)))
    }

    fn take(&self) -> T {
        let part = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        part.expect("each part of a value is taken by one projection, once in a run")
    }
}

/// A handle of one part of a value that was taken apart.
#[track_caller]
fn projection<P: Value, T: Value + Clone>(
    parts: &Delayed<P>,
    take: impl Fn(&P) -> T + Send + Sync + 'static,
) -> Delayed<T> {
    make_labelled::<Projection, Known, (Ref<P>,), T, _, _>((parts,), move |(parts,)| made(take(&parts)))
}

macro_rules! unzip {
    ($(($($part:ident $index:tt),*);)*) => {$(
        impl<$($part: Value + Clone),*> Delayed<($($part,)*)> {
            /// A handle for each part of a tuple of 2 to 8. The tuple is taken apart once, and each part is moved to
            /// its handle; the handles are not counted as tasks.
            ///
            /// # Examples
            /// ```
            /// let (quotient, rest) = delayed_runtime::value((17, 5)).map(|(x, y)| (x / y, x % y)).unzip();
            /// assert_eq!(delayed_runtime::compute((quotient, rest))?, (3, 2));
            /// # Ok::<(), delayed_runtime::Error>(())
            /// ```
            #[track_caller]
            pub fn unzip(self) -> ($(Delayed<$part>,)*) {
                let parts = make_labelled::<Unzip, NotKnown, (Val<($($part,)*)>,), ($(Part<$part>,)*), _, _>(
                    (self,),
                    |(whole,)| made(($(Part::new(whole.$index),)*)),
                );
                ($(projection(&parts, |parts| parts.$index.take()),)*)
            }
        }
    )*};
}

unzip! {
    (A 0, B 1);
    (A 0, B 1, C 2);
    (A 0, B 1, C 2, D 3);
    (A 0, B 1, C 2, D 3, E 4);
    (A 0, B 1, C 2, D 3, E 4, F 5);
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6);
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7);
}

impl<T: Value + Clone> Delayed<Vec<T>> {
    /// A handle for each of the `n` elements of a list. The list is taken apart once, and each element is moved to
    /// its handle; the handles are not counted as tasks.
    ///
    /// # Errors
    /// The run fails if the list has not `n` elements.
    ///
    /// # Examples
    /// ```
    /// let parts = delayed_runtime::value(vec![1, 2, 3]).map(|list| list).split(3);
    /// let doubled: Vec<_> = parts.into_iter().map(|part| part * 2).collect();
    /// assert_eq!(delayed_runtime::compute(doubled)?, [2, 4, 6]);
    /// # Ok::<(), delayed_runtime::Error>(())
    /// ```
    #[track_caller]
    pub fn split(self, n: usize) -> Vec<Delayed<T>> {
        let parts = make_labelled::<Split, NotKnown, (Val<Vec<T>>,), Vec<Part<T>>, _, _>((self,), move |(list,)| {
            if list.len() == n {
                return made(list.into_iter().map(Part::new).collect());
            }
            let text = format!("`split({n})` of a list of {} elements; write its true length", list.len());
            Made::failed(Cause::library(ErrorKind::Failed, text))
        });
        let mut handles = Vec::with_capacity(n);
        for index in 0..n {
            handles.push(projection(&parts, move |parts: &Vec<Part<T>>| parts[index].take()));
        }
        handles
    }
}

impl<T: Value, E: fmt::Display + fmt::Debug + Value> Delayed<Result<T, E>> {
    /// Makes an `Err` the failure of the run, so that dependents take the plain `T`; not counted as a task.
    ///
    /// The value is moved. Where another task wants the `Result` too it is cloned if the node knows how, else the
    /// run is refused before it starts.
    ///
    /// # Examples
    /// ```
    /// let number = delayed_runtime::value("12").map(|text| text.parse::<i32>()).or_fail();
    /// assert_eq!((number + 1).compute()?, 13);
    /// # Ok::<(), delayed_runtime::Error>(())
    /// ```
    #[track_caller]
    pub fn or_fail(self) -> Delayed<T> {
        make_labelled::<OrFail, NotKnown, Given<Result<T, E>>, T, _, _>(self, |result| made_result(result, None))
    }
}

/// A shape's plan and handles, as the arguments of one hidden node.
struct Gathering<P, T> {
    plan: P,
    outputs: Outputs,
    get: Get<P, T>,
}

type Get<P, T> = fn(P, &mut Fetch<'_>) -> Result<T, Error>;

impl<P: Send + Sync + Clone + 'static, T: Value> Args<Given<T>> for Gathering<P, T> {
    type Stored = Gathered<P, T>;

    fn args(self, build: &mut Build) -> Gathered<P, T> {
        for (node, usage) in self.outputs.nodes.into_iter().zip(self.outputs.usages) {
            build.edge(node, usage);
        }
        Gathered { plan: self.plan, get: self.get }
    }
}

/// The plan of a shape, to be filled with values each time the node runs.
struct Gathered<P, T> {
    plan: P,
    get: Get<P, T>,
}

impl<P: Send + Sync + Clone + 'static, T: Value> Stored for Gathered<P, T> {
    type Ready = T;
    const EDGES: Option<u32> = None;
    const MOVES: bool = std::mem::needs_drop::<P>();

    fn ready(&self, cx: &mut Cx<'_>) -> T {
        fetched((self.get)(self.plan.clone(), &mut Fetch::of_task(cx)))
    }

    fn ready_last(self, cx: &mut Cx<'_>) -> T {
        fetched((self.get)(self.plan, &mut Fetch::of_task(cx)))
    }
}

fn fetched<T>(shape: Result<T, Error>) -> T {
    shape.expect("a run in which a gathered value can be neither moved nor cloned is refused before it starts")
}

/// Any shape of handles that [`compute`](crate::compute) takes, as one handle of the plain shape; not counted as a
/// task.
///
/// A value is moved if nothing else wants it. Where something does, it is cloned if its node knows how or the shape
/// holds `&handle`, else the run is refused before it starts.
///
/// # Examples
/// ```
/// use delayed_runtime::{gather, value};
///
/// let both = gather((value(1), vec![value(2), value(3)]));
/// assert_eq!(both.map(|(x, list)| x + list.len()).compute()?, 3);
/// # Ok::<(), delayed_runtime::Error>(())
/// ```
#[track_caller]
pub fn gather<S>(shape: S) -> Delayed<S::Output>
where
    S: Shape<Plan: Clone + Sync, Output: Value>,
{
    let mut outputs = Outputs::default();
    let plan = shape.plan(&mut outputs);
    let args = Gathering { plan, outputs, get: S::get };
    make_labelled::<Gather, NotKnown, Given<S::Output>, _, _, _>(args, made)
}

/// One task for each batch of `size` plain items, which calls `f` with the batch: the way out where a task an item
/// would be too many.
///
/// With `size` 0 there is one handle, whose run fails.
///
/// # Examples
/// ```
/// use delayed_runtime::{batched, compute};
///
/// let sums = batched(1..=10, 4, |batch: &[i32]| batch.iter().sum::<i32>());
/// assert_eq!(compute(sums)?, [10, 26, 19]);
/// # Ok::<(), delayed_runtime::Error>(())
/// ```
#[track_caller]
pub fn batched<T, R, F>(items: impl IntoIterator<Item = T>, size: usize, f: F) -> Vec<Delayed<R>>
where
    T: Value,
    R: Value,
    F: Fn(&[T]) -> R + Send + Sync + 'static,
{
    let f = Arc::new(f);
    let mut items = items.into_iter().peekable();
    let mut handles = Vec::new();
    if size == 0 {
        let refuse = |()| {
            let text = "`batched` with batches of size 0; write 1 or more".to_owned();
            Made::failed(Cause::library(ErrorKind::Failed, text))
        };
        handles.push(make_labelled::<Batch, NotKnown, (), R, _, _>((), refuse));
        return handles;
    }
    while items.peek().is_some() {
        let batch: Vec<T> = items.by_ref().take(size).collect();
        let f = f.clone();
        handles
            .push(make_labelled::<Batch, NotKnown, (Ref<Vec<T>>,), R, _, _>((batch,), move |(batch,)| made(f(&batch))));
    }
    handles
}
