use value::{Convert, Value, float_repr};

use super::access::{attribute, item};
use crate::arguments::Arguments;
use crate::outcome::{Outcome, Stop};

/// A number with a fixed count of decimals, as C prints it.
pub(crate) fn fixed(number: f64, precision: usize) -> String {
    if number.is_finite() { format!("{number:.precision$}") } else { float_repr(number) }
}

/// A number with an exponent, as C prints it.
pub(crate) fn exponent(number: f64, precision: usize) -> String {
    if !number.is_finite() {
        return float_repr(number);
    }
    let text = format!("{number:.precision$e}");
    let (digits, power) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, power) = power.strip_prefix('-').map_or(('+', power), |power| ('-', power));
    format!("{digits}e{sign}{power:0>2}")
}

/// A number in the shorter of the two, as C's `%g` prints it.
pub(crate) fn general(number: f64, precision: usize, keep_zeros: bool) -> String {
    if !number.is_finite() {
        return float_repr(number);
    }
    let precision = precision.max(1);
    let scientific = exponent(number, precision - 1);
    let power: i64 = scientific.rsplit_once('e').and_then(|(_, power)| power.parse().ok()).unwrap_or(0);
    let wanted = i64::try_from(precision).unwrap_or(i64::MAX);
    let trim = |text: String| {
        if keep_zeros || !text.contains('.') {
            text
        } else {
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        }
    };
    if power < -4 || power >= wanted {
        let (digits, power) = scientific.split_once('e').unwrap_or((&scientific, "+00"));
        return format!("{}e{power}", trim(digits.to_owned()));
    }
    trim(fixed(number, usize::try_from(wanted - 1 - power).unwrap_or(0)))
}

/// Puts a separator between groups of three digits of the whole part.
pub(crate) fn grouped(digits: &str, separator: char) -> String {
    let (whole, rest) = digits.find('.').map_or((digits, ""), |at| digits.split_at(at));
    let mut out = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            out.push(separator);
        }
        out.push(digit);
    }
    out + rest
}

/// The widest field that may be asked for.
const WIDTH_LIMIT: usize = 1 << 20;

/// Python's `str.format`.
pub(crate) fn format(template: &str, arguments: &Arguments) -> Outcome<String> {
    let mut out = String::new();
    let mut rest = template;
    let mut automatic = 0;
    while let Some(at) = rest.find(['{', '}']) {
        out.push_str(&rest[..at]);
        let bracket = &rest[at..=at];
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix(bracket) {
            out.push_str(bracket);
            rest = after;
            continue;
        }
        if bracket == "}" {
            return Err(Stop::new("single '}' encountered in format string"));
        }
        let mut depth = 1;
        let end = rest.find(|character| {
            depth += match character {
                '{' => 1,
                '}' => -1,
                _ => 0,
            };
            depth == 0
        });
        let Some(end) = end else { return Err(Stop::new("single '{' encountered in format string")) };
        out.push_str(&field(&rest[..end], arguments, &mut automatic)?);
        rest = &rest[end + 1..];
    }
    Ok(out + rest)
}

fn field(field: &str, arguments: &Arguments, automatic: &mut usize) -> Outcome<String> {
    let (name, spec) = field.split_once(':').unwrap_or((field, ""));
    let (name, conversion) = name.split_once('!').unwrap_or((name, ""));
    let first_end = name.find(['.', '[']).unwrap_or(name.len());
    let (first, mut path) = name.split_at(first_end);
    let mut value = if first.is_empty() {
        *automatic += 1;
        arguments.positional.get(*automatic - 1).cloned()
    } else if let Ok(index) = first.parse::<usize>() {
        arguments.positional.get(index).cloned()
    } else {
        arguments.named.iter().find(|(name, _)| **name == *first).map(|(_, value)| value.clone())
    }
    .ok_or_else(|| Stop::new(format!("Replacement index {field} out of range for positional args tuple")))?;
    while !path.is_empty() {
        if let Some(rest) = path.strip_prefix('.') {
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            value = attribute(&value, &rest[..end].into())?;
            path = &rest[end..];
        } else {
            let Some((key, rest)) = path[1..].split_once(']') else {
                return Err(Stop::new("expected ']' in format string"));
            };
            let key = key.parse().map_or_else(|_| Value::from(key), Value::Int);
            value = item(&value, &key)?;
            path = rest;
        }
    }
    crate::arguments::known(&value)?;
    match conversion {
        "" => {}
        "s" => value = Value::string(value.to_string()),
        "r" | "a" => value = Value::string(value.repr()),
        other => return Err(Stop::new(format!("unknown conversion '{other}' in format string"))),
    }
    let spec = if spec.contains('{') { format(spec, arguments)? } else { spec.to_owned() };
    formatted(&value, &spec)
}

struct Spec {
    fill: char,
    align: Option<char>,
    sign: char,
    alternate: bool,
    width: usize,
    group: Option<char>,
    precision: Option<usize>,
    kind: Option<char>,
}

