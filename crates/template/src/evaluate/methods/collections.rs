use std::sync::Arc;

use value::Value;

use super::Method;
use crate::arguments::{Arguments, integer, map, mapping, required};
use crate::outcome::{Outcome, Stop};

/// The methods of lists and tuples that change nothing.
pub(super) const LIST_METHODS: &[Method] = &[("copy", copy), ("count", count), ("index", index)];

/// The methods of dicts that change nothing.
pub(super) const MAP_METHODS: &[Method] =
    &[("copy", copy), ("get", get), ("items", items), ("keys", keys), ("values", values)];

/// The methods of objects that are dicts to those who look at them.
pub(super) const OBJECT_METHODS: &[Method] =
    &[("get", get_of_object), ("items", items), ("keys", keys_of_object), ("values", values)];

fn get_of_object(arguments: Arguments) -> Outcome {
    let [value, key, default] = arguments.bind(["self", "key", "default"])?;
    let (value, key) = (required(value, "self")?, required(key, "key")?);
    let Value::Object(object) = &value else { return Ok(Value::Null) };
    Ok(object.get(&key)?.or(default).unwrap_or_default())
}

fn keys_of_object(arguments: Arguments) -> Outcome {
    let [value] = arguments.bind(["self"])?;
    Ok(Value::List(Arc::new(crate::arguments::items(&required(value, "self")?)?)))
}

fn copy(arguments: Arguments) -> Outcome {
    let [value] = arguments.bind(["self"])?;
    required(value, "self")
}

fn count(arguments: Arguments) -> Outcome {
    let [list, item] = arguments.bind(["self", "value"])?;
    let (list, item) = (required(list, "self")?, required(item, "value")?);
    Ok(Value::from(list.as_list().unwrap_or_default().iter().filter(|other| **other == item).count()))
}

fn index(arguments: Arguments) -> Outcome {
    let [list, item, start, stop] = arguments.bind(["self", "value", "start", "stop"])?;
    let (list, item) = (required(list, "self")?, required(item, "value")?);
    let items = list.as_list().unwrap_or_default();
    let length = i64::try_from(items.len()).unwrap_or(i64::MAX);
    let bound = |bound: Option<Value>, default: i64| -> Outcome<usize> {
        let bound = bound.map_or(Ok(default), |bound| integer(&bound, "a bound"))?;
        let bound = if bound < 0 { bound.saturating_add(length) } else { bound };
        Ok(usize::try_from(bound.clamp(0, length)).unwrap_or(0))
    };
    let (start, stop) = (bound(start, 0)?, bound(stop, length)?);
    items
        .iter()
        .enumerate()
        .take(stop)
        .skip(start)
        .find(|(_, other)| **other == item)
        .map(|(at, _)| Value::from(at))
        .ok_or_else(|| Stop::new(format!("{} is not in list", item.repr())))
}

fn get(arguments: Arguments) -> Outcome {
    let [value, key, default] = arguments.bind(["self", "key", "default"])?;
    let (value, key) = (required(value, "self")?, required(key, "key")?);
    Ok(map(&value, "the value")?.get(&key).cloned().or(default).unwrap_or_default())
}

fn items(arguments: Arguments) -> Outcome {
    let [value] = arguments.bind(["self"])?;
    let value = required(value, "self")?;
    let pair = |(key, value): (&Value, &Value)| Value::Tuple(Arc::new(vec![key.clone(), value.clone()]));
    let value = mapping(value)?;
    Ok(Value::List(Arc::new(map(&value, "the value")?.iter().map(pair).collect())))
}

fn keys(arguments: Arguments) -> Outcome {
    let [value] = arguments.bind(["self"])?;
    let value = required(value, "self")?;
    Ok(Value::List(Arc::new(map(&value, "the value")?.keys().cloned().collect())))
}

fn values(arguments: Arguments) -> Outcome {
    let [value] = arguments.bind(["self"])?;
    let value = required(value, "self")?;
    let value = mapping(value)?;
    Ok(Value::List(Arc::new(map(&value, "the value")?.values().cloned().collect())))
}
