//! Names in format strings.

use proc_macro2::{Ident, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::{Expr, ExprLit, Lit, LitStr, Macro, Token};

/// Macros of std whose arguments are expressions, and whose first string is a format.
const FORMATS: [&str; 18] = [
    "format",
    "print",
    "println",
    "eprint",
    "eprintln",
    "write",
    "writeln",
    "panic",
    "assert",
    "assert_eq",
    "assert_ne",
    "debug_assert",
    "debug_assert_eq",
    "debug_assert_ne",
    "format_args",
    "todo",
    "unreachable",
    "unimplemented",
];

/// Whether strings in a call of this macro are formats, as far as is known.
pub(super) fn is_format(mac: &Macro) -> bool {
    mac.path.segments.last().is_some_and(|last| FORMATS.iter().any(|name| last.ident == name))
}

/// Whether a macro of std of this name takes expressions, and perhaps more.
pub(super) fn takes_expressions(name: &str) -> bool {
    FORMATS.contains(&name) || ["vec", "dbg", "matches"].contains(&name)
}

/// Macros of tokio and futures that await their arguments.
const AWAITING: [&str; 3] = ["join", "try_join", "select"];

/// Whether the macro awaits.
pub(super) fn awaits(mac: &Macro) -> bool {
    mac.path.segments.last().is_some_and(|last| AWAITING.iter().any(|name| last.ident == name))
}

/// Whether tokens that are no expressions await.
pub(super) fn has_await(tokens: TokenStream) -> bool {
    let mut after_dot = false;
    tokens.into_iter().any(|token| {
        let after = std::mem::replace(&mut after_dot, matches!(&token, TokenTree::Punct(dot) if dot.as_char() == '.'));
        match token {
            TokenTree::Group(group) => has_await(group.stream()),
            TokenTree::Ident(ident) => after && ident == "await",
            _ => false,
        }
    })
}

/// Which argument of this macro is a format.
pub(super) fn format_at(mac: &Macro) -> Option<usize> {
    let name = mac.path.segments.last().filter(|_| is_format(mac))?.ident.to_string();
    Some(match name.trim_start_matches("debug_") {
        "write" | "writeln" | "assert" => 1,
        "assert_eq" | "assert_ne" => 2,
        _ => 0,
    })
}

/// Whether the names in this macro's arguments are variables.
pub(super) fn is_known(mac: &Macro) -> bool {
    is_format(mac) || awaits(mac) || mac.path.is_ident("vec") || mac.path.is_ident("dbg")
}

/// The arguments of a macro, if they are expressions.
pub(super) fn arguments(mac: &Macro) -> Option<Punctuated<Expr, Token![,]>> {
    let parser = Punctuated::<Expr, Token![,]>::parse_terminated;
    if let Ok(arguments) = parser.parse2(mac.tokens.clone()) {
        return Some(arguments);
    }
    None
}

/// The arguments of a macro of std that takes expressions, and is no declaration.
pub(crate) fn std_arguments(mac: &Macro) -> Option<Punctuated<Expr, Token![,]>> {
    let is_list = mac.path.is_ident("vec") || mac.path.is_ident("dbg");
    if is_format(mac) || is_list { Some(arguments(mac).unwrap_or_default()) } else { None }
}

/// The names in a string, as a format has them: `x` of `"{x:?} and {{y}}"`.
pub(super) fn names(text: &LitStr) -> Vec<Ident> {
    let value = text.value();
    let mut names = Vec::new();
    let mut rest = value.as_str();
    while let Some(at) = rest.find('{') {
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('{') {
            rest = after;
            continue;
        }
        let end = rest.find('}').unwrap_or(rest.len());
        let (name, spec) = rest[..end].split_once(':').unwrap_or((&rest[..end], ""));
        let widths = spec.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$'));
        let widths = widths
            .filter_map(|part| part.strip_suffix('$'))
            .map(|part| part.trim_start_matches(|c: char| c.is_ascii_digit()));
        names.extend(std::iter::once(name.trim()).chain(widths).filter_map(|name| ident(name, text)));
        rest = &rest[end..];
    }
    names
}

fn ident(name: &str, at: &LitStr) -> Option<Ident> {
    let any = Ident::parse_any.parse_str(name).ok()?;
    let is_plain = syn::parse_str::<Ident>(name).is_ok();
    let can_be_raw = !["self", "super", "crate", "Self", "_"].contains(&name);
    match (is_plain, can_be_raw) {
        (true, _) => Some(Ident::new(&any.to_string(), at.span())),
        (false, true) => Some(Ident::new_raw(&any.to_string(), at.span())),
        (false, false) => None,
    }
}

/// Every string and every name in tokens that are no expressions; in paths the first, and no field or lifetime.
pub(super) fn scan(tokens: TokenStream, on_name: &mut dyn FnMut(&Ident), on_text: &mut dyn FnMut(&LitStr)) {
    // The signs right before.
    let mut before = String::new();
    for token in tokens {
        match &token {
            TokenTree::Group(group) => scan(group.stream(), on_name, on_text),
            TokenTree::Ident(ident) => {
                let is_field = before.ends_with('.') && !before.ends_with("..");
                if !is_field && !before.ends_with("::") && !before.ends_with('\'') {
                    on_name(ident);
                }
            }
            TokenTree::Literal(literal) => {
                if let Ok(Expr::Lit(ExprLit { lit: Lit::Str(text), .. })) = syn::parse_str(&literal.to_string()) {
                    on_text(&LitStr::new(&text.value(), literal.span()));
                }
            }
            _ => {}
        }
        match &token {
            TokenTree::Punct(sign) => before.push(sign.as_char()),
            _ => before.clear(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proc_macro2::Span;

    #[test]
    fn names_of_tokens() {
        let found = |text: &str| -> Vec<String> {
            let mut names = Vec::new();
            scan(text.parse().unwrap_or_default(), &mut |name| names.push(name.to_string()), &mut |_| {});
            names
        };
        assert_eq!(found("{ \"total\": t, other: u }"), ["t", "other", "u"]);
        assert_eq!(found("a.b; c::d; ..e; 'f: g; h => (i)"), ["a", "c", "e", "g", "h", "i"]);
    }

    #[test]
    fn awaits_in_tokens() {
        let found = |text: &str| has_await(text.parse().unwrap_or_default());
        assert!(found("a => { f(x).await }"));
        assert!(!found("await; await: 1; x.b"));
    }

    #[test]
    fn names_of_a_format() {
        let found = |text: &str| -> Vec<String> {
            names(&LitStr::new(text, Span::call_site())).iter().map(ToString::to_string).collect()
        };
        assert_eq!(found("{a} of {b:?}, {{c}}, {}, {0}, {d:>width$.prec$}"), ["a", "b", "d", "width", "prec"]);
        assert_eq!(found("{{{a}}} {"), ["a"]);
    }
}