fn parse_spec(spec: &str) -> Outcome<Spec> {
    let characters: Vec<char> = spec.chars().collect();
    let mut at = 0;
    let peek = |at: usize| characters.get(at).copied();
    let is_align = |character: Option<char>| matches!(character, Some('<' | '>' | '^' | '='));
    let (mut fill, mut align) = (' ', None);
    if is_align(peek(1)) {
        (fill, align, at) = (characters.first().copied().unwrap_or(' '), peek(1), 2);
    } else if is_align(peek(0)) {
        (align, at) = (peek(0), 1);
    }
    let mut sign = '-';
    if let Some(found @ ('+' | '-' | ' ')) = peek(at) {
        (sign, at) = (found, at + 1);
    }
    let alternate = peek(at) == Some('#');
    at += usize::from(alternate);
    if peek(at) == Some('0') {
        at += 1;
        if align.is_none() {
            (fill, align) = ('0', Some('='));
        }
    }
    let number = |at: &mut usize| {
        let digits: String = characters.iter().skip(*at).take_while(|digit| digit.is_ascii_digit()).collect();
        *at += digits.len();
        digits.parse::<usize>().ok()
    };
    let width = number(&mut at).unwrap_or(0);
    let mut group = None;
    if let Some(found @ (',' | '_')) = peek(at) {
        (group, at) = (Some(found), at + 1);
    }
    let mut precision = None;
    if peek(at) == Some('.') {
        at += 1;
        precision = Some(number(&mut at).ok_or_else(|| Stop::new("format specifier missing precision"))?);
    }
    let kind = peek(at);
    at += usize::from(kind.is_some());
    if at < characters.len() || width > WIDTH_LIMIT || precision.is_some_and(|precision| precision > 1000) {
        return Err(Stop::new(format!("invalid format specifier '{spec}'")));
    }
    Ok(Spec { fill, align, sign, alternate, width, group, precision, kind })
}

/// Python's `format(value, spec)`.
pub(crate) fn formatted(value: &Value, spec: &str) -> Outcome<String> {
    if spec.is_empty() {
        return Ok(value.to_string());
    }
    if let Value::DateTime(_) | Value::Date(_) = value {
        return crate::filters::dates::strftime_value(value, spec);
    }
    let spec = parse_spec(spec)?;
    let wrong = || {
        Stop::new(format!(
            "unknown format code '{}' for object of type '{}'",
            spec.kind.unwrap_or('s'),
            value.type_name()
        ))
    };
    let is_number = matches!(value, Value::Int(_) | Value::BigInt(_) | Value::Float(_))
        || (matches!(value, Value::Bool(_)) && spec.kind.is_some());
    if !is_number {
        if !matches!(spec.kind, None | Some('s')) {
            return Err(wrong());
        }
        let mut text = value.to_string();
        if let Some(precision) = spec.precision {
            text = text.chars().take(precision).collect();
        }
        return Ok(padded(&text, "", &spec, '<'));
    }
    let number = value.as_f64().unwrap_or(0.0);
    let is_integer = !matches!(value, Value::Float(_));
    let big = || value.to_big_int().ok_or_else(wrong);
    let (digits, prefix) = match spec.kind {
        None if is_integer => (big()?.magnitude().to_string(), ""),
        Some('d' | 'n') if is_integer => (big()?.magnitude().to_string(), ""),
        Some('b') => (big()?.magnitude().to_str_radix(2), "0b"),
        Some('o') => (big()?.magnitude().to_str_radix(8), "0o"),
        Some('x') => (big()?.magnitude().to_str_radix(16), "0x"),
        Some('X') => (big()?.magnitude().to_str_radix(16).to_uppercase(), "0X"),
        Some('c') => {
            let character =
                value.to_i64().ok().and_then(|code| u32::try_from(code).ok()).and_then(char::from_u32);
            return Ok(padded(&character.ok_or_else(wrong)?.to_string(), "", &spec, '<'));
        }
        None => match spec.precision {
            None => (float_repr(number.abs()), ""),
            Some(precision) => (general(number.abs(), precision, false), ""),
        },
        Some('f' | 'F') => (fixed(number.abs(), spec.precision.unwrap_or(6)), ""),
        Some('e') => (exponent(number.abs(), spec.precision.unwrap_or(6)), ""),
        Some('E') => (exponent(number.abs(), spec.precision.unwrap_or(6)).to_uppercase(), ""),
        Some('g' | 'n') => (general(number.abs(), spec.precision.unwrap_or(6), spec.alternate), ""),
        Some('G') => (general(number.abs(), spec.precision.unwrap_or(6), spec.alternate).to_uppercase(), ""),
        Some('%') => (fixed(number.abs() * 100.0, spec.precision.unwrap_or(6)) + "%", ""),
        Some(_) => return Err(wrong()),
    };
    let digits = spec.group.map_or(digits.clone(), |group| grouped(&digits, group));
    let is_negative = number.is_sign_negative() && number != 0.0;
    let sign = match (is_negative, spec.sign) {
        (true, _) => "-",
        (false, '+') => "+",
        (false, ' ') => " ",
        _ => "",
    };
    let prefix = if spec.alternate { prefix } else { "" };
    Ok(padded(&digits, &format!("{sign}{prefix}"), &spec, '>'))
}

fn padded(text: &str, sign: &str, spec: &Spec, default: char) -> String {
    let missing = spec.width.saturating_sub(text.chars().count() + sign.chars().count());
    let fill = |count: usize| spec.fill.to_string().repeat(count);
    match spec.align.unwrap_or(default) {
        '<' => format!("{sign}{text}{}", fill(missing)),
        '^' => format!("{}{sign}{text}{}", fill(missing / 2), fill(missing - missing / 2)),
        '=' => format!("{sign}{}{text}", fill(missing)),
        _ => format!("{}{sign}{text}", fill(missing)),
    }
}
