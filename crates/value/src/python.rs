use std::fmt::{self, Write};

use crate::{DateTime, Value};

impl Value {
    /// Python's truth: empty strings, lists and maps, zero, None and false are false. Undefined is false here; callers
    /// that are strict about it ask first.
    pub fn is_true(&self) -> bool {
        match self {
            Value::Undefined(_) | Value::Null => false,
            Value::Bool(bool) => *bool,
            Value::Int(number) => *number != 0,
            Value::Float(number) => *number != 0.0,
            Value::String(text) => !text.is_empty(),
            Value::Bytes(bytes) => !bytes.is_empty(),
            Value::List(items) | Value::Tuple(items) => !items.is_empty(),
            Value::Map(map) => !map.is_empty(),
            Value::Object(object) => !matches!(object.iterate(), Ok(Some(items)) if items.is_empty()),
            Value::BigInt(_)
            | Value::Date(_)
            | Value::DateTime(_)
            | Value::Unknown(_)
            | Value::Omit
            | Value::Vaulted(_) => true,
        }
    }

    /// Python's `repr`: how the value stands inside a printed list.
    pub fn repr(&self) -> String {
        let mut text = String::new();
        // Writing to a String can't fail.
        let _ = write_repr(&mut text, self);
        text
    }
}

/// Python's `str`: how a template prints the value.
impl fmt::Display for Value {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::String(text) | Value::Vaulted(text) => formatter.write_str(text),
            Value::Date(date) => write!(formatter, "{date}"),
            Value::DateTime(time) => write!(formatter, "{time}"),
            other => write_repr(formatter, other),
        }
    }
}

fn write_repr(out: &mut impl Write, value: &Value) -> fmt::Result {
    match value {
        Value::Undefined(_) => out.write_str("Undefined"),
        Value::Unknown(unknown) => write!(out, "<unknown: {unknown}>"),
        Value::Omit => out.write_str("<<Omit>>"),
        Value::Null => out.write_str("None"),
        Value::Bool(true) => out.write_str("True"),
        Value::Bool(false) => out.write_str("False"),
        Value::Int(number) => write!(out, "{number}"),
        Value::BigInt(number) => write!(out, "{number}"),
        Value::Float(number) => out.write_str(&float_repr(*number)),
        Value::String(text) | Value::Vaulted(text) => out.write_str(&string_repr(text)),
        Value::Bytes(bytes) => write_bytes_repr(out, bytes),
        Value::Date(date) => write!(out, "datetime.date({}, {}, {})", date.year(), date.month(), date.day()),
        Value::DateTime(time) => write_datetime_repr(out, time),
        Value::List(items) => {
            out.write_char('[')?;
            write_items(out, items)?;
            out.write_char(']')
        }
        Value::Tuple(items) => {
            out.write_char('(')?;
            write_items(out, items)?;
            out.write_str(if items.len() == 1 { ",)" } else { ")" })
        }
        Value::Map(map) => {
            out.write_char('{')?;
            for (index, (key, value)) in map.iter().enumerate() {
                if index > 0 {
                    out.write_str(", ")?;
                }
                write_repr(out, key)?;
                out.write_str(": ")?;
                write_repr(out, value)?;
            }
            out.write_char('}')
        }
        Value::Object(object) if let Some(text) = object.printed() => out.write_str(&text),
        Value::Object(object) => match object.to_value() {
            Ok(Value::Object(_)) | Err(_) => write!(out, "<{}>", object.type_name()),
            Ok(value) => write_repr(out, &value),
        },
    }
}

fn write_items(out: &mut impl Write, items: &[Value]) -> fmt::Result {
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.write_str(", ")?;
        }
        write_repr(out, item)?;
    }
    Ok(())
}

