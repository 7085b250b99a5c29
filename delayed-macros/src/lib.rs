//! The attribute and derive macros of `delayed`. Use them through that crate, which re-exports both.
//!
//! `#[delayed]` goes through four steps: *parse* (the function's signature, and its body as it is), *model* (what the
//! types mean), *validate* (every rule, all mistakes together), *expand* (calls into the runtime, no logic). On a mistake
//! the *fallback* still writes the constructor, so that one mistake is one message.

mod attributes;
mod block;
mod derive;
mod errors;
mod expand;
mod fallback;
mod generics;
mod lints;
mod model;
mod names;
mod options;
mod parse;
mod pattern;
#[cfg(test)]
mod tests;
mod types;
mod validate;
mod wording;

use errors::Errors;
use model::Model;
use options::Options;
use proc_macro::TokenStream;

/// Turns a function into a *constructor* of the same name, visibility, docs and generics: a call of it records one task
/// and returns a handle of its value, and nothing runs.
///
/// ```text
/// #[delayed]
/// fn add(x: i64, y: i64) -> i64 { x + y }
///
/// let three: Delayed<i64> = add(1, 2);
/// let six = add(&three, three.clone());
/// ```
///
/// It goes on a `fn` or `async fn`: free, in a function, or associated (`Model::predict(model, x)` for a method
/// `fn predict(&self, x: f64)`). Type and const parameters, `where` clauses, lifetimes, patterns as parameters,
/// `impl Trait` in parameters and raw identifiers work. To type parameters the macro adds what a value needs: write only
/// what the body needs. An `impl Trait` becomes a type parameter after the written ones.
///
/// # Parameters
///
/// The *written* type of a parameter decides what a call may put there. Each accepts the plain value, `Delayed` and
/// `&Delayed` of it, and beyond that:
///
/// | parameter | the call also accepts | in the body |
/// |---|---|---|
/// | `x: T` | | moved at its last use, else cloned: `T: Clone` |
/// | `#[take] x: T` | | moved; a run in which another task wants the value is refused |
/// | `x: &T`, `&self` | | lent, never cloned |
/// | `s: &str`, `s: String`, `&String` | `&str`, `&String`, `String` | lent, or as `T` |
/// | `p: &Path`, `p: PathBuf`, `&PathBuf` | `&str`, `&Path`, `PathBuf` | lent, or as `T` |
/// | `xs: Vec<E>` | lists and arrays of whatever `E` accepts | gathered |
/// | `xs: &[E]` | the same | gathered; a list that is one value is lent where it lies |
/// | `xs: &[&T]`, `xs: &[&str]` | the same | each element lent where it lies |
/// | `o: Option<E>`, `o: Option<&T>` | `None`, `Some(v)`, `v`, a handle (not of a type parameter: the option whole) | |
/// | tuples to 8, arrays, `HashMap`, `BTreeMap` | the same with whatever their elements accept inside | |
/// | `x: &(dyn Trait + Send + Sync)` | a `Box` or an `Arc` of it | lent |
///
/// `&'static T` is a plain value. What stands in `Some(..)` is plain: a handle, or a list, tuple, array or map that holds
/// handles, is written without it. A reference to another container is taken whole, as `x: &T`, and handles go into it
/// through `gather`. Types are known by the name with which they are written: an alias of `Vec<E>`, or a type parameter,
/// is a plain `T`, which takes containers of handles one level deep (a `BTreeMap` of them for a type parameter needs a
/// turbofish, and so does a borrowed handle).
///
/// A parameter may be named by a pattern, and may have attributes for lints. There are at most twelve.
///
/// # Values
///
/// A function whose return type is called `Result` gives a handle of what is in `Ok`, and an `Err` fails its task. Any
/// other return type is the value. It must be `Send + Sync + Unpin + 'static` and hold no handle.
///
/// # Options
///
/// | option | meaning |
/// |---|---|
/// | `name = ".."` | the task's name in pictures, errors and reports, instead of the function's |
/// | `eager = plain_name` | also write the plain function, under this name |
/// | `fallible` | the return type is a `Result` under another name |
/// | `keep_result` | the `Result` is an ordinary value |
/// | `crate = path` | where the crate `delayed` is found, if `Cargo.toml` does not say |
/// | `allow(lint, ..)`, `warn(lint, ..)`, `deny(lint, ..)` | the level of a lint, below |
/// | `retries = 3` | a task that fails, by an `Err`, a panic or a timeout, is tried so many more times; it keeps its inputs until then, so no parameter is `#[take]` |
/// | `retry_if = path` | with `retries`: a `fn(&E) -> bool` that says of an `Err` whether it is worth another attempt |
/// | `backoff = "100ms"` | with `retries`: how long to wait at most before the second attempt, and twice as long before each further one, up to a minute; each wait is a random part of that |
/// | `timeout = "5s"` | how long an attempt may take; of an `async fn`, or with `blocking`, since nothing interrupts another function |
/// | `limit = "db"` | the tasks count against the runtime's limit of this name, which says how many run at a time |
/// | `priority = 1` | which of several ready tasks comes first: the one of the highest number; others have 0, and it may be negative |
/// | `blocking` | the body may block for long: it runs on a thread of tokio's blocking pool and takes no worker; not of an `async fn` |
/// | `weigh = path` | a `fn(&T) -> usize` that says how many bytes a value holds, where its type has no `Weigh` of its own or another answer is wanted |
/// | `debug_args` | a failure shows the call's arguments by `Debug`, which their types must have; they are written down before each call of the body |
///
/// A duration is a whole number and one of the units `us`, `ms`, `s`, `m`, `h`. What `retry_if` and `weigh` name may be a
/// method: `Error::is_transient`, `Self::size`.
///
/// Known and checked, but refused with `not built yet`: `dynamic`.
///
/// # Lints
///
/// `nested_delayed`, an error: in a body, no constructor, `delayed`, `value` or `compute` is used, since a task that is
/// recorded while another runs is no part of the graph.
///
/// `mutable_input`, a warning: a parameter's type is a lock or an atomic, or an `Arc` of one. What tasks change in it
/// depends on which comes first.
///
/// `global_state`, a warning: a body uses or declares a static that holds a lock or an atomic, a variable of
/// `thread_local!`, or a `static mut`. The macro looks for names in capitals, and the compiler tells their types; what is
/// set once, as a `LazyLock<Regex>` or a `OnceLock<Config>`, is no state. A `const` of such a type is taken for a static.
///
/// `giant_task`, only where `warn` or `deny` asks for it: a loop in a body over a parameter of type `Vec<..>`, `&[..]` or
/// `[..; N]`, a part of it or its indices. Each of its elements could be a task. `allow(giant_task)` also silences what the
/// runtime says of the function's long tasks.
///
/// The others are told by the runtime, once for each call site: `repeated_compute`, `tiny_tasks`, `repeated_input` (of which
/// no level can be set), a `giant_task` that ran, and `nested_delayed` through helpers, which `allow(nested_delayed)` on the
/// running task's function switches off; the environment variable `DELAYED_ADVICE=off` silences all.
///
/// For `nested_delayed` the compiler finds such uses itself, through renames, closures and macros, by a mark that it
/// knows as `deprecated_in_future`. So a body that uses one of std's own numbers which carry that mark
/// (`i32::max_value()`, `std::u32::MAX`, a bare `MAX`) is not looked into. Two cases cannot be seen, and need
/// `allow(nested_delayed)`: such a constant imported under another name, and a macro of yours that expands to one.
///
/// # Attributes
///
/// Docs, `#[cfg]`, `#[deprecated]` and lint levels stand on the constructor; all others (`#[inline]`,
/// `#[tracing::instrument]`, ..) on the body.
///
/// # Associated functions
///
/// The macro sees the function and not the `impl` block round it. One that has a receiver or says `Self` has its body
/// beside it, under a hidden name. One that has neither may use the block's type parameters where these are called like
/// `T` or `K1`; where they have longer names, say `Self` somewhere, as in `where Self: Sized`. With `eager` it must say
/// `Self` in any case.
///
/// # Errors
///
/// Each with its reason and the way out, all of them in one compile: `const fn`, `unsafe fn`, `extern`, C's variadics,
/// `main`, `-> impl Trait`, `-> !`, borrowed return types, `&mut`, `&&T`, borrows inside other types, types with
/// lifetimes, methods of a trait's impl, attributes that ask for a plain function (`#[test]`, `#[no_mangle]`, ..), items
/// that are no functions; unknown, doubled, contradicting options and wrong values of them.
#[proc_macro_attribute]
pub fn delayed(arguments: TokenStream, item: TokenStream) -> TokenStream {
    expand_delayed(arguments.into(), item.into()).into()
}

