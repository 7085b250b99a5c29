//! `#[derive(DelayedArg)]`: the plain twin of a struct of handles, and what lets the one stand for the other.

mod options;

use crate::errors::Errors;
use crate::names::{self, Runtime};
use crate::types::{self, type_arguments};
use options::Options;
use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::visit_mut::{self, VisitMut};
use syn::{Attribute, Data, DataStruct, DeriveInput, Field, Fields, Index, Member, Type};

/// The whole expansion.
pub(crate) fn arg(input: &DeriveInput) -> TokenStream {
    let mut errors = Errors::default();
    let options = Options::parse(&input.attrs, &mut errors);
    let Some(fields) = fields(input, &mut errors) else { return errors.to_compile_errors() };
    let twin = Twin::new(input, &options, fields);
    if !twin.fields.iter().any(|field| field.holds_handles) {
        let message = "no field of this struct holds a `Delayed`, so it is a plain value already; leave the derive out";
        errors.at(&input.ident, message);
    }
    twin.fields.iter().for_each(|part| not_shared(part, &mut errors));
    let declaration = twin.declaration(&options);
    if !errors.is_empty() {
        // The twin still stands, so that functions which take it are not red as well.
        let errors = errors.to_compile_errors();
        return quote!(#errors #declaration);
    }
    let shape = twin.shape();
    let arg = twin.arg(&options);
    quote!(#declaration #shape #arg)
}

/// The fields of a struct; anything else is refused.
fn fields<'a>(input: &'a DeriveInput, errors: &mut Errors) -> Option<&'a Fields> {
    let mut refuse = |tokens: &dyn ToTokens, what: &str| {
        let message = format!("`DelayedArg` is derived for structs, not for {what}; put the handles into a struct");
        errors.at(tokens, message);
    };
    let fields = match &input.data {
        Data::Struct(DataStruct { fields: Fields::Unit, .. }) => {
            refuse(&input.ident, "a unit struct, which holds nothing");
            return None;
        }
        Data::Struct(data) => &data.fields,
        Data::Enum(data) => {
            refuse(&data.enum_token, "enums");
            return None;
        }
        Data::Union(data) => {
            refuse(&data.union_token, "unions");
            return None;
        }
    };
    if input.generics.params.is_empty() {
        return Some(fields);
    }
    let message = "`DelayedArg` cannot be derived for a generic struct; write out the types of its fields";
    errors.at(&input.generics.params, message);
    None
}

/// Types that everyone knows to be no values are refused where they stand: rustc would say so a dozen times.
fn not_shared(part: &Part<'_>, errors: &mut Errors) {
    for (name, instead) in
        [("Rc", "take an `Arc`"), ("RefCell", "take the plain value"), ("Cell", "take the plain value")]
    {
        if let Some(found) = types::find_word(part.field.ty.to_token_stream(), name) {
            errors.at(found, format_args!("`{name}` cannot go from one thread to another, and values do; {instead}"));
        }
    }
}

/// The struct of handles and the plain one.
struct Twin<'a> {
    input: &'a DeriveInput,
    name: Ident,
    runtime: Runtime,
    is_named: bool,
    fields: Vec<Part<'a>>,
}

/// One field.
struct Part<'a> {
    field: &'a Field,
    member: Member,
    plain: Type,
    holds_handles: bool,
    plan: Ident,
}

impl<'a> Twin<'a> {
    fn new(input: &'a DeriveInput, options: &Options, fields: &'a Fields) -> Self {
        let name = options
            .name
            .clone()
            .unwrap_or_else(|| format_ident!("{}Value", input.ident, span = names::own_at(input.ident.span())));
        let part = |(index, field): (usize, &'a Field)| {
            let (plain, holds_handles) = plain(&field.ty);
            let member = field.ident.clone().map_or_else(|| Member::Unnamed(Index::from(index)), Member::Named);
            Part { field, member, plain, holds_handles, plan: names::fresh("__plan", index) }
        };
        let is_named = matches!(fields, Fields::Named(_));
        let runtime = Runtime::new(options.krate.as_ref());
        Self { input, name, runtime, is_named, fields: fields.iter().enumerate().map(part).collect() }
    }

