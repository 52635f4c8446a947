use crate::{Value, float_repr};

/// How to write JSON; the default is what Python's `json.dumps` writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JsonStyle {
    /// Spaces per level; `None` writes one line.
    pub indent: Option<usize>,
    /// Whether maps are written in the order of their keys.
    pub sort_keys: bool,
    /// Whether characters beyond ASCII are written as `\u` escapes.
    pub ascii: bool,
}

impl Default for JsonStyle {
    fn default() -> JsonStyle {
        JsonStyle { indent: None, sort_keys: false, ascii: true }
    }
}

impl JsonStyle {
    /// One line as results are shown: sorted keys, characters as they are.
    pub const LINE: JsonStyle = JsonStyle { indent: None, sort_keys: true, ascii: false };
    /// Several lines as results are shown: four spaces, sorted keys, characters as they are.
    pub const PRETTY: JsonStyle = JsonStyle { indent: Some(4), sort_keys: true, ascii: false };
}

impl Value {
    /// The value as JSON text. What JSON has no word for is written as a string; an unknown as `<unknown: cause>`.
    pub fn to_json(&self, style: JsonStyle) -> String {
        let mut out = String::new();
        write(&mut out, self, style, 0);
        out
    }
}

fn write(out: &mut String, value: &Value, style: JsonStyle, level: usize) {
    match value {
        Value::Null | Value::Undefined(_) | Value::Omit => out.push_str("null"),
        Value::Bool(bool) => out.push_str(if *bool { "true" } else { "false" }),
        Value::Int(number) => out.push_str(&number.to_string()),
        Value::BigInt(number) => out.push_str(&number.to_string()),
        Value::Float(number) => out.push_str(&float(*number)),
        Value::String(text) => write_string(out, text, style.ascii),
        Value::Date(date) => write_string(out, &date.to_string(), style.ascii),
        Value::DateTime(time) => write_string(out, &time.to_string().replacen(' ', "T", 1), style.ascii),
        Value::Bytes(bytes) => write_string(out, &String::from_utf8_lossy(bytes), style.ascii),
        Value::Unknown(_) | Value::Vaulted(_) => write_string(out, &value.to_string(), style.ascii),
        Value::List(items) | Value::Tuple(items) => {
            write_sequence(out, ('[', ']'), items.iter(), style, level, |out, item| {
                write(out, item, style, level + 1)
            });
        }
        Value::Map(map) => {
            let mut entries: Vec<(String, &Value)> =
                map.iter().map(|(key, value)| (key_text(key), value)).collect();
            if style.sort_keys {
                entries.sort_by(|left, right| left.0.cmp(&right.0));
            }
            write_sequence(out, ('{', '}'), entries.iter(), style, level, |out, (key, value)| {
                write_string(out, key, style.ascii);
                out.push_str(": ");
                write(out, value, style, level + 1);
            });
        }
        Value::Object(object) => match object.to_value() {
            Ok(Value::Object(_)) | Err(_) => write_string(out, object.type_name(), style.ascii),
            Ok(value) => write(out, &value, style, level),
        },
    }
}

fn write_sequence<T>(
    out: &mut String,
    (open, close): (char, char),
    items: impl ExactSizeIterator<Item = T>,
    style: JsonStyle,
    level: usize,
    mut write_item: impl FnMut(&mut String, T),
) {
    out.push(open);
    let empty = items.len() == 0;
    for (index, item) in items.enumerate() {
        match (index, style.indent) {
            (0, None) => {}
            (_, None) => out.push_str(", "),
            (0, Some(_)) => break_line(out, style, level + 1),
            (_, Some(_)) => {
                out.push(',');
                break_line(out, style, level + 1);
            }
        }
        write_item(out, item);
    }
    if !empty && style.indent.is_some() {
        break_line(out, style, level);
    }
    out.push(close);
}

fn break_line(out: &mut String, style: JsonStyle, level: usize) {
    out.push('\n');
    out.extend(std::iter::repeat_n(' ', style.indent.unwrap_or(0) * level));
}

/// Python's names for what JSON itself can't write.
fn float(number: f64) -> String {
    match number {
        number if number.is_nan() => "NaN".into(),
        f64::INFINITY => "Infinity".into(),
        f64::NEG_INFINITY => "-Infinity".into(),
        number => float_repr(number),
    }
}

fn key_text(key: &Value) -> String {
    match key {
        Value::Null => "null".into(),
        Value::Bool(bool) => bool.to_string(),
        other => other.to_string(),
    }
}

fn write_string(out: &mut String, text: &str, ascii: bool) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\x08' => out.push_str("\\b"),
            '\x0c' => out.push_str("\\f"),
            '\0'..='\x1f' => out.push_str(&format!("\\u{:04x}", u32::from(character))),
            _ if ascii && !character.is_ascii() => {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    out.push_str(&format!("\\u{unit:04x}"));
                }
            }
            _ => out.push(character),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn styles_are_those_of_python() {
        let value = Value::map([
            ("b", Value::list([1, 2])),
            ("a", Value::from("é\"\n")),
            ("c", Value::list(Vec::<i64>::new())),
        ]);
        assert_eq!(value.to_json(JsonStyle::default()), r#"{"b": [1, 2], "a": "\u00e9\"\n", "c": []}"#);
        assert_eq!(value.to_json(JsonStyle::LINE), r#"{"a": "é\"\n", "b": [1, 2], "c": []}"#);
        assert_eq!(
            value.to_json(JsonStyle::PRETTY),
            "{\n    \"a\": \"é\\\"\\n\",\n    \"b\": [\n        1,\n        2\n    ],\n    \"c\": []\n}"
        );
    }
}
