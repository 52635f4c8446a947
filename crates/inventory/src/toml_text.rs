use diag::{Error, Result};
use value::{Map, Value, float_repr};

/// A line longer than this is no inline table.
const MAX_INLINE: usize = 100;
/// Deeper values are not written.
const MAX_DEPTH: usize = 100;

/// Writes a mapping as a TOML document: what is no mapping first, then a table for each mapping; lists one item a line.
///
/// # Errors
///
/// It holds null, or something else that TOML has no word for, or is nested too deep.
pub(crate) fn write(map: &Map) -> Result<String> {
    let mut out = String::new();
    table(&mut out, map, "", false, 0)?;
    Ok(out)
}

fn table(out: &mut String, map: &Map, name: &str, in_list: bool, depth: usize) -> Result<()> {
    if depth > MAX_DEPTH {
        return Err(Error::new(format!("the value is nested more than {MAX_DEPTH} deep")));
    }
    let (mut literals, mut tables) = (Vec::new(), Vec::new());
    for (key, value) in map {
        let key = key_text(key);
        match value {
            Value::Map(map) => tables.push((key, map, false)),
            Value::List(items) if is_list_of_tables(items)? => {
                let maps = items.iter().filter_map(|item| match item {
                    Value::Map(map) => Some(map),
                    _ => None,
                });
                tables.extend(maps.map(|map| (key.clone(), map, true)));
            }
            value => literals.push((key, literal(value, 0)?)),
        }
    }
    let mut written = in_list || !name.is_empty() && (!literals.is_empty() || tables.is_empty());
    if written {
        out.push_str(&if in_list { format!("[[{name}]]\n") } else { format!("[{name}]\n") });
    }
    written |= !literals.is_empty();
    for (key, text) in literals {
        out.push_str(&format!("{key} = {text}\n"));
    }
    for (key, map, in_list) in tables {
        if written {
            out.push('\n');
        }
        written = true;
        let name = if name.is_empty() { key } else { format!("{name}.{key}") };
        table(out, map, &name, in_list, depth + 1)?;
    }
    Ok(())
}

/// Whether a list is written as tables of one name: it holds mappings only, and one of them is too long for a line.
fn is_list_of_tables(items: &[Value]) -> Result<bool> {
    if items.is_empty() || !items.iter().all(|item| matches!(item, Value::Map(_))) {
        return Ok(false);
    }
    for item in items {
        let line = literal(item, 0)?;
        if line.contains('\n') || line.chars().count() + 5 > MAX_INLINE {
            return Ok(true);
        }
    }
    Ok(false)
}

fn literal(value: &Value, depth: usize) -> Result<String> {
    if depth > MAX_DEPTH {
        return Err(Error::new(format!("the value is nested more than {MAX_DEPTH} deep")));
    }
    Ok(match value {
        Value::Bool(bool) => bool.to_string(),
        Value::Int(number) => number.to_string(),
        Value::BigInt(number) => number.to_string(),
        Value::Float(number) => float_repr(*number),
        Value::String(text) | Value::Vaulted(text) => quoted(text),
        Value::Date(date) => date.to_string(),
        Value::DateTime(time) => time.to_string(),
        Value::List(items) | Value::Tuple(items) => {
            let mut text = String::from("[");
            for item in items.iter() {
                text.push_str(&format!("\n{}{},", "    ".repeat(depth + 1), literal(item, depth + 1)?));
            }
            if !items.is_empty() {
                text.push_str(&format!("\n{}", "    ".repeat(depth)));
            }
            text + "]"
        }
        Value::Map(map) if map.is_empty() => "{}".into(),
        Value::Map(map) => {
            let entries: Result<Vec<String>> = map
                .iter()
                .map(|(key, value)| Ok(format!("{} = {}", key_text(key), literal(value, depth + 1)?)))
                .collect();
            format!("{{ {} }}", entries?.join(", "))
        }
        other => {
            return Err(Error::new(format!(
                "a value of the type '{}' can't be written as TOML",
                other.type_name()
            ))
            .hint("use --yaml, or JSON"));
        }
    })
}

fn key_text(key: &Value) -> String {
    let text = key.to_string();
    let bare = |character: char| character.is_ascii_alphanumeric() || matches!(character, '_' | '-');
    if !text.is_empty() && text.chars().all(bare) { text } else { quoted(&text) }
}

fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\t' => out.push('\t'),
            character if character < ' ' || character == '\u{7f}' => {
                out.push_str(&format!("\\u{:04x}", u32::from(character)));
            }
            character => out.push(character),
        }
    }
    out + "\""
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_have_values_first_and_then_tables() {
        let inner = Value::map([("k y", Value::Int(1)), ("s", Value::from("q\"x\\\n"))]);
        let long = Value::map([("text", Value::from("x".repeat(100)))]);
        let map: Map = [
            ("t", Value::map([("u", inner.clone())])),
            ("l", Value::list([Value::Int(1), Value::list([Value::Float(1.0)]), inner])),
            ("e", Value::list(Vec::<Value>::new())),
            ("many", Value::list([long])),
        ]
        .into_iter()
        .map(|(key, value)| (Value::from(key), value))
        .collect();
        let text = write(&map).unwrap();
        let expected = "l = [\n    1,\n    [\n        1.0,\n    ],\n    { \"k y\" = 1, s = \"q\\\"x\\\\\\n\" },\n]\ne = []\n\n\
                        [t.u]\n\"k y\" = 1\ns = \"q\\\"x\\\\\\n\"\n\n[[many]]\ntext = \"";
        assert!(text.starts_with(expected), "{text}");
        assert!(toml_edit::Document::parse(&text).is_ok(), "{text}");
        let null: Map = [(Value::from("a"), Value::Null)].into_iter().collect();
        assert!(write(&null).unwrap_err().to_string().contains("NoneType"));
    }
}
