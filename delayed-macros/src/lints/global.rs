//! What a body may use of global state: the paths that look like statics, of which the compiler tells the types.
//!
//! The question about a path stands beside the body, so no path is asked about that may mean something else there, or
//! nothing.

use super::declared::{Declared, argument};
use crate::block::std_arguments;
use proc_macro2::TokenStream;
use std::collections::BTreeSet;
use syn::visit::{self, Visit};
use syn::{Block, Expr, ExprPath, Item, Macro, Path, PointerMutability, Signature, UnOp};

/// The paths to ask about, and the statics that `unsafe` code changes.
#[derive(Default)]
pub(super) struct Globals {
    pub(super) asked: Vec<Path>,
    pub(super) changed: Vec<Path>,
}

/// Looks through a body. The names of the signature are not those of statics.
pub(super) fn of(sig: &Signature, body: TokenStream) -> Globals {
    if !has_upper_name(body.clone()) {
        return Globals::default();
    }
    let Ok(block) = syn::parse2::<Block>(quote::quote!({ #body })) else { return Globals::default() };
    let declared = Declared::of(sig, &block);
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

/// The paths of expressions.
struct Found {
    declared: BTreeSet<String>,
    seen: BTreeSet<String>,
    unsafes: usize,
    globals: Globals,
}

impl Found {
    /// A place that is looked at. Nothing else is done with a static that can be changed, and much else with what has a
    /// type that the path alone does not tell. In `unsafe` code it may be a `static mut`, which cannot be asked about.
    fn read(&mut self, place: &Expr) {
        match place {
            Expr::Paren(paren) => self.read(&paren.expr),
            Expr::Group(group) => self.read(&group.expr),
            Expr::Path(ExprPath { qself: None, path, .. }) if self.unsafes == 0 && self.is_new(path) => {
                self.globals.asked.push(path.clone());
            }
            _ => {}
        }
    }

    /// A place that is assigned to, or borrowed to be.
    fn change(&mut self, place: &Expr) {
        match place {
            Expr::Field(field) => self.change(&field.base),
            Expr::Index(index) => self.change(&index.expr),
            Expr::Paren(paren) => self.change(&paren.expr),
            Expr::Path(ExprPath { qself: None, path, .. }) if self.is_new(path) => {
                self.globals.changed.push(path.clone());
            }
            _ => {}
        }
    }

    /// Whether the path may be a static's, and was not seen before.
    fn is_new(&mut self, path: &Path) -> bool {
        let names: Vec<_> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        let Some((last, before)) = names.split_last() else { return false };
        is_upper(last)
            && !self.declared.contains(&names[0])
            && before.last().is_none_or(|owner| !is_type(owner))
            && path.segments.iter().all(|segment| segment.arguments.is_none())
            && self.seen.insert(names.join("::"))
    }
}

impl<'a> Visit<'a> for Found {
    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::MethodCall(call) => self.read(&call.receiver),
            Expr::Field(field) => self.read(&field.base),
            Expr::Index(index) => self.read(&index.expr),
            Expr::Unary(unary) if matches!(unary.op, UnOp::Deref(_)) => self.read(&unary.expr),
            Expr::Reference(reference) if reference.mutability.is_none() => self.read(&reference.expr),
            Expr::Reference(reference) if self.unsafes > 0 => self.change(&reference.expr),
            Expr::Assign(assign) if self.unsafes > 0 => self.change(&assign.left),
            Expr::Binary(binary) if self.unsafes > 0 && crate::block::is_assignment(binary.op) => {
                self.change(&binary.left);
            }
            // A raw pointer to a static asks for no `unsafe`.
            Expr::RawAddr(address) => {
                if matches!(address.mutability, PointerMutability::Mut(_)) {
                    self.change(&address.expr);
                }
                return;
            }
            _ => {}
        }
        visit::visit_expr(self, expr);
    }

    fn visit_expr_unsafe(&mut self, block: &'a syn::ExprUnsafe) {
        self.unsafes += 1;
        visit::visit_expr_unsafe(self, block);
        self.unsafes -= 1;
    }

    fn visit_macro(&mut self, mac: &'a Macro) {
        if mac.path.get_ident().is_some_and(|name| self.declared.contains(&name.to_string())) {
            return;
        }
        for one in std_arguments(mac).into_iter().flatten() {
            self.visit_expr(argument(&one));
        }
        if mac.path.segments.last().is_some_and(|last| last.ident == "addr_of_mut") {
            let _ = mac.parse_body().map(|place: Expr| self.change(&place));
        }
    }

    /// Items of the body's own have names and generics of their own.
    fn visit_item(&mut self, _: &'a Item) {}

    /// Constants in types are no uses.
    fn visit_type(&mut self, _: &'a syn::Type) {}

    fn visit_pat(&mut self, _: &'a syn::Pat) {}

    fn visit_generic_argument(&mut self, _: &'a syn::GenericArgument) {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use quote::ToTokens;

    fn found(body: &str) -> (Vec<String>, Vec<String>) {
        let sig = syn::parse_str("fn f<const N: usize>(K: i64, (L, _): (i64, i64)) -> i64").unwrap();
        let globals = of(&sig, body.parse().unwrap());
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
        assert_eq!(found("println!(\"{}\", *TABLE); (NAMES)[0].x = &(ALL)").0, ["TABLE", "NAMES", "ALL"]);
        for body in [
            "&i64::MAX + Self::SIZE.min(Limits::A.max(1))",
            "&N + &K + &L",
            "A + 1; W(A); f(A)",
            "const A: i64 = 1; &A",
            "use crate::limits::A; &A",
            "use crate::limits::*; &A",
            "define!(); &A",
            "#[cfg(test)] A.touch(); 1",
            "#[cfg(test)] A.touch()?; 1",
            "f(vec![#[cfg(test)] (1, &A)])",
            "&raw const A",
            "unsafe { &A }",
            "let f = |A| &A; f(1)",
            "println!(\"{}\", f(|A| &A))",
            "stringify!(&A)",
            "use m::format; 1 + format!(&A)",
            "macro_rules! vec { () => {} } 1 + vec![&A]",
            "Level::Max",
            "mod inner { pub static A: u8 = 1; } inner::A.min(1)",
            "fn inner<const A: usize>() -> usize { A.min(1) } inner::<3>()",
        ] {
            assert_eq!(found(body), (vec![], vec![]), "{body}");
        }
    }

    #[test]
    fn statics_that_unsafe_code_changes_are_found() {
        assert_eq!(found("unsafe { COUNT += 1; TABLE[0] = LIMIT; }").1, ["COUNT", "TABLE"]);
        for body in ["unsafe { add(&mut COUNT) }", "f(&raw mut COUNT[0])", "f(std::ptr::addr_of_mut!(COUNT.a))"] {
            assert_eq!(found(body), (vec![], vec!["COUNT".to_owned()]), "{body}");
        }
        assert_eq!(found("unsafe { call(LIMIT) }").1, Vec::<String>::new());
    }
}
