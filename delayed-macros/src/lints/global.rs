//! What a body may use of global state: the paths that look like statics, of which the compiler tells the types.
//!
//! The question about a path stands beside the body, so no path is asked about that may mean something else there, or
//! nothing. Where a macro of the user's or a glob may bring names into the body, it stands at the body's head.

use super::declared::{Declared, argument, thread_locals};
use crate::block::std_arguments;
use crate::types;
use proc_macro2::{Ident, Span, TokenStream};
use quote::ToTokens;
use std::collections::{BTreeMap, BTreeSet};
use syn::ext::IdentExt;
use syn::visit::{self, Visit};
use syn::{
    Block, Expr, ExprPath, ExprUnsafe, Item, Macro, Path, PathSegment, PointerMutability, Signature, StaticMutability,
    Stmt, Type, UnOp, UseTree,
};

/// What is known of a body's global state.
#[derive(Default)]
pub(super) struct Globals {
    pub(super) asked: Vec<Asked>,
    /// Where a static stands that can be changed, as its declaration says.
    pub(super) own: Vec<Span>,
    /// Where a `static mut` stands.
    pub(super) changed: Vec<Span>,
    /// Whether the names mean what they mean only in the body.
    pub(super) is_open: bool,
    /// Whether items stand in the body.
    pub(super) has_items: bool,
    /// The names of the function's own.
    names: BTreeSet<String>,
}

/// A path to ask about.
pub(super) struct Asked {
    pub(super) path: Path,
    /// Where the body uses it.
    pub(super) place: Span,
    /// Whether it may be a `static mut`.
    pub(super) is_unsafe: bool,
}

impl Globals {
    /// Whether a path begins with a name of the function's own.
    pub(super) fn hide(&self, path: &Path) -> bool {
        path.segments.first().is_some_and(|first| self.names.contains(&first.ident.unraw().to_string()))
    }
}

