//! The options of `#[delayed(..)]`: `name`, `eager`, `crate`, and where those of tasks may stand. (`fallible` and
//! `keep_result` are among the functions that return a `Result`.)
#![deny(warnings)]

use delayed::prelude::*;

fn names<T>(handle: &Delayed<T>) -> Vec<String> {
    Graph::of(handle).tasks().map(|task| task.name().to_owned()).collect()
}

#[delayed]
fn inc(x: i64) -> i64 {
    x + 1
}

#[test]
fn name_labels_every_task_of_a_function() {
    #[delayed(name = "load the day")]
    fn load(day: u8) -> Result<u8, String> {
        if day > 31 { Err("no such day".to_owned()) } else { Ok(day) }
    }
    #[delayed(name = "späte \"Post\"")]
    async fn post(day: u8) -> u8 {
        day
    }
    let handle = post(load(1));
    assert_eq!(names(&handle), ["load the day", "späte \"Post\""]);
    assert_eq!(handle.compute().unwrap(), 1);
    assert_eq!(load(32).compute().unwrap_err().task(), "load the day");
}

#[test]
fn a_task_may_still_be_named_by_itself() {
    #[delayed(name = "common")]
    fn f(x: i64) -> i64 {
        x
    }
    assert_eq!(names(&(f(1).named("own") + f(2))), ["own", "common", "+"]);
}

#[test]
fn name_labels_methods_too() {
    struct S;
    impl S {
        #[delayed(name = "S::method")]
        fn method(&self) -> i64 {
            1
        }
    }
    assert_eq!(names(&S::method(S)), ["S::method"]);
}

mod eager_functions {
    //! `eager` writes the plain function as well.
    use super::*;

    /// Adds.
    #[delayed(eager = add_now)]
    pub(crate) fn add(x: i64, y: i64) -> i64 {
        x + y
    }

    #[delayed(eager = later_now)]
    async fn later(x: &str) -> String {
        std::future::ready(x.to_uppercase()).await
    }

    #[delayed(eager = largest_now)]
    fn largest<'a, T: Ord + Clone>(xs: &'a [T], least: &'a T) -> T {
        xs.iter().max().unwrap_or(least).clone()
    }

    #[delayed(eager = parse_now, name = "parse")]
    fn parse(text: &str) -> Result<i64, std::num::ParseIntError> {
        text.parse()
    }

    /// Recursion works through the plain function.
    #[delayed(eager = factorial_now)]
    fn factorial(n: u64) -> u64 {
        if n == 0 { 1 } else { n * factorial_now(n - 1) }
    }

    #[test]
    fn the_plain_function_runs_at_once_and_the_constructor_does_not() {
        assert_eq!(add_now(1, 2), 3);
        assert_eq!(add(inc(1), 2).compute().unwrap(), 4);
        assert_eq!(largest_now(&[1, 3], &0), 3);
        assert_eq!(largest(vec![1, 3], 0).compute().unwrap(), 3);
        assert_eq!(parse_now("5"), Ok(5));
        assert_eq!(parse("5").compute().unwrap(), 5);
        assert_eq!(factorial(5).compute().unwrap(), 120);
    }

    #[test]
    fn the_plain_async_function_is_awaited() {
        assert_eq!(futures::executor::block_on(later_now("a")), "A");
        assert_eq!(later("a").compute().unwrap(), "A");
    }
}

#[test]
fn the_plain_function_is_as_visible_as_the_constructor() {
    assert_eq!(eager_functions::add_now(1, 2), 3);
    assert_eq!(eager_functions::add(1, 2).compute().unwrap(), 3);
}

mod eager_methods {
    //! `eager` on methods and associated functions.
    use super::*;

    #[derive(Clone, Debug, PartialEq)]
    pub(super) struct Rate(i64);

    impl Rate {
        #[delayed(eager = of_now)]
        pub(super) fn of(&self, x: i64) -> i64 {
            self.0 * x
        }

        #[delayed(eager = new_now)]
        pub(super) fn new(x: i64) -> Self {
            Self(x)
        }

        #[delayed(eager = double_now)]
        fn double(x: i64) -> i64
        where
            Self: Sized,
        {
            x * 2
        }
    }

