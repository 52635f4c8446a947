use value::{DateTime, Value};

use super::super::TimeDelta;
use super::super::macro_object::downcast;
use super::Method;
use crate::arguments::{Arguments, required, text, text_or};
use crate::filters::dates::{strftime_value, timestamp};
use crate::outcome::{Outcome, Stop};

/// The methods of dates and times.
pub(super) const METHODS: &[Method] = &[
    ("date", date),
    ("isoformat", isoformat),
    ("isoweekday", isoweekday),
    ("strftime", strftime),
    ("time", time),
    ("timestamp", epoch),
    ("weekday", weekday),
];

/// The methods of the time between two times.
pub(super) const DELTA_METHODS: &[Method] = &[("total_seconds", total_seconds)];

/// An attribute of a date or time.
pub(super) fn attribute(value: &Value, name: &str) -> Option<Value> {
    let (civil, has_time) = match value {
        Value::Date(date) => (date.at(0, 0, 0, 0), false),
        Value::DateTime(time) => (time.civil, true),
        _ => return None,
    };
    let part = match name {
        "year" => i64::from(civil.year()),
        "month" => i64::from(civil.month()),
        "day" => i64::from(civil.day()),
        "hour" if has_time => i64::from(civil.hour()),
        "minute" if has_time => i64::from(civil.minute()),
        "second" if has_time => i64::from(civil.second()),
        "microsecond" if has_time => i64::from(civil.subsec_nanosecond() / 1000),
        _ => return None,
    };
    Some(Value::Int(part))
}

fn moment(arguments: Arguments) -> Outcome<DateTime> {
    let [value] = arguments.bind(["self"])?;
    match required(value, "self")? {
        Value::DateTime(time) => Ok(*time),
        Value::Date(date) => Ok(DateTime { civil: date.at(0, 0, 0, 0), offset: None }),
        _ => Err(Stop::new("this is not a date")),
    }
}

fn date(arguments: Arguments) -> Outcome {
    Ok(Value::Date(moment(arguments)?.civil.date()))
}

/// The time of day, which is a text here.
fn time(arguments: Arguments) -> Outcome {
    Ok(Value::string(moment(arguments)?.civil.time().to_string()))
}

fn isoformat(arguments: Arguments) -> Outcome {
    let [value, separator] = arguments.bind(["self", "sep"])?;
    let separator = text_or(separator, "T")?;
    Ok(Value::string(match required(value, "self")? {
        Value::DateTime(time) => time.to_string().replacen(' ', &separator, 1),
        other => other.to_string(),
    }))
}

fn weekday(arguments: Arguments) -> Outcome {
    Ok(Value::Int(i64::from(moment(arguments)?.civil.weekday().to_monday_zero_offset())))
}

fn isoweekday(arguments: Arguments) -> Outcome {
    Ok(Value::Int(i64::from(moment(arguments)?.civil.weekday().to_monday_one_offset())))
}

fn strftime(arguments: Arguments) -> Outcome {
    let [value, format] = arguments.bind(["self", "format"])?;
    Ok(Value::string(strftime_value(&required(value, "self")?, &text(&required(format, "format")?)?)?))
}

fn epoch(arguments: Arguments) -> Outcome {
    Ok(Value::Float(timestamp(&moment(arguments)?)?))
}

fn total_seconds(arguments: Arguments) -> Outcome {
    let [value] = arguments.bind(["self"])?;
    let value = required(value, "self")?;
    Ok(Value::Float(downcast::<TimeDelta>(&value).map_or(0.0, TimeDelta::total_seconds)))
}
