//! What can be delayed: every kind of function, wherever it stands.

// Names, docs and attributes of the functions here are part of what is tested.
#![deny(warnings, missing_docs)]

use std::collections::HashMap;
use std::fmt::{self, Debug, Display};
use std::io;

use delayed::prelude::*;

#[delayed]
fn inc(x: i64) -> i64 {
    x + 1
}

#[test]
fn a_function_may_take_and_return_nothing() {
    #[delayed]
    fn nothing() {}
    #[delayed]
    #[allow(clippy::unused_unit, reason = "written out on purpose")]
    fn unit() -> () {}
    let () = nothing().compute().unwrap();
    let () = unit().compute().unwrap();
}

#[test]
fn an_async_function_is_a_task_like_any_other() {
    #[delayed]
    async fn later(x: i64) -> i64 {
        std::future::ready(()).await;
        x * 2
    }
    let handle = inc(later(inc(1)));
    assert!(Graph::of(&handle).tasks().any(|task| task.is_async() && task.name() == "later"));
    assert_eq!(handle.compute().unwrap(), 5);
}

#[test]
fn an_async_function_may_fail() {
    #[delayed]
    async fn parse(text: &str) -> Result<i64, std::num::ParseIntError> {
        std::future::ready(()).await;
        let number: i64 = text.parse()?;
        Ok(number)
    }
    assert_eq!(inc(parse("41")).compute().unwrap(), 42);
    assert_eq!(parse("x").compute().unwrap_err().task(), "parse");
}

mod generic {
    //! Generic functions say what their bodies need, and no more.
    use super::*;

    /// Shows both.
    #[delayed]
    pub(crate) fn both<T: Display, U>(x: T, y: U) -> String
    where
        U: Debug + PartialEq,
    {
        format!("{x}{y:?}")
    }

    #[delayed]
    fn made<T>() -> T
    where
        T: Default,
    {
        T::default()
    }

    #[delayed]
    async fn first<T: Clone>(xs: &[T]) -> Option<T> {
        xs.first().cloned()
    }

    #[delayed]
    fn parsed<T: std::str::FromStr<Err = E>, E: Debug + Display + Send + Sync + 'static>(text: &str) -> Result<T, E> {
        text.parse()
    }

    #[test]
    fn bounds_and_where_clauses_are_kept() {
        assert_eq!(both(1, "a").compute().unwrap(), "1\"a\"");
        assert_eq!(both::<i64, u8>(inc(1), 2).compute().unwrap(), "22");
    }

    #[test]
    fn a_type_parameter_may_stand_in_the_return_type_alone() {
        assert_eq!(made::<i64>().compute().unwrap(), 0);
        let list: Delayed<Vec<u8>> = made();
        assert_eq!(list.compute().unwrap(), []);
    }

    #[test]
    fn an_async_function_may_be_generic() {
        assert_eq!(first([1, 2]).compute().unwrap(), Some(1));
        assert_eq!(first(vec![inc(1)]).compute().unwrap(), Some(2));
    }

    #[test]
    fn the_error_may_be_generic() {
        assert_eq!(parsed::<i64, _>("12").compute().unwrap(), 12);
        let error = parsed::<u8, _>("999").compute().unwrap_err();
        assert!(error.downcast_ref::<std::num::ParseIntError>().is_some());
    }
}

#[test]
fn const_parameters_count_and_multiply() {
    #[delayed]
    fn filled<const N: usize>(x: u8) -> [u8; N] {
        [x; N]
    }
    #[delayed]
    fn scaled<const BY: i64>(x: i64) -> i64 {
        x * BY
    }
    #[delayed]
    fn chunked<T: Clone, const N: usize>(xs: &[T]) -> Vec<Vec<T>> {
        xs.chunks(N).map(<[T]>::to_vec).collect()
    }
    assert_eq!(filled::<3>(7).compute().unwrap(), [7, 7, 7]);
    assert_eq!(scaled::<-2>(inc(4)).compute().unwrap(), -10);
    assert_eq!(chunked::<i64, 2>([1, 2, 3]).compute().unwrap(), [vec![1, 2], vec![3]]);
}

