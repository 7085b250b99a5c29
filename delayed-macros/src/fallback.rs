//! What stands for a function that has mistakes: the constructor with its signature, so that calls of it stay quiet and
//! one mistake is one message. An editor is given the body as well.

use crate::attributes::{self, Body};
use crate::expand;
use crate::generics::add_bounds;
use crate::lints;
use crate::model::{Form, Model, Param};
use crate::names::{Runtime, own_at};
use crate::parse::Function;
use crate::types;
use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use std::collections::HashSet;
use syn::spanned::Spanned;
use syn::visit_mut::{self, VisitMut};
use syn::{GenericParam, Lifetime, ReturnType, Safety, Type, TypeImplTrait, TypeParamBound, parse_quote};

/// The constructor of a broken function: nothing is asked of its arguments that need not be.
pub(crate) fn constructor(model: &Model) -> TokenStream {
    let Function { attrs, vis, sig, .. } = &model.function;
    if sig.ident == "main" {
        return plain_main(&model.function);
    }
    // Lints look at a body that is not there: what is expected of them would not come.
    let attrs: Vec<_> =
        attrs.iter().filter(|attribute| !attributes::is_lint_level(attribute.path())).cloned().collect();
    let attributes = attributes::share_out(&attrs, Body::Inside).constructor;
    let p = &model.runtime;
    let ident = &sig.ident;
    let safety = if let Safety::Unsafe(token) = &sig.safety { Some(token) } else { None };
    let params = model.params.iter().map(|param| parameter(param, p));
    let value = value_type(model);
    let generics = generics(model, &value);
    let clause = &generics.where_clause;
    let plain = lints::in_editor().then(|| expand::plain(model));
    let (inside, beside) = if matches!(model.form, Form::Method(_)) { (None, plain) } else { (plain, None) };
    quote! {
        #attributes
        #[allow(unused, clippy::all, clippy::pedantic)]
        #vis #safety fn #ident #generics (#(#params),*) -> #p::Delayed<#value> #clause {
            #inside
            ::core::unreachable!()
        }
        #beside
    }
}

