//! The options of `#[delayed_arg(..)]`.

use crate::errors::Errors;
use crate::options::skip_to_comma;
use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::meta::ParseNestedMeta;
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Attribute, Meta, Path, Token};

/// What is allowed.
const ALLOWED: &str = "allowed are `name = Ident`, `derive(Clone, ..)`, `crate = path`";

/// What the user asks of the plain twin.
#[derive(Default)]
pub(super) struct Options {
    /// Its name.
    pub(super) name: Option<Ident>,
    /// Where the crate `delayed` is found.
    pub(super) krate: Option<Path>,
    derive: Option<Punctuated<Path, Token![,]>>,
}

impl Options {
    /// Reads all attributes of that name.
    pub(super) fn parse(attributes: &[Attribute], errors: &mut Errors) -> Self {
        let mut options = Self::default();
        for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("delayed_arg")) {
            match &attribute.meta {
                Meta::List(list) => {
                    let read = syn::meta::parser(|meta| {
                        // What is wrong with one option keeps none of the others from being read.
                        if errors.keep(options.read_one(&meta)).is_none() {
                            skip_to_comma(meta.input)?;
                        }
                        Ok(())
                    });
                    let whole = read.parse2(list.tokens.clone());
                    errors.keep(whole);
                }
                other => errors.at(other, format_args!("`delayed_arg` takes a list of options; {ALLOWED}")),
            }
        }
        options
    }

    /// Reads one option.
    fn read_one(&mut self, meta: &ParseNestedMeta<'_>) -> syn::Result<()> {
        if meta.path.is_ident("name") {
            let value = after_equals(meta, Ident::parse, "`name` takes a name; write `name = Ident`")?;
            set_once(&mut self.name, meta, value)
        } else if meta.path.is_ident("crate") {
            let value = after_equals(meta, Path::parse_mod_style, "`crate` takes a path; write `crate = path`")?;
            set_once(&mut self.krate, meta, value)
        } else if meta.path.is_ident("derive") {
            let value = derives(meta.input).map_err(|error| {
                syn::Error::new(error.span(), "`derive` takes names of traits; write `derive(Clone, ..)`")
            })?;
            set_once(&mut self.derive, meta, value)
        } else {
            let word = meta.path.segments.last().map(|segment| segment.ident.to_string()).unwrap_or_default();
            Err(meta.error(format_args!("unknown option `{word}`; {ALLOWED}")))
        }
    }

    /// The twin's `derive`.
    pub(super) fn derives(&self) -> TokenStream {
        self.derive.as_ref().map(|paths| quote!(#[derive(#paths)])).unwrap_or_default()
    }

    /// Whether the twin is `Clone`.
    pub(super) fn derives_clone(&self) -> bool {
        let is_clone = |path: &Path| path.segments.last().is_some_and(|last| last.ident == "Clone");
        self.derive.iter().flatten().any(is_clone)
    }
}

/// `= value`, or an error that says how it is written.
fn after_equals<T>(
    meta: &ParseNestedMeta<'_>,
    parse: fn(ParseStream<'_>) -> syn::Result<T>,
    message: &str,
) -> syn::Result<T> {
    if !meta.input.peek(Token![=]) {
        return Err(meta.error(message));
    }
    let value = meta.value()?;
    let place = value.span();
    parse(value).map_err(|_| syn::Error::new(place, message))
}

/// Traits in parentheses.
fn derives(input: ParseStream<'_>) -> syn::Result<Punctuated<Path, Token![,]>> {
    let list;
    syn::parenthesized!(list in input);
    Punctuated::parse_terminated_with(&list, Path::parse_mod_style)
}

/// Sets an option; the second time is an error.
fn set_once<T>(slot: &mut Option<T>, meta: &ParseNestedMeta<'_>, value: T) -> syn::Result<()> {
    if slot.is_some() {
        let word = meta.path.segments.last().map(|segment| segment.ident.to_string()).unwrap_or_default();
        return Err(syn::Error::new_spanned(&meta.path, format!("`{word}` is given twice; write it once")));
    }
    *slot = Some(value);
    Ok(())
}