#[test]
fn lifetimes_belong_to_the_body() {
    struct Words<'a>(Vec<&'a str>);
    trait Splits<'a> {
        fn split(&'a self) -> Words<'a>;
    }
    impl<'a> Splits<'a> for String {
        fn split(&'a self) -> Words<'a> {
            Words(self.split_whitespace().collect())
        }
    }
    #[delayed]
    fn longest<'a>(x: &'a str, y: &'a str) -> String {
        let pick = |a: &'a str, b: &'a str| if a.len() >= b.len() { a } else { b };
        pick(x, y).to_owned()
    }
    #[delayed]
    fn count<'a, T>(text: &'a T) -> usize
    where
        T: Splits<'a>,
    {
        text.split().0.len()
    }
    #[delayed]
    fn tagged<'a, 'b: 'a>(x: &'a [i64], names: &'b [&str]) -> String {
        format!("{}{}", names[0], x.len())
    }
    assert_eq!(longest("ab", "abc").compute().unwrap(), "abc");
    assert_eq!(count(String::from("a b c")).compute().unwrap(), 3);
    assert_eq!(tagged([1, 2], ["n"]).compute().unwrap(), "n2");
}

#[test]
fn parameters_may_be_patterns() {
    struct Point {
        x: i64,
        y: i64,
    }
    #[delayed]
    fn swap((a, b): (i64, i64)) -> (i64, i64) {
        (b, a)
    }
    #[delayed]
    fn area(Point { x, y }: &Point, [first, ..]: [i64; 2], mut scale: i64, _: u8) -> i64 {
        scale *= first;
        x * y * scale
    }
    #[delayed]
    fn same_names(arg0: i64, (a, _): (i64, i64)) -> i64 {
        arg0 + a
    }
    assert_eq!(swap((inc(1), 5)).compute().unwrap(), (5, 2));
    assert_eq!(area(Point { x: 2, y: 3 }, [5, 0], inc(1), 0).compute().unwrap(), 60);
    assert_eq!(same_names(1, (2, 3)).compute().unwrap(), 3);
}

#[test]
fn names_may_be_raw() {
    #[delayed]
    fn r#match(r#type: &str, r#in: i64) -> String {
        format!("{type} {in}", type = r#type, in = r#in)
    }
    let handle = r#match("a", 1);
    assert_eq!(Graph::of(&handle).tasks().next().unwrap().name(), "match");
    assert_eq!(handle.compute().unwrap(), "a 1");
}

#[test]
fn no_name_of_the_macros_meets_the_users() {
    #[delayed]
    fn build(this: i64, a: i64, build: i64, args: i64, p: i64, __a0: i64) -> i64 {
        const T: i64 = 100;
        this + a + build + args + p + __a0 + T
    }
    assert_eq!(build(1, 2, 3, 4, 5, 6).compute().unwrap(), 121);
}

#[test]
fn a_body_may_shadow_everything_the_macro_uses() {
    #[delayed]
    #[allow(non_camel_case_types, dead_code, reason = "names of the prelude and of std, taken on purpose")]
    fn shadows(x: i64) -> i64 {
        enum Option {}
        enum Result {}
        enum Delayed {}
        mod delayed {}
        mod core {}
        mod std {}
        fn made(x: i64) -> i64 {
            x
        }
        made(x)
    }
    assert_eq!(shadows(3).compute().unwrap(), 3);
}

#[test]
fn a_body_returns_early_recurses_through_plain_functions_and_uses_question_marks() {
    fn plain(n: u64) -> u64 {
        if n == 0 { 1 } else { n * plain(n - 1) }
    }
    #[delayed]
    fn checked(n: u64) -> Result<u64, String> {
        if n > 10 {
            return Err("too large".to_owned());
        }
        let text = n.to_string();
        let again: u64 = text.parse().map_err(|error: std::num::ParseIntError| error.to_string())?;
        Ok(plain(again))
    }
    assert_eq!(checked(5).compute().unwrap(), 120);
    assert_eq!(checked(11).compute().unwrap_err().downcast_ref::<String>().unwrap(), "too large");
}

