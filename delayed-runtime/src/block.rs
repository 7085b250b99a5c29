//! `delayed_block!`: what the macro's output calls.
//!
//! One `let` is one task. Each name that its expression uses is a *source*: a handle of the block, or a variable from
//! outside. The *use* (by value, lent, a method's receiver) and the name's own type choose the source's kind; what the
//! expression calls chooses the *mode*: a plain function's call is the body of a task, a constructor's is made at once,
//! with the handles for arguments.

pub mod editor;

use std::future::{Future, Ready as ReadyFuture, ready};
use std::marker::PhantomData;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use crate::arg::{Arg, Args, Pattern, Ref, Take, Val};
use crate::delayed::{Delayed, gather};
use crate::error::{Fallible, made, made_result};
use crate::func::Named;
use crate::make::{ByName, Given as Whole, label, make_async_labelled, make_labelled};
use crate::node::make::{NotKnown, of_data};
use crate::node::view::Lent;
use crate::value::Value;

mod parts;

pub use parts::{ClosureLet, IntoHandle, Never, Place, Plainly, Unwanted, Which, handle_of, values};

label! {
    Apart: "part", Hidden;
}

/// What one name brings into a task.
#[diagnostic::on_unimplemented(
    message = "a name that this task uses is no value of a task",
    label = "this task",
    note = "the error at the name, or at its `let`, says why"
)]
pub trait Source: Sized {
    /// The parameter that it stands for.
    type P: Pattern;
    /// What is stored.
    type Stored: Arg<Self::P>;
    /// What the name is in a task's body, before it is opened.
    type InTask: 'static;
    /// What it is in the arguments of a constructor, before it is opened.
    type InGraph;
    /// Stores the source for a task.
    fn store(self) -> Self::Stored;
    /// Passes the source to a constructor.
    fn pass(self) -> Self::InGraph;
    /// What a running task has of it.
    fn closed(ready: <Self::P as Pattern>::Ready) -> Self::InTask;
}

/// A name by value.
#[derive(Debug)]
pub struct Own<T>(T);

impl<T> Own<T> {
    /// The value.
    pub fn open(self) -> T {
        self.0
    }
}

/// A name that is lent: the guard of the value, which the body keeps.
#[derive(Debug)]
pub struct Loan<T: 'static>(Lent<T>);

impl<T> Loan<T> {
    /// The value.
    pub fn open(&self) -> &T {
        &self.0
    }
}

/// A lent name in the arguments of a constructor.
#[derive(Debug)]
pub struct Pass<T>(T);

impl<T> Pass<T> {
    /// The handle, or the plain value.
    pub fn open(&self) -> &T {
        &self.0
    }
}

