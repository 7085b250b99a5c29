//! Options that do not go together, or not with the function; and those that are not built.

use crate::errors::Errors;
use crate::model::Model;
use crate::options::Options;
use crate::types;
use crate::wording::text_of;
use proc_macro2::Ident;
use std::fmt::Display;
use syn::ReturnType;
use syn::ext::IdentExt;

/// Errors about options, with a memory of which options already have one.
struct Conflicts<'a> {
    errors: &'a mut Errors,
    spoiled: Vec<Ident>,
}

impl Conflicts<'_> {
    fn at(&mut self, word: &Ident, message: impl Display) {
        self.errors.at(word, message);
        self.spoiled.push(word.clone());
    }
}

/// Looks at every pair that cannot be.
pub(super) fn options(model: &Model, errors: &mut Errors) {
    let mut conflicts = Conflicts { errors, spoiled: Vec::new() };
    results(model, &mut conflicts);
    eager(model, &mut conflicts);
    retries(model, &mut conflicts);
    blocking(model, &mut conflicts);
    debug_args(model, &mut conflicts);
    lints(&model.options, &mut conflicts);
    unbuilt(&model.options, &mut conflicts);
}

/// `fallible` and `keep_result`.
fn results(model: &Model, conflicts: &mut Conflicts<'_>) {
    let options = &model.options;
    let returns_nothing = matches!(model.function.sig.output, ReturnType::Default);
    if let (Some(_), Some(keep)) = (&options.fallible, &options.keep_result) {
        conflicts.at(&keep.word, "`keep_result` contradicts `fallible`; write one of them");
        return;
    }
    if let Some(fallible) = &options.fallible {
        let written = &model.returns.written;
        if returns_nothing {
            let message = "`fallible` needs a function that returns a `Result`; this one returns nothing";
            conflicts.at(&fallible.word, message);
        } else if types::is_plain(written) || types::is_std_container(written) {
            let message = format!("`fallible` needs a function that returns a `Result`, not `{}`", text_of(written));
            conflicts.at(&fallible.word, message);
        }
    }
    if let Some(keep) = &options.keep_result
        && !types::last_is(&model.returns.written, "Result")
    {
        conflicts.at(&keep.word, "`keep_result` needs a function that returns a `Result`; leave it out");
    }
}

/// `eager` names another function.
fn eager(model: &Model, conflicts: &mut Conflicts<'_>) {
    if let Some(eager) = &model.options.eager
        && eager.value.unraw() == model.function.sig.ident.unraw()
    {
        let message = "`eager` gives the plain function a name of its own; write another than the delayed function's";
        conflicts.at(&eager.value, message);
    }
}

/// `retries` and what hangs on it.
fn retries(model: &Model, conflicts: &mut Conflicts<'_>) {
    let options = &model.options;
    if let Some(retries) = &options.retries
        && model.params.iter().any(|param| param.is_taken)
    {
        let message = "`retries` needs the inputs again, and `#[take]` moves one out; leave one of them out";
        conflicts.at(&retries.word, message);
    }
    let without = "says how a task is tried again, and this one is not; add `retries = 3`";
    match (&options.retries, &options.retry_if) {
        (None, Some(given)) => conflicts.at(&given.word, format_args!("`retry_if` {without}")),
        (Some(_), Some(given)) if !model.returns.is_fallible => conflicts.at(&given.word, not_asked(model)),
        _ => {}
    }
    if let (None, Some(given)) = (&options.retries, &options.backoff) {
        conflicts.at(&given.word, format_args!("`backoff` {without}"));
    }
}

/// Why there is no `Err` that `retry_if` could be asked about.
fn not_asked(model: &Model) -> String {
    let written = &model.returns.written;
    let (is, way_out) = if model.options.keep_result.is_some() {
        ("with `keep_result` it is a value like any other".to_owned(), "leave one of them out")
    } else if matches!(model.function.sig.output, ReturnType::Default) {
        ("this function returns nothing".to_owned(), "leave `retry_if` out, or return a `Result`")
    } else if types::is_plain(written) || types::is_std_container(written) {
        (format!("this function returns `{}`", text_of(written)), "leave `retry_if` out, or return a `Result`")
    } else {
        let is = format!("this function returns `{}`", text_of(written));
        (is, "leave `retry_if` out, or add `fallible` if that is a `Result`")
    };
    format!("only an `Err` is asked about, and {is}; {way_out}")
}

/// `debug_args` of a function that has some.
fn debug_args(model: &Model, conflicts: &mut Conflicts<'_>) {
    if let Some(given) = &model.options.debug_args
        && model.params.is_empty()
    {
        conflicts.at(&given.word, "there are no arguments to show; leave `debug_args` out");
    }
}

/// `blocking` and `timeout`.
fn blocking(model: &Model, conflicts: &mut Conflicts<'_>) {
    let options = &model.options;
    if let Some(blocking) = &options.blocking
        && model.is_async()
    {
        conflicts.at(&blocking.word, "an `async fn` must not block; leave `blocking` out, or make it a `fn`");
    }
    if let Some(timeout) = &options.timeout
        && options.blocking.is_none()
        && !model.is_async()
    {
        let message = "nothing can interrupt this function, so it can have no `timeout`; make it an `async fn`, or add \
                       `blocking`";
        conflicts.at(&timeout.word, message);
    }
}

/// One lint, one level.
fn lints(options: &Options, conflicts: &mut Conflicts<'_>) {
    let mut seen: Vec<(&Ident, &Ident)> = Vec::new();
    for given in [&options.allow, &options.warn, &options.deny].into_iter().flatten() {
        for lint in &given.value {
            if let Some((_, first)) = seen.iter().find(|(earlier, _)| *earlier == lint) {
                conflicts.at(lint, format_args!("the level of `{lint}` is given twice; write it once"));
                conflicts.spoiled.extend([given.word.clone(), (*first).clone()]);
            }
            seen.push((lint, &given.word));
        }
    }
}

/// Known and checked, but without effect yet: better refused than silently ignored.
fn unbuilt(options: &Options, conflicts: &mut Conflicts<'_>) {
    for word in options.unbuilt() {
        if !conflicts.spoiled.contains(word) {
            conflicts.errors.at(word, format_args!("`{word}` is not built yet"));
        }
    }
}
