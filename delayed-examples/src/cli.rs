//! Command lines: options, and what belongs behind them.

use std::ffi::OsString;
use std::ops::RangeInclusive;
use std::time::Duration;

/// An argument that is not understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UsageError {
    /// Something that is no option.
    #[error("unknown argument `{argument}`; the options are {options}")]
    Unknown {
        /// What stands there.
        argument: String,
        /// What could.
        options: &'static str,
    },
    /// An option without what belongs behind it.
    #[error("`{0}` needs a value behind it")]
    NoValue(String),
    /// A value behind an option that takes none.
    #[error("`{0}` takes no value")]
    Value(String),
    /// A number that is none, or too small or too large.
    #[error("`{option}` takes a number from {} to {}, not `{text}`", range.start(), range.end())]
    Number {
        /// The option.
        option: String,
        /// The numbers that it takes.
        range: RangeInclusive<usize>,
        /// What stands there.
        text: String,
    },
    /// A time that is none.
    #[error("`{option}` takes a whole number above 0 and its unit, us, ms, s, m or h, as in `5s`; not `{text}`")]
    Time {
        /// The option.
        option: String,
        /// What stands there.
        text: String,
    },
}

/// The arguments behind a program's name.
#[derive(Debug)]
pub struct Arguments<I>(I);

impl<I: Iterator<Item = OsString>> Arguments<I> {
    /// Arguments as the system gives them.
    pub fn new(arguments: impl IntoIterator<IntoIter = I>) -> Self {
        Self(arguments.into_iter())
    }

    /// The next option, if there is one. Its value comes with it where it is written `--option=value`.
    pub fn next_option(&mut self) -> Option<Argument<'_, I>> {
        let argument = self.0.next()?.to_string_lossy().into_owned();
        let (option, value) = match argument.split_once('=') {
            Some((option, value)) => (option.to_owned(), Some(value.into())),
            None => (argument, None),
        };
        Some(Argument { option, value, rest: &mut self.0 })
    }
}

/// An option, and what may be its value.
#[derive(Debug)]
pub struct Argument<'a, I> {
    option: String,
    value: Option<OsString>,
    rest: &'a mut I,
}

impl<I: Iterator<Item = OsString>> Argument<'_, I> {
    /// What the option is called.
    pub fn name(&self) -> &str {
        &self.option
    }

    /// The value, whatever it is.
    ///
    /// # Errors
    ///
    /// If there is none.
    pub fn value(self) -> Result<OsString, UsageError> {
        self.value.or_else(|| self.rest.next()).ok_or(UsageError::NoValue(self.option))
    }

    /// The value as a number.
    ///
    /// # Errors
    ///
    /// If there is none, or it is outside of the range.
    pub fn number(self, range: RangeInclusive<usize>) -> Result<usize, UsageError> {
        let (option, text) = self.into_text()?;
        let number = text.parse().ok().filter(|number| range.contains(number));
        number.ok_or(UsageError::Number { option, range, text })
    }

    /// The value as a time.
    ///
    /// # Errors
    ///
    /// If there is none, or it is no number with a unit.
    pub fn time(self) -> Result<Duration, UsageError> {
        let (option, text) = self.into_text()?;
        time(&text).ok_or(UsageError::Time { option, text })
    }

    /// Nothing: the option takes no value.
    ///
    /// # Errors
    ///
    /// If there is one.
    pub fn flag(self) -> Result<(), UsageError> {
        if self.value.is_some() { Err(UsageError::Value(self.option)) } else { Ok(()) }
    }

    /// It is none of these options.
    pub fn unknown(self, options: &'static str) -> UsageError {
        let argument = match self.value {
            Some(value) => format!("{}={}", self.option, value.display()),
            None => self.option,
        };
        UsageError::Unknown { argument, options }
    }

    fn into_text(self) -> Result<(String, String), UsageError> {
        let option = self.option.clone();
        Ok((option, self.value()?.to_string_lossy().into_owned()))
    }
}

/// The time that a text like `250ms` or `5s` says: a whole number above 0, and `us`, `ms`, `s`, `m` or `h`.
fn time(text: &str) -> Option<Duration> {
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit())?);
    let number: u64 = number.parse().ok().filter(|number| *number > 0)?;
    match unit {
        "us" => Some(Duration::from_micros(number)),
        "ms" => Some(Duration::from_millis(number)),
        "s" => Some(Duration::from_secs(number)),
        "m" => number.checked_mul(60).map(Duration::from_secs),
        "h" => number.checked_mul(3600).map(Duration::from_secs),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_and_its_unit_are_a_time() {
        for (text, micros) in [("3us", 3), ("250ms", 250_000), ("5s", 5_000_000), ("2m", 120_000_000)] {
            assert_eq!(time(text), Some(Duration::from_micros(micros)), "{text}");
        }
        assert_eq!(time("1h"), Some(Duration::from_secs(3600)));
        assert_eq!(time(&format!("{}s", u64::MAX)), Some(Duration::from_secs(u64::MAX)));
    }

    #[test]
    fn anything_else_is_no_time() {
        for text in ["", "5", "s", "5 s", "-5s", "+5s", "0s", "00ms", "1.5s", "5S", "5d", "5sec", "5µs", "5s "] {
            assert_eq!(time(text), None, "{text}");
        }
        assert_eq!(time("99999999999999999999s"), None);
        assert_eq!(time(&format!("{}h", u64::MAX)), None);
    }
}
