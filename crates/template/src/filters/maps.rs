//! Filters over dicts.

use std::sync::Arc;

use value::{Map, Value};

use super::selection::folded;
use crate::arguments::{Arguments, flag, items, known, map, mapping, required, text, text_or};
use crate::evaluate::{Evaluator, item, sort_by};
use crate::outcome::{Outcome, Stop};

pub(super) fn dict2items(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let [value, key_name, value_name] = arguments.bind(["mydict", "key_name", "value_name"])?;
    let value = mapping(required(value, "mydict")?)?;
    let (key_name, value_name) = (text_or(key_name, "key")?, text_or(value_name, "value")?);
    let entries = value.as_map().ok_or_else(|| {
        let found = value.type_name();
        Stop::new(format!("dict2items requires a dictionary, got <class '{found}'> instead."))
    })?;
    let pair = |(key, value): (&Value, &Value)| {
        Value::map([(key_name.as_str(), key.clone()), (value_name.as_str(), value.clone())])
    };
    Ok(Value::List(Arc::new(entries.iter().map(pair).collect())))
}

pub(super) fn items2dict(evaluator: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let [value, key_name, value_name] = arguments.bind(["mylist", "key_name", "value_name"])?;
    let value = required(value, "mylist")?;
    let (key_name, value_name) = (text_or(key_name, "key")?, text_or(value_name, "value")?);
    let mut out = Map::new();
    let entries = value.as_list().ok_or_else(|| {
        let found = value.type_name();
        Stop::new(format!("items2dict requires a list, got <class '{found}'> instead."))
    })?;
    for entry in entries {
        let entry = evaluator.force(entry)?;
        known(&entry)?;
        let Value::Map(entry) = entry else {
            let given = value.repr();
            return Err(Stop::new(format!(
                "items2dict requires a list of dictionaries, got {given} instead."
            )));
        };
        let (Some(key), Some(value)) = (entry.get(key_name.as_str()), entry.get(value_name.as_str())) else {
            let given = evaluator.resolve(&value)?.repr();
            return Err(Stop::new(format!(
                "items2dict requires each dictionary in the list to contain the keys '{key_name}' and \
                 '{value_name}', got {given} instead."
            )));
        };
        out.insert(evaluator.force(key)?, value.clone());
    }
    Ok(Value::from(out))
}

pub(super) fn dictsort(evaluator: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let [value, case_sensitive, by, reverse] =
        arguments.bind(["value", "case_sensitive", "by", "reverse"])?;
    let value = required(value, "value")?;
    let case_sensitive = flag(case_sensitive, false)?;
    let by_value = match text_or(by, "key")?.as_str() {
        "key" => false,
        "value" => true,
        _ => return Err(Stop::new("you can only sort by either 'key' or 'value'")),
    };
    let mut entries = Vec::new();
    for (key, value) in map(&value, "the value")? {
        let value = evaluator.force(value)?;
        let sorted_by = folded(if by_value { &value } else { key }, case_sensitive);
        entries.push((sorted_by, key.clone(), value));
    }
    // What is equal stays in order also when the order is turned round.
    let reverse = flag(reverse, false)?;
    if reverse {
        entries.reverse();
    }
    sort_by(&mut entries, |(sorted_by, ..)| sorted_by)?;
    if reverse {
        entries.reverse();
    }
    let pair = |(_, key, value)| Value::Tuple(Arc::new(vec![key, value]));
    Ok(Value::List(Arc::new(entries.into_iter().map(pair).collect())))
}

/// What to do where both dicts have a list under a key.
#[derive(Clone, Copy)]
enum ListMerge {
    Replace,
    Keep,
    Append,
    Prepend,
    AppendWithoutRepeats,
    PrependWithoutRepeats,
}

