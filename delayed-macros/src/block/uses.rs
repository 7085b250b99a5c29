//! What an expression uses: names of the block, variables from outside, fields of `self`; and what it must not hold.

use super::{Usage, format};
use crate::errors::Errors;
use proc_macro2::{Ident, Span};
use std::collections::{BTreeMap, BTreeSet};
use syn::ext::IdentExt;
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::visit_mut::{self, VisitMut};
use syn::{Block, Expr, ExprPath, Item, Local, Macro, Member, Pat, Stmt, Token};

const SELF: &str = "`self` in a block: a task may run after it is gone; use its fields, which are cloned out, or take out what the tasks need before the block";

/// A name that was found.
pub(super) struct Found {
    pub(super) name: Ident,
    pub(super) usage: Usage,
    /// A field of `self`, in whose place the name stands.
    pub(super) field: Option<Expr>,
}

/// Looks through one task's expression.
pub(super) struct Uses<'a> {
    errors: &'a mut Errors,
    /// Names of the block; all others are from outside.
    in_block: &'a BTreeSet<String>,
    found: Vec<Found>,
    awaits: bool,
    /// Names of the expression's own.
    scopes: Vec<BTreeSet<String>>,
    /// In closures and async blocks `?`, `return` and `.await` are their own.
    functions: usize,
    loops: usize,
    /// The second pass: these names are references.
    lent: Option<BTreeSet<String>>,
    /// Inside of a macro that is not known: what is no name of the block may be no variable.
    in_macro: bool,
}

/// What an expression uses, in the order of the first uses, and whether it awaits. In the expression `&name` becomes
/// `name` where that is lent, and a field of `self` a name.
pub(super) fn of(expr: &mut Expr, in_block: &BTreeSet<String>, errors: &mut Errors) -> (Vec<Found>, bool) {
    let mut uses = Uses {
        errors,
        in_block,
        found: Vec::new(),
        awaits: false,
        scopes: Vec::new(),
        functions: 0,
        loops: 0,
        lent: None,
        in_macro: false,
    };
    uses.visit_expr_mut(expr);
    let is_lent = |found: &&Found| found.usage == Usage::Lent;
    uses.lent = Some(uses.found.iter().filter(is_lent).map(|found| found.name.to_string()).collect());
    uses.visit_expr_mut(expr);
    (uses.found, uses.awaits)
}