macro_rules! sources {
    ($($(#[$doc:meta])* $name:ident<$t:ident: $($bound:ident)|+>($of:ty): $pattern:ident, $closed:ident, $passed:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $name<$t>($of);

        #[diagnostic::do_not_recommend]
        impl<$t: $($bound +)+> Source for $name<$t> {
            type P = $pattern<$t>;
            type Stored = $of;
            type InTask = $closed<$t>;
            type InGraph = $passed<$of>;

            fn store(self) -> $of {
                self.0
            }

            fn pass(self) -> $passed<$of> {
                $passed(self.0)
            }

            fn closed(ready: <$pattern<$t> as Pattern>::Ready) -> $closed<$t> {
                $closed(ready)
            }
        }
    )*};
}

sources! {
    /// A handle by value.
    Cloning<T: Value | Clone>(Delayed<T>): Val, Own, Own;
    /// A handle by value of what is not `Clone`.
    Moving<T: Value>(Delayed<T>): Take, Own, Own;
    /// A handle that is lent.
    Lending<T: Value>(Delayed<T>): Ref, Loan, Pass;
    /// An outer variable by value: cloned for each run but the last.
    CloningOuter<T: Value | Clone>(T): Val, Own, Own;
    /// An outer variable by value that is not `Clone`: there for one run.
    MovingOuter<T: Value>(T): Take, Own, Own;
}

/// An outer variable that is lent. A constructor has it as a handle, which a parameter by reference takes.
#[derive(Debug)]
pub struct LendingOuter<T>(T);

#[diagnostic::do_not_recommend]
impl<T: Value> Source for LendingOuter<T> {
    type P = Ref<T>;
    type Stored = T;
    type InTask = Loan<T>;
    type InGraph = Pass<Delayed<T>>;

    fn store(self) -> T {
        self.0
    }

    fn pass(self) -> Pass<Delayed<T>> {
        Pass(Delayed::from_node(of_data(self.0)))
    }

    fn closed(ready: <Ref<T> as Pattern>::Ready) -> Loan<T> {
        Loan(ready)
    }
}

/// All names of one task.
pub trait Sources: Sized {
    /// Their parameters.
    type P: Pattern;
    /// What is stored.
    type Stored: Args<Self::P>;
    /// What the body is given.
    type InTask;
    /// What a constructor is given.
    type InGraph;
    /// Stores all.
    fn store(self) -> Self::Stored;
    /// Passes all.
    fn pass(self) -> Self::InGraph;
    /// What a running task has of them.
    fn closed(ready: <Self::P as Pattern>::Ready) -> Self::InTask;
}

macro_rules! all_sources {
    ($(($($p:ident $x:ident $i:tt),*);)*) => {$(
        #[allow(unused_variables, clippy::unused_unit, reason = "the tuple without elements")]
        impl<$($x: Source),*> Sources for ($($x,)*) {
            type P = ($($x::P,)*);
            type Stored = ($($x::Stored,)*);
            type InTask = ($($x::InTask,)*);
            type InGraph = ($($x::InGraph,)*);

            fn store(self) -> Self::Stored {
                ($(self.$i.store(),)*)
            }

            fn pass(self) -> Self::InGraph {
                ($(self.$i.pass(),)*)
            }

            fn closed(ready: <Self::P as Pattern>::Ready) -> Self::InTask {
                ($($x::closed(ready.$i),)*)
            }
        }
    )*};
}

crate::tuples::tuples_to_12!(all_sources);

/// A name of the block: asks whether its type is `Clone`.
#[derive(Debug)]
pub struct Handle<T>(PhantomData<fn() -> T>);

/// The question.
pub fn handle<T>(_: &Delayed<T>) -> Handle<T> {
    Handle(PhantomData)
}

/// A name that is lent whatever its type.
pub fn lend<T>(handle: &Delayed<T>) -> Lending<T> {
    Lending(handle.clone())
}

/// What [`Handle`] answers for a type that is `Clone`.
pub trait CloneHandle<T> {
    /// By value.
    fn by_value(&self, handle: &Delayed<T>) -> Cloning<T> {
        Cloning(handle.clone())
    }

    /// As a method's receiver.
    fn receiver(&self, handle: &Delayed<T>) -> Cloning<T> {
        Cloning(handle.clone())
    }
}

impl<T: Clone> CloneHandle<T> for Handle<T> {}

/// What it answers for others, one reference further away.
pub trait OtherHandle<T> {
    /// By value.
    fn by_value(&self, handle: &Delayed<T>) -> Moving<T> {
        Moving(handle.clone())
    }

    /// As a method's receiver.
    fn receiver(&self, handle: &Delayed<T>) -> Lending<T> {
        Lending(handle.clone())
    }
}

impl<T> OtherHandle<T> for &Handle<T> {}

/// A variable from outside: asks whether it is a handle, or its type `Clone`.
#[derive(Debug)]
pub struct Outer<X>(PhantomData<fn() -> X>);

impl<X> Clone for Outer<X> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<X> Copy for Outer<X> {}

/// The question. What a task uses is kept until it runs.
pub fn a_task_outlives_this_borrow<X: 'static>(_: &X) -> Outer<X> {
    Outer(PhantomData)
}

/// What may go into a task from outside.
#[diagnostic::on_unimplemented(
    message = "a task of the block cannot use a `{Self}` from outside",
    label = "this variable goes into the task",
    note = "tasks run on other threads: what they use is `Send + Sync + Unpin + 'static` and holds no `Delayed` inside; a list of handles goes in as one handle, with `let list = gather(list);` before the block"
)]
pub trait Outside: Value {}

#[diagnostic::do_not_recommend]
impl<X: Value> Outside for X {}

/// What [`Outer`] answers for handles of what is `Clone`: they are as the block's own.
pub trait CloneHandleOuter<T> {
    /// By value.
    fn by_value(&self, x: Delayed<T>) -> Cloning<T> {
        Cloning(x)
    }

