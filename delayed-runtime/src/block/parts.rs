//! Expressions as arguments: `f(v[0])`.
//!
//! For a plain function they are evaluated in its own task. A constructor takes handles: there each is a task before it,
//! a *part*. Which of both it is, only the types know, so both are written, and of what is not wanted only the types
//! are looked at.

use super::{Async, Delayed, Node, Own, Pass, Plain, Sources, Tag, anything};
use crate::node::make::of_data;
use crate::value::Value;
use std::marker::PhantomData;

/// The end of what never runs: what stands behind it is not checked for borrows.
#[derive(Debug)]
pub enum Never {}

impl Never {
    /// Begins what never runs.
    pub fn begins() -> Never {
        anything()
    }
}

/// The names of a call with parts.
#[derive(Debug)]
pub enum Which<T, G> {
    /// In the body of a task.
    Task(T),
    /// In the arguments of a constructor.
    Graph(G),
}

/// The names in the body of a task.
pub fn values<S: Sources>(_: &S) -> S::InTask {
    anything()
}

/// The mode of a part where no constructor wants it: its value may be of any type, as nobody makes it.
#[derive(Clone, Copy, Debug)]
pub struct Unwanted<M>(PhantomData<M>);

/// A name in the arguments of a constructor, as a handle.
#[diagnostic::on_unimplemented(
    message = "a name that this task uses is no value of a task",
    label = "this name",
    note = "the error at the name, or at its `let`, says why"
)]
pub trait IntoHandle {
    /// Its value.
    type Of;
    /// What a constructor is given, if nothing else uses it.
    type Given;
    /// The handle.
    fn handle(self) -> Delayed<Self::Of>;
    /// What the constructor is given.
    fn given(self) -> Self::Given;
}

impl<T> IntoHandle for Own<Delayed<T>> {
    type Of = T;
    type Given = Delayed<T>;

    fn handle(self) -> Delayed<T> {
        self.0
    }

    fn given(self) -> Delayed<T> {
        self.0
    }
}

impl<T> IntoHandle for Pass<Delayed<T>> {
    type Of = T;
    type Given = Delayed<T>;

    fn handle(self) -> Delayed<T> {
        self.0
    }

    fn given(self) -> Delayed<T> {
        self.0
    }
}

impl<T: Value> IntoHandle for Own<T> {
    type Of = T;
    type Given = T;

    fn handle(self) -> Delayed<T> {
        Delayed::from_node(of_data(self.0))
    }

    fn given(self) -> T {
        self.0
    }
}

/// The handle of a name.
pub fn handle_of<G: IntoHandle>(guard: G) -> Delayed<G::Of> {
    guard.handle()
}

/// What a plain function takes where a constructor has parts.
pub trait Plainly {
    /// Its type.
    type Plain;
}

impl<T> Plainly for Delayed<T> {
    type Plain = T;
}

impl<X: Plainly> Plainly for Vec<X> {
    type Plain = Vec<X::Plain>;
}

impl<X: Plainly, const N: usize> Plainly for [X; N] {
    type Plain = [X::Plain; N];
}

/// A part that is a place, such as `&v[1..]`, where nobody wants it.
#[derive(Debug)]
pub struct Place<T: ?Sized>(PhantomData<fn(&T)>);

impl Plain {
    /// What a place holds: a task's value is owned.
    pub fn owned<T: ToOwned + ?Sized>(self, place: &T) -> T::Owned {
        place.to_owned()
    }
}

impl Unwanted<Plain> {
    /// The same, of whatever type.
    pub fn owned<T: ?Sized>(self, _: &T) -> Place<T> {
        anything()
    }
}

impl Node {
    /// What the constructor is given for a place that is lent.
    pub fn place<T>(self, part: Delayed<T>) -> Delayed<T> {
        part
    }
}

/// Never implemented.
#[diagnostic::on_unimplemented(
    message = "a closure over names of the block is no argument of a delayed function",
    label = "this is evaluated in a task of its own",
    note = "give it its own `let`, with the types of its parameters, and pass that name: `let part = move |x: i64| x + a;`, then `f(part)`"
)]
pub trait ClosureLet {}

impl Node {
    /// Refused.
    pub fn absent<T, Y>(self, _: Tag<Delayed<T>>) -> Y
    where
        Delayed<T>: ClosureLet,
    {
        anything()
    }
}

