use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use super::error::Problem;

/// An airport, as a line of `airports.csv`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Airport {
    /// The city that it serves.
    pub city: String,
    /// The letters of its state.
    pub state: String,
}

impl Airport {
    /// The header of `airports.csv`.
    pub const COLUMNS: [&str; 7] = ["iata", "name", "city", "state", "country", "latitude", "longitude"];

    /// Reads the fields of a row.
    ///
    /// # Errors
    ///
    /// A text in the first field that is not an airport's code.
    pub fn from_row([iata, _, city, state, ..]: [Cow<'_, str>; 7]) -> Result<(Code, Self), Problem> {
        let code = Code::from_field("iata", &iata)?;
        Ok((code, Self { city: city.into_owned(), state: state.into_owned() }))
    }
}

impl fmt::Display for Airport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}, {}", self.city, self.state))
    }
}

/// Airports by their codes.
#[derive(Debug)]
pub struct Airports(BTreeMap<Code, Airport>);

impl Airports {
    /// The airport with this code.
    pub fn find(&self, code: Code) -> Option<&Airport> {
        self.0.get(&code)
    }
}

impl FromIterator<(Code, Airport)> for Airports {
    fn from_iter<I: IntoIterator<Item = (Code, Airport)>>(airports: I) -> Self {
        Self(airports.into_iter().collect())
    }
}

/// An airport's code: three or four capital letters or digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code {
    /// The characters, and a zero behind them where they are three.
    padded: [u8; 4],
}

impl Code {
    /// The code that this text is, if it is one.
    pub fn of(text: &str) -> Option<Self> {
        let mut padded = [0; 4];
        padded.get_mut(..text.len())?.copy_from_slice(text.as_bytes());
        let valid = text.len() >= 3 && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
        valid.then_some(Self { padded })
    }

    pub(super) fn from_field(column: &'static str, text: &str) -> Result<Self, Problem> {
        let expected = "an airport's code (three or four capital letters or digits)";
        Self::of(text).ok_or_else(|| Problem::field(column, expected, text))
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = String::from_utf8_lossy(&self.padded);
        f.pad(text.trim_end_matches('\0'))
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_three_or_four_characters() {
        for code in ["JFK", "00M", "KJFK"] {
            assert_eq!(Code::of(code).unwrap().to_string(), code);
        }
        for text in ["", "JF", "KJFK1", "jfk", "J K", "JÉ", "日"] {
            assert_eq!(Code::of(text), None, "{text}");
        }
    }
}
