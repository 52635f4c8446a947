//! Filters of `ansible._protomatter`, which look at values as the program has them: what is said about a text beside the
//! text itself.

use diag::Error;
use value::{Text, Value};

use super::{Filter, any, items};
use crate::arguments::{Arguments, flag, required, string};
use crate::evaluate::Evaluator;
use crate::outcome::{Outcome, Stop};
use crate::syntax::{self, Expression, ExpressionKind, StatementKind};

/// All of them, by their full names.
pub(super) const FILTERS: &[Filter] = &[
    items("ansible._protomatter.apply_trust", apply_trust),
    items("ansible._protomatter.dump_object", same),
    items("ansible._protomatter.finalize", finalize),
    items("ansible._protomatter.origin", origin),
    items("ansible._protomatter.python_literal_eval", python_literal_eval),
    items("ansible._protomatter.tag_names", tag_names),
    any("ansible._protomatter.true_type", true_type),
    items("ansible._protomatter.unmask", unmask),
];

/// What may be said about a text, by Ansible's names.
pub(crate) const TAGS: &[&str] = &[
    "AnsibleSourcePosition",
    "Deprecated",
    "Origin",
    "SourceWasEncrypted",
    "TrustedAsTemplate",
    "VaultedValue",
];

/// What is said about a value, by Ansible's names, in order.
pub(crate) fn tags(value: &Value) -> Vec<&'static str> {
    let Some(text) = value.as_text() else { return Vec::new() };
    let said = [
        ("Origin", text.origin().is_some()),
        ("TrustedAsTemplate", text.is_trusted()),
        ("VaultedValue", text.is_secret()),
    ];
    said.into_iter().filter(|(_, said)| *said).map(|(name, _)| name).collect()
}

fn only(arguments: Arguments) -> Outcome {
    let [value] = arguments.bind(["value"])?;
    required(value, "value")
}

/// The text as one that may be a template.
fn apply_trust(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    Ok(match only(arguments)? {
        Value::String(text) => {
            let trusted = Text::trusted(text.shared(), text.origin().cloned());
            Value::String(if text.is_secret() { trusted.secret() } else { trusted })
        }
        other => other,
    })
}

fn same(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    only(arguments)
}

/// The value with everything in it rendered.
fn finalize(evaluator: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    evaluator.resolve(&only(arguments)?)
}

/// Where a text was written: a place in a file, or the description of what is none.
fn origin(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let value = only(arguments)?;
    let origin = value.as_text().and_then(Text::origin);
    let place = |origin: &diag::Span| {
        let (file, position) = (origin.source().path(), origin.node_position());
        let file = file.display().to_string();
        if file.starts_with('<') {
            return Value::string(file);
        }
        Value::string(format!("{file}:{}:{}", position.line, position.column))
    };
    Ok(origin.map_or(Value::Null, place))
}

fn tag_names(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    Ok(Value::list(tags(&only(arguments)?)))
}

/// The name of the type that the value has inside of Ansible.
fn true_type(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    Ok(Value::from(match only(arguments)? {
        unknown @ Value::Unknown(_) => return Ok(unknown),
        Value::Undefined(_) => "UndefinedMarker",
        Value::Omit => "_OmitType",
        Value::List(_) => "_AnsibleLazyTemplateList",
        Value::Map(_) => "_AnsibleLazyTemplateDict",
        value @ Value::String(_) if !tags(&value).is_empty() => "_AnsibleTaggedStr",
        other => return Ok(Value::from(other.type_name())),
    }))
}

/// The value that a text writes as a literal of Python.
fn python_literal_eval(evaluator: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let [value, ignore_errors] = arguments.bind(["value", "ignore_errors"])?;
    let value = required(value, "value")?;
    let found = string(&value, "the value").and_then(|text| literal(evaluator, text));
    if flag(ignore_errors, false)? { found.or(Ok(value)) } else { found }
}

fn literal(evaluator: &mut Evaluator<'_>, text: &Text) -> Outcome {
    let no_literal =
        || Error::new("malformed node or string").cause("it is not a literal value").at_some(text.origin());
    let unit = syntax::parse_expression(&text.shared()).map_err(|_| no_literal())?;
    match unit.body.first().map(|statement| &statement.kind) {
        Some(StatementKind::Output(expression)) if is_literal(expression) => evaluator.evaluate(expression),
        _ => Err(no_literal().into()),
    }
}

fn is_literal(expression: &Expression) -> bool {
    match &expression.kind {
        ExpressionKind::Constant(_) => true,
        ExpressionKind::List(items) | ExpressionKind::Tuple(items) => items.iter().all(is_literal),
        ExpressionKind::Map(entries) => {
            entries.iter().all(|(key, value)| is_literal(key) && is_literal(value))
        }
        ExpressionKind::Negate(number) => matches!(number.kind, ExpressionKind::Constant(_)),
        _ => false,
    }
}

/// Types that Ansible shows as other ones.
const MASKED: &[&str] =
    &["DeprecationSummary", "EncryptedString", "ErrorSummary", "Event", "PluginInfo", "WarningSummary"];

/// The value as it is: there are no types here that are shown as other ones.
fn unmask(_: &mut Evaluator<'_>, arguments: Arguments) -> Outcome {
    let [value, names] = arguments.bind(["value", "type_names"])?;
    let names = required(names, "type_names")?;
    let names = match &names {
        Value::List(names) => names.to_vec(),
        Value::String(_) => vec![names],
        other => {
            return Err(Stop::new(format!(
                "The 'type_names' argument must be of type 'str' or 'list', not '{}'.",
                other.type_name()
            )));
        }
    };
    let unknown = names.iter().map(ToString::to_string).filter(|name| !MASKED.contains(&name.as_str()));
    let unknown: Vec<String> = unknown.collect();
    if !unknown.is_empty() {
        return Err(Stop::new(format!("Unknown type name(s): {}", unknown.join(", "))));
    }
    required(value, "value")
}
