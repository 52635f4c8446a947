//! What became of a task.

use value::Value;

use super::{answer, only};
use crate::arguments::{Arguments, known};
use crate::evaluate::Evaluator;
use crate::outcome::{Outcome, Stop};

/// Whether the result's entry of this name is true; `None` where there is no such entry.
fn entry(evaluator: &mut Evaluator<'_>, result: &Value, name: &str) -> Outcome<Option<bool>> {
    known(result)?;
    let Value::Map(map) = result else {
        return Err(Stop::new(format!("The '{name}' test expects a dictionary")));
    };
    let Some(value) = map.get(name) else { return Ok(None) };
    let value = evaluator.force(value)?;
    known(&value)?;
    Ok(Some(value.is_true()))
}

fn is(evaluator: &mut Evaluator<'_>, arguments: Arguments, name: &str) -> Outcome<bool> {
    Ok(entry(evaluator, &only(arguments)?, name)?.unwrap_or(false))
}

pub(super) fn failed(evaluator: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    answer(is(evaluator, arguments, "failed")?)
}

pub(super) fn succeeded(evaluator: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    answer(!is(evaluator, arguments, "failed")?)
}

pub(super) fn changed(evaluator: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let result = only(arguments)?;
    if let Some(changed) = entry(evaluator, &result, "changed")? {
        return answer(changed);
    }
    let Some(results) = result.get("results").and_then(Value::as_list) else { return answer(false) };
    for result in results {
        if result.as_map().is_some() && entry(evaluator, result, "changed")? == Some(true) {
            return answer(true);
        }
    }
    answer(false)
}

pub(super) fn skipped(evaluator: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    answer(is(evaluator, arguments, "skipped")?)
}

pub(super) fn unreachable(evaluator: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    answer(is(evaluator, arguments, "unreachable")?)
}

pub(super) fn reachable(evaluator: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    answer(!is(evaluator, arguments, "unreachable")?)
}

pub(super) fn timedout(evaluator: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let result = only(arguments)?;
    if entry(evaluator, &result, "timedout")? != Some(true) {
        return answer(false);
    }
    answer(result.get("timedout").and_then(|timedout| timedout.get("period")).is_some_and(Value::is_true))
}

/// What was not started in the background is finished, and was started.
pub(super) fn finished(evaluator: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    answer(entry(evaluator, &only(arguments)?, "finished")?.unwrap_or(true))
}

pub(super) fn started(evaluator: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    answer(entry(evaluator, &only(arguments)?, "started")?.unwrap_or(true))
}
