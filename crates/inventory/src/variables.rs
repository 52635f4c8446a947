use std::sync::Arc;

use diag::Span;
use indexmap::IndexMap;
use value::{Map, Value};
use yaml::Entry;

use crate::options::Merge;

/// Variables of one host, group or file, each with its place. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Variables(Arc<IndexMap<Value, Variable>>);

/// A variable's value, and where it was set.
#[derive(Clone, Debug)]
pub(crate) struct Variable {
    pub(crate) value: Value,
    pub(crate) place: Option<Span>,
}

impl Variables {
    /// Those of a mapping of YAML.
    pub(crate) fn from_entries(entries: &[Entry]) -> Variables {
        let variable =
            |entry: &Entry| Variable { value: entry.value.to_value(), place: Some(entry.key.span.clone()) };
        Variables(Arc::new(entries.iter().map(|entry| (entry.key.to_value(), variable(entry))).collect()))
    }

    pub(crate) fn set(&mut self, name: Value, value: Value, place: Option<Span>) {
        Arc::make_mut(&mut self.0).insert(name, Variable { value, place });
    }

    /// Sets a variable that an earlier source may have set already.
    pub(crate) fn set_again(&mut self, name: Value, value: Value, place: Option<Span>, merge: Merge) {
        let value = match self.0.get(&name) {
            Some(earlier) => combine(&earlier.value, &value, merge),
            None => value,
        };
        self.set(name, value, place);
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Variable> {
        self.0.get(name)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Value, &Variable)> {
        self.0.iter()
    }

    /// Lays other variables over these.
    pub(crate) fn extend(&mut self, others: &Variables, merge: Merge) {
        if self.is_empty() {
            *self = others.clone();
            return;
        }
        let own = Arc::make_mut(&mut self.0);
        for (name, variable) in others.iter() {
            match own.get_mut(name) {
                Some(earlier) => {
                    let value = combine(&earlier.value, &variable.value, merge);
                    *earlier = Variable { value, place: variable.place.clone() };
                }
                None => {
                    own.insert(name.clone(), variable.clone());
                }
            }
        }
    }

    /// Lays these over a map.
    pub(crate) fn apply(&self, map: &mut Map, merge: Merge) {
        for (name, variable) in self.iter() {
            let value = match map.get(name) {
                Some(earlier) => combine(earlier, &variable.value, merge),
                None => variable.value.clone(),
            };
            map.insert(name.clone(), value);
        }
    }

    pub(crate) fn to_map(&self) -> Map {
        self.iter().map(|(name, variable)| (name.clone(), variable.value.clone())).collect()
    }
}

/// What a variable is after it was set to `earlier` and then to `later`.
fn combine(earlier: &Value, later: &Value, merge: Merge) -> Value {
    match (merge, earlier, later) {
        (Merge::Recursive, Value::Map(earlier), Value::Map(later)) => {
            let mut map = (**earlier).clone();
            for (key, value) in later.iter() {
                let value = match map.get(key) {
                    Some(earlier) => combine(earlier, value, merge),
                    None => value.clone(),
                };
                map.insert(key.clone(), value);
            }
            Value::from(map)
        }
        _ => later.clone(),
    }
}
