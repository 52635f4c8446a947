//! Spans of time such as `30h 20m` in one unit.

use value::Value;

use crate::arguments::{Arguments, number, required, string, text_or};
use crate::evaluate::Evaluator;
use crate::outcome::{Outcome, Stop};

/// The units: their names in the singular, and how many milliseconds they are.
const UNITS: &[(&[&str], f64)] = &[
    (&["ms", "millisecond", "msec", "msecond"], 1.0),
    (&["s", "sec", "second"], 1_000.0),
    (&["m", "min", "minute"], 60_000.0),
    (&["h", "hour"], 3_600_000.0),
    (&["d", "day"], 86_400_000.0),
    (&["w", "week"], 604_800_000.0),
    (&["mo", "month"], 2_592_000_000.0),
    (&["y", "year"], 31_536_000_000.0),
];

pub(super) fn to_time_unit(_: &mut Evaluator<'_>, mut arguments: Arguments) -> Outcome {
    let named = arguments.take("unit");
    let unit = if arguments.positional.len() > 1 { Some(arguments.positional.remove(1)) } else { named };
    in_unit(arguments, &text_or(unit, "ms")?)
}

pub(super) fn to_milliseconds(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    in_unit(arguments, "ms")
}

pub(super) fn to_seconds(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    in_unit(arguments, "s")
}

pub(super) fn to_minutes(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    in_unit(arguments, "m")
}

pub(super) fn to_hours(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    in_unit(arguments, "h")
}

pub(super) fn to_days(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    in_unit(arguments, "d")
}

pub(super) fn to_weeks(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    in_unit(arguments, "w")
}

pub(super) fn to_months(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    in_unit(arguments, "mo")
}

pub(super) fn to_years(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    in_unit(arguments, "y")
}

fn in_unit(mut arguments: Arguments, unit: &str) -> Outcome {
    // Days that a month and a year have.
    let day = 86_400_000.0;
    let month = arguments.take("month").map_or(Ok(30.0), |days| number(&days, "month"))? * day;
    let year = arguments.take("year").map_or(Ok(365.0), |days| number(&days, "year"))? * day;
    if let Some((name, _)) = arguments.named.first() {
        return Err(Stop::new(format!("to_time_unit() got unknown keyword arguments: {name}")));
    }
    let milliseconds = |name: &str| {
        let singular = name.strip_suffix('s').filter(|rest| rest.len() > 1);
        let (names, length) = UNITS
            .iter()
            .find(|(names, _)| names.contains(&name) || singular.is_some_and(|name| names.contains(&name)))?;
        Some(match names.first() {
            Some(&"mo") => month,
            Some(&"y") => year,
            _ => *length,
        })
    };
    let Some(wanted) = milliseconds(unit) else {
        return Err(Stop::new(format!("to_time_unit() can not convert to the following unit: {unit}.")));
    };
    let [value] = arguments.bind(["human_time"])?;
    let value = required(value, "human_time")?;
    let written = string(&value, "a span of time")?;
    let mut sum = 0.0;
    for word in written.split_whitespace() {
        let split = word.find(|character: char| character.is_ascii_alphabetic()).unwrap_or(word.len());
        let (count, name) = word.split_at(split);
        let length = count.parse::<i64>().ok().zip(milliseconds(name));
        let Some((count, length)) = length else {
            return Err(Stop::new(format!(
                "to_time_unit() can not interpret following string: {}",
                &**written
            )));
        };
        sum += count as f64 * length;
    }
    let rounded = format!("{:.12}", sum / wanted);
    Ok(Value::Float(rounded.parse().unwrap_or(sum / wanted)))
}