    pub(super) struct Row<T>(Vec<T>);

    impl<T: Value + Ord + Copy> Row<T> {
        #[delayed(eager = largest_now)]
        fn largest(&self) -> Option<T> {
            self.0.iter().max().copied()
        }
    }

    #[test]
    fn a_plain_method_is_called_on_a_value() {
        let rate = Rate::new_now(3);
        assert_eq!(rate.of_now(2), 6);
        assert_eq!(Rate::of(rate, inc(1)).compute().unwrap(), 6);
        assert_eq!(Rate::new(4).compute().unwrap(), Rate(4));
        assert_eq!((Rate::double_now(2), Rate::double(2).compute().unwrap()), (4, 4));
    }

    #[test]
    fn a_plain_method_of_a_generic_type() {
        assert_eq!(Row(vec![1, 5, 2]).largest_now(), Some(5));
        assert_eq!(Row::largest(Row(vec![1, 5, 2])).compute().unwrap(), Some(5));
    }
}

pub mod kit {
    //! Another crate's re-export, from where the user sees this one.
    pub use delayed as graphs;
}

#[test]
fn the_crate_is_found_where_the_option_says() {
    mod hidden {
        //! Where `delayed` means something else.
        use crate::kit::graphs::prelude::delayed as graph_task;

        #[allow(dead_code, reason = "shadows the crate's name")]
        mod delayed {}

        #[graph_task(crate = crate::kit::graphs)]
        pub(super) fn triple(x: i64) -> i64 {
            x * 3
        }

        pub(super) struct S;

        impl S {
            #[graph_task(crate = crate::kit::graphs)]
            pub(super) async fn later(&self, xs: &[i64]) -> Result<i64, String> {
                Ok(xs.iter().sum())
            }
        }

        #[derive(crate::kit::graphs::DelayedArg)]
        #[delayed_arg(crate = crate::kit::graphs)]
        pub(super) struct Config {
            pub(super) x: crate::kit::graphs::Delayed<i64>,
        }

        #[graph_task(crate = crate::kit::graphs)]
        pub(super) fn of(config: &ConfigValue) -> i64 {
            config.x
        }
    }
    let sum =
        hidden::triple(2) + hidden::S::later(hidden::S, [inc(0), inc(1)]) + hidden::of(hidden::Config { x: inc(0) });
    assert_eq!(sum.compute().unwrap(), 10);
}

mod options_of_tasks {
    //! Functions of every kind take the options that say how their tasks run.
    use super::*;

    #[derive(Debug)]
    enum Oops {
        Transient,
        Final(String),
    }

