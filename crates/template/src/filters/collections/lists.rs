//! Filters of community.general over any number of lists.

use std::sync::Arc;

use indexmap::IndexSet;
use value::Value;

use crate::arguments::{Arguments, flag, items};
use crate::evaluate::Evaluator;
use crate::outcome::{Outcome, Stop};

/// All items of all lists.
pub(super) fn union(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    joined(arguments, |left, right| left.iter().chain(right).cloned().collect())
}

/// The items that all lists have.
pub(super) fn intersect(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    joined(arguments, |left, right| left.intersection(right).cloned().collect())
}

/// The items of the first list that no other has.
pub(super) fn difference(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    joined(arguments, |left, right| left.difference(right).cloned().collect())
}

/// The items of either list, list by list.
pub(super) fn symmetric_difference(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    joined(arguments, |left, right| left.symmetric_difference(right).cloned().collect())
}

type Items = IndexSet<Value>;

/// Joins the lists, each item once, in the order in which they come. With `flatten` the lists are what the lists hold.
fn joined(mut arguments: Arguments, join: impl Fn(&Items, &Items) -> Items) -> Outcome {
    let flatten = flag(arguments.take("flatten"), false)?;
    if let Some((name, _)) = arguments.named.first() {
        return Err(Stop::new(format!("there is no argument named '{name}'")));
    }
    let mut lists = Vec::new();
    for argument in &arguments.positional {
        if flatten {
            lists.extend(items(argument)?);
        } else {
            lists.push(argument.clone());
        }
    }
    let mut sets = Vec::with_capacity(lists.len());
    for list in &lists {
        sets.push(items(list)?.into_iter().collect::<Items>());
    }
    let joined = sets.into_iter().reduce(|left, right| join(&left, &right)).unwrap_or_default();
    Ok(Value::List(Arc::new(joined.into_iter().collect())))
}
