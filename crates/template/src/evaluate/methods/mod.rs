//! The methods that Python's values have and that templates call.

mod collections;
mod numbers;
pub(crate) mod strings;
mod times;

use value::Value;

use super::macro_object::downcast;
use super::{Evaluator, TimeDelta};
use crate::arguments::Arguments;
use crate::filters::Reads;
use crate::outcome::{Outcome, Stop};
use crate::syntax::Name;

/// A method: its name and what it does; the first positional argument is the value it belongs to.
type Method = (&'static str, fn(Arguments) -> Outcome);

fn table(value: &Value) -> &'static [Method] {
    match value {
        Value::String(_) => strings::METHODS,
        Value::List(_) | Value::Tuple(_) => collections::LIST_METHODS,
        Value::Map(_) => collections::MAP_METHODS,
        Value::Bool(_) | Value::Int(_) | Value::BigInt(_) | Value::Float(_) => numbers::METHODS,
        Value::Bytes(_) => strings::BYTES_METHODS,
        Value::Date(_) | Value::DateTime(_) => times::METHODS,
        Value::Object(object) if object.is_mapping() => collections::OBJECT_METHODS,
        value if downcast::<TimeDelta>(value).is_some() => times::DELTA_METHODS,
        _ => &[],
    }
}

/// Whether the value has a method of this name.
pub(super) fn exists(value: &Value, name: &str) -> bool {
    table(value).iter().any(|(method, _)| *method == name)
}

/// An attribute that is no method and no item.
pub(super) fn attribute(value: &Value, name: &str) -> Option<Value> {
    match value {
        Value::Bool(_) | Value::Int(_) | Value::BigInt(_) | Value::Float(_) => {
            numbers::attribute(value, name)
        }
        Value::Date(_) | Value::DateTime(_) => times::attribute(value, name),
        _ => None,
    }
}

/// Whether a method needs all that is in its value, or only moves it.
pub(super) fn reads(value: &Value, name: &str) -> Reads {
    match value {
        Value::String(_) | Value::Bytes(_) => Reads::Everything,
        Value::List(_) | Value::Tuple(_) if matches!(name, "count" | "index") => Reads::Kept,
        _ => Reads::Items,
    }
}

impl Evaluator<'_> {
    /// Calls a method; the first positional argument is the value it belongs to.
    pub(super) fn run_method(&mut self, reads: Reads, name: &Name, arguments: Arguments) -> Outcome {
        let found = arguments.positional.first().map(table).unwrap_or_default();
        let Some((_, method)) = found.iter().find(|(method, _)| *method == &**name) else {
            return Err(Stop::new(format!("there is no method '{name}'")));
        };
        // What is undefined or unknown among the arguments makes the result so; an item that was got may be a template.
        let method = *method;
        let value = self.run_method_with(reads, method, arguments)?;
        self.force(&value)
    }

    fn run_method_with(
        &mut self,
        reads: Reads,
        method: fn(Arguments) -> Outcome,
        mut arguments: Arguments,
    ) -> Outcome {
        if let Some(found) = arguments.values().find(|value| value.is_undefined()) {
            return Ok(found.clone());
        }
        if let Some(found) = arguments.values().find(|value| matches!(value, Value::Unknown(_))) {
            return Ok(found.clone());
        }
        if reads == Reads::Items {
            return method(arguments);
        }
        for value in arguments.values_mut() {
            if let Value::List(_) | Value::Tuple(_) | Value::Map(_) = value {
                *value = self.rendered(value)?;
            }
        }
        if let Some(unknown) = arguments.values().find_map(Value::find_unknown) {
            return Ok(Value::Unknown(unknown.clone()));
        }
        if !arguments.values().any(super::is_secret) {
            return method(arguments);
        }
        let given = arguments.clone();
        match method(arguments) {
            Ok(value) => Ok(super::mark_secret(value, reads == Reads::Everything)),
            Err(Stop::Error(error)) => Err(super::masked(error, given.values()).into()),
            Err(other) => Err(other),
        }
    }
}
