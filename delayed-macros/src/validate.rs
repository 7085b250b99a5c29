//! What a function must be so that it can be a task. Each rule is one function and adds to the errors.

mod conflicts;

use crate::attributes;
use crate::errors::Errors;
use crate::model::{Model, is_take};
use crate::parse::Function;
use crate::types::{self, Borrow};
use crate::wording::{owned_name, text_of};
use syn::{FnArg, Path, ReturnType, Safety, Type, TypeImplTrait, TypeParamBound};

/// The most parameters that a constructor can have.
const MOST_PARAMETERS: usize = 12;

/// Looks at everything.
pub(crate) fn model(model: &Model, errors: &mut Errors) {
    let function = &model.function;
    qualifiers(function, errors);
    is_main(function, errors);
    attributes(function, errors);
    parameter_attributes(function, errors);
    parameter_count(function, errors);
    handles(function, errors);
    returned(function, errors);
    conflicts::options(model, errors);
    crate::lints::recursion(model, errors);
}

/// `const`, `unsafe`, `extern`, `..`.
fn qualifiers(function: &Function, errors: &mut Errors) {
    let sig = &function.sig;
    if let Some(token) = &sig.constness {
        errors.at(token, "a delayed function cannot be `const`, as a call of it makes a task; leave `const` out");
    }
    if let Safety::Unsafe(token) = &sig.safety {
        let message = "an `unsafe fn` cannot be delayed, as a task runs when nobody can vouch for it any more; write a \
                       safe function round it";
        errors.at(token, message);
    }
    if let Some(abi) = &sig.abi {
        errors.at(abi, "a delayed function is called from Rust alone; leave `extern` out");
    }
    if let Some(variadic) = &sig.variadic {
        errors.at(variadic.dots, "a delayed function cannot take C's variadic arguments; take a `Vec`");
    }
}

/// The program's entry point runs at once.
fn is_main(function: &Function, errors: &mut Errors) {
    if function.sig.ident == "main" {
        let message = "`main` cannot be delayed, as nothing would run it; delay the functions that it calls";
        errors.at(&function.sig.ident, message);
    }
}

/// Attributes that ask for a plain function under this name.
fn attributes(function: &Function, errors: &mut Errors) {
    for said in function.attrs.iter().flat_map(attributes::said) {
        let path = attributes::path_of(&said.meta);
        if let Some(reason) = refusal(&path) {
            errors.at(&path, reason);
        }
    }
}

/// Why an attribute cannot stand on a delayed function.
fn refusal(path: &Path) -> Option<String> {
    let last = path.segments.last()?.ident.to_string();
    let text = path.segments.iter().map(|segment| segment.ident.to_string()).collect::<Vec<_>>().join("::");
    let reason = match last.as_str() {
        "test" | "rstest" | "test_case" | "bench" => {
            "runs a plain function; test one that computes a handle of the delayed function"
        }
        "no_mangle"
        | "export_name"
        | "link_section"
        | "panic_handler"
        | "global_allocator"
        | "proc_macro"
        | "proc_macro_attribute"
        | "proc_macro_derive" => "gives a plain function to others; put it on a function that computes a handle",
        "main" => "starts the program, and a delayed function only makes a task; delay the functions that `main` calls",
        "delayed" => return Some("`#[delayed]` is given twice; write it once".to_owned()),
        _ => return None,
    };
    Some(format!("`#[{text}]` cannot be on a delayed function: it {reason}"))
}

/// What may stand on a parameter.
fn parameter_attributes(function: &Function, errors: &mut Errors) {
    for input in &function.sig.inputs {
        let (attrs, is_reference) = match input {
            FnArg::Receiver(receiver) => (&receiver.attrs, matches!(receiver.kind, syn::ReceiverKind::Reference(..))),
            FnArg::Typed(typed) => (&typed.attrs, matches!(types::bare(&typed.ty), Type::Reference(_))),
        };
        for (index, attribute) in attrs.iter().enumerate() {
            let path = attribute.path();
            if is_take(attribute) {
                if attrs.iter().take(index).any(is_take) {
                    errors.at(path, "`#[take]` is given twice; write it once");
                } else if attribute.meta.require_path_only().is_err() {
                    errors.at(path, "`#[take]` takes no value; write `#[take]` alone");
                } else if is_reference {
                    errors.at(path, "`#[take]` moves a value, and this parameter borrows it; take the value, or leave `#[take]` out");
                }
            } else if !attributes::is_lint_level(path) {
                let text = text_of_path(path);
                errors.at(path, format!("`#[{text}]` cannot be on a parameter of a delayed function; allowed are `#[take]` and the levels of lints"));
            }
        }
    }
}

