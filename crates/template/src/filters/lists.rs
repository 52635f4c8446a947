//! Filters over lists.

use std::sync::Arc;

use value::{Undefined, Value};

use super::selection::folded;
use crate::arguments::{Arguments, flag, integer, integer_or, items as items_of, known, required, text};
use crate::evaluate::{Evaluator, OUTPUT_LIMIT, add, compare, pairs, path_parts, sort_by, take_path};
use crate::outcome::{Outcome, Stop};
use crate::random::Random;

/// So many items one filter may make.
const LIMIT: usize = 1_000_000;

/// So many values may be in the items that one filter makes.
const CELL_LIMIT: usize = 20_000_000;

fn made(items: Vec<Value>) -> Outcome {
    Ok(Value::List(Arc::new(items)))
}

fn tuple(items: Vec<Value>) -> Value {
    Value::Tuple(Arc::new(items))
}

fn only(arguments: Arguments) -> Outcome {
    let [value] = arguments.bind(["value"])?;
    required(value, "value")
}

pub(super) fn length(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let value = only(arguments)?;
    match &value {
        Value::Bytes(bytes) => Ok(Value::from(bytes.len())),
        Value::String(text) => Ok(Value::from(text.chars().count())),
        Value::Map(map) => Ok(Value::from(map.len())),
        Value::List(items) | Value::Tuple(items) => Ok(Value::from(items.len())),
        Value::Object(_) => Ok(Value::from(items_of(&value)?.len())),
        other => Err(Stop::new(format!("object of type '{}' has no len()", other.type_name()))),
    }
}

pub(super) fn list(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    made(items_of(&only(arguments)?)?)
}

pub(super) fn items(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let value = only(arguments)?;
    crate::arguments::map(&value, "the value")?;
    made(pairs(&value)?.into_iter().map(|(key, value)| tuple(vec![key, value])).collect())
}

pub(super) fn first(evaluator: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    match items_of(&only(arguments)?)?.first() {
        Some(item) => evaluator.force(item),
        None => Ok(Value::from(Undefined::new("No first item, sequence was empty."))),
    }
}

pub(super) fn last(evaluator: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    match items_of(&only(arguments)?)?.last() {
        Some(item) => evaluator.force(item),
        None => Ok(Value::from(Undefined::new("No last item, sequence was empty."))),
    }
}

pub(super) fn reverse(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let value = only(arguments)?;
    let reversed: Vec<Value> = items_of(&value)?.into_iter().rev().collect();
    match &value {
        Value::String(text) => {
            let reversed: String = text.chars().rev().collect();
            Ok(Value::String(text.clone().untrusted().with_text(reversed)))
        }
        _ => made(reversed),
    }
}

pub(super) fn join(evaluator: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let [value, separator, attribute] = arguments.bind(["value", "d", "attribute"])?;
    let separator = crate::arguments::text_or(separator, "")?;
    let (mut texts, mut length) = (Vec::new(), 0usize);
    for item in items_of(&required(value, "value")?)? {
        let item = match &attribute {
            Some(path) if !path.is_null() => take_path(evaluator, &item, path)?,
            _ => item,
        };
        let item = text(&item)?;
        length = length.saturating_add(item.len()).saturating_add(separator.len());
        if length > OUTPUT_LIMIT {
            return Err(Stop::new("the result is too large"));
        }
        texts.push(item);
    }
    Ok(Value::string(texts.join(&separator)))
}

/// The values that items are compared by, beside the items; several attributes may be given, with commas.
fn keyed(
    evaluator: &mut Evaluator<'_>,
    values: Vec<Value>,
    attribute: Option<Value>,
    case_sensitive: bool,
) -> Outcome<Vec<(Value, Value)>> {
    let attribute = attribute.filter(|attribute| !attribute.is_null());
    let mut keyed = Vec::with_capacity(values.len());
    for value in values {
        let key = match &attribute {
            None => folded(&value, case_sensitive),
            Some(path) => match path.as_str().filter(|path| path.contains(',')) {
                Some(paths) => {
                    let mut parts = Vec::new();
                    for path in paths.split(',') {
                        let part = take_path(evaluator, &value, &Value::from(path.trim()))?;
                        known(&part)?;
                        parts.push(folded(&part, case_sensitive));
                    }
                    tuple(parts)
                }
                None => {
                    let key = take_path(evaluator, &value, path)?;
                    known(&key)?;
                    folded(&key, case_sensitive)
                }
            },
        };
        keyed.push((key, value));
    }
    Ok(keyed)
}

