use value::{Map, Value};

/// Facts by name, in the making.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Facts(Map);

impl Facts {
    pub(crate) fn new() -> Facts {
        Facts::default()
    }

    pub(crate) fn set(&mut self, name: &str, value: impl Into<Value>) {
        self.0.insert(name.into(), value.into());
    }

    pub(crate) fn set_some(&mut self, name: &str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            self.set(name, value);
        }
    }

    pub(crate) fn with(mut self, name: &str, value: impl Into<Value>) -> Facts {
        self.set(name, value);
        self
    }

    pub(crate) fn with_some(mut self, name: &str, value: Option<impl Into<Value>>) -> Facts {
        self.set_some(name, value);
        self
    }

    pub(crate) fn extend(&mut self, other: Facts) {
        self.0.extend(other.0);
    }

    pub(crate) fn into_map(self) -> Map {
        self.0
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }
}

impl From<Facts> for Value {
    fn from(facts: Facts) -> Value {
        facts.0.into()
    }
}
