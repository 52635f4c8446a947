//! Dates and times.

use std::sync::Arc;

use jiff::civil;
use jiff::tz::TimeZone;
use value::{DateTime, Value};

use crate::arguments::{Arguments, flag, number, required, text, text_or};
use crate::evaluate::{Evaluator, TimeDelta};
use crate::outcome::{Outcome, Stop};

/// The time it is, on the controller's clock or in UTC; without an offset, as Python gives it.
pub(crate) fn now(utc: bool) -> Value {
    let zone = if utc { TimeZone::UTC } else { TimeZone::system() };
    naive(jiff::Timestamp::now().to_zoned(zone).datetime())
}

fn naive(civil: civil::DateTime) -> Value {
    // Python has no more than microseconds.
    let micros = civil.subsec_nanosecond() / 1000 * 1000;
    let civil = civil.with().subsec_nanosecond(micros).build().unwrap_or(civil);
    Value::DateTime(Arc::new(DateTime { civil, offset: None }))
}

/// The seconds since 1970 of a time; one without an offset is on the controller's clock.
pub(crate) fn timestamp(time: &DateTime) -> Outcome<f64> {
    let zone = if time.offset.is_some() { TimeZone::UTC } else { TimeZone::system() };
    let civil = if time.offset.is_some() { time.utc() } else { time.civil };
    let zoned =
        civil.to_zoned(zone).map_err(|error| Stop::new(format!("the time is out of range: {error}")))?;
    Ok(zoned.timestamp().as_microsecond() as f64 / 1e6)
}

/// Python's `strftime` of a date or time.
pub(crate) fn strftime_value(value: &Value, format: &str) -> Outcome<String> {
    let time = match value {
        Value::DateTime(time) => **time,
        Value::Date(date) => DateTime { civil: date.at(0, 0, 0, 0), offset: None },
        other => return Err(Stop::new(format!("a value of type '{}' is no date", other.type_name()))),
    };
    let zone = time.offset.map(|seconds| (seconds, format!("UTC{}", offset_text(seconds, true))));
    formatted(time.civil, zone, format)
}

fn offset_text(seconds: i32, colon: bool) -> String {
    let sign = if seconds < 0 { '-' } else { '+' };
    let (hours, minutes) = (seconds.abs() / 3600, seconds.abs() % 3600 / 60);
    if colon { format!("{sign}{hours:02}:{minutes:02}") } else { format!("{sign}{hours:02}{minutes:02}") }
}

/// The text of a time: the directives of C's strftime in the C locale, as Python has them. `zone` is the offset and
/// the name of the time zone.
fn formatted(time: civil::DateTime, zone: Option<(i32, String)>, format: &str) -> Outcome<String> {
    let mut out = String::new();
    let mut characters = format.chars();
    while let Some(character) = characters.next() {
        if character != '%' {
            out.push(character);
            continue;
        }
        let mut directive = characters.next();
        // glibc's flags: no padding, padding with blanks or zeros, upper case.
        let mut padding = None;
        while let Some(flag @ ('-' | '_' | '0' | '^')) = directive {
            padding = Some(flag);
            directive = characters.next();
        }
        let Some(directive) = directive else {
            out.push('%');
            break;
        };
        let part = if directive == ':' && characters.as_str().starts_with('z') {
            characters.next();
            zone.as_ref().map_or_else(String::new, |(seconds, _)| offset_text(*seconds, true))
        } else {
            part(time, zone.as_ref(), directive)?
        };
        out.push_str(&match padding {
            Some('-') => {
                let bare = part.trim_start_matches(['0', ' ']);
                if bare.is_empty() && !part.is_empty() { "0".into() } else { bare.to_owned() }
            }
            Some('_') => {
                let bare = part.trim_start_matches('0');
                format!("{bare:>width$}", width = part.len())
            }
            Some('0') => part.replace(' ', "0"),
            Some('^') => part.to_uppercase(),
            _ => part,
        });
    }
    Ok(out)
}

