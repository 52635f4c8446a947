//! Lists of dicts merged by one of their keys.

use std::sync::Arc;

use value::Value;

use crate::arguments::{Arguments, items, list};
use crate::evaluate::{Evaluator, item, sort_by};
use crate::filters::maps::combine;
use crate::outcome::{Outcome, Stop};

/// The dicts of all lists, those with the same value of the key merged, sorted by it. Lists of lists are taken apart.
pub(super) fn lists_mergeby(evaluator: &mut Evaluator<'_>, mut arguments: Arguments) -> Outcome {
    let Some(index) = arguments.positional.pop().filter(|_| !arguments.positional.is_empty()) else {
        return Err(Stop::new("At least one list is needed, and the name of the key by which it is merged."));
    };
    let mut merged: Vec<(Value, Value)> = Vec::new();
    for given in &arguments.positional {
        for entry in list(given, "what is merged")? {
            let entries = if entry.as_list().is_some() { items(entry)? } else { vec![entry.clone()] };
            for dict in entries {
                if dict.as_map().is_none() {
                    return Err(Stop::new(format!(
                        "Elements of list arguments for lists_mergeby must be dictionaries. {} is {}.",
                        dict.repr(),
                        dict.type_name()
                    )));
                }
                let key = item(&dict, &index)?;
                // Those without the key are left out.
                if key.is_undefined() {
                    continue;
                }
                match merged.iter_mut().find(|(other, _)| *other == key) {
                    Some((_, known)) => {
                        let positional = vec![known.clone(), dict];
                        *known =
                            combine(evaluator, Arguments { positional, named: arguments.named.clone() })?;
                    }
                    None => merged.push((key, dict)),
                }
            }
        }
    }
    sort_by(&mut merged, |(key, _)| key)?;
    Ok(Value::List(Arc::new(merged.into_iter().map(|(_, dict)| dict).collect())))
}
