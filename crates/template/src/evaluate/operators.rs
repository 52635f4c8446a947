use std::cmp::Ordering;
use std::sync::Arc;

use num_bigint::BigInt;
use num_traits::{One, Signed, ToPrimitive, Zero};
use value::Value;

use super::printf::printf;
use super::{OUTPUT_LIMIT, TimeDelta};
use crate::arguments::known;
use crate::outcome::{Outcome, Stop};
use crate::syntax::BinaryOperator;

/// So many items a list that an operator makes may have.
const LIST_LIMIT: usize = 10_000_000;

/// Python's truth; undefined is an error.
pub(crate) fn truth(value: &Value) -> Outcome<bool> {
    known(value)?;
    Ok(value.is_true())
}

/// A number of one of Python's types.
enum Number {
    Int(i64),
    Big(BigInt),
    Float(f64),
}

impl Number {
    fn of(value: &Value) -> Option<Number> {
        match value {
            Value::Bool(bool) => Some(Number::Int(i64::from(*bool))),
            Value::Int(number) => Some(Number::Int(*number)),
            Value::BigInt(number) => Some(Number::Big((**number).clone())),
            Value::Float(number) => Some(Number::Float(*number)),
            _ => None,
        }
    }

    fn float(&self) -> f64 {
        match self {
            Number::Int(number) => *number as f64,
            Number::Big(number) => number.to_f64().unwrap_or(f64::INFINITY),
            Number::Float(number) => *number,
        }
    }

    fn big(&self) -> BigInt {
        match self {
            Number::Int(number) => BigInt::from(*number),
            Number::Big(number) => number.clone(),
            Number::Float(_) => BigInt::zero(),
        }
    }
}

/// `-value`.
pub(crate) fn negate(value: &Value) -> Outcome {
    if let Value::Unknown(_) = value {
        return Ok(value.clone());
    }
    known(value)?;
    match Number::of(value) {
        Some(Number::Int(number)) => {
            Ok(number.checked_neg().map_or_else(|| Value::integer(-BigInt::from(number)), Value::Int))
        }
        Some(Number::Big(number)) => Ok(Value::integer(-number)),
        Some(Number::Float(number)) => Ok(Value::Float(-number)),
        None => Err(Stop::new(format!("bad operand type for unary -: '{}'", value.type_name()))),
    }
}

/// A binary operator on two values that are there and known.
pub(crate) fn binary(operator: BinaryOperator, left: &Value, right: &Value) -> Outcome {
    match operator {
        BinaryOperator::Add => add(left, right),
        BinaryOperator::Subtract => subtract(left, right),
        BinaryOperator::Multiply => multiply(left, right),
        BinaryOperator::Divide => divide(left, right),
        BinaryOperator::FloorDivide => floor_divide(left, right),
        BinaryOperator::Remainder => match left {
            Value::String(format) => Ok(Value::string(printf(format, right)?)),
            _ => remainder(left, right),
        },
        BinaryOperator::Power => power(left, right),
        BinaryOperator::Concatenate => {
            let text = format!("{left}{right}");
            if text.len() > OUTPUT_LIMIT { Err(too_large()) } else { Ok(Value::string(text)) }
        }
    }
}

fn unsupported(operator: &str, left: &Value, right: &Value) -> Stop {
    Stop::new(format!(
        "unsupported operand type(s) for {operator}: '{}' and '{}'",
        left.type_name(),
        right.type_name()
    ))
}

/// The result of integer arithmetic that fits, or the same in numbers of any size.
fn integers(
    left: &Number,
    right: &Number,
    small: impl FnOnce(i64, i64) -> Option<i64>,
    big: impl FnOnce(BigInt, BigInt) -> BigInt,
) -> Value {
    if let (Number::Int(left), Number::Int(right)) = (left, right)
        && let Some(result) = small(*left, *right)
    {
        return Value::Int(result);
    }
    Value::integer(big(left.big(), right.big()))
}

fn is_float(left: &Number, right: &Number) -> bool {
    matches!(left, Number::Float(_)) || matches!(right, Number::Float(_))
}

/// `left + right`.
pub(crate) fn add(left: &Value, right: &Value) -> Outcome {
    match (left, right) {
        (Value::String(left), Value::String(right)) => {
            if left.len() + right.len() > OUTPUT_LIMIT {
                return Err(too_large());
            }
            return Ok(Value::string(format!("{}{}", left.as_str(), right.as_str())));
        }
        (Value::List(left) | Value::Tuple(left), Value::List(right) | Value::Tuple(right))
            if left.len() + right.len() > LIST_LIMIT =>
        {
            return Err(too_large());
        }
        (Value::List(left), Value::List(right)) => {
            return Ok(Value::List(Arc::new(left.iter().chain(right.iter()).cloned().collect())));
        }
        (Value::Tuple(left), Value::Tuple(right)) => {
            return Ok(Value::Tuple(Arc::new(left.iter().chain(right.iter()).cloned().collect())));
        }
        (Value::Bytes(left), Value::Bytes(right)) => {
            return Ok(Value::Bytes([&**left, &**right].concat().into()));
        }
        _ => {}
    }
    if let (Some(a), Some(b)) = (Number::of(left), Number::of(right)) {
        return Ok(if is_float(&a, &b) {
            Value::Float(a.float() + b.float())
        } else {
            integers(&a, &b, i64::checked_add, |a, b| a + b)
        });
    }
    if let Some(moved) = crate::filters::dates::shifted(left, right, 1)
        .or_else(|| crate::filters::dates::shifted(right, left, 1))
    {
        return Ok(moved);
    }
    Err(match left {
        Value::String(_) | Value::List(_) | Value::Tuple(_) => {
            let kind = left.type_name();
            diag::Error::new(format!("can only concatenate {kind} (not \"{}\") to {kind}", right.type_name()))
                .advice("join texts with '~', or convert one side: '| string', '| int', '| list'")
                .into()
        }
        _ => unsupported("+", left, right),
    })
}

