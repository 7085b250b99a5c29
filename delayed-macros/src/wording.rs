//! Types as messages show them.

use quote::ToTokens;
use syn::{Pat, Type};

/// A short type as one would write it.
pub(crate) fn text_of(ty: &Type) -> String {
    ty.to_token_stream().to_string().replace(" :: ", "::").replace(" < ", "<").replace("< ", "<").replace(" >", ">")
}

/// The type that owns what a reference lends.
pub(crate) fn owned_name(target: &str) -> String {
    match target {
        "str" => "String".to_owned(),
        "Path" => "PathBuf".to_owned(),
        "OsStr" => "OsString".to_owned(),
        other => match other.strip_prefix('[').and_then(|list| list.strip_suffix(']')) {
            Some(element) if !element.contains(';') => format!("Vec<{}>", element.trim()),
            _ => other.to_owned(),
        },
    }
}

/// So many characters of a pattern are shown.
const LONGEST_PATTERN: usize = 40;

/// A pattern as one would write it, cut if it is long.
pub(crate) fn text_of_pattern(pattern: &Pat) -> String {
    let mut text = pattern.to_token_stream().to_string();
    for (spaced, written) in
        [(" :: ", "::"), (" ,", ","), ("( ", "("), (" )", ")"), ("[ ", "["), (" ]", "]"), ("& ", "&"), (" (", "(")]
    {
        text = text.replace(spaced, written);
    }
    match text.char_indices().nth(LONGEST_PATTERN) {
        Some((end, _)) => format!("{}..", text.get(..end).unwrap_or_default()),
        None => text,
    }
}
