//! What something is.

use value::Value;

use super::{answer, only};
use crate::arguments::{Arguments, flag, required, text};
use crate::evaluate::{Evaluator, is_callable};
use crate::outcome::Outcome;

pub(super) fn defined(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    answer(!only(arguments)?.is_undefined())
}

pub(super) fn undefined(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    answer(only(arguments)?.is_undefined())
}

pub(super) fn boolean(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    answer(matches!(only(arguments)?, Value::Bool(_)))
}

pub(super) fn is_true(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    answer(matches!(only(arguments)?, Value::Bool(true)))
}

pub(super) fn is_false(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    answer(matches!(only(arguments)?, Value::Bool(false)))
}

pub(super) fn none(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    answer(only(arguments)?.is_null())
}

pub(super) fn string(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    answer(matches!(only(arguments)?, Value::String(_)))
}

pub(super) fn integer(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    answer(only(arguments)?.is_integer())
}

pub(super) fn float(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    answer(matches!(only(arguments)?, Value::Float(_)))
}

pub(super) fn number(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    answer(matches!(only(arguments)?, Value::Int(_) | Value::BigInt(_) | Value::Float(_) | Value::Bool(_)))
}

pub(super) fn mapping(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    answer(is_mapping(&only(arguments)?)?)
}

fn is_mapping(value: &Value) -> Outcome<bool> {
    Ok(match value {
        Value::Map(_) => true,
        // Such as hostvars.
        Value::Object(object) => object.iterate()?.is_some(),
        _ => false,
    })
}

pub(super) fn sequence(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let value = only(arguments)?;
    answer(
        matches!(value, Value::String(_) | Value::List(_) | Value::Tuple(_) | Value::Bytes(_))
            || is_mapping(&value)?,
    )
}

pub(super) fn iterable(evaluator: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    sequence(evaluator, arguments)
}

pub(super) fn callable(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    answer(is_callable(&only(arguments)?))
}

pub(super) fn escaped(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    only(arguments)?;
    answer(false)
}

pub(super) fn filter(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    answer(crate::filters::find(&text(&only(arguments)?)?).is_some())
}

pub(super) fn test(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    answer(super::find(&text(&only(arguments)?)?).is_some())
}

pub(super) fn nan(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    answer(only(arguments)?.as_f64().is_some_and(f64::is_nan))
}

/// Python's truth, or that of the loose words such as `yes`.
fn truth(arguments: Arguments) -> Outcome<bool> {
    let [value, convert] = arguments.bind(["value", "convert_bool"])?;
    let value = required(value, "value")?;
    if flag(convert, false)?
        && let Ok(bool) = value::Convert::to_bool(&value)
    {
        return Ok(bool);
    }
    Ok(value.is_true())
}

pub(super) fn truthy(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    answer(truth(arguments)?)
}

pub(super) fn falsy(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    answer(!truth(arguments)?)
}
