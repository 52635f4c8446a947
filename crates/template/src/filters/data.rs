//! Filters between data and the text that it is written in: JSON and YAML.

use std::sync::Arc;

use diag::{Error, Source};
use value::{JsonStyle, Value};
use yaml::{EmitStyle, ScalarStyle};

use super::json_text;
use crate::arguments::{Arguments, flag, integer, required, string, text};
use crate::evaluate::Evaluator;
use crate::outcome::{Outcome, Stop};

/// Drops the options that change nothing here, because what they are about does not exist.
fn without(arguments: &mut Arguments, names: &[&str]) {
    arguments.named.retain(|(name, _)| !names.contains(&&**name));
}

/// The indent: a number of spaces, or nothing for one line.
fn indent(value: Option<Value>) -> Outcome<Option<usize>> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(blanks)) if blanks.trim().is_empty() => Ok(Some(blanks.len().min(64))),
        Some(value) => Ok(Some(usize::try_from(integer(&value, "indent")?.clamp(0, 64)).unwrap_or(0))),
    }
}

fn json(mut arguments: Arguments, style: JsonStyle) -> Outcome {
    let ignored =
        ["vault_to_text", "preprocess_unsafe", "skipkeys", "allow_nan", "check_circular", "cls", "default"];
    without(&mut arguments, &ignored);
    let separators = arguments.take("separators");
    let [value, wanted_indent, sort_keys, ascii] =
        arguments.bind(["a", "indent", "sort_keys", "ensure_ascii"])?;
    let value = required(value, "a")?;
    let style = JsonStyle {
        indent: match wanted_indent {
            None => style.indent,
            wanted => indent(wanted)?,
        },
        sort_keys: flag(sort_keys, style.sort_keys)?,
        ascii: flag(ascii, style.ascii)?,
    };
    match separators {
        Some(separators) if !separators.is_null() => {
            let separators = crate::arguments::items(&separators)?;
            let [item, key] = separators.as_slice() else {
                return Err(Stop::new("separators must be two: between items, and behind keys"));
            };
            let mut out = String::new();
            separated(&value, style, &text(item)?, &text(key)?, 0, &mut out);
            Ok(Value::string(out))
        }
        _ => Ok(Value::string(value.to_json(style))),
    }
}

/// JSON with separators of one's own.
fn separated(value: &Value, style: JsonStyle, item: &str, key: &str, level: usize, out: &mut String) {
    let line = |level: usize| {
        style.indent.map_or(String::new(), |indent| format!("\n{}", " ".repeat(indent * level)))
    };
    match value {
        Value::List(items) | Value::Tuple(items) if !items.is_empty() => {
            out.push('[');
            for (index, value) in items.iter().enumerate() {
                out.push_str(if index > 0 { item } else { "" });
                out.push_str(&line(level + 1));
                separated(value, style, item, key, level + 1, out);
            }
            out.push_str(&line(level));
            out.push(']');
        }
        Value::Map(map) if !map.is_empty() => {
            let mut entries: Vec<(String, &Value)> =
                map.iter().map(|(key, value)| (key.to_string(), value)).collect();
            if style.sort_keys {
                entries.sort_by(|left, right| left.0.cmp(&right.0));
            }
            out.push('{');
            for (index, (name, value)) in entries.into_iter().enumerate() {
                out.push_str(if index > 0 { item } else { "" });
                out.push_str(&line(level + 1));
                out.push_str(&Value::string(name).to_json(style));
                out.push_str(key);
                separated(value, style, item, key, level + 1, out);
            }
            out.push_str(&line(level));
            out.push('}');
        }
        other => out.push_str(&other.to_json(style)),
    }
}

pub(super) fn to_json(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    json(arguments, JsonStyle::default())
}

pub(super) fn to_nice_json(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    json(arguments, JsonStyle { indent: Some(4), sort_keys: true, ascii: true })
}

/// JSON that may stand in HTML.
pub(super) fn tojson(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let [value, wanted_indent] = arguments.bind(["value", "indent"])?;
    let style = JsonStyle { indent: indent(wanted_indent)?, sort_keys: true, ascii: true };
    let json = required(value, "value")?.to_json(style);
    Ok(Value::string(
        json.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026").replace('\'', "\\u0027"),
    ))
}

