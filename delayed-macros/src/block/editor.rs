//! A block as an editor is given it: an ordinary block, in which each word of the user's stands once, as it was written.
//!
//! A name of the block is its plain value. Only where a handle can come in something is put round the user's words, and
//! the types in the runtime's `block::editor` module take it for its value: round a variable from outside, and round a
//! call that is all of a statement's value.
//!
//! To complete a word, rust-analyzer expands the block with a word of its own in the place of the cursor, and compares
//! with the block as it is. So what is put before a place must not depend on what follows it, nor on that word.

mod repair;
#[cfg(test)]
mod tests;

use super::format;
use super::read::{block_of, is_split};
use super::uses::{bound, is_field_of_self, starts_upper, variable};
use crate::names::Runtime;
use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use std::collections::BTreeSet;
use syn::parse::Parser;
use syn::visit_mut::{self, VisitMut};
use syn::{Block, Expr, ExprForLoop, Item, Local, Macro, Pat, Path, Stmt, Type};

/// What rust-analyzer puts into the place of the cursor.
const CURSOR: &str = "raCompletionMarker";

/// The whole expansion. The mistakes stand behind the statements: before them, they would move what is compared.
pub(super) fn block(input: TokenStream, mistakes: &TokenStream, p: &Runtime) -> TokenStream {
    let input = block_of(input);
    let awaits = has_await(&input);
    let body = body(input, p);
    let p = quote!(#p::block::editor);
    let whole = if awaits { quote!(#p::block_async(async { #body })) } else { quote!(#p::block({ #body })) };
    quote! {{
        #[allow(unused_imports)]
        use #p::{GivenHandle as _, GivenOther as _, GivenValue as _};
        let __block = #whole;
        #mistakes
        __block
    }}
}

/// The statements, whole and in plain values.
fn body(input: TokenStream, p: &Runtime) -> TokenStream {
    let mut writer = Writer { p, names: Vec::new() };
    repair::finished(writer.block(input), &quote!(#p::block::editor::missing()))
}

/// A word as the user wrote it.
fn written(ident: &Ident) -> String {
    ident.to_string().replace(CURSOR, "")
}

fn has_await(tokens: &TokenStream) -> bool {
    tokens.clone().into_iter().any(|token| match token {
        TokenTree::Group(group) => has_await(&group.stream()),
        TokenTree::Ident(ident) => written(&ident) == "await",
        _ => false,
    })
}

struct Writer<'a> {
    p: &'a Runtime,
    /// Names that hide those from outside, the last first; whether they are values of tasks, or of an expression's own.
    /// What a `for` of the block binds is none: it can be a handle.
    names: Vec<(String, bool)>,
}

impl Writer<'_> {
    /// The statements of the block. One that cannot be read stays as it is.
    fn block(&mut self, input: TokenStream) -> TokenStream {
        let statements = repair::statements(input);
        let count = statements.len();
        let mut written = TokenStream::new();
        let mut has_last = false;
        for (index, statement) in statements.into_iter().enumerate() {
            match Block::parse_within.parse2(statement.clone()) {
                Ok(read) => {
                    let (tokens, last) = self.statements(read, index + 1 == count);
                    written.extend(tokens);
                    has_last = last;
                }
                Err(_) => {
                    has_last = index + 1 == count;
                    self.bind_raw(&statement);
                    written.extend(statement);
                }
            }
        }
        if !has_last {
            let p = self.p;
            written.extend(quote!(#p::block::editor::missing()));
        }
        written
    }

    /// Statements, and whether the last of them is a value.
    fn statements(&mut self, statements: Vec<Stmt>, at_end: bool) -> (TokenStream, bool) {
        let count = statements.len();
        let mut has_last = false;
        let each: Vec<_> = statements
            .into_iter()
            .enumerate()
            .map(|(index, statement)| match statement {
                Stmt::Local(local) => self.local(local),
                Stmt::Expr(expr, None) if at_end && index + 1 == count => {
                    has_last = true;
                    self.value(expr)
                }
                mut other => {
                    has_last = at_end && matches!(&other, Stmt::Macro(mac) if mac.semi_token.is_none());
                    self.visit_stmt_mut(&mut other);
                    other.to_token_stream()
                }
            })
            .collect();
        (each.into_iter().collect(), has_last)
    }

    fn local(&mut self, mut local: Local) -> TokenStream {
        if let Some(init) = &mut local.init {
            let value = std::mem::replace(&mut *init.expr, Expr::Verbatim(TokenStream::new()));
            *init.expr = Expr::Verbatim(self.value(value));
            if let Some((_, diverge)) = &mut init.diverge {
                self.visit_expr_mut(diverge);
            }
        }
        self.bind(&local.pat, true);
        // In a statement that is not begun yet, rust-analyzer offers the names of a `let` only from an expression on.
        quote!(#local ();)
    }

    /// The value of a statement.
    fn value(&mut self, expr: Expr) -> TokenStream {
        let (mut is_try, mut awaited, mut expr) = (false, None, expr);
        if let Expr::ForLoop(looped) = expr {
            return self.for_loop(looped);
        }
        if let Expr::Try(tried) = expr {
            (is_try, expr) = (true, *tried.expr);
        }
        if let Expr::Await(last) = expr {
            let (dot, word) = (last.dot_token, last.await_token);
            (awaited, expr) = (Some(quote!(#dot #word)), *last.base);
        }
        let may_give_handle = is_call(&expr);
        self.visit_expr_mut(&mut expr);
        let p = self.p;
        let p = quote!(#p::block::editor);
        let given = may_give_handle.then(|| quote!((&&&#p::Given(#expr))));
        match (given, awaited, is_try) {
            (Some(given), None, false) => quote!(#given.value()),
            (Some(given), None, true) => quote!(#given.value_in_ok()),
            (Some(given), Some(awaited), false) => quote!(#given.settle() #awaited),
            (Some(given), Some(awaited), true) => quote!(#p::ok(#given.settle_in_ok() #awaited)),
            (None, awaited, false) => quote!(#expr #awaited),
            (None, awaited, true) => quote!(#p::ok(#expr #awaited)),
        }
    }

    /// A `for`, whose value is the list of its rounds' values. A name for that list would be offered to the user.
    fn for_loop(&mut self, looped: ExprForLoop) -> TokenStream {
        let ExprForLoop { attrs, label, for_token, pat, in_token, expr, body, .. } = looped;
        let p = self.p;
        let in_block: BTreeSet<String> =
            self.names.iter().map(|(name, _)| name.clone()).filter(|name| self.is_value(name)).collect();
        let data = match *expr {
            Expr::MethodCall(mut split) if is_split(&Expr::MethodCall(split.clone()), &in_block) => {
                let list = &split.receiver;
                *split.receiver = Expr::Verbatim(quote!(#p::block::editor::handle(#list)));
                split.to_token_stream()
            }
            other => other.to_token_stream(),
        };
        let outer = self.names.len();
        self.bind(&pat, false);
        let (mut body, has_last) = self.statements(body.stmts, true);
        if !has_last {
            body.extend(quote!(#p::block::editor::missing()));
        }
        self.names.truncate(outer);
        let p = quote!(#p::block::editor);
        quote! {
            '__list: {
                #(#attrs)* #label #for_token #pat #in_token #data { break '__list #p::list({ #body }); }
                #p::missing()
            }
        }
    }

    fn bind(&mut self, pat: &Pat, is_value: bool) {
        self.names.extend(bound(pat).iter().map(|bound| (written(&bound.ident), is_value)));
    }

    /// The names of a `let` that cannot be read, and more: no harm is in that.
    fn bind_raw(&mut self, statement: &TokenStream) {
        let tokens = statement.clone().into_iter();
        let pattern = tokens.take_while(|token| !matches!(token, TokenTree::Punct(punct) if punct.as_char() == '='));
        let names = &mut self.names;
        format::scan(pattern.collect(), &mut |name| names.push((written(name), true)), &mut |_| {});
    }

    /// Whether the name is a plain value.
    fn is_value(&self, name: &str) -> bool {
        self.names.iter().rev().find(|(other, _)| other == name).is_some_and(|(_, is_value)| *is_value)
    }

    fn scoped(&mut self, visit: impl FnOnce(&mut Self)) {
        let outer = self.names.len();
        visit(self);
        self.names.truncate(outer);
    }

    /// What may be a handle from outside.
    fn outer(&self, expr: &mut Expr) {
        let p = self.p;
        *expr = Expr::Verbatim(quote!((&&&#p::block::editor::outer(&#expr)).value()));
    }

    fn makro(&mut self, mac: &mut Macro) {
        let Some(name) = mac.path.get_ident().map(ToString::to_string) else { return };
        if name == "matches" {
            let parser =
                |input: syn::parse::ParseStream<'_>| Ok((input.parse::<Expr>()?, input.parse::<TokenStream>()?));
            if let Ok((mut value, rest)) = parser.parse2(mac.tokens.clone()) {
                self.visit_expr_mut(&mut value);
                mac.tokens = quote!(#value #rest);
            }
            return;
        }
        if !format::takes_expressions(&name) {
            return;
        }
        let Some(mut arguments) = format::arguments(mac) else { return };
        for argument in &mut arguments {
            match argument {
                // `name = value` of a format.
                Expr::Assign(assign) => self.visit_expr_mut(&mut assign.right),
                other => self.visit_expr_mut(other),
            }
        }
        mac.tokens = arguments.to_token_stream();
    }
}

/// A call of a function by name. Of what begins with a capital only a variant or struct is made.
fn is_call(expr: &Expr) -> bool {
    let Expr::Call(call) = expr else { return false };
    let Expr::Path(function) = &*call.func else { return false };
    function.path.segments.last().is_some_and(|last| !starts_upper(&written(&last.ident)))
}

impl VisitMut for Writer<'_> {
    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        if let Some(ident) = variable(expr) {
            let name = written(ident);
            if !name.is_empty() && !repair::is_operand(ident) && !self.is_value(&name) {
                self.outer(expr);
            }
            return;
        }
        if is_field_of_self(expr) {
            if let Expr::Field(field) = &mut *expr {
                self.visit_expr_mut(&mut field.base);
            }
            return self.outer(expr);
        }
        match expr {
            Expr::Call(call) => {
                if variable(&call.func).is_none() {
                    self.visit_expr_mut(&mut call.func);
                }
                call.args.iter_mut().for_each(|argument| self.visit_expr_mut(argument));
            }
            Expr::Struct(made) => {
                // `Point { x }` has the name once, which is the field's as well.
                let fields = made.fields.iter_mut().filter(|field| field.colon_token.is_some());
                fields.for_each(|field| self.visit_expr_mut(&mut field.expr));
                if let Some(rest) = &mut made.rest {
                    self.visit_expr_mut(rest);
                }
            }
            Expr::Closure(closure) => self.scoped(|writer| {
                closure.inputs.iter().for_each(|input| writer.bind(input, true));
                writer.visit_expr_mut(&mut closure.body);
            }),
            Expr::If(branch) => {
                self.scoped(|writer| {
                    writer.visit_expr_mut(&mut branch.cond);
                    writer.visit_block_mut(&mut branch.then_branch);
                });
                if let Some((_, other)) = &mut branch.else_branch {
                    self.visit_expr_mut(other);
                }
            }
            Expr::While(looped) => self.scoped(|writer| {
                writer.visit_expr_mut(&mut looped.cond);
                writer.visit_block_mut(&mut looped.body);
            }),
            Expr::ForLoop(looped) => {
                self.visit_expr_mut(&mut looped.expr);
                self.scoped(|writer| {
                    writer.bind(&looped.pat, true);
                    writer.visit_block_mut(&mut looped.body);
                });
            }
            Expr::Let(condition) => {
                self.visit_expr_mut(&mut condition.expr);
                self.bind(&condition.pat, true);
            }
            other => visit_mut::visit_expr_mut(self, other),
        }
    }

    fn visit_arm_mut(&mut self, arm: &mut syn::Arm) {
        self.scoped(|writer| {
            writer.bind(&arm.pat, true);
            visit_mut::visit_arm_mut(writer, arm);
        });
    }

    fn visit_block_mut(&mut self, block: &mut Block) {
        self.scoped(|writer| visit_mut::visit_block_mut(writer, block));
    }

    fn visit_local_mut(&mut self, local: &mut Local) {
        visit_mut::visit_local_mut(self, local);
        self.bind(&local.pat, true);
    }

    fn visit_macro_mut(&mut self, mac: &mut Macro) {
        self.makro(mac);
    }

    fn visit_item_mut(&mut self, _: &mut Item) {}

    fn visit_pat_mut(&mut self, _: &mut Pat) {}

    fn visit_path_mut(&mut self, _: &mut Path) {}

    fn visit_type_mut(&mut self, _: &mut Type) {}
}
