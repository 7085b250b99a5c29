//! The names that a function gives to things of its own, which hide those of the module around it.

use crate::block::std_arguments;
use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens;
use std::collections::BTreeSet;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::visit::{self, Visit};
use syn::{Attribute, Block, Expr, Item, Macro, Pat, Signature, Stmt, Token, Type, UseTree};

/// Macros that declare nothing, as they are called everywhere.
const LOGS: [&str; 9] = ["trace", "debug", "info", "warn", "error", "event", "log", "bail", "ensure"];

/// The value of an argument, which in a format may have a name.
pub(super) fn argument(argument: &Expr) -> &Expr {
    if let Expr::Assign(assign) = argument { &assign.right } else { argument }
}

/// The names that a function gives to things of its own.
#[derive(Default)]
pub(super) struct Declared {
    pub(super) names: BTreeSet<String>,
    /// Those of them that no `use` brings in.
    bound: BTreeSet<String>,
    /// Whether it may have names that cannot be seen, of a glob or of a macro's items, or lack some, by a `cfg`.
    pub(super) is_open: bool,
    /// Whether a `cfg` may leave something out.
    pub(super) has_cfg: bool,
    /// The macros that are called as statements.
    statements: Vec<Macro>,
}

impl Declared {
    /// Those of a function and its body.
    pub(super) fn of(sig: &Signature, block: &Block) -> Self {
        let mut declared = Self::default();
        declared.visit_signature(sig);
        declared.visit_block(block);
        for mac in std::mem::take(&mut declared.statements) {
            if declared.may_declare(&mac) {
                declared.is_open = true;
                declared.add_all(mac.tokens);
            }
        }
        declared.is_open |= declared.has_cfg;
        declared
    }

    /// Whether a name is one of the function's own, and no imported one.
    pub(super) fn is_bound(&self, name: &Ident) -> bool {
        self.bound.contains(&name.unraw().to_string())
    }

    /// Whether a name is one of the function's own.
    pub(super) fn has(&self, name: &Ident) -> bool {
        self.names.contains(&name.unraw().to_string())
    }

    /// Whether names may come into a block that are not written there.
    pub(super) fn is_open(&self, block: &Block) -> bool {
        block.stmts.iter().any(|stmt| match stmt {
            Stmt::Macro(mac) => self.may_declare(&mac.mac),
            Stmt::Item(Item::Use(item)) => has_glob(&item.tree),
            Stmt::Item(Item::Macro(item)) => item.ident.is_none() && self.may_declare(&item.mac),
            Stmt::Item(item) => matches!(item, Item::Verbatim(_)),
            _ => false,
        })
    }

    /// Whether a macro, called as a statement, may declare something: one of the function's own, or that is not known.
    fn may_declare(&self, mac: &Macro) -> bool {
        let Some(last) = mac.path.segments.last() else { return true };
        let is_log = LOGS.iter().any(|log| last.ident == log);
        let is_known = is_log || std_arguments(mac).is_some() || thread_locals(mac).is_some();
        !is_known || mac.path.get_ident().is_some_and(|name| self.has(name))
    }

    fn of_use(&mut self, tree: &UseTree) {
        match tree {
            UseTree::Path(path) => self.of_use(&path.tree),
            UseTree::Name(name) => self.import(&name.ident),
            UseTree::Rename(name) => self.import(&name.rename),
            UseTree::Glob(_) => self.is_open = true,
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.of_use(tree)),
        }
    }

    fn import(&mut self, name: &Ident) {
        self.names.insert(name.unraw().to_string());
    }

    fn add(&mut self, name: &Ident) {
        self.import(name);
        self.bound.insert(name.unraw().to_string());
    }

    /// A macro may declare what its caller names.
    fn add_all(&mut self, tokens: TokenStream) {
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => self.add(&ident),
                TokenTree::Group(group) => self.add_all(group.stream()),
                _ => {}
            }
        }
    }
}

fn has_glob(tree: &UseTree) -> bool {
    match tree {
        UseTree::Path(path) => has_glob(&path.tree),
        UseTree::Group(group) => group.items.iter().any(has_glob),
        UseTree::Glob(_) => true,
        UseTree::Name(_) | UseTree::Rename(_) => false,
    }
}

/// The names that `thread_local!` declares.
pub(super) fn thread_locals(mac: &Macro) -> Option<Vec<Ident>> {
    if mac.path.segments.last()?.ident != "thread_local" {
        return None;
    }
    let read = |input: ParseStream<'_>| {
        let mut names = Vec::new();
        while !input.is_empty() {
            Attribute::parse_outer(input)?;
            input.parse::<syn::Visibility>()?;
            input.parse::<Token![static]>()?;
            names.push(input.parse()?);
            input.parse::<Token![:]>()?;
            input.parse::<Type>()?;
            while !input.is_empty() && input.parse::<Option<Token![;]>>()?.is_none() {
                input.parse::<TokenTree>()?;
            }
        }
        Ok(names)
    };
    read.parse2(mac.tokens.clone()).ok()
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
                None => self.statements.push(item.mac.clone()),
            },
            Item::Impl(_) => {}
            _ => self.is_open = true,
        }
        visit::visit_item(self, item);
    }

    fn visit_stmt_macro(&mut self, mac: &'a syn::StmtMacro) {
        self.statements.push(mac.mac.clone());
        visit::visit_stmt_macro(self, mac);
    }

    fn visit_macro(&mut self, mac: &'a Macro) {
        for one in std_arguments(mac).into_iter().flatten() {
            self.visit_expr(argument(&one));
        }
        for name in thread_locals(mac).into_iter().flatten() {
            self.add(&name);
        }
    }

    fn visit_attribute(&mut self, attr: &'a Attribute) {
        self.has_cfg |= attr.path().is_ident("cfg") || attr.path().is_ident("cfg_attr");
    }

    fn visit_pat(&mut self, pat: &'a Pat) {
        if let Pat::Macro(mac) = pat {
            self.add_all(mac.mac.tokens.to_token_stream());
        }
        visit::visit_pat(self, pat);
    }

    fn visit_pat_ident(&mut self, pat: &'a syn::PatIdent) {
        self.add(&pat.ident);
        visit::visit_pat_ident(self, pat);
    }

    fn visit_const_param(&mut self, param: &'a syn::ConstParam) {
        self.add(&param.ident);
    }
}
