use std::sync::Arc;

use diag::did_you_mean;
use value::{Text, Undefined, Value};

use super::Evaluator;
use super::macro_object::Method;
use super::{methods, mutation};
use crate::arguments::integer;
use crate::outcome::{Outcome, Stop};
use crate::syntax::Name;

/// `value.name`: first the attributes and methods that Python has, then the item of this name. What is not there is
/// undefined; what is found may be a template still.
pub(crate) fn attribute(value: &Value, name: &Name) -> Outcome {
    match value {
        Value::Undefined(_) | Value::Unknown(_) => return Ok(value.clone()),
        _ => {}
    }
    if let Some(found) = methods::attribute(value, name) {
        return Ok(found);
    }
    if methods::exists(value, name) || mutation::exists(value, name) {
        return Ok(Value::Object(Arc::new(Method { value: value.clone(), name: Arc::clone(name) })));
    }
    let key = Value::string(Arc::clone(name));
    match get(value, &key)? {
        Some(found) => Ok(found),
        None if name.starts_with("__") => Ok(Value::undefined(format!(
            "access to attribute '{name}' of '{}' object is unsafe",
            value.type_name()
        ))),
        None => Ok(missing(value, &key)),
    }
}

/// `value[key]`: first the item, then the attribute of this name. What is not there is undefined; what is found may be a
/// template still.
pub(crate) fn item(value: &Value, key: &Value) -> Outcome {
    match (value, key) {
        (Value::Undefined(_) | Value::Unknown(_), _) => return Ok(value.clone()),
        (_, Value::Undefined(undefined)) => return Err(Stop::Undefined(undefined.clone())),
        (_, Value::Unknown(_)) => return Ok(key.clone()),
        _ => {}
    }
    if let Some(found) = get(value, key)? {
        return Ok(found);
    }
    if let Some(name) = key.as_text() {
        let name: Name = name.shared();
        if let Some(found) = methods::attribute(value, &name) {
            return Ok(found);
        }
        if methods::exists(value, &name) || mutation::exists(value, &name) {
            return Ok(Value::Object(Arc::new(Method { value: value.clone(), name })));
        }
    }
    Ok(missing(value, key))
}

fn get(value: &Value, key: &Value) -> Outcome<Option<Value>> {
    Ok(match value {
        Value::Map(map) => map.get(key).cloned(),
        // The parts of a group that `groupby` makes have names.
        Value::Tuple(items) if items.len() == 2 && key.as_str() == Some("grouper") => items.first().cloned(),
        Value::Tuple(items) if items.len() == 2 && key.as_str() == Some("list") => items.get(1).cloned(),
        Value::List(items) | Value::Tuple(items) => {
            position(key).and_then(|at| index(at, items.len())).and_then(|at| items.get(at)).cloned()
        }
        Value::String(text) => {
            let Some(at) = position(key) else { return Ok(None) };
            let found = index(at, text.chars().count()).and_then(|at| text.chars().nth(at));
            found.map(|found| {
                let part = Text::new(found.to_string());
                Value::String(if text.is_secret() { part.secret() } else { part })
            })
        }
        Value::Bytes(bytes) => position(key)
            .and_then(|at| index(at, bytes.len()))
            .and_then(|at| bytes.get(at))
            .map(|byte| Value::Int(i64::from(*byte))),
        Value::Object(object) => object.get(key)?,
        _ => None,
    })
}

fn position(key: &Value) -> Option<i64> {
    match key {
        Value::Int(number) => Some(*number),
        Value::Bool(bool) => Some(i64::from(*bool)),
        _ => None,
    }
}

/// The place that an index means in something of a length: negative ones count from the end.
pub(crate) fn index(index: i64, length: usize) -> Option<usize> {
    let index = if index < 0 { index.checked_add(i64::try_from(length).ok()?)? } else { index };
    usize::try_from(index).ok().filter(|index| *index < length)
}

/// What `value.key` is where there is no such thing.
pub(crate) fn missing(value: &Value, key: &Value) -> Value {
    let key_text = match key {
        Value::String(text) if text.is_secret() => "'********'".into(),
        Value::String(text) => format!("'{}'", text.as_str()),
        other => other.repr(),
    };
    let mut undefined =
        Undefined::new(format!("object of type '{}' has no attribute {key_text}", value.type_name()));
    // A long list of keys takes long to compare, and most of what is missing is given a default.
    if let (Value::Map(map), Some(name)) = (value, key.as_str())
        && map.len() <= 40
    {
        undefined.hint = did_you_mean(name, map.keys().filter_map(Value::as_str));
    }
    Value::from(undefined)
}

/// The parts of an attribute path such as `a.b.0`.
pub(crate) fn path_parts(path: &Value) -> Vec<Value> {
    match path.as_str() {
        Some(path) => path
            .split('.')
            .map(|part| match part.parse::<i64>() {
                Ok(number) if part.bytes().all(|byte| byte.is_ascii_digit()) => Value::Int(number),
                _ => Value::from(part),
            })
            .collect(),
        None => vec![path.clone()],
    }
}

/// What an attribute path such as `a.b.0` leads to.
pub(crate) fn take_path(evaluator: &mut Evaluator<'_>, value: &Value, path: &Value) -> Outcome {
    let mut value = evaluator.force(value)?;
    for part in path_parts(path) {
        value = evaluator.force(&item(&value, &part)?)?;
    }
    Ok(value)
}

/// `value[start:stop:step]`.
pub(crate) fn slice(value: &Value, start: &Value, stop: &Value, step: &Value) -> Outcome {
    crate::arguments::known(value)?;
    let bound = |value: &Value| match value {
        Value::Null => Ok(None),
        value => integer(value, "a slice's bound").map(Some),
    };
    let (start, stop, step) = (bound(start)?, bound(stop)?, bound(step)?.unwrap_or(1));
    match value {
        Value::List(items) => Ok(Value::List(Arc::new(sliced(items, start, stop, step)?))),
        Value::Tuple(items) => Ok(Value::Tuple(Arc::new(sliced(items, start, stop, step)?))),
        Value::String(text) => {
            let characters: Vec<char> = text.chars().collect();
            let part = Text::new(sliced(&characters, start, stop, step)?.into_iter().collect::<String>());
            Ok(Value::String(if text.is_secret() { part.secret() } else { part }))
        }
        Value::Bytes(bytes) => Ok(Value::Bytes(sliced(bytes, start, stop, step)?.into())),
        other => Err(Stop::new(format!("'{}' object is not subscriptable", other.type_name()))),
    }
}

fn sliced<T: Clone>(items: &[T], start: Option<i64>, stop: Option<i64>, step: i64) -> Outcome<Vec<T>> {
    if step == 0 {
        return Err(Stop::new("slice step cannot be zero"));
    }
    let length = i64::try_from(items.len()).unwrap_or(i64::MAX);
    let clamp = |bound: i64, low: i64, high: i64| {
        let bound = if bound < 0 { bound.saturating_add(length) } else { bound };
        bound.clamp(low, high)
    };
    let (mut at, stop) = if step > 0 {
        (start.map_or(0, |start| clamp(start, 0, length)), stop.map_or(length, |stop| clamp(stop, 0, length)))
    } else {
        (
            start.map_or(length - 1, |start| clamp(start, -1, length - 1)),
            stop.map_or(-1, |stop| clamp(stop, -1, length - 1)),
        )
    };
    let mut out = Vec::new();
    while (step > 0 && at < stop) || (step < 0 && at > stop) {
        out.extend(usize::try_from(at).ok().and_then(|at| items.get(at)).cloned());
        at = at.saturating_add(step);
    }
    Ok(out)
}
