//! The checked shape of a function: what the expansion needs to know, beside what the user wrote.

use crate::errors::Errors;
use crate::generics;
use crate::names::{self, Runtime};
use crate::options::Options;
use crate::parse::Function;
use crate::pattern::{self, Pattern};
use crate::types;
use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote_spanned};
use std::collections::HashSet;
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::visit::Visit;
use syn::{Attribute, FnArg, Generics, Item, Macro, Pat, ReceiverKind, ReturnType, Type, parse_quote};

/// A function and what is known of it.
pub(crate) struct Model {
    /// What the user wrote.
    pub(crate) function: Function,
    /// The attribute's options.
    pub(crate) options: Options,
    /// Where generated code finds what it calls.
    pub(crate) runtime: Runtime,
    /// The parameters, the receiver among them.
    pub(crate) params: Vec<Param>,
    /// The constructor's generics: the user's without lifetimes, and one for each `impl Trait`.
    pub(crate) generics: Generics,
    /// The value that the task makes.
    pub(crate) returns: Returns,
    /// Where the body stands.
    pub(crate) form: Form,
}

/// One parameter.
pub(crate) struct Param {
    /// Its name in the constructor.
    pub(crate) name: Ident,
    /// What is ready for it when the task runs.
    pub(crate) ready: Ident,
    /// Its type, each `impl Trait` in it replaced by its name.
    pub(crate) ty: Type,
    /// What a call may put there; `None` if the type is one that cannot be.
    pub(crate) pattern: Option<Pattern>,
    /// Whether it is moved out whatever it costs.
    pub(crate) is_taken: bool,
}

/// The return type.
pub(crate) struct Returns {
    /// As the user wrote it; `()` if nothing is written.
    pub(crate) written: Type,
    /// Whether an `Err` fails the task.
    pub(crate) is_fallible: bool,
}

/// Where the body stands, and how it is reached.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Form {
    /// A function in the constructor.
    Nested,
    /// A closure in the constructor: it may use the generics of the impl block, which a nested function may not.
    Closure,
    /// A function beside the constructor, under the user's name.
    Eager(Ident),
    /// A method beside the constructor; with the user's name, if there is one.
    Method(Option<Ident>),
}

impl Model {
    /// Looks at a function. What cannot be is put with the errors, and the rest goes on.
    pub(crate) fn new(function: Function, options: Options, errors: &mut Errors) -> Self {
        let runtime = Runtime::new(options.krate.as_ref().map(|given| &given.value));
        let mut implied = Vec::new();
        let names = names_of(&function);
        let mut params: Vec<_> = function
            .sig
            .inputs
            .iter()
            .enumerate()
            .map(|(index, input)| Param::new(index, input, &names, &mut implied, errors))
            .collect();
        let generics = generics::of_constructor(&function.sig.generics, implied);
        let parameters = generics::names(&generics);
        for param in &mut params {
            param.pattern = param.pattern.take().map(|pattern| pattern.with_parameters(&parameters));
        }
        let returns = Returns::new(&function.sig.output, &options);
        let form = Form::of(&function, &options);
        Self { function, options, runtime, params, generics, returns, form }
    }

    /// The type and const parameters that the function itself declares, as identifiers.
    pub(crate) fn own_parameters(&self) -> HashSet<String> {
        generics::names(&self.generics)
    }

    /// The task's name.
    pub(crate) fn task_name(&self) -> String {
        match &self.options.name {
            Some(given) => given.value.value(),
            None => self.function.sig.ident.unraw().to_string(),
        }
    }

    /// Whether the body is an `async fn`.
    pub(crate) fn is_async(&self) -> bool {
        self.function.sig.asyncness.is_some()
    }

    /// The type of the task's value.
    pub(crate) fn value_type(&self) -> TokenStream {
        let written = &self.returns.written;
        if !self.returns.is_fallible {
            return written.to_token_stream();
        }
        match self.returns.arguments().as_slice() {
            [value, ..] => value.to_token_stream(),
            [] => {
                let p = self.runtime.at(written.span());
                quote_spanned!(names::own_at(written.span())=> <#written as #p::Fallible>::Ok)
            }
        }
    }

    /// The type of the error that fails the task, if it is written.
    pub(crate) fn error_type(&self) -> Option<&Type> {
        match self.returns.arguments().as_slice() {
            [_, error] if self.returns.is_fallible => Some(error),
            _ => None,
        }
    }
}

impl Returns {
    fn new(output: &ReturnType, options: &Options) -> Self {
        let written = match output {
            ReturnType::Default => parse_quote!(()),
            ReturnType::Type(_, ty) => (**ty).clone(),
        };
        let is_fallible =
            options.keep_result.is_none() && (options.fallible.is_some() || types::last_is(&written, "Result"));
        Self { written, is_fallible }
    }

