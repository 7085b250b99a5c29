//! What a body may use of global state: the paths that look like statics, of which the compiler tells the types.
//!
//! The question about a path stands beside the body, so no path is asked about that may mean something else there, or
//! nothing.

use crate::block::std_arguments;
use proc_macro2::TokenStream;
use std::collections::BTreeSet;
use syn::punctuated::Punctuated;
use syn::visit::{self, Visit};
use syn::{Block, Expr, ExprPath, Item, Path, Stmt, Token, UnOp, UseTree};

/// The paths to ask about, and the statics that `unsafe` code changes.
#[derive(Default)]
pub(super) struct Globals {
    pub(super) asked: Vec<Path>,
    pub(super) changed: Vec<Path>,
}

/// Looks through a body; `own` are names that the function declares.
pub(super) fn of(body: TokenStream, own: BTreeSet<String>) -> Globals {
    if !has_upper_name(body.clone()) {
        return Globals::default();
    }
    let Ok(block) = syn::parse2::<Block>(quote::quote!({ #body })) else { return Globals::default() };
    let mut declared = Declared { names: own, is_open: false };
    declared.visit_block(&block);
    if declared.is_open {
        return Globals::default();
    }
    let mut found = Found { declared: declared.names, seen: BTreeSet::new(), unsafes: 0, globals: Globals::default() };
    found.visit_block(&block);
    found.globals
}

/// A parse of the body costs time: most have no such name.
fn has_upper_name(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        proc_macro2::TokenTree::Group(group) => has_upper_name(group.stream()),
        proc_macro2::TokenTree::Ident(ident) => is_upper(&ident.to_string()),
        _ => false,
    })
}

/// `MAX_SIZE`, as constants and statics are called.
fn is_upper(name: &str) -> bool {
    let has_letter = name.chars().any(char::is_alphabetic);
    has_letter && name.chars().all(|c| c == '_' || c.is_ascii_digit() || c.is_uppercase())
}

/// Whether a path's segment is a type's name, whose constants are no statics.
fn is_type(name: &str) -> bool {
    name.starts_with(char::is_uppercase) || super::NUMBERS.contains(&name) || ["bool", "char", "str"].contains(&name)
}

fn is_cfg(attrs: &[syn::Attribute]) -> bool {
    attrs.iter().any(|attr| attr.path().is_ident("cfg") || attr.path().is_ident("cfg_attr"))
}

/// The names that the body gives to things of its own.
struct Declared {
    names: BTreeSet<String>,
    /// Whether it may have names that cannot be seen: of a glob, or of a macro's items.
    is_open: bool,
}

impl Declared {
    fn of_use(&mut self, tree: &UseTree) {
        match tree {
            UseTree::Path(path) => self.of_use(&path.tree),
            UseTree::Name(name) => self.add(&name.ident),
            UseTree::Rename(name) => self.add(&name.rename),
            UseTree::Glob(_) => self.is_open = true,
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.of_use(tree)),
        }
    }

    fn add(&mut self, name: &syn::Ident) {
        self.names.insert(name.to_string());
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
            Item::Macro(item) => self.is_open |= item.ident.is_none(),
            Item::Impl(_) => {}
            _ => self.is_open = true,
        }
        visit::visit_item(self, item);
    }

    fn visit_stmt_macro(&mut self, mac: &'a syn::StmtMacro) {
        self.is_open |= std_arguments(&mac.mac).is_none();
        visit::visit_stmt_macro(self, mac);
    }

    fn visit_pat_ident(&mut self, pat: &'a syn::PatIdent) {
        self.add(&pat.ident);
        visit::visit_pat_ident(self, pat);
    }

    fn visit_const_param(&mut self, param: &'a syn::ConstParam) {
        self.add(&param.ident);
    }
}

/// The paths of expressions.
struct Found {
    declared: BTreeSet<String>,
    seen: BTreeSet<String>,
    unsafes: usize,
    globals: Globals,
}

impl Found {
    fn path(&mut self, path: &Path) {
        if self.unsafes > 0 {
            return;
        }
        if let Some(text) = self.text(path)
            && self.seen.insert(text)
        {
            self.globals.asked.push(path.clone());
        }
    }

    /// A path that may be a static's.
    fn text(&self, path: &Path) -> Option<String> {
        let names: Vec<_> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        let (last, before) = names.split_last()?;
        let is_static = is_upper(last)
            && !self.declared.contains(&names[0])
            && before.last().is_none_or(|owner| !is_type(owner))
            && path.segments.iter().all(|segment| segment.arguments.is_none());
        is_static.then(|| names.join("::"))
    }

    /// A place that is assigned to, or borrowed as `&mut`, in `unsafe` code.
    fn change(&mut self, place: &Expr) {
        match place {
            Expr::Field(field) => self.change(&field.base),
            Expr::Index(index) => self.change(&index.expr),
            Expr::Paren(paren) => self.change(&paren.expr),
            Expr::Path(ExprPath { qself: None, path, .. }) if self.unsafes > 0 => {
                if let Some(text) = self.text(path)
                    && self.seen.insert(text)
                {
                    self.globals.changed.push(path.clone());
                }
            }
            _ => {}
        }
    }

