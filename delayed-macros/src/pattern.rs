//! A parameter's written type as a pattern: the marker type that decides what a call may put there.

use crate::errors::Errors;
use crate::names::Runtime;
use crate::types::{self, Borrow, bare, std_segment, type_arguments};
use crate::wording::{owned_name, text_of};
use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote};
use std::collections::HashSet;
use syn::{Expr, Type, TypeReference, parse_quote};

/// The longest tuple that is taken apart; a longer one is taken whole.
const LONGEST_TUPLE: usize = 8;

/// What the written type of a parameter asks for.
pub(crate) enum Pattern {
    /// `T`: the value, moved at its last use, else cloned.
    Val(Type),
    /// `#[take] T`: the value, moved.
    Take(Type),
    /// `&T`.
    Ref(Type),
    /// `&dyn Trait`.
    Dyn(Type),
    /// `&str`, `&String`.
    Text,
    /// `String`.
    TextOwned,
    /// `&Path`, `&PathBuf`.
    PathRef,
    /// `PathBuf`.
    PathOwned,
    /// `Vec<E>`.
    Seq(Box<Pattern>),
    /// `&[E]`, where `E` is taken apart itself.
    Slice(Box<Pattern>),
    /// `&[T]`.
    SliceOf(Type),
    /// `&[&T]`.
    Each(Box<Pattern>),
    /// `Option<E>`, `Option<&T>`.
    Opt(Box<Pattern>),
    /// `Option<&T>` of a bare type parameter: taken whole, or `T` could be the option as well as its content.
    OptRef(Type),
    /// `[E; N]`.
    Arr(Box<Pattern>, Expr),
    /// `(A, B)`.
    Tup(Vec<Pattern>),
    /// `HashMap<K, E>`.
    HMap(Type, Box<Pattern>),
    /// `BTreeMap<K, E>`.
    BMap(Type, Box<Pattern>),
}

/// What a type that a pattern stores must be able to do.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    /// A value that is lent or moved.
    Value,
    /// A value that may be cloned.
    Cloned,
    /// The same, as the key of a `HashMap`.
    HashKey,
    /// The same, as the key of a `BTreeMap`.
    OrdKey,
    /// A trait object that is lent.
    Shared,
}