/// A program without `main` is one error more.
fn plain_main(function: &Function) -> TokenStream {
    let Function { attrs, vis, sig, body } = function;
    quote!(#(#attrs)* #vis #sig #body)
}

/// A parameter; one whose type is the mistake takes anything.
fn parameter(param: &Param, p: &Runtime) -> TokenStream {
    let name = &param.name;
    let place = own_at(param.ty.span());
    match &param.pattern {
        Some(pattern) => {
            let p = p.at(param.ty.span());
            let pattern = pattern.to_type(&p);
            quote_spanned!(place=> #name: impl #p::Arg<#pattern>)
        }
        None => quote_spanned!(place=> #name: impl ::core::marker::Sized),
    }
}

/// The generics that a call can still infer. Those that only a broken parameter mentioned are left out.
fn generics(model: &Model, value: &Type) -> syn::Generics {
    let mut generics = model.generics.clone();
    let is_used = |name: &str| {
        let name = HashSet::from([name.to_owned()]);
        let (sound, broken): (Vec<&Param>, Vec<_>) = model.params.iter().partition(|param| param.pattern.is_some());
        let used = |params: &[&Param]| params.iter().any(|param| types::mentions(&param.ty, &name));
        used(&sound) || types::mentions(value, &name) || !used(&broken)
    };
    let (kept, gone): (Vec<GenericParam>, Vec<_>) =
        generics.params.iter().cloned().partition(|parameter| is_used(&parameter_name(parameter)));
    generics.params = kept.into_iter().collect();
    let gone: HashSet<String> = gone.iter().map(parameter_name).collect();
    if let Some(clause) = &mut generics.where_clause {
        let predicates = std::mem::take(&mut clause.predicates);
        clause.predicates = predicates.into_iter().filter(|predicate| !types::mentions(predicate, &gone)).collect();
    }
    let still: Vec<Ident> = generics.type_params().map(|parameter| parameter.ident.clone()).collect();
    for ident in still {
        add_bounds(&mut generics, &parse_quote!(#ident), parse_quote!('static));
    }
    generics
}

/// The name of a generic parameter.
fn parameter_name(parameter: &GenericParam) -> String {
    match parameter {
        GenericParam::Type(parameter) => parameter.ident.to_string(),
        GenericParam::Const(parameter) => parameter.ident.to_string(),
        GenericParam::Lifetime(parameter) => parameter.lifetime.to_string(),
    }
}

/// The type of the value; what it borrows is owned, and what has no name is boxed.
fn value_type(model: &Model) -> Type {
    let value = if types::last_is(&model.returns.written, "Result") || model.options.fallible.is_none() {
        model.value_type()
    } else {
        // `fallible` may be the mistake: what is written is at least a type.
        model.returns.written.to_token_stream()
    };
    if matches!(model.function.sig.output, ReturnType::Default) {
        return parse_quote!(());
    }
    let mut value: Type = parse_quote!(#value);
    Owned.visit_type_mut(&mut value);
    value
}

/// Makes a type of borrows one that owns.
struct Owned;

impl VisitMut for Owned {
    fn visit_type_mut(&mut self, ty: &mut Type) {
        match ty {
            Type::Reference(reference)
                if reference.lifetime.as_ref().is_none_or(|lifetime| lifetime.ident != "static") =>
            {
                *ty = owned(&reference.elem);
                self.visit_type_mut(ty);
            }
            Type::ImplTrait(found) => *ty = boxed(found),
            Type::Never(_) => *ty = parse_quote!(()),
            Type::FnPtr(_) => {}
            _ => visit_mut::visit_type_mut(self, ty),
        }
    }

    fn visit_parenthesized_generic_arguments_mut(&mut self, _: &mut syn::ParenthesizedGenericArguments) {}

    fn visit_lifetime_mut(&mut self, lifetime: &mut Lifetime) {
        *lifetime = Lifetime::new("'static", lifetime.span());
    }
}

/// What owns a type that is lent.
fn owned(target: &Type) -> Type {
    let is = |name| types::last_is(target, name);
    match types::bare(target) {
        Type::TraitObject(object) => parse_quote!(::std::boxed::Box<#object>),
        Type::Slice(slice) => {
            let element = &slice.elem;
            parse_quote!(::std::vec::Vec<#element>)
        }
        _ if is("str") => parse_quote!(::std::string::String),
        _ if is("Path") => parse_quote!(::std::path::PathBuf),
        _ if is("OsStr") => parse_quote!(::std::ffi::OsString),
        other => other.clone(),
    }
}

/// A box of the trait where a trait object is known to exist, else nothing: a wrong guess would be an error of its own.
fn boxed(found: &TypeImplTrait) -> Type {
    const OBJECTS: [&str; 12] = [
        "Iterator",
        "DoubleEndedIterator",
        "ExactSizeIterator",
        "Fn",
        "FnMut",
        "FnOnce",
        "Future",
        "Display",
        "Debug",
        "Error",
        "Send",
        "Sync",
    ];
    let is_object = |bound: &TypeParamBound| match bound {
        TypeParamBound::Trait(bound) => {
            bound.path.segments.last().is_some_and(|last| OBJECTS.contains(&last.ident.to_string().as_str()))
        }
        TypeParamBound::Lifetime(lifetime) => lifetime.ident == "static",
        _ => false,
    };
    let bounds: Vec<_> = found.bounds.iter().filter(|bound| !matches!(bound, TypeParamBound::Lifetime(_))).collect();
    if bounds.iter().all(|bound| is_object(bound)) {
        // A value, so that what the call is used for is not red as well.
        let more = ["Send", "Sync"].into_iter().filter(|auto| !types::has_word(found.to_token_stream(), auto));
        let more: Vec<Ident> = more.map(|auto| Ident::new(auto, own_at(found.span()))).collect();
        parse_quote!(::std::boxed::Box<dyn #(#bounds)+* #(+ ::core::marker::#more)*>)
    } else {
        parse_quote!(())
    }
}
