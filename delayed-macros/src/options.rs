//! The options of `#[delayed(..)]`, each with the place where it stands.

mod read;

use crate::errors::Errors;
use proc_macro2::{Ident, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{LitStr, Path, Token};

/// How each option is written; also the list of what is allowed.
const WRITTEN: [(&str, &str); 18] = [
    ("name", "name = \"..\""),
    ("eager", "eager = plain_name"),
    ("fallible", "fallible"),
    ("keep_result", "keep_result"),
    ("crate", "crate = path"),
    ("allow", "allow(lint, ..)"),
    ("warn", "warn(lint, ..)"),
    ("deny", "deny(lint, ..)"),
    ("retries", "retries = 3"),
    ("retry_if", "retry_if = path"),
    ("timeout", "timeout = \"5s\""),
    ("backoff", "backoff = \"100ms\""),
    ("limit", "limit = \"db\""),
    ("priority", "priority = 1"),
    ("blocking", "blocking"),
    ("weigh", "weigh = path"),
    ("debug_args", "debug_args"),
    ("dynamic", "dynamic"),
];

/// How many of these, from the first, have an effect yet.
const BUILT: usize = 17;

/// The best practices that can be switched.
const LINTS: [&str; 4] = ["nested_delayed", "mutable_input", "global_state", "giant_task"];

/// Those of which no function is the cause, but the place of a call or of a run.
const AT_RUN_TIME: [&str; 3] = ["repeated_compute", "tiny_tasks", "repeated_input"];

/// An option that was given.
pub(crate) struct Given<T> {
    /// The option's word, where errors about it stand.
    pub(crate) word: Ident,
    /// Its value.
    pub(crate) value: T,
}

/// An option that may have been given.
type Slot<T> = Option<Given<T>>;

/// All options.
#[derive(Default)]
pub(crate) struct Options {
    /// The task's name.
    pub(crate) name: Slot<LitStr>,
    /// The name of the plain function.
    pub(crate) eager: Slot<Ident>,
    /// The return type is a `Result`, though it is not called so.
    pub(crate) fallible: Slot<()>,
    /// The `Result` is an ordinary value.
    pub(crate) keep_result: Slot<()>,
    /// Where the crate `delayed` is found.
    pub(crate) krate: Slot<Path>,
    /// How often the task is tried again.
    pub(crate) retries: Slot<u32>,
    /// Which errors are worth another try.
    pub(crate) retry_if: Slot<Path>,
    /// How many microseconds an attempt may take.
    pub(crate) timeout: Slot<u64>,
    /// How many microseconds to wait before another try.
    pub(crate) backoff: Slot<u64>,
    /// The named limit that the task counts against.
    pub(crate) limit: Slot<LitStr>,
    /// Which of several ready tasks comes first.
    pub(crate) priority: Slot<i32>,
    /// The body may block for long.
    pub(crate) blocking: Slot<()>,
    /// How large a value is.
    pub(crate) weigh: Slot<Path>,
    /// Arguments are shown by `Debug`.
    pub(crate) debug_args: Slot<()>,
    /// The body starts tasks of its own.
    pub(crate) dynamic: Slot<()>,
    /// Lints that are off.
    pub(crate) allow: Slot<Vec<Ident>>,
    /// Lints that warn.
    pub(crate) warn: Slot<Vec<Ident>>,
    /// Lints that are errors.
    pub(crate) deny: Slot<Vec<Ident>>,
}

/// Sets an option; the second time is an error.
fn set_once<T>(slot: &mut Slot<T>, word: Ident, value: T) -> syn::Result<()> {
    if slot.is_some() {
        return Err(syn::Error::new(word.span(), format!("`{}` is given twice; write it once", word.unraw())));
    }
    *slot = Some(Given { word, value });
    Ok(())
}

impl Options {
    /// Reads the attribute's arguments. What is wrong with one option keeps none of the others from being read.
    pub(crate) fn parse(arguments: TokenStream, errors: &mut Errors) -> Self {
        let mut options = Self::default();
        let result = (|input: ParseStream<'_>| {
            while !input.is_empty() {
                let read = options.read_one(input).and_then(|()| read::end_of_option(input));
                if errors.keep(read).is_none() {
                    skip_to_comma(input)?;
                }
                input.parse::<Option<Token![,]>>()?;
            }
            Ok(())
        })
        .parse2(arguments);
        errors.keep(result);
        options
    }

    /// Reads one option and its value.
    fn read_one(&mut self, input: ParseStream<'_>) -> syn::Result<()> {
        let word = Ident::parse_any(input)
            .map_err(|error| syn::Error::new(error.span(), format!("expected an option; {}", allowed())))?;
        let name = word.to_string();
        let Some((name, written)) = WRITTEN.iter().copied().find(|(known, _)| *known == name) else {
            return Err(syn::Error::new(word.span(), unknown(&name)));
        };
        let value = read::Value { word: &word, written, input };
        match name {
            "name" => value.name().and_then(|v| set_once(&mut self.name, word, v)),
            "eager" => value.ident().and_then(|v| set_once(&mut self.eager, word, v)),
            "fallible" => value.flag().and_then(|v| set_once(&mut self.fallible, word, v)),
            "keep_result" => value.flag().and_then(|v| set_once(&mut self.keep_result, word, v)),
            "crate" => value.path().and_then(|v| set_once(&mut self.krate, word, v)),
            "retries" => value.whole().and_then(|v| set_once(&mut self.retries, word, v)),
            "retry_if" => value.path().and_then(|v| set_once(&mut self.retry_if, word, v)),
            "timeout" => value.some_duration().and_then(|v| set_once(&mut self.timeout, word, v)),
            "backoff" => value.duration().and_then(|v| set_once(&mut self.backoff, word, v)),
            "limit" => value.name().and_then(|v| set_once(&mut self.limit, word, v)),
            "priority" => value.signed().and_then(|v| set_once(&mut self.priority, word, v)),
            "blocking" => value.flag().and_then(|v| set_once(&mut self.blocking, word, v)),
            "weigh" => value.path().and_then(|v| set_once(&mut self.weigh, word, v)),
            "debug_args" => value.flag().and_then(|v| set_once(&mut self.debug_args, word, v)),
            "dynamic" => value.flag().and_then(|v| set_once(&mut self.dynamic, word, v)),
            "allow" => value.lints(&LINTS, &AT_RUN_TIME).and_then(|v| set_once(&mut self.allow, word, v)),
            "warn" => value.lints(&LINTS, &AT_RUN_TIME).and_then(|v| set_once(&mut self.warn, word, v)),
            _ => value.lints(&LINTS, &AT_RUN_TIME).and_then(|v| set_once(&mut self.deny, word, v)),
        }
    }

    /// The words of those options that are known and checked, but not built.
    pub(crate) fn unbuilt(&self) -> impl Iterator<Item = &Ident> {
        self.dynamic.iter().map(|given| &given.word)
    }

    /// The paths of functions that the task calls beside its body.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &Path> {
        [&self.retry_if, &self.weigh].into_iter().flatten().map(|given| &given.value)
    }
}