    /// The plain struct: the same fields without `Delayed`, the same visibility, the same docs.
    fn declaration(&self, options: &Options) -> TokenStream {
        let (about, vis, name) = (docs(&self.input.attrs), &self.input.vis, &self.name);
        let derives = options.derives();
        let fields = self.fields.iter().map(|part| {
            let Field { attrs, vis, ident, colon_token, .. } = part.field;
            let (docs, plain) = (docs(attrs), &part.plain);
            quote!(#docs #vis #ident #colon_token #plain)
        });
        let fields = if self.is_named { quote!({ #(#fields),* }) } else { quote!((#(#fields),*);) };
        quote!(#about #[allow(dead_code)] #derives #vis struct #name #fields)
    }

    /// What the runtime asks of a shape: its handles, and the plain value once they are done.
    fn shape(&self) -> TokenStream {
        let (p, ident, name) = (&self.runtime, &self.input.ident, &self.name);
        let with_handles = self.fields.iter().filter(|part| part.holds_handles);
        let (visits, teaches): (Vec<_>, Vec<_>) = with_handles
            .map(|part| {
                let member = &part.member;
                (quote!(#p::Handles::visit(&self.#member, f);), quote!(#p::Field(&self.#member).teach();))
            })
            .unzip();
        let shapes: Vec<_> = self.fields.iter().map(|part| part.shape(p)).collect();
        let values = self.fields.iter().map(|part| part.value(p));
        let members: Vec<_> = self.fields.iter().map(|part| &part.member).collect();
        let plans: Vec<_> = self.fields.iter().map(|part| &part.plan).collect();
        let clones = self.fields.iter().map(|part| part.clone(p));
        let plan = Ident::new("__Plan", names::own());
        quote! {
            impl #p::Handles for #ident {
                fn visit(&self, f: &mut dyn ::core::ops::FnMut(&#p::Node)) { #(#visits)* }
            }
            const _: () = {
                pub struct #plan(usize, #(<#shapes as #p::Shape>::Plan),*);
                impl ::core::clone::Clone for #plan {
                    fn clone(&self) -> Self {
                        let Self(handles, #(#plans),*) = self;
                        Self(*handles, #(#clones),*)
                    }
                }
                impl #p::Shape for #ident {
                    type Output = #name;
                    type Tried = ::core::result::Result<#name, #p::Error>;
                    type Plan = #plan;
                    fn plan(self, outputs: &mut #p::Outputs) -> #plan {
                        {
                            use #p::NoTeach as _;
                            #(#teaches)*
                        }
                        let before = outputs.len();
                        let mut plan = #plan(0, #(<#shapes as #p::Shape>::plan(#values, outputs)),*);
                        plan.0 = outputs.len() - before;
                        plan
                    }
                    fn get(#plan(_, #(#plans),*): #plan, fetch: &mut #p::Fetch<'_>)
                        -> ::core::result::Result<#name, #p::Error>
                    {
                        ::core::result::Result::Ok(#name { #(#members: <#shapes as #p::Shape>::get(#plans, fetch)?),* })
                    }
                    fn try_get(plan: #plan, fetch: &mut #p::Fetch<'_>) -> Self::Tried {
                        fetch.whole(plan.0, |fetch| <Self as #p::Shape>::get(plan, fetch))
                    }
                }
            };
        }
    }

    /// A parameter of the plain type takes the struct of handles: by value where it can be cloned.
    fn arg(&self, options: &Options) -> TokenStream {
        let (p, ident, name) = (&self.runtime, &self.input.ident, &self.name);
        let by_value = options.derives_clone().then(|| quote!(#p::derive_arg_val!(#ident, #name);));
        quote!(#by_value #p::derive_arg_ref!(#ident, #name);)
    }
}

impl Part<'_> {
    /// The field's type as a shape; a field without handles is kept as it is.
    fn shape(&self, p: &Runtime) -> TokenStream {
        let ty = &self.field.ty;
        let p = p.at(ty.span());
        if self.holds_handles { ty.to_token_stream() } else { quote_spanned!(names::own_at(ty.span())=> #p::Kept<#ty>) }
    }

    /// A copy of the field's plan: what cannot be cloned is shown at the field's type.
    fn clone(&self, p: &Runtime) -> TokenStream {
        let (plan, ty) = (&self.plan, &self.field.ty);
        if self.holds_handles {
            return quote!(::core::clone::Clone::clone(#plan));
        }
        let p = p.at(ty.span());
        quote_spanned!(names::own_at(ty.span())=> #p::clone_kept::<#ty>(#plan))
    }

    /// The field's value as that shape.
    fn value(&self, p: &Runtime) -> TokenStream {
        let member = &self.member;
        if self.holds_handles { quote!(self.#member) } else { quote!(#p::Kept(self.#member)) }
    }
}

/// The docs among the attributes.
fn docs(attributes: &[Attribute]) -> TokenStream {
    attributes.iter().filter(|attribute| attribute.path().is_ident("doc")).map(ToTokens::to_token_stream).collect()
}

/// The type with every `Delayed<X>` replaced by `X`, and whether there was one.
fn plain(ty: &Type) -> (Type, bool) {
    struct Plain(bool);
    impl VisitMut for Plain {
        fn visit_type_mut(&mut self, ty: &mut Type) {
            if let Some(value) = delayed_value(ty).cloned() {
                self.0 = true;
                *ty = value;
            }
            visit_mut::visit_type_mut(self, ty);
        }
    }
    let (mut plain, mut ty) = (Plain(false), ty.clone());
    plain.visit_type_mut(&mut ty);
    (ty, plain.0)
}

/// `X` of `Delayed<X>`.
fn delayed_value(ty: &Type) -> Option<&Type> {
    let Type::Path(path) = types::bare(ty) else { return None };
    let last = path.path.segments.last().filter(|last| last.ident == "Delayed")?;
    match type_arguments(last)?.as_slice() {
        [value] => Some(value),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expand(text: &str) -> String {
        let input: DeriveInput = syn::parse_str(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        arg(&input).to_string().replace(' ', "")
    }

    #[test]
    fn the_twin_has_the_same_fields_without_handles() {
        let twin = expand("pub struct Job { #[doc = \"Where.\"] pub path: String, rows: Vec<Delayed<i64>> }");
        assert!(twin.contains("pubstructJobValue{#[doc=\"Where.\"]pubpath:String,rows:Vec<i64>}"), "{twin}");
        assert!(twin.contains("derive_arg_ref!(Job,JobValue)") && !twin.contains("derive_arg_val"));
        let twin = expand("#[delayed_arg(name = Plain, derive(Clone, Debug))] struct Job(delayed::Delayed<i64>);");
        assert!(
            twin.contains("#[derive(Clone,Debug)]structPlain(i64);") && twin.contains("derive_arg_val!(Job,Plain)")
        );
    }

    #[test]
    fn what_cannot_be_derived_says_why() {
        for (written, part) in [
            ("enum E { A }", "notforenums"),
            ("union U { a: i64 }", "notforunions"),
            ("struct S;", "notforaunitstruct"),
            ("struct S<T> { a: Delayed<T> }", "genericstruct"),
            ("struct S { a: i64 }", "nofieldofthisstruct"),
            ("#[delayed_arg(nam = X)] struct S { a: Delayed<i64> }", "unknownoption`nam`"),
            ("#[delayed_arg(name = A, name = B)] struct S { a: Delayed<i64> }", "`name`isgiventwice"),
        ] {
            assert!(expand(written).contains(part), "{written}: {}", expand(written));
        }
        assert!(expand("struct S { a: i64 }").contains("structSValue{a:i64}"), "the twin is there all the same");
    }
}
