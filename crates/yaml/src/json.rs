use std::fmt;
use std::sync::Arc;

use diag::{Result, Source, Span};
use num_bigint::BigInt;
use serde_json::value::RawValue;
use value::{Text, Value};

use crate::compose::{MAX_DEPTH, nested_too_deeply};
use crate::node::{Entry, Node, NodeKind};

/// Reads a text that is a JSON list or object; `None` if it is not JSON, and so has to be read as YAML.
///
/// YAML is nearly a superset of JSON, but not in numbers (`1e3`), escapes of characters beyond 16 bits, and keys of
/// more than 1024 characters.
pub(crate) fn parse(source: &Arc<Source>) -> Result<Option<Node>> {
    let text = source.text();
    if !text.trim_start().starts_with(['{', '[']) {
        return Ok(None);
    }
    let Ok(raw) = serde_json::from_str::<&RawValue>(text) else { return Ok(None) };
    if let Some(at) = too_deep(text) {
        return Err(nested_too_deeply(&Span::new(source, at, at + 1)));
    }
    Ok(Reader { source }.node(raw.get(), true))
}

/// Where JSON is nested more deeply than is read.
fn too_deep(text: &str) -> Option<usize> {
    let (mut depth, mut is_string, mut is_escaped) = (0usize, false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_string => is_escaped = true,
            b'"' => is_string = !is_string,
            b'[' | b'{' if !is_string => {
                depth += 1;
                if depth > MAX_DEPTH {
                    return Some(at);
                }
            }
            b']' | b'}' if !is_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
}

struct Reader<'a> {
    source: &'a Arc<Source>,
}

impl Reader<'_> {
    /// The node of a piece of the source's text; `None` if it can't be represented.
    fn node(&self, raw: &str, trusted: bool) -> Option<Node> {
        let span = self.span(raw)?;
        let kind = match raw.as_bytes().first()? {
            b'{' => self.object(raw, &span, trusted)?,
            b'[' => {
                let items: Vec<&RawValue> = serde_json::from_str(raw).ok()?;
                NodeKind::List(
                    items.iter().map(|item| self.node(item.get(), trusted)).collect::<Option<_>>()?,
                )
            }
            b'"' => NodeKind::Scalar(Value::String(self.text(raw, &span, trusted)?)),
            b't' => NodeKind::Scalar(Value::Bool(true)),
            b'f' => NodeKind::Scalar(Value::Bool(false)),
            b'n' => NodeKind::Scalar(Value::Null),
            _ if raw.contains(['.', 'e', 'E']) => NodeKind::Scalar(Value::Float(raw.parse().ok()?)),
            _ => NodeKind::Scalar(Value::integer(raw.parse::<BigInt>().ok()?)),
        };
        Some(Node { kind, span })
    }

    /// An object, or one of the two that Ansible's JSON has for what JSON can't say.
    fn object(&self, raw: &str, span: &Span, trusted: bool) -> Option<NodeKind> {
        let Entries(raw_entries) = serde_json::from_str(raw).ok()?;
        let mut entries: Vec<Entry> = Vec::with_capacity(raw_entries.len());
        let mut index = std::collections::HashMap::new();
        for (key, value) in raw_entries {
            let key_span = self.span(key)?;
            let text = self.text(key, &key_span, false)?;
            let entry = Entry {
                value: self.node(value, trusted && text.as_str() != "__ansible_unsafe")?,
                key: Node { kind: NodeKind::Scalar(Value::String(text.clone())), span: key_span },
            };
            match index.get(text.as_str()) {
                Some(&at) => entries[at] = entry,
                None => {
                    index.insert(text.shared(), entries.len());
                    entries.push(entry);
                }
            }
        }
        if let [Entry { key, value }] = entries.as_slice() {
            match (key.as_str(), value.as_scalar()) {
                (Some("__ansible_vault"), Some(Value::String(text))) => {
                    return Some(NodeKind::Scalar(Value::Vaulted(Text::trusted(
                        text.shared(),
                        Some(span.clone()),
                    ))));
                }
                (Some("__ansible_unsafe"), Some(Value::String(_))) => return Some(value.kind.clone()),
                _ => {}
            }
        }
        Some(NodeKind::Map(entries))
    }

    fn text(&self, raw: &str, span: &Span, trusted: bool) -> Option<Text> {
        let text: String = serde_json::from_str(raw).ok()?;
        let text = Text::trusted(text, Some(span.clone()));
        Some(if trusted { text } else { text.untrusted() })
    }

    /// The place of a piece that was borrowed from the source's text.
    fn span(&self, raw: &str) -> Option<Span> {
        let start = (raw.as_ptr() as usize).checked_sub(self.source.text().as_ptr() as usize)?;
        Some(Span::new(self.source, start, start + raw.len()))
    }
}

/// The entries of an object as they are written.
struct Entries<'a>(Vec<(&'a str, &'a str)>);

impl<'de: 'a, 'a> serde::Deserialize<'de> for Entries<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Entries<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(
                self,
                mut map: A,
            ) -> std::result::Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while let Some((key, value)) = map.next_entry::<&RawValue, &RawValue>()? {
                    entries.push((key.get(), value.get()));
                }
                Ok(Entries(entries))
            }
        }
        deserializer.deserialize_map(Visitor)
    }
}
