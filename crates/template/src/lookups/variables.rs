//! Lookups of variables and hosts.

use diag::{Error, did_you_mean};
use fancy_regex::Regex;
use value::Value;

use crate::arguments::{Arguments, string, text};
use crate::evaluate::Evaluator;
use crate::outcome::{Outcome, Stop};

pub(super) fn vars(evaluator: &mut Evaluator<'_>, mut arguments: Arguments) -> Outcome<Vec<Value>> {
    let default = arguments.take("default");
    let mut out = Vec::new();
    for term in &arguments.positional {
        let name = string(term, "a variable's name")?;
        match (evaluator.context.variable(name)?, &default) {
            (Some(Value::Undefined(_)) | None, Some(default)) => out.push(default.clone()),
            (Some(Value::Undefined(undefined)), None) => return Err(Stop::Undefined(undefined)),
            (Some(value), _) => out.push(value),
            (None, None) => {
                let names = evaluator.context.scope.names();
                let error = Error::new(format!("there is no variable named '{}'", name.as_str()));
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
        let term = string(term, "a pattern")?;
        let pattern = Regex::new(term).map_err(|error| {
            Error::new(format!("'{}' is not a regular expression", term.as_str())).cause(error)
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