fn subtract(left: &Value, right: &Value) -> Outcome {
    if let (Some(a), Some(b)) = (Number::of(left), Number::of(right)) {
        return Ok(if is_float(&a, &b) {
            Value::Float(a.float() - b.float())
        } else {
            integers(&a, &b, i64::checked_sub, |a, b| a - b)
        });
    }
    if let Some(microseconds) = crate::filters::dates::between(left, right) {
        return Ok(Value::Object(Arc::new(TimeDelta { microseconds })));
    }
    if let Some(moved) = crate::filters::dates::shifted(left, right, -1) {
        return Ok(moved);
    }
    Err(unsupported("-", left, right))
}

fn too_large() -> Stop {
    Stop::new("the result is too large")
}

fn multiply(left: &Value, right: &Value) -> Outcome {
    if let (Some(a), Some(b)) = (Number::of(left), Number::of(right)) {
        if is_float(&a, &b) {
            return Ok(Value::Float(a.float() * b.float()));
        }
        if a.big().bits() + b.big().bits() > 1 << 20 {
            return Err(too_large());
        }
        return Ok(integers(&a, &b, i64::checked_mul, |a, b| a * b));
    }
    let (sequence, count) = if Number::of(right).is_some() { (left, right) } else { (right, left) };
    let Some(Number::Int(count)) = Number::of(count) else { return Err(unsupported("*", left, right)) };
    let count = usize::try_from(count.max(0)).unwrap_or(usize::MAX);
    let within = |length: usize, limit: usize| length.checked_mul(count).is_some_and(|total| total <= limit);
    match sequence {
        Value::String(text) if within(text.len(), OUTPUT_LIMIT) => Ok(Value::string(text.repeat(count))),
        Value::List(items) if within(items.len(), LIST_LIMIT) => {
            Ok(Value::List(Arc::new(repeated(items, count))))
        }
        Value::Tuple(items) if within(items.len(), LIST_LIMIT) => {
            Ok(Value::Tuple(Arc::new(repeated(items, count))))
        }
        Value::String(_) | Value::List(_) | Value::Tuple(_) => Err(too_large()),
        _ => Err(unsupported("*", left, right)),
    }
}

fn repeated(items: &[Value], count: usize) -> Vec<Value> {
    std::iter::repeat_n(items, count).flatten().cloned().collect()
}

fn by_zero(message: &str) -> Stop {
    diag::Error::new(message).advice("guard it: 'a / b if b else 0'").into()
}

fn divide(left: &Value, right: &Value) -> Outcome {
    let (Some(a), Some(b)) = (Number::of(left), Number::of(right)) else {
        return Err(unsupported("/", left, right));
    };
    if b.float() == 0.0 {
        return Err(by_zero("division by zero"));
    }
    Ok(Value::Float(a.float() / b.float()))
}

fn floor_divide(left: &Value, right: &Value) -> Outcome {
    let (Some(a), Some(b)) = (Number::of(left), Number::of(right)) else {
        return Err(unsupported("//", left, right));
    };
    if b.float() == 0.0 {
        return Err(by_zero("integer division or modulo by zero"));
    }
    if is_float(&a, &b) {
        return Ok(Value::Float((a.float() / b.float()).floor()));
    }
    Ok(integers(
        &a,
        &b,
        |a, b| {
            let (quotient, remainder) = (a.checked_div(b)?, a.checked_rem(b)?);
            Some(if remainder != 0 && (remainder < 0) != (b < 0) { quotient - 1 } else { quotient })
        },
        |a, b| {
            let (quotient, remainder) = (&a / &b, &a % &b);
            if !remainder.is_zero() && remainder.is_negative() != b.is_negative() {
                quotient - BigInt::one()
            } else {
                quotient
            }
        },
    ))
}

