use std::sync::Arc;

use value::{Map, Value};

use super::access::index;
use crate::arguments::{Arguments, flag, integer, integer_or, items, required};
use crate::outcome::{Outcome, Stop};
use crate::syntax::CHANGING_METHODS;

/// Whether a method of this name changes its list or dict.
pub(crate) fn is_mutating(name: &str) -> bool {
    CHANGING_METHODS.contains(&name)
}

/// Whether the value has a method of this name that changes it.
pub(crate) fn exists(value: &Value, name: &str) -> bool {
    match value {
        Value::List(_) => is_mutating(name) && is_list_method(name),
        Value::Map(_) => is_map_method(name),
        _ => false,
    }
}

/// Calls a method that changes its list or dict; `None` if the value has no such method.
pub(crate) fn mutate(value: &mut Value, name: &str, arguments: &Arguments) -> Option<Outcome> {
    match value {
        Value::List(list) if is_list_method(name) => {
            Some(mutate_list(Arc::make_mut(list), name, arguments.clone()))
        }
        Value::Map(map) if is_map_method(name) => {
            Some(mutate_map(Arc::make_mut(map), name, arguments.clone()))
        }
        _ => None,
    }
}

fn is_list_method(name: &str) -> bool {
    !matches!(name, "update" | "setdefault" | "popitem")
}

fn is_map_method(name: &str) -> bool {
    matches!(name, "pop" | "clear" | "update" | "setdefault" | "popitem")
}

fn mutate_list(list: &mut Vec<Value>, name: &str, arguments: Arguments) -> Outcome {
    match name {
        "append" => {
            let [item] = arguments.bind(["object"])?;
            list.push(required(item, "object")?);
        }
        "extend" => {
            let [more] = arguments.bind(["iterable"])?;
            list.extend(items(&required(more, "iterable")?)?);
        }
        "insert" => {
            let [at, item] = arguments.bind(["index", "object"])?;
            let at = integer(&required(at, "index")?, "the index")?;
            let length = i64::try_from(list.len()).unwrap_or(i64::MAX);
            let at = if at < 0 { at.saturating_add(length).max(0) } else { at.min(length) };
            list.insert(usize::try_from(at).unwrap_or(0).min(list.len()), required(item, "object")?);
        }
        "remove" => {
            let [item] = arguments.bind(["value"])?;
            let item = required(item, "value")?;
            let Some(at) = list.iter().position(|other| *other == item) else {
                return Err(Stop::new("list.remove(x): x not in list"));
            };
            list.remove(at);
        }
        "pop" => {
            let [at] = arguments.bind(["index"])?;
            if list.is_empty() {
                return Err(Stop::new("pop from empty list"));
            }
            let at = integer_or(at, -1, "the index")?;
            let Some(at) = index(at, list.len()) else { return Err(Stop::new("pop index out of range")) };
            return Ok(list.remove(at));
        }
        "clear" => list.clear(),
        "reverse" => list.reverse(),
        _ => {
            let [key, reverse] = arguments.bind(["key", "reverse"])?;
            if key.is_some_and(|key| !key.is_null()) {
                return Err(Stop::new("sort(key=...) is not supported: use the sort filter"));
            }
            super::operators::sort(list)?;
            if flag(reverse, false)? {
                list.reverse();
            }
        }
    }
    Ok(Value::Null)
}

fn mutate_map(map: &mut Map, name: &str, mut arguments: Arguments) -> Outcome {
    match name {
        "update" => {
            if !arguments.positional.is_empty() {
                let other = arguments.first()?;
                map.extend(pairs(&other)?);
            }
            map.extend(arguments.named.into_iter().map(|(name, value)| (Value::string(name), value)));
            Ok(Value::Null)
        }
        "setdefault" => {
            let [key, default] = arguments.bind(["key", "default"])?;
            Ok(map.entry(required(key, "key")?).or_insert(default.unwrap_or_default()).clone())
        }
        "pop" => {
            let [key, default] = arguments.bind(["key", "default"])?;
            let key = required(key, "key")?;
            map.shift_remove(&key)
                .or(default)
                .ok_or_else(|| Stop::new(format!("there is no key {} to pop", key.repr())))
        }
        "popitem" => match map.pop() {
            Some((key, value)) => Ok(Value::Tuple(Arc::new(vec![key, value]))),
            None => Err(Stop::new("popitem(): dictionary is empty")),
        },
        _ => {
            map.clear();
            Ok(Value::Null)
        }
    }
}

/// The entries of a dict, or of a list of pairs.
pub(crate) fn pairs(value: &Value) -> Outcome<Vec<(Value, Value)>> {
    if let Value::Map(map) = value {
        return Ok(map.iter().map(|(key, value)| (key.clone(), value.clone())).collect());
    }
    items(value)?
        .iter()
        .map(|pair| match items(pair)?.as_slice() {
            [key, value] => Ok((key.clone(), value.clone())),
            other => Err(Stop::new(format!("a dict is made of pairs, not of {} items", other.len()))),
        })
        .collect()
}
