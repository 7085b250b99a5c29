//! Expressions as arguments of a call: if it turns out to be a constructor's, each is a task before it, a *part*.

use super::read::callee;
use super::uses::{self, variable};
use super::{From, Source, Task, expand, format};
use crate::errors::Errors;
use crate::names;
use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote};
use std::collections::{BTreeMap, BTreeSet};
use syn::visit::Visit;
use syn::{Expr, ExprCall};

/// What a constructor is given instead.
pub(super) struct Parts {
    pub(super) lets: Vec<(Ident, Task)>,
    pub(super) arguments: Vec<Argument>,
    /// Names that are handles there: parts use them, or several arguments.
    pub(super) handles: BTreeSet<String>,
    /// The arguments hold a closure, whose type is another one in each place where it is written.
    pub(super) has_closure: bool,
}

/// One argument.
pub(super) enum Argument {
    /// As it is: no name is in it.
    Plain(Expr),
    /// A name that nothing else uses, and whether it is lent.
    Name(Ident, bool),
    /// A part or a list of handles.
    Handles(TokenStream),
    /// The same behind a `&`.
    Lent(TokenStream),
    /// A part that is a place, and lent.
    Place(TokenStream),
    /// A part whose type may hold a closure's, which is another one in each place where it is written.
    Any(TokenStream),
    /// A closure over names of the block, and the like: no constructor takes it, and its types are told by the function.
    Absent(Expr),
}

/// The parts of a task that is a call, if it needs any.
pub(super) fn of(call: &ExprCall, task: &Task, in_block: &BTreeSet<String>, name: &str) -> Option<Parts> {
    let rewritten = expand::call(task)?;
    if call.args.is_empty() || call.args.len() > MOST_ARGUMENTS {
        return None;
    }
    let has_closure = call.args.iter().any(|argument| closures(argument) != Closures::None);
    let mut finder = Finder {
        in_block,
        sources: &task.sources,
        name,
        parts: Vec::new(),
        is_needed: false,
        handles: BTreeSet::new(),
        seen: BTreeMap::new(),
    };
    for argument in &call.args {
        finder.count(argument);
    }
    finder.is_needed = finder.seen.values().any(|count| *count > 1);
    let again = finder.seen.iter().filter(|(_, count)| **count > 1).map(|(name, _)| name.clone());
    finder.handles.extend(again);
    // A function whose type a closure is part of is the same in all that is written for the call.
    let is_plain = |argument: &Expr| matches!(finder.kind(argument), Kind::Plain);
    if call.args.iter().any(|argument| closures(argument) != Closures::None && is_plain(argument)) {
        return None;
    }
    // What parts use is known before the arguments are written.
    for argument in &call.args {
        finder.handles_of(argument);
    }
    let arguments =
        call.args.iter().zip(&rewritten.args).map(|(written, rewritten)| finder.argument(written, rewritten)).collect();
    let Finder { parts, is_needed, handles, .. } = finder;
    is_needed.then_some(Parts { lets: parts, arguments, handles, has_closure })
}

const MOST_ARGUMENTS: usize = 12;

/// What an argument is.
enum Kind {
    Plain,
    Name,
    List(Vec<Expr>),
    Tuple(Vec<Expr>),
    Part,
    /// Holds a closure whose types the function tells.
    Absent,
}

struct Finder<'a> {
    in_block: &'a BTreeSet<String>,
    sources: &'a [Source],
    name: &'a str,
    parts: Vec<(Ident, Task)>,
    is_needed: bool,
    handles: BTreeSet<String>,
    /// How often a name is an argument.
    seen: BTreeMap<String, usize>,
}