    impl std::fmt::Display for Oops {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            write!(f, "{self:?}")
        }
    }

    impl Oops {
        fn is_transient(&self) -> bool {
            matches!(self, Self::Transient)
        }
    }

    #[derive(Clone, Debug, PartialEq)]
    struct Image(Vec<u8>);

    impl Image {
        fn bytes(&self) -> usize {
            self.0.len()
        }

        fn is_worth_it(_: &Oops) -> bool {
            true
        }

        #[delayed(retries = 2, weigh = Self::bytes, priority = -1, debug_args)]
        fn brighter(&self, by: u8) -> Self {
            Self(self.0.iter().map(|x| x + by).collect())
        }

        // Only the options say `Self`.
        #[delayed(retries = 2, retry_if = Self::is_worth_it, weigh = Self::bytes, debug_args)]
        fn load(path: &str) -> Result<Image, Oops> {
            if path.is_empty() { Err(Oops::Transient) } else { Ok(Image(path.as_bytes().to_vec())) }
        }

        #[delayed(timeout = "1m", limit = "gpu", eager = darker_now, debug_args)]
        async fn darker(self, by: u8) -> Image {
            Image(std::future::ready(self.0).await.into_iter().map(|x| x - by).collect())
        }
    }

    #[delayed(retries = 3, retry_if = Oops::is_transient, backoff = "10us", weigh = String::capacity, debug_args)]
    fn read(
        path: &str,
        lines: &[&str],
        (from, to): (usize, usize),
        #[allow(unused)] mut rest: Vec<String>,
    ) -> Result<String, Oops> {
        rest.push(lines.concat());
        let text = rest.concat();
        text.get(from..to).map(str::to_owned).ok_or_else(|| Oops::Final(path.to_owned()))
    }

    #[delayed(retries = 1, timeout = "5s", backoff = "1ms", retry_if = Oops::is_transient, debug_args, name = "fetch it")]
    async fn fetch(r#in: &str, names: &[&str], owner: Option<&str>, list: Vec<u8>) -> Result<Vec<u8>, Oops> {
        let length = names.len() + owner.map_or(0, str::len);
        let list = std::future::ready(list).await;
        if r#in.is_empty() { Err(Oops::Final(length.to_string())) } else { Ok(list) }
    }

    type Parsed = std::result::Result<i64, std::num::ParseIntError>;

    fn always(_: &std::num::ParseIntError) -> bool {
        true
    }

    #[delayed(fallible, retries = 0, retry_if = always, blocking, timeout = "1h", limit = "db", priority = 2)]
    fn parse(text: &str) -> Parsed {
        text.parse()
    }

    #[delayed(blocking, debug_args, weigh = size_of_val)]
    fn largest<'a, T: Ord + Clone + std::fmt::Debug, const N: usize>(xs: &'a [T; N], least: &'a T, o: Option<&T>) -> T {
        xs.iter().chain(o).max().unwrap_or(least).clone()
    }

    struct Pair<K>(K);

    impl<K: Clone + Send + Sync + Unpin + std::fmt::Debug + 'static> Pair<K> {
        #[delayed(debug_args, priority = 1)]
        fn first(pair: &K) -> K {
            pair.clone()
        }

        #[delayed(debug_args, priority = 1)]
        async fn second(&self, other: K) -> (K, K)
        where
            Self: Clone + std::fmt::Debug + Send + Sync + Unpin,
        {
            (self.0.clone(), other)
        }
    }

    impl<K: Clone> Clone for Pair<K> {
        fn clone(&self) -> Self {
            Self(self.0.clone())
        }
    }

    impl<K: std::fmt::Debug> std::fmt::Debug for Pair<K> {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            self.0.fmt(f)
        }
    }

    /// A function that is called like a variable of the macro's.
    #[allow(non_upper_case_globals)]
    mod names {
        use super::*;

        const shown: i64 = 1;
        const asked: i64 = 2;

        fn made(x: &i64) -> usize {
            (*x + shown + asked) as usize
        }

        #[delayed(debug_args, weigh = made)]
        fn weigh(x: i64, y: i64) -> i64 {
            x + y + shown - asked
        }

        #[test]
        fn names_of_the_users_do_not_meet_those_of_the_macro() {
            assert_eq!(weigh(1, 2).compute().unwrap(), 2);
        }
    }

    #[test]
    fn graphs_are_made_as_ever() {
        let image = Image::brighter(Image::load("path"), 1);
        let text = read("a", ["b", "c"], (0, 2), vec!["d"]);
        let list = fetch(&text, [&text], None::<&str>, [1, 2]);
        let number = largest(gather([parse("1"), parse("2")]), 3, None);
        assert_eq!(names(&list), ["read", "fetch it"]);
        assert_eq!(names(&image), ["load", "brighter"]);
        assert_eq!(names(&number), ["parse", "parse", "largest"]);
        assert_eq!(names(&Image::darker(image, 1)).len(), 3);
        assert_eq!(names(&Pair::second(Pair(1), Pair::<i64>::first(2))), ["first", "second"]);
        assert_eq!(Image::brighter(Image::load("a"), 1).compute().unwrap(), Image(vec![b'b']));
        assert_eq!(futures::executor::block_on(Image(vec![2]).darker_now(1)), Image(vec![1]));
        assert_eq!(text.compute().unwrap(), "db");
    }

    #[test]
    fn a_failure_shows_the_arguments_where_that_was_asked_for() {
        let error = read("lost", ["b"], (8, 9), ["c"]).compute().unwrap_err();
        assert!(matches!(error.downcast_ref::<Oops>(), Some(Oops::Final(path)) if path == "lost"));
        let report = format!("{error:?}");
        assert!(report.contains(r#"path = "lost", lines = ["b"], (from, to) = (8, 9), rest = ["c"]"#), "{report}");
    }
}
