use value::{Map, Value};

/// The result of a module that worked: what playbooks register. `changed` follows from what it changed at the door.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome(Map);

impl Outcome {
    /// A result without keys.
    pub fn new() -> Outcome {
        Outcome::default()
    }

    /// Adds a key.
    pub fn with(mut self, key: &str, value: impl Into<Value>) -> Outcome {
        self.0.insert(key.into(), value.into());
        self
    }

    /// Adds a key, if there is a value.
    pub fn with_some(self, key: &str, value: Option<impl Into<Value>>) -> Outcome {
        match value {
            Some(value) => self.with(key, value),
            None => self,
        }
    }

    /// Adds facts about the host, which later tasks see as variables.
    pub fn facts(self, facts: Map) -> Outcome {
        self.with("ansible_facts", facts)
    }

    /// For what changes nobody knows what (a command): says whether anything counts as changed.
    pub fn changed(self, changed: bool) -> Outcome {
        self.with("changed", changed)
    }

    /// The result as a map.
    pub fn into_value(self) -> Value {
        self.0.into()
    }
}

impl From<Map> for Outcome {
    fn from(map: Map) -> Outcome {
        Outcome(map)
    }
}