impl Unwanted<Node> {
    /// Refused elsewhere.
    pub fn absent<T, Y>(self, _: Tag<Delayed<T>>) -> Y {
        anything()
    }

    /// The same.
    pub fn place<T: ToOwned + ?Sized>(self, _: Delayed<Place<T>>) -> Delayed<T::Owned> {
        anything()
    }
}

macro_rules! tuples_of_parts {
    ($(($($p:ident $x:ident $i:tt),*);)*) => {$(
        impl<$($x: Plainly),*> Plainly for ($($x,)*) {
            type Plain = ($($x::Plain,)*);
        }
    )*};
}

crate::tuples::tuples_to_12!(tuples_of_parts);

/// What the modes of plain calls have in common: the function is called in the task alone.
macro_rules! plain {
    ($($mode:ty, $begun:ty, $begin:expr;)*) => {$(
        impl $mode {
            /// Begins the body of a task.
            pub fn in_task(self) -> $begun {
                $begin
            }

            /// Begins what would make a constructor's node.
            pub fn in_graph(self) -> Never {
                anything()
            }

            /// Begins the body of a part.
            pub fn begin(self) -> $begun {
                $begin
            }

            /// What a constructor would be given; here of the type that the function takes.
            pub fn argument<X: Plainly>(self, _: X) -> X::Plain {
                anything()
            }

            /// The same of a name.
            pub fn name<G: IntoHandle>(self, _: G) -> G::Of {
                anything()
            }

            /// The same of one that is lent.
            pub fn lent_name<'a, G: IntoHandle<Of: 'a>>(self, _: G) -> &'a G::Of {
                anything()
            }

            /// The same behind a `&`.
            pub fn lent<'a, X: Plainly<Plain: 'a>>(self, _: X) -> &'a X::Plain {
                anything()
            }

            /// The same of a place that is lent.
            pub fn place<'a, T: ?Sized>(self, _: Delayed<Place<T>>) -> &'a T {
                anything()
            }

            /// The same of any type.
            pub fn any<X, Y>(self, _: X) -> Y {
                anything()
            }

            /// Plain data in a tuple of parts.
            pub fn inside<T>(self, _: T) -> Delayed<T> {
                anything()
            }

            /// What is asked and what is called are two functions where they are generic: what one borrows, the
            /// other need not.
            pub fn known<F>(self, _: Tag<F>) -> Tag<()> {
                Tag::new()
            }

            /// The same.
            pub fn same<G>(self, _: Tag<()>, _: &G) {}

            /// What no constructor takes.
            pub fn absent<R, Y>(self, _: Tag<R>) -> Y {
                anything()
            }

            /// Plain data in a list of parts.
            pub fn constant<T>(self, _: T) -> Delayed<T> {
                anything()
            }

            /// What is called in the graph; its type is that of the task's body, unless that holds a closure.
            pub fn result<X, Y>(self, _: X) -> Y {
                anything()
            }

            /// The body.
            pub fn choose<S: Sources<InTask = N, InGraph = G>, N, G, R, B>(
                self,
                _: &S,
                both: B,
            ) -> impl Fn(N) -> R + Send + Sync + 'static + use<S, N, G, R, B>
            where
                B: Fn(Which<N, G>) -> R + Send + Sync + 'static,
            {
                move |names| both(Which::Task(names))
            }
        }
    )*};
}

plain! {
    Plain, (), ();
    Async, (), ();
    Unwanted<Plain>, Never, anything();
    Unwanted<Async>, Never, anything();
}