/// Looks through a body. The names of the signature are not those of statics.
pub(super) fn of(sig: &Signature, body: TokenStream) -> Globals {
    if !has_upper_name(body.clone()) {
        return Globals::default();
    }
    let Ok(block) = syn::parse2::<Block>(quote::quote!({ #body })) else { return Globals::default() };
    let declared = Declared::of(sig, &block);
    if declared.has_cfg {
        return Globals::default();
    }
    let mut own = Own { declared: &declared, state: Vec::new(), changed: Vec::new() };
    own.visit_block(&block);
    let (state, mut changed) = (own.state, own.changed);
    let mut found = Found {
        declared: &declared,
        scopes: Vec::new(),
        open: 0,
        unsafes: 0,
        asked: BTreeMap::new(),
        changed: BTreeMap::new(),
        order: Vec::new(),
    };
    found.visit_block(&block);
    let Found { mut asked, changed: mut by_path, order, .. } = found;
    let mut globals = Globals { own: state, is_open: declared.is_open(&block), ..Globals::default() };
    globals.has_items = block.stmts.iter().any(|stmt| matches!(stmt, Stmt::Item(_)));
    for path in order {
        match by_path.remove(&path) {
            Some(place) => {
                changed.push(place);
                asked.remove(&path);
            }
            None => globals.asked.extend(asked.remove(&path)),
        }
    }
    globals.changed = changed;
    globals.names = declared.names;
    globals
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

/// Types of std and of other crates whose values are changed through a shared reference.
const STATES: [&str; 17] = [
    "Mutex",
    "RwLock",
    "ReentrantMutex",
    "FairMutex",
    "AtomicBool",
    "AtomicI8",
    "AtomicI16",
    "AtomicI32",
    "AtomicI64",
    "AtomicIsize",
    "AtomicPtr",
    "AtomicU8",
    "AtomicU16",
    "AtomicU32",
    "AtomicU64",
    "AtomicUsize",
    "AtomicCell",
];

/// Types which have state if what they hold has.
const HOLDERS: [&str; 8] = ["LazyLock", "OnceLock", "Lazy", "OnceCell", "Arc", "Box", "Vec", "Option"];

/// The statics that a body declares.
struct Own<'d> {
    declared: &'d Declared,
    state: Vec<Span>,
    changed: Vec<Span>,
}

impl Own<'_> {
    fn is_state(&self, ty: &Type) -> bool {
        match types::bare(ty) {
            Type::Reference(reference) => self.is_state(&reference.elem),
            Type::Array(array) => self.is_state(&array.elem),
            Type::Slice(slice) => self.is_state(&slice.elem),
            Type::Tuple(tuple) => tuple.elems.iter().any(|ty| self.is_state(ty)),
            Type::Path(path) => {
                let Some(last) = path.path.segments.last() else { return false };
                let is = |known: &[&str]| known.iter().any(|name| last.ident == name);
                if path.path.segments.first().is_some_and(|first| self.declared.is_bound(&first.ident)) {
                    return false;
                }
                let arguments = || types::type_arguments(last).unwrap_or_default();
                is(&STATES) || is(&HOLDERS) && arguments().into_iter().any(|ty| self.is_state(ty))
            }
            _ => false,
        }
    }
}

impl<'a> Visit<'a> for Own<'_> {
    fn visit_item_static(&mut self, item: &'a syn::ItemStatic) {
        if matches!(item.mutability, StaticMutability::Mut(_)) {
            self.changed.push(item.ident.span());
        } else if self.is_state(&item.ty) {
            self.state.push(item.ident.span());
        }
        visit::visit_item_static(self, item);
    }

    fn visit_macro(&mut self, mac: &'a Macro) {
        if mac.path.get_ident().is_none_or(|name| !self.declared.has(name)) {
            self.state.extend(thread_locals(mac).into_iter().flatten().map(|name| name.span()));
        }
    }
}

/// The paths of expressions.
struct Found<'d> {
    declared: &'d Declared,
    /// What is imported in each block around.
    scopes: Vec<BTreeMap<String, Path>>,
    /// The number of blocks around, but for the outermost, into which names may come that are not seen.
    open: usize,
    unsafes: usize,
    asked: BTreeMap<String, Asked>,
    changed: BTreeMap<String, Span>,
    /// The paths of both, as they come, and come again.
    order: Vec<String>,
}

impl Found<'_> {
    /// A place that is looked at. Nothing else is done with a static that can be changed, and much else with what has a
    /// type that the path alone does not tell. In `unsafe` code it may be a `static mut`.
    fn read(&mut self, place: &Expr) {
        match place {
            Expr::Paren(paren) => self.read(&paren.expr),
            Expr::Group(group) => self.read(&group.expr),
            Expr::Path(path) => {
                if let Some((path, place)) = self.global(path) {
                    let shown = path.to_token_stream().to_string();
                    self.order.push(shown.clone());
                    let is_unsafe = self.unsafes > 0;
                    self.asked.entry(shown).or_insert(Asked { path, place, is_unsafe });
                }
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
            Expr::Path(path) => {
                if let Some((path, place)) = self.global(path) {
                    let shown = path.to_token_stream().to_string();
                    self.order.push(shown.clone());
                    self.changed.entry(shown).or_insert(place);
                }
            }
            _ => {}
        }
    }

    /// The path, as it is written outside of the body, if it may be a static's.
    fn global(&self, path: &ExprPath) -> Option<(Path, Span)> {
        let path = if path.qself.is_none() { &path.path } else { return None };
        let first = path.segments.first()?;
        if self.open > 0 || self.declared.is_bound(&first.ident) {
            return None;
        }
        let mut outside = path.clone();
        if path.leading_colon.is_none() && self.declared.has(&first.ident) {
            let name = first.ident.unraw().to_string();
            outside = self.scopes.iter().rev().find_map(|scope| scope.get(&name))?.clone();
            outside.segments.extend(path.segments.iter().skip(1).cloned());
        }
        (is_global(path) && is_global(&outside))
            .then(|| (outside, path.segments.last().map(|last| last.ident.span())))
            .and_then(|(outside, place)| Some((outside, place?)))
    }

    /// What the items of a block import.
    fn imports(&self, block: &Block) -> BTreeMap<String, Path> {
        let mut imports = BTreeMap::new();
        for stmt in &block.stmts {
            if let Stmt::Item(Item::Use(item)) = stmt {
                let start = Path { leading_colon: item.leading_colon, segments: syn::punctuated::Punctuated::new() };
                leaves(&item.tree, &start, &mut |name, path| {
                    // Of the body's own modules nothing is known.
                    let is_own = path.leading_colon.is_none()
                        && path.segments.first().is_some_and(|first| {
                            self.declared.is_bound(&first.ident)
                                || path.segments.len() > 1 && self.declared.has(&first.ident)
                        });
                    if !is_own {
                        imports.insert(name.unraw().to_string(), path);
                    }
                });
            }
        }
        imports
    }
}

