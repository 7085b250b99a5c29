//! The item under the attribute, as far as the macro reads it: the body stays what the user wrote.

use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::{Attribute, Signature, Token, Visibility};

/// A function whose body is not looked into.
pub(crate) struct Function {
    /// Its attributes, but for the macro's own.
    pub(crate) attrs: Vec<Attribute>,
    /// Its visibility.
    pub(crate) vis: Visibility,
    /// Its signature.
    pub(crate) sig: Signature,
    /// Its body in braces: the user's tokens with their places.
    pub(crate) body: Group,
}

impl Parse for Function {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attrs = input.call(Attribute::parse_outer)?;
        let vis = input.parse()?;
        let start = input.fork();
        let sig: Signature = input.parse().map_err(|error| not_a_function(&start).unwrap_or(error))?;
        if input.peek(Token![;]) {
            let message = "a function without a body cannot be delayed; put `#[delayed]` on a free function or on a \
                           method of an inherent impl";
            return Err(syn::Error::new_spanned(&sig.ident, message));
        }
        let body = block(input.parse()?)?;
        Ok(Self { attrs, vis, sig, body })
    }
}

/// The braces of the body; a `$body:block` of `macro_rules` has invisible delimiters round them.
fn block(token: TokenTree) -> syn::Result<Group> {
    match token {
        TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => Ok(group),
        TokenTree::Group(group) if group.delimiter() == Delimiter::None => {
            let mut inside = group.stream().into_iter();
            match (inside.next(), inside.next()) {
                (Some(only), None) => block(only),
                _ => Err(syn::Error::new(group.span(), "expected the body in braces")),
            }
        }
        other => Err(syn::Error::new(other.span(), "expected the body in braces")),
    }
}

/// Reads the function.
pub(crate) fn function(item: TokenStream) -> syn::Result<Function> {
    Function::parse.parse2(item)
}

/// The error about another kind of item, at its keyword. `None`: it is a function that syn cannot read.
fn not_a_function(input: ParseStream<'_>) -> Option<syn::Error> {
    let mut word = Ident::parse_any(input).ok()?;
    while ["unsafe", "auto", "default", "safe", "async", "extern", "const"].iter().any(|modifier| word == modifier) {
        word = Ident::parse_any(input).ok()?;
    }
    let instead = match word.to_string().as_str() {
        "fn" => return None,
        "impl" => "an `impl` block; put it on each method",
        "trait" => "a `trait`; put it on a free function or on a method of an inherent impl",
        "mod" => "a `mod`; put it on each function",
        "struct" | "enum" | "union" => "a type; to pass handles in its fields, derive `DelayedArg`",
        _ => "this; put it on a `fn`",
    };
    Some(syn::Error::new(word.span(), format!("`#[delayed]` goes on a function, not on {instead}")))
}
