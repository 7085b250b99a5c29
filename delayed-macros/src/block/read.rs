//! The statements of a block, and what each of them uses.

use super::uses::{self, bound, shown, variable};
use super::{Binding, Block, For, From, Source, Statement, Task, Usage, parts};
use crate::errors::Errors;
use proc_macro2::{Delimiter, Ident, Span, TokenStream, TokenTree};
use std::collections::{BTreeMap, BTreeSet};
use syn::parse::Parser;
use syn::spanned::Spanned;
use syn::{Expr, Local, Pat, Stmt};

/// The statements. A block in parentheses, which rustfmt formats, has its own braces.
pub(super) fn statements(input: TokenStream) -> syn::Result<Vec<Stmt>> {
    syn::Block::parse_within.parse2(block_of(input))
}

/// What stands in the braces of the block's own, if it has some.
pub(super) fn block_of(input: TokenStream) -> TokenStream {
    let mut tokens = input.clone().into_iter();
    match (tokens.next(), tokens.next()) {
        (Some(TokenTree::Group(group)), None) if group.delimiter() == Delimiter::Brace => group.stream(),
        _ => input,
    }
}

/// The whole block.
pub(super) fn block(statements: Vec<Stmt>, errors: &mut Errors) -> Block {
    let rounds = vec![Round { id: 0, names: BTreeSet::new() }];
    let mut reader = Reader { errors, names: Vec::new(), rounds, loops: 0, counts: BTreeMap::new() };
    let mut block = reader.block(statements, Span::call_site());
    settle(&mut block, &reader.counts);
    block
}

/// A name of the block.
struct Name {
    ident: Ident,
    is_mut: bool,
    is_used: bool,
    /// Under `#[cfg]`: what has the same name before may be meant as well.
    is_optional: bool,
    /// The same for all names of one `let`.
    group: usize,
}

/// What one `for` binds.
#[derive(Clone)]
struct Round {
    /// No two `for`s have the same.
    id: usize,
    names: BTreeSet<String>,
}

struct Reader<'a> {
    errors: &'a mut Errors,
    /// In order; the last of a name holds.
    names: Vec<Name>,
    /// What the `for`s bind, outermost first; the first is for what comes from outside of the block.
    rounds: Vec<Round>,
    /// How many `for`s there were so far.
    loops: usize,
    /// How many tasks use a variable, by the `for` that binds it.
    counts: BTreeMap<(usize, String), usize>,
}

