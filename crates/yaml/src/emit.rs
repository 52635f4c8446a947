use std::cmp::Ordering;
use std::ffi::CStr;

use base64::Engine;
use diag::{Error, Result};
use value::{Map, Value, float_repr};

use crate::libyaml::{Emitter, Scalar, Settings, Style, Token};
use crate::resolve::resolve;
use crate::tag::Tag;

/// Deeper values are not written.
const MAX_DEPTH: usize = 256;

/// How YAML is written. The default is that of the filter `to_yaml`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmitStyle {
    /// Spaces per level: 2 to 9, and 2 for anything else.
    pub indent: i32,
    /// The column after which lines are broken; negative for never.
    pub width: i32,
    /// Whether lists and mappings are written in brackets; `None` does so for those that hold only scalars.
    pub flow: Option<bool>,
    /// Whether mappings are written in the order of their keys.
    pub sort_keys: bool,
    /// Whether characters beyond ASCII are written as they are.
    pub allow_unicode: bool,
    /// Whether the text starts with `---`.
    pub explicit_start: bool,
    /// Whether the text ends with `...`.
    pub explicit_end: bool,
    /// How all scalars are written.
    pub scalars: ScalarStyle,
    /// Whether every type is spelt out, in the way of YAML's own canonical form.
    pub canonical: bool,
}

/// How a scalar is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ScalarStyle {
    /// Plain where possible.
    #[default]
    Any,
    /// `'...'`
    SingleQuoted,
    /// `"..."`
    DoubleQuoted,
    /// `|`
    Literal,
    /// `>`
    Folded,
    /// `|` for texts of several lines, plain where possible for all others.
    LiteralLines,
}

impl ScalarStyle {
    /// The style of PyYAML's name for it: nothing, `'`, `"`, `|` or `>`.
    pub fn from_indicator(indicator: &str) -> Option<ScalarStyle> {
        Some(match indicator {
            "" => ScalarStyle::Any,
            "'" => ScalarStyle::SingleQuoted,
            "\"" => ScalarStyle::DoubleQuoted,
            "|" => ScalarStyle::Literal,
            ">" => ScalarStyle::Folded,
            _ => return None,
        })
    }
}

impl Default for EmitStyle {
    fn default() -> EmitStyle {
        EmitStyle {
            indent: 2,
            width: 80,
            flow: None,
            sort_keys: true,
            allow_unicode: true,
            explicit_start: false,
            explicit_end: false,
            scalars: ScalarStyle::Any,
            canonical: false,
        }
    }
}

impl EmitStyle {
    /// The style of the filter `to_nice_yaml`: one item a line, four spaces per level.
    pub fn nice() -> EmitStyle {
        EmitStyle { indent: 4, flow: Some(false), ..EmitStyle::default() }
    }
}

/// Writes a value as a YAML document, as PyYAML and Ansible do: read again, it is the same value.
///
/// # Errors
///
/// The value holds something that is undefined, unknown, omitted or nested too deep.
pub fn emit(value: &Value, style: &EmitStyle) -> Result<String> {
    let settings = Settings {
        indent: style.indent,
        width: style.width,
        unicode: style.allow_unicode,
        canonical: style.canonical,
        explicit_start: style.explicit_start,
        explicit_end: style.explicit_end,
    };
    let failed = |problem| Error::new("the value can't be written as YAML").cause(problem);
    let mut writer = Writer { emitter: Emitter::new(&settings).map_err(failed)?, style };
    writer.value(value, 0)?;
    writer.emitter.finish(&settings).map_err(failed)
}

struct Writer<'a> {
    emitter: Emitter,
    style: &'a EmitStyle,
}