/// A model of one weight.
#[derive(Clone, Debug, PartialEq)]
struct Model {
    weight: f64,
}

impl Model {
    #[delayed]
    fn trained(weight: f64) -> Self {
        Self { weight }
    }

    /// Documented as any method.
    #[delayed]
    fn predict(&self, x: f64) -> f64 {
        self.weight * x
    }

    #[delayed]
    async fn fetch(&self) -> f64 {
        std::future::ready(self.weight).await
    }

    #[delayed]
    fn merged(self, other: &Self, more: Vec<Self>) -> Result<Self, String> {
        let weight = self.weight + other.weight + more.iter().map(|model| model.weight).sum::<f64>();
        if weight.is_nan() { Err("no weight".to_owned()) } else { Ok(Self { weight }) }
    }

    #[delayed]
    fn double(x: i64) -> i64 {
        x * 2
    }

    #[delayed]
    fn weight_in<T: From<f64>>(&self) -> T {
        T::from(self.weight)
    }

    #[delayed]
    #[allow(clippy::boxed_local, reason = "a receiver of another type than `Self`")]
    fn boxed(self: Box<Self>) -> f64 {
        self.weight
    }
}

#[test]
fn associated_functions_and_methods_are_constructors_too() {
    let model = Model::trained(2.0);
    assert_eq!(Model::predict(&model, 3.0).compute().unwrap(), 6.0);
    assert_eq!(Model::predict(Model { weight: 1.5 }, Model::predict(&model, 1.0)).compute().unwrap(), 3.0);
    assert_eq!(Model::fetch(&model).compute().unwrap(), 2.0);
    assert_eq!(Model::weight_in::<f64>(&model).compute().unwrap(), 2.0);
    assert_eq!(Model::boxed(Box::new(Model { weight: 4.0 })).compute().unwrap(), 4.0);
    assert_eq!(inc(Model::double(inc(2))).compute().unwrap(), 7);
    let merged = Model::merged(&model, Model { weight: 1.0 }, vec![&model, &model]);
    assert_eq!(merged.compute().unwrap(), Model { weight: 7.0 });
    let names: Vec<_> = Graph::of(&Model::predict(&model, 1.0)).tasks().map(|task| task.name().to_owned()).collect();
    assert_eq!(names, ["trained", "predict"]);
}

mod generic_impls {
    //! Methods and associated functions of generic types.
    use super::*;

    struct Table<K, V> {
        rows: Vec<(K, V)>,
    }

    impl<K: Eq + Debug + Value + Clone, V: Clone + Value> Table<K, V> {
        #[delayed]
        fn find(&self, key: &K) -> Option<V> {
            self.rows.iter().find(|(k, _)| k == key).map(|(_, value)| value.clone())
        }

        #[delayed]
        fn of(rows: Vec<(K, V)>) -> Self {
            Self { rows }
        }

        #[delayed]
        fn shown(key: K) -> String {
            format!("{key:?}")
        }

        #[delayed]
        fn mapped<U: Clone>(&self, f: impl Fn(&V) -> U) -> Vec<U> {
            self.rows.iter().map(|(_, value)| f(value)).collect()
        }

        #[delayed]
        async fn count(&self, extra: usize) -> usize {
            std::future::ready(self.rows.len() + extra).await
        }
    }

    struct Grid<const W: usize>;

    impl<const W: usize> Grid<W> {
        #[delayed]
        fn rows(cells: &[u8]) -> usize
        where
            Self: Sized,
        {
            cells.len() / W
        }
    }

    struct Pair<Key, T>(Key, T);

    impl<Key: Debug + PartialEq, T: Debug> Pair<Key, T> {
        #[delayed]
        fn shown(&self, key: Key, others: Vec<T>) -> String {
            format!("{:?}{:?}{key:?}{others:?}", self.0, self.1)
        }

        #[delayed]
        fn swapped(self) -> (T, Key) {
            (self.1, self.0)
        }
    }

