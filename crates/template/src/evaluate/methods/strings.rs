use std::sync::Arc;

use value::{Text, Value};

use super::Method;
use crate::arguments::{Arguments, flag, integer, integer_or, items, required, string, text};
use crate::outcome::{Outcome, Stop};

/// The methods of strings.
pub(super) const METHODS: &[Method] = &[
    ("capitalize", capitalize),
    ("casefold", lower),
    ("center", center),
    ("count", count),
    ("encode", encode),
    ("endswith", endswith),
    ("expandtabs", expandtabs),
    ("find", find),
    ("format", format),
    ("format_map", format_map),
    ("index", index),
    ("isalnum", isalnum),
    ("isalpha", isalpha),
    ("isascii", isascii),
    ("isdecimal", isdecimal),
    ("isdigit", isdecimal),
    ("isidentifier", isidentifier),
    ("islower", islower),
    ("isnumeric", isnumeric),
    ("isprintable", isprintable),
    ("isspace", isspace),
    ("istitle", istitle),
    ("isupper", isupper),
    ("join", join),
    ("ljust", ljust),
    ("lower", lower),
    ("lstrip", lstrip),
    ("partition", partition),
    ("removeprefix", removeprefix),
    ("removesuffix", removesuffix),
    ("replace", replace),
    ("rfind", rfind),
    ("rindex", rindex),
    ("rjust", rjust),
    ("rpartition", rpartition),
    ("rsplit", rsplit),
    ("rstrip", rstrip),
    ("split", split),
    ("splitlines", splitlines),
    ("startswith", startswith),
    ("strip", strip),
    ("swapcase", swapcase),
    ("title", title),
    ("translate", translate),
    ("upper", upper),
    ("zfill", zfill),
];

/// The text with characters replaced as a dict says, whose keys are their code points.
fn translate(arguments: Arguments) -> Outcome {
    let [value, table] = arguments.bind(["self", "table"])?;
    let (value, table) = (text(&required(value, "self")?)?, required(table, "table")?);
    let table = crate::arguments::map(&table, "the table")?;
    let mut out = String::new();
    for character in value.chars() {
        match table.get(&Value::Int(i64::from(u32::from(character)))) {
            None => out.push(character),
            Some(Value::Null) => {}
            Some(&Value::Int(code)) => {
                let replacement = u32::try_from(code).ok().and_then(char::from_u32);
                out.push(
                    replacement.ok_or_else(|| Stop::new("character mapping must be in range(0x110000)"))?,
                );
            }
            Some(other) => out.push_str(&text(other)?),
        }
    }
    Ok(Value::string(out))
}

/// The methods of bytes.
pub(super) const BYTES_METHODS: &[Method] = &[("decode", decode), ("hex", hex)];

/// The text itself, where a method takes nothing else.
fn only(arguments: Arguments) -> Outcome<Text> {
    let [value] = arguments.bind(["self"])?;
    Ok(string(&required(value, "self")?, "the value")?.clone())
}

fn made(text: impl Into<Arc<str>>) -> Outcome {
    Ok(Value::string(text))
}

fn upper(arguments: Arguments) -> Outcome {
    made(only(arguments)?.to_uppercase())
}

fn lower(arguments: Arguments) -> Outcome {
    made(only(arguments)?.to_lowercase())
}

/// The first character in upper case, the others in lower case.
pub(crate) fn capitalized(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(characters.as_str().to_lowercase().chars()).collect()
    })
}

fn capitalize(arguments: Arguments) -> Outcome {
    made(capitalized(&only(arguments)?))
}

fn swapcase(arguments: Arguments) -> Outcome {
    let swapped: String = only(arguments)?
        .chars()
        .flat_map(|character| {
            if character.is_uppercase() {
                character.to_lowercase().collect::<Vec<_>>()
            } else {
                character.to_uppercase().collect()
            }
        })
        .collect();
    made(swapped)
}

fn title(arguments: Arguments) -> Outcome {
    let mut out = String::new();
    let mut in_word = false;
    for character in only(arguments)?.chars() {
        if in_word {
            out.extend(character.to_lowercase());
        } else {
            out.extend(character.to_uppercase());
        }
        in_word = character.is_alphabetic();
    }
    made(out)
}

