//! The body's call and what is made of its end: a value with its weight, or a failure with the arguments of the call.

use super::future_place;
use crate::model::{Form, Model, Param};
use crate::names;
use crate::types;
use crate::wording::text_of_pattern;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{FnArg, Pat, Path, Type};

/// The body's call and what is made of its end: a value, or a failure.
pub(super) fn ended(model: &Model, body: &TokenStream) -> TokenStream {
    if model.options.debug_args.is_some() {
        return shown(model, &made(model, body, |param| Some(param.ready.to_token_stream())));
    }
    made(model, body, argument)
}

/// What the body gets for a parameter.
fn argument(param: &Param) -> Option<TokenStream> {
    Some(param.pattern.as_ref()?.to_argument(&param.ready))
}

/// The call with these arguments, and what it made.
fn made(model: &Model, body: &TokenStream, argument: fn(&Param) -> Option<TokenStream>) -> TokenStream {
    let arguments = model.params.iter().filter_map(argument);
    let wait = model.is_async().then(|| quote!(.await));
    let place = names::own_at(model.returns.written.span());
    let body = match &model.form {
        // If the plain function is not found, which in an impl block it is not, the name that was asked for is shown.
        Form::Eager(_) => body.clone(),
        _ => names::placed(body.clone(), place),
    };
    let call = quote_spanned!(place=> #body(#(#arguments),*) #wait);
    let weighed = weighed(model);
    if !model.returns.is_fallible {
        let p = &model.runtime;
        return quote!(#p::made(#call) #weighed);
    }
    let written = &model.returns.written;
    let p = model.runtime.at(written.span());
    let error = model
        .error_type()
        .map_or_else(|| quote_spanned!(place=> <#written as #p::Fallible>::Err), Type::to_token_stream);
    let source = quote_spanned!(place=> { use #p::NoError as _; #p::Probe::<#error>::SOURCE });
    match &model.options.retry_if {
        Some(given) => {
            let predicate = function(&given.value, &error, "bool");
            quote_spanned!(place=> #p::made_result_if(#call, #source, #predicate) #weighed)
        }
        None => quote_spanned!(place=> #p::made_result(#call, #source) #weighed),
    }
}

/// How large the value is: as the user's function says, or its type, if it can. A plain one is as large as its type.
fn weighed(model: &Model) -> Option<TokenStream> {
    let p = &model.runtime;
    let value = model.value_type();
    if let Some(given) = &model.options.weigh {
        let weigh = function(&given.value, &value, "usize");
        return Some(quote!(.weighed(::core::option::Option::Some(#weigh))));
    }
    let is_flat = syn::parse2(value.clone()).is_ok_and(|ty| types::is_flat(&ty));
    (!is_flat).then(|| quote!(.weighed({ use #p::NoWeight as _; #p::Probe::<#value>::WEIGH })))
}

/// The user's function that is asked about a value or an error: of another type, it is an error at its path.
fn function(path: &Path, of: &TokenStream, answer: &str) -> TokenStream {
    let place = names::own_at(path.span());
    let answer = Ident::new(answer, place);
    quote_spanned!(place=> { let __asked: fn(&#of) -> ::core::primitive::#answer = #path; __asked })
}

/// The call after its arguments were written down.
fn shown(model: &Model, made: &TokenStream) -> TokenStream {
    let p = &model.runtime;
    let lent = model.params.iter().filter_map(|param| {
        let (ready, value) = (&param.ready, argument(param)?);
        // What is moved has its name already.
        (*ready != value.to_string()).then(|| quote!(let #ready = #value;))
    });
    let entries = model.function.sig.inputs.iter().zip(&model.params).map(|(written, param)| {
        let (name, place) = (name_of(written), place_of(&param.ty));
        let ready = names::at(&param.ready, place);
        quote_spanned!(names::own_at(place)=> (#name, &#ready))
    });
    let shown = Ident::new("__shown", names::own());
    let begin = quote!(#(#lent)* let #shown = #p::Shown::new(&[#(#entries),*]););
    if model.is_async() {
        quote_spanned!(future_place(model)=> #begin #shown.run(async move { #made }).await)
    } else {
        quote!({ #begin #shown.call(|| #made) })
    }
}

/// The name under which an argument is shown.
fn name_of(written: &FnArg) -> String {
    match written {
        FnArg::Receiver(_) => "self".to_owned(),
        FnArg::Typed(typed) => match &*typed.pat {
            Pat::Ident(ident) => ident.ident.unraw().to_string(),
            other => text_of_pattern(other),
        },
    }
}

/// Where a type must be one that can be shown: what is lent, rather than the `&` before it.
fn place_of(ty: &Type) -> Span {
    match types::bare(ty) {
        Type::Reference(reference) => reference.elem.span(),
        other => other.span(),
    }
}
