use std::sync::Arc;

use diag::Span;
use indexmap::IndexMap;
use value::Value;

/// One layer of variables: what one `vars:` or one file holds. Nothing in it is rendered; a variable is a template
/// until it is used.
#[derive(Clone, Debug, Default)]
pub struct Vars(IndexMap<Arc<str>, Variable>);

/// A variable's value as written, and its place.
#[derive(Clone, Debug)]
pub struct Variable {
    /// The value, templates in it not yet rendered.
    pub value: Value,
    /// Where its name was written.
    pub span: Span,
}

impl Vars {
    /// No variables.
    pub fn new() -> Vars {
        Vars::default()
    }

    /// Sets a variable, replacing an earlier one of that name.
    pub fn insert(&mut self, name: impl Into<Arc<str>>, value: Value, span: &Span) {
        self.0.insert(name.into(), Variable { value, span: span.clone() });
    }

    /// The variable of that name.
    pub fn get(&self, name: &str) -> Option<&Variable> {
        self.0.get(name)
    }

    /// All variables in the order written.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&Arc<str>, &Variable)> {
        self.0.iter()
    }

    /// Whether both hold the same, wherever it is written.
    pub fn is_like(&self, other: &Vars) -> bool {
        self.0.len() == other.0.len()
            && self
                .0
                .iter()
                .all(|(name, variable)| other.get(name).is_some_and(|it| it.value == variable.value))
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Lays `upper` over this layer: its variables win.
    pub fn overlay(&mut self, upper: &Vars) {
        for (name, variable) in &upper.0 {
            self.0.insert(Arc::clone(name), variable.clone());
        }
    }
}
