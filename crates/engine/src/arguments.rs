//! A task's arguments for one host and item: defaults, splats and what is written, rendered and normalised.

use std::sync::Arc;

use actions::Kind;
use diag::{Error, Result};
use indexmap::IndexMap;
use module::Problem;
use playbook::Task;
use value::{Map, Text, Unknown, Value};
use yaml::Node;

use crate::variables::HostScope;

/// The arguments, or why a dry run can't know them.
pub(crate) enum Prepared {
    Ready(Map),
    Unknown(Arc<Unknown>),
    /// The module or action won't take them.
    Refused(Error),
}

/// Renders and normalises the arguments of a task.
///
/// # Errors
/// A template fails.
pub(crate) fn prepare(task: &Task, kind: &Kind, scope: &HostScope) -> Result<Prepared> {
    let templates = &scope.world.templates;
    let mut map = defaults(task, kind, scope)?;
    let arguments = &task.action.arguments;
    if let Some(node) = &arguments.splat {
        let splat = templates
            .resolve(&node.to_value(), scope)
            .map_err(|error| unfinished(task, kind, error.at(&node.span)))?;
        match splat {
            Value::Map(splat) => add(&mut map, kind, &splat),
            Value::Null | Value::Omit => {}
            Value::Unknown(unknown) => return Ok(Prepared::Unknown(unknown)),
            other => {
                let message = format!(
                    "the arguments of '{}' must be a mapping, not {}",
                    task.action.written.as_str(),
                    other.type_name()
                );
                return Err(unfinished(task, kind, Error::new(message).at(&node.span)));
            }
        }
    }
    let mut given = Map::new();
    if let Some(node) = &arguments.free_form {
        let value = templates.resolve(&node.to_value(), scope).map_err(|error| {
            let doing = "Error while resolving value for '_raw_params'";
            unfinished(task, kind, error.at(&node.span).within(doing, Some(&node.span)))
        })?;
        let takes_text = kind.manual.schema.canonical("_raw_params").is_some();
        match value {
            // All arguments may be one variable.
            Value::Map(splat) if !takes_text => add(&mut map, kind, &splat),
            value @ (Value::Unknown(_) | Value::String(_)) if takes_text => {
                given.insert("_raw_params".into(), value);
            }
            other if takes_text => {
                given.insert("_raw_params".into(), other.to_string().into());
            }
            _ => {
                let message = format!("Action '{}' does not support raw params.", full_name(kind));
                return Err(Error::new(message).at(&task.span));
            }
        }
    }
    let raw = kind.action.raw_arguments();
    for argument in &arguments.named {
        let name = render_name(&argument.name, scope).map_err(|error| error.at(&argument.span))?;
        let value = argument.value.to_value();
        let value = if raw.contains(&name.as_str()) {
            value
        } else {
            let value = templates.resolve(&value, scope).map_err(|error| {
                let error = error.at(&argument.value.span);
                let doing = format!("Error while resolving value for '{name}'");
                unfinished(task, kind, error.within(doing, Some(&argument.value.span)))
            })?;
            if matches!(value, Value::Omit) {
                continue;
            }
            value
        };
        given.insert(name.into(), value);
    }
    add(&mut map, kind, &given);
    scope.world.masks.learn_map(&map);
    if !kind.action.takes_unknowns()
        && let Some(unknown) = map.values().find_map(Value::find_unknown)
    {
        return Ok(Prepared::Unknown(Arc::clone(unknown)));
    }
    if kind.manual.name == "shell" && map.contains_key("expand_argument_vars") {
        // A shell replaces variables by itself. Playbooks look at these words.
        let complaint = "Unsupported parameters for (shell) module: expand_argument_vars";
        return Ok(Prepared::Refused(Error::new(complaint).at(&task.action.span)));
    }
    if let Some(complaint) = kind.action.complaint(&map) {
        return Ok(Prepared::Refused(Error::new(complaint).at(&task.action.span)));
    }
    let schema = kind.manual.schema.written_as(module_name(task, kind));
    Ok(match schema.normalise(&map) {
        Ok(normal) => Prepared::Ready(normal),
        Err(problems) => match problems.into_iter().next() {
            Some(first) => Prepared::Refused(refusal(task, first)),
            None => Prepared::Ready(map),
        },
    })
}

/// What a message calls the module: as the task does, but for modules that an action of another name calls.
fn module_name<'a>(task: &'a Task, kind: &Kind) -> &'a str {
    match kind.manual.name {
        "command" | "shell" => "ansible.legacy.command",
        _ => &task.action.written,
    }
}

