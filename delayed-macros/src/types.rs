//! What a written type says: its well-known name, the borrows in it, the names it mentions.

use crate::wording::text_of;
use proc_macro2::{Ident, Spacing, TokenStream, TokenTree};
use quote::ToTokens;
use std::collections::HashSet;
use syn::visit::{self, Visit};
use syn::visit_mut::{self, VisitMut};
use syn::{
    AngleBracketedGenericArguments, BoundLifetimes, GenericArgument, Lifetime, ParenthesizedGenericArguments, Path,
    PathArguments, PathSegment, Type, TypeFnPtr, TypeImplTrait, TypePath, TypeReference,
};

/// The type without the parentheses and the invisible groups (of `macro_rules`) round it.
pub(crate) fn bare(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => bare(&group.elem),
        Type::Paren(paren) => bare(&paren.elem),
        other => other,
    }
}

/// The segments that may stand before a type of the standard library.
const STD_MODULES: [&str; 12] =
    ["std", "core", "alloc", "string", "path", "vec", "option", "collections", "hash_map", "btree_map", "result", "io"];

/// The last segment of a path that names a type of the standard library, written short or in full.
pub(crate) fn std_segment(ty: &Type) -> Option<&PathSegment> {
    let Type::Path(path) = bare(ty) else { return None };
    let last = path.path.segments.last()?;
    let before = path.path.segments.iter().take(path.path.segments.len() - 1);
    let known = path.qself.is_none() && before.into_iter().all(|s| STD_MODULES.contains(&s.ident.to_string().as_str()));
    known.then_some(last)
}

/// The type arguments of a segment, if it has nothing but type arguments.
pub(crate) fn type_arguments(segment: &PathSegment) -> Option<Vec<&Type>> {
    let arguments = match &segment.arguments {
        PathArguments::None => return Some(Vec::new()),
        PathArguments::AngleBracketed(AngleBracketedGenericArguments { args, .. }) => args,
        PathArguments::Parenthesized(_) => return None,
    };
    arguments.iter().map(|argument| if let GenericArgument::Type(ty) = argument { Some(ty) } else { None }).collect()
}

/// Whether the type is one that everyone knows to be a value and `Clone`, so that no check need be emitted.
pub(crate) fn is_plain(ty: &Type) -> bool {
    const PLAIN: [&str; 18] = [
        "i8", "i16", "i32", "i64", "i128", "isize", "u8", "u16", "u32", "u64", "u128", "usize", "f32", "f64", "bool",
        "char", "String", "PathBuf",
    ];
    match bare(ty) {
        Type::Tuple(tuple) => tuple.elems.is_empty(),
        Type::Path(path) => path.path.get_ident().is_some_and(|ident| PLAIN.contains(&ident.to_string().as_str())),
        _ => false,
    }
}

/// Whether the type is one that everyone knows to own nothing, so that its values are as large as it says.
pub(crate) fn is_flat(ty: &Type) -> bool {
    is_plain(ty) && !last_is(ty, "String") && !last_is(ty, "PathBuf")
}

/// Whether the type is one of the standard library's that hold values, and so no `Result` under another name.
pub(crate) fn is_std_container(ty: &Type) -> bool {
    const CONTAINERS: [&str; 10] =
        ["Option", "Vec", "Box", "Arc", "HashMap", "HashSet", "BTreeMap", "BTreeSet", "VecDeque", "Cow"];
    match bare(ty) {
        Type::Tuple(_) | Type::Array(_) | Type::Reference(_) => true,
        _ => std_segment(ty).is_some_and(|segment| CONTAINERS.contains(&segment.ident.to_string().as_str())),
    }
}

/// Whether the last segment of the type is this word.
pub(crate) fn last_is(ty: &Type, word: &str) -> bool {
    matches!(bare(ty), Type::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == word))
}

/// Whether the type is just one of the names.
pub(crate) fn is_one_of(ty: &Type, names: &HashSet<String>) -> bool {
    matches!(bare(ty), Type::Path(path) if path.path.get_ident().is_some_and(|ident| names.contains(&ident.to_string())))
}

/// Whether a trait object stands somewhere in the type.
pub(crate) fn has_dyn(ty: &Type) -> bool {
    any_ident(ty.to_token_stream(), &mut |ident| ident == "dyn")
}

/// Whether one of the names occurs as an identifier.
pub(crate) fn mentions(tokens: impl ToTokens, names: &HashSet<String>) -> bool {
    !names.is_empty() && any_ident(tokens.to_token_stream(), &mut |ident| names.contains(&ident.to_string()))
}

/// Whether the predicate holds for an identifier, at any depth.
fn any_ident(tokens: TokenStream, predicate: &mut impl FnMut(&Ident) -> bool) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => predicate(&ident),
        TokenTree::Group(group) => any_ident(group.stream(), predicate),
        TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    })
}

