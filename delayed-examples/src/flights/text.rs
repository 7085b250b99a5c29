use std::borrow::Cow;
use std::path::PathBuf;

use tokio::fs;

use super::error::{FlightError, Problem};

/// A file's text, and the path that messages name.
#[derive(Debug)]
pub struct TextFile {
    path: PathBuf,
    text: String,
}

impl TextFile {
    /// Reads a file.
    ///
    /// # Errors
    ///
    /// A file that cannot be read, or that is not UTF-8: then its first line that is not.
    pub async fn read(path: PathBuf) -> Result<Self, FlightError> {
        let bytes = match fs::read(&path).await {
            Ok(bytes) => bytes,
            Err(reason) => return Err(FlightError::Read { path, reason }),
        };
        match String::from_utf8(bytes) {
            Ok(text) => Ok(Self { path, text }),
            Err(error) => {
                let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
                let line = 1 + valid.iter().filter(|&&byte| byte == b'\n').count();
                Err(FlightError::Line { path, line, problem: Problem::NotUtf8 })
            }
        }
    }

    /// What `read` makes of the fields of each row. The first line names the columns; lines without text are skipped,
    /// and fields are without the spaces around them.
    ///
    /// # Errors
    ///
    /// The first line that is broken: another header, another number of fields, or whatever `read` refuses.
    pub fn rows<const N: usize, T, Rows: FromIterator<T>>(
        &self,
        columns: [&str; N],
        read: impl Fn([Cow<'_, str>; N]) -> Result<T, Problem>,
    ) -> Result<Rows, FlightError> {
        let broken = |line, problem| FlightError::Line { path: self.path.clone(), line, problem };
        let text = self.text.strip_prefix('\u{feff}').unwrap_or(&self.text); // a byte order mark
        let mut lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());

        let (number, header) = lines.next().unwrap_or((1, ""));
        if !fields(header).is_ok_and(|found| found == columns) {
            return Err(broken(number, Problem::header(&columns, header)));
        }
        lines.map(|(number, line)| fields(line).and_then(&read).map_err(|problem| broken(number, problem))).collect()
    }
}

/// The fields of a line, of which there must be `N`.
fn fields<const N: usize>(line: &str) -> Result<[Cow<'_, str>; N], Problem> {
    let mut fields = Vec::with_capacity(N);
    let mut rest = Some(line);
    while let Some(text) = rest {
        let field;
        (field, rest) = match text.trim_start().strip_prefix('"') {
            Some(quoted) => split_quoted(quoted).ok_or(Problem::Quote)?,
            None => split_bare(text),
        };
        fields.push(field);
    }
    fields.try_into().map_err(|fields: Vec<_>| Problem::Fields { expected: N, found: fields.len() })
}

/// The text up to the next comma, and what comes behind that.
fn split_bare(text: &str) -> (Cow<'_, str>, Option<&str>) {
    match text.split_once(',') {
        Some((field, rest)) => (field.trim().into(), Some(rest)),
        None => (text.trim().into(), None),
    }
}

/// The text up to its closing quote, and what comes behind the next comma. A doubled quote is a quote in the text.
fn split_quoted(text: &str) -> Option<(Cow<'_, str>, Option<&str>)> {
    let mut end = text.find('"')?;
    while text[end + 1..].starts_with('"') {
        end += 2;
        end += text[end..].find('"')?;
    }
    let (between, rest) = split_bare(&text[end + 1..]);
    between.is_empty().then(|| (text[..end].trim().replace("\"\"", "\"").into(), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Result<Vec<[String; 2]>, String> {
        let file = TextFile { path: "x.csv".into(), text: text.into() };
        file.rows(["a", "b"], |row| Ok(row.map(Cow::into_owned))).map_err(|error| error.to_string())
    }

    fn row(line: &str) -> Result<[String; 2], String> {
        rows(&format!("a,b\n{line}")).map(|mut rows| rows.remove(0))
    }

    #[test]
    fn fields_are_trimmed_and_empty_lines_are_skipped() {
        let read = rows("\u{feff}\n a , b \r\n\n1,2\r\n   \n 3 , \t4\n").unwrap();
        assert_eq!(read, [["1", "2"], ["3", "4"]]);
        assert_eq!(rows("a,b").unwrap(), Vec::<[String; 2]>::new());
    }

    #[test]
    fn a_quoted_field_may_hold_commas_and_quotes() {
        assert_eq!(row(r#""Toccoa, R G",x"#).unwrap(), ["Toccoa, R G", "x"]);
        assert_eq!(row(r#" "W. H. ""Bud"" Barron" , " y " "#).unwrap(), [r#"W. H. "Bud" Barron"#, "y"]);
        assert_eq!(row(r#""","""""#).unwrap(), ["", "\""]);
        assert_eq!(row(r#""1,2""#).unwrap_err(), "`x.csv`, line 2: expected 2 fields, found 1");
    }

    #[test]
    fn a_broken_line_is_named() {
        assert_eq!(row("1,2,3").unwrap_err(), "`x.csv`, line 2: expected 2 fields, found 3");
        assert_eq!(rows("a,b\n\n1,2\n1").unwrap_err(), "`x.csv`, line 4: expected 2 fields, found 1");
        for open in [r#""1,2"#, r#"1,""#, r#""1" x,2"#, r#""1""x,2"#] {
            let message = row(open).unwrap_err();
            assert!(message.starts_with("`x.csv`, line 2: a quoted field must end in"), "{open}: {message}");
        }
    }

    #[test]
    fn the_first_line_must_name_the_columns() {
        assert_eq!(rows("\n\na,c\n").unwrap_err(), "`x.csv`, line 3: expected the header `a,b`, found `a,c`");
        assert_eq!(rows("").unwrap_err(), "`x.csv`, line 1: expected the header `a,b`, found ``");
    }
}