pub(super) fn combine(evaluator: &mut Evaluator<'_>, mut arguments: Arguments) -> Outcome {
    let recursive = flag(arguments.take("recursive"), false)?;
    let list_merge = match text_or(arguments.take("list_merge"), "replace")?.as_str() {
        "replace" => ListMerge::Replace,
        "keep" => ListMerge::Keep,
        "append" => ListMerge::Append,
        "prepend" => ListMerge::Prepend,
        "append_rp" => ListMerge::AppendWithoutRepeats,
        "prepend_rp" => ListMerge::PrependWithoutRepeats,
        other => {
            let known = "'replace', 'keep', 'append', 'prepend', 'append_rp' or 'prepend_rp'";
            let error =
                diag::Error::new(format!("merge_hash: 'list_merge' argument can only be equal to {known}"));
            return Err(error.hint(format!("it is '{other}'")).into());
        }
    };
    if !arguments.named.is_empty() {
        return Err(Stop::new("'recursive' and 'list_merge' are the only valid keyword arguments"));
    }
    let mut dicts = Vec::new();
    open(evaluator, &arguments.positional, true, &mut dicts)?;
    // The last ones are what Ansible begins with.
    let wrong = dicts.windows(2).rev().find(|pair| !pair.iter().all(|value| matches!(value, Value::Map(_))));
    if let Some([base, other]) = wrong {
        return Err(Stop::new(format!(
            "failed to combine variables, expected dicts but got a '{}' and a '{}'.",
            base.type_name(),
            other.type_name()
        )));
    }
    let mut dicts = dicts.into_iter();
    let Some(mut merged) = dicts.next() else { return Ok(Value::Map(Arc::default())) };
    for dict in dicts {
        merged = match (merged, dict) {
            (Value::Map(base), Value::Map(other)) => {
                Value::Map(merge(evaluator, base, &other, recursive, list_merge)?)
            }
            (_, other) => other,
        };
    }
    Ok(merged)
}

/// The values that are to be merged, with lists opened, but not the lists in lists.
fn open(evaluator: &mut Evaluator<'_>, values: &[Value], opens: bool, out: &mut Vec<Value>) -> Outcome<()> {
    for value in values {
        match mapping(evaluator.force(value)?)? {
            Value::Null => {}
            Value::List(items) | Value::Tuple(items) if opens => open(evaluator, &items, false, out)?,
            value => {
                crate::arguments::known(&value)?;
                out.push(value);
            }
        }
    }
    Ok(())
}

fn merge(
    evaluator: &mut Evaluator<'_>,
    mut base: Arc<Map>,
    other: &Arc<Map>,
    recursive: bool,
    list_merge: ListMerge,
) -> Outcome<Arc<Map>> {
    if base.is_empty() {
        return Ok(Arc::clone(other));
    }
    let merged = Arc::make_mut(&mut base);
    for (key, new) in other.iter() {
        let Some(old) = merged.get(key) else {
            merged.insert(key.clone(), new.clone());
            continue;
        };
        // Values are only looked at where it matters what they are, so that the others may stay templates.
        let value = if recursive || !matches!(list_merge, ListMerge::Replace) {
            match (evaluator.force(old)?, evaluator.force(new)?) {
                (Value::Map(old), Value::Map(new)) if recursive => {
                    Value::Map(merge(evaluator, old, &new, recursive, list_merge)?)
                }
                (Value::List(old), Value::List(new)) => {
                    Value::List(Arc::new(merge_lists(&old, &new, list_merge)))
                }
                (_, new) => new,
            }
        } else {
            new.clone()
        };
        merged.insert(key.clone(), value);
    }
    Ok(base)
}

fn merge_lists(old: &[Value], new: &[Value], how: ListMerge) -> Vec<Value> {
    let without = |list: &[Value], other: &[Value]| -> Vec<Value> {
        list.iter().filter(|item| !other.contains(item)).cloned().collect()
    };
    match how {
        ListMerge::Replace => new.to_vec(),
        ListMerge::Keep => old.to_vec(),
        ListMerge::Append => [old, new].concat(),
        ListMerge::Prepend => [new, old].concat(),
        ListMerge::AppendWithoutRepeats => [without(old, new).as_slice(), new].concat(),
        ListMerge::PrependWithoutRepeats => [new, without(old, new).as_slice()].concat(),
    }
}

pub(super) fn rekey_on_member(evaluator: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let [value, key, duplicates] = arguments.bind(["data", "key", "duplicates"])?;
    let (value, key) = (required(value, "data")?, required(key, "key")?);
    let overwrite = match text_or(duplicates, "error")?.as_str() {
        "error" => false,
        "overwrite" => true,
        other => {
            return Err(Stop::new(format!(
                "duplicates parameter to rekey_on_member has unknown value '{other}'"
            )));
        }
    };
    let elements = match &value {
        Value::Map(map) => map.values().cloned().collect(),
        Value::List(_) | Value::Tuple(_) => items(&value)?,
        _ => return Err(Stop::new("Type is not a valid list, set, or dict")),
    };
    let mut out = Map::new();
    for element in elements {
        let element = evaluator.force(&element)?;
        if element.as_map().is_none() {
            return Err(Stop::new("List item is not a valid dict"));
        }
        let member = evaluator.force(&item(&element, &key)?)?;
        if member.is_undefined() {
            return Err(Stop::new(format!("Key {} was not found.", key.repr())));
        }
        if !overwrite && out.contains_key(&member) {
            return Err(Stop::new(format!("Key {} is not unique, cannot convert to dict.", text(&member)?)));
        }
        out.insert(member, element);
    }
    Ok(Value::from(out))
}
