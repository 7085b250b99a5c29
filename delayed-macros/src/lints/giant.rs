//! Loops over a list parameter: each element could be a task.

use crate::model::Model;
use crate::types;
use proc_macro2::{Span, TokenStream, TokenTree};
use std::collections::BTreeMap;
use syn::ext::IdentExt;
use syn::visit::{self, Visit};
use syn::{Block, Expr, Item, Pat, Stmt, Type};

/// The loops over a list parameter, at what they go through.
pub(super) fn of(model: &Model) -> Vec<Span> {
    let lists = model.params.iter().filter(|param| is_list(&param.ty)).map(|param| param.name.unraw().to_string());
    loops(lists, model.function.body.stream()).into_iter().map(|(_, place)| place).collect()
}

/// The same with the name that stands there.
fn loops(lists: impl Iterator<Item = String>, body: TokenStream) -> Vec<(String, Span)> {
    let Ok(block) = syn::parse2::<Block>(quote::quote!({ #body })) else { return Vec::new() };
    let lists = lists.map(|name| (name, Some(Kind::List))).collect();
    let mut loops = Loops { scopes: vec![lists], found: Vec::new() };
    loops.visit_block(&block);
    loops.found
}

fn is_list(ty: &Type) -> bool {
    match types::bare(ty) {
        Type::Reference(reference) => is_list(&reference.elem),
        Type::Slice(_) | Type::Array(_) => true,
        ty => types::last_is(ty, "Vec"),
    }
}

/// What a value has of a list parameter.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// It, a copy or a part of it.
    List,
    /// Its elements or indices, one after the other.
    Iter,
    /// Its length.
    Len,
}

/// Methods of a list that go through it.
const ITERS: [&str; 12] = [
    "iter",
    "iter_mut",
    "into_iter",
    "drain",
    "windows",
    "chunks",
    "chunks_mut",
    "chunks_exact",
    "rchunks",
    "split",
    "par_iter",
    "into_par_iter",
];

/// Methods whose value is the list, whole or a copy of it.
const LISTS: [&str; 8] =
    ["clone", "to_vec", "to_owned", "as_slice", "as_mut_slice", "as_ref", "into_boxed_slice", "into_vec"];

/// Methods of an iterator whose value goes on through it.
const ADAPTERS: [&str; 24] = [
    "iter",
    "into_iter",
    "by_ref",
    "map",
    "filter",
    "filter_map",
    "flat_map",
    "flatten",
    "enumerate",
    "zip",
    "chain",
    "rev",
    "skip",
    "take",
    "skip_while",
    "take_while",
    "map_while",
    "step_by",
    "cloned",
    "copied",
    "peekable",
    "inspect",
    "scan",
    "fuse",
];

/// Follows the names of the lists through a body.
struct Loops {
    /// What each name stands for, in each block around; `None` for what has nothing of a list.
    scopes: Vec<BTreeMap<String, Option<Kind>>>,
    found: Vec<(String, Span)>,
}

/// What a value has of a list, the name that says so, and where.
type Seen = Option<(Kind, String, Span)>;

impl Loops {
    fn look(&self, value: &Expr) -> Seen {
        let with = |(_, name, place), kind| (kind, name, place);
        let is_one_of = |method: &proc_macro2::Ident, known: &[&str]| known.iter().any(|name| method == name);
        match value {
            Expr::Reference(reference) => self.look(&reference.expr),
            Expr::Unary(unary) => self.look(&unary.expr),
            Expr::Paren(paren) => self.look(&paren.expr),
            Expr::Group(group) => self.look(&group.expr),
            Expr::Cast(cast) => self.look(&cast.expr),
            Expr::Path(path) => {
                let ident = path.path.get_ident()?;
                let name = ident.unraw().to_string();
                let kind = self.scopes.iter().rev().find_map(|scope| scope.get(&name))?;
                kind.map(|kind| (kind, name, ident.span()))
            }
            Expr::Index(index) if matches!(*index.index, Expr::Range(_)) => {
                self.look(&index.expr).filter(|seen| seen.0 == Kind::List)
            }
            Expr::Range(range) => {
                let end = self.look(range.end.as_ref()?)?;
                (end.0 == Kind::Len).then(|| with(end, Kind::Iter))
            }
            Expr::Binary(binary) => {
                let seen = self.look(&binary.left).or_else(|| self.look(&binary.right))?;
                (seen.0 == Kind::Len).then_some(seen)
            }
            Expr::MethodCall(call) => match self.look(&call.receiver) {
                Some(seen) if seen.0 == Kind::List => {
                    let kind = match &call.method {
                        method if method == "len" => Kind::Len,
                        method if is_one_of(method, &ITERS) => Kind::Iter,
                        method if is_one_of(method, &LISTS) => Kind::List,
                        _ => return None,
                    };
                    Some(with(seen, kind))
                }
                Some(seen) if seen.0 == Kind::Iter => {
                    let kind = match &call.method {
                        method if method == "collect" => Kind::List,
                        method if is_one_of(method, &ADAPTERS) => Kind::Iter,
                        _ => return None,
                    };
                    Some(with(seen, kind))
                }
                None if call.method == "zip" || call.method == "chain" => self.gone_through(call.args.first()?),
                _ => None,
            },
            _ => None,
        }
    }

    /// A value of which a loop takes each element.
    fn gone_through(&self, value: &Expr) -> Seen {
        let (kind, name, place) = self.look(value)?;
        (kind != Kind::Len).then_some((Kind::Iter, name, place))
    }

    /// The value of which the condition of a `while let` takes the next.
    fn next(&self, condition: &Expr) -> Seen {
        let Expr::Let(condition) = condition else { return None };
        let Expr::MethodCall(call) = &*condition.expr else { return None };
        let (kind, name, place) = self.look(&call.receiver)?;
        let takes = match kind {
            Kind::Iter => call.method == "next" || call.method == "next_back",
            Kind::List => call.method == "pop",
            Kind::Len => false,
        };
        takes.then_some((Kind::Iter, name, place))
    }

    fn tell(&mut self, seen: Seen) {
        self.found.extend(seen.map(|(_, name, place)| (name, place)));
    }

    /// A name stands for something else from here on.
    fn bind(&mut self, name: String, kind: Option<Kind>) {
        if let Some(scope) = self.scopes.last_mut() {
            scope.insert(name, kind);
        }
    }

    /// The names of a pattern stand for nothing that is known.
    fn bind_all(&mut self, pat: &Pat) {
        struct Names(Vec<String>);
        impl<'a> Visit<'a> for Names {
            fn visit_pat_ident(&mut self, pat: &'a syn::PatIdent) {
                self.0.push(pat.ident.unraw().to_string());
                visit::visit_pat_ident(self, pat);
            }
        }
        let mut names = Names(Vec::new());
        names.visit_pat(pat);
        for name in names.0 {
            self.bind(name, None);
        }
    }

    /// The names in a macro's statement may be bound by it.
    fn bind_tokens(&mut self, tokens: TokenStream) {
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => self.bind(ident.unraw().to_string(), None),
                TokenTree::Group(group) => self.bind_tokens(group.stream()),
                _ => {}
            }
        }
    }

    fn in_scope(&mut self, look: impl FnOnce(&mut Self)) {
        self.scopes.push(BTreeMap::new());
        look(self);
        self.scopes.pop();
    }
}