impl Writer<'_> {
    fn value(&mut self, value: &Value, depth: usize) -> Result<()> {
        if depth > MAX_DEPTH {
            return Err(Error::new(format!("the value is nested more than {MAX_DEPTH} deep")));
        }
        match value {
            Value::List(items) | Value::Tuple(items) => self.list(items, depth),
            Value::Map(map) => self.map(map, depth),
            Value::Object(object) => match object.to_value()? {
                Value::Object(object) => Err(Error::new(format!(
                    "a value of the type '{}' can't be written as YAML",
                    object.type_name()
                ))),
                value => self.value(&value, depth + 1),
            },
            scalar => self.scalar(scalar),
        }
    }

    fn list(&mut self, items: &[Value], depth: usize) -> Result<()> {
        let flow = self.style.flow.unwrap_or_else(|| items.iter().all(|item| self.is_short(item)));
        self.token(&Token::SequenceStart { flow })?;
        for item in items {
            self.value(item, depth + 1)?;
        }
        self.token(&Token::SequenceEnd)
    }

    fn map(&mut self, map: &Map, depth: usize) -> Result<()> {
        let flow = self
            .style
            .flow
            .unwrap_or_else(|| map.iter().all(|(key, value)| self.is_short(key) && self.is_short(value)));
        self.token(&Token::MappingStart { flow })?;
        let mut entries: Vec<(&Value, &Value)> = map.iter().collect();
        // Python leaves the order as it is where keys can't be compared.
        let comparable = entries.windows(2).all(|pair| pair[0].0.compare(pair[1].0).is_some());
        if self.style.sort_keys && comparable {
            entries.sort_by(|left, right| left.0.compare(right.0).unwrap_or(Ordering::Equal));
        }
        for (key, value) in entries {
            self.value(key, depth + 1)?;
            self.value(value, depth + 1)?;
        }
        self.token(&Token::MappingEnd)
    }

    /// Whether a value may stand in brackets: a scalar that is not written as a block.
    fn is_short(&self, value: &Value) -> bool {
        let block = matches!(value, Value::List(_) | Value::Tuple(_) | Value::Map(_) | Value::Object(_))
            || matches!(value, Value::Bytes(_) | Value::Vaulted(_));
        !block && self.style.scalars == ScalarStyle::Any
    }

    fn scalar(&mut self, value: &Value) -> Result<()> {
        match value {
            Value::Null => self.write(c"tag:yaml.org,2002:null", "null", Tag::Null),
            Value::Bool(bool) => {
                self.write(c"tag:yaml.org,2002:bool", if *bool { "true" } else { "false" }, Tag::Bool)
            }
            Value::Int(number) => self.write(c"tag:yaml.org,2002:int", &number.to_string(), Tag::Int),
            Value::BigInt(number) => self.write(c"tag:yaml.org,2002:int", &number.to_string(), Tag::Int),
            Value::Float(number) => self.write(c"tag:yaml.org,2002:float", &float(*number), Tag::Float),
            Value::String(text) => self.write(c"tag:yaml.org,2002:str", text, Tag::Str),
            Value::Vaulted(text) => self.write(c"!vault", text, Tag::Vault),
            Value::Bytes(bytes) => {
                self.write(c"tag:yaml.org,2002:binary", &wrapped_base64(bytes), Tag::Binary)
            }
            Value::Date(date) => {
                self.write(c"tag:yaml.org,2002:timestamp", &date.to_string(), Tag::Timestamp)
            }
            Value::DateTime(time) => {
                self.write(c"tag:yaml.org,2002:timestamp", &time.to_string(), Tag::Timestamp)
            }
            Value::Undefined(undefined) => Err(undefined.error()),
            Value::Unknown(unknown) => {
                Err(Error::new(format!("the value is not known in a dry run: {unknown}")))
            }
            _ => Err(Error::new(format!(
                "a value of the type '{}' can't be written as YAML",
                value.type_name()
            ))),
        }
    }

    fn write(&mut self, tag: &CStr, text: &str, kind: Tag) -> Result<()> {
        let style = match (kind, self.style.scalars) {
            (Tag::Binary | Tag::Vault, _) => Style::Literal,
            (_, ScalarStyle::Any) => Style::Any,
            (_, ScalarStyle::SingleQuoted) => Style::SingleQuoted,
            (_, ScalarStyle::DoubleQuoted) => Style::DoubleQuoted,
            (_, ScalarStyle::Literal) => Style::Literal,
            (_, ScalarStyle::Folded) => Style::Folded,
            (_, ScalarStyle::LiteralLines) if text.contains('\n') => Style::Literal,
            (_, ScalarStyle::LiteralLines) => Style::Any,
        };
        self.token(&Token::Scalar(Scalar {
            tag,
            text,
            plain_implicit: resolve(text) == kind,
            quoted_implicit: kind == Tag::Str,
            style,
        }))
    }

    fn token(&mut self, token: &Token<'_>) -> Result<()> {
        self.emitter
            .token(token)
            .map_err(|problem| Error::new("the value can't be written as YAML").cause(problem))
    }
}

/// Python's words for it, with the point that YAML 1.1 demands before an exponent.
fn float(number: f64) -> String {
    match number {
        number if number.is_nan() => ".nan".into(),
        f64::INFINITY => ".inf".into(),
        f64::NEG_INFINITY => "-.inf".into(),
        number => {
            let text = float_repr(number);
            if text.contains('.') { text } else { text.replacen('e', ".0e", 1) }
        }
    }
}

/// Base64 in lines of 76 characters, each with its line break.
fn wrapped_base64(bytes: &[u8]) -> String {
    let text = base64::engine::general_purpose::STANDARD.encode(bytes);
    let mut lines = String::with_capacity(text.len() + text.len() / 76 + 1);
    for (at, character) in text.chars().enumerate() {
        if at > 0 && at % 76 == 0 {
            lines.push('\n');
        }
        lines.push(character);
    }
    if !lines.is_empty() {
        lines.push('\n');
    }
    lines
}