fn padding(arguments: Arguments) -> Outcome<(Text, usize, String)> {
    let [value, width, fill] = arguments.bind(["self", "width", "fillchar"])?;
    let value = string(&required(value, "self")?, "the value")?.clone();
    let width = usize::try_from(integer(&required(width, "width")?, "the width")?.max(0)).unwrap_or(0);
    if width > super::super::OUTPUT_LIMIT {
        return Err(Stop::new("the width is too large"));
    }
    let fill = fill.map_or(Ok(" ".into()), |fill| text(&fill))?;
    if fill.chars().count() != 1 {
        return Err(Stop::new("the fill character must be exactly one character long"));
    }
    let missing = width.saturating_sub(value.chars().count());
    Ok((value, missing, fill))
}

fn ljust(arguments: Arguments) -> Outcome {
    let (value, missing, fill) = padding(arguments)?;
    made(format!("{}{}", value.as_str(), fill.repeat(missing)))
}

fn rjust(arguments: Arguments) -> Outcome {
    let (value, missing, fill) = padding(arguments)?;
    made(format!("{}{}", fill.repeat(missing), value.as_str()))
}

fn center(arguments: Arguments) -> Outcome {
    let [value, width, fill] = arguments.bind(["self", "width", "fillchar"])?;
    let total = integer(&required(width.clone(), "width")?, "the width")?;
    let mut again = vec![required(value, "self")?, required(width, "width")?];
    again.extend(fill);
    let (value, missing, fill) = padding(Arguments::positional(again))?;
    // Python puts the odd one to the left only where both the gap and the width are odd.
    let left = missing / 2 + (missing & usize::try_from(total.max(0)).unwrap_or(0) & 1);
    made(format!("{}{}{}", fill.repeat(left), value.as_str(), fill.repeat(missing - left)))
}

fn zfill(arguments: Arguments) -> Outcome {
    let [value, width] = arguments.bind(["self", "width"])?;
    let value = string(&required(value, "self")?, "the value")?.clone();
    let width = usize::try_from(integer(&required(width, "width")?, "the width")?.max(0)).unwrap_or(0);
    if width > super::super::OUTPUT_LIMIT {
        return Err(Stop::new("the width is too large"));
    }
    let missing = width.saturating_sub(value.chars().count());
    let sign = if value.starts_with(['+', '-']) { 1 } else { 0 };
    let (sign, digits) = value.split_at(sign);
    made(format!("{sign}{}{digits}", "0".repeat(missing)))
}

/// The text, what is searched in it (one or several), and the part of it that is searched, in bytes.
fn search(arguments: Arguments) -> Outcome<(Text, Vec<Text>, usize, usize)> {
    let [value, needle, start, end] = arguments.bind(["self", "sub", "start", "end"])?;
    let value = string(&required(value, "self")?, "the value")?.clone();
    let needles = match required(needle, "sub")? {
        Value::Tuple(needles) => needles
            .iter()
            .map(|needle| Ok(string(needle, "what is searched")?.clone()))
            .collect::<Outcome<_>>()?,
        needle => vec![string(&needle, "what is searched")?.clone()],
    };
    let length = i64::try_from(value.chars().count()).unwrap_or(i64::MAX);
    let bound = |bound: Option<Value>, default: i64| -> Outcome<usize> {
        let bound = integer_or(bound, default, "a bound")?;
        let bound = if bound < 0 { bound.saturating_add(length) } else { bound };
        let bound = usize::try_from(bound.clamp(0, length)).unwrap_or(0);
        Ok(value.char_indices().nth(bound).map_or(value.len(), |(at, _)| at))
    };
    let (start, end) = (bound(start, 0)?, bound(end, length)?);
    Ok((value.clone(), needles, start, end.max(start)))
}

fn found(arguments: Arguments, last: bool) -> Outcome<Option<usize>> {
    let (value, needles, start, end) = search(arguments)?;
    let part = value.get(start..end).unwrap_or_default();
    let needle = needles.first().map_or("", Text::as_str);
    let at = if last { part.rfind(needle) } else { part.find(needle) };
    Ok(at.map(|at| value.get(..start + at).unwrap_or_default().chars().count()))
}

fn find(arguments: Arguments) -> Outcome {
    Ok(found(arguments, false)?.map_or(Value::Int(-1), Value::from))
}

fn rfind(arguments: Arguments) -> Outcome {
    Ok(found(arguments, true)?.map_or(Value::Int(-1), Value::from))
}

fn index(arguments: Arguments) -> Outcome {
    found(arguments, false)?.map(Value::from).ok_or_else(|| Stop::new("substring not found"))
}

fn rindex(arguments: Arguments) -> Outcome {
    found(arguments, true)?.map(Value::from).ok_or_else(|| Stop::new("substring not found"))
}