/// Goes on to the next option.
pub(crate) fn skip_to_comma(input: ParseStream<'_>) -> syn::Result<()> {
    while !input.is_empty() && !input.peek(Token![,]) {
        input.parse::<TokenTree>()?;
    }
    Ok(())
}

/// The list of what is allowed, and of what will be.
fn allowed() -> String {
    let (built, later) = WRITTEN.split_at(BUILT);
    let built: Vec<_> = built.iter().map(|(_, written)| format!("`{written}`")).collect();
    let later: Vec<_> = later.iter().map(|(word, _)| format!("`{word}`")).collect();
    format!("allowed are {} (and, not built yet, {})", built.join(", "), later.join(", "))
}

/// The message about a word that is no option.
fn unknown(word: &str) -> String {
    let guess = nearest(word, WRITTEN.iter().map(|(known, _)| *known));
    let guess = guess.map_or_else(String::new, |guess| format!("did you mean `{guess}`? "));
    format!("unknown option `{word}`; {guess}{}", allowed())
}

/// The word that was probably meant.
fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let is_close = |known: &&str| edit_distance(word, known) <= if known.len() > 4 { 2 } else { 1 };
    let is_begun = |known: &&str| word.len() > 2 && known.starts_with(word.trim_end_matches('y'));
    known.filter(|known| is_close(known) || is_begun(known)).min_by_key(|known| edit_distance(word, known))
}

