//! The values of options: each kind has one reader, whose error says how the option is written.

use proc_macro2::Ident;
use std::fmt::Display;
use std::str::FromStr;
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::punctuated::Punctuated;
use syn::{LitInt, LitStr, Path, Token, parenthesized, token};

/// The value of one option, still to be read.
pub(super) struct Value<'a> {
    /// The option's word.
    pub(super) word: &'a Ident,
    /// How the option is written.
    pub(super) written: &'static str,
    /// What follows the word.
    pub(super) input: ParseStream<'a>,
}

impl Value<'_> {
    /// No value.
    pub(super) fn flag(&self) -> syn::Result<()> {
        if self.input.peek(Token![=]) || self.input.peek(token::Paren) {
            return Err(self.error("takes no value; write", "alone"));
        }
        Ok(())
    }

    /// A string that is not empty.
    pub(super) fn name(&self) -> syn::Result<LitStr> {
        let text: LitStr = self.after_equals("a string")?;
        if text.value().is_empty() {
            return Err(syn::Error::new(text.span(), format!("`{}` must not be empty", self.word)));
        }
        Ok(text)
    }

    /// An identifier.
    pub(super) fn ident(&self) -> syn::Result<Ident> {
        self.after_equals("a name")
    }

    /// A path.
    pub(super) fn path(&self) -> syn::Result<Path> {
        self.equals("a path")?;
        Path::parse_mod_style(self.input).map_err(|error| self.wrong_kind(error.span(), "a path"))
    }

    /// A number from zero on.
    pub(super) fn whole(&self) -> syn::Result<u32> {
        self.number()
    }

    /// A number that may be negative.
    pub(super) fn signed(&self) -> syn::Result<i32> {
        self.number()
    }

    /// A duration as a string, in microseconds.
    pub(super) fn duration(&self) -> syn::Result<u64> {
        self.duration_if(|_| true)
    }

    /// A duration that is not zero.
    pub(super) fn some_duration(&self) -> syn::Result<u64> {
        self.duration_if(|micros| micros > 0)
    }

    /// A duration that is long enough.
    fn duration_if(&self, is_long_enough: fn(u64) -> bool) -> syn::Result<u64> {
        let literal: LitStr = self.after_equals("a duration as a string")?;
        let text = literal.value();
        let message = match microseconds(&text) {
            Some(micros) if is_long_enough(micros) => return Ok(micros),
            Some(_) => format!(
                "`{} = \"{text}\"` would fail every attempt; write a longer one, like `{}`",
                self.word, self.written
            ),
            None => format!(
                "`{text}` is not a duration; write a whole number and one of the units `us`, `ms`, `s`, `m`, `h`, like \
                 `{}`",
                self.written
            ),
        };
        Err(syn::Error::new(literal.span(), message))
    }

    /// Names of lints in parentheses.
    pub(super) fn lints(&self, known: &[&str], at_run_time: &[&str]) -> syn::Result<Vec<Ident>> {
        if !self.input.peek(token::Paren) {
            return Err(self.error("takes names of lints; write", ""));
        }
        let list;
        parenthesized!(list in self.input);
        let names = Punctuated::<Ident, Token![,]>::parse_terminated_with(&list, Ident::parse_any)
            .map_err(|error| self.wrong_kind(error.span(), "names of lints"))?;
        if names.is_empty() {
            return Err(self.error("takes names of lints; write", ""));
        }
        for name in &names {
            if at_run_time.iter().any(|advice| name == advice) {
                let message = format!(
                    "`{name}` is advice at run time about a call or a run, not about this function; remove it here. The \
                     environment variable `DELAYED_ADVICE=off` switches all advice off"
                );
                return Err(syn::Error::new(name.span(), message));
            }
            if !known.contains(&name.to_string().as_str()) {
                let message = format!("unknown lint `{name}`; allowed are `{}`", known.join("`, `"));
                return Err(syn::Error::new(name.span(), message));
            }
        }
        Ok(names.into_iter().collect())
    }

    /// A number that the type can hold.
    fn number<N: FromStr<Err: Display>>(&self) -> syn::Result<N> {
        let number: LitInt = self.after_equals("a whole number")?;
        number.base10_parse().map_err(|_| self.wrong_kind(number.span(), "a whole number"))
    }

    /// `= value`.
    fn after_equals<T: syn::parse::Parse>(&self, kind: &str) -> syn::Result<T> {
        self.equals(kind)?;
        let place = self.input.span();
        self.input.parse().map_err(|_| self.wrong_kind(place, kind))
    }

    /// The `=`.
    fn equals(&self, kind: &str) -> syn::Result<()> {
        if !self.input.peek(Token![=]) {
            return Err(self.wrong_kind(self.word.span(), kind));
        }
        self.input.parse::<Token![=]>().map(|_| ())
    }

    /// The error about a value of another kind.
    fn wrong_kind(&self, place: proc_macro2::Span, kind: impl Display) -> syn::Error {
        syn::Error::new(place, format!("`{}` takes {kind}; write `{}`", self.word, self.written))
    }

    /// An error at the word.
    fn error(&self, what: &str, after: &str) -> syn::Error {
        let message = format!("`{}` {what} `{}` {after}", self.word, self.written);
        syn::Error::new(self.word.span(), message.trim_end())
    }
}

/// Nothing may stand between an option and the comma after it.
pub(super) fn end_of_option(input: ParseStream<'_>) -> syn::Result<()> {
    if input.is_empty() || input.peek(Token![,]) {
        return Ok(());
    }
    Err(input.error("expected `,` before the next option"))
}

/// The length of `100ms`, `5s`, ..
fn microseconds(text: &str) -> Option<u64> {
    let unit = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let number: u64 = text.strip_suffix(unit)?.parse().ok()?;
    let micros = match unit {
        "us" => 1,
        "ms" => 1_000,
        "s" => 1_000_000,
        "m" => 60 * 1_000_000,
        "h" => 60 * 60 * 1_000_000,
        _ => return None,
    };
    number.checked_mul(micros)
}