/// A path as one would write it.
fn text_of_path(path: &Path) -> String {
    path.segments.iter().map(|segment| segment.ident.to_string()).collect::<Vec<_>>().join("::")
}

/// A parameter list has an end.
fn parameter_count(function: &Function, errors: &mut Errors) {
    if let Some(first) = function.sig.inputs.iter().nth(MOST_PARAMETERS) {
        let message = format!(
            "a delayed function takes at most {MOST_PARAMETERS} parameters; group some of them in a struct or a tuple"
        );
        errors.at(first, message);
    }
}

/// Handles go into the call and come out of it; the body sees plain values.
fn handles(function: &Function, errors: &mut Errors) {
    for input in &function.sig.inputs {
        let FnArg::Typed(typed) = input else { continue };
        if let Some(handle) = types::first_handle(&typed.ty) {
            let plain = types::plain_of(&handle);
            let message = format!("a body takes plain values, and the call a `Delayed` of them; write `{plain}` here");
            errors.at(&handle, message);
        }
    }
    if let ReturnType::Type(_, ty) = &function.sig.output
        && let Some(handle) = types::first_handle(ty)
    {
        let plain = types::plain_of(&handle);
        let message = format!(
            "a task's value is plain; return `{plain}`, or leave `#[delayed]` out: a plain function may take and return \
             handles"
        );
        errors.at(&handle, message);
    }
}

/// The value must have a name and own its data.
fn returned(function: &Function, errors: &mut Errors) {
    let ReturnType::Type(_, ty) = &function.sig.output else { return };
    if let Type::Never(never) = types::bare(ty) {
        errors.at(never, "a task that never ends has no value; return `()`");
    }
    if let Some(found) = types::first_impl_trait(ty) {
        errors.at(&found, impl_trait_message(&found));
        return;
    }
    let mut borrows = types::borrows(ty);
    // The lifetime in `&'a T` is not another mistake.
    borrows.dedup_by(|second, first| {
        matches!((&*first, &*second), (Borrow::Reference(r), Borrow::Lifetime(l)) if r.lifetime.as_ref() == Some(l))
    });
    for borrow in &borrows {
        errors.at(borrow, borrowed_message(borrow));
    }
}

/// What to return instead of an `impl Trait`.
fn impl_trait_message(found: &TypeImplTrait) -> String {
    let is_future = found.bounds.iter().any(|bound| {
        matches!(bound, TypeParamBound::Trait(bound) if bound.path.segments.last().is_some_and(|s| s.ident == "Future"))
    });
    if is_future {
        return "a future is no value of a task; write an `async fn` that returns what the future does".to_owned();
    }
    let bounds = text_of(&Type::ImplTrait(found.clone()));
    let bounds = bounds.trim_start_matches("impl ").to_owned();
    let sendable = if bounds.contains("Send") { bounds } else { format!("{bounds} + Send + Sync") };
    format!("a task's value needs a type that has a name; name the type, or box it: `Box<dyn {sendable}>`")
}

/// What to return instead of a borrow.
fn borrowed_message(borrow: &Borrow) -> String {
    match borrow {
        Borrow::Reference(reference) if reference.mutability.is_none() => {
            let owned = owned_name(&text_of(&reference.elem));
            format!("a task's value cannot borrow from its inputs, which may be gone; return an owned `{owned}`")
        }
        Borrow::Reference(_) => "a task's value cannot be a `&mut`; return the new value".to_owned(),
        Borrow::Lifetime(lifetime) => format!(
            "`{lifetime}` makes this a type that borrows from the task's inputs, which may be gone; return a type that \
             owns its data"
        ),
    }
}
