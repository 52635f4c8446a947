use configuration::{Config, Kind, Setting};
use diag::Error;
use value::Value;

use crate::arguments::{Arguments, known, number, text};
use crate::evaluate::Evaluator;
use crate::outcome::{Outcome, Stop};

/// The value that a lookup's option has: as the call gives it, else a variable, else the configuration. The variable is
/// called as that of the environment, in small letters.
///
/// # Errors
/// It is of another kind than the setting's, or none of its choices.
pub(super) fn option(
    evaluator: &mut Evaluator<'_>,
    config: &Config,
    arguments: &mut Arguments,
    setting: &Setting,
) -> Outcome {
    let given = match arguments.take(setting.name) {
        Some(value) => Some(value),
        None => match setting.environment.first() {
            Some(name) => evaluator.context.variable(&name.to_ascii_lowercase())?,
            None => None,
        },
    };
    let value = match given {
        Some(value) if !value.is_null() => {
            let value = evaluator.resolve(&value)?;
            of_kind(setting, value)?
        }
        _ => config.value(setting)?,
    };
    match value.as_str() {
        Some(text) if !setting.choices.is_empty() && !setting.choices.contains(&text) => {
            let error = Error::new(format!(
                "Invalid value '{text}' for config '{}'{}.",
                setting.name,
                of_plugin(setting)
            ));
            Err(error.hint(format!("it may be one of: {}", setting.choices.join(", "))).into())
        }
        _ => Ok(value),
    }
}

/// Yes or no, as Ansible reads it; none where it is neither.
pub(super) fn yes_or_no(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(bool) => Some(*bool),
        other => match other.to_string().trim().to_ascii_lowercase().as_str() {
            "yes" | "on" | "true" | "1" | "y" | "t" | "1.0" => Some(true),
            "no" | "off" | "false" | "0" | "n" | "f" | "0.0" => Some(false),
            _ => None,
        },
    }
}

fn of_kind(setting: &Setting, value: Value) -> Outcome {
    known(&value)?;
    let wrong = || {
        Stop::new(format!(
            "Config '{}'{} has an invalid value: Invalid value provided for '{}': {}",
            setting.name,
            of_plugin(setting),
            setting.kind.name(),
            value.repr()
        ))
    };
    Ok(match setting.kind {
        Kind::Boolean => Value::Bool(yes_or_no(&value).ok_or_else(wrong)?),
        Kind::Float => Value::Float(number(&value, setting.name).map_err(|_| wrong())?),
        Kind::List => match &value {
            Value::List(_) | Value::Tuple(_) => value,
            other => {
                let text = text(other)?;
                Value::list(text.split(',').map(str::trim).filter(|part| !part.is_empty()))
            }
        },
        _ => Value::string(text(&value)?),
    })
}

fn of_plugin(setting: &Setting) -> String {
    setting.plugin.map(|(kind, plugin)| format!(" for '{plugin}' {kind} plugin")).unwrap_or_default()
}
