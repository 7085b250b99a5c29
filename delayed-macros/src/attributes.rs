//! Which of a function's attributes stand on the constructor, which on the body.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::{Attribute, Meta, Path, Token};

/// Where the body stands, seen from its constructor.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Body {
    /// In it: what is said of the constructor's lints holds for the body too.
    Inside,
    /// Beside it, under a hidden name.
    Hidden,
    /// Beside it, under a name that the user chose.
    Eager,
}

/// The attributes of the constructor and of the body.
#[derive(Default)]
pub(crate) struct Attributes {
    /// Those of the constructor.
    pub(crate) constructor: TokenStream,
    /// Those of the body.
    pub(crate) body: TokenStream,
}

/// Lints that look at a function from outside: expected of the constructor, which has the function's name.
const OF_THE_ITEM: [&str; 8] = [
    "dead_code",
    "missing_docs",
    "non_snake_case",
    "unreachable_pub",
    "private_interfaces",
    "private_bounds",
    "unused",
    "deprecated_in_future",
];

/// One thing that an attribute says, with the condition under which it does.
pub(crate) struct Said {
    condition: Option<Meta>,
    /// What is said.
    pub(crate) meta: Meta,
}

impl ToTokens for Said {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let meta = &self.meta;
        tokens.extend(match &self.condition {
            Some(condition) => quote!(#[cfg_attr(#condition, #meta)]),
            None => quote!(#[#meta]),
        });
    }
}

/// What an attribute says; a `cfg_attr` may say several things.
pub(crate) fn said(attribute: &Attribute) -> Vec<Said> {
    let plain = || vec![Said { condition: None, meta: attribute.meta.clone() }];
    let Meta::List(list) = &attribute.meta else { return plain() };
    if !list.path.is_ident("cfg_attr") {
        return plain();
    }
    let Some(metas) = metas(list.tokens.clone()) else { return plain() };
    let mut metas = metas.into_iter();
    let Some(condition) = metas.next() else { return plain() };
    metas.map(|meta| Said { condition: Some(condition.clone()), meta }).collect()
}

/// A list of metas; `None` if it is none, which rustc will say.
fn metas(tokens: TokenStream) -> Option<Punctuated<Meta, Token![,]>> {
    Punctuated::parse_terminated.parse2(tokens).ok()
}

/// The path of `no_mangle` and of `unsafe(no_mangle)`.
pub(crate) fn path_of(meta: &Meta) -> Path {
    match meta {
        Meta::List(list) if list.path.is_ident("unsafe") => metas(list.tokens.clone())
            .and_then(|metas| Some(metas.first()?.path().clone()))
            .unwrap_or(list.path.clone()),
        other => other.path().clone(),
    }
}

/// Whether the attribute sets the level of lints.
pub(crate) fn is_lint_level(path: &Path) -> bool {
    ["allow", "warn", "deny", "forbid", "expect"].iter().any(|level| path.is_ident(level))
}

/// Shares out the attributes of a function.
pub(crate) fn share_out(attributes: &[Attribute], body: Body) -> Attributes {
    let mut shared = Attributes::default();
    for said in attributes.iter().flat_map(said) {
        shared.put(&said, body);
    }
    shared
}

impl Attributes {
    /// Puts one attribute where it belongs.
    fn put(&mut self, said: &Said, body: Body) {
        let path = said.meta.path();
        let is = |word| path.is_ident(word);
        let both = is("cfg") && body != Body::Inside || (is("doc") || is("deprecated")) && body == Body::Eager;
        if is("expect") && body != Body::Inside {
            self.put_expected(said);
        } else if is_lint_level(path) {
            self.put_on(said, true, body != Body::Inside);
        } else if is("doc") || is("cfg") || is("deprecated") {
            self.put_on(said, true, both);
            if is("deprecated") && both {
                // The constructor calls the plain function, and its tasks are no part of it for this lint.
                self.put_on(quote!(#[allow(deprecated)]), true, false);
            }
        } else {
            // `must_use` too: a handle is `must_use` by itself.
            self.put_on(said, false, true);
        }
    }

    /// Puts an attribute on either or both.
    fn put_on(&mut self, said: impl ToTokens, constructor: bool, body: bool) {
        if constructor {
            said.to_tokens(&mut self.constructor);
        }
        if body {
            said.to_tokens(&mut self.body);
        }
    }

    /// An expected lint is reported once, so it may be expected in one place only.
    fn put_expected(&mut self, said: &Said) {
        let Meta::List(list) = &said.meta else { return self.put_on(said, false, true) };
        let Some(lints) = metas(list.tokens.clone()) else { return self.put_on(said, false, true) };
        let of_the_item = |meta: &Meta| OF_THE_ITEM.iter().any(|lint| meta.path().is_ident(lint));
        let (reason, lints): (Vec<_>, Vec<_>) = lints.into_iter().partition(|m| m.path().is_ident("reason"));
        let (outer, inner): (Vec<_>, Vec<_>) = lints.into_iter().partition(of_the_item);
        let level = |level: TokenStream, lints: &[Meta]| {
            let all = lints.iter().chain(&reason);
            let condition = said.condition.clone();
            (!lints.is_empty())
                .then(|| syn::parse2(quote!(#level(#(#all),*))).ok())
                .flatten()
                .map(|meta| Said { condition, meta })
        };
        self.put_on(level(quote!(expect), &outer), true, false);
        self.put_on(level(quote!(allow), &outer), false, true);
        self.put_on(level(quote!(expect), &inner), false, true);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use syn::ItemFn;

    fn shared(text: &str, body: Body) -> (String, String) {
        let function: ItemFn = syn::parse_str(&format!("{text} fn f() {{}}")).unwrap_or_else(|e| panic!("{text}: {e}"));
        let shared = share_out(&function.attrs, body);
        (shared.constructor.to_string().replace(' ', ""), shared.body.to_string().replace(' ', ""))
    }

    fn pair(constructor: &str, body: &str) -> (String, String) {
        (constructor.to_owned(), body.to_owned())
    }

    #[test]
    fn docs_go_to_the_constructor_and_work_to_the_body() {
        let written = "#[doc = \"x\"] #[inline] #[must_use] #[deprecated] #[cfg(a)]";
        assert_eq!(shared(written, Body::Inside), pair("#[doc=\"x\"]#[deprecated]#[cfg(a)]", "#[inline]#[must_use]"));
        assert_eq!(shared(written, Body::Hidden).1, "#[inline]#[must_use]#[cfg(a)]");
        assert_eq!(shared(written, Body::Eager).1, "#[doc=\"x\"]#[inline]#[must_use]#[deprecated]#[cfg(a)]");
    }

    #[test]
    fn a_conditional_attribute_is_taken_apart() {
        let written = "#[cfg_attr(a, doc(hidden), instrument(skip(x)))]";
        let expected = pair("#[cfg_attr(a,doc(hidden))]", "#[cfg_attr(a,instrument(skip(x)))]");
        assert_eq!(shared(written, Body::Inside), expected);
    }

    #[test]
    fn an_expected_lint_is_expected_once() {
        let written = "#[expect(dead_code, unused_variables, reason = \"r\")]";
        let all = "#[expect(dead_code,unused_variables,reason=\"r\")]";
        assert_eq!(shared(written, Body::Inside), pair(all, ""));
        let constructor = "#[expect(dead_code,reason=\"r\")]";
        let body = "#[allow(dead_code,reason=\"r\")]#[expect(unused_variables,reason=\"r\")]";
        assert_eq!(shared(written, Body::Hidden), pair(constructor, body));
        assert_eq!(shared("#[allow(dead_code)]", Body::Hidden), pair("#[allow(dead_code)]", "#[allow(dead_code)]"));
    }
}
