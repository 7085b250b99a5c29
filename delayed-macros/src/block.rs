//! `delayed_block!`: its statements become tasks.
//!
//! Three steps: *read* (the statements, and what each uses of the block and of outside), *check* (every rule, all
//! mistakes together), *expand*. What a name means is decided by its use here, and by its type in the runtime's
//! `block` module. An *editor* is given an ordinary block instead.

mod editor;
mod expand;
mod format;
mod parts;
mod read;
mod uses;

pub(crate) use format::std_arguments;
pub(crate) use read::is_assignment;

use crate::errors::Errors;
use crate::lints;
use crate::names::Runtime;
use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::{Attribute, Expr, Item, Pat, Type};

/// One block, of the macro or of a `for`'s rounds.
struct Block {
    statements: Vec<Statement>,
    /// The last expression; missing after a mistake.
    last: Option<Box<Statement>>,
}

enum Statement {
    Item(Item),
    Task(Task),
    For(For),
    /// A name of the block, as last expression.
    Name(Ident),
}

/// What a statement is bound to.
#[derive(Default)]
struct Binding {
    attrs: Vec<Attribute>,
    /// `None` for the last expression.
    pat: Option<Pat>,
    ty: Option<Type>,
}

/// One `let`, or a last expression.
struct Task {
    binding: Binding,
    name: String,
    expr: Expr,
    /// `?` at the end.
    is_try: bool,
    is_async: bool,
    /// `.await` at the end.
    awaits_last: bool,
    sources: Vec<Source>,
    /// What it is given if it is a constructor's call.
    parts: Option<parts::Parts>,
    /// A part that is a place: what it holds is cloned out.
    is_place: bool,
}

/// One `for`.
struct For {
    binding: Binding,
    source: syn::ExprForLoop,
    rounds: Block,
}

/// A name that a task uses.
struct Source {
    /// As it stands at its first use.
    name: Ident,
    usage: Usage,
    from: From,
    is_mut: bool,
}

/// How a task uses a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Usage {
    /// As `&name`, or in a format string.
    Lent,
    /// As a method's receiver, and perhaps lent.
    Receiver,
    Value,
}

/// Where a name comes from.
enum From {
    Block,
    /// A variable: the `for` that binds it, or 0, and whether more than one task uses it.
    Outer(usize, bool),
    /// A field of `self`.
    Field(Expr),
}

/// The whole expansion.
pub(crate) fn delayed_block(input: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let p = Runtime::new(None);
    let statements = match read::statements(input.clone()) {
        Ok(statements) => statements,
        Err(error) => {
            let error = error.to_compile_error();
            return if lints::in_editor() { editor::block(input, &error, &p) } else { quote!({ #error #input }) };
        }
    };
    let block = read::block(statements, &mut errors);
    let mistakes = errors.to_compile_errors();
    if lints::in_editor() {
        return editor::block(input, &mistakes, &p);
    }
    // An error in the place of the value has no type, so that nothing which uses it is red as well.
    if !errors.is_empty() {
        return quote!({ #mistakes });
    }
    let block = expand::block(&block, &p);
    quote!({ #block })
}