    impl<Key: Clone, T: Clone> Clone for Pair<Key, T> {
        fn clone(&self) -> Self {
            Self(self.0.clone(), self.1.clone())
        }
    }

    #[test]
    fn methods_ask_of_the_types_parameters_what_a_value_needs() {
        fn shown_twice<Key: Value + Clone + Debug + PartialEq>(key: Key) -> Delayed<String> {
            Pair::shown(Pair(key.clone(), 1), key, [2])
        }
        assert_eq!(Pair::shown(Pair("a", 1), "b", vec![inc(1)]).compute().unwrap(), "\"a\"1\"b\"[2]");
        assert_eq!(shown_twice('c').compute().unwrap(), "'c'1'c'[2]");
        assert_eq!(Pair::swapped(Pair("a", 1)).compute().unwrap(), (1, "a"));
    }

    #[test]
    fn methods_of_a_generic_type_use_its_parameters() {
        let table = Table::of(vec![("a", 1), ("b", 2)]);
        assert_eq!(Table::find(&table, "b").compute().unwrap(), Some(2));
        assert_eq!(Table::<&str, i64>::find(table.clone(), value("c")).compute().unwrap(), None);
        assert_eq!(Table::mapped(&table, |x: &i64| x * 10).compute().unwrap(), [10, 20]);
        assert_eq!(Table::count(&table, 5).compute().unwrap(), 7);
    }

    #[test]
    fn associated_functions_of_a_generic_type_use_its_parameters() {
        assert_eq!(Table::<&str, i64>::shown("a").compute().unwrap(), "\"a\"");
        assert_eq!(Grid::<3>::rows([0; 9]).compute().unwrap(), 3);
    }
}

pub mod outer {
    //! Visibilities.

    /// A name of `i64`.
    pub type Number = i64;

    pub mod inner {
        //! Functions seen from here and there.
        use delayed::prelude::*;

        /// Seen everywhere.
        #[delayed]
        pub fn everywhere(x: i64) -> i64 {
            x + 1
        }

        /// Seen in this crate.
        #[delayed]
        pub(crate) fn in_crate(x: i64) -> i64 {
            private(x) + 2
        }

        /// Seen one module up.
        #[delayed]
        pub(super) fn one_up(x: i64) -> i64 {
            x + 3
        }

        /// Seen in a path.
        #[delayed]
        pub(in crate::outer) fn in_path(x: i64) -> i64 {
            x + 4
        }

        fn private(x: i64) -> i64 {
            x
        }

        /// A type with methods of different visibility.
        #[derive(Clone, Debug)]
        pub struct Shop;

        impl Shop {
            /// Seen everywhere.
            #[delayed]
            pub fn price(&self, x: i64) -> i64 {
                x * 10
            }

            /// Seen one module up.
            #[delayed]
            pub(super) fn cost(&self, x: i64) -> i64 {
                x
            }
        }
    }

    /// All of them.
    pub(crate) fn sum() -> delayed::Delayed<i64> {
        use inner::Shop;
        let sum = inner::everywhere(0) + inner::in_crate(0) + inner::one_up(0) + inner::in_path(0);
        sum + Shop::price(Shop, 1) + Shop::cost(Shop, 5)
    }
}

#[test]
fn a_constructor_is_as_visible_as_its_function() {
    use outer::inner::everywhere as renamed;
    assert_eq!(outer::sum().compute().unwrap(), 25);
    assert_eq!((renamed(0) + outer::inner::in_crate(0)).compute().unwrap(), 3);
}

#[test]
fn a_function_may_be_conditional() {
    #[cfg(any())]
    #[delayed]
    fn chosen(x: NoSuchType) -> i64 {
        no_such_function(x)
    }
    #[delayed]
    #[cfg(not(any()))]
    fn chosen(x: i64) -> i64 {
        x
    }
    struct S;
    impl S {
        #[delayed]
        #[cfg(any())]
        fn method(&self) -> NoSuchType {
            1
        }
        #[delayed]
        #[cfg(not(any()))]
        fn method(&self) -> i64 {
            2
        }
    }
    assert_eq!((chosen(1) + S::method(S)).compute().unwrap(), 3);
}

