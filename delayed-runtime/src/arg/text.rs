//! Text and paths: `&str`, `String`, `&Path`, `PathBuf`, which take each other's literals.

use std::path::{Path, PathBuf};

use crate::advice::{self, Extent as _};
use crate::arg::borrowed::{EdgeRef, LitRef};
use crate::arg::plain::{EdgeVal, Lit};
use crate::arg::{Arg, Build, Pattern, Ref, Val, stored_one_by_one};
use crate::delayed::Delayed;
use crate::node::view::Lent;

macro_rules! text {
    ($($(#[$doc:meta])* $name:ident: $written:ty, $ready:ty, $lit:ident, $edge:ident, $as:ident<$owned:ident>, [$($from:ty),*];)*) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub enum $name {}

        impl Pattern for $name {
            type Ready = $ready;
            type Written = $written;
        }

        $(
            #[diagnostic::do_not_recommend]
            impl Arg<$name> for $from {
                type Stored = $lit<$owned>;
                stored_one_by_one!($name);

                fn arg(self, _: &mut Build) -> Self::Stored {
                    let (bytes, address) = self.extent();
                    advice::input(bytes, address);
                    $lit($owned::from(self))
                }
            }
        )*

        #[diagnostic::do_not_recommend]
        impl Arg<$name> for Delayed<$owned> {
            type Stored = $edge<$owned>;
            stored_one_by_one!($name);

            fn arg(self, build: &mut Build) -> Self::Stored {
                Arg::<$as<$owned>>::arg(self, build)
            }
        }

        #[diagnostic::do_not_recommend]
        impl Arg<$name> for &Delayed<$owned> {
            type Stored = $edge<$owned>;
            stored_one_by_one!($name);

            fn arg(self, build: &mut Build) -> Self::Stored {
                Arg::<$as<$owned>>::arg(self, build)
            }
        }
    )*};
}

text! {
    /// `s: &str`.
    Text: String, Lent<String>, LitRef, EdgeRef, Ref<String>, [&str, &String, String];
    /// `s: String`.
    TextOwned: String, String, Lit, EdgeVal, Val<String>, [&str, &String, String];
    /// `p: &Path`.
    PathRef: PathBuf, Lent<PathBuf>, LitRef, EdgeRef, Ref<PathBuf>, [&str, &String, String, &Path, &PathBuf, PathBuf];
    /// `p: PathBuf`.
    PathOwned: PathBuf, PathBuf, Lit, EdgeVal, Val<PathBuf>, [&str, &String, String, &Path, &PathBuf, PathBuf];
}
