use std::sync::Arc;

use value::{DateTime, Value};

/// The parts of a timestamp, not yet checked for being a day of the calendar.
#[derive(Debug)]
pub(crate) struct Fields {
    year: i16,
    month: i8,
    day: i8,
    pub(crate) time: Option<Time>,
}

/// The time of a timestamp.
#[derive(Debug)]
pub(crate) struct Time {
    hour: i8,
    minute: i8,
    second: i8,
    microsecond: i32,
    /// Seconds east of UTC.
    offset: Option<i32>,
}

impl Fields {
    /// Reads what PyYAML takes for a timestamp: `2026-11-20`, `2026-11-20T10:15:00.5+01:00`, `2026-11-20 10:15:00 Z`.
    pub(crate) fn parse(text: &str) -> Option<Fields> {
        let mut cursor = Cursor(text);
        let year = cursor.digits(4, 4)?;
        cursor.character('-')?;
        let month = cursor.digits(1, 2)?;
        cursor.character('-')?;
        let day = cursor.digits(1, 2)?;
        let time = if cursor.0.is_empty() { None } else { Some(Time::parse(&mut cursor)?) };
        cursor.0.is_empty().then_some(())?;
        Some(Fields { year: year as i16, month: month as i8, day: day as i8, time })
    }

    /// The value, if there is such a day and time.
    pub(crate) fn to_value(&self) -> Option<Value> {
        let date =
            jiff::civil::Date::new(self.year, self.month, self.day).ok().filter(|date| date.year() >= 1)?;
        let Some(time) = &self.time else { return Some(Value::Date(date)) };
        let clock =
            jiff::civil::Time::new(time.hour, time.minute, time.second, time.microsecond * 1000).ok()?;
        if time.offset.is_some_and(|offset| offset.abs() >= 86_400) {
            return None;
        }
        Some(Value::DateTime(Arc::new(DateTime { civil: date.to_datetime(clock), offset: time.offset })))
    }
}

impl Time {
    fn parse(cursor: &mut Cursor<'_>) -> Option<Time> {
        if cursor.character('T').or_else(|| cursor.character('t')).is_none() && cursor.blanks() == 0 {
            return None;
        }
        let hour = cursor.digits(1, 2)? as i8;
        cursor.character(':')?;
        let minute = cursor.digits(2, 2)? as i8;
        cursor.character(':')?;
        let second = cursor.digits(2, 2)? as i8;
        let mut microsecond = 0;
        if cursor.character('.').is_some() {
            let digits = cursor.take_digits();
            microsecond = digits
                .bytes()
                .chain(std::iter::repeat(b'0'))
                .take(6)
                .fold(0, |number, digit| number * 10 + i32::from(digit - b'0'));
        }
        let blanks = cursor.blanks();
        let offset = match cursor.0.chars().next() {
            Some('Z') => {
                cursor.character('Z')?;
                Some(0)
            }
            Some(sign @ ('+' | '-')) => {
                cursor.character(sign)?;
                let hours = cursor.digits(1, 2)? as i32;
                let minutes = match cursor.character(':') {
                    Some(()) => cursor.digits(2, 2)? as i32,
                    None => 0,
                };
                let seconds = hours * 3600 + minutes * 60;
                Some(if sign == '-' { -seconds } else { seconds })
            }
            _ if blanks > 0 => return None,
            _ => None,
        };
        Some(Time { hour, minute, second, microsecond, offset })
    }
}

struct Cursor<'a>(&'a str);

impl<'a> Cursor<'a> {
    fn character(&mut self, wanted: char) -> Option<()> {
        self.0 = self.0.strip_prefix(wanted)?;
        Some(())
    }

    fn blanks(&mut self) -> usize {
        let rest = self.0.trim_start_matches([' ', '\t']);
        let count = self.0.len() - rest.len();
        self.0 = rest;
        count
    }

    fn take_digits(&mut self) -> &'a str {
        let end = self.0.find(|character: char| !character.is_ascii_digit()).unwrap_or(self.0.len());
        let (digits, rest) = self.0.split_at(end);
        self.0 = rest;
        digits
    }

    fn digits(&mut self, least: usize, most: usize) -> Option<u16> {
        let digits = self.take_digits();
        if digits.len() < least || digits.len() > most {
            return None;
        }
        digits.parse().ok()
    }
}
