//! Filters over numbers.

use num_bigint::BigInt;
use num_traits::Signed;
use value::{Convert, Value};

use crate::arguments::{Arguments, flag, integer_or, number, required, text, text_or};
use crate::evaluate::{Evaluator, fixed, power};
use crate::outcome::{Outcome, Stop};

pub(super) fn int(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let [value, default, base] = arguments.bind(["value", "default", "base"])?;
    let value = required(value, "value")?;
    let base = u32::try_from(integer_or(base, 10, "the base")?).unwrap_or(10);
    let found = match &value {
        Value::Bool(bool) => Some(Value::Int(i64::from(*bool))),
        Value::Int(_) | Value::BigInt(_) => Some(value.clone()),
        Value::Float(number) => truncated(*number),
        Value::String(text) => {
            parsed(text.trim(), base).or_else(|| text.trim().parse().ok().and_then(truncated))
        }
        _ => None,
    };
    Ok(found.or(default).unwrap_or(Value::Int(0)))
}

fn truncated(number: f64) -> Option<Value> {
    <BigInt as num_traits::FromPrimitive>::from_f64(number.trunc()).map(Value::integer)
}

fn parsed(text: &str, base: u32) -> Option<Value> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let prefix = match base {
        16 => "0x",
        8 => "0o",
        2 => "0b",
        _ => "",
    };
    let lower = digits.to_ascii_lowercase();
    let digits =
        if prefix.is_empty() { lower.as_str() } else { lower.strip_prefix(prefix).unwrap_or(&lower) };
    if !(2..=36).contains(&base)
        || digits.starts_with(['_', '+', '-'])
        || digits.ends_with('_')
        || digits.contains("__")
    {
        return None;
    }
    let number = BigInt::parse_bytes(digits.replace('_', "").as_bytes(), base)?;
    Some(Value::integer(number * sign))
}

pub(super) fn float(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let [value, default] = arguments.bind(["value", "default"])?;
    let value = required(value, "value")?;
    Ok(value.to_f64().map(Value::Float).ok().or(default).unwrap_or(Value::Float(0.0)))
}

pub(super) fn abs(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let [value] = arguments.bind(["x"])?;
    match required(value, "x")? {
        Value::Float(number) => Ok(Value::Float(number.abs())),
        value => match value.to_big_int() {
            Some(number) => Ok(Value::integer(number.abs())),
            None => Err(Stop::new(format!("bad operand type for abs(): '{}'", value.type_name()))),
        },
    }
}

pub(super) fn round(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let [value, precision, method] = arguments.bind(["value", "precision", "method"])?;
    let value = required(value, "value")?;
    let precision = i32::try_from(integer_or(precision, 0, "the precision")?.clamp(-300, 300)).unwrap_or(0);
    let Some(number) = value.as_f64() else {
        return Err(Stop::new(format!("a value of type '{}' can't be rounded", value.type_name())));
    };
    let method = text_or(method, "common")?;
    let scaled = |by: fn(f64) -> f64| {
        let factor = 10f64.powi(precision);
        Value::Float(by(number * factor) / factor)
    };
    Ok(match method.as_str() {
        "ceil" => scaled(f64::ceil),
        "floor" => scaled(f64::floor),
        "common" if value.is_integer() || matches!(value, Value::Bool(_)) => {
            let Some(whole) = value.to_big_int() else { return Ok(value) };
            if precision >= 0 {
                return Ok(Value::integer(whole));
            }
            let unit = BigInt::from(10).pow(precision.unsigned_abs());
            let (quotient, twice) = (&whole / &unit, (&whole % &unit).abs() * 2);
            let is_odd = &quotient % 2 != BigInt::ZERO;
            let up = twice > unit || (twice == unit && is_odd);
            let step = if whole.is_negative() { -1 } else { 1 };
            Value::integer((quotient + if up { step } else { 0 }) * unit)
        }
        // Printing rounds correctly, which multiplying and dividing does not.
        "common" if precision >= 0 => {
            let text = fixed(number, usize::try_from(precision).unwrap_or(0));
            Value::Float(text.parse().unwrap_or(number))
        }
        "common" => {
            let factor = 10f64.powi(-precision);
            let scaled = number / factor;
            let rounded = if (scaled - scaled.trunc()).abs() == 0.5 {
                2.0 * (scaled / 2.0).round()
            } else {
                scaled.round()
            };
            Value::Float(rounded * factor)
        }
        _ => return Err(Stop::new("method must be common, ceil or floor")),
    })
}

pub(super) fn log(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let [value, base] = arguments.bind(["x", "base"])?;
    let number = exact(&required(value, "x")?, "log()")?;
    let result = match base {
        None => number.ln(),
        Some(base) => match exact(&base, "the base")? {
            10.0 => number.log10(),
            base if base <= 0.0 => return Err(Stop::new("math domain error")),
            base => number.ln() / base.ln(),
        },
    };
    if result.is_nan() || result.is_infinite() {
        return Err(Stop::new("math domain error"));
    }
    Ok(Value::Float(result))
}

/// A number that is one already.
fn exact(value: &Value, what: &str) -> Outcome<f64> {
    value
        .as_f64()
        .ok_or_else(|| Stop::new(format!("{what} can only be used on numbers, not '{}'", value.type_name())))
}