pub(super) fn sort(evaluator: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let [value, reverse, case_sensitive, attribute] =
        arguments.bind(["value", "reverse", "case_sensitive", "attribute"])?;
    let values = items_of(&required(value, "value")?)?;
    let mut keyed = keyed(evaluator, values, attribute, flag(case_sensitive, false)?)?;
    // Python's reverse keeps the order of equals, so both ends are turned around.
    if flag(reverse, false)? {
        keyed.reverse();
        sort_by(&mut keyed, |(key, _)| key)?;
        keyed.reverse();
    } else {
        sort_by(&mut keyed, |(key, _)| key)?;
    }
    made(keyed.into_iter().map(|(_, value)| value).collect())
}

/// Whether Python could take the value as the key of a dict.
fn is_hashable(value: &Value) -> bool {
    match value {
        Value::List(_) | Value::Map(_) => false,
        Value::Tuple(items) => items.iter().all(is_hashable),
        _ => true,
    }
}

pub(super) fn unique(evaluator: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let [value, case_sensitive, attribute] = arguments.bind(["value", "case_sensitive", "attribute"])?;
    let values = items_of(&required(value, "value")?)?;
    let folds = matches!(case_sensitive, Some(Value::Bool(false)));
    let needs_hashes = folds || attribute.as_ref().is_some_and(|attribute| !attribute.is_null());
    let keyed = keyed(evaluator, values, attribute, flag(case_sensitive, false)?)?;
    // Without these parameters Ansible falls back to comparing; playbooks look for these words.
    if let Some((key, _)) = keyed.iter().find(|(key, _)| needs_hashes && !is_hashable(key)) {
        return Err(Stop::new(format!(
            "cannot fall back to comparing with the parameters supplied: unhashable type: '{}'",
            key.type_name()
        )));
    }
    let mut seen = indexmap::IndexSet::new();
    made(keyed.into_iter().filter(|(key, _)| seen.insert(key.clone())).map(|(_, value)| value).collect())
}

fn extreme(evaluator: &mut Evaluator<'_>, arguments: Arguments, wanted: std::cmp::Ordering) -> Outcome {
    let [value, case_sensitive, attribute] = arguments.bind(["value", "case_sensitive", "attribute"])?;
    let values = items_of(&required(value, "value")?)?;
    let keyed = keyed(evaluator, values, attribute, flag(case_sensitive, false)?)?;
    let mut best: Option<(Value, Value)> = None;
    for (key, value) in keyed {
        let better = match &best {
            Some((best, _)) => compare(&key, best)? == wanted,
            None => true,
        };
        if better {
            best = Some((key, value));
        }
    }
    Ok(best.map_or_else(|| Value::undefined("No aggregated item, sequence was empty."), |(_, value)| value))
}

pub(super) fn max(evaluator: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    extreme(evaluator, arguments, std::cmp::Ordering::Greater)
}

pub(super) fn min(evaluator: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    extreme(evaluator, arguments, std::cmp::Ordering::Less)
}

pub(super) fn sum(evaluator: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let [value, attribute, start] = arguments.bind(["iterable", "attribute", "start"])?;
    let mut total = start.unwrap_or(Value::Int(0));
    for item in items_of(&required(value, "iterable")?)? {
        let item = match &attribute {
            Some(path) if !path.is_null() => take_path(evaluator, &item, path)?,
            _ => item,
        };
        known(&item)?;
        total = add(&total, &item)?;
    }
    Ok(total)
}

pub(super) fn batch(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let [value, size, fill] = arguments.bind(["value", "linecount", "fill_with"])?;
    let size = usize::try_from(integer(&required(size, "linecount")?, "the size")?.max(1)).unwrap_or(1);
    let values = items_of(&required(value, "value")?)?;
    let mut rows: Vec<Vec<Value>> = values.chunks(size).map(<[Value]>::to_vec).collect();
    if let (Some(fill), Some(row)) = (fill.filter(|fill| !fill.is_null()), rows.last_mut())
        && size < LIMIT
    {
        row.resize(size, fill);
    }
    made(rows.into_iter().map(|row| Value::List(Arc::new(row))).collect())
}

