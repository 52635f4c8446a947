//! Lookups that ask the controller's system.

use std::process::{Command, Stdio};

use diag::{Error, Source, Span};
use value::{Text, Value};

use crate::arguments::{Arguments, string, text};
use crate::evaluate::Evaluator;
use crate::functions::NOT_OVERRIDDEN;
use crate::outcome::Outcome;

pub(super) fn env(_: &mut Evaluator<'_>, mut arguments: Arguments) -> Outcome<Vec<Value>> {
    let default = arguments.take("default");
    let mut out = Vec::new();
    for term in &arguments.positional {
        let name = string(term, "an environment variable's name")?;
        let name = name.split_whitespace().next().unwrap_or_default();
        out.push(match std::env::var_os(name) {
            Some(value) => Value::String(from_environment(name, &value.to_string_lossy())),
            None => match &default {
                Some(Value::Undefined(undefined)) if undefined.message == NOT_OVERRIDDEN => {
                    Value::undefined(format!("The environment variable '{name}' is not set."))
                }
                Some(default) => default.clone(),
                None => Value::from(""),
            },
        });
    }
    Ok(out)
}

/// A variable's value as data that knows where it came from.
fn from_environment(name: &str, value: &str) -> Text {
    // The source is empty, so that no error quotes the value, which may be a password.
    let source = Source::new(format!("<environment variable '{name}'>"), "");
    Text::trusted(value, Some(Span::new(&source, 0, 0))).untrusted()
}

/// What a command on the controller prints.
fn output(evaluator: &Evaluator<'_>, lookup: &str, command: &str) -> Outcome<String> {
    let directory = evaluator.context.scope.playbook_dir();
    let mut shell = Command::new("/bin/sh");
    shell.arg("-c").arg(command).stdin(Stdio::null()).stderr(Stdio::piped());
    if directory.is_dir() {
        shell.current_dir(directory);
    }
    let output = shell.output().map_err(|error| Error::new("cannot run the command").cause(error))?;
    if !output.status.success() {
        let error = Error::new(match output.status.code() {
            Some(code) => format!("lookup_plugin.{lookup}({command}) returned {code}"),
            None => format!("the command failed with {}", output.status),
        });
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(if said.trim().is_empty() { error } else { error.cause(said.trim()) }.into());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

pub(super) fn pipe(evaluator: &mut Evaluator<'_>, arguments: Arguments) -> Outcome<Vec<Value>> {
    let mut out = Vec::new();
    for term in &arguments.positional {
        out.push(Value::string(output(evaluator, "pipe", &text(term)?)?.trim_end()));
    }
    Ok(out)
}

pub(super) fn lines(evaluator: &mut Evaluator<'_>, arguments: Arguments) -> Outcome<Vec<Value>> {
    let mut out = Vec::new();
    for term in &arguments.positional {
        out.extend(output(evaluator, "lines", &text(term)?)?.lines().map(Value::from));
    }
    Ok(out)
}