    /// As a method's receiver.
    fn receiver(&self, x: Delayed<T>) -> Cloning<T> {
        Cloning(x)
    }

    /// Lent.
    fn lent(&self, x: Delayed<T>) -> Lending<T> {
        Lending(x)
    }
}

impl<T: Clone> CloneHandleOuter<T> for &&Outer<Delayed<T>> {}

/// What it answers for all other handles.
pub trait HandleOuter<T> {
    /// By value.
    fn by_value(&self, x: Delayed<T>) -> Moving<T> {
        Moving(x)
    }

    /// As a method's receiver.
    fn receiver(&self, x: Delayed<T>) -> Lending<T> {
        Lending(x)
    }

    /// Lent.
    fn lent(&self, x: Delayed<T>) -> Lending<T> {
        Lending(x)
    }
}

impl<T> HandleOuter<T> for &Outer<Delayed<T>> {}

/// What it answers for types that are `Clone`.
pub trait CloneOuter<X> {
    /// By value.
    fn by_value(&self, x: X) -> CloningOuter<X>
    where
        X: Outside,
    {
        CloningOuter(x)
    }

    /// As a method's receiver.
    fn receiver(&self, x: X) -> CloningOuter<X>
    where
        X: Outside,
    {
        CloningOuter(x)
    }

    /// Lent.
    fn lent(&self, x: X) -> LendingOuter<X>
    where
        X: Outside,
    {
        LendingOuter(x)
    }
}

impl<X: Clone> CloneOuter<X> for Outer<X> {}

/// What it answers for all others.
pub trait OtherOuter<X>: Sized {
    /// By value.
    fn by_value(self, x: X) -> MovingOuter<X>
    where
        X: Outside,
    {
        MovingOuter(x)
    }

    /// As a method's receiver.
    fn receiver(self, x: X) -> LendingOuter<X>
    where
        X: Outside,
    {
        LendingOuter(x)
    }

    /// Lent.
    fn lent(self, x: X) -> LendingOuter<X>
    where
        X: Outside,
    {
        LendingOuter(x)
    }
}

impl<X> OtherOuter<X> for Outer<X> {}

/// What several `let`s of a block, or several rounds of a `for`, may use.
#[diagnostic::on_unimplemented(
    message = "several tasks of the block use this `{Self}`, and the first of them moves it in",
    label = "not `Copy`",
    note = "put it into the graph once, before the block: `let name = value(name);`, and every task has it; or give each `let` its own: `let other = name.clone();`"
)]
pub trait UsedAgain: Sized {
    /// Once more.
    fn again(&self) -> Self;
}

#[diagnostic::do_not_recommend]
impl<T: Copy> UsedAgain for T {
    fn again(&self) -> T {
        *self
    }
}

#[diagnostic::do_not_recommend]
impl<T> UsedAgain for Delayed<T> {
    fn again(&self) -> Delayed<T> {
        self.clone()
    }
}

/// An outer variable that more than one task uses.
pub fn again<T: UsedAgain>(outer: &T) -> T {
    outer.again()
}

/// A field of `self` that a block can use.
#[diagnostic::on_unimplemented(
    message = "a field of `self` is cloned for the task that uses it, and `{Self}` is not `Clone`",
    label = "not `Clone`",
    note = "the task may run after `self` is gone; hold the field as `Arc<{Self}>`, or take out what the task needs before the block"
)]
pub trait Field: Clone {}

#[diagnostic::do_not_recommend]
impl<T: Clone> Field for T {}

/// A field of `self`, cloned out.
pub fn field<T: Field>(field: &T) -> T {
    field.clone()
}

/// What an expression's call returns, and so the mode.
#[derive(Debug)]
pub struct Tag<R>(PhantomData<fn() -> R>);

impl<R> Clone for Tag<R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R> Copy for Tag<R> {}

impl<R> Tag<R> {
    /// Not known yet.
    #[allow(clippy::new_without_default, reason = "its type is told by use")]
    pub fn new() -> Tag<R> {
        Tag(PhantomData)
    }

    /// Tells it by a value.
    pub fn holds(&self, _: &R) {}

    /// Tells it; the call is never made.
    pub fn is(&self, _: impl FnOnce() -> R) {}
}

/// An argument of a call that is never made.
pub fn anything<T>() -> T {
    unreachable!("only the type of this call is wanted")
}

