use std::path::PathBuf;

use value::Value;

use super::kind::Kind;

/// A manual, wherever it comes from.
#[derive(Clone, Debug)]
pub(crate) struct Page {
    /// The name with its collection.
    pub(crate) name: String,
    pub(crate) kind: Kind,
    /// The file that it stands in; none for what is built in.
    pub(crate) file: Option<PathBuf>,
    /// The collection that it is part of; none for what lies in folders of the user's own.
    pub(crate) collection: Option<String>,
    /// `short_description`, `description`, `options` and so on, as collections write them; nothing if there is no
    /// manual.
    pub(crate) body: Value,
    /// How it is used.
    pub(crate) examples: Value,
    /// What comes of it.
    pub(crate) returns: Value,
}

impl Page {
    /// A page of something that is built in.
    pub(crate) fn built_in(kind: Kind, name: &str, body: Value) -> Page {
        let name = if name.contains('.') { name.to_owned() } else { format!("ansible.builtin.{name}") };
        let collection = name.rsplit_once('.').map(|(collection, _)| collection.to_owned());
        Page { name, kind, file: None, collection, body, examples: Value::Null, returns: Value::Null }
    }

    /// The name without its collection.
    pub(crate) fn short_name(&self) -> &str {
        self.name.rsplit_once('.').map_or(&self.name, |(_, short)| short)
    }

    /// Where it stands, in words.
    pub(crate) fn place(&self) -> String {
        self.file.as_ref().map_or_else(|| "built in".to_owned(), |file| file.display().to_string())
    }

    /// One line that says what it does.
    pub(crate) fn summary(&self) -> &str {
        self.body.get("short_description").and_then(Value::as_str).unwrap_or("UNDOCUMENTED").trim()
    }

    /// All of it, for programs.
    pub(crate) fn to_value(&self) -> Value {
        let mut doc = self.body.as_map().cloned().unwrap_or_default();
        doc.insert("filename".into(), self.place().into());
        doc.insert("plugin_name".into(), self.name.as_str().into());
        if let Some(collection) = &self.collection {
            doc.insert("collection".into(), collection.as_str().into());
        }
        if self.kind == Kind::Module {
            doc.insert("has_action".into(), Value::Bool(false));
        }
        Value::map([
            ("doc", Value::from(doc)),
            ("examples", self.examples.clone()),
            ("metadata", Value::Null),
            ("return", self.returns.clone()),
        ])
    }
}
