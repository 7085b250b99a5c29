//! Loops over a list parameter: each element could be a task.

use crate::model::Model;
use crate::types;
use proc_macro2::Span;
use std::collections::BTreeSet;
use syn::ext::IdentExt;
use syn::visit::{self, Visit};
use syn::{Block, Expr, Item, Type};

/// The `for`s over a list parameter, at what they go through.
pub(super) fn of(model: &Model) -> Vec<Span> {
    let lists = model.params.iter().filter(|param| is_list(&param.ty)).map(|param| param.name.unraw().to_string());
    let body = model.function.body.stream();
    let Ok(block) = syn::parse2::<Block>(quote::quote!({ #body })) else { return Vec::new() };
    let mut loops = Loops { lists: lists.collect(), found: Vec::new() };
    loops.visit_block(&block);
    loops.found
}

fn is_list(ty: &Type) -> bool {
    match types::bare(ty) {
        Type::Reference(reference) => is_list(&reference.elem),
        Type::Slice(_) => true,
        ty => types::last_is(ty, "Vec"),
    }
}

struct Loops {
    lists: BTreeSet<String>,
    found: Vec<Span>,
}

impl Loops {
    /// The list that is gone through, whatever is done to it on the way.
    fn list(&self, data: &Expr) -> Option<Span> {
        match data {
            Expr::Reference(reference) => self.list(&reference.expr),
            Expr::MethodCall(call) => self.list(&call.receiver),
            Expr::Paren(paren) => self.list(&paren.expr),
            Expr::Path(path) => {
                let ident = path.path.get_ident()?;
                self.lists.contains(&ident.unraw().to_string()).then(|| ident.span())
            }
            _ => None,
        }
    }
}

impl<'a> Visit<'a> for Loops {
    fn visit_expr_for_loop(&mut self, looped: &'a syn::ExprForLoop) {
        self.found.extend(self.list(&looped.expr));
        visit::visit_expr_for_loop(self, looped);
    }

    /// Items of the body's own have parameters of their own.
    fn visit_item(&mut self, _: &'a Item) {}
}
