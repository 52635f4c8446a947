use diag::{Error, did_you_mean};
use value::{Convert, Text, Value};

use crate::outcome::{Outcome, Stop};
use crate::syntax::Name;

/// What a filter, test, lookup, function, macro or method is called with. A filter's value is the first positional one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Arguments {
    pub(crate) positional: Vec<Value>,
    pub(crate) named: Vec<(Name, Value)>,
}

impl Arguments {
    /// Positional arguments only.
    pub(crate) fn positional(positional: Vec<Value>) -> Arguments {
        Arguments { positional, named: Vec::new() }
    }

    /// All values.
    pub(crate) fn values(&self) -> impl Iterator<Item = &Value> {
        self.positional.iter().chain(self.named.iter().map(|(_, value)| value))
    }

    /// All values, to be changed.
    pub(crate) fn values_mut(&mut self) -> impl Iterator<Item = &mut Value> {
        self.positional.iter_mut().chain(self.named.iter_mut().map(|(_, value)| value))
    }

    /// Takes a named argument out.
    pub(crate) fn take(&mut self, name: &str) -> Option<Value> {
        let index = self.named.iter().position(|(given, _)| **given == *name)?;
        Some(self.named.remove(index).1)
    }

    /// Takes the first positional argument out.
    pub(crate) fn first(&mut self) -> Outcome {
        if self.positional.is_empty() {
            return Err(Stop::new("an argument is missing"));
        }
        Ok(self.positional.remove(0))
    }

    /// One slot for each parameter, by position or by name.
    ///
    /// # Errors
    /// If there are too many arguments, or one has a name that is not a parameter's, or one is given twice.
    pub(crate) fn bind<const N: usize>(self, parameters: [&str; N]) -> Outcome<[Option<Value>; N]> {
        let mut slots = [const { None }; N];
        if self.positional.len() > N {
            let (given, wanted) = (self.positional.len(), N);
            return Err(Stop::new(format!("too many arguments: {given} given, at most {wanted} expected")));
        }
        for (slot, value) in slots.iter_mut().zip(self.positional) {
            *slot = Some(value);
        }
        for (name, value) in self.named {
            let Some(index) = parameters.iter().position(|parameter| **parameter == *name) else {
                let error = Error::new(format!("there is no argument named '{name}'"));
                let near = did_you_mean(&name, parameters);
                let hint = near.unwrap_or_else(|| format!("it takes: {}", parameters.join(", ")));
                return Err(error.advice(hint).into());
            };
            match slots.get_mut(index) {
                Some(slot @ None) => *slot = Some(value),
                _ => return Err(Stop::new(format!("argument '{name}' is given twice"))),
            }
        }
        Ok(slots)
    }
}

/// A parameter that has no default.
pub(crate) fn required(value: Option<Value>, name: &str) -> Outcome {
    value.ok_or_else(|| Stop::new(format!("argument '{name}' is missing")))
}

/// Stops at what is undefined or unknown.
pub(crate) fn known(value: &Value) -> Outcome<()> {
    match value {
        Value::Undefined(undefined) => Err(Stop::Undefined(undefined.clone())),
        Value::Unknown(unknown) => Err(Stop::Unknown(unknown.clone())),
        _ => Ok(()),
    }
}

/// The value as text, as Python's `str` makes it.
pub(crate) fn text(value: &Value) -> Outcome<String> {
    known(value)?;
    Ok(value.to_string())
}

/// The text of an optional parameter.
pub(crate) fn text_or(value: Option<Value>, default: &str) -> Outcome<String> {
    match value {
        None | Some(Value::Null) => Ok(default.to_owned()),
        Some(value) => text(&value),
    }
}

/// A string, and nothing else.
pub(crate) fn string<'a>(value: &'a Value, what: &str) -> Outcome<&'a Text> {
    known(value)?;
    value.as_text().ok_or_else(|| Stop::new(format!("{what} must be a string, not {}", described(value))))
}

/// Python's truth of an optional parameter.
pub(crate) fn flag(value: Option<Value>, default: bool) -> Outcome<bool> {
    match value {
        None => Ok(default),
        Some(value) => {
            known(&value)?;
            Ok(value.is_true())
        }
    }
}

/// An integer.
pub(crate) fn integer(value: &Value, what: &str) -> Outcome<i64> {
    known(value)?;
    match value {
        Value::Float(_) | Value::String(_) | Value::Int(_) | Value::Bool(_) => value.to_i64().ok(),
        _ => None,
    }
    .ok_or_else(|| Stop::new(format!("{what} must be an integer, not {}", described(value))))
}

/// The integer of an optional parameter.
pub(crate) fn integer_or(value: Option<Value>, default: i64, what: &str) -> Outcome<i64> {
    match value {
        None | Some(Value::Null) => Ok(default),
        Some(value) => integer(&value, what),
    }
}

/// A number.
pub(crate) fn number(value: &Value, what: &str) -> Outcome<f64> {
    known(value)?;
    value.to_f64().map_err(|_| Stop::new(format!("{what} must be a number, not {}", described(value))))
}

/// The items that Python's iteration gives: of a list its items, of a dict its keys, of a string its characters. They
/// may be templates still.
pub(crate) fn items(value: &Value) -> Outcome<Vec<Value>> {
    known(value)?;
    match value {
        Value::List(items) | Value::Tuple(items) => Ok(items.to_vec()),
        Value::Map(map) => Ok(map.keys().cloned().collect()),
        Value::String(text) => Ok(text
            .chars()
            .map(|character| {
                let part = Text::new(character.to_string());
                Value::String(if text.is_secret() { part.secret() } else { part })
            })
            .collect()),
        Value::Object(object) => object
            .iterate()?
            .ok_or_else(|| Stop::new(format!("'{}' object is not iterable", object.type_name()))),
        other => Err(Error::new(format!("'{}' object is not iterable", other.type_name()))
            .advice("loop over a list, a dict or a text")
            .into()),
    }
}

/// A dict for an object that is one to those who look at it; anything else as it is.
pub(crate) fn mapping(value: Value) -> Outcome {
    Ok(match &value {
        Value::Object(object) => object.to_mapping()?.map_or(value, Value::from),
        _ => value,
    })
}

/// A dict.
pub(crate) fn map<'a>(value: &'a Value, what: &str) -> Outcome<&'a value::Map> {
    known(value)?;
    value.as_map().ok_or_else(|| Stop::new(format!("{what} must be a dict, not {}", described(value))))
}

/// A list (or tuple), and nothing else.
pub(crate) fn list<'a>(value: &'a Value, what: &str) -> Outcome<&'a [Value]> {
    known(value)?;
    value.as_list().ok_or_else(|| Stop::new(format!("{what} must be a list, not {}", described(value))))
}

/// The type and, where it is short, the value, for errors: `the int 3`.
pub(crate) fn described(value: &Value) -> String {
    match value {
        Value::Null => "None".into(),
        Value::Bool(_) | Value::Int(_) | Value::Float(_) => format!("the {} {value:?}", value.type_name()),
        Value::String(text) if text.chars().count() <= 40 => format!("the str {value:?}"),
        other => format!("a value of type '{}'", other.type_name()),
    }
}