#[test]
fn attributes_of_the_body_stay_with_the_body() {
    #[delayed]
    #[inline]
    #[must_use = "asked of the plain function"]
    fn small(#[allow(unused_variables)] x: i64, y: i64) -> i64 {
        y
    }
    #[delayed]
    #[allow(clippy::needless_range_loop, unused_variables)]
    fn lints(xs: &[i64], unused: i64) -> i64 {
        let mut sum = 0;
        for i in 0..xs.len() {
            sum += xs[i];
        }
        sum
    }
    assert_eq!((small(1, 2) + lints([1, 2], 0)).compute().unwrap(), 5);
}

#[test]
fn paths_and_macros_may_stand_where_types_do() {
    macro_rules! number {
        () => {
            i64
        };
    }
    #[delayed]
    fn paths(x: self::outer::inner::Shop, y: crate::outer::Number, z: &self::outer::Number) -> self::outer::Number {
        let _shop: outer::inner::Shop = x;
        y + z
    }
    #[delayed]
    fn macros(x: number!(), y: &[number!()]) -> number!() {
        x + y[0]
    }
    assert_eq!(paths(outer::inner::Shop, inc(1), 3).compute().unwrap(), 5);
    assert_eq!(macros(inc(1), [2]).compute().unwrap(), 4);
}

#[test]
fn types_of_all_kinds_are_parameters() {
    use std::borrow::Cow;
    use std::time::Duration;
    type Callback = Box<dyn Fn(&str) -> usize + Send + Sync>;
    #[delayed]
    fn plain(x: Cow<'static, str>, y: Duration, z: Option<Duration>, (): (), r: Result<usize, String>) -> usize {
        x.len() + y.as_secs() as usize + z.map_or(0, |z| z.as_secs() as usize) + r.unwrap_or(0)
    }
    #[delayed]
    fn lent(x: &[u8; 2], y: &(i64, i64), z: &[Callback]) -> i64 {
        i64::from(x[1]) + y.0 + z[0]("four") as i64
    }
    #[delayed]
    fn options(x: Vec<Option<i64>>, y: HashMap<String, Option<i64>>) -> i64 {
        x.into_iter().chain(y.into_values()).flatten().sum()
    }
    #[delayed]
    fn calls(f: fn(i64) -> i64, g: &(dyn Fn(&str) -> usize + Send + Sync), text: impl Into<String>) -> i64 {
        f(g(&text.into()) as i64)
    }
    let callback = || -> Callback { Box::new(str::len) };
    let seconds = Duration::from_secs(1);
    assert_eq!(plain(Cow::Borrowed("ab"), seconds, seconds, (), Ok(3)).compute().unwrap(), 7);
    assert_eq!(lent([1, 2], value((5, 6)), vec![callback()]).compute().unwrap(), 11);
    assert_eq!(options(vec![Some(1), None], HashMap::from([(String::new(), inc(1))])).compute().unwrap(), 3);
    assert_eq!(calls(i64::abs as fn(i64) -> i64, callback(), "abc").compute().unwrap(), 3);
}

#[test]
fn a_type_with_a_lifetime_has_delayed_methods() {
    struct Text<'a>(std::borrow::Cow<'a, str>);
    impl Text<'_> {
        #[delayed]
        fn len(&self) -> usize {
            self.0.len()
        }
        #[delayed]
        fn owned(text: &str) -> Self {
            Self(std::borrow::Cow::Owned(text.to_owned()))
        }
    }
    assert_eq!(Text::len(Text::owned("abc")).compute().unwrap(), 3);
}

#[test]
#[expect(unused_variables, reason = "the lint looks into the body")]
fn lints_are_expected_of_the_function_as_it_is_written() {
    #[expect(dead_code, reason = "nobody calls it, and rustc says so of the user's function")]
    #[delayed]
    fn nobody_calls_this(x: i64) -> i64 {
        x
    }
    #[expect(unused_variables, reason = "the body leaves it")]
    #[delayed]
    fn leaves_one(x: i64, y: i64) -> i64 {
        x
    }
    let unused = leaves_one(1, 2);
}