/// How many letters must be put in, left out or changed to make one word of the other.
fn edit_distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, a) in from.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (cell, b) in row.iter_mut().skip(1).zip(&to) {
            let changed = diagonal + usize::from(a != *b);
            diagonal = *cell;
            left = changed.min(*cell + 1).min(left + 1);
            *cell = left;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> (Options, Vec<String>) {
        let mut errors = Errors::default();
        let options = Options::parse(text.parse().unwrap_or_default(), &mut errors);
        (options, errors.messages())
    }

    fn wrong(text: &str) -> String {
        parse(text).1.join(" | ")
    }

    #[test]
    fn every_option_is_read_as_it_is_written_in_the_list() {
        for (word, written) in WRITTEN {
            let written = written.replace("lint, ..", "nested_delayed");
            assert_eq!(parse(&written).1, Vec::<String>::new(), "{word}");
        }
        let (options, errors) = parse("name = \"load\", eager = plain, fallible, crate = my::kit, priority = -3,");
        assert!(errors.is_empty());
        assert_eq!(options.name.map(|given| given.value.value()).as_deref(), Some("load"));
        assert_eq!(options.eager.map(|given| given.value.to_string()).as_deref(), Some("plain"));
        assert_eq!(options.priority.map(|given| given.value.to_string()).as_deref(), Some("-3"));
        assert!(options.fallible.is_some() && options.krate.is_some() && options.keep_result.is_none());
    }

    #[test]
    fn an_unknown_option_lists_the_known_ones_and_guesses() {
        assert!(
            wrong("nam = \"x\"").starts_with("unknown option `nam`; did you mean `name`? allowed are `name = \"..\"`,")
        );
        assert!(wrong("falible").contains("did you mean `fallible`?"));
        assert!(wrong("retry = 3").contains("did you mean `retries`?"));
        assert!(!wrong("colour").contains("did you mean"));
        assert!(wrong("\"x\"").starts_with("expected an option; allowed are"));
    }

    #[test]
    fn a_value_of_the_wrong_kind_says_how_to_write_it() {
        for (written, message) in [
            ("name", "`name` takes a string; write `name = \"..\"`"),
            ("name = 3", "`name` takes a string; write `name = \"..\"`"),
            ("name = \"\"", "`name` must not be empty"),
            ("fallible = true", "`fallible` takes no value; write `fallible` alone"),
            ("fallible(x)", "`fallible` takes no value; write `fallible` alone"),
            ("eager = \"x\"", "`eager` takes a name; write `eager = plain_name`"),
            ("retries = \"3\"", "`retries` takes a whole number; write `retries = 3`"),
            ("retries = -1", "`retries` takes a whole number; write `retries = 3`"),
            ("retries = 9999999999", "`retries` takes a whole number; write `retries = 3`"),
            ("priority = high", "`priority` takes a whole number; write `priority = 1`"),
            ("retry_if = |e| true", "`retry_if` takes a path; write `retry_if = path`"),
            ("name = \"a\" \"b\"", "expected `,` before the next option"),
            ("fallible, fallible", "`fallible` is given twice; write it once"),
            ("allow", "`allow` takes names of lints; write `allow(lint, ..)`"),
            ("allow()", "`allow` takes names of lints; write `allow(lint, ..)`"),
        ] {
            assert_eq!(wrong(written), message, "{written}");
        }
        assert!(wrong("timeout = \"5 parsecs\"").starts_with("`5 parsecs` is not a duration; write"));
        for option in ["allow", "warn", "deny"] {
            assert!(
                wrong(&format!("{option}(giant_task, tiny_tasks)"))
                    .starts_with("`tiny_tasks` is advice at run time about a call or a run, not about this function")
            );
        }
        assert!(wrong("deny(nested)").starts_with("unknown lint `nested`; allowed are `nested_delayed`,"));
    }

    #[test]
    fn one_mistake_hides_no_other() {
        let (options, errors) = parse("nam = [1, 2], retries = \"3\", name = \"a\", name = \"b\", fallible");
        assert_eq!(errors.len(), 3);
        assert!(options.fallible.is_some());
    }

    #[test]
    fn durations_have_a_number_and_a_unit() {
        for (good, micros) in [
            ("10us", 10),
            ("100ms", 100_000),
            ("5s", 5_000_000),
            ("2m", 120_000_000),
            ("1h", 3_600_000_000),
            ("007s", 7_000_000),
            ("18446744073709551615us", u64::MAX),
        ] {
            let (options, errors) = parse(&format!("timeout = \"{good}\", backoff = \"{good}\""));
            assert_eq!(errors, Vec::<String>::new(), "{good}");
            assert_eq!(options.timeout.map(|given| given.value), Some(micros), "{good}");
            assert_eq!(options.backoff.map(|given| given.value), Some(micros), "{good}");
        }
        for bad in ["", "5", "s", "-5s", "1.5s", "5 s", "5S", "99999999999999999999s", "9999999999999999h"] {
            for option in ["timeout", "backoff"] {
                assert!(wrong(&format!("{option} = \"{bad}\"")).contains("is not a duration"), "{option} {bad}");
            }
        }
    }

    #[test]
    fn an_attempt_takes_some_time_and_a_pause_may_take_none() {
        let message = "`timeout = \"0ms\"` would fail every attempt; write a longer one, like `timeout = \"5s\"`";
        assert_eq!(wrong("timeout = \"0ms\""), message);
        assert_eq!(wrong("backoff = \"0s\", retries = 0"), "");
    }

    #[test]
    fn the_edit_distance_counts_letters() {
        assert_eq!(
            (edit_distance("nam", "name"), edit_distance("", "abc"), edit_distance("limit", "limit")),
            (1, 3, 0)
        );
        assert_eq!(edit_distance("retires", "retries"), 2);
    }
}
