//! What is in a list.

use value::Value;

use super::{answer, only};
use crate::arguments::{Arguments, items, required};
use crate::evaluate::{Evaluator, contains as value_contains};
use crate::outcome::Outcome;

pub(super) fn all(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    answer(items(&only(arguments)?)?.iter().all(Value::is_true))
}

pub(super) fn any(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    answer(items(&only(arguments)?)?.iter().any(Value::is_true))
}

pub(super) fn contains(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let [haystack, needle] = arguments.bind(["seq", "value"])?;
    answer(value_contains(&required(haystack, "seq")?, &required(needle, "value")?)?)
}

fn two(arguments: Arguments) -> Outcome<(Vec<Value>, Vec<Value>)> {
    let [left, right] = arguments.bind(["a", "b"])?;
    Ok((items(&required(left, "a")?)?, items(&required(right, "b")?)?))
}

pub(super) fn subset(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let (left, right) = two(arguments)?;
    answer(left.iter().all(|item| right.contains(item)))
}

pub(super) fn superset(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let (left, right) = two(arguments)?;
    answer(right.iter().all(|item| left.contains(item)))
}