/// A block of ordinary statements as a graph, which runs in parallel as far as its data allow: each `let` is one task,
/// and the block's value is a handle of its last expression.
///
/// ```text
/// let report: Delayed<String> = delayed_block! {
///     let users  = load(users_path)?;
///     let orders = load(orders_path)?;
///     let joined = join(&users, &orders);
///     let parts  = for day in days { let d = read(&day)?; clean(d) };
///     let total  = sum(&parts);
///     format!("{total} of {}", joined.len())
/// };
/// ```
///
/// Plain and `#[delayed]` functions are called alike. `?` and `.await` stand at the end of a `let`; `if`, `match` and
/// `{ .. }` are one task; `for` is unrolled while the graph is built. A name that a task uses only as `&name` is lent to
/// it. Variables from outside are moved into the task that uses them.
///
/// # Errors
///
/// At the user's own tokens: statements whose value is dropped, a `let` that nothing uses, assignments, `return` and
/// `break` out of the block, `?` in the midst of an expression, `let .. else`, `.compute()`, a block in a block, a loop over
/// a list that is not computed yet, a variable that is not `Copy` in two `let`s.
#[cfg_attr(
    not(any(doc, docsrs, rust_analyzer, miri)),
    deprecated(
        since = "TBD",
        note = "nested_delayed: in a task, `delayed_block!` only records other tasks, and runs nothing. Write a plain block, or use it where the graph is built. `#[delayed(allow(nested_delayed))]` on the function around switches this off"
    )
)]
#[proc_macro]
pub fn delayed_block(input: TokenStream) -> TokenStream {
    block::delayed_block(input.into()).into()
}

