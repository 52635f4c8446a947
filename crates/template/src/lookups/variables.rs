//! Lookups of variables and hosts.

use diag::{Error, did_you_mean};
use fancy_regex::Regex;
use value::Value;

use crate::arguments::{Arguments, known, text};
use crate::evaluate::Evaluator;
use crate::outcome::{Outcome, Stop};

pub(super) fn vars(evaluator: &mut Evaluator<'_>, mut arguments: Arguments) -> Outcome<Vec<Value>> {
    let default = arguments.take("default");
    let mut out = Vec::new();
    for term in &arguments.positional {
        known(term)?;
        let Some(name) = term.as_text() else {
            let found = term.type_name();
            return Err(Stop::new(format!("Variable name must be 'str' not '{found}'.")));
        };
        match (evaluator.context.variable(name)?, &default) {
            (None, Some(default)) => out.push(default.clone()),
            (Some(Value::Undefined(undefined)), _) => return Err(Stop::Undefined(undefined)),
            (Some(value), _) => out.push(value),
            (None, None) => {
                let names = evaluator.context.scope.names();
                let error =
                    Error::new(format!("No variable named '{}' was found.", name.as_str())).complete();
                return Err(error.hint_some(did_you_mean(name, names.iter().map(String::as_str))).into());
            }
        }
    }
    Ok(out)
}

pub(super) fn varnames(evaluator: &mut Evaluator<'_>, arguments: Arguments) -> Outcome<Vec<Value>> {
    let names = evaluator.context.scope.names();
    let mut out = Vec::new();
    for term in &arguments.positional {
        known(term)?;
        let Some(term) = term.as_text() else {
            let (shown, found) = (term.repr(), term.type_name());
            return Err(Stop::new(format!(
                "Invalid setting identifier, \"{shown}\" is not a string, it is a <class '{found}'>"
            )));
        };
        let pattern = Regex::new(term).map_err(|error| {
            let told = error.to_string();
            let why = if told.contains("repeat") { "nothing to repeat".to_owned() } else { told };
            Error::new(format!("Unable to use \"{}\" as a search parameter", term.as_str())).cause(why)
        })?;
        out.extend(names.iter().filter(|name| pattern.is_match(name).unwrap_or(false)).map(Value::from));
    }
    Ok(out)
}

pub(super) fn inventory_hostnames(
    evaluator: &mut Evaluator<'_>,
    arguments: Arguments,
) -> Outcome<Vec<Value>> {
    let patterns: Vec<String> = arguments.positional.iter().map(text).collect::<Outcome<_>>()?;
    let hosts = evaluator.context.scope.hosts_matching(&patterns.join(","))?;
    Ok(hosts.into_iter().map(Value::from).collect())
}
