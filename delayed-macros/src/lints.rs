//! The best practices that rustc reports: marks on what must not be used in a body, and levels on bodies.
//!
//! A mark is `#[deprecated(since = "TBD")]`: rustc resolves names and methods itself, sees through renames, closures and
//! macros, and reports a use under `deprecated_in_future`, which is silent but where a level is set. Levels are set on
//! bodies only, so outside of them nothing is ever said.
//!
//! The library's own marked items have the mark under `cfg(not(any(doc, docsrs, rust_analyzer, miri)))`: an editor strikes
//! out what is deprecated in any way. rust-analyzer sets `rust_analyzer` for crates of one's own disk, and `miri` for all.

mod declared;
mod giant;
mod global;
mod recursion;

use crate::attributes;
use crate::errors::Errors;
use crate::model::{Form, Model, has_inner_attributes};
use crate::names;
use crate::options::{Given, Options};
use crate::types;
use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use quote::{quote, quote_spanned};
use std::collections::BTreeSet;
use std::sync::LazyLock;
use syn::Type;
use syn::ext::IdentExt;
use syn::spanned::Spanned;

/// How a lint is reported.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    Allow,
    Warn,
    Deny,
}

/// The level of a lint, as the options say or by default.
fn level(options: &Options, lint: &str, default: Level) -> Level {
    let has = |given: &Option<Given<Vec<Ident>>>| {
        given.as_ref().is_some_and(|given| given.value.iter().any(|name| name == lint))
    };
    match () {
        () if has(&options.allow) => Level::Allow,
        () if has(&options.warn) => Level::Warn,
        () if has(&options.deny) => Level::Deny,
        () => default,
    }
}