/// The mode of a plain function.
#[derive(Clone, Copy, Debug)]
pub struct Plain;
/// The mode of a constructor.
#[derive(Clone, Copy, Debug)]
pub struct Node;
/// The mode of an async function.
#[derive(Clone, Copy, Debug)]
pub struct Async;

/// The mode of what returns a plain value, or is not known yet.
pub trait IsPlain {
    /// The mode.
    fn mode(&self) -> Plain {
        Plain
    }
}

impl<R: Value> IsPlain for &&Tag<R> {}

/// The mode of what returns a handle.
pub trait IsNode {
    /// The mode.
    fn mode(&self) -> Node {
        Node
    }
}

impl<T> IsNode for &Tag<Delayed<T>> {}

/// The mode of what returns a future.
pub trait IsAsync {
    /// The mode.
    fn mode(&self) -> Async {
        Async
    }
}

impl<R: Future> IsAsync for Tag<R> {}

/// The mode of the rest: what it returns is reported where the task is made.
pub trait IsOther: Sized {
    /// The mode.
    fn mode(self) -> Plain {
        Plain
    }
}

impl<R> IsOther for Tag<R> {}

/// What may have `?` behind it.
#[diagnostic::on_unimplemented(
    message = "`?` at the end of a `let` of a block needs a `Result`, and this is `{Self}`",
    label = "not a `Result` whose error can be reported",
    note = "of an `Option` make one that says what is missing: `.ok_or(\"no rows\")?`; an error is `Display + Debug + Send + Sync + 'static`"
)]
pub trait Tried {
    /// The value of a task that succeeds.
    type Ok;
    /// Itself.
    type Tried: Fallible<Ok = Self::Ok>;
    /// What is tried.
    fn tried(self) -> Self::Tried;
}

#[diagnostic::do_not_recommend]
impl<T, E> Tried for Result<T, E>
where
    Result<T, E>: Fallible<Ok = T>,
{
    type Ok = T;
    type Tried = Self;

    fn tried(self) -> Self {
        self
    }
}

/// What a task of a block may give.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the value of a task of a block",
    label = "not a plain value",
    note = "a value is `Send + Sync + Unpin + 'static`: write `Arc` for `Rc`, and `Mutex` for `Cell` and `RefCell`",
    note = "the call of a delayed function is the whole of a `let`, and never in a larger expression: `let part = f(x);`, and then `part`",
    note = "`.retries(..)`, `.timeout(..)`, `.or(..)` and the like are said of a handle: make it before the block, or write options on the function, as `#[delayed(retries = 3)]`"
)]
pub trait TaskValue: Value {}

#[diagnostic::do_not_recommend]
impl<T: Value> TaskValue for T {}

/// Never implemented.
#[diagnostic::on_unimplemented(
    message = "this is a future, and a task's value is what it gives",
    label = "write `.await` behind the call",
    note = "a `let` of the block with `.await` is an async task"
)]
pub trait Awaited {}

impl Plain {
    /// The names in a call that is never made.
    pub fn probe<S: Sources>(self, _: &S) -> S::InTask {
        anything()
    }

    /// A task.
    #[track_caller]
    pub fn lift<N: Named, S: Sources, T: TaskValue>(
        self,
        _: Tag<T>,
        _: PhantomData<fn() -> N>,
        sources: S,
        body: impl Fn(S::InTask) -> T + Send + Sync + 'static,
    ) -> Delayed<T> {
        make_labelled::<ByName<N>, NotKnown, S::P, T, _, _>(sources.store(), move |ready| made(body(S::closed(ready))))
    }

    /// A task of a `Result`.
    #[track_caller]
    pub fn lift_try<N: Named, S: Sources, R: Tried<Ok: Value>>(
        self,
        _: Tag<R>,
        _: PhantomData<fn() -> N>,
        sources: S,
        body: impl Fn(S::InTask) -> R + Send + Sync + 'static,
    ) -> Delayed<R::Ok> {
        make_labelled::<ByName<N>, NotKnown, S::P, R::Ok, _, _>(sources.store(), move |ready| {
            made_result(body(S::closed(ready)).tried(), None)
        })
    }