pub(super) fn slice(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let [value, slices, fill] = arguments.bind(["value", "slices", "fill_with"])?;
    let slices = usize::try_from(integer(&required(slices, "slices")?, "the number of slices")?).unwrap_or(0);
    if slices == 0 || slices > LIMIT {
        return Err(Stop::new("the number of slices must be positive"));
    }
    let values = items_of(&required(value, "value")?)?;
    let fill = fill.filter(|fill| !fill.is_null());
    let (each, longer) = (values.len() / slices, values.len() % slices);
    let mut values = values.into_iter();
    let mut out = Vec::with_capacity(slices);
    for number in 0..slices {
        let mut part: Vec<Value> = values.by_ref().take(each + usize::from(number < longer)).collect();
        if let Some(fill) = fill.as_ref().filter(|_| number >= longer) {
            part.push(fill.clone());
        }
        out.push(Value::List(Arc::new(part)));
    }
    made(out)
}

pub(super) fn flatten(evaluator: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let [value, levels, skip_nulls] = arguments.bind(["mylist", "levels", "skip_nulls"])?;
    let levels = match levels {
        None | Some(Value::Null) => None,
        Some(levels) => Some(integer(&levels, "levels")?),
    };
    let mut out = Vec::new();
    let value = required(value, "mylist")?;
    let items = items_of(&value)?;
    flattened(evaluator, &items, levels, flag(skip_nulls, true)?, &mut out)?;
    made(out)
}

fn flattened(
    evaluator: &mut Evaluator<'_>,
    items: &[Value],
    levels: Option<i64>,
    skip_nulls: bool,
    out: &mut Vec<Value>,
) -> Outcome<()> {
    for item in items {
        match evaluator.force(item)? {
            Value::Null if skip_nulls => {}
            // Ansible skips these words as well as None itself.
            Value::String(word) if skip_nulls && matches!(word.as_str(), "None" | "null") => {}
            Value::List(inner) | Value::Tuple(inner) if levels.is_none_or(|levels| levels >= 1) => {
                stacker::maybe_grow(64 << 10, 1 << 20, || {
                    flattened(evaluator, &inner, levels.map(|levels| levels - 1), skip_nulls, out)
                })?;
            }
            item => out.push(item),
        }
    }
    Ok(())
}

/// The two lists of a set operation.
fn two(arguments: Arguments) -> Outcome<(Vec<Value>, Vec<Value>)> {
    let [left, right] = arguments.bind(["a", "b"])?;
    Ok((items_of(&required(left, "a")?)?, items_of(&required(right, "b")?)?))
}

fn set(items: impl IntoIterator<Item = Value>) -> indexmap::IndexSet<Value> {
    items.into_iter().collect()
}

pub(super) fn union(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let (left, right) = two(arguments)?;
    made(set(left.into_iter().chain(right)).into_iter().collect())
}

pub(super) fn intersect(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let (left, right) = two(arguments)?;
    let right = set(right);
    made(set(left.into_iter().filter(|item| right.contains(item))).into_iter().collect())
}

pub(super) fn difference(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let (left, right) = two(arguments)?;
    let right = set(right);
    made(set(left.into_iter().filter(|item| !right.contains(item))).into_iter().collect())
}

pub(super) fn symmetric_difference(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let (left, right) = two(arguments)?;
    let (left, right) = (set(left), set(right));
    made(left.symmetric_difference(&right).cloned().collect())
}

/// The lists of a filter that takes any number of them, and its named arguments.
fn lists(mut arguments: Arguments) -> Outcome<(Vec<Vec<Value>>, Arguments)> {
    let lists = std::mem::take(&mut arguments.positional).iter().map(items_of).collect::<Outcome<_>>()?;
    Ok((lists, arguments))
}

pub(super) fn zip(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let (lists, rest) = lists(arguments)?;
    let [strict] = rest.bind(["strict"])?;
    let shortest = lists.iter().map(Vec::len).min().unwrap_or(0);
    if flag(strict, false)? && lists.iter().any(|list| list.len() != shortest) {
        return Err(Stop::new("the lists differ in length"));
    }
    let row = |index: usize| tuple(lists.iter().filter_map(|list| list.get(index).cloned()).collect());
    made((0..shortest).map(row).collect())
}

