//! Lookups that make lists out of lists.

use std::sync::Arc;

use value::Value;

use crate::arguments::{Arguments, flag, integer, text};
use crate::evaluate::{Evaluator, pairs};
use crate::filters::lists;
use crate::outcome::{Outcome, Stop};
use crate::random::Random;

fn tuple(items: Vec<Value>) -> Value {
    Value::List(Arc::new(items))
}

/// The items of a term that is a list, or the term itself.
fn listed(evaluator: &mut Evaluator<'_>, term: &Value) -> Outcome<Vec<Value>> {
    Ok(match evaluator.force(term)? {
        Value::List(items) | Value::Tuple(items) => items.to_vec(),
        term => vec![term],
    })
}

/// The terms, each a list; one term may be a list of all of them.
fn lists_of(evaluator: &mut Evaluator<'_>, arguments: Arguments) -> Outcome<Vec<Vec<Value>>> {
    arguments.positional.iter().map(|term| listed(evaluator, term)).collect()
}

pub(super) fn list(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome<Vec<Value>> {
    Ok(arguments.positional)
}

/// The terms with lists among them opened, one level deep.
pub(super) fn items(evaluator: &mut Evaluator<'_>, arguments: Arguments) -> Outcome<Vec<Value>> {
    Ok(lists_of(evaluator, arguments)?.into_iter().flatten().collect())
}

/// The terms with all lists in them opened, however deep; None is left out.
pub(super) fn flattened(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome<Vec<Value>> {
    fn open(values: &[Value], out: &mut Vec<Value>) {
        for value in values {
            match value {
                Value::Null => {}
                Value::List(items) | Value::Tuple(items) => open(items, out),
                value => out.push(value.clone()),
            }
        }
    }
    let mut out = Vec::new();
    open(&arguments.positional, &mut out);
    Ok(out)
}

pub(super) fn dict(evaluator: &mut Evaluator<'_>, arguments: Arguments) -> Outcome<Vec<Value>> {
    let mut out = Vec::new();
    for term in &arguments.positional {
        for term in listed(evaluator, term)? {
            let term = evaluator.force(&term)?;
            let Value::Map(_) = term else {
                return Err(Stop::new(format!(
                    "the 'dict' lookup plugin expects a dictionary, got '{term}' of type <class '{}'>",
                    term.type_name()
                )));
            };
            for (key, value) in pairs(&term)? {
                out.push(Value::map([("key", key), ("value", value)]));
            }
        }
    }
    Ok(out)
}

pub(super) fn indexed_items(evaluator: &mut Evaluator<'_>, arguments: Arguments) -> Outcome<Vec<Value>> {
    let items = items(evaluator, arguments)?;
    Ok(items.into_iter().enumerate().map(|(index, item)| tuple(vec![Value::from(index), item])).collect())
}

pub(super) fn nested(evaluator: &mut Evaluator<'_>, arguments: Arguments) -> Outcome<Vec<Value>> {
    let terms = lists_of(evaluator, arguments)?;
    if terms.is_empty() {
        return Err(Stop::new("with_nested requires at least one element in the nested list"));
    }
    // A list inside one of the lists is opened into the combination that it is part of.
    let opened = |row: Vec<Value>| {
        tuple(
            row.into_iter()
                .flat_map(|item| match item {
                    Value::List(items) => items.to_vec(),
                    item => vec![item],
                })
                .collect(),
        )
    };
    Ok(lists::cartesian(&terms)?.into_iter().map(opened).collect())
}

pub(super) fn together(evaluator: &mut Evaluator<'_>, arguments: Arguments) -> Outcome<Vec<Value>> {
    let terms = lists_of(evaluator, arguments)?;
    if terms.is_empty() {
        return Err(Stop::new("with_together requires at least one element in each list"));
    }
    let longest = terms.iter().map(Vec::len).max().unwrap_or(0);
    let row =
        |index: usize| tuple(terms.iter().map(|term| term.get(index).cloned().unwrap_or_default()).collect());
    Ok((0..longest).map(row).collect())
}

pub(super) fn random_choice(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome<Vec<Value>> {
    let terms = arguments.positional;
    if terms.is_empty() {
        return Ok(Vec::new());
    }
    let chosen = usize::try_from(Random::new(None)?.below(terms.len() as u64)).unwrap_or(0);
    Ok(terms.get(chosen).cloned().into_iter().collect())
}

pub(super) fn subelements(evaluator: &mut Evaluator<'_>, arguments: Arguments) -> Outcome<Vec<Value>> {
    let (elements, path, options) = match arguments.positional.as_slice() {
        [elements, path] => (elements, path, None),
        [elements, path, options] => (elements, path, Some(options)),
        _ => return Err(wrong_terms("")),
    };
    if !matches!(elements, Value::List(_) | Value::Tuple(_) | Value::Map(_)) || path.as_str().is_none() {
        return Err(wrong_terms("first a dict or a list, second a string pointing to the subkey"));
    }
    if options.is_some_and(|options| options.as_map().is_none()) {
        return Err(wrong_terms("the optional third item must be a dict with flags ('skip_missing',)"));
    }
    let was_skipped = |element: &Value| {
        element.get("skipped").is_some_and(|skipped| !matches!(skipped, Value::Bool(false)))
    };
    let elements = match elements {
        Value::Map(_) if was_skipped(elements) => return Ok(Vec::new()),
        Value::Map(map) => map.values().cloned().collect(),
        other => listed(evaluator, other)?,
    };
    let skip = options.and_then(|options| options.get("skip_missing")).cloned();
    let skip = skip.or_else(|| {
        arguments.named.iter().find(|(name, _)| &**name == "skip_missing").map(|(_, skip)| skip.clone())
    });
    let skip = match skip {
        Some(Value::String(word)) => value::Convert::to_bool(&Value::String(word)).unwrap_or(false),
        skip => flag(skip, false)?,
    };
    let path: Vec<Value> = text(path)?.split('.').map(Value::from).collect();
    let mut out = Vec::new();
    for element in elements {
        // An element that was skipped in an earlier loop has nothing to give.
        if was_skipped(&element) {
            continue;
        }
        if let Some(values) = lists::subelement(evaluator, &element, &path, skip)? {
            let element = without(&element, &path);
            out.extend(values.into_iter().map(|value| tuple(vec![element.clone(), value])));
        }
    }
    Ok(out)
}

fn wrong_terms(why: &str) -> Stop {
    Stop::new(format!("subelements lookup expects a list of two or three items, {why}"))
}

/// The element without the list that its path leads to.
fn without(element: &Value, path: &[Value]) -> Value {
    let (Value::Map(map), Some((key, rest))) = (element, path.split_first()) else { return element.clone() };
    let mut map = value::Map::clone(map);
    if rest.is_empty() {
        map.shift_remove(key);
    } else if let Some(inner) = map.get_mut(key) {
        *inner = without(inner, rest);
    }
    Value::from(map)
}

/// The numbers of a term such as `start=1 end=9 stride=2 format=web%02d`, or `1-9/2:web%02d`.
pub(super) fn sequence(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome<Vec<Value>> {
    let named = arguments.named;
    let mut out = Vec::new();
    let terms = match arguments.positional {
        terms if terms.is_empty() && named.is_empty() => return Ok(out),
        terms if terms.is_empty() => vec![Value::from("")],
        terms => terms,
    };
    for term in terms {
        let mut settings = named.clone();
        let term = text(&term)?;
        if term.contains('=') {
            for word in shlex::split(&term)
                .ok_or_else(|| Stop::new(format!("the quotes in '{term}' do not match")))?
            {
                let Some((name, value)) = word.split_once('=') else {
                    return Err(Stop::new(format!(
                        "'{word}' is not a setting: it needs a name, '=' and a value"
                    )));
                };
                settings.push((name.into(), Value::from(value)));
            }
        } else if !term.trim().is_empty() {
            settings.extend(short_form(term.trim())?);
        }
        numbers(&settings, &mut out)?;
    }
    Ok(out)
}

type Settings = Vec<(Arc<str>, Value)>;

/// `[start-]end[/stride][:format]`.
fn short_form(term: &str) -> Outcome<Settings> {
    let (range, format) = term.split_once(':').map_or((term, None), |(range, format)| (range, Some(format)));
    let (range, stride) =
        range.split_once('/').map_or((range, None), |(range, stride)| (range, Some(stride)));
    let (start, end) = range.split_once('-').map_or((None, range), |(start, end)| (Some(start), end));
    let parts = [("start", start), ("end", Some(end)), ("stride", stride), ("format", format)];
    Ok(parts.into_iter().filter_map(|(name, part)| Some((name.into(), Value::from(part?)))).collect())
}

fn numbers(settings: &Settings, out: &mut Vec<Value>) -> Outcome<()> {
    let (mut start, mut end, mut count, mut stride, mut format) = (1, None, None, None, None);
    for (name, value) in settings {
        match &**name {
            "start" => start = number(name, value)?,
            "end" => end = Some(number(name, value)?),
            "count" => count = Some(number(name, value)?),
            "stride" => stride = Some(number(name, value)?),
            "format" => format = Some(text(value)?),
            other => {
                let known = ["start", "end", "count", "stride", "format"];
                return Err(diag::Error::new(format!(
                    "unrecognized arguments to with_sequence: ['{other}']"
                ))
                .hint_some(diag::did_you_mean(other, known))
                .into());
            }
        }
    }
    let end = match (end, count) {
        (Some(_), Some(_)) => return Err(Stop::new("can't specify both count and end in with_sequence")),
        (Some(end), None) => end,
        (None, Some(0)) => return Ok(()),
        // This gives two numbers too many where the stride is negative, as playbooks expect.
        (None, Some(count)) => {
            start.saturating_add(count.saturating_mul(stride.unwrap_or(1))).saturating_sub(1)
        }
        (None, None) => return Err(Stop::new("must specify count or end in with_sequence")),
    };
    let stride = stride.unwrap_or(1);
    if stride == 0 {
        return Ok(());
    }
    if stride > 0 && end < start {
        return Err(Stop::new("to count backwards make stride negative"));
    }
    if stride < 0 && end > start {
        return Err(Stop::new("to count forward don't make stride negative"));
    }
    if (i128::from(end) - i128::from(start)) / i128::from(stride) >= crate::evaluate::RANGE_LIMIT {
        return Err(Stop::new(format!("a sequence may have at most {} items", crate::evaluate::RANGE_LIMIT)));
    }
    let mut at = start;
    while (stride > 0 && at <= end) || (stride < 0 && at >= end) {
        out.push(Value::string(match &format {
            Some(format) => crate::evaluate::printf(format, &Value::Int(at))
                .map_err(|_| Stop::new(format!("bad formatting string: {format}")))?,
            None => at.to_string(),
        }));
        at = at.saturating_add(stride);
    }
    Ok(())
}

/// A number that may be written in hexadecimal or octal.
fn number(name: &str, value: &Value) -> Outcome<i64> {
    let Some(written) = value.as_str() else { return integer(value, "a number") };
    let digits = written.trim();
    let parsed = if let Some(digits) = digits.strip_prefix("0x") {
        i64::from_str_radix(digits, 16)
    } else if let Some(digits) = digits.strip_prefix("0o") {
        i64::from_str_radix(digits, 8)
    } else {
        digits.parse()
    };
    parsed.map_err(|_| {
        Stop::new(format!(
            "Config '{name}' for 'sequence' lookup plugin has an invalid value: Invalid value provided for 'integer': \
             '{written}'"
        ))
    })
}