    /// The type arguments of a type called `Result`: its value first.
    fn arguments(&self) -> Vec<&Type> {
        match types::bare(&self.written) {
            Type::Path(path) if types::last_is(&self.written, "Result") => {
                path.path.segments.last().and_then(types::type_arguments).unwrap_or_default()
            }
            _ => Vec::new(),
        }
    }
}

/// The plain names of a function's parameters, which fresh ones must not repeat.
fn names_of(function: &Function) -> HashSet<String> {
    let plain = |input: &FnArg| match input {
        FnArg::Typed(typed) => match &*typed.pat {
            Pat::Ident(ident) => Some(ident.ident.to_string()),
            _ => None,
        },
        FnArg::Receiver(_) => None,
    };
    function.sig.inputs.iter().filter_map(plain).collect()
}

/// A parameter that an `impl Trait` stands for: its name and its bounds.
pub(crate) type Implied = (Ident, TokenStream);

impl Param {
    fn new(
        index: usize,
        input: &FnArg,
        names: &HashSet<String>,
        implied: &mut Vec<Implied>,
        errors: &mut Errors,
    ) -> Self {
        let (name, written) = match input {
            FnArg::Receiver(receiver) => {
                (free_name("this", receiver.self_token.span(), names), receiver_type(receiver))
            }
            FnArg::Typed(typed) => (param_name(&typed.pat, index, names), (*typed.ty).clone()),
        };
        let ty = types::replace_impl_traits(&written, &mut |found| {
            let ident = format_ident!("ImplTrait{}", implied.len(), span = names::own_at(found.span()));
            implied.push((ident.clone(), found.bounds.to_token_stream()));
            parse_quote!(#ident)
        });
        let attrs = match input {
            FnArg::Receiver(receiver) => &receiver.attrs,
            FnArg::Typed(typed) => &typed.attrs,
        };
        let is_taken = attrs.iter().any(is_take);
        let is_reference = matches!(types::bare(&ty), Type::Reference(_));
        let pattern = if is_taken && !is_reference {
            pattern::taken(&ty, errors)
        } else {
            let shown = if let FnArg::Receiver(_) = input { "self".to_owned() } else { name.unraw().to_string() };
            pattern::of_parameter(&ty, &shown, errors)
        };
        Self { name, ready: names::fresh("__a", index), ty, pattern, is_taken }
    }
}

/// Whether the attribute is `#[take]`.
pub(crate) fn is_take(attribute: &Attribute) -> bool {
    attribute.path().is_ident("take")
}

/// The type of `self`.
fn receiver_type(receiver: &syn::Receiver) -> Type {
    let this = Ident::new("Self", receiver.self_token.span());
    match &receiver.kind {
        ReceiverKind::Reference(and, lifetime, mutable) => parse_quote!(#and #lifetime #mutable #this),
        ReceiverKind::Typed(_, ty) => (**ty).clone(),
        // By value.
        _ => parse_quote!(#this),
    }
}

/// The user's name where there is a plain one, else a fresh one.
fn param_name(pat: &Pat, index: usize, names: &HashSet<String>) -> Ident {
    match pat {
        Pat::Ident(ident) => {
            let mut name = ident.ident.clone();
            // The user's name, but not the user's variable: `_x` is used here, and need not be there.
            name.set_span(names::own_at(name.span()));
            name
        }
        other => free_name(&format!("arg{index}"), other.span(), names),
    }
}

/// The name, or one with more underscores if the user has it.
fn free_name(name: &str, place: Span, names: &HashSet<String>) -> Ident {
    let mut name = name.to_owned();
    while names.contains(&name) {
        name.push('_');
    }
    Ident::new(&name, names::own_at(place))
}

impl Form {
    /// A method has a receiver or says `Self`. Else it cannot be told from a free function, but by its use of what looks
    /// like a generic of the impl block.
    fn of(function: &Function, options: &Options) -> Self {
        let eager = options.eager.as_ref().map(|given| given.value.clone());
        let mut signature = function.sig.to_token_stream();
        // Beside the body, these are all that can mention what the impl block has.
        signature.extend(options.paths().map(ToTokens::to_token_stream));
        // Not the word `self`, which also begins a path.
        if function.sig.receiver().is_some() || types::has_word(signature.clone(), "Self") || uses_self(function) {
            return Self::Method(eager);
        }
        if let Some(eager) = eager {
            return Self::Eager(eager);
        }
        let own = generics::names(&function.sig.generics);
        let foreign = types::mentions_foreign_parameter(signature, &own)
            || types::mentions_foreign_parameter(function.body.stream(), &own);
        if foreign && function.attrs.iter().all(fits_a_closure) && !has_inner_attributes(&function.body) {
            Self::Closure
        } else {
            Self::Nested
        }
    }
}

/// Whether the body opens with `#![..]`, which a closure's may not.
pub(crate) fn has_inner_attributes(body: &Group) -> bool {
    let mut tokens = body.stream().into_iter();
    let mut next = |expected| matches!(tokens.next(), Some(TokenTree::Punct(punct)) if punct.as_char() == expected);
    next('#') && next('!')
}

/// Attributes that a body in the form of a closure can do without, or that stand on the constructor anyway.
fn fits_a_closure(attribute: &Attribute) -> bool {
    let path = attribute.path();
    crate::attributes::is_lint_level(path)
        || ["doc", "cfg", "cfg_attr", "deprecated", "must_use", "inline", "cold"].iter().any(|word| path.is_ident(word))
}

/// Whether the body says `Self` outside of items of its own, where it means another type.
fn uses_self(function: &Function) -> bool {
    struct Uses(bool);
    impl<'ast> Visit<'ast> for Uses {
        fn visit_item(&mut self, _: &'ast Item) {}
        fn visit_macro(&mut self, mac: &'ast Macro) {
            self.0 |= types::has_word(mac.tokens.clone(), "Self");
        }
        fn visit_ident(&mut self, ident: &'ast Ident) {
            self.0 |= ident == "Self";
        }
    }
    if !types::has_word(function.body.stream(), "Self") {
        return false;
    }
    let Ok(block) = syn::parse2::<syn::Block>(function.body.to_token_stream()) else { return true };
    let mut uses = Uses(false);
    uses.visit_block(&block);
    uses.0
}
