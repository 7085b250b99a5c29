//! Half-typed statements made whole: what is missing in them is put in, so that each can be read by itself.

use crate::block::format::takes_expressions;
use crate::names;
use proc_macro2::{Delimiter, Group, Ident, Punct, Spacing, TokenStream, TokenTree};
use quote::quote;

/// Stands where a name is missing, behind a `.` or `::`. It goes away again.
const MEMBER: &str = "__member";
/// Stands where an expression is missing.
const OPERAND: &str = "__operand";

/// The statements, each with its `;` if it has one.
pub(super) fn statements(input: TokenStream) -> Vec<TokenStream> {
    let mut statements = vec![Vec::new()];
    for token in repaired(&closed(input), true) {
        let ends = is_punct(&token, ';');
        if let Some(statement) = statements.last_mut() {
            statement.push(token);
        }
        if ends {
            statements.push(Vec::new());
        }
    }
    let statements = statements.into_iter().filter(|statement| !statement.is_empty());
    statements.map(|statement| statement.into_iter().collect()).collect()
}

/// Whether it stands for an expression that is missing.
pub(super) fn is_operand(ident: &Ident) -> bool {
    ident == OPERAND
}

/// The same without what stood for something that is missing; an expression that is missing is of any type.
pub(super) fn finished(tokens: TokenStream, missing: &TokenStream) -> TokenStream {
    let each = tokens.into_iter().map(|token| match token {
        TokenTree::Group(group) => within(&group, finished(group.stream(), missing)).into(),
        TokenTree::Ident(ident) if ident == MEMBER => TokenStream::new(),
        TokenTree::Ident(ident) if ident == OPERAND => missing.clone(),
        other => other.into(),
    });
    each.collect()
}

/// A group with other tokens in it.
fn within(group: &Group, tokens: TokenStream) -> TokenTree {
    let mut other = Group::new(group.delimiter(), tokens);
    other.set_span(group.span());
    other.into()
}

/// A parenthesis that nobody has closed reaches to the end of the block: it ends where its statement does.
fn closed(input: TokenStream) -> Vec<TokenTree> {
    let mut tokens: Vec<TokenTree> = Vec::new();
    for token in input {
        let TokenTree::Group(group) = token else {
            tokens.push(token);
            continue;
        };
        if !is_code(&tokens) {
            tokens.push(group.into());
            continue;
        }
        let mut inside = closed(group.stream());
        let mut rest = Vec::new();
        if group.delimiter() == Delimiter::Parenthesis {
            let is_end =
                |at: &usize| is_punct(&inside[*at], ';') || is_word(&inside[*at], "let") && !continues(&inside[..*at]);
            let end = (0..inside.len()).find(is_end).unwrap_or(inside.len());
            rest = inside.split_off(end);
        }
        tokens.push(within(&group, inside.into_iter().collect()));
        tokens.extend(rest);
    }
    tokens
}

/// Whether a `let` behind this is a condition.
fn continues(before: &[TokenTree]) -> bool {
    matches!(before, [.., TokenTree::Ident(word)] if word == "if" || word == "while")
        || matches!(before, [.., one, other] if is_punct(one, '&') && is_punct(other, '&'))
}

/// Whether a group that follows these tokens holds statements or expressions, as far as is known.
fn is_code(before: &[TokenTree]) -> bool {
    match before {
        [.., hash, bang] if is_punct(hash, '#') && is_punct(bang, '!') => false,
        [.., hash] if is_punct(hash, '#') => false,
        [.., TokenTree::Ident(name), bang] if is_punct(bang, '!') && !is_keyword(name) => {
            takes_expressions(&name.to_string())
        }
        _ => true,
    }
}

/// What is missing is put in: in braces also the `;` between two statements.
fn repaired(tokens: &[TokenTree], in_braces: bool) -> Vec<TokenTree> {
    let arrow = |pair: &[TokenTree]| is_punct(&pair[0], '=') && is_punct(&pair[1], '>');
    let is_block = in_braces && !tokens.windows(2).any(arrow);
    let mut done: Vec<TokenTree> = Vec::new();
    let mut from = 0;
    let mut at = 0;
    while at < tokens.len() {
        if is_block && head(&done[from..]).is_none() {
            let end = at + item(&tokens[at..]);
            done.extend_from_slice(&tokens[at..end]);
            if end > at {
                (from, at) = (done.len(), end);
                continue;
            }
        }
        mend(&mut done, from, &tokens[at..]);
        if is_block && ends_operand(&done[from..]) && starts_statement(&tokens[at]) {
            done.push(Punct::new(';', Spacing::Alone).into());
            from = done.len();
        }
        match &tokens[at] {
            TokenTree::Group(group) if is_code(&done) => {
                let inside: Vec<_> = group.stream().into_iter().collect();
                let inside = repaired(&inside, group.delimiter() == Delimiter::Brace);
                done.push(within(group, inside.into_iter().collect()));
            }
            other => done.push(other.clone()),
        }
        if is_punct(&tokens[at], ';') {
            from = done.len();
        }
        at += 1;
    }
    mend(&mut done, from, &[]);
    if is_block && head(&done[from..]).is_some_and(|head| is_word(head, "let")) {
        done.push(Punct::new(';', Spacing::Alone).into());
    }
    done
}