pub(super) fn from_json(_: &mut Evaluator<'_>, mut arguments: Arguments) -> Outcome {
    without(&mut arguments, &["profile"]);
    let [value] = arguments.bind(["value"])?;
    let value = required(value, "value")?;
    let written = match &value {
        Value::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        other => match other.as_str() {
            Some(text) => text.to_owned(),
            None => {
                let found = other.type_name();
                return Err(Stop::new(format!(
                    "the JSON object must be str, bytes or bytearray, not {found}"
                )));
            }
        },
    };
    Ok(json_text::parsed(&written)?)
}

/// The documents of a YAML text, as data that is never a template.
fn documents(value: &Value) -> Outcome<Vec<Value>> {
    let written = match value {
        Value::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        other => string(other, "YAML")?.to_string(),
    };
    let source = Source::new("<from_yaml>", written);
    let data = |root: Option<yaml::Node>| {
        root.map_or(Value::Null, |root| root.to_value().map_text(&mut |text| text.clone().untrusted()))
    };
    Ok(yaml::parse_all(&source)?.into_iter().map(|document| data(document.root)).collect())
}

pub(super) fn from_yaml(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let [value] = arguments.bind(["data"])?;
    let value = required(value, "data")?;
    // What is data already stays as it is.
    if !matches!(value, Value::String(_) | Value::Bytes(_)) {
        return Ok(value);
    }
    let mut documents = documents(&value)?;
    if documents.len() > 1 {
        return Err(Stop::Error(
            Error::new("the text holds several YAML documents").hint("use from_yaml_all to read all of them"),
        ));
    }
    Ok(documents.pop().unwrap_or_default())
}

pub(super) fn from_yaml_all(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let [value] = arguments.bind(["data"])?;
    let value = required(value, "data")?;
    match &value {
        Value::Null => Ok(Value::List(Arc::default())),
        Value::String(_) | Value::Bytes(_) => Ok(Value::List(Arc::new(documents(&value)?))),
        _ => Ok(value),
    }
}

fn yaml_text(mut arguments: Arguments, mut style: EmitStyle) -> Outcome {
    without(
        &mut arguments,
        &[
            "vault_behavior",
            "dump_vault_tags",
            "redact_sensitive_values",
            "encoding",
            "line_break",
            "version",
            "tags",
        ],
    );
    let mut take = |name: &str| arguments.take(name).filter(|value| !value.is_null());
    let small = |value: Value, what: &str| -> Outcome<i32> {
        Ok(i32::try_from(integer(&value, what)?).unwrap_or(i32::MAX))
    };
    if let Some(indent) = take("indent") {
        style.indent = small(indent, "indent")?;
    }
    if let Some(width) = take("width") {
        style.width = match width {
            Value::Float(width) if width.is_infinite() => -1,
            width => small(width, "width")?,
        };
    }
    if let Some(flow) = take("default_flow_style") {
        style.flow = Some(flow.is_true());
    }
    if let Some(scalars) = take("default_style") {
        let indicator = text(&scalars)?;
        style.scalars = ScalarStyle::from_indicator(&indicator)
            .ok_or_else(|| Stop::new(format!("'{indicator}' is not a style of scalars")))?;
    }
    let mut flags = [
        ("sort_keys", &mut style.sort_keys),
        ("allow_unicode", &mut style.allow_unicode),
        ("explicit_start", &mut style.explicit_start),
        ("explicit_end", &mut style.explicit_end),
        ("canonical", &mut style.canonical),
    ];
    for (name, slot) in &mut flags {
        if let Some(value) = take(name) {
            **slot = value.is_true();
        }
    }
    let [value] = arguments.bind(["a"])?;
    Ok(Value::string(yaml::emit(&required(value, "a")?, &style)?))
}

pub(super) fn to_yaml(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    yaml_text(arguments, EmitStyle::default())
}

pub(super) fn to_nice_yaml(_: &mut Evaluator<'_>, mut arguments: Arguments) -> Outcome {
    // The indent may be given by position.
    if arguments.positional.len() == 2
        && let Some(indent) = arguments.positional.pop()
    {
        arguments.named.push(("indent".into(), indent));
    }
    yaml_text(arguments, EmitStyle::nice())
}
