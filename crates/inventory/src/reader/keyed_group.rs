use diag::{Error, Result};
use value::Value;
use yaml::Node;

use crate::group::safe_name;
use crate::plugin_config::node_flag;

/// One entry of `keyed_groups`: how groups are named after the value of an expression.
pub(super) struct KeyedGroup<'a> {
    /// The expression.
    pub(super) key: Option<&'a Node>,
    /// The group that the groups become children of, a template.
    pub(super) parent_group: Option<&'a Node>,
    prefix: String,
    separator: String,
    default_value: Option<String>,
    trailing_separator: bool,
    leading_separator: bool,
}

impl<'a> KeyedGroup<'a> {
    /// Reads an entry.
    ///
    /// # Errors
    ///
    /// It is no mapping, or holds what can't be together.
    pub(super) fn read(node: &'a Node, leading_separator: bool) -> Result<KeyedGroup<'a>> {
        if node.entries().is_none() {
            let shown = node.to_value();
            return Err(Error::new(format!("Invalid keyed group entry, it must be a dictionary: {shown}"))
                .at(&node.span)
                .hint("such as: {key: architecture, prefix: arch}"));
        }
        let given = |option: &str| node.get(option).filter(|node| !node.is_null());
        let text = |option: &str| given(option).map(|node| node.to_value().to_string());
        if given("default_value").is_some() && node.get("trailing_separator").is_some() {
            return Err(Error::new(
                "parameters are mutually exclusive for keyed groups: default_value|trailing_separator",
            )
            .at(&node.span)
            .hint("with a default value there is no name that would end in a separator"));
        }
        Ok(KeyedGroup {
            key: given("key"),
            parent_group: given("parent_group"),
            prefix: text("prefix").unwrap_or_default(),
            separator: text("separator").unwrap_or_else(|| "_".into()),
            default_value: text("default_value"),
            trailing_separator: given("trailing_separator").is_none_or(|node| node_flag(node, true)),
            leading_separator,
        })
    }

    /// The names of the groups for a value: one for a string, one for each item of a list or entry of a mapping.
    ///
    /// # Errors
    ///
    /// The value is something else.
    pub(super) fn names(&self, value: &Value) -> Result<Vec<String>> {
        let empty = |value: &Value| value.is_null() || value.as_str() == Some("");
        let bare: Vec<String> = match value {
            value if empty(value) => self.default_value.iter().cloned().collect(),
            Value::String(text) => vec![text.to_string()],
            Value::List(items) | Value::Tuple(items) => items
                .iter()
                .map(|item| match &self.default_value {
                    Some(default) if empty(item) => default.clone(),
                    _ => item.to_string(),
                })
                .collect(),
            Value::Map(map) => map.iter().map(|(key, value)| self.entry(key, value, empty(value))).collect(),
            Value::Bool(false) => Vec::new(),
            Value::Int(0) => Vec::new(),
            Value::Float(number) if *number == 0.0 => Vec::new(),
            other => {
                return Err(Error::new(format!(
                    "Invalid group name format, expected a string or a list of them or dictionary, got: {}",
                    other.type_name()
                ))
                .hint("write the key as text: key | string"));
            }
        };
        Ok(bare.iter().map(|bare| self.name(bare)).collect())
    }

    fn entry(&self, key: &Value, value: &Value, empty: bool) -> String {
        let separator = &self.separator;
        match &self.default_value {
            Some(default) if empty => format!("{key}{separator}{default}"),
            None if empty && !self.trailing_separator => key.to_string(),
            _ => format!("{key}{separator}{value}"),
        }
    }

    fn name(&self, bare: &str) -> String {
        safe_name(&match self.prefix.is_empty() && !self.leading_separator {
            true => bare.to_owned(),
            false => format!("{}{}{bare}", self.prefix, self.separator),
        })
    }
}