impl Pattern {
    /// The marker type.
    pub(crate) fn to_type(&self, runtime: &Runtime) -> TokenStream {
        let p = runtime;
        match self {
            Self::Val(ty) => quote!(#p::Val<#ty>),
            Self::Take(ty) => quote!(#p::Take<#ty>),
            Self::Ref(ty) => quote!(#p::Ref<#ty>),
            Self::SliceOf(ty) => quote!(#p::SliceOf<#ty>),
            Self::Dyn(ty) => quote!(#p::DynRef<#ty>),
            Self::Text => quote!(#p::Text),
            Self::TextOwned => quote!(#p::TextOwned),
            Self::PathRef => quote!(#p::PathRef),
            Self::PathOwned => quote!(#p::PathOwned),
            Self::Seq(element) => wrap(p, "Seq", element),
            Self::Slice(element) => wrap(p, "Slice", element),
            Self::Each(element) => wrap(p, "Each", element),
            Self::Opt(element) => wrap(p, "Opt", element),
            Self::OptRef(ty) => quote!(#p::Ref<::core::option::Option<#ty>>),
            Self::Arr(element, length) => {
                let element = element.to_type(p);
                let length = length_argument(length);
                quote!(#p::Arr<#element, #length>)
            }
            Self::Tup(elements) => {
                let elements = elements.iter().map(|element| element.to_type(p));
                quote!(#p::Tup<(#(#elements,)*)>)
            }
            Self::HMap(key, element) => {
                let element = element.to_type(p);
                quote!(#p::HMap<#key, #element>)
            }
            Self::BMap(key, element) => {
                let element = element.to_type(p);
                quote!(#p::BMap<#key, #element>)
            }
        }
    }

    /// What the body gets, made from what is ready.
    pub(crate) fn to_argument(&self, ready: &Ident) -> TokenStream {
        match self {
            Self::Each(_) => quote!(&#ready.refs()),
            Self::OptRef(_) => quote!(::core::option::Option::as_ref(&*#ready)),
            Self::Opt(element) if element.is_lent() => quote!(#ready.lend()),
            lent if lent.is_lent() => quote!(&*#ready),
            _ => ready.to_token_stream(),
        }
    }

    /// Whether the body gets a borrow.
    fn is_lent(&self) -> bool {
        matches!(
            self,
            Self::Ref(_)
                | Self::Dyn(_)
                | Self::Text
                | Self::PathRef
                | Self::Slice(_)
                | Self::SliceOf(_)
                | Self::Each(_)
        )
    }

    /// Visits every type that the pattern stores, but for strings and paths, with what is asked of it.
    pub(crate) fn each_leaf<'a>(&'a self, visit: &mut dyn FnMut(&'a Type, Need)) {
        match self {
            Self::Val(ty) => visit(ty, Need::Cloned),
            Self::Take(ty) | Self::Ref(ty) | Self::OptRef(ty) | Self::SliceOf(ty) => visit(ty, Need::Value),
            Self::Dyn(ty) => visit(ty, Need::Shared),
            Self::Text | Self::TextOwned | Self::PathRef | Self::PathOwned => {}
            Self::Seq(e) | Self::Slice(e) | Self::Each(e) | Self::Opt(e) | Self::Arr(e, _) => e.each_leaf(visit),
            Self::Tup(elements) => elements.iter().for_each(|element| element.each_leaf(visit)),
            Self::HMap(key, element) => {
                visit(key, Need::HashKey);
                element.each_leaf(visit);
            }
            Self::BMap(key, element) => {
                visit(key, Need::OrdKey);
                element.each_leaf(visit);
            }
        }
    }
}

impl Pattern {
    /// The pattern for a function with these type parameters: an `Option` of a bare one is taken whole, since a call
    /// alone must decide what the parameter is.
    pub(crate) fn with_parameters(self, parameters: &HashSet<String>) -> Self {
        let is_bare = |ty: &Type| types::is_one_of(ty, parameters);
        let inner = |pattern: Box<Self>| Box::new(pattern.with_parameters(parameters));
        match self {
            Self::Opt(element) => match *element {
                Self::Val(ty) if is_bare(&ty) => Self::Val(parse_quote!(::core::option::Option<#ty>)),
                Self::Ref(ty) if is_bare(&ty) => Self::OptRef(ty),
                other => Self::Opt(inner(Box::new(other))),
            },
            Self::Seq(element) => Self::Seq(inner(element)),
            Self::Slice(element) => Self::Slice(inner(element)),
            Self::Arr(element, length) => Self::Arr(inner(element), length),
            Self::Tup(elements) => Self::Tup(elements.into_iter().map(|e| e.with_parameters(parameters)).collect()),
            Self::HMap(key, element) => Self::HMap(key, inner(element)),
            Self::BMap(key, element) => Self::BMap(key, inner(element)),
            other => other,
        }
    }
}

/// A pattern of one element.
fn wrap(p: &Runtime, name: &str, element: &Pattern) -> TokenStream {
    let name = Ident::new(name, proc_macro2::Span::call_site());
    let element = element.to_type(p);
    quote!(#p::#name<#element>)
}

/// An array's length as a generic argument: anything but a literal or a name stands in braces.
fn length_argument(length: &Expr) -> TokenStream {
    match length {
        Expr::Lit(_) | Expr::Path(_) | Expr::Block(_) => length.to_token_stream(),
        other => quote!({ #other }),
    }
}

/// Reads the written type of a parameter. On an error, `None`: the caller knows that the parameter is broken.
pub(crate) fn of_parameter(ty: &Type, name: &str, errors: &mut Errors) -> Option<Pattern> {
    let Type::Reference(reference) = bare(ty) else { return of_owned(ty, Place::Parameter, errors) };
    if let Some(mutable) = &reference.mutability {
        errors.at(
            mutable,
            format_args!(
                "a delayed function cannot take `&mut`, as tasks share their inputs; take `{name}` by value and \
                 return the new one"
            ),
        );
        return None;
    }
    if is_static(reference) { of_owned(ty, Place::Parameter, errors) } else { of_reference(&reference.elem, errors) }
}

/// `#[take]`: the type as a whole.
pub(crate) fn taken(ty: &Type, errors: &mut Errors) -> Option<Pattern> {
    owned_leaf(ty, Place::Parameter, errors).then(|| Pattern::Take(ty.clone()))
}

/// Where a type stands, for the message about a borrow in it.
#[derive(Clone, Copy)]
enum Place {
    Parameter,
    List,
    Inside,
}

/// `&'static T` is a plain value.
fn is_static(reference: &TypeReference) -> bool {
    reference.mutability.is_none() && reference.lifetime.as_ref().is_some_and(|lifetime| lifetime.ident == "static")
}

/// A type that is not a borrow.
fn of_owned(ty: &Type, place: Place, errors: &mut Errors) -> Option<Pattern> {
    match bare(ty) {
        Type::Array(array) => {
            let element = of_owned(&array.elem, Place::Inside, errors)?;
            Some(Pattern::Arr(Box::new(element), array.len.clone()))
        }
        Type::Tuple(tuple) if (1..=LONGEST_TUPLE).contains(&tuple.elems.len()) => {
            let elements: Vec<_> = tuple.elems.iter().map(|e| of_owned(e, Place::Inside, errors)).collect();
            elements.into_iter().collect::<Option<_>>().map(Pattern::Tup)
        }
        Type::Path(_) => match of_std(ty, place, errors) {
            Known::Pattern(pattern) => pattern.map(|pattern| *pattern),
            Known::Other => owned_leaf(ty, place, errors).then(|| Pattern::Val(ty.clone())),
        },
        _ => owned_leaf(ty, place, errors).then(|| Pattern::Val(ty.clone())),
    }
}

/// Whether a type is one of those that are taken apart.
enum Known {
    Pattern(Option<Box<Pattern>>),
    Other,
}

/// The types of the standard library that have a pattern of their own.
fn of_std(ty: &Type, place: Place, errors: &mut Errors) -> Known {
    let Some((name, arguments)) = std_segment(ty).and_then(|s| Some((s.ident.to_string(), type_arguments(s)?))) else {
        return Known::Other;
    };
    let pattern = match (name.as_str(), arguments.as_slice()) {
        ("String", []) => Some(Pattern::TextOwned),
        ("PathBuf", []) => Some(Pattern::PathOwned),
        ("Vec", [element]) => of_owned(element, Place::List, errors).map(|e| Pattern::Seq(Box::new(e))),
        ("Option", [element]) => of_option(element, place, errors).map(|e| Pattern::Opt(Box::new(e))),
        ("HashMap", [key, element]) => of_map(key, element, errors).map(|(k, e)| Pattern::HMap(k, e)),
        ("BTreeMap", [key, element]) => of_map(key, element, errors).map(|(k, e)| Pattern::BMap(k, e)),
        _ => return Known::Other,
    };
    Known::Pattern(pattern.map(Box::new))
}

/// A parameter that is an `Option<&T>` can be lent; one inside a container cannot. An `Option` of an `Option` has its
/// content plain: a bare handle would be the part as well as the whole.
fn of_option(element: &Type, place: Place, errors: &mut Errors) -> Option<Pattern> {
    match (bare(element), place) {
        (Type::Reference(reference), Place::Parameter) if reference.mutability.is_none() && !is_static(reference) => {
            match of_reference(&reference.elem, errors)? {
                Pattern::Dyn(_) | Pattern::Each(_) => {
                    errors.at(reference, "this cannot be lent inside an `Option`; take an `Option` of the owned value");
                    None
                }
                lent => Some(lent),
            }
        }
        _ => match of_owned(element, Place::Inside, errors)? {
            Pattern::Opt(_) => Some(Pattern::Val(element.clone())),
            part => Some(part),
        },
    }
}

/// Keys are put in as they are, elements may be handles. Both are looked at, so that both are reported.
fn of_map(key: &Type, element: &Type, errors: &mut Errors) -> Option<(Type, Box<Pattern>)> {
    let key = owned_leaf(key, Place::Inside, errors).then(|| key.clone());
    let element = of_owned(element, Place::Inside, errors);
    Some((key?, Box::new(element?)))
}

/// What stands behind the `&` of a parameter.
fn of_reference(target: &Type, errors: &mut Errors) -> Option<Pattern> {
    match bare(target) {
        Type::Slice(slice) => match bare(&slice.elem) {
            Type::Reference(reference) if !is_static(reference) => of_lent_element(reference, errors),
            _ => of_owned(&slice.elem, Place::List, errors).map(|element| match element {
                Pattern::Val(ty) => Pattern::SliceOf(ty),
                element => Pattern::Slice(Box::new(element)),
            }),
        },
        Type::TraitObject(_) => owned_leaf(target, Place::Inside, errors).then(|| Pattern::Dyn(bare(target).clone())),
        Type::Reference(inner) => {
            errors.at(inner.and_token, "`&&` is one borrow too many for a task's input; take `&T`");
            None
        }
        _ => match std_segment(target).map(|segment| segment.ident.to_string()).as_deref() {
            Some("str" | "String") => Some(Pattern::Text),
            Some("Path" | "PathBuf") => Some(Pattern::PathRef),
            _ => owned_leaf(target, Place::Inside, errors).then(|| Pattern::Ref(target.clone())),
        },
    }
}

/// `&[&T]`: each element is lent where it lies.
fn of_lent_element(element: &TypeReference, errors: &mut Errors) -> Option<Pattern> {
    if let Some(mutable) = &element.mutability {
        errors.at(mutable, "a delayed function cannot take `&mut`, as tasks share their inputs; take `&[&T]`");
        return None;
    }
    match of_reference(&element.elem, errors)? {
        Pattern::Each(_) => {
            errors.at(element, "a list of lists of borrows cannot be lent; take `&[&T]`, or `&[Vec<T>]`");
            None
        }
        lent => Some(Pattern::Each(Box::new(lent))),
    }
}

/// Whether a type holds no borrow; each one that it holds is an error at that borrow.
fn owned_leaf(ty: &Type, place: Place, errors: &mut Errors) -> bool {
    let borrows = types::borrows(ty);
    for borrow in &borrows {
        errors.at(borrow, borrow_message(borrow, place));
    }
    borrows.is_empty()
}

/// Why a borrow cannot stand there, and what can.
fn borrow_message(borrow: &Borrow, place: Place) -> String {
    match (borrow, place) {
        (Borrow::Reference(r), _) if r.mutability.is_some() => {
            "a delayed function cannot take `&mut`, as tasks share their inputs; take the value and return the new one"
                .to_owned()
        }
        (Borrow::Reference(r), Place::List) => {
            let target = text_of(&r.elem);
            let owned = owned_name(&target);
            format!(
                "a list cannot hold borrows of a task's inputs; take `&[&{target}]`, or own its elements: `{owned}`"
            )
        }
        (Borrow::Reference(r), _) => {
            let owned = owned_name(&text_of(&r.elem));
            format!(
                "a borrow inside another type outlives no task; take `{owned}` there, or a parameter that is a plain reference"
            )
        }
        (Borrow::Lifetime(lifetime), _) => format!(
            "`{lifetime}` makes this a type that borrows, and a task keeps its inputs; take a type that owns its data"
        ),
    }
}

#[cfg(test)]
mod tests;
