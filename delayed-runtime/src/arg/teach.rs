//! A derived shape whose values are all `Clone` says so to its handles' nodes, so that data put in with `value` can be
//! made part of the plain twin once more when a kept graph runs again.

use std::collections::{BTreeMap, HashMap};

use crate::delayed::Delayed;
use crate::value::Value;

/// A shape all of whose handles have values that are `Clone`.
pub trait Teach {
    /// Tells each handle's node how its value is cloned.
    fn teach(&self);
}

impl<T: Value + Clone> Teach for Delayed<T> {
    fn teach(&self) {
        self.node.get().learn_clone::<T>();
    }
}

macro_rules! containers {
    ($([$($g:tt)*] $container:ty, |$item:pat_param| $part:expr;)*) => {$(
        impl<$($g)*> Teach for $container {
            fn teach(&self) {
                for $item in self.iter() {
                    $part.teach();
                }
            }
        }
    )*};
}

containers! {
    [S: Teach] Vec<S>, |item| item;
    [S: Teach] Option<S>, |item| item;
    [S: Teach, const N: usize] [S; N], |item| item;
    [K, S: Teach] BTreeMap<K, S>, |(_, item)| item;
    [K, S: Teach, H] HashMap<K, S, H>, |(_, item)| item;
}

macro_rules! tuples {
    ($(($($s:ident $x:ident $i:tt),*);)*) => {$(
        impl<$($s: Teach),*> Teach for ($($s,)*) {
            fn teach(&self) {
                $(self.$i.teach();)*
            }
        }
    )*};
}

crate::tuples::tuples_to_12!(tuples);

macro_rules! plain {
    ($($plain:ty)*) => {$(
        impl Teach for $plain {
            fn teach(&self) {}
        }
    )*};
}

plain! {
    i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize f32 f64 bool char
    String &'static str std::path::PathBuf std::time::Duration
}

/// A field of a derived shape, which teaches if it can: see [`NoTeach`].
#[derive(Debug)]
pub struct Field<'a, S>(pub &'a S);

impl<S: Teach> Field<'_, S> {
    /// Tells each handle's node how its value is cloned.
    pub fn teach(&self) {
        self.0.teach();
    }
}

/// What a [`Field`] does that holds values which are not `Clone`; must be in scope.
pub trait NoTeach {
    /// Nothing.
    fn teach(&self) {}
}

impl<S> NoTeach for Field<'_, S> {}