/// The word in the tokens.
pub(crate) fn find_word(tokens: TokenStream, word: &str) -> Option<Ident> {
    let mut found = None;
    any_ident(tokens, &mut |ident| {
        let is_it = ident == word;
        if is_it {
            found = Some(ident.clone());
        }
        is_it
    });
    found
}

/// Whether the word stands in the tokens.
pub(crate) fn has_word(tokens: TokenStream, word: &str) -> bool {
    any_ident(tokens, &mut |ident| ident == word)
}

/// A path that starts with one capital letter and at most one digit (`T`, `K1`), which is how the type parameters of an
/// impl block are called: a function nested in a method cannot use those.
pub(crate) fn mentions_foreign_parameter(tokens: TokenStream, own: &HashSet<String>) -> bool {
    let mut before = Before::Nothing;
    tokens.into_iter().any(|token| {
        let found = match &token {
            TokenTree::Ident(ident) => {
                let name = ident.to_string();
                before != Before::Qualifier && looks_like_parameter(&name) && !own.contains(&name)
            }
            TokenTree::Group(group) => mentions_foreign_parameter(group.stream(), own),
            TokenTree::Punct(_) | TokenTree::Literal(_) => false,
        };
        before = before.then(&token);
        found
    })
}

/// What stands before an identifier: `Kind::A`, `x.A` and `'A` are no paths that start with `A`, `x: A` and `0..A` are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    Nothing,
    Colon,
    Dot,
    Qualifier,
}

impl Before {
    /// The state after one more token.
    fn then(self, token: &TokenTree) -> Self {
        let TokenTree::Punct(punct) = token else { return Self::Nothing };
        match (punct.as_char(), punct.spacing()) {
            (':', Spacing::Joint) => Self::Colon,
            (':', Spacing::Alone) if self == Self::Colon => Self::Qualifier,
            ('.', Spacing::Joint) => Self::Dot,
            ('.', Spacing::Alone) if self != Self::Dot => Self::Qualifier,
            ('\'', _) => Self::Qualifier,
            _ => Self::Nothing,
        }
    }
}

/// `T`, `K1`: a capital letter and at most one digit.
pub(crate) fn looks_like_parameter(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(|first| first.is_ascii_uppercase())
        && chars.next().is_none_or(|second| second.is_ascii_digit())
        && chars.next().is_none()
}

/// Every borrow in a type that is not `'static`: references, and lifetimes in paths.
pub(crate) fn borrows(ty: &Type) -> Vec<Borrow> {
    let mut found = Borrows { bound: Vec::new(), found: Vec::new() };
    found.visit_type(ty);
    found.found
}

/// A borrow that a value may not hold.
#[derive(Clone)]
pub(crate) enum Borrow {
    /// `&T`, `&'a T`, `&mut T`.
    Reference(TypeReference),
    /// `'a` in `Row<'a>`.
    Lifetime(Lifetime),
}

impl ToTokens for Borrow {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match self {
            Self::Reference(reference) => reference.to_tokens(tokens),
            Self::Lifetime(lifetime) => lifetime.to_tokens(tokens),
        }
    }
}

/// Collects borrows, but not those of a callback's own parameters: `fn(&str)`, `dyn Fn(&str)`, `dyn for<'a> Rule<'a>`.
struct Borrows {
    bound: Vec<Lifetime>,
    found: Vec<Borrow>,
}

impl<'ast> Visit<'ast> for Borrows {
    fn visit_type_reference(&mut self, reference: &'ast TypeReference) {
        if !reference.lifetime.as_ref().is_some_and(|lifetime| self.is_kept(lifetime)) {
            self.found.push(Borrow::Reference(reference.clone()));
        }
        self.visit_type(&reference.elem);
    }

    fn visit_lifetime(&mut self, lifetime: &'ast Lifetime) {
        if !self.is_kept(lifetime) {
            self.found.push(Borrow::Lifetime(lifetime.clone()));
        }
    }

    fn visit_bound_lifetimes(&mut self, bound: &'ast BoundLifetimes) {
        self.bound.extend(bound.lifetimes.iter().filter_map(|parameter| match parameter {
            syn::GenericParam::Lifetime(parameter) => Some(parameter.lifetime.clone()),
            _ => None,
        }));
    }