    fn arguments(&mut self, arguments: Option<Punctuated<Expr, Token![,]>>) {
        for argument in arguments.into_iter().flatten() {
            // `name = value` of a format.
            if let Expr::Assign(assign) = &argument {
                self.visit_expr(&assign.right);
            } else {
                self.visit_expr(&argument);
            }
        }
    }
}

impl<'a> Visit<'a> for Found {
    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Path(ExprPath { qself: None, path, attrs }) if attrs.is_empty() => self.path(path),
            Expr::Unsafe(block) => {
                self.unsafes += 1;
                visit::visit_expr_unsafe(self, block);
                self.unsafes -= 1;
            }
            Expr::Assign(assign) => {
                self.change(&assign.left);
                visit::visit_expr_assign(self, assign);
            }
            Expr::Binary(binary) if crate::block::is_assignment(binary.op) => {
                self.change(&binary.left);
                visit::visit_expr_binary(self, binary);
            }
            Expr::Reference(reference) => {
                if reference.mutability.is_some() {
                    self.change(&reference.expr);
                }
                visit::visit_expr_reference(self, reference);
            }
            // A raw pointer to a static asks for no `unsafe`.
            Expr::RawAddr(_) => {}
            Expr::Unary(unary) if matches!(unary.op, UnOp::Deref(_)) => visit::visit_expr_unary(self, unary),
            Expr::Macro(mac) => self.arguments(std_arguments(&mac.mac)),
            other => visit::visit_expr(self, other),
        }
    }

    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::Local(local) if is_cfg(&local.attrs) => {}
            Stmt::Macro(mac) if is_cfg(&mac.attrs) => {}
            Stmt::Macro(mac) => self.arguments(std_arguments(&mac.mac)),
            Stmt::Expr(expr, _) if is_cfg(attributes(expr)) => {}
            other => visit::visit_stmt(self, other),
        }
    }

    fn visit_arm(&mut self, arm: &'a syn::Arm) {
        if !is_cfg(&arm.attrs) {
            visit::visit_arm(self, arm);
        }
    }

    fn visit_field_value(&mut self, field: &'a syn::FieldValue) {
        if !is_cfg(&field.attrs) {
            visit::visit_field_value(self, field);
        }
    }

    /// Items of the body's own have names and generics of their own.
    fn visit_item(&mut self, _: &'a Item) {}

    /// Constants in types are no uses.
    fn visit_type(&mut self, _: &'a syn::Type) {}

    fn visit_pat(&mut self, _: &'a syn::Pat) {}

    fn visit_generic_argument(&mut self, _: &'a syn::GenericArgument) {}
}

/// The attributes of an expression that can have any as a statement.
fn attributes(expr: &Expr) -> &[syn::Attribute] {
    match expr {
        Expr::Block(expr) => &expr.attrs,
        Expr::Unsafe(expr) => &expr.attrs,
        Expr::If(expr) => &expr.attrs,
        Expr::Match(expr) => &expr.attrs,
        Expr::ForLoop(expr) => &expr.attrs,
        Expr::While(expr) => &expr.attrs,
        Expr::Loop(expr) => &expr.attrs,
        Expr::Call(expr) => &expr.attrs,
        Expr::MethodCall(expr) => &expr.attrs,
        Expr::Assign(expr) => &expr.attrs,
        Expr::Binary(expr) => &expr.attrs,
        Expr::Return(expr) => &expr.attrs,
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quote::ToTokens;

    fn found(body: &str) -> (Vec<String>, Vec<String>) {
        let globals = of(body.parse().unwrap(), BTreeSet::from(["N".to_owned()]));
        let shown =
            |paths: &[Path]| paths.iter().map(|path| path.to_token_stream().to_string().replace(' ', "")).collect();
        (shown(&globals.asked), shown(&globals.changed))
    }

    #[test]
    fn paths_that_may_be_statics_are_asked_about() {
        assert_eq!(
            found("COUNT.fetch_add(1, Relaxed); state::LOG.lock(); COUNT.load(Relaxed)").0,
            ["COUNT", "state::LOG"]
        );
        assert_eq!(found("println!(\"{}\", *TABLE)").0, ["TABLE"]);
        for body in [
            "i64::MAX + Self::SIZE + Limits::A",
            "N + 1",
            "const A: i64 = 1; A",
            "use crate::limits::A; A",
            "use crate::limits::*; A",
            "define!(); A",
            "#[cfg(test)] A.touch(); 1",
            "&raw const A",
            "unsafe { A }",
            "let f = |A| A; f(1)",
            "stringify!(A)",
            "Level::Max",
            "mod inner { pub static A: u8 = 1; } inner::A",
            "fn inner<const A: usize>() -> usize { A } inner::<3>()",
        ] {
            assert_eq!(found(body), (vec![], vec![]), "{body}");
        }
    }

    #[test]
    fn statics_that_unsafe_code_changes_are_found() {
        assert_eq!(found("unsafe { COUNT += 1; TABLE[0] = LIMIT; }").1, ["COUNT", "TABLE"]);
        assert_eq!(found("unsafe { add(&mut COUNT) }").1, ["COUNT"]);
        assert_eq!(found("unsafe { call(LIMIT) }").1, Vec::<String>::new());
    }
}