impl Finder<'_> {
    fn uses(&self, expr: &Expr) -> Vec<uses::Found> {
        uses::of(&mut expr.clone(), self.in_block, &mut Errors::default()).0
    }

    fn kind(&self, expr: &Expr) -> Kind {
        if name_of(expr).is_some() {
            return Kind::Name;
        }
        let elements = match expr {
            Expr::Array(array) => Some(array.elems.iter().cloned().collect()),
            Expr::Macro(mac) if mac.mac.path.is_ident("vec") => {
                format::arguments(&mac.mac).map(|elements| elements.into_iter().collect())
            }
            _ => None,
        };
        let has_names = |expr: &Expr| !self.uses(expr).is_empty();
        match expr {
            // No constructor takes the borrow of a value that is made right here.
            Expr::Reference(reference) if matches!(strip(&reference.expr), Expr::Call(_)) => Kind::Part,
            _ if !has_names(expr) => Kind::Plain,
            _ if elements.is_some() => Kind::List(elements.unwrap_or_default()),
            Expr::Tuple(tuple) => Kind::Tuple(tuple.elems.iter().cloned().collect()),
            Expr::Reference(reference) if reference.mutability.is_none() => match self.kind(&reference.expr) {
                Kind::Name => Kind::Part,
                other => other,
            },
            Expr::Paren(paren) => self.kind(&paren.expr),
            Expr::Async(_) | Expr::Reference(_) => Kind::Absent,
            _ if closures(expr) == Closures::Bare => Kind::Absent,
            _ => Kind::Part,
        }
    }

    /// Counts the names that are arguments themselves.
    fn count(&mut self, expr: &Expr) {
        match self.kind(expr) {
            Kind::Name => {
                if let Some(name) = name_of(expr) {
                    *self.seen.entry(name.to_string()).or_default() += 1;
                }
            }
            Kind::List(elements) | Kind::Tuple(elements) => elements.iter().for_each(|element| self.count(element)),
            Kind::Plain | Kind::Part | Kind::Absent => {}
        }
    }

    fn handles_of(&mut self, expr: &Expr) {
        match self.kind(expr) {
            Kind::Part => {
                let names: Vec<_> = self.uses(expr).iter().map(|found| found.name.to_string()).collect();
                self.handles.extend(names);
            }
            Kind::List(elements) => {
                let of_block = |name: &Ident| self.in_block.contains(&name.to_string());
                let names: Vec<_> = elements.iter().map(name_of).collect();
                let is_all_names = names.iter().all(|name| name.is_some_and(of_block))
                    || names.iter().all(|name| name.is_some_and(|name| !of_block(name)));
                self.is_needed |= !is_all_names;
                elements.iter().for_each(|element| self.element(element));
            }
            Kind::Tuple(elements) => elements.iter().for_each(|element| self.element(element)),
            Kind::Plain | Kind::Name | Kind::Absent => {}
        }
    }

    fn element(&mut self, element: &Expr) {
        self.handles.extend(name_of(element).map(ToString::to_string));
        self.handles_of(element);
    }

    fn argument(&mut self, written: &Expr, rewritten: &Expr) -> Argument {
        match self.kind(written) {
            Kind::Plain => Argument::Plain(written.clone()),
            Kind::Name => {
                let is_lent = matches!(strip(written), Expr::Reference(_));
                match name_of(written) {
                    Some(name) if !self.handles.contains(&name.to_string()) => Argument::Name(name.clone(), is_lent),
                    Some(name) if is_lent => Argument::Lent(cloned(name)),
                    Some(name) => Argument::Handles(cloned(name)),
                    None => Argument::Plain(rewritten.clone()),
                }
            }
            Kind::List(_) | Kind::Tuple(_) => {
                let list = self.list(written, rewritten);
                if matches!(strip(written), Expr::Reference(_)) {
                    Argument::Lent(list)
                } else {
                    Argument::Handles(list)
                }
            }
            Kind::Part => {
                let (part, is_place) = self.part(written);
                match is_place {
                    true => Argument::Place(part),
                    false if holds_closure(written) => Argument::Any(part),
                    false if matches!(strip(written), Expr::Reference(_)) => Argument::Lent(part),
                    false => Argument::Handles(part),
                }
            }
            Kind::Absent => {
                self.is_needed = true;
                Argument::Absent(rewritten.clone())
            }
        }
    }

    /// A list or tuple of handles.
    fn list(&mut self, written: &Expr, rewritten: &Expr) -> TokenStream {
        match (written, rewritten) {
            (Expr::Paren(written), Expr::Paren(rewritten)) => self.list(&written.expr, &rewritten.expr),
            (Expr::Reference(written), Expr::Reference(rewritten)) => self.list(&written.expr, &rewritten.expr),
            (Expr::Array(written), Expr::Array(rewritten)) => {
                let elements = self.elements(written.elems.iter().zip(&rewritten.elems), "constant");
                quote!([#(#elements),*])
            }
            (Expr::Macro(written), Expr::Macro(rewritten)) => {
                let old = format::arguments(&written.mac).unwrap_or_default();
                let new = format::arguments(&rewritten.mac).unwrap_or_default();
                let elements = self.elements(old.iter().zip(&new), "constant");
                quote!(::std::vec![#(#elements),*])
            }
            (Expr::Tuple(written), Expr::Tuple(rewritten)) => {
                let elements = self.elements(written.elems.iter().zip(&rewritten.elems), "inside");
                quote!((#(#elements,)*))
            }
            (_, rewritten) => rewritten.to_token_stream(),
        }
    }

    /// Elements; plain ones go through a method of the mode.
    fn elements<'e>(&mut self, elements: impl Iterator<Item = (&'e Expr, &'e Expr)>, plain: &str) -> Vec<TokenStream> {
        let mode = Ident::new("mode", names::own());
        let through = Ident::new(plain, names::own());
        let mut out = Vec::new();
        for (written, rewritten) in elements {
            out.push(match self.argument(written, rewritten) {
                Argument::Plain(plain) => quote!(#mode.#through(#plain)),
                Argument::Handles(part) | Argument::Lent(part) | Argument::Place(part) | Argument::Any(part) => part,
                Argument::Name(name, _) => cloned(&name),
                Argument::Absent(closure) => closure.to_token_stream(),
            });
        }
        out
    }

    /// A part's name, and whether it is a place.
    fn part(&mut self, written: &Expr) -> (TokenStream, bool) {
        self.is_needed = true;
        let mut written = strip(written);
        let mut lent = false;
        while let Expr::Reference(reference) = written {
            (lent, written) = (true, strip(&reference.expr));
        }
        let is_place = match written {
            Expr::Field(_) | Expr::Index(_) | Expr::Unary(_) => lent,
            Expr::MethodCall(call) => !lent && LENDING.iter().any(|name| call.method == name),
            _ => false,
        };
        let mut expr = written.clone();
        let (found, _) = uses::of(&mut expr, self.in_block, &mut Errors::default());
        let sources = found.into_iter().map(|found| {
            let is_mut = self.sources.iter().any(|source| source.name == found.name && source.is_mut);
            Source { name: found.name, usage: found.usage, from: From::Block, is_mut }
        });
        let name = callee(written).map_or_else(|| self.name.to_owned(), |ident| uses::shown(&ident));
        let mut task = Task {
            binding: super::Binding::default(),
            name,
            expr,
            is_try: false,
            is_async: false,
            awaits_last: false,
            sources: sources.collect(),
            parts: None,
            is_place,
        };
        if let Expr::Call(call) = written {
            task.parts = of(call, &task, self.in_block, self.name);
        }
        let ident = names::fresh("part", self.parts.len());
        self.parts.push((ident.clone(), task));
        (ident.to_token_stream(), is_place)
    }
}

/// A handle for one of its uses. No borrow goes into the constructor, whose type would know how long it lasts.
fn cloned(name: &Ident) -> TokenStream {
    quote::quote_spanned!(names::own_at(name.span())=> ::core::clone::Clone::clone(&#name))
}

/// Without parentheses.
fn strip(mut expr: &Expr) -> &Expr {
    while let Expr::Paren(paren) = expr {
        expr = &paren.expr;
    }
    expr
}

/// Methods whose value is a borrow of a part of their receiver.
const LENDING: [&str; 8] =
    ["as_str", "as_slice", "as_bytes", "as_path", "trim", "trim_start", "trim_end", "trim_matches"];

/// Methods that keep a closure which they are given.
const KEEPING: [&str; 9] =
    ["map", "filter", "filter_map", "flat_map", "take_while", "skip_while", "map_while", "inspect", "scan"];
/// Methods that keep their receiver.
const ADAPTORS: [&str; 12] =
    ["rev", "enumerate", "zip", "chain", "take", "skip", "peekable", "step_by", "cycle", "cloned", "copied", "flatten"];

/// Whether a closure may be in the value.
fn holds_closure(expr: &Expr) -> bool {
    match strip(expr) {
        Expr::Reference(reference) => holds_closure(&reference.expr),
        Expr::MethodCall(call) if KEEPING.iter().any(|name| call.method == name) => true,
        Expr::MethodCall(call) if ADAPTORS.iter().any(|name| call.method == name) => holds_closure(&call.receiver),
        Expr::MethodCall(_) => false,
        other => closures(other) != Closures::None,
    }
}

/// The closures in an expression.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Closures {
    None,
    /// As arguments of methods, which tell their types.
    OfMethods,
    Bare,
}

pub(super) fn closures(expr: &Expr) -> Closures {
    struct Search(Closures, bool);
    impl<'a> Visit<'a> for Search {
        fn visit_expr_closure(&mut self, _: &'a syn::ExprClosure) {
            self.0 = self.0.max(if self.1 { Closures::OfMethods } else { Closures::Bare });
        }
        fn visit_expr_method_call(&mut self, call: &'a syn::ExprMethodCall) {
            self.visit_expr(&call.receiver);
            let outer = std::mem::replace(&mut self.1, true);
            call.args.iter().for_each(|argument| self.visit_expr(argument));
            self.1 = outer;
        }
    }
    let mut search = Search(Closures::None, false);
    search.visit_expr(expr);
    search.0
}

/// `name`, `&name`, `name.clone()`.
fn name_of(expr: &Expr) -> Option<&Ident> {
    match expr {
        Expr::Paren(paren) => name_of(&paren.expr),
        Expr::Reference(reference) if reference.mutability.is_none() => name_of(&reference.expr),
        Expr::MethodCall(call) if call.method == "clone" && call.args.is_empty() => variable(&call.receiver),
        other => variable(other),
    }
}
