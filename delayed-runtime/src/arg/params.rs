//! A function's whole parameter list: a plain tuple of patterns is a pattern itself.

use crate::arg::{Arg, Build, Pattern, Stored};

/// The arguments of one call, for parameters of patterns `P`.
#[diagnostic::on_unimplemented(
    message = "these arguments do not fit the function's parameters",
    label = "write one argument for each parameter, in a tuple: `(x, y)`, `(x,)` for one, `()` for none"
)]
pub trait Args<P: Pattern> {
    /// What is left in the node.
    type Stored: Stored<Ready = P::Ready>;
    /// Stores the arguments in order and records their edges.
    #[track_caller]
    fn args(self, build: &mut Build) -> Self::Stored;
}

macro_rules! params {
    ($(($($p:ident $x:ident $i:tt),*);)*) => {$(
        impl<$($p: Pattern),*> Pattern for ($($p,)*) {
            type Ready = ($($p::Ready,)*);
            type Written = Self::Ready;
        }

        impl<$($p: Pattern, $x: Arg<$p>),*> Args<($($p,)*)> for ($($x,)*) {
            type Stored = ($($x::Stored,)*);

            #[allow(unused_variables, clippy::unused_unit, reason = "the tuple without elements")]
            fn args(self, build: &mut Build) -> Self::Stored {
                ($(self.$i.arg(build),)*)
            }
        }
    )*};
}

crate::tuples::tuples_to_12!(params);