/// The names that a `use` brings in, and what they mean.
fn leaves(tree: &UseTree, before: &Path, on_name: &mut impl FnMut(&Ident, Path)) {
    let with = |ident: &Ident| {
        let mut path = before.clone();
        if ident != "self" || path.segments.is_empty() {
            path.segments.push(PathSegment::from(ident.clone()));
        }
        path
    };
    match tree {
        UseTree::Path(path) => leaves(&path.tree, &with(&path.ident), on_name),
        UseTree::Name(name) => on_name(
            before.segments.last().filter(|_| name.ident == "self").map_or(&name.ident, |last| &last.ident),
            with(&name.ident),
        ),
        UseTree::Rename(name) => on_name(&name.rename, with(&name.ident)),
        UseTree::Group(group) => group.items.iter().for_each(|tree| leaves(tree, before, on_name)),
        UseTree::Glob(_) => {}
    }
}

/// Whether a path may be a static's: not that of a type's constant.
fn is_global(path: &Path) -> bool {
    let mut names = path.segments.iter().rev().map(|segment| segment.ident.to_string());
    names.next().is_some_and(|last| is_upper(&last))
        && names.next().is_none_or(|owner| !is_type(&owner))
        && path.segments.iter().all(|segment| segment.arguments.is_none())
}

/// What an `unsafe` block does.
struct Done<'f, 'd> {
    found: &'f Found<'d>,
    /// Whether something else than a static's use may be what asks for `unsafe`.
    has_more: bool,
    paths: BTreeMap<String, (Path, Span)>,
}

impl<'a> Visit<'a> for Done<'_, '_> {
    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Call(_)
            | Expr::MethodCall(_)
            | Expr::Field(_)
            | Expr::Macro(_)
            | Expr::Unsafe(_)
            | Expr::Closure(_) => {
                self.has_more = true;
            }
            Expr::Unary(unary) if matches!(unary.op, UnOp::Deref(_)) => self.has_more = true,
            Expr::Path(path) => match self.found.global(path) {
                Some((path, place)) => {
                    self.paths.insert(path.to_token_stream().to_string(), (path, place));
                }
                // Also a static in lower case.
                None => self.has_more |= path.path.get_ident().is_none_or(|name| !self.found.declared.is_bound(name)),
            },
            _ => visit::visit_expr(self, expr),
        }
    }

    fn visit_item(&mut self, _: &'a Item) {
        self.has_more = true;
    }

    fn visit_macro(&mut self, _: &'a Macro) {
        self.has_more = true;
    }
}