#[test]
fn functions_may_stand_in_blocks_and_in_delayed_bodies() {
    let total = {
        #[delayed]
        fn first() -> i64 {
            /// Plain data of the body.
            const ONE: i64 = 1;
            fn helper(x: i64) -> i64 {
                x + ONE
            }
            helper(1)
        }
        first() + 1
    };
    assert_eq!(total.compute().unwrap(), 3);
    let of_closure = || {
        #[delayed]
        fn inner(x: i64) -> i64 {
            x * 3
        }
        inner(2)
    };
    assert_eq!(of_closure().compute().unwrap(), 6);
}

#[test]
fn two_functions_of_one_name_in_two_scopes_are_two_functions() {
    fn one() -> Delayed<i64> {
        #[delayed]
        fn get() -> i64 {
            1
        }
        get()
    }
    fn two() -> Delayed<i64> {
        #[delayed]
        fn get() -> i64 {
            2
        }
        get()
    }
    assert_eq!((one() + two() * 10).compute().unwrap(), 21);
}

/// Makes functions, as some crates do.
macro_rules! functions {
    ($($name:ident: $ty:ty = $body:expr;)*) => {$(
        #[delayed]
        fn $name(x: $ty) -> $ty {
            let f: fn($ty) -> $ty = $body;
            f(x)
        }
    )*};
    (with $name:ident($($arg:ident: $ty:ty),*) $body:block) => {
        #[delayed]
        fn $name($($arg: $ty),*) -> i64 $body
    };
}

functions! {
    macro_double: i64 = |x| x * 2;
    macro_shout: String = |x| x.to_uppercase();
    macro_list: Vec<i64> = |mut x| { x.reverse(); x };
}
functions!(with macro_sum(x: i64, xs: &[i64]) { x + xs.iter().sum::<i64>() });

#[test]
fn functions_may_be_made_by_macros() {
    assert_eq!(macro_double(inc(1)).compute().unwrap(), 4);
    assert_eq!(macro_shout("a").compute().unwrap(), "A");
    assert_eq!(macro_list([inc(1), inc(2)]).compute().unwrap(), [3, 2]);
    assert_eq!(macro_sum(1, [inc(1), inc(2)]).compute().unwrap(), 6);
}

mod results {
    //! Fallible functions: what is called `Result` is one.
    use super::*;

    /// An error as `anyhow`'s: shown and printed, and no standard one.
    struct Context(String, Box<dyn std::error::Error + Send + Sync>);