fn part(time: civil::DateTime, zone: Option<&(i32, String)>, directive: char) -> Outcome<String> {
    const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
    const MONTHS: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let monday = usize::try_from(time.weekday().to_monday_zero_offset()).unwrap_or(0);
    let day_name = DAYS.get(monday).copied().unwrap_or_default();
    let month_name = MONTHS.get(usize::try_from(time.month() - 1).unwrap_or(0)).copied().unwrap_or_default();
    let hour12 = if time.hour() % 12 == 0 { 12 } else { time.hour() % 12 };
    let half = if time.hour() < 12 { "AM" } else { "PM" };
    let iso = time.date().iso_week_date();
    let day_of_year = i32::from(time.day_of_year());
    let sunday = i32::from(time.weekday().to_sunday_zero_offset());
    let again = |format: &str| formatted(time, zone.cloned(), format);
    Ok(match directive {
        'a' => day_name[..3].into(),
        'A' => day_name.into(),
        'b' | 'h' => month_name[..3].into(),
        'B' => month_name.into(),
        'c' => again("%a %b %e %H:%M:%S %Y")?,
        'C' => format!("{:02}", time.year() / 100),
        'd' => format!("{:02}", time.day()),
        'D' => again("%m/%d/%y")?,
        'e' => format!("{:>2}", time.day()),
        'f' => format!("{:06}", time.subsec_nanosecond() / 1000),
        'F' => again("%Y-%m-%d")?,
        'g' => format!("{:02}", iso.year().rem_euclid(100)),
        'G' => format!("{:04}", iso.year()),
        'H' => format!("{:02}", time.hour()),
        'I' => format!("{hour12:02}"),
        'j' => format!("{day_of_year:03}"),
        'k' => format!("{:>2}", time.hour()),
        'l' => format!("{hour12:>2}"),
        'm' => format!("{:02}", time.month()),
        'M' => format!("{:02}", time.minute()),
        'n' => "\n".into(),
        'p' => half.into(),
        'P' => half.to_lowercase(),
        'r' => again("%I:%M:%S %p")?,
        'R' => again("%H:%M")?,
        's' => {
            let offset = zone.map(|(seconds, _)| *seconds);
            format!("{:.0}", timestamp(&DateTime { civil: time, offset })?.floor())
        }
        'S' => format!("{:02}", time.second()),
        't' => "\t".into(),
        'T' | 'X' => again("%H:%M:%S")?,
        'u' => time.weekday().to_monday_one_offset().to_string(),
        'U' => format!("{:02}", (day_of_year - 1 + 7 - sunday) / 7),
        'V' => format!("{:02}", iso.week()),
        'w' => sunday.to_string(),
        'W' => format!("{:02}", (day_of_year - 1 + 7 - i32::try_from(monday).unwrap_or(0)) / 7),
        'x' => again("%m/%d/%y")?,
        'y' => format!("{:02}", time.year().rem_euclid(100)),
        'Y' => time.year().to_string(),
        'z' => zone.map_or_else(String::new, |(seconds, _)| offset_text(*seconds, false)),
        'Z' => zone.map_or_else(String::new, |(_, name)| name.clone()),
        '%' => "%".into(),
        other => format!("%{other}"),
    })
}

pub(super) fn strftime(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let [format, second, utc] = arguments.bind(["string_format", "second", "utc"])?;
    let format = text(&required(format, "string_format")?)?;
    let moment = match second {
        None | Some(Value::Null) => jiff::Timestamp::now(),
        Some(second) => {
            let seconds = number(&second, "the seconds")
                .map_err(|_| Stop::new(format!("Invalid value for epoch value ({second})")))?;
            jiff::Timestamp::from_microsecond((seconds * 1e6).round() as i64)
                .map_err(|_| Stop::new(format!("{seconds} is not a time")))?
        }
    };
    let zone = if flag(utc, false)? { TimeZone::UTC } else { TimeZone::system() };
    let zoned = moment.to_zoned(zone);
    let name = zoned.strftime("%Z").to_string();
    Ok(Value::string(formatted(zoned.datetime(), Some((zoned.offset().seconds(), name)), &format)?))
}

pub(super) fn to_datetime(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let [value, format] = arguments.bind(["string", "format"])?;
    let value = text(&required(value, "string")?)?;
    let format = text_or(format, "%Y-%m-%d %H:%M:%S")?;
    let wrong = |error: jiff::Error| {
        Stop::Error(
            diag::Error::new(format!("time data '{value}' does not match format '{format}'")).cause(error),
        )
    };
    let parsed = jiff::fmt::strtime::parse(&format, &value).map_err(wrong)?;
    let date = match (parsed.year(), parsed.month(), parsed.day()) {
        (Some(_), ..) => parsed.to_date().or_else(|error| {
            let (month, day) = (parsed.month().unwrap_or(1), parsed.day().unwrap_or(1));
            parsed.year().map_or(Err(error), |year| civil::Date::new(year, month, day))
        }),
        // Python's own first day.
        (None, month, day) => civil::Date::new(1900, month.unwrap_or(1), day.unwrap_or(1)),
    }
    .map_err(wrong)?;
    let time = parsed.to_time().unwrap_or(civil::Time::midnight());
    let offset = parsed.offset().map(jiff::tz::Offset::seconds);
    Ok(Value::DateTime(Arc::new(DateTime { civil: date.to_datetime(time), offset })))
}

/// A time as microseconds since the year one, where it can be compared with others.
fn microseconds(value: &Value) -> Option<(i128, bool)> {
    let (civil, aware) = match value {
        Value::DateTime(time) => (time.utc(), time.offset.is_some()),
        Value::Date(date) => (date.at(0, 0, 0, 0), false),
        _ => return None,
    };
    let zoned = civil.to_zoned(TimeZone::UTC).ok()?;
    Some((i128::from(zoned.timestamp().as_microsecond()), aware))
}

/// The microseconds from `earlier` to `later`, if both are times.
pub(crate) fn between(later: &Value, earlier: &Value) -> Option<i128> {
    let ((later, is_later_aware), (earlier, is_earlier_aware)) =
        (microseconds(later)?, microseconds(earlier)?);
    (is_later_aware == is_earlier_aware).then_some(later - earlier)
}

/// A time moved by a length of time, if the two are that.
pub(crate) fn shifted(time: &Value, delta: &Value, sign: i128) -> Option<Value> {
    let Value::Object(object) = delta else { return None };
    let delta = object.as_any().downcast_ref::<TimeDelta>()?;
    let micros = i64::try_from(delta.microseconds * sign).ok()?;
    let Value::DateTime(time) = time else { return None };
    let civil = time.civil.checked_add(jiff::SignedDuration::from_micros(micros)).ok()?;
    Some(Value::DateTime(Arc::new(DateTime { civil, offset: time.offset })))
}
