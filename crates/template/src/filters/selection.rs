//! Filters that choose or change items by other filters, tests and attributes.

use std::sync::Arc;

use value::Value;

use crate::arguments::{Arguments, flag, items, required, string};
use crate::evaluate::{Evaluator, attribute, item, take_path, truth};
use crate::jinja_tests;
use crate::outcome::Outcome;
use crate::syntax::{Place, unknown_filter, unknown_test};

pub(super) fn map(evaluator: &mut Evaluator<'_>, mut arguments: Arguments) -> Outcome {
    let values = items(&arguments.first()?)?;
    let mut mapped = Vec::with_capacity(values.len());
    if arguments.positional.is_empty() {
        let [path, default] = arguments.bind(["attribute", "default"])?;
        let path = required(path, "attribute")?;
        for value in values {
            let found = take_path(evaluator, &value, &path)?;
            mapped.push(match (&default, found) {
                (Some(default), Value::Undefined(_)) => default.clone(),
                (_, found) => found,
            });
        }
        return Ok(Value::List(Arc::new(mapped)));
    }
    let name = arguments.first()?;
    let name = string(&name, "the filter's name")?;
    let filter = super::find(name).ok_or_else(|| unknown_filter(name))?;
    for value in values {
        let mut inner = arguments.clone();
        inner.positional.insert(0, evaluator.force(&value)?);
        mapped.push(evaluator.apply_filter(filter, inner, Place::default())?);
    }
    Ok(Value::List(Arc::new(mapped)))
}

pub(super) fn select(evaluator: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    chosen(evaluator, arguments, false, true)
}

pub(super) fn reject(evaluator: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    chosen(evaluator, arguments, false, false)
}

pub(super) fn selectattr(evaluator: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    chosen(evaluator, arguments, true, true)
}

pub(super) fn rejectattr(evaluator: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    chosen(evaluator, arguments, true, false)
}

/// The items whose test, or whose own truth, is as wanted.
fn chosen(
    evaluator: &mut Evaluator<'_>,
    mut arguments: Arguments,
    by_attribute: bool,
    wanted: bool,
) -> Outcome {
    let values = items(&arguments.first()?)?;
    let path = if by_attribute {
        Some(arguments.take("attribute").map_or_else(|| arguments.first(), Ok)?)
    } else {
        None
    };
    let test = if arguments.positional.is_empty() {
        None
    } else {
        let name = arguments.first()?;
        let name = string(&name, "the test's name")?;
        Some(jinja_tests::find(name).ok_or_else(|| unknown_test(name))?)
    };
    let mut kept = Vec::new();
    for value in values {
        let value = evaluator.force(&value)?;
        let subject = match &path {
            Some(path) => take_path(evaluator, &value, path)?,
            None => value.clone(),
        };
        let answer = match test {
            Some(test) => {
                let mut inner = arguments.clone();
                inner.positional.insert(0, subject);
                evaluator.apply_test(test, inner, Place::default())?
            }
            None => subject,
        };
        if truth(&answer)? == wanted {
            kept.push(value);
        }
    }
    Ok(Value::List(Arc::new(kept)))
}

pub(super) fn attr(evaluator: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let [value, name] = arguments.bind(["obj", "name"])?;
    let (value, name) = (required(value, "obj")?, required(name, "name")?);
    let name = string(&name, "the attribute's name")?.shared();
    // The attributes of a dict are its methods; its items are no attributes here.
    let found = match &value {
        Value::Map(map) if map.contains_key(&*name) => attribute(&Value::Map(Arc::default()), &name)?,
        value => attribute(value, &name)?,
    };
    evaluator.force(&found)
}

pub(super) fn extract(evaluator: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let [key, container, more] = arguments.bind(["item", "container", "morekeys"])?;
    let mut keys = vec![required(key, "item")?];
    match more {
        None | Some(Value::Null) => {}
        Some(Value::List(more) | Value::Tuple(more)) => keys.extend(more.iter().cloned()),
        Some(more) => keys.push(more),
    }
    let mut value = required(container, "container")?;
    for key in keys {
        value = evaluator.force(&item(&value, &key)?)?;
    }
    Ok(value)
}

pub(super) fn groupby(evaluator: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let [value, path, default, case_sensitive] =
        arguments.bind(["value", "attribute", "default", "case_sensitive"])?;
    let path = required(path, "attribute")?;
    let case_sensitive = flag(case_sensitive, false)?;
    let mut keyed = Vec::new();
    for value in items(&required(value, "value")?)? {
        let key = match (take_path(evaluator, &value, &path)?, &default) {
            (Value::Undefined(_), Some(default)) => default.clone(),
            (key, _) => key,
        };
        keyed.push((folded(&key, case_sensitive), key, value));
    }
    crate::evaluate::sort_by(&mut keyed, |(folded, ..)| folded)?;
    let mut groups: Vec<(Value, Value, Vec<Value>)> = Vec::new();
    for (folded, key, value) in keyed {
        match groups.last_mut() {
            Some((last, _, values)) if *last == folded => values.push(value),
            _ => groups.push((folded, key, vec![value])),
        }
    }
    let pair = |(_, key, values)| Value::Tuple(Arc::new(vec![key, Value::List(Arc::new(values))]));
    Ok(Value::List(Arc::new(groups.into_iter().map(pair).collect())))
}

/// The value as it is compared: text without regard to case, unless asked.
pub(super) fn folded(value: &Value, case_sensitive: bool) -> Value {
    match value {
        Value::String(text) if !case_sensitive => Value::string(text.to_lowercase()),
        other => other.clone(),
    }
}
