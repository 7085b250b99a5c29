//! What is typed, and the ordinary block that becomes of it.

use super::repair;
use crate::names::Runtime;
use proc_macro2::TokenStream;
use syn::parse::Parser;

fn tokens(text: &str) -> TokenStream {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// A text with spaces between words only.
fn tight(text: &str) -> String {
    let is_word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || "_\"'".contains(c));
    let mut tight = String::new();
    for part in text.split_whitespace() {
        if is_word(tight.chars().last()) && is_word(part.chars().next()) {
            tight.push(' ');
        }
        tight.push_str(part);
    }
    tight
}

/// The statements in plain values; what of the runtime stands in them has a short path.
fn body(text: &str) -> String {
    let path = syn::parse_str("q").unwrap_or_else(|error| panic!("{error}"));
    tight(&super::body(tokens(text), &Runtime::new(Some(&path))).to_string())
        .replace("q::__private::block::editor::", "")
}

#[test]
fn half_typed_statements_are_made_whole() {
    for (typed, whole) in [
        // Nothing is missing.
        ("let a = f(1)?; a", &["let a = f(1)?;", "a"][..]),
        ("let a = x.0.1 .. y.len(); a", &["let a = x.0.1 .. y.len();", "a"]),
        ("let a: &'static str = b as _; a", &["let a: &'static str = b as _;", "a"]),
        (
            "let a = if let Some(x) = b && let c = x { c } else { 1 }; a",
            &["let a = if let Some(x) = b && let c = x { c } else { 1 };", "a"],
        ),
        ("let a = match b { Some(x) if x => 1, _ => 2 }; a", &["let a = match b { Some(x) if x => 1, _ => 2 };", "a"]),
        ("#[allow(unused)] let a = b?; a", &["#[allow(unused)] let a = b?;", "a"]),
        ("let a = 'x: { break 'x b }; a", &["let a = 'x: { break 'x b };", "a"]),
        ("let a = sql!(select a from b.); a", &["let a = sql!(select a from b.);", "a"]),
        ("fn f<T>(x: T) -> T where T: Copy { x } f", &["fn f<T>(x: T) -> T where T: Copy { x } f"]),
        // A name behind a dot.
        ("let a = b.", &["let a = b.__member;"]),
        ("let a = b.; c", &["let a = b.__member;", "c"]),
        ("let a = b. let c = d; c", &["let a = b.__member;", "let c = d;", "c"]),
        ("let a = b. format!(\"{a}\")", &["let a = b.__member;", "format!(\"{a}\")"]),
        ("let a = f(b.); a", &["let a = f(b.__member);", "a"]),
        ("let a = f(b., c); a", &["let a = f(b.__member, c);", "a"]),
        ("let a = b. + 1; a", &["let a = b.__member + 1;", "a"]),
        ("let a = for x in y { x. }; a", &["let a = for x in y { x.__member };", "a"]),
        ("format!(\"{}\", b.)", &["format!(\"{}\", b.__member)"]),
        // One behind two colons, and a type.
        ("let a = Line::; a", &["let a = Line::__member;", "a"]),
        ("let a: = 1; a", &["let a: _ = 1;", "a"]),
        // An expression.
        ("let a = let b = 1; b", &["let a = __operand;", "let b = 1;", "b"]),
        ("let a = f(&); a", &["let a = f(&__operand);", "a"]),
        ("let a = 1 + ; a", &["let a = 1 + __operand;", "a"]),
        ("let a = match b { Some(x) => }; a", &["let a = match b { Some(x) => __operand };", "a"]),
        ("let a = b.map(|x|); a", &["let a = b.map(|x| __operand);", "a"]),
        // A semicolon.
        ("let a = f let b = 1; b", &["let a = f;", "let b = 1;", "b"]),
        ("let a = f(1) g(a)", &["let a = f(1);", "g(a)"]),
        ("let a = b.c format!(\"\")", &["let a = b.c;", "format!(\"\")"]),
        ("let a = for x in y { x } a", &["let a = for x in y { x };", "a"]),
        ("let a = b? if a { 1 } else { 2 }", &["let a = b?;", "if a { 1 } else { 2 }"]),
        // A parenthesis, which then is taken to end with the block.
        ("let a = f(b; let c = g(a); c", &["let a = f(b);", "let c = g(a);", "c"]),
        ("let a = f(g(b let c = 1; c", &["let a = f(g(b));", "let c = 1;", "c"]),
    ] {
        let open = typed.matches('(').count() - typed.matches(')').count();
        let typed = format!("{typed}{}", ")".repeat(open));
        let statements = repair::statements(tokens(&typed));
        let each: Vec<_> = statements.iter().map(|statement| tight(&statement.to_string())).collect();
        let whole: Vec<_> = whole.iter().map(|statement| tight(statement)).collect();
        assert_eq!(each, whole, "{typed}");
        for statement in statements {
            syn::Block::parse_within.parse2(statement).unwrap_or_else(|error| panic!("{typed}: {error}"));
        }
    }
}