fn count(arguments: Arguments) -> Outcome {
    let (value, needles, start, end) = search(arguments)?;
    let part = value.get(start..end).unwrap_or_default();
    let needle = needles.first().map_or("", Text::as_str);
    Ok(Value::from(if needle.is_empty() { part.chars().count() + 1 } else { part.matches(needle).count() }))
}

fn startswith(arguments: Arguments) -> Outcome {
    let (value, needles, start, end) = search(arguments)?;
    let part = value.get(start..end).unwrap_or_default();
    Ok(Value::Bool(needles.iter().any(|needle| part.starts_with(needle.as_str()))))
}

fn endswith(arguments: Arguments) -> Outcome {
    let (value, needles, start, end) = search(arguments)?;
    let part = value.get(start..end).unwrap_or_default();
    Ok(Value::Bool(needles.iter().any(|needle| part.ends_with(needle.as_str()))))
}

fn characters(arguments: Arguments) -> Outcome<(Text, Option<String>)> {
    let [value, characters] = arguments.bind(["self", "chars"])?;
    let value = string(&required(value, "self")?, "the value")?.clone();
    let characters = match characters {
        None | Some(Value::Null) => None,
        Some(characters) => Some(string(&characters, "the characters")?.to_string()),
    };
    Ok((value, characters))
}

fn is_stripped(characters: &Option<String>) -> impl Fn(char) -> bool {
    move |character| match characters {
        Some(characters) => characters.contains(character),
        None => character.is_whitespace(),
    }
}

fn strip(arguments: Arguments) -> Outcome {
    let (value, characters) = characters(arguments)?;
    made(value.trim_matches(is_stripped(&characters)))
}

fn lstrip(arguments: Arguments) -> Outcome {
    let (value, characters) = characters(arguments)?;
    made(value.trim_start_matches(is_stripped(&characters)))
}

fn rstrip(arguments: Arguments) -> Outcome {
    let (value, characters) = characters(arguments)?;
    made(value.trim_end_matches(is_stripped(&characters)))
}

fn affix(arguments: Arguments) -> Outcome<(Text, Text)> {
    let [value, affix] = arguments.bind(["self", "affix"])?;
    let (value, affix) = (required(value, "self")?, required(affix, "affix")?);
    Ok((string(&value, "the value")?.clone(), string(&affix, "the prefix or suffix")?.clone()))
}

fn removeprefix(arguments: Arguments) -> Outcome {
    let (value, affix) = affix(arguments)?;
    made(value.strip_prefix(affix.as_str()).unwrap_or(&value))
}

fn removesuffix(arguments: Arguments) -> Outcome {
    let (value, affix) = affix(arguments)?;
    made(value.strip_suffix(affix.as_str()).unwrap_or(&value))
}

fn replace(arguments: Arguments) -> Outcome {
    let [value, old, new, count] = arguments.bind(["self", "old", "new", "count"])?;
    let (value, old, new) = (required(value, "self")?, required(old, "old")?, required(new, "new")?);
    let count = integer_or(count, -1, "the count")?;
    let (value, old, new) =
        (string(&value, "the value")?, string(&old, "what is replaced")?, string(&new, "the replacement")?);
    made(replaced(value, old, new, count)?)
}

/// The text with `count` (all, if it is negative) of what is `old` made `new`.
pub(crate) fn replaced(text: &str, old: &str, new: &str, count: i64) -> Outcome<String> {
    if text.matches(old).count().saturating_mul(new.len()) > super::super::OUTPUT_LIMIT {
        return Err(Stop::new("the result is too large"));
    }
    Ok(match usize::try_from(count) {
        Ok(count) => text.replacen(old, new, count),
        Err(_) => text.replace(old, new),
    })
}

fn partition(arguments: Arguments) -> Outcome {
    parted(arguments, false)
}

fn rpartition(arguments: Arguments) -> Outcome {
    parted(arguments, true)
}

fn parted(arguments: Arguments, last: bool) -> Outcome {
    let (value, separator) = affix(arguments)?;
    if separator.is_empty() {
        return Err(Stop::new("empty separator"));
    }
    let found =
        if last { value.rsplit_once(separator.as_str()) } else { value.split_once(separator.as_str()) };
    let parts = match found {
        Some((before, after)) => [before, &separator, after],
        None if last => ["", "", &value],
        None => [&value, "", ""],
    };
    Ok(Value::Tuple(Arc::new(parts.into_iter().map(Value::from).collect())))
}

fn split(arguments: Arguments) -> Outcome {
    splitting(arguments, false)
}

fn rsplit(arguments: Arguments) -> Outcome {
    splitting(arguments, true)
}

