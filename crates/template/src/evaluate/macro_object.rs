use std::any::Any;
use std::collections::HashMap;
use std::sync::Arc;

use diag::{Error, Result};
use value::{Object, Value};

use super::Origin;
use crate::syntax::{self, Name};

/// A macro, or the body of a call block.
#[derive(Clone, Debug)]
pub(crate) struct Macro {
    pub(crate) declaration: Arc<syntax::Macro>,
    /// The template it is written in.
    pub(crate) origin: Origin,
    pub(crate) home: Home,
}

/// Where a macro looks up names that are not its own.
#[derive(Clone, Debug)]
pub(crate) enum Home {
    /// The frame it was defined in.
    Frame(usize),
    /// The template that it was imported from.
    Module(Arc<Module>),
}

impl Macro {
    /// A variable of an imported template; a macro with that template as its home.
    pub(crate) fn at_home(value: &Value, module: &Arc<Module>) -> Value {
        match downcast::<Macro>(value) {
            Some(this) if matches!(this.home, Home::Frame(_)) => {
                Value::Object(Arc::new(Macro { home: Home::Module(Arc::clone(module)), ..this.clone() }))
            }
            _ => value.clone(),
        }
    }
}

/// The object of this type that a value is.
pub(crate) fn downcast<T: Any>(value: &Value) -> Option<&T> {
    match value {
        Value::Object(object) => object.as_any().downcast_ref(),
        _ => None,
    }
}

fn not_data(what: &str) -> Result<Value> {
    Err(Error::new(format!("Type '{what}' is unsupported for variable storage."))
        .hint("it is not data: it can only be called"))
}

impl Object for Macro {
    fn type_name(&self) -> &str {
        "Macro"
    }

    fn get(&self, key: &Value) -> Result<Option<Value>> {
        Ok(match key.as_str() {
            Some("name") => Some(Value::string(Arc::clone(&self.declaration.name))),
            Some("arguments") => Some(Value::Tuple(Arc::new(
                self.declaration.parameters.iter().map(|(name, _)| Value::string(Arc::clone(name))).collect(),
            ))),
            _ => None,
        })
    }

    fn to_value(&self) -> Result<Value> {
        not_data("macro")
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// A function of Jinja or Ansible, such as `lookup`.
#[derive(Debug)]
pub(crate) struct Function(pub(crate) &'static crate::functions::Function);

impl Object for Function {
    fn type_name(&self) -> &str {
        "function"
    }

    fn get(&self, _: &Value) -> Result<Option<Value>> {
        Ok(None)
    }

    fn to_value(&self) -> Result<Value> {
        not_data("function")
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// A method of a value that was not called yet.
#[derive(Debug)]
pub(crate) struct Method {
    pub(crate) value: Value,
    pub(crate) name: Name,
}

impl Object for Method {
    fn type_name(&self) -> &str {
        "method"
    }

    fn get(&self, _: &Value) -> Result<Option<Value>> {
        Ok(None)
    }

    fn to_value(&self) -> Result<Value> {
        let name = &self.name;
        Err(Error::new(format!("'{name}' is a method of {}: it can only be called", self.value.type_name()))
            .hint(format!("write .{name}() to call it, or ['{name}'] for the item of this name")))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// An imported template: what it has set and defined.
#[derive(Debug)]
pub(crate) struct Module {
    pub(crate) variables: HashMap<Name, Value>,
}

/// The value of an imported template, by which its macros are called.
#[derive(Debug)]
pub(crate) struct ModuleObject(pub(crate) Arc<Module>);

impl Object for ModuleObject {
    fn type_name(&self) -> &str {
        "TemplateModule"
    }

    fn get(&self, key: &Value) -> Result<Option<Value>> {
        Ok(key.as_str().and_then(|key| self.0.variables.get(key)).map(|value| Macro::at_home(value, &self.0)))
    }

    fn to_value(&self) -> Result<Value> {
        not_data("imported template")
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// Whether a value can be called.
pub(crate) fn is_callable(value: &Value) -> bool {
    downcast::<Macro>(value).is_some()
        || downcast::<Function>(value).is_some()
        || downcast::<Method>(value).is_some()
}
