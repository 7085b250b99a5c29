//! Whole expansions: what is written for a function, and what is said about one that cannot be.

use crate::errors::Errors;
use crate::model::Model;
use crate::options::Options;
use crate::{expand_delayed, parse, validate};
use proc_macro2::TokenStream;

fn tokens(text: &str) -> TokenStream {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// The expansion without spaces, with a short path of the runtime; it must be Rust.
fn expand(arguments: &str, item: &str) -> String {
    let arguments = if arguments.is_empty() { "crate = q".to_owned() } else { format!("crate = q, {arguments}") };
    let expansion = expand_delayed(tokens(&arguments), tokens(item));
    let text = expansion.to_string();
    let is_method = item.contains("self") || item.contains("Self");
    let text_of_items = if is_method { format!("impl X {{ {text} }}") } else { text.clone() };
    syn::parse_str::<syn::File>(&text_of_items).unwrap_or_else(|error| panic!("{error}: {text}"));
    text.replace(' ', "").replace("q::__private::", "p::")
}

/// All messages about a function.
fn messages(arguments: &str, item: &str) -> Vec<String> {
    let mut errors = Errors::default();
    let options = Options::parse(tokens(arguments), &mut errors);
    match parse::function(tokens(item)) {
        Ok(function) => validate::model(&Model::new(function, options, &mut errors), &mut errors),
        Err(error) => errors.push(error),
    }
    errors.messages()
}

#[test]
fn a_function_becomes_one_call_into_the_runtime() {
    let text = expand("", "/// Adds.\n #[inline] pub fn add(x: i64, s: &str) -> i64 { x }");
    let signature = "pubfnadd(x:implp::Arg<p::Val<i64>>,s:implp::Arg<p::Text>)->p::Delayed<i64>{";
    assert!(
        text.contains(&format!(
            "#[track_caller]{signature}#[deny(deprecated_in_future)]#[inline]fn__add_body(x:i64,s:&str)->i64{{x}}"
        )),
        "{text}"
    );
    assert!(text.contains("enum__DelayedTask{}implp::Funcfor__DelayedTask{typeP=(p::Val<i64>,p::Text,);typeT=i64;"));
    assert!(text.contains("p::Info::new(\"add\")"));
    assert!(text.contains("p::made(__add_body(__a0,&*__a1))"));
    assert!(text.ends_with("p::make::<__DelayedTask,i64,_>((x,s,))}"));
}

#[test]
fn the_name_is_the_options_or_the_functions_without_its_raw_mark() {
    assert!(expand("name = \"a label\"", "fn f() {}").contains("Info::new(\"alabel\")"));
    assert!(expand("", "fn r#match() {}").contains("Info::new(\"match\")"));
}

#[test]
fn a_result_is_a_failure_unless_it_is_kept() {
    let text = expand("", "fn f() -> Result<i64, Oops> { g() }");
    assert!(text.contains("fnf()->p::Delayed<i64>") && text.contains("p::made_result(__f_body(),"), "{text}");
    assert!(text.contains("p::Probe::<Oops>::SOURCE"));
    let text = expand("keep_result", "fn f() -> Result<i64, Oops> { g() }");
    assert!(text.contains("fnf()->p::Delayed<Result<i64,Oops>>") && text.contains("p::made(__f_body())"));
    let text = expand("fallible", "fn f() -> Outcome { g() }");
    assert!(text.contains("fnf()->p::Delayed<<Outcomeasp::Fallible>::Ok>"));
}

#[test]
fn generics_get_what_a_value_needs_and_lifetimes_stay_on_the_body() {
    let text = expand("", "fn f<'a, T: Debug, const N: usize>(x: &'a T, y: [T; N]) -> usize { 1 }");
    assert!(text.contains("fnf<T:Debug+p::Value+::core::clone::Clone,constN:usize>(x:implp::Arg<p::Ref<T>>,y:implp::Arg<p::Arr<p::Val<T>,N>>)"), "{text}");
    assert!(text.contains("fn__f_body<'a,T:Debug,constN:usize>(x:&'aT,y:[T;N])->usize{1}"));
    assert!(
        text.contains("struct__DelayedTask<T:?::core::marker::Sized,constN:usize>(::core::marker::PhantomData<T>);")
    );
    assert!(text.contains("__f_body::<T,N>(&*__a0,__a1)"));
    let text = expand("", "fn f<'a, T>(x: &'a T) where &'a T: Rule<'a>, T: for<'b> Other<'b, 'a> + 'a {}");
    assert!(text.contains("for<'a>&'aT:Rule<'a>") && text.contains("T:for<'b,'a>Other<'b,'a>"), "{text}");
    let text = expand("", "fn f(x: impl Fn(i64) -> i64, y: Vec<impl Debug>) {}");
    assert!(text.contains("fnf<ImplTrait0:Fn(i64)->i64+p::Value+::core::clone::Clone,ImplTrait1:Debug+"), "{text}");
}

#[test]
fn an_option_of_a_type_parameter_is_taken_whole() {
    let text = expand("", "fn f<T>(x: Option<T>, y: Option<&T>, z: Option<Vec<T>>) {}");
    let option = "::core::option::Option<T>";
    assert!(text.contains(&format!("typeP=(p::Val<{option}>,p::Ref<{option}>,p::Opt<p::Seq<p::Val<T>>>,)")), "{text}");
    assert!(text.contains("__f_body::<T>(__a0,::core::option::Option::as_ref(&*__a1),__a2)"));
}

#[test]
fn a_pattern_is_the_bodys_and_the_constructor_has_a_name() {
    let text = expand("", "fn f((a, b): (u8, u8), mut c: u8, _: u8, arg3: u8) {}");
    let constructor = "fnf(arg0:implp::Arg<p::Tup<(p::Val<u8>,p::Val<u8>,)>>,c:implp::Arg<p::Val<u8>>,arg2:implp::Arg<";
    assert!(text.contains(constructor), "{text}");
    assert!(text.contains("fn__f_body((a,b):(u8,u8),mutc:u8,_:u8,arg3:u8){}"));
}

#[test]
fn checks_are_written_for_types_that_are_not_known_to_be_fine_and_once() {
    let text = expand("", "fn f(a: i64, b: Model, c: &Model, d: Vec<Model>, e: &Other) {}");
    assert_eq!((text.matches("p::by_value::<Model>").count(), text.matches("p::is_value::<Other>").count()), (1, 1));
    assert!(!text.contains("::<i64>;"));
}

#[test]
fn a_method_has_its_body_beside_it() {
    let text = expand("", "pub fn predict(&self, #[take] x: f64) -> f64 { 1. }");
    assert!(text.contains("pubfnpredict(this:implp::Arg<p::Ref<Self>>,x:implp::Arg<p::Take<f64>>)->p::Delayed<f64>"));
    assert!(text.contains(".takes(&[\"x\"])"), "{text}");
    assert!(text.contains("|(__a0,__a1,)|p::made(Self::__predict_body_a_trait_method_cannot_be_delayed"));
    assert!(
        text.contains("#[doc(hidden)]#[allow(dead_code)]#[deny(deprecated_in_future)]fn__predict_body_a_trait_method"),
        "{text}"
    );
    assert!(expand("", "fn new() -> Self { X }").contains("Self::__new_body"));
    assert!(!expand("", "fn f() { struct A; impl A { fn new() -> Self { A } } }").contains("Self::__f_body"));
}

#[test]
fn a_path_that_begins_with_self_is_no_receiver() {
    let text = expand("", "fn f(x: self::A, y: &self::B) -> self::C { g(x) }");
    assert!(text.contains("fn__f_body(x:self::A,y:&self::B)->self::C{g(x)}"), "{text}");
    assert!(!text.contains("Self::__f_body"));
}

#[test]
fn a_methods_parameter_that_must_be_clone_says_so_in_the_projects_words() {
    let text = expand("", "fn f(&self, a: Model, b: T) {}");
    assert!(text.contains("Model:p::Value+p::Cloned") && text.contains("T:p::Value+::core::clone::Clone"), "{text}");
}

#[test]
fn the_generics_of_an_impl_block_need_a_closure() {
    let text = expand("", "async fn f<'a>(k: &'a K, #[take] v: V) -> String { g(k).await }");
    assert!(
        text.contains(
            "({#[deny(deprecated_in_future)]letbody=async|k:&K,v:V|->String{g(k).await};body}(&*__a0,__a1).await"
        ),
        "{text}"
    );
    assert!(text.contains("K:p::Value,V:p::Value"), "{text}");
}

#[test]
fn the_plain_function_has_the_name_that_was_asked_for() {
    let text = expand("eager = now", "#[must_use] pub fn f(x: i64) -> i64 { x }");
    assert!(text.contains("p::made(now(__a0))") && text.ends_with("#[must_use]pubfnnow(x:i64)->i64{x}"), "{text}");
    assert!(expand("eager = now", "fn f(&self) {}").contains("p::made(Self::now(&*__a0))"));
}

#[test]
fn what_cannot_be_delayed_says_why_and_what_to_write() {
    for (item, parts) in [
        ("const fn f() {}", vec!["leave `const` out"]),
        ("unsafe fn f() {}", vec!["write a safe function round it"]),
        ("extern \"C\" fn f() {}", vec!["leave `extern` out"]),
        ("unsafe extern \"C\" fn f(x: u8, ...) {}", vec!["safe function", "leave `extern`", "take a `Vec`"]),
        ("fn main() {}", vec!["delay the functions that it calls"]),
        ("fn f() -> impl Iterator<Item = u8> { g() }", vec!["box it: `Box<dyn Iterator<Item = u8> + Send + Sync>`"]),
        ("fn f() -> impl Future<Output = u8> { g() }", vec!["write an `async fn`"]),
        ("fn f(x: &str) -> &str { x }", vec!["return an owned `String`"]),
        ("fn f<'a>(x: &'a [u8]) -> Option<&'a [u8]> { g() }", vec!["return an owned `Vec<u8>`"]),
        ("fn f(x: &str) -> Row<'_> { g() }", vec!["return a type that owns its data"]),
        ("fn f() -> ! { g() }", vec!["return `()`"]),
        ("fn f(&mut self, x: &mut u8) {}", vec!["take `self` by value", "take `x` by value"]),
        ("fn f(#[take] x: &str, #[take] #[take] y: A, #[cfg(a)] z: u8) {}", vec!["borrows it", "twice", "`#[cfg]`"]),
        ("#[test] #[delayed] #[unsafe(no_mangle)] fn f() {}", vec!["`#[test]`", "given twice", "`#[no_mangle]`"]),
        ("fn f();", vec!["a function without a body"]),
        ("pub struct S;", vec!["derive `DelayedArg`"]),
        ("impl S {}", vec!["put it on each method"]),
        ("pub unsafe trait T {}", vec!["not on a `trait`"]),
    ] {
        let messages = messages("", item);
        assert_eq!(messages.len(), parts.len(), "{item}: {messages:?}");
        for (message, part) in messages.iter().zip(parts) {
            assert!(message.contains(part), "{item}: {messages:?}");
        }
    }
    assert!(messages("", "fn f() -> &'static str { g() }").is_empty());
}

#[test]
fn options_that_contradict_each_other_or_the_function_are_told_once() {
    for (options, item, parts) in [
        ("fallible, keep_result", "fn f() -> Result<u8> { g() }", vec!["contradicts `fallible`"]),
        ("keep_result", "fn f() -> u8 { 1 }", vec!["`keep_result` needs a function"]),
        ("fallible", "fn f() {}", vec!["this one returns nothing"]),
        ("fallible", "fn f() -> u8 { 1 }", vec!["not `u8`"]),
        ("retries = 3", "fn f(#[take] x: u8) {}", vec!["`#[take]` moves one out"]),
        ("retry_if = a::b, backoff = \"1s\"", "fn f() {}", vec!["`retry_if` says", "`backoff` says"]),
        ("timeout = \"1s\"", "fn f() {}", vec!["nothing can interrupt"]),
        ("blocking", "async fn f() {}", vec!["must not block"]),
        ("deny(giant_task), warn(giant_task)", "fn f() {}", vec!["given twice"]),
        ("eager = f", "fn f() {}", vec!["another than the delayed function's"]),
        (
            "retries = 1, retry_if = a",
            "fn f() {}",
            vec!["only an `Err` is asked about, and this function returns nothing"],
        ),
        ("retries = 1, retry_if = a", "fn f() -> u8 { 1 }", vec!["returns `u8`; leave `retry_if` out, or return a"]),
        (
            "retries = 1, retry_if = a",
            "fn f() -> Outcome { g() }",
            vec!["returns `Outcome`; leave `retry_if` out, or add"],
        ),
        ("retries = 1, retry_if = a, keep_result", "fn f() -> Result<u8, E> { g() }", vec!["with `keep_result` it is"]),
        ("debug_args", "fn f() {}", vec!["there are no arguments to show"]),
        ("dynamic", "fn f() {}", vec!["`dynamic` is not built yet"]),
    ] {
        let messages = messages(options, item);
        assert_eq!(messages.len(), parts.len(), "{options}: {messages:?}");
        for (message, part) in messages.iter().zip(parts) {
            assert!(message.contains(part), "{options}: {messages:?}");
        }
    }
}

#[test]
fn options_that_go_together_are_not_told() {
    for (options, item) in [
        ("retries = 0, backoff = \"0s\", retry_if = a::b", "fn f() -> Result<u8> { g() }"),
        ("retries = 2, retry_if = a, fallible", "fn f() -> Outcome { g() }"),
        ("timeout = \"1s\"", "async fn f() {}"),
        ("timeout = \"1s\", blocking, limit = \"db\", priority = -1", "fn f() {}"),
        ("weigh = size, debug_args", "fn f(x: u8) -> Vec<u8> { g() }"),
    ] {
        assert_eq!(messages(options, item), Vec::<String>::new(), "{options}");
    }
}

#[test]
fn how_a_task_runs_stands_with_its_name() {
    let text = expand("retries = 3, backoff = \"2ms\", timeout = \"5s\", limit = \"the db\"", "async fn f() {}");
    let policy = "p::Info::new(\"f\").retries(3u32).backoff(2000u64).timeout(5000000u64).limit(\"thedb\")";
    assert!(text.contains(policy), "{text}");
    let text = expand("blocking, priority = -2", "fn f(&self) {}");
    assert!(text.contains("p::Info::new(\"f\").priority(-2i32).blocking()"), "{text}");
    assert!(expand("", "fn f() {}").contains("p::Info::new(\"f\");"));
}

#[test]
fn a_value_is_weighed_where_its_type_alone_does_not_say_how_large_it_is() {
    for (ty, is_flat) in [("i64", true), ("()", true), ("String", false), ("Vec<u8>", false), ("Model", false)] {
        let text = expand("", &format!("fn f() -> {ty} {{ g() }}"));
        let weighed = format!(".weighed({{usep::NoWeightas_;p::Probe::<{ty}>::WEIGH}})");
        assert_eq!(text.contains(&weighed), !is_flat, "{text}");
        assert_eq!(text.contains("weighed"), !is_flat, "{text}");
    }
    let text = expand("", "fn f() -> Result<Vec<u8>, E> { g() }");
    assert!(text.contains("::SOURCE}).weighed({usep::NoWeightas_;p::Probe::<Vec<u8>>::WEIGH})"), "{text}");
    let weigh =
        ".weighed(::core::option::Option::Some({let__asked:fn(&i64)->::core::primitive::usize=a::size;__asked}))";
    assert!(expand("weigh = a::size", "fn f() -> i64 { 1 }").contains(&format!("p::made(__f_body()){weigh}")));
    assert!(expand("weigh = a::size", "fn f() -> Result<i64> { g() }").contains(weigh));
}

#[test]
fn errors_are_asked_whether_they_are_worth_another_attempt() {
    let text = expand("retries = 1, retry_if = a::b", "fn f() -> Result<u8, Oops> { g() }");
    let asked = "{let__asked:fn(&Oops)->::core::primitive::bool=a::b;__asked}";
    assert!(text.contains("p::made_result_if(__f_body(),{usep::NoErroras_;p::Probe::<Oops>::SOURCE},{let"), "{text}");
    assert!(text.contains(&format!("::SOURCE}},{asked})")), "{text}");
    let text = expand("retries = 1, retry_if = Self::b", "async fn f() -> Result<u8> { g() }");
    assert!(text.contains("fn(&<Result<u8>asp::Fallible>::Err)") && text.contains("Self::__f_body"), "{text}");
    // A type parameter of an impl block.
    assert!(expand("weigh = T::size", "fn f(x: u8) -> Vec<u8> { g() }").contains("letbody=|x:u8|"));
}

#[test]
fn arguments_are_written_down_before_the_body_has_them() {
    let text = expand("debug_args", "fn f(&self, r#in: &str, mut n: u8, (a, _): (u8, u8), xs: &[&u8]) -> u8 { 1 }");
    let bound = "{let__a0=&*__a0;let__a1=&*__a1;let__a4=&__a4.refs();";
    let shown =
        "let__shown=p::Shown::new(&[(\"self\",&__a0),(\"in\",&__a1),(\"n\",&__a2),(\"(a,_)\",&__a3),(\"xs\",&__a4)]);";
    assert!(text.contains(&format!("|{bound}{shown}__shown.call(||p::made(Self::")), "{text}");
    assert!(text.contains("(__a0,__a1,__a2,__a3,__a4)))})"), "{text}");
    let text = expand("debug_args", "async fn f(x: u8) -> Result<u8, Oops> { g() }");
    let call = "__shown.run(asyncmove{p::made_result(__f_body(__a0).await,{usep::NoErroras_;p::Probe::<Oops>::SOURCE})}).await";
    assert!(text.contains(&format!("let__shown=p::Shown::new(&[(\"x\",&__a0)]);{call}")), "{text}");
}

#[test]
fn a_broken_function_keeps_its_signature() {
    let signature = |item: &str| {
        let text = expand("", item);
        let from = text.find("clippy::pedantic)]").map_or(0, |at| at + "clippy::pedantic)]".len());
        text.get(from..).unwrap_or_default().replace("{::core::unreachable!()}", "")
    };
    let any = "impl::core::marker::Sized";
    assert_eq!(signature("fn f(x: &mut u8) -> &str { x }"), format!("fnf(x:{any})->p::Delayed<::std::string::String>"));
    assert_eq!(
        signature("pub fn f<T, U>(x: &mut T, y: U) -> Result<&[U], E> { g() }"),
        format!("pubfnf<U:'static>(x:{any},y:implp::Arg<p::Val<U>>)->p::Delayed<::std::vec::Vec<U>>")
    );
    assert_eq!(signature("unsafe fn f() -> Row<'_> { g() }"), "unsafefnf()->p::Delayed<Row<'static>>");
    assert_eq!(
        signature("const fn f() -> impl Fn(&str) + 'static { g() }"),
        "fnf()->p::Delayed<::std::boxed::Box<dynFn(&str)+::core::marker::Send+::core::marker::Sync>>"
    );
    assert_eq!(signature("const fn f() -> impl Rule { g() }"), "fnf()->p::Delayed<()>");
}
