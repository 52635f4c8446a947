use std::sync::Arc;

use diag::{Error, Result, Span};
use value::{Map, Value};

/// A piece of YAML and its place.
#[derive(Clone, Debug)]
pub struct Node {
    /// What it is.
    pub kind: NodeKind,
    /// Where it was written.
    pub span: Span,
}

/// The three shapes of YAML.
#[derive(Clone, Debug)]
pub enum NodeKind {
    /// A scalar, resolved to its type. Strings are trusted (they may be templates) unless tagged `!unsafe`, and know
    /// their origin; `!vault` text is [`Value::Vaulted`].
    Scalar(Value),
    /// A sequence.
    List(Vec<Node>),
    /// A mapping in the order written, merge keys resolved and of duplicate keys only the last.
    Map(Vec<Entry>),
}

/// A key and its value.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The key.
    pub key: Node,
    /// What stands under it.
    pub value: Node,
}

impl Node {
    /// The plain data, templates in it not yet rendered.
    pub fn to_value(&self) -> Value {
        match &self.kind {
            NodeKind::Scalar(value) => value.clone(),
            NodeKind::List(items) => Value::List(Arc::new(items.iter().map(Node::to_value).collect())),
            NodeKind::Map(entries) => Value::from(
                entries.iter().map(|entry| (entry.key.to_value(), entry.value.to_value())).collect::<Map>(),
            ),
        }
    }

    /// The entry of a mapping with this string key.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries()?.iter().find(|entry| entry.key.as_str() == Some(key))
    }

    /// The value of a mapping under this string key.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// The node under a path of keys and indices, as far down as it goes: where an error about `a.b[0]` belongs.
    pub fn descend<'a>(&self, path: impl IntoIterator<Item = &'a str>) -> &Node {
        let mut node = self;
        for step in path {
            let next = match &node.kind {
                NodeKind::Map(_) => node.get(step),
                NodeKind::List(items) => step.parse::<usize>().ok().and_then(|index| items.get(index)),
                NodeKind::Scalar(_) => None,
            };
            match next {
                Some(next) => node = next,
                None => break,
            }
        }
        node
    }

    /// The scalar.
    pub fn as_scalar(&self) -> Option<&Value> {
        match &self.kind {
            NodeKind::Scalar(value) => Some(value),
            _ => None,
        }
    }

    /// The scalar, if it is a string.
    pub fn as_str(&self) -> Option<&str> {
        self.as_scalar()?.as_str()
    }

    /// The items of a sequence.
    pub fn items(&self) -> Option<&[Node]> {
        match &self.kind {
            NodeKind::List(items) => Some(items),
            _ => None,
        }
    }

    /// The entries of a mapping.
    pub fn entries(&self) -> Option<&[Entry]> {
        match &self.kind {
            NodeKind::Map(entries) => Some(entries),
            _ => None,
        }
    }

    /// Whether it is an empty or null scalar.
    pub fn is_null(&self) -> bool {
        matches!(self.as_scalar(), Some(Value::Null))
    }

    /// What it is, in words for an error: `a string`, `a list`.
    pub fn description(&self) -> &'static str {
        match &self.kind {
            NodeKind::List(_) => "a list",
            NodeKind::Map(_) => "a mapping",
            NodeKind::Scalar(value) => match value {
                Value::Null => "nothing",
                Value::Bool(_) => "a truth value",
                Value::Int(_) | Value::BigInt(_) => "an integer",
                Value::Float(_) => "a number",
                Value::Vaulted(_) => "encrypted text",
                Value::Date(_) | Value::DateTime(_) => "a date",
                _ => "a string",
            },
        }
    }

    /// An error about this node: `{what} must be {wanted}, not {what it is}`.
    pub fn wrong_type(&self, what: &str, wanted: &str) -> Error {
        Error::new(format!("{what} must be {wanted}, not {}", self.description()))
            .at(&self.span)
            .advice(how_to_write(wanted))
    }

    /// The items, or an error that says what should have been a list.
    pub fn expect_items(&self, what: &str) -> Result<&[Node]> {
        self.items().ok_or_else(|| self.wrong_type(what, "a list"))
    }

    /// The entries, or an error that says what should have been a mapping.
    pub fn expect_entries(&self, what: &str) -> Result<&[Entry]> {
        self.entries().ok_or_else(|| self.wrong_type(what, "a mapping"))
    }
}

/// How something of a kind is written in YAML.
fn how_to_write(wanted: &str) -> &'static str {
    match wanted {
        _ if wanted.contains("a list of scalars") => "write one value, or a list of values: [a, b]",
        _ if wanted.contains("name or a mapping") => "write a name, or 'key: value' lines",
        _ if wanted.ends_with("mapping") => "write it as 'key: value' lines, indented, without dashes",
        _ if wanted.contains("list") => "write it as lines that start with '- '",
        _ => "write one value, and quotes around it if it has special characters",
    }
}