fn remainder(left: &Value, right: &Value) -> Outcome {
    let (Some(a), Some(b)) = (Number::of(left), Number::of(right)) else {
        return Err(unsupported("%", left, right));
    };
    if b.float() == 0.0 {
        return Err(by_zero("integer modulo by zero"));
    }
    if is_float(&a, &b) {
        let (a, b) = (a.float(), b.float());
        let remainder = a % b;
        return Ok(Value::Float(if remainder != 0.0 && (remainder < 0.0) != (b < 0.0) {
            remainder + b
        } else if remainder == 0.0 {
            0f64.copysign(b)
        } else {
            remainder
        }));
    }
    Ok(integers(
        &a,
        &b,
        |a, b| {
            let remainder = a.checked_rem(b)?;
            Some(if remainder != 0 && (remainder < 0) != (b < 0) { remainder + b } else { remainder })
        },
        |a, b| {
            let remainder = &a % &b;
            if !remainder.is_zero() && remainder.is_negative() != b.is_negative() {
                remainder + b
            } else {
                remainder
            }
        },
    ))
}

/// `left ** right`.
pub(crate) fn power(left: &Value, right: &Value) -> Outcome {
    let (Some(a), Some(b)) = (Number::of(left), Number::of(right)) else {
        return Err(unsupported("**", left, right));
    };
    if is_float(&a, &b) || b.big().is_negative() {
        if a.float() == 0.0 && b.float() < 0.0 {
            return Err(Stop::new("0.0 cannot be raised to a negative power"));
        }
        if a.float() < 0.0 && b.float().fract() != 0.0 && b.float().is_finite() {
            return Err(Stop::new("a negative number has no such power among the real numbers"));
        }
        return Ok(Value::Float(a.float().powf(b.float())));
    }
    let base = a.big();
    let Some(exponent) = b.big().to_u32() else {
        return if base.is_zero() || base.is_one() { Ok(Value::integer(base)) } else { Err(too_large()) };
    };
    if base.bits().saturating_mul(u64::from(exponent)) > 1 << 20 {
        return Err(too_large());
    }
    Ok(Value::integer(base.pow(exponent)))
}

/// `left == right`; unknown where something unknown in them decides.
pub(crate) fn equal(left: &Value, right: &Value) -> Outcome<bool> {
    if let Some(unknown) = left.find_unknown().or_else(|| right.find_unknown()) {
        // Lists of different lengths differ whatever is in them.
        if let (Some(left), Some(right)) = (left.as_list(), right.as_list())
            && left.len() != right.len()
        {
            return Ok(false);
        }
        return Err(Stop::Unknown(unknown.clone()));
    }
    Ok(left == right)
}

/// The order of two values; an error, as in Python, where they have none.
pub(crate) fn order(left: &Value, right: &Value, operator: &str) -> Outcome<Ordering> {
    if let Some(unknown) = left.find_unknown().or_else(|| right.find_unknown()) {
        return Err(Stop::Unknown(unknown.clone()));
    }
    known(left)?;
    known(right)?;
    if let (Value::Object(a), Value::Object(b)) = (left, right)
        && let (Some(a), Some(b)) =
            (a.as_any().downcast_ref::<TimeDelta>(), b.as_any().downcast_ref::<TimeDelta>())
    {
        return Ok(a.microseconds.cmp(&b.microseconds));
    }
    left.compare(right).ok_or_else(|| {
        diag::Error::new(format!(
            "'{operator}' not supported between instances of '{}' and '{}'",
            left.type_name(),
            right.type_name()
        ))
        .advice("compare values of one kind: convert one side with '| int' or '| string'")
        .into()
    })
}

/// The order of two values, for sorting.
pub(crate) fn compare(left: &Value, right: &Value) -> Outcome<Ordering> {
    order(left, right, "<")
}

/// Sorts in place, keeping the order of equals; an error where two items have no order.
pub(crate) fn sort(items: &mut [Value]) -> Outcome<()> {
    sort_by(items, |item| item)
}

/// Sorts by a key that every item has.
pub(crate) fn sort_by<T>(items: &mut [T], key: impl Fn(&T) -> &Value) -> Outcome<()> {
    let mut failed = None;
    items.sort_by(|left, right| match compare(key(right), key(left)) {
        Ok(order) => order.reverse(),
        Err(stop) => {
            failed.get_or_insert(stop);
            Ordering::Equal
        }
    });
    failed.map_or(Ok(()), Err)
}

/// `needle in haystack`.
pub(crate) fn contains(haystack: &Value, needle: &Value) -> Outcome<bool> {
    known(haystack)?;
    known(needle)?;
    match haystack {
        Value::String(text) => match needle {
            Value::String(needle) => Ok(text.contains(needle.as_str())),
            other => Err(Stop::new(format!(
                "'in <string>' requires string as left operand, not {}",
                other.type_name()
            ))),
        },
        Value::List(items) | Value::Tuple(items) => {
            if items.contains(needle) {
                return Ok(true);
            }
            match items.iter().find_map(Value::find_unknown) {
                Some(unknown) => Err(Stop::Unknown(unknown.clone())),
                None => Ok(false),
            }
        }
        Value::Map(map) => Ok(map.contains_key(needle)),
        Value::Object(object) => Ok(object.contains(needle)?),
        other => Err(Stop::new(format!("argument of type '{}' is not iterable", other.type_name()))),
    }
}