pub(super) fn zip_longest(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let (lists, rest) = lists(arguments)?;
    let [fill] = rest.bind(["fillvalue"])?;
    let fill = fill.unwrap_or_default();
    let longest = lists.iter().map(Vec::len).max().unwrap_or(0);
    let row =
        |index: usize| tuple(lists.iter().map(|list| list.get(index).unwrap_or(&fill).clone()).collect());
    made((0..longest).map(row).collect())
}

pub(super) fn product(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let (mut lists, rest) = lists(arguments)?;
    let [repeat] = rest.bind(["repeat"])?;
    let repeat = usize::try_from(integer_or(repeat, 1, "repeat")?.clamp(0, 64)).unwrap_or(1);
    lists = std::iter::repeat_n(lists, repeat).flatten().collect();
    made(cartesian(&lists)?.into_iter().map(tuple).collect())
}

/// Refuses to make too many items of so many values each; their number may be too large to tell.
fn bounded(items: Option<usize>, values: usize) -> Outcome<()> {
    match items {
        Some(items) if items <= LIMIT && items.saturating_mul(values) <= CELL_LIMIT => Ok(()),
        _ => Err(Stop::new(format!("more than {LIMIT} combinations"))),
    }
}

/// All ways to take one item of each list; the last list varies fastest.
pub(crate) fn cartesian(lists: &[Vec<Value>]) -> Outcome<Vec<Vec<Value>>> {
    let count = lists.iter().try_fold(1usize, |count, list| count.checked_mul(list.len()));
    bounded(count, lists.len())?;
    let mut rows = vec![Vec::new()];
    for list in lists {
        rows = rows
            .into_iter()
            .flat_map(|row: Vec<Value>| {
                list.iter().map(move |item| {
                    let mut row = row.clone();
                    row.push(item.clone());
                    row
                })
            })
            .collect();
    }
    Ok(rows)
}

pub(super) fn combinations(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let [value, size] = arguments.bind(["iterable", "r"])?;
    let values = items_of(&required(value, "iterable")?)?;
    let size = usize::try_from(integer(&required(size, "r")?, "r")?)
        .map_err(|_| Stop::new("r must be non-negative"))?;
    // Choosing all but a few is choosing those few.
    let few = size.min(values.len().saturating_sub(size));
    bounded(
        (0..few)
            .try_fold(1, |count: usize, index| Some(count.checked_mul(values.len() - index)? / (index + 1))),
        size,
    )?;
    let mut out = Vec::new();
    combine(&values, size, &mut Vec::new(), &mut out)?;
    made(out)
}

fn combine(values: &[Value], size: usize, chosen: &mut Vec<Value>, out: &mut Vec<Value>) -> Outcome<()> {
    if size == 0 {
        out.push(tuple(chosen.clone()));
        return Ok(());
    }
    if size > values.len() {
        return Ok(());
    }
    for (index, value) in values.iter().enumerate() {
        chosen.push(value.clone());
        combine(values.get(index + 1..).unwrap_or_default(), size - 1, chosen, out)?;
        chosen.pop();
    }
    Ok(())
}

pub(super) fn permutations(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let [value, size] = arguments.bind(["iterable", "r"])?;
    let values = items_of(&required(value, "iterable")?)?;
    let size = match size {
        None | Some(Value::Null) => values.len(),
        Some(size) => {
            usize::try_from(integer(&size, "r")?).map_err(|_| Stop::new("r must be non-negative"))?
        }
    };
    if size > values.len() {
        return made(Vec::new());
    }
    bounded((0..size).try_fold(1, |count: usize, index| count.checked_mul(values.len() - index)), size)?;
    let mut out = Vec::new();
    permute(&values, size, &mut Vec::new(), &mut out)?;
    made(out)
}

fn permute(values: &[Value], size: usize, chosen: &mut Vec<usize>, out: &mut Vec<Value>) -> Outcome<()> {
    if chosen.len() == size {
        out.push(tuple(chosen.iter().filter_map(|index| values.get(*index).cloned()).collect()));
        return Ok(());
    }
    for index in 0..values.len() {
        if !chosen.contains(&index) {
            chosen.push(index);
            permute(values, size, chosen, out)?;
            chosen.pop();
        }
    }
    Ok(())
}