impl<'a> Visit<'a> for Loops {
    fn visit_block(&mut self, block: &'a Block) {
        self.in_scope(|this| visit::visit_block(this, block));
    }

    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        if let Stmt::Macro(mac) = stmt
            && crate::block::std_arguments(&mac.mac).is_none()
        {
            self.bind_tokens(mac.mac.tokens.clone());
        }
        visit::visit_stmt(self, stmt);
    }

    fn visit_local(&mut self, local: &'a syn::Local) {
        visit::visit_local(self, local);
        let pat = if let Pat::Type(typed) = &local.pat { &typed.pat } else { &local.pat };
        let value = local.init.as_ref().and_then(|init| self.look(&init.expr));
        match pat {
            Pat::Ident(ident) => self.bind(ident.ident.unraw().to_string(), value.map(|seen| seen.0)),
            pat => self.bind_all(pat),
        }
    }

    fn visit_expr_for_loop(&mut self, looped: &'a syn::ExprForLoop) {
        let seen = self.gone_through(&looped.expr);
        self.tell(seen);
        self.visit_expr(&looped.expr);
        self.in_scope(|this| {
            this.bind_all(&looped.pat);
            this.visit_block(&looped.body);
        });
    }

    fn visit_expr_while(&mut self, looped: &'a syn::ExprWhile) {
        let seen = self.next(&looped.cond);
        self.tell(seen);
        self.in_scope(|this| visit::visit_expr_while(this, looped));
    }

    fn visit_expr_if(&mut self, chosen: &'a syn::ExprIf) {
        self.in_scope(|this| {
            this.visit_expr(&chosen.cond);
            this.visit_block(&chosen.then_branch);
        });
        if let Some((_, other)) = &chosen.else_branch {
            self.visit_expr(other);
        }
    }

    fn visit_expr_let(&mut self, condition: &'a syn::ExprLet) {
        self.visit_expr(&condition.expr);
        self.bind_all(&condition.pat);
    }

    fn visit_arm(&mut self, arm: &'a syn::Arm) {
        self.in_scope(|this| {
            this.bind_all(&arm.pat);
            visit::visit_arm(this, arm);
        });
    }

    fn visit_expr_closure(&mut self, closure: &'a syn::ExprClosure) {
        self.in_scope(|this| {
            closure.inputs.iter().for_each(|pat| this.bind_all(pat));
            this.visit_expr(&closure.body);
        });
    }

    /// Items of the body's own have parameters of their own.
    fn visit_item(&mut self, _: &'a Item) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(body: &str) -> Vec<String> {
        let names = loops(std::iter::once("xs".to_owned()), body.parse().unwrap());
        names.into_iter().map(|(name, _)| name).collect()
    }

    #[test]
    fn loops_over_a_list_are_found() {
        for body in [
            "for x in xs {}",
            "for (i, x) in xs.iter().enumerate().skip(1) {}",
            "for x in &mut xs {}",
            "for x in &xs[1..] {}",
            "for i in 0..xs.len() {}",
            "for i in (1..=xs.len() - 1).rev() {}",
            "for (_, x) in (0..).zip(xs) {}",
            "for x in xs.iter().map(f).collect::<Vec<_>>() {}",
            "while let Some(x) = xs.pop() {}",
            "if a { let xs = 1; } for x in xs {}",
            "let f = |xs| 1; for x in xs {}",
            "if let Some(xs) = a {} else { for x in xs {} }",
            "loop { for x in xs.chunks(2) {} }",
        ] {
            assert_eq!(found(body), ["xs"], "{body}");
        }
        assert_eq!(found("let n = xs.len() as i64; for i in 0..n {}"), ["n"]);
        assert_eq!(found("let mut it: I = xs.iter().peekable(); while let Some(x) = it.next() {}"), ["it"]);
        assert_eq!(found("let ys = &xs; for y in ys {}"), ["ys"]);
    }

    #[test]
    fn and_nothing_else() {
        for body in [
            "let xs = [1, 2]; for x in xs {}",
            "let n = xs.len(); let xs = f(n); for x in xs {}",
            "for x in xs.first() {}",
            "for x in xs.get(1..) {}",
            "for x in xs.iter().max() {}",
            "for x in xs[0] {}",
            "for i in 0..xs[0] {}",
            "for i in xs.len()..9 {}",
            "for xs in a { for x in xs {} }",
            "a(|xs| for x in xs {})",
            "if let Some(xs) = a { for x in xs {} }",
            "match a { Some(xs) => for x in xs {}, None => {} }",
            "while let Some(xs) = a.next() { for x in xs {} }",
            "let (xs, _) = a; for x in xs {}",
            "bind!(xs); for x in xs {}",
            "fn f(xs: i64) { for x in xs {} }",
            "let it = ys.iter(); while let Some(x) = it.next() {}",
            "while let Some(x) = xs.first() {}",
        ] {
            assert_eq!(found(body), Vec::<String>::new(), "{body}");
        }
    }
}