    impl Display for Context {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "{}: {}", self.0, self.1)
        }
    }

    impl Debug for Context {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "{self}")
        }
    }

    impl<E: std::error::Error + Send + Sync + 'static> From<E> for Context {
        fn from(error: E) -> Self {
            Self("while parsing".to_owned(), Box::new(error))
        }
    }

    type Result<T, E = Context> = std::result::Result<T, E>;
    type Outcome = std::result::Result<i64, String>;

    #[delayed]
    fn parse(text: &str) -> Result<i64> {
        Ok(text.parse::<i64>()?)
    }

    #[delayed]
    fn parse_with(text: &str) -> Result<i64, std::num::ParseIntError> {
        text.parse()
    }

    #[delayed]
    fn open(name: &str) -> io::Result<usize> {
        if name.is_empty() { Err(io::Error::other("no name")) } else { Ok(name.len()) }
    }

    #[delayed]
    fn formatted(x: i64) -> fmt::Result {
        if x > 0 { Ok(()) } else { Err(fmt::Error) }
    }

    #[delayed]
    fn in_full(x: i64) -> std::result::Result<Vec<i64>, String> {
        Ok(vec![x])
    }

    #[delayed(fallible)]
    fn aliased(x: i64) -> Outcome {
        if x > 0 { Ok(x) } else { Err(format!("{x} is too small")) }
    }

    #[delayed(keep_result)]
    fn kept(x: i64) -> Result<i64, String> {
        if x > 0 { Ok(x) } else { Err(format!("{x} is too small")) }
    }

    #[delayed]
    fn count(results: &[std::result::Result<i64, String>]) -> usize {
        results.iter().filter(|result| result.is_ok()).count()
    }

    #[test]
    fn ones_own_alias_with_a_default_error_is_a_result() {
        assert_eq!(inc(parse("1")).compute().unwrap(), 2);
        let error = inc(parse("one")).compute().unwrap_err();
        assert_eq!((error.kind(), error.task()), (ErrorKind::Failed, "parse"));
        let context = error.downcast_ref::<Context>().expect("the very error");
        assert_eq!(context.0, "while parsing");
        assert!(context.1.is::<std::num::ParseIntError>());
        let source = std::error::Error::source(&error).expect("an adaptor with its text");
        assert_eq!(source.to_string(), "while parsing: invalid digit found in string");
    }

    #[test]
    fn an_error_that_is_a_standard_one_is_the_source_itself() {
        assert_eq!(parse_with("1").compute().unwrap(), 1);
        let error = parse_with("x").compute().unwrap_err();
        assert!(std::error::Error::source(&error).unwrap().is::<std::num::ParseIntError>());
        let error = open("").compute().unwrap_err();
        assert!(std::error::Error::source(&error).unwrap().is::<io::Error>());
    }

    #[test]
    fn a_boxed_error_is_reached_as_it_is() {
        type Boxed = Box<dyn std::error::Error + Send + Sync>;
        #[delayed]
        fn positive(x: i64) -> Result<i64, Boxed> {
            if x > 0 { Ok(x) } else { Err("not positive".into()) }
        }
        assert_eq!(positive(1).compute().unwrap(), 1);
        let error = positive(0).compute().unwrap_err();
        assert_eq!(error.downcast_ref::<Boxed>().unwrap().to_string(), "not positive");
        assert!(error.to_string().ends_with("failed: not positive"), "{error}");
    }

    #[test]
    fn aliases_of_the_standard_library_are_results() {
        assert_eq!(open("abc").compute().unwrap(), 3);
        assert_eq!(open("").compute().unwrap_err().downcast_ref::<io::Error>().unwrap().to_string(), "no name");
        let () = formatted(1).compute().unwrap();
        assert!(formatted(0).compute().unwrap_err().downcast_ref::<fmt::Error>().is_some());
        assert_eq!(in_full(3).compute().unwrap(), [3]);
    }

    #[test]
    fn fallible_tells_of_a_result_of_another_name() {
        assert_eq!(inc(aliased(1)).compute().unwrap(), 2);
        assert_eq!(aliased(0).compute().unwrap_err().downcast_ref::<String>().unwrap(), "0 is too small");
    }

    #[test]
    fn keep_result_makes_it_an_ordinary_value() {
        assert_eq!(kept(1).compute().unwrap(), Ok(1));
        assert_eq!(kept(0).compute().unwrap(), Err("0 is too small".to_owned()));
        assert_eq!(count([kept(0), kept(1), kept(2)]).compute().unwrap(), 2);
    }
}

#[test]
fn values_may_be_of_any_owned_type() {
    #[delayed]
    fn closure(by: i64) -> impl_type::Boxed {
        Box::new(move |x| x * by)
    }
    #[delayed]
    fn table() -> HashMap<&'static str, Vec<Option<(i64, char)>>> {
        HashMap::from([("a", vec![Some((1, 'x')), None])])
    }
    #[delayed]
    fn pointer() -> fn(i64) -> i64 {
        |x| x + 1
    }
    mod impl_type {
        pub(super) type Boxed = Box<dyn Fn(i64) -> i64 + Send + Sync>;
    }
    assert_eq!(closure(3).compute().unwrap()(5), 15);
    assert_eq!(table().compute().unwrap()["a"].len(), 2);
    assert_eq!(pointer().compute().unwrap()(1), 2);
}
