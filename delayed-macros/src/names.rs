//! Names that cannot meet the user's, and the path under which the user's crate knows the runtime.

use crate::lints;
use proc_macro_crate::{FoundCrate, crate_name};
use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote};
use syn::Path;
use syn::ext::IdentExt;

/// A span of the macro's own: local names are out of the user's reach, and rustc does not lint what stands there.
pub(crate) fn own() -> Span {
    Span::mixed_site()
}

/// The same, placed at the user's tokens, so that what rustc says about generated code points there. An editor takes all
/// that is placed at a word for the word's meaning: there, nothing is.
pub(crate) fn own_at(user: Span) -> Span {
    if lints::in_editor() { own() } else { own().located_at(user) }
}

/// A name of the macro's own, shown at the user's tokens.
pub(crate) fn at(name: &Ident, user: Span) -> Ident {
    Ident::new(&name.to_string(), own_at(user))
}

/// A fresh identifier, such as `__a0`. A local name is out of the user's reach, but the user's constants are not out of
/// reach of a pattern: hence names that nobody gives.
pub(crate) fn fresh(prefix: &str, index: usize) -> Ident {
    format_ident!("{prefix}{index}", span = own())
}

/// The type that stands for one function's task. Nested in the constructor, where the user's body could see it.
pub(crate) fn task() -> Ident {
    Ident::new("__DelayedTask", own())
}

/// The body of a function, nested in its constructor. Not the function's own name: that means the constructor.
pub(crate) fn nested_body(function: &Ident) -> Ident {
    format_ident!("__{}_body", function.unraw(), span = own_at(function.span()))
}

/// The body of a method, beside its constructor. In an impl of a trait rustc prints the name, so the name is the reason.
pub(crate) fn method_body(function: &Ident) -> Ident {
    let name = function.unraw();
    format_ident!("__{name}_body_a_trait_method_cannot_be_delayed_use_an_inherent_impl", span = own_at(function.span()))
}

/// Tokens outside of groups, placed elsewhere.
pub(crate) fn placed(tokens: TokenStream, place: Span) -> TokenStream {
    let moved = tokens.into_iter().map(|mut token| {
        if !matches!(token, TokenTree::Group(_)) {
            token.set_span(place);
        }
        token
    });
    moved.collect()
}

/// Where generated code finds what it calls: the facade's hidden door.
#[derive(Clone)]
pub(crate) struct Runtime(TokenStream);

impl Runtime {
    /// The path that the user gave, or the one found in the user's `Cargo.toml`.
    pub(crate) fn new(given: Option<&Path>) -> Self {
        let root = given.map_or_else(found, ToTokens::to_token_stream);
        Self(quote!(#root::__private))
    }

    /// The same path placed at the user's tokens: rustc shows the user's type, not the attribute, for what stands there.
    pub(crate) fn at(&self, user: Span) -> Self {
        Self(placed(self.0.clone(), own_at(user)))
    }
}

impl ToTokens for Runtime {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.0.to_tokens(tokens);
    }
}

/// A crate that does not name `delayed` may still see it (through a re-export of its own): the plain name is the guess.
fn found() -> TokenStream {
    let name = match crate_name("delayed") {
        Ok(FoundCrate::Name(name)) => Ident::new(&name, Span::call_site()),
        Ok(FoundCrate::Itself) | Err(_) => Ident::new("delayed", Span::call_site()),
    };
    quote!(::#name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_raw_name_loses_its_mark_in_fresh_names() {
        let name: Ident = syn::parse_str("r#match").unwrap_or_else(|_| task());
        assert_eq!(nested_body(&name).to_string(), "__match_body");
        assert!(method_body(&name).to_string().starts_with("__match_body_a_trait_method"));
    }

    #[test]
    fn the_path_is_given_or_found() {
        let given: Option<Path> = syn::parse_str("my::kit").ok();
        assert_eq!(Runtime::new(given.as_ref()).to_token_stream().to_string(), "my :: kit :: __private");
        assert_eq!(Runtime::new(None).to_token_stream().to_string(), ":: delayed :: __private");
    }
}
