//! The model as tokens: a constructor, which is one call into the runtime, and the body as the user wrote it.

mod body;
mod ended;

use crate::attributes::{self, Body};
use crate::generics::{self, Needs};
use crate::lints;
use crate::model::{Form, Model};
use crate::names;
use crate::options::{Given, Options};
use crate::types;
use body::Place;
use ended::ended;
use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{GenericParam, Generics, ReturnType, Type};

/// The whole expansion.
pub(crate) fn function(model: &Model) -> TokenStream {
    let needs = generics::needs(model);
    match &model.form {
        Form::Nested => {
            let body = names::nested_body(&model.function.sig.ident);
            let shared = attributes::share_out(&model.function.attrs, Body::Inside);
            let inside = body::function(model, &body, Place::Nested, &shared.body);
            let task = task(model, &needs, &body);
            constructor(model, &needs, &shared.constructor, &inside, &task)
        }
        Form::Closure => {
            let shared = attributes::share_out(&model.function.attrs, Body::Inside);
            let (level, closure) = (lints::level_of_body(model), body::closure(model));
            // A level stands on a statement, or on an item.
            let name = Ident::new("body", names::own());
            let call = call_through_closure(model, &quote!({ #level let #name = #closure; #name }));
            constructor(model, &needs, &shared.constructor, &TokenStream::new(), &call)
        }
        Form::Eager(eager) => {
            let shared = attributes::share_out(&model.function.attrs, Body::Eager);
            let beside = body::function(model, eager, Place::Eager, &shared.body);
            let constructor =
                constructor(model, &needs, &shared.constructor, &TokenStream::new(), &task(model, &needs, eager));
            quote!(#constructor #beside)
        }
        Form::Method(eager) => method(model, &needs, eager.as_ref()),
    }
}

/// The user's function under another name, for an editor to look into while there are mistakes elsewhere in it.
pub(crate) fn plain(model: &Model) -> TokenStream {
    body::function(model, &names::nested_body(&model.function.sig.ident), Place::Method, &TokenStream::new())
}

/// A constructor with its body beside it in the same impl block.
fn method(model: &Model, needs: &Needs, eager: Option<&Ident>) -> TokenStream {
    let (name, place, kind) = match eager {
        Some(eager) => (eager.clone(), Place::Eager, Body::Eager),
        None => (names::method_body(&model.function.sig.ident), Place::Method, Body::Hidden),
    };
    let shared = attributes::share_out(&model.function.attrs, kind);
    let beside = body::function(model, &name, place, &shared.body);
    let turbofish = turbofish(&model.function.sig.generics);
    let call = call_through_closure(model, &quote!(Self::#name #turbofish));
    let constructor = constructor(model, needs, &shared.constructor, &TokenStream::new(), &call);
    quote!(#constructor #beside)
}

/// The function under the user's name: items of the user's, which clippy wants first, the checks, and the call.
fn constructor(
    model: &Model,
    needs: &Needs,
    attributes: &TokenStream,
    items: &TokenStream,
    call: &TokenStream,
) -> TokenStream {
    let Needs { generics, checks } = needs;
    let clause = &generics.where_clause;
    let (vis, token, ident) = (&model.function.vis, &model.function.sig.fn_token, &model.function.sig.ident);
    let params = model.params.iter().map(|param| {
        let (name, pattern) = (&param.name, param.pattern.as_ref());
        let p = model.runtime.at(param.ty.span());
        let pattern = pattern.map(|pattern| pattern.to_type(&p));
        quote_spanned!(names::own_at(param.ty.span())=> #name: impl #p::Arg<#pattern>)
    });
    let value = model.value_type();
    let (silenced, mark) = (silenced(model), lints::mark(model));
    let (global_state, giant_task) = (lints::global_state(model), lints::giant_task(model));
    // rustc takes a function for the user's own, and says that it is unused, if it and its signature begin and end so.
    let end = quote_spanned!(end_of_signature(model)=> >);
    let mut block = Group::new(Delimiter::Brace, quote!(#items #checks #global_state #giant_task #call));
    block.set_span(model.function.body.span());
    let p = model.runtime.at(model.returns.written.span());
    quote! {
        #silenced
        #mark
        #attributes
        #[track_caller]
        #vis #token #ident #generics (#(#params),*) -> #p::Delayed<#value #end #clause #block
    }
}

/// The user's last token of the signature, or one near it.
fn end_of_signature(model: &Model) -> Span {
    match &model.function.sig.output {
        ReturnType::Default => model.function.sig.paren_token.span.close(),
        ReturnType::Type(_, ty) => ty.span(),
    }
}

/// The type that stands for the task, and the call that makes a node of it.
fn task(model: &Model, needs: &Needs, body: &Ident) -> TokenStream {
    let p = &model.runtime;
    let task = names::task();
    let (impl_generics, arguments, clause) = needs.generics.split_for_impl();
    let declaration = task_declaration(&task, &model.generics);
    let turbofish = turbofish(&model.function.sig.generics);
    let info = info(model);
    let pattern = pattern_list(model);
    let clone = clone(model, &quote!(CLONE));
    let ready = ready_list(model);
    let ended = ended(model, &quote!(#body #turbofish));
    let value = model.value_type();
    let names = model.params.iter().map(|param| &param.name);
    let (kind, make) =
        if model.is_async() { (quote!(AsyncFunc), quote!(make_async)) } else { (quote!(Func), quote!(make)) };
    let call = if model.is_async() {
        let place = future_place(model);
        let future = future(model, &ended);
        quote_spanned! {place=>
            fn call(#ready: <Self::P as #p::Pattern>::Ready)
                -> impl ::core::future::Future<Output = #p::Made<Self::T>> + ::core::marker::Send + 'static
            { #future }
        }
    } else {
        quote!(fn call(#ready: <Self::P as #p::Pattern>::Ready) -> #p::Made<Self::T> { #ended })
    };
    quote! {
        #declaration
        impl #impl_generics #p::#kind for #task #arguments #clause {
            type P = #pattern;
            type T = #value;
            const INFO: #p::Info = #info;
            const CLONE: ::core::option::Option<fn(&Self::T) -> Self::T> = #clone;
            #call
        }
        #p::#make::<#task #arguments, #value, _>((#(#names,)*))
    }
}

/// The task's type: without generics an empty enum, else a struct that mentions each.
fn task_declaration(task: &Ident, generics: &Generics) -> TokenStream {
    if generics.params.is_empty() {
        return quote!(enum #task {});
    }
    let types = generics.type_params().map(|parameter| &parameter.ident);
    let parameters = generics.params.iter().map(|parameter| match parameter {
        GenericParam::Type(parameter) => {
            let ident = &parameter.ident;
            quote!(#ident: ?::core::marker::Sized)
        }
        other => other.to_token_stream(),
    });
    quote!(struct #task<#(#parameters),*>(#(::core::marker::PhantomData<#types>),*);)
}

/// The call that makes a node of a body that is reached through a closure, since it lies where no item can name it.
fn call_through_closure(model: &Model, body: &TokenStream) -> TokenStream {
    let p = &model.runtime;
    let task = names::task();
    let info = info(model);
    let pattern = pattern_list(model);
    let clone = clone(model, &quote!(clone_kind()));
    let ready = ready_list(model);
    let ended = ended(model, body);
    let names = model.params.iter().map(|param| &param.name);
    let place = names::own_at(model.returns.written.span());
    let (make, ended) = if model.is_async() {
        (quote_spanned!(place=> make_async_with), future(model, &ended))
    } else {
        (quote_spanned!(place=> make_with), ended)
    };
    // A value that is none is reported at the call of this function.
    let at = p.at(model.returns.written.span());
    quote! {
        enum #task {}
        impl #p::Named for #task { const INFO: #p::Info = #info; }
        #at::#make(#p::named::<#task>(), #p::pattern::<#pattern>(), #clone, (#(#names,)*), |#ready| #ended)
    }
}

/// The future of the body: shown at the user's `async`, should it not be `Send`.
fn future(model: &Model, ended: &TokenStream) -> TokenStream {
    quote_spanned!(future_place(model)=> async move { #ended })
}

/// Where rustc speaks of the future.
fn future_place(model: &Model) -> Span {
    model.function.sig.asyncness.map_or_else(names::own, |token| names::own_at(token.span))
}

/// What is known of the function, whatever it is called with.
fn info(model: &Model) -> TokenStream {
    let p = &model.runtime;
    let name = model.task_name();
    let mut taken =
        model.params.iter().filter(|param| param.is_taken).map(|param| param.name.unraw().to_string()).peekable();
    let takes = taken.peek().is_some().then(|| quote!(.takes(&[#(#taken),*])));
    let nests = lints::may_nest(model).then(|| quote!(.may_nest()));
    let is_long = lints::may_be_giant(model).then(|| quote!(.may_be_giant()));
    let policy = policy(&model.options);
    quote!(#p::Info::new(#name) #takes #nests #is_long #policy)
}

/// How the function's tasks run, as far as something was said of it.
fn policy(options: &Options) -> TokenStream {
    fn call<T: ToTokens>(slot: &Option<Given<T>>, method: &str) -> Option<TokenStream> {
        let (given, method) = (slot.as_ref()?, Ident::new(method, names::own()));
        let value = &given.value;
        Some(quote!(.#method(#value)))
    }
    let calls = [
        call(&options.retries, "retries"),
        call(&options.backoff, "backoff"),
        call(&options.timeout, "timeout"),
        call(&options.limit, "limit"),
        call(&options.priority, "priority"),
        options.blocking.is_some().then(|| quote!(.blocking())),
    ];
    calls.into_iter().flatten().collect()
}

/// The parameter list as a pattern.
fn pattern_list(model: &Model) -> TokenStream {
    let patterns = model.params.iter().filter_map(|param| Some(param.pattern.as_ref()?.to_type(&model.runtime)));
    quote!((#(#patterns,)*))
}

/// The names of what is ready.
fn ready_list(model: &Model) -> TokenStream {
    let ready = model.params.iter().map(|param| &param.ready);
    quote!((#(#ready,)*))
}

/// How a value is cloned, if its type can be: as a constant, or as a type.
fn clone(model: &Model, form: &TokenStream) -> TokenStream {
    let p = &model.runtime;
    let value = model.value_type();
    quote!({ use #p::NoClone as _; #p::Probe::<#value>::#form })
}

/// The function's own type and const parameters, for a call in which nothing else may fix them.
fn turbofish(generics: &Generics) -> TokenStream {
    let arguments: Vec<_> = generics
        .params
        .iter()
        .filter_map(|parameter| match parameter {
            GenericParam::Type(parameter) => Some(&parameter.ident),
            GenericParam::Const(parameter) => Some(&parameter.ident),
            GenericParam::Lifetime(_) => None,
        })
        .collect();
    if arguments.is_empty() { TokenStream::new() } else { quote!(::<#(#arguments),*>) }
}

/// What clippy would say of a parameter list that is as it must be: the attributes stand before the user's, which win.
fn silenced(model: &Model) -> TokenStream {
    let is_buffer = |ty: &Type| ["Vec", "String", "PathBuf"].iter().any(|name| types::last_is(ty, name));
    let targets = || {
        model.params.iter().filter_map(|param| match types::bare(&param.ty) {
            Type::Reference(reference) => Some(&*reference.elem),
            _ => None,
        })
    };
    // A `&Vec` is taken whole and a `&[E]` gathered: neither is a slip for the other.
    let buffer = targets().any(is_buffer).then(|| quote!(#[allow(clippy::ptr_arg)]));
    let boxed = targets().any(|ty| types::last_is(ty, "Box")).then(|| quote!(#[allow(clippy::borrowed_box)]));
    let many = (model.params.len() > CLIPPYS_MOST).then(|| quote!(#[allow(clippy::too_many_arguments)]));
    quote!(#buffer #boxed #many)
}

/// The number of parameters that clippy finds enough.
const CLIPPYS_MOST: usize = 7;
