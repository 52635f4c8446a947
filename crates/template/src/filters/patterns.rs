//! Filters with regular expressions.

use std::sync::Arc;

use value::Value;

use crate::arguments::{Arguments, flag, integer_or, required, text, text_or};
use crate::evaluate::Evaluator;
use crate::outcome::{Outcome, Stop};
use crate::pattern::{Pattern, expanded, group, named_group};

pub(super) fn regex_replace(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let [value, pattern, replacement, ignore_case, multiline, count, mandatory_count] = arguments.bind([
        "value",
        "pattern",
        "replacement",
        "ignorecase",
        "multiline",
        "count",
        "mandatory_count",
    ])?;
    let value = text(&required(value, "value")?)?;
    let written = text_or(pattern, "")?;
    let pattern = Pattern::new(&written, flag(ignore_case, false)?, flag(multiline, false)?)?;
    let replacement = text_or(replacement, "")?;
    let count = usize::try_from(integer_or(count, 0, "count")?).unwrap_or(0);
    let mandatory = usize::try_from(integer_or(mandatory_count, 0, "mandatory_count")?).unwrap_or(0);
    let mut found = pattern.all(&value)?;
    if count > 0 {
        found.truncate(count);
    }
    if mandatory > 0 && found.len() != mandatory {
        let times = found.len();
        return Err(Stop::new(format!(
            "'{written}' should match {mandatory} times, but matches {times} times in {}",
            value::Value::string(value.as_str()).repr()
        )));
    }
    let (mut out, mut at) = (String::new(), 0);
    for captures in &found {
        let Some(whole) = captures.get(0) else { continue };
        out.push_str(value.get(at..whole.start()).unwrap_or_default());
        out.push_str(&expanded(&replacement, captures)?);
        at = whole.end();
        if out.len() > crate::evaluate::OUTPUT_LIMIT {
            return Err(Stop::new("the result is too large"));
        }
    }
    out.push_str(value.get(at..).unwrap_or_default());
    Ok(Value::string(out))
}

pub(super) fn regex_search(_: &mut Evaluator<'_>, mut arguments: Arguments) -> Outcome {
    let ignore_case = flag(arguments.take("ignorecase"), false)?;
    let multiline = flag(arguments.take("multiline"), false)?;
    let value = match arguments.take("value") {
        Some(value) => value,
        None => arguments.first()?,
    };
    let value = text(&value)?;
    let pattern = match arguments.take("regex") {
        Some(pattern) => pattern,
        None => arguments.first()?,
    };
    if let Some((name, _)) = arguments.named.first() {
        return Err(Stop::new(format!("there is no argument named '{name}'")));
    }
    let pattern = Pattern::new(&text(&pattern)?, ignore_case, multiline)?;
    let captures = match pattern.search(&value)? {
        Some(captures) => captures,
        None if arguments.positional.is_empty() => return Ok(Value::Null),
        None => return Err(Stop::new("nothing matches, so that there are no groups")),
    };
    if arguments.positional.is_empty() {
        return Ok(Value::from(group(&captures, 0)));
    }
    let mut groups = Vec::new();
    for wanted in &arguments.positional {
        let wanted = text(wanted)?;
        let name = match wanted.strip_prefix("\\g<").and_then(|rest| rest.strip_suffix('>')) {
            Some(name) => name,
            None => match wanted.strip_prefix('\\') {
                Some(number) if number.bytes().all(|byte| byte.is_ascii_digit()) => number,
                _ => {
                    return Err(diag::Error::new("Unknown argument")
                        .cause(format!("'{wanted}' names no group"))
                        .hint("write '\\\\1' or '\\\\g<name>'")
                        .into());
                }
            },
        };
        groups.push(Value::from(named_group(name, &captures)?));
    }
    Ok(Value::List(Arc::new(groups)))
}

pub(super) fn regex_findall(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let [value, pattern, multiline, ignore_case] =
        arguments.bind(["value", "regex", "multiline", "ignorecase"])?;
    let value = text(&required(value, "value")?)?;
    let pattern = Pattern::new(
        &text(&required(pattern, "regex")?)?,
        flag(ignore_case, false)?,
        flag(multiline, false)?,
    )?;
    let found = pattern.all(&value)?;
    let shown = |captures: &fancy_regex::Captures<'_, str>| match pattern.groups() {
        0 => Value::from(group(captures, 0)),
        1 => Value::from(group(captures, 1)),
        count => {
            Value::Tuple(Arc::new((1..=count).map(|index| Value::from(group(captures, index))).collect()))
        }
    };
    Ok(Value::List(Arc::new(found.iter().map(shown).collect())))
}

pub(super) fn regex_escape(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let [value, kind] = arguments.bind(["string", "re_type"])?;
    let value = text(&required(value, "string")?)?;
    let special = match text_or(kind, "python")?.as_str() {
        "python" => "()[]{}?*+-|^$\\.&~# \t\n\r\x0b\x0c",
        "posix_basic" => "].[^$*\\",
        // Ansible has none either, and playbooks look for these words.
        other @ "posix_extended" => {
            return Err(Stop::new(format!("Regex type ({other}) not yet implemented")));
        }
        other => return Err(Stop::new(format!("Invalid regex type ({other})"))),
    };
    let mut out = String::new();
    for character in value.chars() {
        if special.contains(character) {
            out.push('\\');
        }
        out.push(character);
    }
    Ok(Value::string(out))
}