/// The first token of a statement behind its attributes.
fn head(statement: &[TokenTree]) -> Option<&TokenTree> {
    match statement {
        [hash, TokenTree::Group(_), rest @ ..] if is_punct(hash, '#') => head(rest),
        [hash] if is_punct(hash, '#') => Some(hash),
        other => other.first(),
    }
}

/// How many tokens belong to an item that begins here; none if none does.
fn item(tokens: &[TokenTree]) -> usize {
    let [TokenTree::Ident(first), second, ..] = tokens else { return 0 };
    let is_item = match first.to_string().as_str() {
        "fn" | "struct" | "enum" | "impl" | "use" | "static" | "type" | "mod" | "trait" | "pub" | "extern" => true,
        "const" => !matches!(second, TokenTree::Group(_)),
        "unsafe" | "async" => ["fn", "impl", "trait", "extern"].iter().any(|word| is_word(second, word)),
        "macro_rules" => is_punct(second, '!'),
        _ => false,
    };
    let in_braces = !["use", "const", "static", "type"].iter().any(|word| first == word);
    let is_end = |token: &TokenTree| {
        is_punct(token, ';')
            || in_braces && matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace)
    };
    let end = tokens.iter().position(is_end).map_or(tokens.len(), |end| end + 1);
    if is_item { end } else { 0 }
}

/// Puts in what is missing between these tokens of a statement and what follows.
fn mend(done: &mut Vec<TokenTree>, from: usize, next: &[TokenTree]) {
    let statement = &done[from..];
    let Some(TokenTree::Punct(last)) = statement.last() else { return };
    let before = statement.len().checked_sub(2).map(|at| &statement[at]);
    let follows = |c: char| before.is_some_and(|before| is_punct(before, c));
    let ends = next.first().is_none_or(|next| is_punct(next, ';') || is_punct(next, ','));
    let other = next.first().is_some_and(|next| is_word(next, "let")) && !continues(statement);
    let in_let = head(statement).is_some_and(|head| is_word(head, "let"));
    let missing = match last.as_char() {
        '.' if follows('.') || next.first().is_some_and(|next| is_punct(next, '.')) => return,
        '.' if !is_member(next) => MEMBER,
        ':' if follows(':') && (ends || other) => MEMBER,
        ':' if in_let && (ends || other || next.first().is_some_and(|next| is_punct(next, '='))) => "_",
        '=' | '+' | '-' | '*' | '/' | '%' | '^' | '&' | '|' | '<' if ends || other => OPERAND,
        '!' if (ends || other) && !matches!(before, Some(TokenTree::Ident(_))) => OPERAND,
        '>' if follows('=') && (ends || other) => OPERAND,
        _ => return,
    };
    done.push(Ident::new(missing, names::own()).into());
}

/// Whether these tokens can begin with a name behind a `.`.
fn is_member(tokens: &[TokenTree]) -> bool {
    match tokens {
        // A macro's call is a statement of its own.
        [TokenTree::Ident(_), bang, TokenTree::Group(_), ..] if is_punct(bang, '!') => false,
        [TokenTree::Ident(name), ..] => name == "await" || !is_keyword(name),
        [TokenTree::Literal(index), ..] => index.to_string().starts_with(|first: char| first.is_ascii_digit()),
        _ => false,
    }
}

/// Whether an expression can end here.
fn ends_operand(statement: &[TokenTree]) -> bool {
    let before = statement.len().checked_sub(2).map(|at| &statement[at]);
    let follows = |c: char| before.is_some_and(|before| is_punct(before, c));
    match statement.last() {
        Some(TokenTree::Ident(name)) => {
            let is_value = ["self", "Self", "true", "false", "await"].iter().any(|word| name == word);
            (is_value || !is_keyword(name)) && !follows('\'')
        }
        Some(TokenTree::Group(group)) => match group.delimiter() {
            Delimiter::Brace => head(statement).is_some_and(|head| is_word(head, "let")),
            _ => !follows('#'),
        },
        Some(TokenTree::Punct(punct)) => punct.as_char() == '?',
        Some(TokenTree::Literal(_)) => true,
        None => false,
    }
}

/// Whether a token behind an expression cannot belong to it.
fn starts_statement(token: &TokenTree) -> bool {
    match token {
        TokenTree::Ident(name) => !["as", "else", "in", "where"].iter().any(|word| name == word),
        TokenTree::Literal(_) => true,
        _ => false,
    }
}

fn is_punct(token: &TokenTree, c: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == c)
}

fn is_word(token: &TokenTree, word: &str) -> bool {
    matches!(token, TokenTree::Ident(ident) if ident == word)
}

fn is_keyword(ident: &Ident) -> bool {
    syn::parse2::<Ident>(quote!(#ident)).is_err()
}