impl Reader<'_> {
    fn block(&mut self, statements: Vec<Stmt>, end: Span) -> Block {
        let outer = self.names.len();
        let count = statements.len();
        let mut read = Vec::new();
        let mut last = None;
        for (index, statement) in statements.into_iter().enumerate() {
            match statement {
                Stmt::Local(local) => read.extend(self.local(local)),
                Stmt::Item(item) => read.push(Statement::Item(item)),
                Stmt::Expr(expr, None) if index + 1 == count => last = Some(Box::new(self.last(expr))),
                Stmt::Macro(mac) if index + 1 == count && mac.semi_token.is_none() => {
                    let expr = Expr::Macro(syn::ExprMacro { attrs: mac.attrs, mac: mac.mac });
                    last = Some(Box::new(self.last(expr)));
                }
                Stmt::Expr(expr, _) => self.bare(&expr),
                Stmt::Macro(mac) => self.bare(&Expr::Macro(syn::ExprMacro { attrs: mac.attrs, mac: mac.mac })),
            }
        }
        if last.is_none() && self.errors.is_empty() {
            let text = "a block ends with an expression, whose value is the block's: a name, or a call";
            self.errors.push(syn::Error::new(end, text));
        }
        self.unused(outer);
        Block { statements: read, last }
    }

    /// A statement whose value nobody has.
    fn bare(&mut self, expr: &Expr) {
        let assigned = match expr {
            Expr::Assign(assign) => Some(&assign.left),
            Expr::Binary(binary) if is_assignment(binary.op) => Some(&binary.left),
            _ => None,
        };
        if let Some(left) = assigned {
            let name = quote::quote!(#left);
            let text = format!(
                "an assignment in a block: its names are the tasks' values, each made once; give the new value a name, `let {name} = ..;`, which may be the same"
            );
            return self.errors.at(left, text);
        }
        let (place, text) = match expr {
            Expr::ForLoop(looped) => (
                looped.for_token.span,
                "the values of this `for` would be dropped and its tasks never run: bind them with `let parts = for ..`, and use `parts`",
            ),
            Expr::Return(returned) => {
                (returned.return_token.span, "`return` in a block: its value is its last expression")
            }
            Expr::Break(left) => (
                left.break_token.span,
                "`break` out of a block: a task cannot stop the graph; choose with `if` what is computed",
            ),
            Expr::Continue(left) => {
                (left.continue_token.span, "`continue` in a round of a block: filter the data before the `for`")
            }
            Expr::Macro(mac) if mac.mac.path.segments.last().is_some_and(|last| last.ident == "delayed_block") => {
                return self
                    .errors
                    .at(&mac.mac.path, "a `delayed_block!` inside of one: write its statements in this block");
            }
            other => (
                other.span(),
                "the value of this statement would be dropped and its task never run: bind it with `let name = ..;`, and use the name; what prints or writes belongs into a task's body",
            ),
        };
        self.errors.push(syn::Error::new(place, text));
    }

    fn local(&mut self, local: Local) -> Option<Statement> {
        let Local { attrs, pat, init, .. } = local;
        let (pat, ty) = match pat {
            Pat::Type(typed) => (*typed.pat, Some(*typed.ty)),
            other => (other, None),
        };
        let Some(init) = init else {
            self.errors.at(&pat, "a `let` without a value: a block's name is a task's value; write `let name = ..;`");
            return None;
        };
        if let Some((token, _)) = init.diverge {
            let text = "`let .. else` in a block: the `else` would have to leave a graph that is already built; write `let x = match .. { .. };`, or let the task fail with an `Err` and `?`";
            self.errors.push(syn::Error::new(token.span, text));
            return None;
        }
        self.borrow(&init.expr);
        let is_optional = attrs.iter().any(|attr| attr.path().is_ident("cfg"));
        let binding = Binding { attrs, pat: Some(pat.clone()), ty };
        let statement = self.expr(*init.expr, binding, &pattern_name(&pat));
        self.bind(&pat, is_optional);
        Some(statement)
    }

    /// A name for a borrow of another.
    fn borrow(&mut self, expr: &Expr) {
        let Expr::Reference(reference) = expr else { return };
        if let Some(name) = variable(uses::root(&reference.expr)) {
            let place = &reference.expr;
            let place = quote::quote!(#place).to_string().replace(' ', "");
            let text = format!(
                "a borrow as a task's value: each task owns its value, and `{name}` may be gone before this one is used; write `{place}.clone()`, or `&{place}` where it is used"
            );
            self.errors.push(syn::Error::new(reference.and_token.span, text));
        }
    }

    fn last(&mut self, expr: Expr) -> Statement {
        if let Some(ident) = variable(&expr)
            && self.use_name(&ident.to_string())
        {
            return Statement::Name(ident.clone());
        }
        self.expr(expr, Binding::default(), "block")
    }

    fn expr(&mut self, expr: Expr, binding: Binding, name: &str) -> Statement {
        match expr {
            Expr::ForLoop(looped) => Statement::For(self.for_loop(looped, binding)),
            expr => Statement::Task(self.task(expr, binding, name)),
        }
    }

    fn task(&mut self, mut expr: Expr, binding: Binding, name: &str) -> Task {
        let (mut is_try, mut awaits_last) = (false, false);
        if let Expr::Try(tried) = expr {
            (is_try, expr) = (true, *tried.expr);
        }
        if let Expr::Await(awaited) = expr {
            (awaits_last, expr) = (true, *awaited.base);
        }
        let given_name = name;
        let name = callee(&expr).map_or_else(|| name.to_owned(), |ident| shown(&ident));
        let in_block = self.visible();
        let written = if let Expr::Call(call) = &expr { Some(call.clone()) } else { None };
        let (found, awaits) = uses::of(&mut expr, &in_block, self.errors);
        let mut sources = Vec::new();
        for found in found {
            let text = found.name.to_string();
            let is_mut = self.names.iter().rev().find(|name| name.ident == text).is_none_or(|name| name.is_mut);
            let from = match found.field {
                Some(field) => From::Field(field),
                None if in_block.contains(&text) => {
                    self.use_name(&text);
                    From::Block
                }
                None => From::Outer(self.count(&text), false),
            };
            sources.push(Source { name: found.name, usage: found.usage, from, is_mut });
        }
        if let Some(over) = sources.get(MOST_SOURCES) {
            let text = format!(
                "a task of a block uses at most {MOST_SOURCES} names; make a tuple or struct of some of them before"
            );
            self.errors.at(&over.name, text);
            sources.truncate(MOST_SOURCES);
        }
        let is_async = awaits_last || awaits;
        let mut task =
            Task { binding, name, expr, is_try, is_async, awaits_last, sources, parts: None, is_place: false };
        task.parts = written.and_then(|call| parts::of(&call, &task, &in_block, given_name));
        task
    }

    fn for_loop(&mut self, mut looped: syn::ExprForLoop, binding: Binding) -> For {
        let in_block = self.visible();
        if let Some(names) = listed(&looped.expr, &in_block) {
            names.iter().for_each(|name| {
                self.use_name(&name.to_string());
            });
            // Handles, one for each round.
            *looped.expr = syn::parse_quote!([#(::core::clone::Clone::clone(&#names)),*]);
        } else if !is_split(&looped.expr, &in_block) {
            let is_list = |name: &Ident| match &*looped.expr {
                Expr::Reference(reference) => variable(&reference.expr) == Some(name),
                Expr::MethodCall(call) => variable(&call.receiver) == Some(name),
                other => variable(other) == Some(name),
            };
            let (found, _) = uses::of(&mut looped.expr.clone(), &in_block, self.errors);
            for found in found.iter().filter(|found| in_block.contains(&found.name.to_string())) {
                let text = if is_list(&found.name) {
                    format!(
                        "`for` in a block is unrolled while the graph is built, when `{0}` is not computed yet: loop inside one task, `let out = {0}.into_iter().map(f).collect::<Vec<_>>();`, or, of a list whose length is known, write `for x in {0}.split(n)`",
                        found.name
                    )
                } else {
                    format!(
                        "`for` in a block is unrolled while the graph is built, when `{0}` is not computed yet: bind what it goes through with a `let`, and loop inside one task, `let out = list.into_iter().map(f).collect::<Vec<_>>();`; a list of names alone, `for x in [a, b]`, has a round for each",
                        found.name
                    )
                };
                self.errors.at(&found.name, text);
                self.use_name(&found.name.to_string());
            }
        } else if let Expr::MethodCall(split) = &*looped.expr
            && let Some(name) = variable(&split.receiver)
        {
            self.use_name(&name.to_string());
        }
        let (outer, rounds) = (self.names.len(), self.rounds.clone());
        let names: BTreeSet<String> = bound(&looped.pat).iter().map(|bound| bound.ident.to_string()).collect();
        // What a round binds hides the block's names.
        self.loops += 1;
        self.rounds.push(Round { id: self.loops, names });
        let end = looped.body.brace_token.span.close();
        let statements = std::mem::take(&mut looped.body.stmts);
        let body = self.block(statements, end);
        self.rounds = rounds;
        self.names.truncate(outer);
        For { binding, source: looped, rounds: body }
    }

    /// The names of the block that can be seen here.
    fn visible(&self) -> BTreeSet<String> {
        let hidden = |name: &String| self.rounds[1..].iter().any(|round| round.names.contains(name));
        self.names.iter().map(|name| name.ident.to_string()).filter(|name| !hidden(name)).collect()
    }

    /// Marks a name of the block as used; false if there is none.
    fn use_name(&mut self, text: &str) -> bool {
        if !self.visible().contains(text) {
            return false;
        }
        for name in self.names.iter_mut().rev().filter(|name| name.ident == text) {
            name.is_used = true;
            if !name.is_optional {
                break;
            }
        }
        true
    }

    /// One more task uses this variable; in a round of a `for` inside of where it is bound, many do. Gives the `for`
    /// that binds it.
    fn count(&mut self, name: &str) -> usize {
        let depth = self.rounds.iter().rposition(|round| round.names.contains(name)).unwrap_or(0);
        let many = if depth + 1 < self.rounds.len() { 2 } else { 1 };
        let id = self.rounds[depth].id;
        *self.counts.entry((id, name.to_owned())).or_default() += many;
        id
    }

    fn bind(&mut self, pat: &Pat, is_optional: bool) {
        let group = self.names.len();
        let bound = bound(pat);
        if let Some(capital) = capital(pat) {
            let text = format!(
                "a name of a block begins with a small letter, as `{capital}` may be a constant or a variant: write `let {} = ..;`",
                capital.to_string().to_lowercase()
            );
            self.errors.at(capital, text);
        } else if bound.is_empty() {
            self.errors.at(
                pat,
                "nothing uses this `let`, so its task would never run: give its value a name and use it, or remove it",
            );
        }
        if let Some(over) = bound.get(MOST_PARTS) {
            self.errors.at(
                &over.ident,
                format!(
                    "a `let` of a block takes a value apart into at most {MOST_PARTS} names; give the whole a name"
                ),
            );
        }
        for bound in bound {
            if let Some(by_ref) = bound.by_ref {
                self.errors
                    .at(by_ref, "`ref` in a block: a name is a task's value, and no borrow of one; remove `ref`");
            }
            // From here on the name means this; a `for`'s own name is hidden by it.
            let text = bound.ident.to_string();
            if self.rounds.len() > 1 {
                self.rounds.iter_mut().for_each(|round| {
                    round.names.remove(&text);
                });
            }
            let is_mut = bound.mutability.is_some();
            self.names.push(Name { ident: bound.ident, is_mut, is_used: false, is_optional, group });
        }
    }

    /// Reports the `let`s from here on that nothing uses.
    fn unused(&mut self, from: usize) {
        let mut groups: BTreeMap<usize, (bool, Ident)> = BTreeMap::new();
        for name in &self.names[from..] {
            let entry = groups.entry(name.group).or_insert_with(|| (false, name.ident.clone()));
            entry.0 |= name.is_used;
        }
        for (_, (is_used, ident)) in groups {
            if !is_used {
                let text = format!(
                    "nothing uses `{ident}`, so its task would never run: use it in what follows, or remove this `let`"
                );
                self.errors.at(&ident, text);
            }
        }
    }
}

/// The most names of one task, and of one pattern.
const MOST_SOURCES: usize = 12;
const MOST_PARTS: usize = 8;

/// Tells each source whether more than one task uses it.
fn settle(block: &mut Block, counts: &BTreeMap<(usize, String), usize>) {
    for statement in block.statements.iter_mut().chain(block.last.as_deref_mut()) {
        match statement {
            Statement::Task(task) => {
                for source in &mut task.sources {
                    if let From::Outer(id, again) = &mut source.from {
                        *again = counts.get(&(*id, source.name.to_string())).is_some_and(|count| *count > 1);
                    }
                }
            }
            Statement::For(looped) => settle(&mut looped.rounds, counts),
            Statement::Item(_) | Statement::Name(_) => {}
        }
    }
}

/// Whether the operator changes its left side.
pub(crate) fn is_assignment(op: syn::BinOp) -> bool {
    use syn::BinOp::*;
    matches!(
        op,
        AddAssign(_)
            | SubAssign(_)
            | MulAssign(_)
            | DivAssign(_)
            | RemAssign(_)
            | BitXorAssign(_)
            | BitAndAssign(_)
            | BitOrAssign(_)
            | ShlAssign(_)
            | ShrAssign(_)
    )
}

/// `[a, b]` of names of the block: a list of handles, known while building.
fn listed(expr: &Expr, in_block: &BTreeSet<String>) -> Option<Vec<Ident>> {
    let elements = match expr {
        Expr::Array(array) => array.elems.clone(),
        Expr::Macro(mac) if mac.mac.path.is_ident("vec") => super::format::arguments(&mac.mac)?,
        _ => return None,
    };
    let of_block = |name: &&Ident| in_block.contains(&name.to_string());
    let names: Option<Vec<_>> = elements.iter().map(|element| variable(element).filter(of_block).cloned()).collect();
    names.filter(|names| !names.is_empty())
}

/// `list.split(n)` of a name of the block: a list of handles, known while building.
pub(super) fn is_split(expr: &Expr, in_block: &BTreeSet<String>) -> bool {
    let Expr::MethodCall(call) = expr else { return false };
    let of_block = variable(&call.receiver).is_some_and(|name| in_block.contains(&name.to_string()));
    of_block && call.method == "split" && call.args.len() == 1
}

/// What is called, where the expression is one call.
pub(super) fn callee(expr: &Expr) -> Option<Ident> {
    match expr {
        Expr::Call(call) => match &*call.func {
            Expr::Path(path) => Some(path.path.segments.last()?.ident.clone()),
            _ => None,
        },
        Expr::MethodCall(call) => {
            let receiver = match &*call.receiver {
                Expr::Paren(paren) => &paren.expr,
                other => other,
            };
            let receiver = match receiver {
                Expr::Reference(reference) => &*reference.expr,
                other => other,
            };
            let is_plain = matches!(receiver, Expr::Path(_) | Expr::Field(_));
            is_plain.then(|| call.method.clone())
        }
        _ => None,
    }
}

/// A pattern that is one name with a capital.
fn capital(pat: &Pat) -> Option<&Ident> {
    match pat {
        Pat::Ident(name) if bound(pat).is_empty() => Some(&name.ident),
        Pat::Paren(paren) => capital(&paren.pat),
        _ => None,
    }
}

/// A pattern as a task's name: the names in it.
fn pattern_name(pat: &Pat) -> String {
    let names: Vec<_> = bound(pat).iter().map(|bound| shown(&bound.ident)).collect();
    names.join(", ")
}

/// Whether the use lets go of the value.
pub(super) fn is_value(source: &Source) -> bool {
    source.usage == Usage::Value
}