/// The error that arguments can't be rendered.
fn unfinished(task: &Task, kind: &Kind, error: Error) -> Error {
    error.within(
        format!("Finalization of task args for '{}' failed", full_name(kind)),
        Some(&task.action.span),
    )
}

/// The name with its collection.
fn full_name(kind: &Kind) -> String {
    let name = kind.manual.name;
    if name.contains('.') { name.to_owned() } else { format!("ansible.builtin.{name}") }
}

/// Later arguments win, whichever of its names one is written by.
fn add(map: &mut Map, kind: &Kind, more: &Map) {
    for (key, value) in more {
        let canonical = key.as_str().and_then(|name| kind.manual.schema.canonical(name)).map(str::to_owned);
        if let Some(canonical) = canonical {
            map.retain(|known, _| {
                known.as_str().and_then(|name| kind.manual.schema.canonical(name)) != Some(&canonical)
            });
        }
        map.insert(key.clone(), value.clone());
    }
}

fn render_name(name: &Text, scope: &HostScope) -> Result<String> {
    if !name.contains("{{") {
        return Ok(name.to_string());
    }
    // Keys don't say that they are the author's own text, but they always are.
    let name = Text::trusted(name.shared(), name.origin().cloned());
    match scope.world.templates.render(&name, scope)? {
        Value::String(name) => Ok(name.to_string()),
        other => {
            let kind = other.type_name();
            Err(Error::new(format!("Invalid variable name '{other}' of type '{kind}'.")))
        }
    }
}

/// `module_defaults`: those of groups, and over them those of the module itself. What an inner level says about a module
/// or group stands in the place of what an outer one says.
fn defaults(task: &Task, kind: &Kind, scope: &HostScope) -> Result<Map> {
    let mut map = Map::new();
    for name in kind.action.stands_for() {
        let mut known = defaults_of(task, kind, name, scope)?;
        known.retain(|key, _| key.as_str().is_some_and(|key| kind.manual.schema.canonical(key).is_some()));
        add(&mut map, kind, &known);
    }
    let own = match scope.world.loader.program(&task.action.module) {
        // A module of the user's own.
        Some(_) => task.action.module.as_str(),
        None => kind.manual.name,
    };
    add(&mut map, kind, &defaults_of(task, kind, own, scope)?);
    Ok(map)
}

/// `module_defaults` of one name.
fn defaults_of(task: &Task, kind: &Kind, canonical: &str, scope: &HostScope) -> Result<Map> {
    let loader = &scope.world.loader;
    let (mut of_groups, mut own) = (IndexMap::new(), None);
    for entry in task.keywords.module_defaults.iter().filter_map(Node::entries).flatten() {
        let Some(named) = entry.key.as_str() else { continue };
        match named.strip_prefix("group/") {
            Some(group) => match loader.is_in_group(group, canonical) {
                Some(true) => {
                    of_groups.insert(group, &entry.value);
                }
                Some(false) => {}
                None => {
                    let full = if group.contains('.') {
                        group.to_owned()
                    } else {
                        format!("ansible.builtin.{group}")
                    };
                    let message = format!(
                        "Error loading module_defaults: could not resolve the module_defaults group {full}"
                    );
                    return Err(Error::new(message).at(&entry.key.span));
                }
            },
            None if named == canonical => own = Some(&entry.value),
            None => {
                let resolved = loader.resolve_action(named, &task.keywords.collections);
                own = resolved.ok().filter(|name| name == canonical).map(|_| &entry.value).or(own);
            }
        }
    }
    let mut map = Map::new();
    for node in of_groups.into_values().chain(own) {
        let templates = &scope.world.templates;
        match templates.resolve(&node.to_value(), scope).map_err(|error| error.at(&node.span))? {
            Value::Map(defaults) => add(&mut map, kind, &defaults),
            Value::Null | Value::Omit => {}
            other => {
                let message =
                    format!("the defaults of '{canonical}' must be a mapping, not {}", other.type_name());
                return Err(Error::new(message).at(&node.span));
            }
        }
    }
    Ok(map)
}

/// The failure for the most important problem, at its place, in the words that a result has.
fn refusal(task: &Task, problem: Problem) -> Error {
    let arguments = &task.action.arguments;
    let argument = problem
        .path
        .first()
        .and_then(|name| arguments.named.iter().find(|argument| &*argument.name == name.as_str()));
    let span = match argument {
        Some(argument) if problem.at_key => &argument.span,
        Some(argument) => &argument.value.descend(problem.path.iter().skip(1).map(String::as_str)).span,
        None => &task.action.span,
    };
    Error::new(problem.message).at(span).hint_some(problem.hint)
}
