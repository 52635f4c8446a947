//! How something compares.

use num_traits::Zero;
use value::{BigInt, Value};

use super::{answer, only};
use crate::arguments::{Arguments, required, text};
use crate::evaluate::{self, Evaluator};
use crate::outcome::{Outcome, Stop};

fn two(arguments: Arguments) -> Outcome<(Value, Value)> {
    let [left, right] = arguments.bind(["value", "other"])?;
    Ok((required(left, "value")?, required(right, "other")?))
}

pub(super) fn equal(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let (left, right) = two(arguments)?;
    answer(evaluate::equal(&left, &right)?)
}

pub(super) fn unequal(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let (left, right) = two(arguments)?;
    answer(!evaluate::equal(&left, &right)?)
}

pub(super) fn less(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let (left, right) = two(arguments)?;
    answer(evaluate::order(&left, &right, "<")?.is_lt())
}

pub(super) fn less_or_equal(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let (left, right) = two(arguments)?;
    answer(evaluate::order(&left, &right, "<=")?.is_le())
}

pub(super) fn greater(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let (left, right) = two(arguments)?;
    answer(evaluate::order(&left, &right, ">")?.is_gt())
}

pub(super) fn greater_or_equal(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let (left, right) = two(arguments)?;
    answer(evaluate::order(&left, &right, ">=")?.is_ge())
}

pub(super) fn is_in(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let (needle, haystack) = two(arguments)?;
    answer(evaluate::contains(&haystack, &needle)?)
}

/// Whether two values are one and the same: where that can't be told, whether they have the same type and are equal.
pub(super) fn sameas(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let (left, right) = two(arguments)?;
    answer(left.type_name() == right.type_name() && left == right)
}

fn divisible(value: &Value, by: &Value) -> Outcome<bool> {
    let whole = |value: &Value| match value {
        Value::Float(number) => {
            num_traits::FromPrimitive::from_f64(*number).filter(|_| number.fract() == 0.0)
        }
        other => other.to_big_int(),
    };
    let number = |value: &Value| -> Outcome<BigInt> {
        whole(value)
            .ok_or_else(|| Stop::new(format!("a value of type '{}' is no integer", value.type_name())))
    };
    if let Value::Float(float) = value {
        let by = number(by)?;
        if by.is_zero() {
            return Err(Stop::new("integer modulo by zero"));
        }
        return Ok(value::Convert::to_f64(&Value::integer(by)).is_ok_and(|by| float % by == 0.0));
    }
    let by = number(by)?;
    if by.is_zero() {
        return Err(Stop::new("integer modulo by zero"));
    }
    Ok((number(value)? % by).is_zero())
}

pub(super) fn divisibleby(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let (value, by) = two(arguments)?;
    answer(divisible(&value, &by)?)
}

pub(super) fn even(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    answer(divisible(&only(arguments)?, &Value::Int(2))?)
}

pub(super) fn odd(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let value = only(arguments)?;
    let is_whole = !matches!(value, Value::Float(number) if number.fract() != 0.0 || !number.is_finite());
    answer(is_whole && !divisible(&value, &Value::Int(2))?)
}

/// Whether there is a letter of the wanted case and none of the other.
fn cased(arguments: Arguments, is: fn(char) -> bool, is_other: fn(char) -> bool) -> Outcome {
    let text = text(&only(arguments)?)?;
    answer(text.chars().any(is) && !text.chars().any(is_other))
}

pub(super) fn lower(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    cased(arguments, char::is_lowercase, char::is_uppercase)
}

pub(super) fn upper(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    cased(arguments, char::is_uppercase, char::is_lowercase)
}