    /// An async task.
    #[track_caller]
    pub fn lift_async<N: Named, S: Sources, F: Future<Output: Value> + Send + 'static>(
        self,
        _: PhantomData<fn() -> N>,
        sources: S,
        body: impl Fn(S::InTask) -> F + Send + Sync + 'static,
    ) -> Delayed<F::Output> {
        make_async_labelled::<ByName<N>, NotKnown, S::P, F::Output, _, _, _>(sources.store(), move |ready| {
            let future = body(S::closed(ready));
            async move { made(future.await) }
        })
    }

    /// An async task of a `Result`.
    #[track_caller]
    pub fn lift_try_async<N: Named, S: Sources, F: Future<Output: Tried<Ok: Value>> + Send + 'static>(
        self,
        _: PhantomData<fn() -> N>,
        sources: S,
        body: impl Fn(S::InTask) -> F + Send + Sync + 'static,
    ) -> Delayed<<F::Output as Tried>::Ok> {
        make_async_labelled::<ByName<N>, NotKnown, S::P, <F::Output as Tried>::Ok, _, _, _>(
            sources.store(),
            move |ready| {
                let future = body(S::closed(ready));
                async move { made_result(future.await.tried(), None) }
            },
        )
    }

    /// What is awaited.
    pub fn settle<R: Future, F: Future<Output = R::Output>>(self, _: Tag<R>, future: F) -> F {
        future
    }

    /// What an argument is, where it is a call.
    pub fn given<T>(self, _: Tag<T>) -> Given<T> {
        Given(PhantomData)
    }
}

impl Async {
    /// The names in a call that is never made.
    pub fn probe<S: Sources>(self, _: &S) -> S::InTask {
        anything()
    }

    /// Refused: without `.await` the future would be the value.
    pub fn lift<N: Named, S: Sources, R: Awaited + Future>(
        self,
        _: Tag<R>,
        _: PhantomData<fn() -> N>,
        _: S,
        _: impl Fn(S::InTask) -> R + Send + Sync + 'static,
    ) -> Delayed<R::Output> {
        unreachable!("nothing is `Awaited`")
    }

    /// Refused in the same way.
    pub fn lift_try<N: Named, S: Sources, R: Awaited + Future>(
        self,
        _: Tag<R>,
        _: PhantomData<fn() -> N>,
        _: S,
        _: impl Fn(S::InTask) -> R + Send + Sync + 'static,
    ) -> Delayed<R::Output> {
        unreachable!("nothing is `Awaited`")
    }

    /// An async task.
    #[track_caller]
    pub fn lift_async<N: Named, S: Sources, F: Future<Output: Value> + Send + 'static>(
        self,
        name: PhantomData<fn() -> N>,
        sources: S,
        body: impl Fn(S::InTask) -> F + Send + Sync + 'static,
    ) -> Delayed<F::Output> {
        Plain.lift_async(name, sources, body)
    }

    /// An async task of a `Result`.
    #[track_caller]
    pub fn lift_try_async<N: Named, S: Sources, F: Future<Output: Tried<Ok: Value>> + Send + 'static>(
        self,
        name: PhantomData<fn() -> N>,
        sources: S,
        body: impl Fn(S::InTask) -> F + Send + Sync + 'static,
    ) -> Delayed<<F::Output as Tried>::Ok> {
        Plain.lift_try_async(name, sources, body)
    }

    /// What is awaited.
    pub fn settle<R: Future, F: Future<Output = R::Output>>(self, _: Tag<R>, future: F) -> F {
        future
    }

    /// What an argument is, where it is a call.
    pub fn given<T>(self, _: Tag<T>) -> Given<T> {
        Given(PhantomData)
    }
}

impl Node {
    /// The names in a call that is never made.
    pub fn probe<S: Sources>(self, _: &S) -> S::InGraph {
        anything()
    }

    /// The constructor's own node.
    pub fn lift<N, S: Sources, T>(
        self,
        _: Tag<Delayed<T>>,
        _: PhantomData<fn() -> N>,
        sources: S,
        call: impl FnOnce(S::InGraph) -> Delayed<T>,
    ) -> Delayed<T> {
        call(sources.pass())
    }

    /// The same: an `Err` fails the constructor's own task.
    pub fn lift_try<N, S: Sources, T>(
        self,
        tag: Tag<Delayed<T>>,
        name: PhantomData<fn() -> N>,
        sources: S,
        call: impl FnOnce(S::InGraph) -> Delayed<T>,
    ) -> Delayed<T> {
        self.lift(tag, name, sources, call)
    }

