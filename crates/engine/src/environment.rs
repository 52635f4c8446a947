//! The environment variables that `environment` gives to the modules of a task.

use diag::{Error, Result};
use playbook::Task;
use value::Value;
use yaml::Node;

use crate::variables::HostScope;

/// The variables, outer ones first, so that later ones win.
///
/// # Errors
/// A template fails, or gives something else than a mapping. What needs the environment among the facts is left out while
/// facts are gathered.
pub(crate) fn render(task: &Task, scope: &HostScope) -> Result<Vec<(String, String)>> {
    let mut environment: Vec<(String, String)> = Vec::new();
    for node in &task.keywords.environment {
        let entries = node.entries().unwrap_or_default();
        for entry in entries {
            let name = resolve(task, &entry.key, scope)?.to_string();
            match resolve(task, &entry.value, scope)? {
                Value::Omit => {}
                value => environment.push((name, value.to_string())),
            }
        }
        if node.entries().is_some() {
            continue;
        }
        match resolve(task, node, scope)? {
            Value::Map(map) => {
                let written = map.iter().filter(|(_, value)| !matches!(value, Value::Omit));
                environment.extend(written.map(|(name, value)| (name.to_string(), value.to_string())));
            }
            Value::Null | Value::Omit => {}
            other => {
                let message = format!("'environment' must be a mapping, not {}", other.type_name());
                return Err(Error::new(message).at(&node.span).advice("write it as 'NAME: value' lines"));
            }
        }
    }
    Ok(environment)
}

fn resolve(task: &Task, node: &Node, scope: &HostScope) -> Result<Value> {
    match scope.world.templates.resolve(&node.to_value(), scope) {
        Err(error) if task.action.module == "setup" && needs_facts(&error) => Ok(Value::Omit),
        outcome => outcome.map_err(|error| {
            error.at(&node.span).within("Error processing keyword 'environment'", Some(&node.span))
        }),
    }
}

/// Whether a template failed for want of the environment that is among a host's facts.
fn needs_facts(error: &Error) -> bool {
    let text = error.summary();
    ["ansible_env", "ansible_facts.env", "has no attribute 'env'"].iter().any(|part| text.contains(part))
}