#[test]
fn a_block_becomes_an_ordinary_one() {
    for (typed, ordinary) in [
        // A call can give a handle, all else cannot.
        ("let a = f(1); a", "let a = (&&&Given(f(1))).value(); (); a"),
        ("let a = f(1)?; a", "let a = (&&&Given(f(1))).value_in_ok(); (); a"),
        ("let a = f(1).await; a", "let a = (&&&Given(f(1))).settle().await; (); a"),
        ("let a = f(1).await?; a", "let a = ok((&&&Given(f(1))).settle_in_ok().await); (); a"),
        ("let a = Some(1)?; a", "let a = ok(Some(1)); (); a"),
        ("let a: T = 1 + 2; f(a)", "let a: T = 1 + 2; ();(&&&Given(f(a))).value()"),
        // So can a variable from outside, but no name of the block or of the expression's own.
        ("x", "(&&&outer(&x)).value()"),
        ("let x = x; x", "let x = (&&&outer(&x)).value(); (); x"),
        ("let a = self.b.len(); a", "let a = (&&&outer(&self.b)).value().len(); (); a"),
        ("z.map(|x| x + y)", "(&&&outer(&z)).value().map(|x| x + (&&&outer(&y)).value())"),
        ("match 1 { x => x }", "match 1 { x => x }"),
        ("{ let x = 1; x }", "{ let x = 1; x }"),
        ("if let Some(x) = N { x } else { 1 }", "if let Some(x) = N { x } else { 1 }"),
        ("matches!(x, Some(y) if y)", "matches!((&&&outer(&x)).value(), Some(y) if y)"),
        ("format!(\"{x} {}\", y = x)", "format!(\"{x} {}\", y = (&&&outer(&x)).value())"),
        ("Point { x, y: z }", "Point { x, y: (&&&outer(&z)).value() }"),
        ("sql!(select x)", "sql!(select x)"),
        // What a round binds can be a handle; its data stays as it is.
        (
            "let a = for x in y { let b = 1; b + x }; a",
            "let a = '__list: { for x in y { break '__list list({ let b = 1; (); b + (&&&outer(&x)).value() }); } missing() }; (); a",
        ),
        (
            "let a = [1]; let b = for x in a.split(1) { 1 }; b",
            "let a = [1]; (); let b = '__list: { for x in handle(a).split(1) { break '__list list({ 1 }); } missing() }; (); b",
        ),
        // While one types; the word at the cursor is as without it.
        ("let a = b.", "let a = (&&&outer(&b)).value().; (); missing()"),
        ("let a = b.raCompletionMarker", "let a = (&&&outer(&b)).value().raCompletionMarker; (); missing()"),
        ("let a = f(b.); a", "let a = (&&&Given(f((&&&outer(&b)).value().))).value(); (); a"),
        ("let a = let b = 1; b", "let a = missing(); (); let b = 1; (); b"),
        ("let a = raCompletionMarker let b = 1; b", "let a = raCompletionMarker; (); let b = 1; (); b"),
        ("let a = 1; f(araCompletionMarker)", "let a = 1; ();(&&&Given(f(araCompletionMarker))).value()"),
        (
            "let a = 1; f(abraCompletionMarkerc)",
            "let a = 1 ; () ; (&&& Given (f ((&&& outer (& abraCompletionMarkerc)) . value ()))) . value ()",
        ),
        // A mistake stays, and what cannot be read.
        ("g(1); let a = 1; a", "g(1); let a = 1; (); a"),
        ("let a = 1 <> 2; a", "let a = 1 <> 2; a"),
    ] {
        assert_eq!(body(typed), tight(ordinary), "{typed}");
    }
}

#[test]
fn a_block_is_async_only_if_it_awaits() {
    let block = |text: &str| {
        let path = syn::parse_str("q").unwrap_or_else(|error| panic!("{error}"));
        super::block(tokens(text), &TokenStream::new(), &Runtime::new(Some(&path))).to_string().replace(' ', "")
    };
    assert!(block("a").contains("let__block=q::__private::block::editor::block({"));
    assert!(block("{ f(a).await }").contains("let__block=q::__private::block::editor::block_async(async{"));
    assert!(block("f(a).awraCompletionMarkerait").contains("block_async"));
}
