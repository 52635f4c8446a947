use value::Value;

use super::Method;
use crate::arguments::{Arguments, required};
use crate::outcome::{Outcome, Stop};

/// The methods of numbers.
pub(super) const METHODS: &[Method] = &[
    ("bit_count", bit_count),
    ("bit_length", bit_length),
    ("conjugate", conjugate),
    ("is_integer", is_integer),
];

/// An attribute of a number.
pub(super) fn attribute(value: &Value, name: &str) -> Option<Value> {
    match (name, value) {
        ("real", _) => Some(value.clone()),
        ("imag", Value::Float(_)) => Some(Value::Float(0.0)),
        ("imag", _) => Some(Value::Int(0)),
        ("numerator", Value::Int(_) | Value::BigInt(_)) => Some(value.clone()),
        ("denominator", Value::Int(_) | Value::BigInt(_)) => Some(Value::Int(1)),
        _ => None,
    }
}

fn bit_length(arguments: Arguments) -> Outcome {
    let [value] = arguments.bind(["self"])?;
    let number = required(value, "self")?.to_big_int().ok_or_else(|| Stop::new("only an int has bits"))?;
    Ok(Value::from(number.bits()))
}

fn bit_count(arguments: Arguments) -> Outcome {
    let [value] = arguments.bind(["self"])?;
    let number = required(value, "self")?.to_big_int().ok_or_else(|| Stop::new("only an int has bits"))?;
    Ok(Value::from(number.magnitude().count_ones()))
}

fn conjugate(arguments: Arguments) -> Outcome {
    let [value] = arguments.bind(["self"])?;
    required(value, "self")
}

fn is_integer(arguments: Arguments) -> Outcome {
    let [value] = arguments.bind(["self"])?;
    Ok(Value::Bool(match required(value, "self")? {
        Value::Float(number) => number.fract() == 0.0,
        _ => true,
    }))
}
