//! A function that calls itself.

use super::declared::{Declared, argument};
use crate::block::std_arguments;
use crate::model::{Form, Model};
use crate::parse::Function;
use proc_macro2::{Ident, Span};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::visit::{self, Visit};
use syn::{Block, Expr, ExprCall, ItemMod, Macro};

/// The first call, if it is one for sure.
pub(super) fn of(model: &Model) -> Option<Ident> {
    let is_free = match model.form {
        Form::Eager(_) => true,
        Form::Nested => stands_at_the_margin(),
        // In an impl block a bare name is another function's.
        Form::Closure | Form::Method(_) => false,
    };
    if is_free { own_call(&model.function) } else { None }
}

/// Whether the attribute begins its line, so that no impl block is round it.
fn stands_at_the_margin() -> bool {
    !proc_macro::is_available() || Span::call_site().unwrap().column() == 1
}

/// The first call of the function's own name, if nothing in it gives the name to something else.
fn own_call(function: &Function) -> Option<Ident> {
    let name = function.sig.ident.unraw().to_string();
    if !crate::types::has_word(function.body.stream(), &name) {
        return None;
    }
    let block: Block = syn::parse2(function.body.to_token_stream()).ok()?;
    let declared = Declared::of(&function.sig, &block);
    if declared.is_open || declared.names.contains(&name) {
        return None;
    }
    let mut calls = Calls { name, found: None };
    calls.visit_block(&block);
    calls.found
}

/// Looks for calls of a name.
struct Calls {
    name: String,
    found: Option<Ident>,
}

impl<'a> Visit<'a> for Calls {
    fn visit_expr_call(&mut self, call: &'a ExprCall) {
        if let Expr::Path(path) = &*call.func
            && let Some(name) = path.path.get_ident()
            && name.unraw() == self.name
        {
            self.found.get_or_insert_with(|| name.clone());
        }
        visit::visit_expr_call(self, call);
    }

    fn visit_macro(&mut self, mac: &'a Macro) {
        for one in std_arguments(mac).into_iter().flatten() {
            self.visit_expr(argument(&one));
        }
    }

    /// Names begin anew in it.
    fn visit_item_mod(&mut self, _: &'a ItemMod) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(body: &str) -> bool {
        let item = format!("fn fact(n: u64, (m, _): (u64, u64)) -> u64 {{ {body} }}");
        own_call(&crate::parse::function(item.parse().unwrap()).unwrap()).is_some()
    }

    #[test]
    fn a_call_of_the_functions_own_name_is_found() {
        for body in
            ["n * fact(n - 1)", "if n > 0 { return vec![fact(1)].len(); } 0", "|| fact(m); 1", "info!(1); fact(1)"]
        {
            assert!(found(body), "{body}");
        }
    }

    #[test]
    fn unless_the_name_is_another_things() {
        for body in [
            "f(fact)",
            "x.fact(1)",
            "Other::fact(1)",
            "let fact = 1; fact(2)",
            "|fact| fact(1)",
            "fn fact() {} fact()",
            "use m::fact; fact(1)",
            "use m::*; fact(1)",
            "if let Some(fact) = n { fact(1) }",
            "let F { fact, .. } = n; fact(1)",
            "match n { (_, fact) => fact(1) }",
            "enum E { fact(u64) } E::fact(1)",
            "stringify!(fact(1))",
            "helpers!(); fact(1)",
        ] {
            assert!(!found(body), "{body}");
        }
    }
}
