//! The generics of a constructor: those of the function without its lifetimes, which belong to the body alone, and what
//! the types that a task keeps must be able to do.

use crate::lints;
use crate::model::{Form, Implied, Model};
use crate::names::own_at;
use crate::pattern::Need;
use crate::types;
use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use std::collections::HashSet;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{
    BoundLifetimes, GenericParam, Generics, Lifetime, Token, Type, TypeParam, TypeParamBound, WherePredicate,
    parse_quote,
};

/// The generics that a call of the constructor sees.
pub(crate) fn of_constructor(written: &Generics, implied: Vec<Implied>) -> Generics {
    let lifetimes: Vec<Lifetime> = written.lifetimes().map(|parameter| parameter.lifetime.clone()).collect();
    let mut generics = written.clone();
    generics.params = written
        .params
        .iter()
        .filter(|parameter| !matches!(parameter, GenericParam::Lifetime(_)))
        .cloned()
        .map(|parameter| without_lifetimes(parameter, &lifetimes))
        .collect();
    for (name, bounds) in implied {
        generics.params.push(parse_quote!(#name: #bounds));
    }
    if let Some(clause) = &mut generics.where_clause {
        let predicates = std::mem::take(&mut clause.predicates);
        clause.predicates = predicates.into_iter().filter_map(|p| for_every_lifetime(p, &lifetimes)).collect();
    }
    generics
}

/// The names of the type and const parameters.
pub(crate) fn names(generics: &Generics) -> HashSet<String> {
    let types = generics.type_params().map(|parameter| parameter.ident.to_string());
    types.chain(generics.const_params().map(|parameter| parameter.ident.to_string())).collect()
}

/// The bounds of a parameter, made to hold for every lifetime: the body is called with lifetimes that only the task knows.
fn without_lifetimes(mut parameter: GenericParam, lifetimes: &[Lifetime]) -> GenericParam {
    if let GenericParam::Type(parameter) = &mut parameter {
        let bounds = std::mem::take(&mut parameter.bounds);
        parameter.bounds = quantified(bounds, lifetimes);
    }
    parameter
}

/// `T: Rule<'a>` becomes `T: for<'a> Rule<'a>`; `T: 'a` goes, since a task's values are `'static`.
fn quantified(
    bounds: Punctuated<TypeParamBound, Token![+]>,
    lifetimes: &[Lifetime],
) -> Punctuated<TypeParamBound, Token![+]> {
    let lift = |bound| match bound {
        TypeParamBound::Lifetime(lifetime) if lifetimes.contains(&lifetime) => None,
        TypeParamBound::Trait(mut bound) => {
            let used = used_in(&bound.path, lifetimes);
            bound.lifetimes = extended(bound.lifetimes.take(), used);
            Some(TypeParamBound::Trait(bound))
        }
        other => Some(other),
    };
    bounds.into_iter().filter_map(lift).collect()
}

/// `&'a T: Rule<'a>` becomes `for<'a> &'a T: Rule<'a>`; a predicate of lifetimes goes.
fn for_every_lifetime(predicate: WherePredicate, lifetimes: &[Lifetime]) -> Option<WherePredicate> {
    let WherePredicate::Type(mut predicate) = predicate else { return None };
    let bounds = std::mem::take(&mut predicate.bounds);
    let of_the_type = used_in(&predicate.bounded_ty, lifetimes);
    predicate.bounds = quantified(bounds, lifetimes);
    if !of_the_type.is_empty() {
        // Two levels of `for` are not allowed, and one outside says the same.
        let mut all = predicate.lifetimes.take();
        for bound in &mut predicate.bounds {
            if let TypeParamBound::Trait(bound) = bound {
                let inner = bound.lifetimes.take().map(|inner| inner.lifetimes).unwrap_or_default();
                all = extended(all, inner.into_iter().collect());
            }
        }
        predicate.lifetimes = extended(all, of_the_type);
    }
    (!predicate.bounds.is_empty()).then_some(WherePredicate::Type(predicate))
}

/// Those of the lifetimes that occur in the tokens.
fn used_in(tokens: impl ToTokens, lifetimes: &[Lifetime]) -> Vec<GenericParam> {
    // A lifetime is a punctuation and a word: the text is enough, as no other token may hold a quote and these letters.
    let text = format!("{} ", tokens.to_token_stream());
    let occurs = |lifetime: &&Lifetime| {
        text.match_indices(&lifetime.to_string()).any(|(at, found)| {
            let next = text[at + found.len()..].chars().next();
            next.is_none_or(|next| !(next.is_alphanumeric() || next == '_'))
        })
    };
    lifetimes.iter().filter(occurs).map(|lifetime| parse_quote!(#lifetime)).collect()
}

/// `for<..>` with more lifetimes; none twice.
fn extended(bound: Option<BoundLifetimes>, more: Vec<GenericParam>) -> Option<BoundLifetimes> {
    if more.is_empty() {
        return bound;
    }
    let mut all: Vec<GenericParam> = bound.map(|bound| bound.lifetimes.into_iter().collect()).unwrap_or_default();
    for lifetime in more {
        if !all.contains(&lifetime) {
            all.push(lifetime);
        }
    }
    Some(parse_quote!(for<#(#all),*>))
}

/// What the types of a function's task must be able to do: bounds where a generic is involved, else checks in its body.
pub(crate) struct Needs {
    /// The constructor's generics with all bounds.
    pub(crate) generics: Generics,
    /// Statements whose only use is that rustc checks them, at the user's types.
    pub(crate) checks: TokenStream,
}

/// Finds out what a function's types must be able to do.
pub(crate) fn needs(model: &Model) -> Needs {
    let mut collector = Collector {
        model,
        own: model.own_parameters(),
        checked: HashSet::new(),
        needs: Needs::of(model.generics.clone()),
    };
    for pattern in model.params.iter().filter_map(|param| param.pattern.as_ref()) {
        pattern.each_leaf(&mut |ty, need| collector.leaf(ty, need));
    }
    collector.returned();
    collector.static_parameters();
    collector.needs
}

impl Needs {
    fn of(generics: Generics) -> Self {
        Self { generics, checks: TokenStream::new() }
    }
}

/// Puts bounds where the type's others are: two places for one type are hard to read, and clippy says so.
pub(crate) fn add_bounds(generics: &mut Generics, ty: &Type, bounds: Bounds) {
    let is_type = |predicate: &&mut WherePredicate| matches!(predicate, WherePredicate::Type(p) if p.bounded_ty == *ty);
    let mut predicates = generics.where_clause.iter_mut().flat_map(|clause| clause.predicates.iter_mut());
    if let Some(WherePredicate::Type(predicate)) = predicates.find(is_type) {
        merge(&mut predicate.bounds, bounds);
        return;
    }
    let is_parameter = |parameter: &&mut TypeParam| matches!(ty, Type::Path(p) if p.path.is_ident(&parameter.ident));
    if let Some(parameter) = generics.type_params_mut().find(is_parameter) {
        merge(&mut parameter.bounds, bounds);
        return;
    }
    generics.make_where_clause().predicates.push(parse_quote!(#ty: #bounds));
}

/// Adds bounds, none twice.
fn merge(all: &mut Bounds, more: Bounds) {
    for bound in more {
        if !all.iter().any(|earlier| *earlier == bound) {
            all.push(bound);
        }
    }
}

/// What stands after the colon of `T: ..`.
type Bounds = Punctuated<TypeParamBound, Token![+]>;

/// Gathers bounds and checks, none twice.
struct Collector<'a> {
    model: &'a Model,
    own: HashSet<String>,
    checked: HashSet<String>,
    needs: Needs,
}

impl Collector<'_> {
    /// What the type of an input, or of a part of one, must be able to do.
    fn leaf(&mut self, ty: &Type, need: Need) {
        let p = self.model.runtime.at(ty.span());
        let place = own_at(ty.span());
        if !types::is_plain(ty) && self.checked.insert(format!("input {}", ty.to_token_stream())) {
            self.needs.checks.extend(lints::mutable_input(self.model, ty));
        }
        if need == Need::Shared {
            self.check("is_shared", ty);
            return;
        }
        if !self.is_generic(ty) {
            if !types::is_plain(ty) {
                self.check("is_value", ty);
                if need != Need::Value {
                    self.check("by_value", ty);
                }
            }
            return;
        }
        // Where a method's parameter may be of a type of its own, the question tells what to write instead.
        let is_parameter =
            types::mentions(ty, &self.own) || types::mentions_foreign_parameter(ty.to_token_stream(), &self.own);
        let clone = if is_parameter {
            quote_spanned!(place=> ::core::clone::Clone)
        } else {
            quote_spanned!(place=> #p::Cloned)
        };
        let more = match need {
            Need::Value | Need::Shared => quote!(),
            Need::Cloned => quote!(+ #clone),
            Need::HashKey => quote_spanned!(place=> + #clone + ::core::cmp::Eq + ::core::hash::Hash),
            Need::OrdKey => quote_spanned!(place=> + #clone + ::core::cmp::Ord),
        };
        // In a trait `Self` need not have a size.
        let sized = types::has_word(ty.to_token_stream(), "Self").then(|| quote!(+ ::core::marker::Sized));
        add_bounds(&mut self.needs.generics, ty, parse_quote!(#p::Value #sized #more));
    }

    /// A statement that rustc can only check.
    fn check(&mut self, name: &str, ty: &Type) {
        if self.checked.insert(format!("{name} {}", ty.to_token_stream())) {
            let place = own_at(ty.span());
            let (p, name) = (self.model.runtime.at(ty.span()), Ident::new(name, place));
            self.needs.checks.extend(quote_spanned!(place=> let _ = #p::#name::<#ty>;));
        }
    }

    /// What the value and the error must be able to do. A value without generics is checked where the task is made.
    fn returned(&mut self) {
        let value = self.model.value_type();
        let ty: Type = parse_quote!(#value);
        let p = self.model.runtime.at(self.model.returns.written.span());
        if self.is_generic(&ty) {
            add_bounds(&mut self.needs.generics, &ty, parse_quote!(#p::Value));
        }
        if let Some(error) = self.model.error_type().filter(|error| self.is_generic(error)) {
            let text = quote!(::core::fmt::Display + ::core::fmt::Debug);
            let bounds = quote!(#text + ::core::marker::Send + ::core::marker::Sync + 'static);
            add_bounds(&mut self.needs.generics, error, parse_quote!(#bounds));
        }
    }

    /// A parameter that is no value by itself is at least part of the task's type.
    fn static_parameters(&mut self) {
        let p = &self.model.runtime;
        let value: TypeParamBound = parse_quote!(#p::Value);
        for ident in self.model.generics.type_params().map(|parameter| &parameter.ident) {
            let mut with_value = self.needs.generics.clone();
            add_bounds(&mut with_value, &parse_quote!(#ident), parse_quote!(#value));
            if with_value != self.needs.generics {
                add_bounds(&mut self.needs.generics, &parse_quote!(#ident), parse_quote!('static));
            }
        }
    }

    /// Whether the type depends on a generic: in a method any bare name may be one of the impl block's.
    fn is_generic(&self, ty: &Type) -> bool {
        let may_be_foreign = matches!(self.model.form, Form::Closure | Form::Method(_));
        types::mentions(ty, &self.own) || (may_be_foreign && types::has_bare_name(ty))
    }
}