pub(super) fn random(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let [end, start, step, seed] = arguments.bind(["end", "start", "step", "seed"])?;
    let end = required(end, "end")?;
    let mut random = Random::new(seed.filter(|seed| !seed.is_null()).as_ref())?;
    if let Value::Int(_) | Value::Bool(_) = end {
        let end = integer(&end, "the end")?;
        let (start, step) = (integer_or(start, 0, "the start")?, integer_or(step, 1, "the step")?);
        if step == 0 {
            return Err(Stop::new("the step must not be zero"));
        }
        let width = i128::from(end) - i128::from(start);
        let step = i128::from(step);
        let count =
            if step > 0 { (width + step - 1).div_euclid(step) } else { (width + step + 1).div_euclid(step) };
        let count = u64::try_from(count).unwrap_or(0);
        if count == 0 {
            return Err(Stop::new("there is no number to choose: the range is empty"));
        }
        let chosen = i128::from(start) + step * i128::from(random.below(count));
        return Ok(Value::integer(chosen.into()));
    }
    if start.is_some_and(|start| !start.is_null()) || step.is_some_and(|step| !step.is_null()) {
        return Err(Stop::new("start and step can only be used with integer values"));
    }
    // Playbooks look at these words.
    if matches!(end, Value::Null | Value::Float(_)) {
        return Err(Stop::new("random can only be used on sequences and integers"));
    }
    let values = items_of(&end)?;
    if values.is_empty() {
        return Err(Stop::new("Cannot choose from an empty sequence"));
    }
    let chosen = usize::try_from(random.below(values.len() as u64)).unwrap_or(0);
    Ok(values.get(chosen).cloned().unwrap_or_default())
}

pub(super) fn shuffle(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let [value, seed] = arguments.bind(["mylist", "seed"])?;
    let value = required(value, "mylist")?;
    let Ok(mut values) = items_of(&value) else { return Ok(value) };
    let mut random = Random::new(seed.filter(|seed| !seed.is_null()).as_ref())?;
    for last in (1..values.len()).rev() {
        let other = usize::try_from(random.below(last as u64 + 1)).unwrap_or(0);
        values.swap(last, other);
    }
    made(values)
}

pub(super) fn subelements(evaluator: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let [value, path, skip_missing] = arguments.bind(["obj", "subelements", "skip_missing"])?;
    let (value, path) = (required(value, "obj")?, required(path, "subelements")?);
    let skip_missing = flag(skip_missing, false)?;
    let elements = match &value {
        Value::Map(map) => map.values().cloned().collect(),
        Value::List(items) => items.to_vec(),
        _ => return Err(Stop::new("obj must be a list of dicts or a nested dict")),
    };
    let path: Vec<Value> = match &path {
        Value::List(parts) | Value::Tuple(parts) => parts.to_vec(),
        path @ Value::String(_) => path_parts(path),
        _ => return Err(Stop::new("subelements must be a list or a string")),
    };
    let mut out = Vec::new();
    for element in elements {
        let element = evaluator.force(&element)?;
        if let Some(values) = subelement(evaluator, &element, &path, skip_missing)? {
            out.extend(values.into_iter().map(|value| tuple(vec![element.clone(), value])));
        }
    }
    made(out)
}

/// The list that a path leads to in a dict; `None` if it may be missing and is.
pub(crate) fn subelement(
    evaluator: &mut Evaluator<'_>,
    element: &Value,
    path: &[Value],
    skip_missing: bool,
) -> Outcome<Option<Vec<Value>>> {
    let mut value = element.clone();
    let last_key = |key: &Value| key.to_string();
    for key in path {
        known(&value)?;
        if value.is_null() && skip_missing {
            return Ok(None);
        }
        let Value::Map(map) = &value else {
            let (key, found) = (last_key(key), value.repr());
            return Err(Stop::new(format!("the key {key} should point to a dictionary, got '{found}'")));
        };
        let found = match map.get(key) {
            Some(found) => evaluator.force(found)?,
            None if skip_missing => return Ok(None),
            None => {
                let (key, element) = (key.repr(), evaluator.resolve(element)?.repr());
                return Err(Stop::new(format!("could not find {key} key in iterated item {element}")));
            }
        };
        value = found;
    }
    known(&value)?;
    match value {
        Value::List(items) | Value::Tuple(items) => Ok(Some(items.to_vec())),
        Value::Null if skip_missing => Ok(None),
        other => {
            let (key, found) = (path.last().map_or_else(String::new, last_key), other.repr());
            Err(Stop::new(format!("the key '{key}' should point to a list, got {found}")))
        }
    }
}