pub(super) fn pow(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let [value, exponent] = arguments.bind(["x", "y"])?;
    let (value, exponent) =
        (exact(&required(value, "x")?, "pow()")?, exact(&required(exponent, "y")?, "pow()")?);
    if value < 0.0 && exponent.fract() != 0.0 {
        return Err(Stop::new("math domain error"));
    }
    power(&Value::Float(value), &Value::Float(exponent))
}

pub(super) fn root(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let [value, base] = arguments.bind(["x", "base"])?;
    let number = exact(&required(value, "x")?, "root()")?;
    let base = base.map_or(Ok(2.0), |base| exact(&base, "root()"))?;
    if base == 0.0 || (number < 0.0 && (1.0 / base).fract() != 0.0) {
        return Err(Stop::new("math domain error"));
    }
    Ok(Value::Float(if base == 2.0 { number.sqrt() } else { number.powf(1.0 / base) }))
}

pub(super) fn filesizeformat(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let [value, binary] = arguments.bind(["value", "binary"])?;
    let bytes = number(&required(value, "value")?, "the value")?;
    let binary = flag(binary, false)?;
    let base = if binary { 1024.0 } else { 1000.0 };
    if bytes == 1.0 {
        return Ok(Value::from("1 Byte"));
    }
    if bytes < base {
        return Ok(Value::string(format!("{} Bytes", bytes.trunc())));
    }
    let units = if binary {
        ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB"]
    } else {
        ["kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"]
    };
    let mut unit = base;
    let mut name = units[0];
    for next in units {
        name = next;
        if bytes < unit * base {
            break;
        }
        unit *= base;
    }
    if bytes >= unit * base {
        unit /= base;
    }
    Ok(Value::string(format!("{:.1} {name}", bytes / unit)))
}

/// The units of sizes, the largest first.
const UNITS: [(char, u32); 9] =
    [('Y', 80), ('Z', 70), ('E', 60), ('P', 50), ('T', 40), ('G', 30), ('M', 20), ('K', 10), ('B', 0)];

pub(super) fn human_readable(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let [value, bits, unit] = arguments.bind(["size", "isbits", "unit"])?;
    let size = match required(value, "size")? {
        Value::String(_) => {
            return Err(Stop::new("human_readable() failed on bad input: the size is a string"));
        }
        size => number(&size, "the size")?,
    };
    let bits = flag(bits, false)?;
    let unit = text_or(unit, "")?.to_uppercase();
    let wanted = unit.chars().next();
    let (letter, power) = UNITS
        .into_iter()
        .find(|(letter, power)| match wanted {
            Some(wanted) => wanted == *letter,
            None => size >= 2f64.powi(i32::try_from(*power).unwrap_or(0)),
        })
        .unwrap_or(('B', 0));
    let base = if bits { "bits" } else { "Bytes" };
    let suffix = match (letter, bits) {
        ('B', _) => base.to_owned(),
        (letter, true) => format!("{letter}b"),
        (letter, false) => format!("{letter}B"),
    };
    Ok(Value::string(format!("{:.2} {suffix}", size / 2f64.powi(i32::try_from(power).unwrap_or(0)))))
}

pub(super) fn human_to_bytes(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let [value, default_unit, bits] = arguments.bind(["size", "default_unit", "isbits"])?;
    let value = text(&required(value, "size")?)?;
    let bits = flag(bits, false)?;
    let written = value.trim();
    let end = written
        .find(|character: char| !(character.is_ascii_digit() || character == '.'))
        .unwrap_or(written.len());
    let (digits, unit) = written.split_at(end);
    let wrong = || {
        let error = diag::Error::new("human_to_bytes() can't interpret the input")
            .cause(format!("'{value}' is not a size"));
        Stop::Error(error.hint("write a number and a unit, such as '10 MB' or '2G'"))
    };
    let number: f64 = digits.parse().map_err(|_| wrong())?;
    let unit = match unit.trim() {
        "" => text_or(default_unit, "")?,
        unit => unit.to_owned(),
    };
    let Some(letter) = unit.chars().next() else { return Ok(Value::Int(number.round() as i64)) };
    let letter = letter.to_ascii_uppercase();
    let rest = &unit[1.min(unit.len())..];
    let is_known = match (letter, bits) {
        ('B', false) => matches!(unit.to_lowercase().as_str(), "b" | "byte" | "bytes"),
        ('B', true) => matches!(unit.to_lowercase().as_str(), "b" | "bit" | "bits"),
        (_, false) => {
            rest.is_empty()
                || rest == "B"
                || rest.eq_ignore_ascii_case("byte")
                || rest.eq_ignore_ascii_case("bytes")
        }
        (_, true) => {
            rest.is_empty()
                || rest == "b"
                || rest.eq_ignore_ascii_case("bit")
                || rest.eq_ignore_ascii_case("bits")
        }
    };
    match UNITS.iter().find(|(name, _)| *name == letter) {
        Some((_, power)) if is_known => {
            let bytes = (number * 2f64.powi(i32::try_from(*power).unwrap_or(0))).round();
            Ok(truncated(bytes).unwrap_or_default())
        }
        _ => Err(wrong()),
    }
}