    /// The same: the task is async by itself.
    pub fn lift_async<N, S: Sources, T, F: Future<Output = Delayed<T>>>(
        self,
        _: PhantomData<fn() -> N>,
        sources: S,
        call: impl FnOnce(S::InGraph) -> F,
    ) -> Delayed<T> {
        let future = pin!(call(sources.pass()));
        match future.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(handle) => handle,
            Poll::Pending => unreachable!("what is awaited is ready, and nothing else is awaited"),
        }
    }

    /// The same.
    pub fn lift_try_async<N, S: Sources, T, F: Future<Output = Delayed<T>>>(
        self,
        name: PhantomData<fn() -> N>,
        sources: S,
        call: impl FnOnce(S::InGraph) -> F,
    ) -> Delayed<T> {
        self.lift_async(name, sources, call)
    }

    /// What is awaited: nothing, a handle is there.
    pub fn settle<T>(self, _: Tag<Delayed<T>>, handle: Delayed<T>) -> ReadyFuture<Delayed<T>> {
        ready(handle)
    }

    /// An argument that is a call: a handle is welcome.
    pub fn given<T>(self, _: Tag<T>) -> Given<()> {
        Given(PhantomData)
    }
}

/// An argument of a plain function that is a call: asks whether it gives a handle.
#[derive(Debug)]
pub struct Given<T>(PhantomData<fn() -> T>);

/// Never implemented.
#[diagnostic::on_unimplemented(
    message = "a delayed function's call is no argument of a plain function's",
    label = "this gives a `Delayed`, and the function takes the value",
    note = "give it its own `let`, and pass that name: `let part = inner(x);`, then `outer(part)`"
)]
pub trait OwnLet {}

/// What [`Given`] answers for a value, or what is not known yet.
pub trait GivenValue {
    /// As it should be.
    fn is_plain(&self) {}
}

impl<T: Value> GivenValue for &Given<T> {}

/// What it answers for a handle.
pub trait GivenHandle<T> {
    /// Refused.
    fn is_plain(&self)
    where
        Delayed<T>: OwnLet,
    {
    }
}

impl<T> GivenHandle<T> for &&Given<Delayed<T>> {}

/// What it answers for the rest.
pub trait GivenPlain {
    /// As it should be.
    fn is_plain(&self) {}
}

impl<T> GivenPlain for Given<T> {}

/// What a `for` of a block goes through.
#[derive(Debug)]
pub struct Data<I>(pub I);

/// Never implemented.
#[diagnostic::on_unimplemented(
    message = "`for` in a block is unrolled while the graph is built, when a `Delayed` list is not computed yet",
    label = "a list that is known only when the graph runs",
    note = "loop inside one task, `let out = list.into_iter().map(f).collect::<Vec<_>>();`, or, of a list whose length is known, write `for x in list.split(n)`"
)]
pub trait KnownWhileBuilding {}

impl<T> Data<Delayed<T>> {
    /// Refused.
    pub fn rounds(self) -> std::iter::Empty<T>
    where
        Delayed<T>: KnownWhileBuilding,
    {
        std::iter::empty()
    }
}

impl<T> Data<&Delayed<T>> {
    /// Refused.
    pub fn rounds(self) -> std::iter::Empty<T>
    where
        Delayed<T>: KnownWhileBuilding,
    {
        std::iter::empty()
    }
}

/// The rounds of plain data.
pub trait Rounds<I> {
    /// Begins.
    fn rounds(self) -> I::IntoIter
    where
        I: IntoIterator;
}

impl<I> Rounds<I> for Data<I> {
    fn rounds(self) -> I::IntoIter
    where
        I: IntoIterator,
    {
        self.0.into_iter()
    }
}

/// The values of all rounds of a `for`.
#[track_caller]
pub fn list<T: Value>(rounds: Vec<Delayed<T>>) -> Delayed<Vec<T>> {
    gather(rounds)
}

/// The names of a pattern, out of the value of its `let`; not counted as a task.
#[track_caller]
pub fn apart<T: Value, R: Value>(whole: Delayed<T>, names: impl Fn(T) -> R + Send + Sync + 'static) -> Delayed<R> {
    make_labelled::<Apart, NotKnown, Whole<T>, R, _, _>(whole, move |whole| made(names(whole)))
}