/// The names that a pattern binds.
pub(super) fn bound(pat: &Pat) -> Vec<syn::PatIdent> {
    #[derive(Default)]
    struct Bound(BTreeMap<String, usize>, Vec<syn::PatIdent>);
    impl<'a> syn::visit::Visit<'a> for Bound {
        fn visit_pat_ident(&mut self, pat: &'a syn::PatIdent) {
            let name = pat.ident.to_string();
            let is_variable = !starts_upper(&name) || pat.subpat.is_some() || pat.by_ref.is_some();
            if is_variable && !self.0.contains_key(&name) {
                self.0.insert(name, self.1.len());
                self.1.push(pat.clone());
            }
            syn::visit::visit_pat_ident(self, pat);
        }
        fn visit_expr(&mut self, _: &'a Expr) {}
    }
    let mut bound = Bound::default();
    syn::visit::Visit::visit_pat(&mut bound, pat);
    bound.1
}

pub(super) fn starts_upper(name: &str) -> bool {
    name.trim_start_matches('_').starts_with(|first: char| first.is_uppercase())
}

/// A path of one plain name that may be a variable.
pub(super) fn variable(expr: &Expr) -> Option<&Ident> {
    let Expr::Path(ExprPath { qself: None, path, attrs }) = expr else { return None };
    let ident = path.get_ident()?;
    (attrs.is_empty() && !starts_upper(&ident.to_string()) && ident != "self").then_some(ident)
}

fn is_self(expr: &Expr) -> bool {
    matches!(expr, Expr::Path(path) if path.path.is_ident("self"))
}

/// `self.a.b`: fields alone.
pub(super) fn is_field_of_self(expr: &Expr) -> bool {
    matches!(expr, Expr::Field(field) if is_self(&field.base) || is_field_of_self(&field.base))
}

/// What a place such as `name.field[0]` belongs to.
pub(super) fn root(expr: &Expr) -> &Expr {
    match expr {
        Expr::Field(field) if !is_field_of_self(expr) => root(&field.base),
        Expr::Index(index) => root(&index.expr),
        Expr::Paren(paren) => root(&paren.expr),
        other => other,
    }
}

/// `name` of an argument `name = value`.
fn given(argument: &Expr) -> Option<String> {
    let Expr::Assign(assign) = argument else { return None };
    variable(&assign.left).map(ToString::to_string)
}

impl Uses<'_> {
    fn is_own(&self, name: &str) -> bool {
        self.scopes.iter().any(|scope| scope.contains(name))
    }

    fn note(&mut self, ident: &Ident, usage: Usage) {
        let name = ident.to_string();
        if self.lent.is_some() || self.is_own(&name) || self.in_macro && !self.in_block.contains(&name) {
            return;
        }
        self.add(Found { name: ident.clone(), usage, field: None });
    }

    fn add(&mut self, new: Found) {
        match self.found.iter_mut().find(|found| found.name == new.name) {
            Some(found) => found.usage = found.usage.max(new.usage),
            None => self.found.push(new),
        }
    }

    /// A name for a field of `self`, in its place.
    fn field(&mut self, expr: &mut Expr, usage: Usage) {
        let text = quote::quote!(#expr).to_string();
        let mut name = String::from("__");
        // No two places have the same.
        for c in text.replace("r#", "").chars().filter(|c| !c.is_whitespace()) {
            match c {
                '.' => name.push_str("_1"),
                '_' => name.push_str("_0"),
                c => name.push(c),
            }
        }
        let place = match expr {
            Expr::Field(field) => field.member.span(),
            _ => expr.span(),
        };
        let ident = Ident::new(&name, place);
        self.add(Found { name: ident.clone(), usage, field: Some(expr.clone()) });
        *expr = syn::parse_quote!(#ident);
    }

    /// Notes what a place belongs to, and looks through what stands in its indices.
    fn place(&mut self, expr: &mut Expr, usage: Usage) {
        if is_field_of_self(expr) {
            return self.field(expr, usage);
        }
        if let Some(ident) = variable(expr) {
            let ident = ident.clone();
            return self.note(&ident, usage);
        }
        match expr {
            Expr::Field(field) => self.place(&mut field.base, usage),
            Expr::Paren(paren) => self.place(&mut paren.expr, usage),
            Expr::Index(index) => {
                self.place(&mut index.expr, usage);
                self.visit_expr_mut(&mut index.index);
            }
            other => self.visit_expr_mut(other),
        }
    }

    fn scoped(&mut self, visit: impl FnOnce(&mut Self)) {
        self.scopes.push(BTreeSet::new());
        visit(self);
        self.scopes.pop();
    }

    fn bind(&mut self, pat: &Pat) {
        let names = bound(pat).into_iter().map(|bound| bound.ident.to_string());
        if let Some(scope) = self.scopes.last_mut() {
            scope.extend(names);
        }
    }

    /// An item is seen in all of its block.
    fn declare(&mut self, stmt: &Stmt) {
        fn leaves(tree: &syn::UseTree, scope: &mut BTreeSet<String>) {
            match tree {
                syn::UseTree::Path(path) => leaves(&path.tree, scope),
                syn::UseTree::Name(name) => scope.extend([name.ident.to_string()]),
                syn::UseTree::Rename(name) => scope.extend([name.rename.to_string()]),
                syn::UseTree::Group(group) => group.items.iter().for_each(|tree| leaves(tree, scope)),
                syn::UseTree::Glob(_) => {}
            }
        }
        let Some(scope) = self.scopes.last_mut() else { return };
        match stmt {
            Stmt::Item(Item::Fn(item)) => scope.extend([item.sig.ident.to_string()]),
            Stmt::Item(Item::Const(item)) => scope.extend([item.ident.to_string()]),
            Stmt::Item(Item::Static(item)) => scope.extend([item.ident.to_string()]),
            Stmt::Item(Item::Use(item)) => leaves(&item.tree, scope),
            _ => {}
        }
    }

    /// `matches!(value, pattern if guard)`.
    fn matches(&mut self, mac: &mut Macro) -> bool {
        let parser = |input: syn::parse::ParseStream<'_>| {
            let value: Expr = input.parse()?;
            let comma: Token![,] = input.parse()?;
            let pat = Pat::parse_multi_with_leading_vert(input)?;
            let guard = if input.peek(Token![if]) {
                Some((input.parse::<Token![if]>()?, input.parse::<Expr>()?))
            } else {
                None
            };
            let end: Option<Token![,]> = input.parse()?;
            Ok((value, comma, pat, guard, end))
        };
        let Ok((mut value, comma, pat, mut guard, end)) = parser.parse2(mac.tokens.clone()) else { return false };
        self.visit_expr_mut(&mut value);
        self.scoped(|uses| {
            uses.bind(&pat);
            if let Some((_, guard)) = &mut guard {
                uses.visit_expr_mut(guard);
            }
        });
        let guard = guard.map(|(token, guard)| quote::quote!(#token #guard));
        mac.tokens = quote::quote!(#value #comma #pat #guard #end);
        true
    }

    fn function(&mut self, visit: impl FnOnce(&mut Self)) {
        self.functions += 1;
        let loops = std::mem::take(&mut self.loops);
        self.scoped(visit);
        self.loops = loops;
        self.functions -= 1;
    }

    fn error(&mut self, place: Span, text: &str) {
        if self.lent.is_none() {
            self.errors.push(syn::Error::new(place, text));
        }
    }

    fn texts(&mut self, mac: &Macro, arguments: &mut Punctuated<Expr, Token![,]>) {
        let given: BTreeSet<_> = arguments.iter().filter_map(given).collect();
        let format_at = format::format_at(mac);
        for (index, argument) in arguments.iter_mut().enumerate() {
            // Of a macro that is not known any string may be a format.
            let may_be_format = format_at.is_none_or(|at| at == index);
            if let (true, Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. })) = (may_be_format, &*argument) {
                for name in format::names(text) {
                    if given.contains(&name.to_string()) {
                        continue;
                    }
                    if self.in_block.contains(&name.to_string()) || format::is_format(mac) {
                        self.note(&name, Usage::Lent);
                    }
                }
            }
            match argument {
                // `name = value` of a format.
                Expr::Assign(assign) => self.visit_expr_mut(&mut assign.right),
                other
                    if format_at.is_some_and(|at| at < index)
                        && (variable(other).is_some() || is_field_of_self(other)) =>
                {
                    self.place(other, Usage::Lent);
                }
                other => self.visit_expr_mut(other),
            }
        }
    }

    fn makro(&mut self, mac: &mut Macro) {
        if mac.path.segments.last().is_some_and(|last| last.ident == "delayed_block") {
            let text = "a `delayed_block!` inside of one: its names would be handles; a plain block `{ .. }` is one task, and what shall run in parallel stands in this block";
            self.error(mac.path.span(), text);
            return;
        }
        if mac.path.is_ident("matches") && self.matches(mac) {
            return;
        }
        self.awaits |= self.functions == 0 && format::awaits(mac);
        if let Some(mut arguments) = format::arguments(mac) {
            let outer = self.in_macro;
            self.in_macro |= !format::is_known(mac);
            self.texts(mac, &mut arguments);
            self.in_macro = outer;
            let ends = mac.tokens.clone().into_iter().last().is_some_and(|last| last.to_string() == ",");
            if !ends {
                arguments.pop_punct();
            }
            mac.tokens = quote::quote!(#arguments);
            return;
        }
        self.awaits |= self.functions == 0 && format::has_await(mac.tokens.clone());
        let mut names = Vec::new();
        let mut texts = Vec::new();
        format::scan(mac.tokens.clone(), &mut |name| names.push(name.clone()), &mut |text| {
            texts.extend(format::names(text))
        });
        for name in names {
            if name == "self" {
                self.error(name.span(), SELF);
            }
            if self.in_block.contains(&name.to_string()) {
                self.note(&name, Usage::Value);
            }
        }
        for name in texts {
            if self.in_block.contains(&name.to_string()) {
                self.note(&name, Usage::Lent);
            }
        }
    }

    fn call(&mut self, call: &mut syn::ExprCall) {
        match variable(&call.func).cloned() {
            // A function of outside is what it is; a closure that is a value of the block is called where it lies.
            Some(name) if self.in_block.contains(&name.to_string()) => self.note(&name, Usage::Receiver),
            Some(_) => {}
            None => self.visit_expr_mut(&mut call.func),
        }
        call.args.iter_mut().for_each(|argument| self.visit_expr_mut(argument));
    }
}

impl VisitMut for Uses<'_> {
    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        if let Some(ident) = variable(expr) {
            let ident = ident.clone();
            return self.note(&ident, Usage::Value);
        }
        if is_field_of_self(expr) {
            return self.field(expr, Usage::Value);
        }
        if is_self(expr) {
            return self.error(expr.span(), SELF);
        }
        match expr {
            Expr::Reference(reference) if reference.mutability.is_none() => {
                self.place(&mut reference.expr, Usage::Lent);
                let name = variable(&reference.expr).map(ToString::to_string);
                if name.is_some_and(|name| {
                    !self.is_own(&name) && self.lent.as_ref().is_some_and(|lent| lent.contains(&name))
                }) {
                    *expr = (*reference.expr).clone();
                }
            }
            // `(&name).method()` lends as well; without its parentheses nobody finds them unnecessary.
            Expr::Paren(paren) if matches!(&*paren.expr, Expr::Reference(_)) => {
                self.visit_expr_mut(&mut paren.expr);
                if variable(&paren.expr).is_some() {
                    *expr = (*paren.expr).clone();
                }
            }
            Expr::MethodCall(call) => {
                if call.method == "compute" && call.args.is_empty() {
                    let text = "`.compute()` in a block: the block's names are values here, and the block itself is the graph; compute the block, behind its end: `delayed_block! { .. }.compute()?`";
                    self.error(call.method.span(), text);
                }
                let is_place =
                    matches!(root(&call.receiver), root if variable(root).is_some() || is_field_of_self(root));
                if is_place {
                    self.place(&mut call.receiver, Usage::Receiver);
                } else {
                    self.visit_expr_mut(&mut call.receiver);
                }
                call.args.iter_mut().for_each(|argument| self.visit_expr_mut(argument));
            }
            Expr::Call(call) => self.call(call),
            Expr::Closure(closure) => self.function(|uses| {
                closure.inputs.iter().for_each(|input| uses.bind(input));
                uses.visit_expr_mut(&mut closure.body);
            }),
            Expr::Async(block) => self.function(|uses| uses.visit_block_mut(&mut block.block)),
            Expr::Match(matched) => {
                self.visit_expr_mut(&mut matched.expr);
                for arm in &mut matched.arms {
                    self.scoped(|uses| {
                        uses.bind(&arm.pat);
                        visit_mut::visit_arm_mut(uses, arm);
                    });
                }
            }
            Expr::If(branch) => {
                self.scoped(|uses| {
                    uses.visit_expr_mut(&mut branch.cond);
                    uses.visit_block_mut(&mut branch.then_branch);
                });
                if let Some((_, other)) = &mut branch.else_branch {
                    self.visit_expr_mut(other);
                }
            }
            Expr::Let(condition) => {
                self.visit_expr_mut(&mut condition.expr);
                self.bind(&condition.pat);
            }
            Expr::While(looped) => {
                self.loops += 1;
                self.scoped(|uses| {
                    uses.visit_expr_mut(&mut looped.cond);
                    uses.visit_block_mut(&mut looped.body);
                });
                self.loops -= 1;
            }
            Expr::ForLoop(looped) => {
                self.visit_expr_mut(&mut looped.expr);
                self.loops += 1;
                self.scoped(|uses| {
                    uses.bind(&looped.pat);
                    uses.visit_block_mut(&mut looped.body);
                });
                self.loops -= 1;
            }
            Expr::Loop(looped) => {
                self.loops += 1;
                self.visit_block_mut(&mut looped.body);
                self.loops -= 1;
            }
            Expr::Await(awaited) => {
                self.awaits |= self.functions == 0;
                self.visit_expr_mut(&mut awaited.base);
            }
            Expr::Try(tried) => {
                if self.functions == 0 {
                    let text = "`?` in the middle of an expression, where no task ends: write it at the end of a `let` of its own, `let part = read(..)?;`, and use `part` here; of an `if`, `match` or block let each end be a `Result`, and write `?` behind it";
                    self.error(tried.question_token.span(), text);
                }
                self.visit_expr_mut(&mut tried.expr);
            }
            Expr::Return(returned) => {
                if self.functions == 0 {
                    let text = "`return` in a block: a task has no function to leave; make the rest of the expression an `else`, or fail the task with an `Err` and `?` at the end of the `let`";
                    self.error(returned.return_token.span(), text);
                }
                visit_mut::visit_expr_return_mut(self, returned);
            }
            Expr::Break(left) => {
                if self.loops == 0 && left.label.is_none() {
                    let text = "`break` out of a block: a task cannot stop the graph; choose with `if` what is computed, or loop inside one task";
                    self.error(left.break_token.span(), text);
                }
                visit_mut::visit_expr_break_mut(self, left);
            }
            Expr::Continue(left) if self.loops == 0 => {
                let text = "`continue` in a round of a block: each round is a task; filter the data before the `for`";
                self.error(left.continue_token.span(), text);
            }
            Expr::Macro(mac) => self.makro(&mut mac.mac),
            Expr::Field(_) | Expr::Index(_) => self.place(expr, Usage::Value),
            other => visit_mut::visit_expr_mut(self, other),
        }
    }

    fn visit_block_mut(&mut self, block: &mut Block) {
        self.scoped(|uses| {
            block.stmts.iter().for_each(|stmt| uses.declare(stmt));
            visit_mut::visit_block_mut(uses, block);
        });
    }

    fn visit_local_mut(&mut self, local: &mut Local) {
        if let Some(init) = &mut local.init {
            self.visit_expr_mut(&mut init.expr);
            if let Some((_, diverge)) = &mut init.diverge {
                self.visit_expr_mut(diverge);
            }
        }
        self.bind(&local.pat);
    }

    fn visit_stmt_mut(&mut self, stmt: &mut Stmt) {
        match stmt {
            Stmt::Macro(mac) => self.makro(&mut mac.mac),
            other => visit_mut::visit_stmt_mut(self, other),
        }
    }

    fn visit_item_mut(&mut self, _: &mut Item) {}

    fn visit_member_mut(&mut self, _: &mut Member) {}

    fn visit_pat_mut(&mut self, _: &mut Pat) {}
}

/// Whether the name is raw or plain, as a task shows it.
pub(super) fn shown(ident: &Ident) -> String {
    ident.unraw().to_string()
}
