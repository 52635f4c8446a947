//! What a text looks like.

use value::Value;

use super::{answer, only};
use crate::arguments::{Arguments, flag, items, known, required, text, text_or};
use crate::evaluate::Evaluator;
use crate::outcome::{Outcome, Stop};
use crate::pattern::Pattern;
use crate::version::{self, Scheme};

fn matched(arguments: Arguments, default: &str) -> Outcome {
    let [value, pattern, ignore_case, multiline, kind] =
        arguments.bind(["value", "pattern", "ignorecase", "multiline", "match_type"])?;
    let value = text(&required(value, "value")?)?;
    let pattern = Pattern::new(&text_or(pattern, "")?, flag(ignore_case, false)?, flag(multiline, false)?)?;
    answer(match text_or(kind, default)?.as_str() {
        "search" => pattern.search(&value)?.is_some(),
        "match" => pattern.matches_start(&value)?,
        "fullmatch" => pattern.matches_all(&value)?,
        other => {
            return Err(Stop::new(format!(
                "Invalid match_type specified. Expected one of: search, match, fullmatch. It is '{other}'."
            )));
        }
    })
}

pub(super) fn search(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    matched(arguments, "search")
}

pub(super) fn matches(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    matched(arguments, "match")
}

pub(super) fn version(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let [value, other, operator, strict, kind] =
        arguments.bind(["value", "version", "operator", "strict", "version_type"])?;
    let value = text(&required(value, "value")?)?;
    let other = text(&required(other, "version")?)?;
    if value.is_empty() {
        return Err(Stop::new("Input version value cannot be empty"));
    }
    if other.is_empty() {
        return Err(Stop::new("Version parameter to compare against cannot be empty"));
    }
    let kind = text_or(kind, "")?;
    if !kind.is_empty() && strict.as_ref().is_some_and(|strict| !strict.is_null()) {
        return Err(Stop::new("Cannot specify both 'strict' and 'version_type'"));
    }
    let scheme = match kind.as_str() {
        _ if flag(strict.filter(|strict| !strict.is_null()), false)? => Scheme::Strict,
        "" | "loose" => Scheme::Loose,
        "strict" => Scheme::Strict,
        "semver" | "semantic" => Scheme::Semantic,
        "pep440" => Scheme::Pep440,
        other => {
            return Err(Stop::new(format!(
                "Invalid version type ({other}). Must be one of 'loose', 'strict', 'semver', 'semantic', 'pep440'"
            )));
        }
    };
    let order = version::compare(&value, &other, scheme)?;
    answer(match text_or(operator, "eq")?.as_str() {
        "==" | "=" | "eq" => order.is_eq(),
        "<" | "lt" => order.is_lt(),
        "<=" | "le" => order.is_le(),
        ">" | "gt" => order.is_gt(),
        ">=" | "ge" => order.is_ge(),
        "!=" | "<>" | "ne" => order.is_ne(),
        other => {
            return Err(diag::Error::new(format!(
                "Invalid operator type ({other}). Must be one of '==', '=', 'eq', '<', 'lt', '<=', 'le', '>', \
                 'gt', '>=', 'ge', '!=', '<>', 'ne'"
            ))
            .hint("write '>=' for at least and '<=' for at most")
            .into());
        }
    })
}

/// The scheme of an address, if it is one at all.
fn address(arguments: Arguments) -> Outcome<Option<(String, String)>> {
    let [value, schemes] = arguments.bind(["value", "schemes"])?;
    let value = match required(value, "value")? {
        Value::String(value) => value.to_string(),
        other => {
            known(&other)?;
            if other.is_true() {
                return Ok(None);
            }
            String::new()
        }
    };
    let (scheme, rest) = value.split_once(':').unwrap_or(("", &value));
    let is_scheme = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.chars().all(|character| character.is_ascii_alphanumeric() || "+-.".contains(character));
    let (scheme, rest) = if is_scheme { (scheme, rest) } else { ("", &*value) };
    let wanted = match schemes {
        None | Some(Value::Null) => Vec::new(),
        Some(schemes) => items(&schemes)?.iter().map(text).collect::<Outcome<Vec<_>>>()?,
    };
    let scheme = scheme.to_lowercase();
    if !wanted.is_empty() && !wanted.contains(&scheme) {
        return Ok(None);
    }
    Ok(Some((scheme, rest.to_owned())))
}

pub(super) fn uri(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    answer(address(arguments)?.is_some())
}

pub(super) fn url(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let has_host =
        |rest: &str| rest.strip_prefix("//").is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'));
    answer(address(arguments)?.is_some_and(|(scheme, rest)| scheme == "file" || has_host(&rest)))
}

pub(super) fn urn(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    answer(address(arguments)?.is_some_and(|(scheme, _)| scheme == "urn"))
}

/// Whether it came out of a vault: a vault is opened when its value is used, and leaves a secret.
pub(super) fn vault_encrypted(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    answer(match only(arguments)? {
        Value::Vaulted(_) => true,
        value => value.as_text().is_some_and(value::Text::is_secret),
    })
}
