//! Filters that deal with what is not there.

use value::Value;

use crate::arguments::{Arguments, flag, known, required, text};
use crate::evaluate::Evaluator;
use crate::outcome::{Outcome, Stop};

pub(super) fn default(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let [value, default, falsy] = arguments.bind(["value", "default_value", "boolean"])?;
    let value = required(value, "value")?;
    let default = || default.unwrap_or_else(|| Value::from(""));
    match &value {
        Value::Undefined(_) => Ok(default()),
        // What it will be is not known, so neither is whether it needs the default.
        Value::Unknown(_) => Ok(value),
        _ if flag(falsy, false)? && !value.is_true() => Ok(default()),
        _ => Ok(value),
    }
}

pub(super) fn mandatory(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let [value, message] = arguments.bind(["value", "msg"])?;
    match required(value, "value")? {
        Value::Undefined(undefined) => Err(match message {
            Some(message) if !message.is_null() => Stop::new(text(&message)?),
            _ => Stop::Error(match undefined.message.strip_suffix(" is undefined") {
                Some(name) => diag::Error::new(format!("Mandatory variable {name} not defined."))
                    .at_some(undefined.span.as_ref()),
                None => undefined.error().context("Mandatory variable not defined"),
            }),
        }),
        value => Ok(value),
    }
}

pub(super) fn ternary(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let [value, yes, no, none] = arguments.bind(["value", "true_val", "false_val", "none_val"])?;
    let (value, yes, no) =
        (required(value, "value")?, required(yes, "true_val")?, required(no, "false_val")?);
    if let Value::Unknown(_) = value {
        return Ok(if yes == no && yes.find_unknown().is_none() && !yes.is_undefined() {
            yes
        } else {
            value
        });
    }
    known(&value)?;
    Ok(match none {
        Some(none) if value.is_null() && !none.is_null() => none,
        _ if value.is_true() => yes,
        _ => no,
    })
}

pub(super) fn type_debug(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let [value] = arguments.bind(["value"])?;
    Ok(match required(value, "value")? {
        Value::Undefined(_) => Value::from("UndefinedMarker"),
        Value::Omit => Value::from("_OmitType"),
        value @ Value::Unknown(_) => value,
        value => Value::from(value.type_name()),
    })
}
