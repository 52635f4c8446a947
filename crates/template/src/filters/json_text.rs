//! JSON as Python reads it: a little more than JSON, and with its words for what is none.

use configuration::Config;
use diag::Error;
use value::{Map, Value};

/// Stands in a text for a number that JSON has no word for.
const MARK: char = '\u{f8ff}';

/// What stands in for each of them.
const NUMBERS: &[(&str, &str, f64)] = &[
    ("-Infinity", "\"\u{f8ff}-inf\"", f64::NEG_INFINITY),
    ("Infinity", "\"\u{f8ff}inf\"", f64::INFINITY),
    ("NaN", "\"\u{f8ff}nan\"", f64::NAN),
];

/// The value that a text is.
///
/// # Errors
/// If it is no JSON.
pub(super) fn parsed(text: &str) -> Result<Value, Error> {
    let failed = match serde_json::from_str(text) {
        Ok(value) => return Ok(value),
        Err(failed) => failed,
    };
    let plain = in_plain_json(text);
    if plain.has_halves && is_strict() {
        return Err(refused());
    }
    match serde_json::from_str::<Value>(&plain.text) {
        Ok(value) => Ok(with_numbers(value)),
        _ => Err(in_pythons_words(text, &failed)),
    }
}

/// The text with what only Python reads replaced: numbers that are none, and halves of surrogate pairs.
fn in_plain_json(text: &str) -> Plain {
    let (mut out, mut rest, mut is_string) = (String::new(), text, false);
    let mut has_halves = false;
    while let Some(character) = rest.chars().next() {
        let mut length = character.len_utf8();
        match character {
            '"' => is_string = !is_string,
            '\\' if is_string => {
                let (taken, is_half) = escape_at(rest);
                length = taken;
                if is_half {
                    has_halves = true;
                    out.push('?');
                    rest = rest.get(length..).unwrap_or_default();
                    continue;
                }
            }
            _ if !is_string => {
                if let Some((word, mark, _)) = NUMBERS.iter().find(|(word, ..)| rest.starts_with(word)) {
                    out.push_str(mark);
                    rest = &rest[word.len()..];
                    continue;
                }
            }
            _ => {}
        }
        let (piece, behind) = rest.split_at(length.min(rest.len()));
        out.push_str(piece);
        rest = behind;
    }
    Plain { text: out, has_halves }
}

/// Whether texts that are no Unicode are refused, as the setting says.
fn is_strict() -> bool {
    let strict = configuration::settings().into_iter().find(|setting| setting.name == STRICT);
    let asked = strict.and_then(|setting| Config::load().ok()?.value(setting).ok());
    asked.is_none_or(|strict| strict.is_true())
}

/// The setting that says whether texts that are no Unicode are refused.
const STRICT: &str = "MODULE_STRICT_UTF8_RESPONSE";

fn refused() -> Error {
    Error::new("Refusing to deserialize an invalid UTF8 string value")
        .cause("it has half of a surrogate pair in it")
        .hint(format!("This check can be disabled with the `{STRICT}` setting."))
        .told_at(None)
        .within("The filter plugin 'ansible.builtin.from_json' failed", None)
        .complete()
}

/// A text with what only Python reads replaced.
struct Plain {
    text: String,
    /// Whether there were halves of surrogate pairs.
    has_halves: bool,
}

/// The length of the escape that a text begins with, and whether it is half of a surrogate pair that has no other half.
fn escape_at(text: &str) -> (usize, bool) {
    let unit = |text: &str| {
        let digits = text.strip_prefix("\\u")?.get(..4)?;
        u16::from_str_radix(digits, 16).ok()
    };
    match unit(text) {
        Some(0xd800..=0xdbff) => match text.get(6..).and_then(unit) {
            Some(0xdc00..=0xdfff) => (12, false),
            _ => (6, true),
        },
        Some(0xdc00..=0xdfff) => (6, true),
        Some(_) => (6, false),
        None => (1 + text[1..].chars().next().map_or(0, char::len_utf8), false),
    }
}

/// The value with the numbers in the places that were kept for them.
fn with_numbers(value: Value) -> Value {
    match value {
        Value::String(text) if text.starts_with(MARK) => {
            let quoted = format!("\"{}\"", text.as_str());
            let number = NUMBERS.iter().find(|(_, mark, _)| **mark == quoted);
            number.map_or(Value::String(text), |(.., number)| Value::Float(*number))
        }
        Value::List(items) => Value::list(items.iter().cloned().map(with_numbers)),
        Value::Map(map) => {
            let entries = map.iter().map(|(key, value)| (key.clone(), with_numbers(value.clone())));
            Value::from(entries.collect::<Map>())
        }
        other => other,
    }
}

/// What is wrong, as Python says it.
fn in_pythons_words(text: &str, error: &serde_json::Error) -> Error {
    let said = error.to_string();
    let wanted = [
        ("expected value", "Expecting value"),
        ("EOF while parsing a value", "Expecting value"),
        ("EOF while parsing a string", "Unterminated string starting at"),
        ("trailing characters", "Extra data"),
        ("key must be a string", "Expecting property name enclosed in double quotes"),
        ("expected `:`", "Expecting ':' delimiter"),
        ("expected `,`", "Expecting ',' delimiter"),
        ("control character", "Invalid control character at"),
        ("invalid escape", "Invalid \\escape"),
    ];
    let (line, column) = (error.line().max(1), error.column().max(1));
    let before: usize = text.split_inclusive('\n').take(line - 1).map(|line| line.chars().count()).sum();
    match wanted.iter().find(|(start, _)| said.starts_with(start)) {
        Some((_, words)) => {
            Error::new(format!("{words}: line {line} column {column} (char {})", before + column - 1))
        }
        None => Error::new("the text is not JSON")
            .cause(said)
            .advice("texts stand in double quotes; YAML is read by from_yaml"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_python_reads_is_read() {
        assert_eq!(parsed("[NaN, \"NaN\", -Infinity]").unwrap().repr(), "[nan, 'NaN', -inf]");
        assert_eq!(in_plain_json(r#""hi \udc80 mom \ud83d\ude00""#).text, r#""hi ? mom \ud83d\ude00""#);
        assert!(parsed(r#""\udc80""#).unwrap_err().summary().contains("Refusing to deserialize"));
        assert_eq!(parsed(r#"{"a\\": NaN}"#).unwrap().repr(), r"{'a\\': nan}");
    }

    #[test]
    fn what_is_wrong_is_said_as_python_says_it() {
        for (text, expected) in [
            ("x", "Expecting value: line 1 column 1 (char 0)"),
            ("{\n x}", "Expecting property name enclosed in double quotes: line 2 column 2 (char 3)"),
            ("1 2", "Extra data: line 1 column 3 (char 2)"),
        ] {
            assert_eq!(parsed(text).unwrap_err().message(), expected, "{text}");
        }
    }
}