/// The mark of a constructor, for `nested_delayed`. An editor strikes out what is deprecated in any way, so nothing is
/// marked where one expands the macro; nor in docs, which would show it; nor where the user has a mark of their own.
pub(crate) fn mark(model: &Model) -> TokenStream {
    if in_editor() || is_deprecated(model) {
        return TokenStream::new();
    }
    let name = model.function.sig.ident.unraw();
    let note = format!(
        "nested_delayed: in a task, a call of the delayed function `{name}` only records another task, and runs nothing. \
         Call it where the graph is built, and take its value as a parameter; to run its body right here, give it a plain \
         twin, `#[delayed(eager = plain_{name})]`, and call that. In a `delayed_block!`, give the call its own `let`. \
         `#[delayed(allow(nested_delayed))]` on the function \
         around switches this off"
    );
    quote!(#[cfg_attr(not(doc), deprecated(since = "TBD", note = #note))])
}

/// A mark of the body's own, where it may call the constructor in which it stands: rustc says nothing of a use in an item
/// of the same mark.
pub(crate) fn mark_of_body(model: &Model) -> TokenStream {
    let name = model.function.sig.ident.unraw().to_string();
    if in_editor() || is_deprecated(model) || !types::has_word(model.function.body.stream(), &name) {
        return TokenStream::new();
    }
    quote!(#[cfg_attr(not(doc), deprecated(since = "TBD", note = "the body of a task"))])
}

/// The level of the marks, for a body. Where the body may use what std itself has marked so, there is none.
pub(crate) fn level_of_body(model: &Model) -> TokenStream {
    if OfStd::of(model).is_used {
        return TokenStream::new();
    }
    match level(&model.options, "nested_delayed", Level::Deny) {
        Level::Allow => quote!(#[allow(deprecated_in_future)]),
        Level::Warn => quote!(#[warn(deprecated_in_future)]),
        Level::Deny => quote!(#[deny(deprecated_in_future)]),
    }
}

/// Whether tokens may use what std itself has marked.
pub(crate) fn may_use_marks_of_std(tokens: TokenStream) -> bool {
    let mut used = OfStd::default();
    used.look(tokens);
    used.is_used || !used.types.is_empty()
}

/// A question about a parameter's type, which rustc answers where that is a lock or an atomic.
pub(crate) fn mutable_input(model: &Model, ty: &Type) -> TokenStream {
    let Some(level) = own_level(model, "mutable_input", Level::Warn) else { return TokenStream::new() };
    let (p, place) = (model.runtime.at(ty.span()), names::own_at(ty.span()));
    let ask = quote_spanned!(place=> (&#p::input::<#ty>()).mutable_input());
    quote! {
        {
            use #p::{MutableInput as _, OwnInput as _};
            #level
            let _ = || #ask;
        }
    }
}

/// Whether the user allows the body to record tasks.
pub(crate) fn may_nest(model: &Model) -> bool {
    level(&model.options, "nested_delayed", Level::Deny) == Level::Allow
}

/// Whether the user says that a task of the function may be long.
pub(crate) fn may_be_giant(model: &Model) -> bool {
    level(&model.options, "giant_task", Level::Warn) == Level::Allow
}

/// The level of a lint that stands in the constructor, as a lint of rustc's.
fn own_level(model: &Model, lint: &str, default: Level) -> Option<TokenStream> {
    match level(&model.options, lint, default) {
        Level::Allow => None,
        Level::Warn => Some(quote!(#[warn(deprecated_in_future)])),
        Level::Deny => Some(quote!(#[deny(deprecated_in_future)])),
    }
}

/// What is to be said of global state, beside the body, and at its head.
struct Questions {
    beside: TokenStream,
    head: TokenStream,
}

/// Questions about what looks like a static in the body, which rustc answers where it can be changed.
fn questions(model: &Model) -> Option<Questions> {
    let level = own_level(model, "global_state", Level::Warn)?;
    let globals = global::of(&model.function.sig, model.function.body.stream());
    // Only where the body says something of it itself: where the crate forbids it, nothing may be allowed.
    let deprecated = types::has_word(model.function.body.stream(), "deprecated").then(|| quote!(#[allow(deprecated)]));
    let asked = globals.asked.iter().map(|asked| {
        let (p, place) = (model.runtime.at(asked.place), names::own_at(asked.place));
        // What rustc says of the user's tokens it would say here too; `$crate` means what it means there.
        let mut path = asked.path.clone();
        for segment in path.segments.iter_mut().filter(|segment| segment.ident != "$crate") {
            segment.ident.set_span(names::own_at(segment.ident.span()));
        }
        let ask = quote_spanned!(place=> (&state).global_state());
        let state = if asked.is_unsafe {
            quote_spanned!(place=> unsafe { #p::state(&#path) })
        } else {
            quote_spanned!(place=> #p::state(&#path))
        };
        quote_spanned! {place=>
            #level
            let _ = || {
                #[allow(deprecated_in_future)]
                #deprecated
                let state = #state;
                #ask
            };
        }
    });
    let own = globals.own.iter().map(|place| {
        let (p, place) = (model.runtime.at(*place), names::own_at(*place));
        let ask = quote_spanned!(place=> (&state).global_state());
        quote_spanned! {place=>
            #level
            let _ = || {
                let state = #p::state(&::core::sync::atomic::AtomicBool::new(false));
                #ask
            };
        }
    });
    let changed = globals.changed.iter().map(|place| {
        let (p, place) = (model.runtime.at(*place), names::own_at(*place));
        quote_spanned!(place=> #level let _ = || #p::changed_static();)
    });
    let (asked, told) = (quote!(#(#asked)*), quote!(#(#own)* #(#changed)*));
    let p = &model.runtime;
    let traits = quote!(use #p::{GlobalState as _, OwnState as _};);
    let block = |said: TokenStream| if said.is_empty() { said } else { quote!({ #traits #said }) };
    if !globals.is_open {
        return Some(Questions { beside: block(quote!(#asked #told)), head: TokenStream::new() });
    }
    // A function in the body cannot use what an impl block is generic over, and after a statement clippy wants no items.
    let is_method = matches!(model.form, Form::Method(_) | Form::Closure);
    let is_hidden = model.options.krate.as_ref().is_some_and(|given| globals.hide(&given.value));
    let has_no_place = has_inner_attributes(&model.function.body) || is_hidden || is_method && globals.has_items;
    let head = match () {
        () if asked.is_empty() || has_no_place => TokenStream::new(),
        () if is_method => quote!(let _ = || { #traits #asked };),
        () => quote!(const _: fn() = || { #traits #asked };),
    };
    Some(Questions { beside: block(told), head })
}

/// What is to be said of global state beside the body.
pub(crate) fn global_state(model: &Model) -> TokenStream {
    questions(model).map(|questions| questions.beside).unwrap_or_default()
}

/// A loop over a list parameter, where the user asked for it.
pub(crate) fn giant_task(model: &Model) -> TokenStream {
    let Some(level) = own_level(model, "giant_task", Level::Allow) else { return TokenStream::new() };
    let loops = giant::of(model);
    let loops = loops.iter().map(|place| {
        let (p, place) = (model.runtime.at(*place), names::own_at(*place));
        quote_spanned!(place=> #level let _ = || #p::giant_task();)
    });
    quote!(#(#loops)*)
}

/// A function that calls itself, where that is seen at once: what rustc says first is of the types.
pub(crate) fn recursion(model: &Model, errors: &mut Errors) {
    // Where it is a warning, rustc gives it.
    if level(&model.options, "nested_delayed", Level::Deny) != Level::Deny || is_deprecated(model) {
        return;
    }
    if let Some(call) = recursion::of(model) {
        let name = call.unraw();
        errors.at(
            call,
            format_args!(
                "nested_delayed: in a task, a call of the delayed function `{name}` only records another task, and runs \
                 nothing. To recurse, write the plain function and its twin by `#[delayed(eager = plain_{name})]`, and \
                 call `plain_{name}` here. `#[delayed(allow(nested_delayed))]` switches this off"
            ),
        );
    }
}

/// Whether the user's function is deprecated by the user.
fn is_deprecated(model: &Model) -> bool {
    let said = model.function.attrs.iter().flat_map(attributes::said);
    said.into_iter().any(|said| said.meta.path().is_ident("deprecated"))
}

/// Whether rust-analyzer expands the macro.
pub(crate) fn in_editor() -> bool {
    static IN_EDITOR: LazyLock<bool> = LazyLock::new(|| {
        std::env::current_exe()
            .is_ok_and(|path| path.file_name().is_some_and(|name| name.to_string_lossy().contains("rust-analyzer")))
    });
    *IN_EDITOR
}

/// The user's body. `i64::MAX` is the type's constant in it, also where the module `std::i64`, whose constant is marked,
/// was brought into scope outside.
pub(crate) fn body(model: &Model) -> Group {
    let body = &model.function.body;
    let used = OfStd::of(model);
    let head = questions(model).map(|questions| questions.head).unwrap_or_default();
    let has_types = !used.is_used && !used.types.is_empty();
    if !has_types && head.is_empty() {
        return body.clone();
    }
    let types = used.types.iter().filter(|_| has_types).map(|name| Ident::new(name, names::own()));
    let written = body.stream();
    let mut group = Group::new(
        Delimiter::Brace,
        quote!(#(#[allow(unused_imports)] use ::core::primitive::#types;)* #head #written),
    );
    group.set_span(body.span());
    group
}

/// Names that std itself has marked so: methods and constants of numbers, and constants of the modules called like them.
const OF_STD: [&str; 17] = [
    "max_value",
    "min_value",
    "MAX",
    "MIN",
    "EPSILON",
    "MIN_POSITIVE",
    "INFINITY",
    "NEG_INFINITY",
    "NAN",
    "RADIX",
    "MANTISSA_DIGITS",
    "DIGITS",
    "MIN_EXP",
    "MAX_EXP",
    "MIN_10_EXP",
    "MAX_10_EXP",
    "BITS",
];

const NUMBERS: [&str; 14] =
    ["i8", "i16", "i32", "i64", "i128", "isize", "u8", "u16", "u32", "u64", "u128", "usize", "f32", "f64"];

/// What a body uses of these names.
#[derive(Default)]
struct OfStd {
    /// One that may be marked.
    is_used: bool,
    /// Types of numbers whose constants it uses.
    types: BTreeSet<String>,
}

impl OfStd {
    fn of(model: &Model) -> OfStd {
        let mut used = OfStd::default();
        used.look(model.function.body.stream());
        // Nothing may stand before these.
        used.is_used |= !used.types.is_empty() && has_inner_attributes(&model.function.body);
        used
    }

    fn look(&mut self, tokens: TokenStream) {
        // The last three tokens: a name and two colons, before what belongs to it.
        let mut before = [String::new(), String::new(), String::new()];
        for token in tokens {
            let text = match &token {
                TokenTree::Group(group) => {
                    self.look(group.stream());
                    String::new()
                }
                other => other.to_string(),
            };
            let owner = (before[1] == ":" && before[2] == ":").then_some(before[0].as_str());
            let is_number = |name: &str| NUMBERS.contains(&name);
            if OF_STD.contains(&text.as_str()) {
                match owner {
                    Some(owner) if is_number(owner) && !text.ends_with("_value") => {
                        self.types.insert(owner.to_owned());
                    }
                    _ => self.is_used = true,
                }
            }
            // The module: spelled out, brought in here, or brought in outside and used for what a type has not.
            self.is_used |= is_number(&text) && owner.is_some();
            // Something of the body's own.
            self.is_used |= is_number(&text) && matches!(&*before[2], "type" | "mod" | "struct" | "enum" | "trait");
            self.is_used |= text == "consts" && owner.is_some_and(is_number);
            before.rotate_left(1);
            before[2] = text;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn used(body: &str) -> (bool, Vec<String>) {
        let mut used = OfStd::default();
        used.look(body.parse().unwrap());
        (used.is_used, used.types.into_iter().collect())
    }

    #[test]
    fn what_std_has_marked_is_told_from_constants_of_types() {
        assert_eq!(used("x + i64::MAX - f64::EPSILON as i64"), (false, vec!["f64".to_owned(), "i64".to_owned()]));
        for body in [
            "i32::max_value()",
            "std::u32::MAX",
            "{ use std::f64; f64::EPSILON }",
            "if x == MAX { 1 }",
            "f64::MAX * f64::consts::PI",
            "type u32 = u64; u32::MAX",
            "use crate::wide::u32; u32::MAX",
        ] {
            assert!(used(body).0, "{body}");
        }
        assert_eq!(used("Level::Max; self.max_values(i32::from(x))"), (false, vec![]));
    }
}
