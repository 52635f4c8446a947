//! Filters of community.general that choose and rename the keys of dicts in a list.

use std::sync::Arc;

use value::{Map, Value};

use crate::arguments::{Arguments, required, text, text_or};
use crate::evaluate::Evaluator;
use crate::outcome::{Outcome, Stop};
use crate::pattern::Pattern;

/// The dicts with nothing but the keys that are meant.
pub(super) fn keep_keys(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let [data, target, parameter] = arguments.bind(["data", "target", "matching_parameter"])?;
    let targets = Targets::read(target, parameter)?;
    each(data, |map| {
        let mut kept = Map::new();
        for (key, value) in map.iter() {
            if targets.mean(key)? {
                kept.insert(key.clone(), value.clone());
            }
        }
        Ok(kept)
    })
}

/// The dicts without the keys that are meant.
pub(super) fn remove_keys(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let [data, target, parameter] = arguments.bind(["data", "target", "matching_parameter"])?;
    let targets = Targets::read(target, parameter)?;
    each(data, |map| {
        let mut kept = Map::new();
        for (key, value) in map.iter() {
            if !targets.mean(key)? {
                kept.insert(key.clone(), value.clone());
            }
        }
        Ok(kept)
    })
}

/// The dicts with the keys that are meant by each `before` called as its `after`.
pub(super) fn replace_keys(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let [data, target, parameter] = arguments.bind(["data", "target", "matching_parameter"])?;
    let target = required(target, "target")?;
    let pairs =
        target.as_list().ok_or_else(|| Stop::new("The target must be a list of 'before' and 'after'."))?;
    let mut replaced = Vec::with_capacity(pairs.len());
    for pair in pairs {
        let part = |name: &str| {
            let found = pair.as_map().and_then(|pair| pair.get(name)).cloned();
            found.ok_or_else(|| {
                Stop::new(format!("Each item of the target needs the key '{name}': {}", pair.repr()))
            })
        };
        replaced.push((Targets::read(Some(part("before")?), parameter.clone())?, part("after")?));
    }
    each(data, |map| {
        let mut out = Map::new();
        for (key, value) in map.iter() {
            let mut name = key;
            for (before, after) in &replaced {
                if before.mean(key)? {
                    name = after;
                    break;
                }
            }
            out.insert(name.clone(), value.clone());
        }
        Ok(out)
    })
}

/// The list with each of its dicts changed.
fn each(data: Option<Value>, change: impl Fn(&Map) -> Outcome<Map>) -> Outcome {
    let data = required(data, "data")?;
    let Some(items) = data.as_list() else {
        return Err(Stop::new(format!(
            "First argument must be a list. {} is {}",
            data.repr(),
            data.type_name()
        )));
    };
    let mut out = Vec::with_capacity(items.len());
    for item in items {
        let Some(map) = item.as_map() else {
            return Err(Stop::new(format!(
                "Elements of the data list must be dictionaries. {} is {}",
                item.repr(),
                item.type_name()
            )));
        };
        out.push(Value::from(change(map)?));
    }
    Ok(Value::List(Arc::new(out)))
}

/// How keys are meant.
enum Targets {
    Equal(Vec<String>),
    StartsWith(Vec<String>),
    EndsWith(Vec<String>),
    Regex(Arc<Pattern>),
}

impl Targets {
    fn read(target: Option<Value>, parameter: Option<Value>) -> Outcome<Targets> {
        let texts = match &target {
            Some(Value::String(one)) => vec![one.to_string()],
            Some(Value::List(items) | Value::Tuple(items)) => {
                items.iter().map(text).collect::<Outcome<Vec<_>>>()?
            }
            other => {
                let kind = other.as_ref().map_or("NoneType", Value::type_name);
                return Err(Stop::new(format!("The target must be a string or a list. target is {kind}.")));
            }
        };
        Ok(match text_or(parameter, "equal")?.as_str() {
            "equal" => Targets::Equal(texts),
            "starts_with" => Targets::StartsWith(texts),
            "ends_with" => Targets::EndsWith(texts),
            "regex" => match texts.as_slice() {
                [one] => Targets::Regex(Pattern::new(one, false, false)?),
                _ => {
                    return Err(Stop::new(
                        "Single item is required in the target list if matching_parameter=regex.",
                    ));
                }
            },
            other => {
                return Err(Stop::new(format!(
                    "The matching_parameter must be one of ['equal', 'starts_with', 'ends_with', 'regex']. \
                     matching_parameter='{other}'"
                )));
            }
        })
    }

    fn mean(&self, key: &Value) -> Outcome<bool> {
        let key = text(key)?;
        Ok(match self {
            Targets::Equal(texts) => texts.contains(&key),
            Targets::StartsWith(texts) => texts.iter().any(|text| key.starts_with(text)),
            Targets::EndsWith(texts) => texts.iter().any(|text| key.ends_with(text)),
            Targets::Regex(pattern) => pattern.matches_start(&key)?,
        })
    }
}
