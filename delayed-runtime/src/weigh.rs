//! How large values are: [`Weigh`].

use std::any::Any;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How large a value is, where that is known.
pub type WeighFn<T> = Option<fn(&T) -> usize>;

/// How many bytes a value holds, itself and what it owns: what counts against a runtime's
/// [`memory_limit`](crate::Builder::memory_limit).
///
/// The values of `#[delayed]` functions are weighed by it where their type has it; `#[delayed(weigh = path)]` names a
/// function instead. Of the values of closures, `map` and the like, whose types nobody can be asked about, strings and
/// lists of numbers or strings are weighed; any other counts as its own size, without what it points to.
///
/// # Examples
/// ```
/// use delayed_runtime::Weigh;
///
/// struct Image {
///     pixels: Vec<u8>,
/// }
///
/// impl Weigh for Image {
///     fn weigh(&self) -> usize {
///         self.pixels.weigh()
///     }
/// }
///
/// assert_eq!(Image { pixels: vec![0; 1000] }.weigh(), 1000 + size_of::<Vec<u8>>());
/// ```
pub trait Weigh {
    /// The size in bytes, itself and what it owns. A rough answer will do; it should be cheap.
    fn weigh(&self) -> usize;
}

/// How large a value is of which nobody said how it is weighed.
pub(crate) fn weigh_any<T: 'static>(value: &T) -> usize {
    fn of<V: Weigh + 'static>(value: &dyn Any) -> Option<usize> {
        value.downcast_ref::<V>().map(V::weigh)
    }
    let known = [
        of::<String>,
        of::<PathBuf>,
        of::<Vec<String>>,
        of::<Vec<u8>>,
        of::<Vec<i8>>,
        of::<Vec<u16>>,
        of::<Vec<i16>>,
        of::<Vec<u32>>,
        of::<Vec<i32>>,
        of::<Vec<u64>>,
        of::<Vec<i64>>,
        of::<Vec<usize>>,
        of::<Vec<f32>>,
        of::<Vec<f64>>,
        of::<Vec<Vec<u8>>>,
        of::<Vec<Vec<f64>>>,
    ];
    known.iter().find_map(|of| of(value)).unwrap_or(size_of::<T>())
}

macro_rules! flat {
    ($($t:ty)*) => {$(
        impl Weigh for $t {
            fn weigh(&self) -> usize {
                size_of::<$t>()
            }
        }
    )*};
}

flat! {
    () bool char u8 i8 u16 i16 u32 i32 u64 i64 u128 i128 usize isize f32 f64
    std::time::Duration std::time::Instant std::time::SystemTime
}

/// Of elements: without a look at each where they own nothing.
fn weigh_all<'a, T: Weigh + 'a>(items: impl ExactSizeIterator<Item = &'a T>) -> usize {
    if std::mem::needs_drop::<T>() { items.map(T::weigh).sum() } else { items.len() * size_of::<T>() }
}

macro_rules! lists {
    ($($list:ident)*) => {$(
        impl<T: Weigh> Weigh for $list<T> {
            fn weigh(&self) -> usize {
                size_of::<Self>() + weigh_all(self.iter())
            }
        }
    )*};
}

lists! { Vec VecDeque BTreeSet }

impl<T: Weigh, S> Weigh for HashSet<T, S> {
    fn weigh(&self) -> usize {
        size_of::<Self>() + weigh_all(self.iter())
    }
}

impl<T: Weigh> Weigh for [T] {
    fn weigh(&self) -> usize {
        weigh_all(self.iter())
    }
}

impl<T: Weigh, const N: usize> Weigh for [T; N] {
    fn weigh(&self) -> usize {
        weigh_all(self.iter())
    }
}

impl<K: Weigh, V: Weigh> Weigh for BTreeMap<K, V> {
    fn weigh(&self) -> usize {
        size_of::<Self>() + weigh_all(self.keys()) + weigh_all(self.values())
    }
}

impl<K: Weigh, V: Weigh, S> Weigh for HashMap<K, V, S> {
    fn weigh(&self) -> usize {
        size_of::<Self>() + weigh_all(self.keys()) + weigh_all(self.values())
    }
}

impl Weigh for str {
    fn weigh(&self) -> usize {
        self.len()
    }
}

impl Weigh for String {
    fn weigh(&self) -> usize {
        size_of::<Self>() + self.capacity()
    }
}

impl Weigh for Path {
    fn weigh(&self) -> usize {
        self.as_os_str().len()
    }
}

impl Weigh for PathBuf {
    fn weigh(&self) -> usize {
        size_of::<Self>() + self.capacity()
    }
}

impl<T: Weigh> Weigh for Option<T> {
    fn weigh(&self) -> usize {
        size_of::<Self>() + self.as_ref().map_or(0, |value| value.weigh().saturating_sub(size_of::<T>()))
    }
}

impl<T: Weigh, E> Weigh for Result<T, E> {
    fn weigh(&self) -> usize {
        size_of::<Self>() + self.as_ref().map_or(0, |value| value.weigh().saturating_sub(size_of::<T>()))
    }
}

impl<T: Weigh + ?Sized> Weigh for Box<T> {
    fn weigh(&self) -> usize {
        size_of::<Self>() + (**self).weigh()
    }
}

/// Counted whole for each handle, although they share it.
impl<T: Weigh + ?Sized> Weigh for Arc<T> {
    fn weigh(&self) -> usize {
        size_of::<Self>() + (**self).weigh()
    }
}

macro_rules! tuples {
    ($(($($t:ident $i:tt),+);)*) => {$(
        impl<$($t: Weigh),+> Weigh for ($($t,)+) {
            fn weigh(&self) -> usize {
                0 $(+ self.$i.weigh())+
            }
        }
    )*};
}

tuples! {
    (A 0);
    (A 0, B 1);
    (A 0, B 1, C 2);
    (A 0, B 1, C 2, D 3);
    (A 0, B 1, C 2, D 3, E 4);
    (A 0, B 1, C 2, D 3, E 4, F 5);
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6);
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn containers_weigh_what_they_own() {
        let word = size_of::<usize>();
        assert_eq!(vec![0_u64; 100].weigh(), 3 * word + 800);
        assert_eq!(vec![vec![0_u8; 10], vec![0_u8; 20]].weigh(), 3 * 3 * word + 30);
        assert_eq!(String::from("four").into_boxed_str().weigh(), 2 * word + 4);
        assert_eq!(Some(vec![1_u8, 2]).weigh(), 3 * word + 2);
        assert_eq!(None::<Vec<u8>>.weigh(), 3 * word);
        assert_eq!(BTreeMap::from([(1_u32, 2_u64)]).weigh(), size_of::<BTreeMap<u32, u64>>() + 12);
        assert_eq!((1_u8, String::with_capacity(7)).weigh(), 1 + 3 * word + 7);
        assert_eq!(Arc::new([1_u16; 4]).weigh(), word + 8);
    }

    #[test]
    fn some_types_are_known() {
        let word = size_of::<usize>();
        assert_eq!(weigh_any(&vec![0.5; 4]), 3 * word + 32);
        assert_eq!(weigh_any(&String::from("four")), 3 * word + 4);
        assert_eq!(weigh_any(&(vec![0_u8; 100], 1_u64)), 4 * word);
    }
}