/// Lets a struct with handles in its fields be passed for its plain twin, which it also writes.
///
/// ```text
/// #[derive(DelayedArg)]
/// #[delayed_arg(derive(Clone, Debug))]
/// pub struct Config { pub path: String, pub rows: Delayed<Vec<i64>> }
/// // writes: pub struct ConfigValue { pub path: String, pub rows: Vec<i64> }
///
/// #[delayed]
/// fn report(config: &ConfigValue) -> String { .. }
///
/// report(Config { path, rows });          // waits for the handles in it
/// report(ConfigValue { path, rows });     // plain
/// ```
///
/// The twin has the struct's visibility and docs and its fields with theirs; every `Delayed<X>` in the fields' types is
/// `X` there. Fields without a `Delayed` are kept as they are, and must be `Clone`. The struct can be computed, and
/// gathered, to its twin.
///
/// It goes on structs with named or numbered fields, without generics, of which at least one holds a `Delayed`.
///
/// # Options of `#[delayed_arg(..)]`
///
/// | option | meaning |
/// |---|---|
/// | `name = Ident` | the twin's name, instead of the struct's with `Value` after it |
/// | `derive(Clone, ..)` | what the twin derives; with `Clone` it can be a parameter by value as well |
/// | `crate = path` | where the crate `delayed` is found, if `Cargo.toml` does not say |
#[proc_macro_derive(DelayedArg, attributes(delayed_arg))]
pub fn derive_delayed_arg(input: TokenStream) -> TokenStream {
    match syn::parse(input) {
        Ok(input) => derive::arg(&input).into(),
        Err(error) => error.to_compile_error().into(),
    }
}

/// Parse, model, validate, expand; on a mistake the fallback.
fn expand_delayed(arguments: proc_macro2::TokenStream, item: proc_macro2::TokenStream) -> proc_macro2::TokenStream {
    let mut errors = Errors::default();
    let options = Options::parse(arguments, &mut errors);
    let function = match parse::function(item.clone()) {
        Ok(function) => function,
        Err(error) => {
            // The item itself stays, so that what uses it is not red as well.
            errors.push(error);
            let errors = errors.to_compile_errors();
            return quote::quote!(#errors #item);
        }
    };
    let model = Model::new(function, options, &mut errors);
    validate::model(&model, &mut errors);
    if errors.is_empty() {
        return expand::function(&model);
    }
    let (errors, constructor) = (errors.to_compile_errors(), fallback::constructor(&model));
    quote::quote!(#errors #constructor)
}