fn splitting(arguments: Arguments, from_right: bool) -> Outcome {
    let [value, separator, limit] = arguments.bind(["self", "sep", "maxsplit"])?;
    let value = required(value, "self")?;
    let value = string(&value, "the value")?;
    let limit = usize::try_from(integer_or(limit, -1, "maxsplit")?).unwrap_or(usize::MAX);
    let separator = match separator {
        None | Some(Value::Null) => None,
        Some(separator) => Some(string(&separator, "the separator")?.clone()),
    };
    let parts = splits(value, separator.as_deref(), limit, from_right)?;
    Ok(Value::list(parts))
}

/// Python's `split` and `rsplit`.
pub(crate) fn splits(
    text: &str,
    separator: Option<&str>,
    limit: usize,
    from_right: bool,
) -> Outcome<Vec<String>> {
    let pieces: Vec<&str> = match separator {
        Some("") => return Err(Stop::new("empty separator")),
        Some(separator) if from_right => {
            let mut pieces: Vec<&str> = text.rsplitn(limit.saturating_add(1), separator).collect();
            pieces.reverse();
            pieces
        }
        Some(separator) => text.splitn(limit.saturating_add(1), separator).collect(),
        None if from_right => {
            let mut pieces = Vec::new();
            let mut rest = text.trim_end();
            while !rest.is_empty() && pieces.len() < limit {
                let at = rest.rfind(char::is_whitespace).map_or(0, |at| {
                    at + rest.get(at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8)
                });
                pieces.push(&rest[at..]);
                rest = rest[..at].trim_end();
            }
            if !rest.is_empty() {
                pieces.push(rest);
            }
            pieces.reverse();
            pieces
        }
        None => {
            let mut pieces = Vec::new();
            let mut rest = text.trim_start();
            while !rest.is_empty() && pieces.len() < limit {
                let at = rest.find(char::is_whitespace).unwrap_or(rest.len());
                pieces.push(&rest[..at]);
                rest = rest[at..].trim_start();
            }
            if !rest.is_empty() {
                pieces.push(rest);
            }
            pieces
        }
    };
    Ok(pieces.into_iter().map(str::to_owned).collect())
}

fn splitlines(arguments: Arguments) -> Outcome {
    let [value, keep] = arguments.bind(["self", "keepends"])?;
    let value = required(value, "self")?;
    let keep = flag(keep, false)?;
    Ok(Value::list(lines(string(&value, "the value")?, keep)))
}

/// The lines of a text as Python splits them.
pub(crate) fn lines(text: &str, keep_ends: bool) -> Vec<&str> {
    let is_end = |character: char| {
        matches!(
            character,
            '\n' | '\r' | '\x0b' | '\x0c' | '\x1c'..='\x1e' | '\u{85}' | '\u{2028}' | '\u{2029}'
        )
    };
    let mut lines = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(is_end) {
        let after = &rest[at..];
        let length =
            if after.starts_with("\r\n") { 2 } else { after.chars().next().map_or(1, char::len_utf8) };
        lines.push(if keep_ends { &rest[..at + length] } else { &rest[..at] });
        rest = &rest[at + length..];
    }
    if !rest.is_empty() {
        lines.push(rest);
    }
    lines
}

fn join(arguments: Arguments) -> Outcome {
    let [value, parts] = arguments.bind(["self", "iterable"])?;
    let value = required(value, "self")?;
    let separator = string(&value, "the value")?;
    let parts = items(&required(parts, "iterable")?)?;
    let mut texts = Vec::with_capacity(parts.len());
    for (index, part) in parts.iter().enumerate() {
        let Some(part) = part.as_str() else {
            let kind = part.type_name();
            return Err(Stop::new(format!("sequence item {index}: expected str instance, {kind} found")));
        };
        texts.push(part);
    }
    let length =
        texts.iter().map(|text| text.len()).sum::<usize>() + separator.len().saturating_mul(texts.len());
    if length > super::super::OUTPUT_LIMIT {
        return Err(Stop::new("the result is too large"));
    }
    made(texts.join(separator))
}

fn format(mut arguments: Arguments) -> Outcome {
    let value = arguments.first()?;
    made(super::super::format(string(&value, "the value")?, &arguments)?)
}

fn format_map(arguments: Arguments) -> Outcome {
    let [value, values] = arguments.bind(["self", "mapping"])?;
    let value = required(value, "self")?;
    let values = required(values, "mapping")?;
    let named = crate::arguments::map(&values, "the mapping")?
        .iter()
        .filter_map(|(name, value)| Some((name.as_text()?.shared(), value.clone())))
        .collect();
    made(super::super::format(string(&value, "the value")?, &Arguments { positional: Vec::new(), named })?)
}

