use std::borrow::Cow;
use std::fmt;

use super::airport::Code;
use super::error::Problem;

/// A flight, as a line of a daily file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flight {
    /// The day of its departure, in local time.
    pub day: Day,
    /// How late it departed, in minutes; a negative number is early.
    pub delay: i32,
    /// How far it flew, in statute miles.
    pub distance: u32,
    /// The airport that it left.
    pub origin: Code,
    /// The airport that it went to.
    pub destination: Code,
}

impl Flight {
    /// The header of a daily file.
    pub const COLUMNS: [&str; 5] = ["date", "delay", "distance", "origin", "destination"];

    /// Reads the fields of a row.
    ///
    /// # Errors
    ///
    /// The first field that is not what its column holds.
    pub fn from_row([date, delay, distance, origin, destination]: [Cow<'_, str>; 5]) -> Result<Self, Problem> {
        Ok(Self {
            day: Day::of(&date).ok_or_else(|| Problem::field("date", "a date and time (YYYY-MM-DD HH:MM)", &date))?,
            delay: delay.parse().map_err(|_| Problem::field("delay", "a whole number of minutes", &delay))?,
            distance: distance.parse().map_err(|_| Problem::field("distance", "a whole number of miles", &distance))?,
            origin: Code::from_field("origin", &origin)?,
            destination: Code::from_field("destination", &destination)?,
        })
    }
}

/// A day of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day {
    year: u16,
    month: u8,
    day: u8,
}

impl Day {
    /// The day of a date and time `YYYY-MM-DD HH:MM`, if this text is one.
    pub fn of(text: &str) -> Option<Self> {
        let shape = b"0000-00-00 00:00";
        let fits = |(byte, shape): (u8, &u8)| if *shape == b'0' { byte.is_ascii_digit() } else { byte == *shape };
        if text.len() != shape.len() || !text.bytes().zip(shape).all(fits) {
            return None;
        }
        let (year, month, day) = (&text[..4], &text[5..7], &text[8..10]);
        let day = Self { year: year.parse().ok()?, month: month.parse().ok()?, day: day.parse().ok()? };
        let (hour, minute) = (&text[11..13], &text[14..]);
        (day.exists() && hour < "24" && minute < "60").then_some(day)
    }

    fn exists(self) -> bool {
        let leap = self.year.is_multiple_of(4) && (!self.year.is_multiple_of(100) || self.year.is_multiple_of(400));
        let last = match self.month {
            2 if leap => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        };
        (1..=12).contains(&self.month) && (1..=last).contains(&self.day)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(row: [&str; 5]) -> Result<Flight, String> {
        Flight::from_row(row.map(Cow::from)).map_err(|problem| problem.to_string())
    }

    #[test]
    fn a_row_is_a_flight() {
        let flight = read(["2001-01-01 00:47", "-6", "1750", "DTW", "LAS"]).unwrap();
        assert_eq!((flight.delay, flight.distance), (-6, 1750));
        assert_eq!(format!("{} {} {}", flight.day, flight.origin, flight.destination), "2001-01-01 DTW LAS");
    }

    #[test]
    fn a_broken_field_is_named() {
        let good = ["2001-01-01 00:47", "66", "1750", "DTW", "LAS"];
        let broken = [
            (0, "2001-01-01", "the date `2001-01-01` is not a date and time (YYYY-MM-DD HH:MM)"),
            (1, "late", "the delay `late` is not a whole number of minutes"),
            (1, "", "the delay `` is not a whole number of minutes"),
            (2, "-5", "the distance `-5` is not a whole number of miles"),
            (3, "Dtw", "the origin `Dtw` is not an airport's code (three or four capital letters or digits)"),
            (4, "LASXX", "the destination `LASXX` is not an airport's code (three or four capital letters or digits)"),
        ];
        for (column, text, message) in broken {
            let mut row = good;
            row[column] = text;
            assert_eq!(read(row).unwrap_err(), message);
        }
    }

    #[test]
    fn a_long_or_odd_field_makes_a_message_of_one_line() {
        let message = read([&"\u{1b}x".repeat(100), "66", "1750", "DTW", "LAS"]).unwrap_err();
        let shown = "\u{fffd}x".repeat(30);
        assert_eq!(message, format!("the date `{shown}…` is not a date and time (YYYY-MM-DD HH:MM)"));
    }

    #[test]
    fn only_days_of_the_calendar_are_days() {
        for day in ["2001-02-28", "2000-02-29", "2004-02-29", "2001-12-31"] {
            assert_eq!(Day::of(&format!("{day} 23:59")).unwrap().to_string(), day);
        }
        for text in [
            "2001-02-29 00:00",
            "1900-02-29 00:00",
            "2001-04-31 00:00",
            "2001-13-01 00:00",
            "2001-00-01 00:00",
            "2001-01-00 00:00",
            "2001-01-01 24:00",
            "2001-01-01 00:60",
            "2001-01-01T00:00",
            "2001-01-01 00:0é",
            "+001-01-01 00:00",
            "",
        ] {
            assert_eq!(Day::of(text), None, "{text}");
        }
    }
}
