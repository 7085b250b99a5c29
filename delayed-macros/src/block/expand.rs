//! A block as tokens: for each statement its sources, its mode and its body.

use super::format;
use super::parts::{self, Argument, Parts};
use super::read::is_value;
use super::uses::bound;
use super::{Binding, Block, For, From, Source, Statement, Task, Usage};
use crate::lints;
use crate::names::{self, Runtime};
use crate::types;
use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::visit_mut::{self, VisitMut};
use syn::{Expr, Pat, Token};

/// The statements of a block, the last of them its value.
pub(super) fn block(block: &Block, p: &Runtime) -> TokenStream {
    let statements = block.statements.iter().map(|read| statement(read, p));
    let last = block.last.as_ref().map(|last| match &**last {
        Statement::Name(name) => name.to_token_stream(),
        last => {
            let value = value(last, p);
            let level = level(last);
            let name = Ident::new("last", names::own());
            quote!(#level let #name = #value; #name)
        }
    });
    quote!(#(#statements)* #last)
}

fn statement(read: &Statement, p: &Runtime) -> TokenStream {
    let binding = match read {
        Statement::Item(item) => return item.to_token_stream(),
        Statement::Name(name) => return name.to_token_stream(),
        Statement::Task(task) => &task.binding,
        Statement::For(looped) => &looped.binding,
    };
    let Binding { attrs, pat, ty } = binding;
    let (level, value) = (level(read), value(read, p));
    let ty = ty.as_ref().filter(|ty| !types::has_dyn(ty)).map(|ty| {
        let p = p.at(ty.span());
        quote!(: #p::Delayed<#ty>)
    });
    match pat {
        Some(Pat::Ident(name)) if name.subpat.is_none() => {
            let ident = &name.ident;
            quote!(#level #(#attrs)* let #ident #ty = #value;)
        }
        Some(pat) => {
            let pat = &without_mut(pat);
            let names: Vec<_> = bound(pat).into_iter().map(|bound| bound.ident).collect();
            let whole = Ident::new("whole", names::own());
            let own = names::own_at(pat.span());
            let apart = if let [one] = &names[..] {
                quote_spanned!(own=> #p::block::apart(#whole, |#pat| #one))
            } else {
                quote_spanned!(own=> #p::block::apart(#whole, |#pat| (#(#names),*)).unzip())
            };
            let tuple = if let [one] = &names[..] { quote!(#one) } else { quote!((#(#names),*)) };
            quote!(#level #(#attrs)* let #tuple = { let #whole #ty = #value; #apart };)
        }
        None => value,
    }
}

/// The names become variables of the tasks that use them, and are `mut` there.
fn without_mut(pat: &Pat) -> Pat {
    struct Without;
    impl VisitMut for Without {
        fn visit_pat_ident_mut(&mut self, pat: &mut syn::PatIdent) {
            pat.mutability = None;
            visit_mut::visit_pat_ident_mut(self, pat);
        }
    }
    let mut pat = pat.clone();
    Without.visit_pat_mut(&mut pat);
    pat
}

/// The level of `nested_delayed`: a constructor in the midst of a task's body is a mistake; as the task it is none.
fn level(read: &Statement) -> Option<TokenStream> {
    let Statement::Task(task) = read else { return None };
    level_of(task)
}

fn level_of(task: &Task) -> Option<TokenStream> {
    let is_silent = call(task).is_some() || lints::may_use_marks_of_std(task.expr.to_token_stream());
    (!is_silent).then(|| quote!(#[deny(deprecated_in_future)]))
}

fn value(read: &Statement, p: &Runtime) -> TokenStream {
    match read {
        Statement::Task(read) => task(read, None, p),
        Statement::For(read) => for_loop(read, p),
        Statement::Name(name) => name.to_token_stream(),
        Statement::Item(_) => TokenStream::new(),
    }
}

fn for_loop(read: &For, p: &Runtime) -> TokenStream {
    let For { source, rounds, .. } = read;
    let (pat, data, token, label) = (&source.pat, &source.expr, &source.for_token, &source.label);
    let body = block(rounds, p);
    let list = Ident::new("list", names::own());
    let at = p.at(data.span());
    let rounds = quote_spanned!(names::own_at(data.span())=> #at::block::Data(#data).rounds());
    let gather = placed(quote_spanned!(names::own()=> list), token.span, quote!(#list));
    quote! {{
        use #p::block::Rounds as _;
        let mut #list = ::std::vec::Vec::new();
        #label #token #pat in #rounds { #list.push({ #body }); }
        #p::block::#gather
    }}
}

/// A name and its arguments, where the caller's location is the user's.
fn placed(name: TokenStream, place: Span, arguments: TokenStream) -> TokenStream {
    let mut arguments = Group::new(Delimiter::Parenthesis, arguments);
    arguments.set_span(place);
    let name = Ident::new(&name.to_string(), place);
    quote!(#name #arguments)
}

/// The call that a task is, if it is one of a function by name: it may be a constructor's.
pub(super) fn call(task: &Task) -> Option<&syn::ExprCall> {
    let Expr::Call(call) = &task.expr else { return None };
    let is_body = task.is_async && !task.awaits_last || is_coerced(task);
    let is_function = matches!(&*call.func, Expr::Path(_));
    let is_name = |source: &Source| matches!(&*call.func, Expr::Path(path) if path.path.is_ident(&source.name));
    (is_function && !is_body && !call.args.iter().any(awaits) && !task.sources.iter().any(is_name)).then_some(call)
}

/// Whether the value is written as a trait object, which a body's end can become: no constructor gives another type.
fn is_coerced(task: &Task) -> bool {
    !task.is_async && !task.is_try && task.binding.ty.as_ref().is_some_and(types::has_dyn)
}

/// Whether an argument of a call awaits anything.
fn awaits(argument: &Expr) -> bool {
    struct Awaits(bool);
    impl<'a> syn::visit::Visit<'a> for Awaits {
        fn visit_expr_await(&mut self, _: &'a syn::ExprAwait) {
            self.0 = true;
        }
        fn visit_expr_async(&mut self, _: &'a syn::ExprAsync) {}
        fn visit_expr_closure(&mut self, _: &'a syn::ExprClosure) {}
        fn visit_macro(&mut self, mac: &'a syn::Macro) {
            self.0 |= format::awaits(mac)
                || match format::arguments(mac) {
                    Some(arguments) => arguments.iter().any(awaits),
                    None => format::has_await(mac.tokens.clone()),
                };
        }
    }
    let mut awaits = Awaits(false);
    syn::visit::Visit::visit_expr(&mut awaits, argument);
    awaits.0
}

/// A task; of a part, with the mode of the call that it is an argument of.
fn task(read: &Task, outer: Option<&Ident>, p: &Runtime) -> TokenStream {
    let own = |name: &str| Ident::new(name, names::own());
    let place = start(&read.expr);
    let (mode, tag, sources) = (own("mode"), tag(place), own("sources"));
    let body_name = names::at(&names::task(), place);
    let kept = read.sources.iter().map(|one| source(one, p));
    let guards: Vec<_> = (0..read.sources.len()).map(|index| names::at(&names::fresh("guard", index), place)).collect();
    let opened = opened(read, &guards);
    let own_place = names::own_at(place);
    let plain_tag = (!read.is_async).then(|| quote_spanned!(own_place=> let #tag = #p::block::Tag::new();));
    let call = call(read);
    let find_mode = match call {
        Some(call) => find_mode(call, read, &guards, p),
        None => quote!(let #mode = #p::block::Plain; #plain_tag),
    };
    let within = outer.map(|outer| quote!(let #mode = #outer.within(#mode);));
    let expr = read.expr.to_token_stream();
    let settled =
        |called: TokenStream| if read.awaits_last { quote!(#mode.settle(#tag, #called).await) } else { called };
    let body = match call {
        Some(call) => settled(match read.parts {
            Some(_) => called_in_task(call, &quote!(#mode), &quote!(#tag)),
            None => expr,
        }),
        None if read.awaits_last => {
            let token = quote_spanned!(place=> .await);
            quote!(#expr #token)
        }
        None if read.is_place && matches!(read.expr, Expr::MethodCall(_)) => quote!(#mode.owned(#expr)),
        None if read.is_place => quote!(#mode.owned(&#expr)),
        None => expr,
    };
    let begin = outer.map(|_| quote!(#mode.begin();));
    let mut body = quote_spanned!(own_place=> { #begin #opened #body });
    let mut taken = quote!((#(#guards,)*));
    let mut chosen = None;
    if let (Some(parts), Some(call)) = (&read.parts, call) {
        let (which, function, func) = (own("which"), own("function"), &call.func);
        let kept_function = own("kept");
        let in_graph = settled(in_graph(read, call, parts, &guards, p));
        body = quote_spanned! {own_place=>
            {
                let #function = &#func;
                #mode.same(#kept_function, #function);
                match #which {
                    #p::block::Which::Task(#taken) => { #mode.in_task(); #body }
                    #p::block::Which::Graph(#taken) => { #mode.in_graph(); #in_graph }
                }
            }
        };
        taken = which.to_token_stream();
        chosen = Some(own("chosen"));
    }
    let body = if read.is_async { quote_spanned!(own_place=> async move #body) } else { body };
    let result = read.binding.ty.as_ref().filter(|_| is_coerced(read)).map(|ty| quote!(-> #ty));
    // An async body tells its future's type by what it awaits.
    let kept_at = names::at(&sources, place);
    let told = (!read.is_async).then(|| quote_spanned!(own_place=> #tag,));
    let lift = match (read.is_async, read.is_try) {
        (false, false) => quote!(lift),
        (false, true) => quote!(lift_try),
        (true, false) => quote!(lift_async),
        (true, true) => quote!(lift_try_async),
    };
    let at = p.at(place);
    let mut closure = quote_spanned!(own_place=> move |#taken| #result #body);
    let chosen = chosen.map(|chosen| {
        let chooses = {
            let mode = names::at(&mode, place);
            quote_spanned!(own_place=> #mode.choose(&#kept_at, #closure))
        };
        closure = names::at(&chosen, place).to_token_stream();
        quote! {
            let #chosen = #chooses;
        }
    });
    let lift = placed(lift, place, quote_spanned!(own_place=> #told #at::named::<#body_name>(), #kept_at, #closure));
    let lifted = names::at(&mode, place);
    let lifted = quote_spanned!(own_place=> #lifted.#lift);
    let name = &read.name;
    let moved: Vec<_> =
        read.sources.iter().filter(|source| is_value(source)).map(|source| source.name.to_string()).collect();
    let moves = (!moved.is_empty()).then(|| quote!(.moves(&[#(#moved),*])));
    quote! {{
        use #p::block::{
            CloneHandle as _, CloneHandleOuter as _, CloneOuter as _, GivenHandle as _, GivenPlain as _, GivenValue as _, HandleOuter as _,
            IsAsync as _, IsNode as _, IsOther as _, IsPlain as _, OtherHandle as _, OtherOuter as _,
        };
        enum #body_name {}
        impl #p::Named for #body_name { const INFO: #p::Info = #p::Info::new(#name)#moves; }
        let #sources = (#(#kept,)*);
        #find_mode
        #within
        #chosen
        #lifted
    }}
}

/// The call in the body of a task, if the function turns out to be plain.
fn called_in_task(call: &syn::ExprCall, mode: &TokenStream, tag: &TokenStream) -> TokenStream {
    let place = start(&call.func);
    let (called, function) = (called(place), Ident::new("function", names::own()));
    let callee = Ident::new(&format!("callee{}", call.args.len()), names::own_at(place));
    let arguments = arguments(call, call.args.to_token_stream());
    quote!({ let #called = #mode.#callee(#tag, #function); #called #arguments })
}

/// What makes a constructor's node: its parts, and the call with their handles.
fn in_graph(read: &Task, call: &syn::ExprCall, parts: &Parts, guards: &[Ident], p: &Runtime) -> TokenStream {
    let own = |name: &str| Ident::new(name, names::own());
    let (mode, outer, tag) = (own("mode"), own("outer"), tag(start(&read.expr)));
    let named = || read.sources.iter().zip(guards);
    let handles = named().filter(|(source, _)| parts.handles.contains(&source.name.to_string()));
    let handles = handles.map(|(source, guard)| {
        let name = &source.name;
        let p = p.at(name.span());
        quote_spanned!(names::own_at(name.span())=> let #name = #p::block::handle_of(#guard);)
    });
    let lets = parts.lets.iter().map(|(ident, part)| {
        let (level, value) = (level_of(part), task(part, Some(&outer), p));
        quote!(#level let #ident = #value;)
    });
    let guard = |name: &Ident| named().find(|(source, _)| source.name == *name).map(|(_, guard)| guard);
    // What is known before the function asks for its own type of it can become that.
    let given = parts.arguments.iter().map(|argument| match argument {
        Argument::Plain(plain) => plain.to_token_stream(),
        Argument::Name(name, is_lent) => {
            let guard = guard(name);
            if *is_lent { quote!({ let lent = #mode.lent_name(#guard); lent }) } else { quote!(#mode.name(#guard)) }
        }
        Argument::Handles(handles) => quote!(#mode.argument(#handles)),
        Argument::Lent(handles) => quote!({ let lent = #mode.lent(#handles); lent }),
        Argument::Place(part) => quote!({ let place = #mode.place(#part); place }),
        Argument::Any(part) => quote!(#mode.any(#part)),
        Argument::Absent(closure) => {
            let absent = Ident::new("absent", closure.span());
            quote_spanned!(names::own_at(closure.span())=> #mode.#absent(#tag))
        }
    });
    let place = start(&call.func);
    let (called, function) = (called(place), own("function"));
    let given = arguments(call, quote!(#(#given),*));
    let called = quote!({ let #called = #function; #called #given });
    let called = if parts.has_closure { quote!(#mode.result(#called)) } else { called };
    quote!({ let #outer = #mode; #(#handles)* #(#lets)* #called })
}

/// A called function's name; it stands as the user's own.
fn called(place: Span) -> Ident {
    Ident::new("__called", place)
}

/// Arguments in the place of a call's own.
fn arguments(call: &syn::ExprCall, tokens: TokenStream) -> Group {
    let mut arguments = Group::new(Delimiter::Parenthesis, tokens);
    arguments.set_span(call.paren_token.span.join());
    arguments
}

/// Asks what the called function returns, in a call that is never made. That call is complete, so that all of the
/// function's type parameters are known: the function's own type holds them.
fn find_mode(call: &syn::ExprCall, read: &Task, guards: &[Ident], p: &Runtime) -> TokenStream {
    let place = start(&call.func);
    let own = |name: &str| Ident::new(name, names::own_at(place));
    let p = &p.at(place);
    let (mode, sources, tag, known) = (own("mode"), own("sources"), tag(place), own("known"));
    let function = called(place);
    let (func, args) = (&call.func, &call.args);
    let Inner { args: inner_args, lets, asked } = inner(call, read, &mode, p);
    let is_silent = lints::may_use_marks_of_std(args.to_token_stream());
    let level = (!is_silent).then(|| quote!(#[deny(deprecated_in_future)]));
    let arguments = arguments(call, inner_args.to_token_stream());
    let anything = args.iter().map(|_| quote!(#p::block::anything()));
    let opened = opened(read, guards);
    let (probe, callee) = match read.parts {
        Some(_) => {
            let callee = Ident::new(&format!("callee{}", args.len()), names::own_at(place));
            let own_place = names::own_at(place);
            (
                quote_spanned!(own_place=> #p::block::values(&#sources)),
                quote_spanned!(own_place=> #mode.#callee(#tag, #known)),
            )
        }
        None => (quote!(#mode.probe(&#sources)), known.to_token_stream()),
    };
    let kept = own("kept");
    let known_as = read.parts.as_ref().map(|_| quote!(let #kept = #mode.known(#kept);));
    let (keep, holds) = match read.parts {
        Some(_) => (
            Some(quote!(let #kept = #p::block::Tag::new();)),
            Some(quote!(#p::block::Never::begins(); #kept.holds(&#known);)),
        ),
        None => (None, None),
    };
    // A closure's type is another one in each place where it is written.
    let again = args
        .iter()
        .any(|argument| parts::closures(argument) != parts::Closures::None)
        .then(|| quote_spanned!(names::own_at(place)=> let #tag = #p::block::Tag::new();));
    quote_spanned! {names::own_at(place)=>
        let #tag = #p::block::Tag::new();
        #keep
        if false {
            let #known = #func;
            #holds
            #tag.is(|| #known(#(#anything),*));
            let #mode = (&&&#tag).mode();
            let (#(#guards,)*) = #probe;
            #opened
            let #function = #callee;
            #lets
            #level
            let _ = #function #arguments;
            #asked
            loop {}
        }
        let #mode = (&&&#tag).mode();
        #known_as
        #again
    }
}

/// The calls that are a call's arguments, or elements of lists there: a constructor takes handles from them. Deeper in
/// the arguments a constructor is a mistake.
struct Inner {
    args: Punctuated<Expr, Token![,]>,
    /// Their functions, which are named outside of the arguments.
    lets: TokenStream,
    /// Asks of each whether it gives a handle to a plain function.
    asked: TokenStream,
}

fn inner(call: &syn::ExprCall, read: &Task, mode: &Ident, p: &Runtime) -> Inner {
    let mut inner = Inner { args: Punctuated::new(), lets: TokenStream::new(), asked: TokenStream::new() };
    let mut args = call.args.clone();
    let mut count = 0;
    args.iter_mut().for_each(|argument| inner.argument(argument, read, mode, &mut count, p));
    Inner { args, ..inner }
}

impl Inner {
    fn argument(&mut self, argument: &mut Expr, read: &Task, mode: &Ident, count: &mut usize, p: &Runtime) {
        let mut each = |expr: &mut Expr| self.argument(expr, read, mode, count, p);
        match argument {
            Expr::Paren(paren) => each(&mut paren.expr),
            Expr::Reference(reference) => each(&mut reference.expr),
            Expr::Repeat(repeat) => each(&mut repeat.expr),
            Expr::Array(array) => array.elems.iter_mut().for_each(each),
            Expr::Tuple(tuple) => tuple.elems.iter_mut().for_each(each),
            Expr::Macro(mac) if mac.mac.path.is_ident("vec") => {
                if let Some(mut elements) = format::arguments(&mac.mac) {
                    elements.iter_mut().for_each(each);
                    mac.mac.tokens = elements.to_token_stream();
                } else if let Ok(mut repeat) = syn::parse2::<syn::ExprRepeat>(bracketed(&mac.mac.tokens)) {
                    each(&mut repeat.expr);
                    let syn::ExprRepeat { expr, semi_token, len, .. } = repeat;
                    mac.mac.tokens = quote!(#expr #semi_token #len);
                }
            }
            Expr::Call(call) => self.call(call, read, mode, count, p),
            _ => {}
        }
    }

    fn call(&mut self, call: &mut syn::ExprCall, read: &Task, outer: &Ident, count: &mut usize, p: &Runtime) {
        let Expr::Path(path) = &*call.func else { return };
        if read.sources.iter().any(|source| path.path.is_ident(&source.name)) {
            return;
        }
        let place = start(&call.func);
        let own = |name: &str| Ident::new(&format!("{name}{count}"), names::own_at(place));
        let (tag, mode) = (own("given"), own("mode"));
        let function = Ident::new(&format!("__called{count}"), place);
        *count += 1;
        let at = p.at(place);
        let anything = call.args.iter().map(|_| quote!(#at::block::anything()));
        self.lets.extend(quote_spanned! {names::own_at(place)=>
            let #function = #path;
            let #tag = #at::block::Tag::new();
            #tag.is(|| #function(#(#anything),*));
        });
        let whole = names::own_at(call.span());
        self.asked.extend(quote_spanned!(whole=> (&&#outer.given(#tag)).is_plain();));
        if !call.args.is_empty() {
            self.asked.extend(quote_spanned!(whole=> let #mode = (&&&#tag).mode();));
        }
        *call.func = syn::parse_quote!(#function);
        call.args.iter_mut().for_each(|argument| self.argument(argument, read, &mode, count, p));
    }
}

/// Tokens in brackets.
fn bracketed(tokens: &TokenStream) -> TokenStream {
    Group::new(Delimiter::Bracket, tokens.clone()).into_token_stream()
}

/// All names in the body.
fn opened(read: &Task, guards: &[Ident]) -> TokenStream {
    read.sources.iter().zip(guards).map(|(source, guard)| open(source, guard)).collect()
}

/// What holds the type of a task's value. It stands as the user's own, so that rustc shows the user's expression, and
/// not the macro's call, where that type is none of a value.
pub(super) fn tag(place: Span) -> Ident {
    Ident::new("__tag", place)
}

/// Where an expression begins.
fn start(expr: &impl Spanned) -> Span {
    expr.span()
}

/// What a name brings.
fn source(source: &Source, p: &Runtime) -> TokenStream {
    let name = &source.name;
    let own = names::own_at(name.span());
    let p = p.at(name.span());
    let usage = match source.usage {
        Usage::Lent => quote_spanned!(own=> lent),
        Usage::Receiver => quote_spanned!(own=> receiver),
        Usage::Value => quote_spanned!(own=> by_value),
    };
    let outer = |kept: TokenStream| {
        quote_spanned! {own=>
            { let kept = #kept; (&&&#p::block::a_task_outlives_this_borrow(&kept)).#usage(kept) }
        }
    };
    match &source.from {
        From::Block if source.usage == Usage::Lent => quote_spanned!(own=> #p::block::lend(&#name)),
        From::Block => quote_spanned!(own=> (&#p::block::handle(&#name)).#usage(&#name)),
        From::Outer(_, false) => outer(quote!(#name)),
        From::Outer(_, true) => outer(quote_spanned!(own=> #p::block::again(&#name))),
        From::Field(field) => outer(quote_spanned!(own=> #p::block::field(&#field))),
    }
}

/// The name in the body.
fn open(source: &Source, guard: &Ident) -> TokenStream {
    let name = &source.name;
    let own = names::own();
    let is_mut = (source.usage != Usage::Lent && source.is_mut).then(|| quote_spanned!(own=> mut));
    quote_spanned!(own=> let #is_mut #name = #guard.open(); let _ = &#name;)
}