fn expandtabs(arguments: Arguments) -> Outcome {
    let [value, size] = arguments.bind(["self", "tabsize"])?;
    let value = required(value, "self")?;
    let size = usize::try_from(integer_or(size, 8, "the tab size")?.clamp(0, 1000)).unwrap_or(8);
    let (mut out, mut column) = (String::new(), 0);
    for character in string(&value, "the value")?.chars() {
        match character {
            '\t' => {
                let missing = if size == 0 { 0 } else { size - column % size };
                out.push_str(&" ".repeat(missing));
                column += missing;
            }
            '\n' | '\r' => {
                out.push(character);
                column = 0;
            }
            _ => {
                out.push(character);
                column += 1;
            }
        }
    }
    made(out)
}

fn all(arguments: Arguments, is: impl Fn(char) -> bool) -> Outcome {
    let value = only(arguments)?;
    Ok(Value::Bool(!value.is_empty() && value.chars().all(is)))
}

fn isalnum(arguments: Arguments) -> Outcome {
    all(arguments, char::is_alphanumeric)
}

fn isalpha(arguments: Arguments) -> Outcome {
    all(arguments, char::is_alphabetic)
}

fn isascii(arguments: Arguments) -> Outcome {
    Ok(Value::Bool(only(arguments)?.is_ascii()))
}

fn isdecimal(arguments: Arguments) -> Outcome {
    all(arguments, |character| {
        character.is_ascii_digit() || (character.is_numeric() && !character.is_ascii())
    })
}

fn isnumeric(arguments: Arguments) -> Outcome {
    all(arguments, char::is_numeric)
}

fn isspace(arguments: Arguments) -> Outcome {
    all(arguments, char::is_whitespace)
}

fn isprintable(arguments: Arguments) -> Outcome {
    Ok(Value::Bool(!only(arguments)?.chars().any(char::is_control)))
}

fn isidentifier(arguments: Arguments) -> Outcome {
    let value = only(arguments)?;
    let starts = value.starts_with(|first: char| first == '_' || first.is_alphabetic());
    Ok(Value::Bool(starts && value.chars().all(|character| character == '_' || character.is_alphanumeric())))
}

/// Whether no character has the other case and one has this one.
fn is_cased(text: &str, is: impl Fn(char) -> bool, is_other: impl Fn(char) -> bool) -> bool {
    text.chars().any(is) && !text.chars().any(is_other)
}

fn islower(arguments: Arguments) -> Outcome {
    Ok(Value::Bool(is_cased(&only(arguments)?, char::is_lowercase, char::is_uppercase)))
}

fn isupper(arguments: Arguments) -> Outcome {
    Ok(Value::Bool(is_cased(&only(arguments)?, char::is_uppercase, char::is_lowercase)))
}

fn istitle(arguments: Arguments) -> Outcome {
    let value = only(arguments)?;
    let titled = title(Arguments::positional(vec![Value::String(value.clone())]))?;
    Ok(Value::Bool(value.chars().any(char::is_alphabetic) && titled.as_str() == Some(value.as_str())))
}

fn encode(arguments: Arguments) -> Outcome {
    let [value, encoding, _errors] = arguments.bind(["self", "encoding", "errors"])?;
    let value = required(value, "self")?;
    is_utf8(encoding)?;
    Ok(Value::Bytes(string(&value, "the value")?.as_bytes().into()))
}

fn is_utf8(encoding: Option<Value>) -> Outcome<()> {
    let name = crate::arguments::text_or(encoding, "utf-8")?.to_lowercase().replace('_', "-");
    if matches!(name.as_str(), "utf-8" | "utf8" | "ascii" | "us-ascii") {
        return Ok(());
    }
    Err(Stop::new(format!("the encoding '{name}' is not supported, only utf-8 is")))
}

fn decode(arguments: Arguments) -> Outcome {
    let [value, encoding, _errors] = arguments.bind(["self", "encoding", "errors"])?;
    is_utf8(encoding)?;
    let Value::Bytes(bytes) = required(value, "self")? else {
        return Err(Stop::new("only bytes can be decoded"));
    };
    let decoded = String::from_utf8(bytes.to_vec()).map_err(|_| Stop::new("the bytes are not utf-8"))?;
    made(decoded)
}

fn hex(arguments: Arguments) -> Outcome {
    let [value] = arguments.bind(["self"])?;
    let Value::Bytes(bytes) = required(value, "self")? else {
        return Err(Stop::new("only bytes have hex()"));
    };
    made(bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
}
