use std::any::Any;
use std::sync::{Mutex, MutexGuard, PoisonError};

use diag::Result;
use value::{Map, Object, Value};

/// Jinja's `namespace()`: variables that inner scopes may set.
#[derive(Debug, Default)]
pub(crate) struct Namespace(Mutex<Map>);

impl Namespace {
    /// A namespace with these variables.
    pub(crate) fn new(variables: Map) -> Namespace {
        Namespace(Mutex::new(variables))
    }

    /// The variables, to be changed.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Map> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Object for Namespace {
    fn type_name(&self) -> &str {
        "Namespace"
    }

    fn get(&self, key: &Value) -> Result<Option<Value>> {
        Ok(self.lock().get(key).cloned())
    }

    fn to_value(&self) -> Result<Value> {
        Ok(Value::from(self.lock().clone()))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