    fn visit_type_fn_ptr(&mut self, _: &'ast TypeFnPtr) {}
    fn visit_parenthesized_generic_arguments(&mut self, _: &'ast ParenthesizedGenericArguments) {}
}

impl Borrows {
    /// Whether values may hold this lifetime.
    fn is_kept(&self, lifetime: &Lifetime) -> bool {
        lifetime.ident == "static" || self.bound.contains(lifetime)
    }
}

/// The first `impl Trait` in a type.
pub(crate) fn first_impl_trait(ty: &Type) -> Option<TypeImplTrait> {
    struct First(Option<TypeImplTrait>);
    impl<'ast> Visit<'ast> for First {
        fn visit_type_impl_trait(&mut self, ty: &'ast TypeImplTrait) {
            self.0.get_or_insert_with(|| ty.clone());
        }
    }
    let mut first = First(None);
    first.visit_type(ty);
    first.0
}

/// The first `Delayed<..>` in a type.
pub(crate) fn first_handle(ty: &Type) -> Option<TypePath> {
    struct First(Option<TypePath>);
    impl<'ast> Visit<'ast> for First {
        fn visit_type_path(&mut self, ty: &'ast TypePath) {
            let last = ty.path.segments.last();
            if last.is_some_and(|last| last.ident == "Delayed" && !last.arguments.is_empty()) {
                self.0.get_or_insert_with(|| ty.clone());
            }
            visit::visit_type_path(self, ty);
        }
    }
    let mut first = First(None);
    first.visit_type(ty);
    first.0
}

/// `T` of `Delayed<T>`, as one would write it.
pub(crate) fn plain_of(handle: &TypePath) -> String {
    let arguments = handle.path.segments.last().map(|last| &last.arguments);
    match arguments {
        Some(PathArguments::AngleBracketed(arguments)) => match arguments.args.first() {
            Some(GenericArgument::Type(plain)) => text_of(plain),
            _ => "T".to_owned(),
        },
        _ => "T".to_owned(),
    }
}

/// Replaces every `impl Trait` in a type by what `name` makes of it.
pub(crate) fn replace_impl_traits(ty: &Type, name: &mut dyn FnMut(&TypeImplTrait) -> Type) -> Type {
    struct Replace<'a>(&'a mut dyn FnMut(&TypeImplTrait) -> Type);
    impl VisitMut for Replace<'_> {
        fn visit_type_mut(&mut self, ty: &mut Type) {
            // The parentheses of `&(impl A + B)` would be too many round a name.
            if let Type::ImplTrait(found) = bare(ty) {
                *ty = (self.0)(found);
            } else {
                visit_mut::visit_type_mut(self, ty);
            }
        }
    }
    let mut replaced = ty.clone();
    Replace(name).visit_type_mut(&mut replaced);
    replaced
}

/// The paths of one segment without arguments: what the name of a type parameter may be.
pub(crate) fn has_bare_name(ty: &Type) -> bool {
    struct Bare(bool);
    impl<'ast> Visit<'ast> for Bare {
        fn visit_path(&mut self, path: &'ast Path) {
            let single = path.get_ident().is_some_and(|ident| {
                let ident = ident.clone();
                !is_plain(&Type::Path(syn::TypePath { attrs: Vec::new(), qself: None, path: ident.into() }))
            });
            self.0 |= single || path.segments.first().is_some_and(|first| first.ident == "Self");
            visit::visit_path(self, path);
        }
    }
    let mut bare = Bare(false);
    bare.visit_type(ty);
    bare.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ty(text: &str) -> Type {
        syn::parse_str(text).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn a_std_type_is_known_short_and_in_full_and_nothing_else_is() {
        let known = |text| std_segment(&ty(text)).map(|segment| segment.ident.to_string());
        assert_eq!(known("std::path::Path").as_deref(), Some("Path"));
        assert_eq!(known("(String)").as_deref(), Some("String"));
        assert_eq!(known("syn::Path"), None);
        assert_eq!(known("<T as Tr>::Vec"), None);
    }

    #[test]
    fn borrows_are_seen_but_not_those_of_callbacks() {
        let count = |text| borrows(&ty(text)).len();
        assert_eq!(count("Cow<'a, str>"), 1);
        assert_eq!(count("Row<'_>"), 1);
        assert_eq!(count("Vec<&str>"), 1);
        assert_eq!(count("&'static [&str]"), 1);
        assert_eq!(count("Cow<'static, str>"), 0);
        assert_eq!(count("Box<dyn Fn(&str) -> &str + Send>"), 0);
        assert_eq!(count("fn(&str)"), 0);
        assert_eq!(count("Box<dyn for<'a> Rule<'a>>"), 0);
    }

    #[test]
    fn a_foreign_parameter_is_a_path_of_one_capital() {
        let own = HashSet::from(["U".to_owned()]);
        let foreign = |text: &str| mentions_foreign_parameter(text.parse().unwrap_or_default(), &own);
        assert!(foreign("fn f(x: T)"));
        assert!(foreign("{ let x = T::default(); }"));
        assert!(foreign("fn f(x: Vec<K1>)"));
        assert!(!foreign("fn f(x: U)"));
        assert!(!foreign("{ Kind::A }"));
        assert!(!foreign("{ 'T' }"));
        assert!(!foreign("{ x.T }"));
        assert!(foreign("{ 0..N }"));
    }
}
