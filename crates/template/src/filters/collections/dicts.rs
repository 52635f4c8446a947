//! Filters of community.general that make dicts.

use value::{Map, Value};

use crate::arguments::{Arguments, items, required, text};
use crate::evaluate::{Evaluator, item, pairs};
use crate::outcome::{Outcome, Stop};

/// The dict of one key and its value.
pub(super) fn dict_kv(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let [value, key] = arguments.bind(["value", "key"])?;
    let (value, key) = (required(value, "value")?, required(key, "key")?);
    Ok(Value::from(Map::from_iter([(key, value)])))
}

/// The dict of pairs.
pub(super) fn dict(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let [value] = arguments.bind(["sequence"])?;
    Ok(Value::from(Map::from_iter(pairs(&required(value, "sequence")?)?)))
}

/// How often each item is there.
pub(super) fn counter(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let [value] = arguments.bind(["sequence"])?;
    let mut counts: indexmap::IndexMap<Value, i64> = indexmap::IndexMap::new();
    for item in items(&required(value, "sequence")?)? {
        *counts.entry(item).or_default() += 1;
    }
    Ok(Value::from(counts.into_iter().map(|(item, count)| (item, Value::Int(count))).collect::<Map>()))
}

/// Dicts by the value of one of their keys, which has to be different in each of them.
pub(super) fn groupby_as_dict(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let [value, attribute] = arguments.bind(["sequence", "attribute"])?;
    let attribute = required(attribute, "attribute")?;
    let mut out = Map::new();
    for entry in items(&required(value, "sequence")?)? {
        let key = item(&entry, &attribute)?;
        if let Value::Undefined(_) = key {
            return Err(Stop::new(format!(
                "Attribute not contained in element of sequence: {}",
                text(&attribute)?
            )));
        }
        if out.contains_key(&key) {
            return Err(Stop::new(format!("Multiple sequence entries have attribute value {}", key.repr())));
        }
        out.insert(key, entry);
    }
    Ok(Value::from(out))
}