impl<'a> Visit<'a> for Found<'_> {
    fn visit_block(&mut self, block: &'a Block) {
        let is_open = !self.scopes.is_empty() && self.declared.is_open(block);
        self.open += usize::from(is_open);
        self.scopes.push(self.imports(block));
        visit::visit_block(self, block);
        self.scopes.pop();
        self.open -= usize::from(is_open);
    }

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

    fn visit_expr_unsafe(&mut self, block: &'a ExprUnsafe) {
        // If nothing else in it is unsafe, the one static is: nothing but a `static mut` is.
        let mut done = Done { found: self, has_more: false, paths: BTreeMap::new() };
        done.visit_block(&block.block);
        let Done { has_more, paths, .. } = done;
        if !has_more && paths.len() == 1 {
            for (shown, (_, place)) in paths {
                self.order.push(shown.clone());
                self.changed.entry(shown).or_insert(place);
            }
        }
        self.unsafes += 1;
        visit::visit_expr_unsafe(self, block);
        self.unsafes -= 1;
    }

    fn visit_macro(&mut self, mac: &'a Macro) {
        if mac.path.get_ident().is_some_and(|name| self.declared.has(name)) {
            return;
        }
        // What these show they borrow; what others do with a bare path may fix its type.
        let shows = mac.path.segments.last().is_some_and(|last| SHOWING.iter().any(|name| last.ident == name));
        for one in std_arguments(mac).into_iter().flatten() {
            let one = argument(&one);
            if shows {
                self.read(one);
            }
            self.visit_expr(one);
        }
        if mac.path.segments.last().is_some_and(|last| last.ident == "addr_of_mut") {
            let _ = mac.parse_body().map(|place: Expr| self.change(&place));
        }
    }

    /// Items of the body's own have names and generics of their own.
    fn visit_item(&mut self, _: &'a Item) {}

    /// Constants in types are no uses.
    fn visit_type(&mut self, _: &'a Type) {}

    fn visit_pat(&mut self, _: &'a syn::Pat) {}

    fn visit_generic_argument(&mut self, _: &'a syn::GenericArgument) {}
}

/// Macros that show their arguments.
const SHOWING: [&str; 9] =
    ["format", "print", "println", "eprint", "eprintln", "write", "writeln", "panic", "format_args"];

#[cfg(test)]
mod tests {
    use super::*;
    use quote::ToTokens;

    fn globals(body: &str) -> (Globals, String) {
        let sig = syn::parse_str("fn f<const N: usize>(K: i64, (L, _): (i64, i64)) -> i64").unwrap();
        let globals = of(&sig, body.parse().unwrap());
        let asked: Vec<_> =
            globals.asked.iter().map(|asked| asked.path.to_token_stream().to_string().replace(' ', "")).collect();
        let asked = asked.join(" ");
        (globals, asked)
    }

    fn asked(body: &str) -> String {
        globals(body).1
    }

    fn told(body: &str) -> (usize, usize) {
        let globals = globals(body).0;
        (globals.own.len(), globals.changed.len())
    }

    #[test]
    fn paths_that_may_be_statics_are_asked_about() {
        for (body, expected) in [
            ("COUNT.fetch_add(1, Relaxed); state::LOG.lock(); COUNT.load(Relaxed)", "COUNT state::LOG"),
            ("println!(\"{}\", *TABLE); (NAMES)[0].x = &(ALL)", "TABLE NAMES ALL"),
            ("println!(\"{:?} {:?}\", COUNT, x.of(A))", "COUNT"),
            ("use crate::limits::A; &A", "crate::limits::A"),
            ("use crate::limits::{B as A, self as l}; f(&A, &l::C)", "crate::limits::B crate::limits::C"),
            ("if x { use limits::A; &A } else { &B }", "limits::A B"),
            ("my_log!(\"hi\", x); COUNT.load(Relaxed)", "COUNT"),
            ("use m::*; COUNT.load(Relaxed)", "COUNT"),
            ("info!(\"hi\"); thread_local!(static A: i64 = 1); &COUNT", "COUNT"),
            ("if x { my_log!(x); &A } else { &B }", "B"),
            ("unsafe { COUNT.load(Relaxed) }", "COUNT"),
        ] {
            assert_eq!(asked(body), expected, "{body}");
        }
        for (body, is_open) in [("my_log!(); &A", true), ("use m::*; &A", true), ("info!(); &A", false)] {
            assert_eq!(globals(body).0.is_open, is_open, "{body}");
        }
    }

    #[test]
    fn and_nothing_else() {
        for body in [
            "&i64::MAX + Self::SIZE.min(Limits::A.max(1))",
            "&N + &K + &L",
            "A + 1; W(A); f(A)",
            "const A: i64 = 1; &A",
            "{ use crate::limits::A; } &A",
            "mod m { pub static A: i64 = 1; } use m::A; &A",
            "use crate::limits; use limits::A; &A",
            "use Chain::A; &A",
            "define!(A); &A",
            "if x { define!(); &A }",
            "if x { use crate::limits::*; &A }",
            "let bound!(A) = x; &A",
            "macro_rules! vec { () => {} } vec!(A = 1); &A",
            "#[cfg(test)] A.touch(); 1",
            "#[cfg(test)] A.touch()?; 1",
            "f(vec![#[cfg(test)] (1, &A)])",
            "&raw const A",
            "let f = |A| &A; f(1)",
            "println!(\"{}\", f(|A| &A))",
            "assert_eq!(x, A)",
            "stringify!(&A)",
            "use m::format; 1 + format!(&A)",
            "macro_rules! vec { () => {} } 1 + vec![&A]",
            "Level::Max",
            "mod inner { pub static A: u8 = 1; } inner::A.min(1)",
            "fn inner<const A: usize>() -> usize { A.min(1) } inner::<3>()",
        ] {
            assert_eq!((asked(body), told(body)), (String::new(), (0, 0)), "{body}");
        }
    }

    #[test]
    fn statics_of_the_body_are_told_of_by_their_types() {
        for body in [
            "static A: AtomicU64 = AtomicU64::new(0); A.load(Relaxed)",
            "if x { static A: std::sync::Mutex<i64> = Mutex::new(0); A.lock() }",
            "static A: LazyLock<RwLock<i64>> = LazyLock::new(f);",
            "static A: [&(i64, AtomicBool); 1] = B;",
            "fn inner() { static A: OnceLock<Arc<Mutex<i64>>> = OnceLock::new(); }",
            "thread_local! { #[cold] pub static A: Cell<u64> = const { Cell::new(0) }; } 1",
        ] {
            assert_eq!((asked(body), told(body)), (String::new(), (1, 0)), "{body}");
        }
        for body in [
            "static A: i64 = 1; A",
            "static A: OnceLock<Vec<i64>> = OnceLock::new();",
            "struct Mutex(i64); static A: Mutex = Mutex(1); A.0",
            "macro_rules! thread_local { () => {} } thread_local! { static A: i64 = 1 }",
        ] {
            assert_eq!(told(body), (0, 0), "{body}");
        }
        assert_eq!(told("static mut A: i64 = 1; unsafe { A += 1; A }"), (0, 1));
        assert_eq!(told("thread_local!(static A: i64 = 1; static B: i64 = 2); A.get()"), (2, 0));
    }

    #[test]
    fn statics_that_unsafe_code_uses_are_found() {
        for (body, many) in [
            ("unsafe { COUNT += 1; TABLE[0] = LIMIT; }", 2),
            ("unsafe { add(&mut COUNT) }", 1),
            ("f(&raw mut COUNT[0])", 1),
            ("f(std::ptr::addr_of_mut!(COUNT.a))", 1),
            ("let x = 1; unsafe { RAW + x }", 1),
            ("unsafe { RAW }", 1),
            ("unsafe { RAW[0] + RAW[1] }", 1),
        ] {
            assert_eq!((asked(body), told(body)), (String::new(), (0, many)), "{body}");
        }
        for body in [
            "unsafe { call(LIMIT) }",
            "unsafe { *p + LIMIT }",
            "unsafe { p.read().max(LIMIT) }",
            "unsafe { other_crate::errno + LIMIT }",
            "unsafe { errno + LIMIT }",
            "unsafe { A + B }",
        ] {
            assert_eq!((asked(body), told(body)), (String::new(), (0, 0)), "{body}");
        }
    }
}
