//! The names that a function gives to things of its own, which hide those of the module around it.

use crate::block::std_arguments;
use proc_macro2::Ident;
use std::collections::BTreeSet;
use syn::ext::IdentExt;
use syn::visit::{self, Visit};
use syn::{Attribute, Block, Expr, Item, Macro, Signature, UseTree};

/// Macros that declare nothing, as they are called everywhere.
const LOGS: [&str; 9] = ["trace", "debug", "info", "warn", "error", "event", "log", "bail", "ensure"];

/// The value of an argument, which in a format may have a name.
pub(super) fn argument(argument: &Expr) -> &Expr {
    if let Expr::Assign(assign) = argument { &assign.right } else { argument }
}

/// The names that a function gives to things of its own.
pub(super) struct Declared {
    pub(super) names: BTreeSet<String>,
    /// Whether it may have names that cannot be seen, of a glob or of a macro's items, or lack some, by a `cfg`.
    pub(super) is_open: bool,
}

impl Declared {
    /// Those of a function and its body.
    pub(super) fn of(sig: &Signature, block: &Block) -> Self {
        let mut declared = Self { names: BTreeSet::new(), is_open: false };
        declared.visit_signature(sig);
        declared.visit_block(block);
        declared
    }

    fn of_use(&mut self, tree: &UseTree) {
        match tree {
            UseTree::Path(path) => self.of_use(&path.tree),
            UseTree::Name(name) => self.add(&name.ident),
            UseTree::Rename(name) => self.add(&name.rename),
            UseTree::Glob(_) => self.is_open = true,
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.of_use(tree)),
        }
    }

    fn add(&mut self, name: &Ident) {
        self.names.insert(name.unraw().to_string());
    }
}

impl<'a> Visit<'a> for Declared {
    fn visit_item(&mut self, item: &'a Item) {
        match item {
            Item::Const(item) => self.add(&item.ident),
            Item::Static(item) => self.add(&item.ident),
            Item::Enum(item) => self.add(&item.ident),
            Item::Struct(item) => self.add(&item.ident),
            Item::Union(item) => self.add(&item.ident),
            Item::Trait(item) => self.add(&item.ident),
            Item::Type(item) => self.add(&item.ident),
            Item::Fn(item) => self.add(&item.sig.ident),
            Item::Mod(item) => {
                self.add(&item.ident);
                return;
            }
            Item::Use(item) => self.of_use(&item.tree),
            Item::Macro(item) => match &item.ident {
                Some(name) => self.add(name),
                None => self.is_open = true,
            },
            Item::Impl(_) => {}
            _ => self.is_open = true,
        }
        visit::visit_item(self, item);
    }

    fn visit_stmt_macro(&mut self, mac: &'a syn::StmtMacro) {
        let declares = |name: &Ident| !LOGS.iter().any(|log| name == log);
        self.is_open |=
            std_arguments(&mac.mac).is_none() && mac.mac.path.segments.last().is_none_or(|last| declares(&last.ident));
        visit::visit_stmt_macro(self, mac);
    }

    fn visit_macro(&mut self, mac: &'a Macro) {
        for one in std_arguments(mac).into_iter().flatten() {
            self.visit_expr(argument(&one));
        }
    }

    fn visit_attribute(&mut self, attr: &'a Attribute) {
        self.is_open |= attr.path().is_ident("cfg") || attr.path().is_ident("cfg_attr");
    }

    fn visit_pat_ident(&mut self, pat: &'a syn::PatIdent) {
        self.add(&pat.ident);
        visit::visit_pat_ident(self, pat);
    }

    fn visit_const_param(&mut self, param: &'a syn::ConstParam) {
        self.add(&param.ident);
    }
}
