//! The user's body: a function with another name, or a closure. Its block is passed on as it was written.

use super::silenced;
use crate::lints;
use crate::model::{Model, is_take};
use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote};
use syn::{FnArg, Lifetime, ReturnType, Type};

/// Where the body stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// In the constructor.
    Nested,
    /// Beside it, for the constructor alone.
    Method,
    /// Beside it, for everyone.
    Eager,
}

/// The body as a function of that name.
pub(super) fn function(model: &Model, name: &Ident, place: Place, attributes: &TokenStream) -> TokenStream {
    let vis = (place == Place::Eager).then_some(&model.function.vis);
    let own = match place {
        Place::Nested => lints::mark_of_body(model),
        Place::Method => quote!(#[doc(hidden)] #[allow(dead_code)]),
        // With the plain function the user has two, and needs not call both.
        Place::Eager => quote!(#[allow(dead_code)]),
    };
    // In the constructor its attributes hold.
    let silenced = (place != Place::Nested).then(|| silenced(model));
    let level = lints::level_of_body(model);
    let mut sig = model.function.sig.clone();
    sig.ident = name.clone();
    for input in &mut sig.inputs {
        attributes_of(input).retain(|attribute| !is_take(attribute));
    }
    let block = lints::body(model);
    quote!(#own #silenced #level #attributes #vis #sig #block)
}

/// The attributes of a parameter.
fn attributes_of(input: &mut FnArg) -> &mut Vec<syn::Attribute> {
    match input {
        FnArg::Receiver(receiver) => &mut receiver.attrs,
        FnArg::Typed(typed) => &mut typed.attrs,
    }
}

/// The body as a closure with the function's parameters.
pub(super) fn closure(model: &Model) -> TokenStream {
    let params = model.function.sig.inputs.iter().zip(&model.params).filter_map(|(input, param)| {
        let FnArg::Typed(typed) = input else { return None };
        let attrs = typed.attrs.iter().filter(|attribute| !is_take(attribute));
        let (pat, ty) = (&typed.pat, without_lifetime(&param.ty));
        Some(quote!(#(#attrs)* #pat: #ty))
    });
    let asyncness = &model.function.sig.asyncness;
    let output = match &model.function.sig.output {
        ReturnType::Default => quote!(-> ()),
        written => written.to_token_stream(),
    };
    let block = lints::body(model);
    quote!(#asyncness |#(#params),*| #output #block)
}

/// A closure declares no lifetimes: a plain reference says the same.
fn without_lifetime(ty: &Type) -> Type {
    let mut ty = ty.clone();
    if let Type::Reference(reference) = &mut ty {
        let is_static = |lifetime: &Lifetime| lifetime.ident == "static";
        reference.lifetime = reference.lifetime.take().filter(is_static);
    }
    ty
}