/// What the modes of constructors have in common: the constructor is called while the graph is built.
macro_rules! node {
    ($($mode:ty, $begun:ty, $begin:expr;)*) => {$(
        impl $mode {
            /// Begins what would be the body of a task.
            pub fn in_task(self) -> Never {
                anything()
            }

            /// Begins what makes the node.
            pub fn in_graph(self) -> $begun {
                $begin
            }

            /// Begins the body of a part.
            pub fn begin(self) -> $begun {
                $begin
            }

            /// What the constructor is given.
            pub fn argument<X>(self, x: X) -> X {
                x
            }

            /// The same of a name.
            pub fn name<G: IntoHandle>(self, guard: G) -> G::Given {
                guard.given()
            }

            /// The same.
            pub fn lent_name<G: IntoHandle>(self, guard: G) -> G::Given {
                guard.given()
            }

            /// The same.
            pub fn lent<X>(self, x: X) -> X {
                x
            }

            /// The same.
            pub fn any<X>(self, x: X) -> X {
                x
            }

            /// Plain data in a tuple.
            pub fn inside<X>(self, x: X) -> X {
                x
            }

            /// Plain data in a list of parts.
            pub fn constant<T: Value>(self, x: T) -> Delayed<T> {
                Delayed::from_node(of_data(x))
            }

            /// What is asked is what is called.
            pub fn known<F>(self, known: Tag<F>) -> Tag<F> {
                known
            }

            /// The same.
            pub fn same<F>(self, _: Tag<F>, _: &F) {}

            /// What is called in the graph.
            pub fn result<X>(self, x: X) -> X {
                x
            }

            /// What makes the node.
            pub fn choose<S: Sources, R, B>(self, _: &S, both: B) -> impl FnOnce(S::InGraph) -> R + use<S, R, B>
            where
                B: FnOnce(Which<S::InTask, S::InGraph>) -> R,
            {
                move |names| both(Which::Graph(names))
            }
        }
    )*};
}

node! {
    Node, (), ();
    Unwanted<Node>, Never, anything();
}

/// What is called in the body of a task: the function, or, of a constructor, something of which only the types are
/// wanted, and that takes whatever it is given.
macro_rules! callees {
    ($($name:ident $($x:ident)*;)*) => {$(
        callees!(@plain $name Plain);
        callees!(@plain $name Async);
        callees!(@plain $name Unwanted<Plain>);
        callees!(@plain $name Unwanted<Async>);
        callees!(@node $name $($x)*, Node);
        callees!(@node $name $($x)*, Unwanted<Node>);
    )*};
    (@plain $name:ident $mode:ty) => {
        impl $mode {
            /// The function.
            pub fn $name<R, F>(self, _: Tag<R>, function: F) -> F {
                function
            }
        }
    };
    (@node $name:ident $($x:ident)*, $mode:ty) => {
        impl $mode {
            /// Something that takes whatever it is given.
            pub fn $name<T, F, $($x),*>(self, _: Tag<Delayed<T>>, _: F) -> fn($($x),*) -> Delayed<T> {
                anything()
            }
        }
    };
}

callees! {
    callee1 A;
    callee2 A B;
    callee3 A B C;
    callee4 A B C D;
    callee5 A B C D E;
    callee6 A B C D E G;
    callee7 A B C D E G H;
    callee8 A B C D E G H I;
    callee9 A B C D E G H I J;
    callee10 A B C D E G H I J K;
    callee11 A B C D E G H I J K L;
    callee12 A B C D E G H I J K L M;
}

/// The mode of a part in a call of this mode.
macro_rules! within {
    ($($mode:ty;)*) => {$(
        impl $mode {
            /// Nobody wants the part.
            pub fn within<M>(self, _: M) -> Unwanted<M> {
                Unwanted(PhantomData)
            }
        }
    )*};
}

within! {
    Plain;
    Async;
    Unwanted<Plain>;
    Unwanted<Async>;
    Unwanted<Node>;
}

impl Node {
    /// Its own.
    pub fn within<M>(self, mode: M) -> M {
        mode
    }
}

macro_rules! unwanted {
    ($($mode:ty;)*) => {$(
        impl $mode {
            /// A task that nobody wants.
            pub fn lift<N, S: Sources, T>(
                self,
                _: Tag<T>,
                _: PhantomData<fn() -> N>,
                _: S,
                _: impl Fn(S::InTask) -> T,
            ) -> Delayed<T> {
                anything()
            }
        }
    )*};
}

unwanted! {
    Unwanted<Plain>;
    Unwanted<Async>;
}

impl Unwanted<Node> {
    /// A node that nobody wants.
    pub fn lift<N, S: Sources, T>(
        self,
        _: Tag<Delayed<T>>,
        _: PhantomData<fn() -> N>,
        _: S,
        _: impl FnOnce(S::InGraph) -> Delayed<T>,
    ) -> Delayed<T> {
        anything()
    }
}