/// Python's `repr` of a float: the shortest text that reads back as the same number, with an exponent below 1e-4 and
/// from 1e16 on.
pub fn float_repr(number: f64) -> String {
    if number.is_nan() {
        return "nan".into();
    }
    if number.is_infinite() {
        return if number > 0.0 { "inf".into() } else { "-inf".into() };
    }
    if number == 0.0 || (1e-4..1e16).contains(&number.abs()) {
        return format!("{number:?}");
    }
    let text = format!("{number:e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, exponent) = exponent.strip_prefix('-').map_or(('+', exponent), |exponent| ('-', exponent));
    format!("{digits}e{sign}{exponent:0>2}")
}

/// Python's `repr` of a string: single quotes unless only they occur in it.
pub fn string_repr(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut out = String::with_capacity(text.len() + 2);
    out.push(quote);
    for character in text.chars() {
        match character {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\\' => out.push_str("\\\\"),
            _ if character == quote => {
                out.push('\\');
                out.push(character);
            }
            '\0'..='\x1f' | '\x7f'..='\u{a0}' | '\u{ad}' => {
                out.push_str(&format!("\\x{:02x}", u32::from(character)))
            }
            _ => out.push(character),
        }
    }
    out.push(quote);
    out
}

fn write_bytes_repr(out: &mut impl Write, bytes: &[u8]) -> fmt::Result {
    out.write_str("b'")?;
    for &byte in bytes {
        match byte {
            b'\n' => out.write_str("\\n")?,
            b'\r' => out.write_str("\\r")?,
            b'\t' => out.write_str("\\t")?,
            b'\\' | b'\'' => write!(out, "\\{}", char::from(byte))?,
            0x20..=0x7e => out.write_char(char::from(byte))?,
            _ => write!(out, "\\x{byte:02x}")?,
        }
    }
    out.write_char('\'')
}

fn write_datetime_repr(out: &mut impl Write, time: &DateTime) -> fmt::Result {
    let civil = time.civil;
    write!(
        out,
        "datetime.datetime({}, {}, {}, {}, {}",
        civil.year(),
        civil.month(),
        civil.day(),
        civil.hour(),
        civil.minute()
    )?;
    let micros = civil.subsec_nanosecond() / 1000;
    if civil.second() != 0 || micros != 0 {
        write!(out, ", {}", civil.second())?;
    }
    if micros != 0 {
        write!(out, ", {micros}")?;
    }
    match time.offset {
        None => {}
        Some(0) => out.write_str(", tzinfo=datetime.timezone.utc")?,
        Some(seconds) => write!(out, ", tzinfo=datetime.timezone(datetime.timedelta(seconds={seconds}))")?,
    }
    out.write_char(')')
}

/// `2026-11-20 10:00:00.000001+01:00`, as Python prints it.
impl fmt::Display for DateTime {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let civil = self.civil;
        write!(
            formatter,
            "{} {:02}:{:02}:{:02}",
            civil.date(),
            civil.hour(),
            civil.minute(),
            civil.second()
        )?;
        let micros = civil.subsec_nanosecond() / 1000;
        if micros != 0 {
            write!(formatter, ".{micros:06}")?;
        }
        if let Some(offset) = self.offset {
            let sign = if offset < 0 { '-' } else { '+' };
            write!(formatter, "{sign}{:02}:{:02}", offset.abs() / 3600, offset.abs() % 3600 / 60)?;
        }
        Ok(())
    }
}

impl DateTime {
    /// The wall clock in UTC; a time without an offset is taken as it is.
    pub fn utc(&self) -> jiff::civil::DateTime {
        let shift = jiff::SignedDuration::from_secs(i64::from(self.offset.unwrap_or(0)));
        self.civil.checked_sub(shift).unwrap_or(self.civil)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_print_as_python_prints_them() {
        let cases = [
            (Value::Float(1e16), "1e+16"),
            (Value::Float(1e15), "1000000000000000.0"),
            (Value::Float(0.0001), "0.0001"),
            (Value::Float(0.00001), "1e-05"),
            (Value::Float(1.5), "1.5"),
            (Value::Float(f64::NEG_INFINITY), "-inf"),
            (Value::list([Value::from("a"), Value::Null, Value::Bool(true)]), "['a', None, True]"),
            (Value::map([("it's", 1)]), "{\"it's\": 1}"),
            (Value::Tuple(vec![Value::Int(1)].into()), "(1,)"),
            (Value::list(["a\n\u{7f}é"]), "['a\\n\\x7fé']"),
            (Value::from("plain"), "plain"),
        ];
        for (value, printed) in cases {
            assert_eq!(value.to_string(), printed);
        }
    }

    #[test]
    fn a_secret_does_not_show_in_debug_output() {
        let secret = Value::list([Value::String(crate::Text::new("hunter2").secret())]);
        assert!(!format!("{secret:?}").contains("hunter2"));
    }
}
