//! What `ansible_failed_task` tells of a task.

use std::sync::Arc;

use playbook::{ActionKind, LoopKind, Register, Task};
use value::{Map, Value};
use yaml::Node;

use crate::variables::HostScope;

/// The task as data: its name, its action with the arguments, and its keywords as written; what is a template is
/// rendered when it is looked at.
pub(super) fn failed_task(task: &Arc<Task>, scope: &HostScope) -> Value {
    let scope = scope.for_task(task);
    let mut map = Map::new();
    let mut add = |name: &str, value: Value| {
        map.insert(name.into(), value);
    };
    let name = task.name.as_ref().map(|name| {
        let rendered = scope.world.templates.render(name, &scope);
        rendered.map_or_else(|_| Value::String(name.clone()), |name| Value::from(name.to_string()))
    });
    add("name", name.unwrap_or_else(|| "".into()));
    add("action", Value::from(&*task.action.written));
    let full = match &task.action.kind {
        ActionKind::Template => None,
        _ if task.action.module.contains('.') => Some(task.action.module.clone()),
        _ => Some(format!("ansible.builtin.{}", task.action.module)),
    };
    add("_resolved_action", full.into());
    add("args", arguments(task));
    let keywords = &task.keywords;
    let nodes = |nodes: &[Node]| Value::list(nodes.iter().map(Node::to_value));
    add("when", nodes(&keywords.when));
    add("until", nodes(&task.until));
    add("changed_when", nodes(&task.changed_when));
    add("failed_when", nodes(&task.failed_when));
    add("environment", nodes(&keywords.environment));
    add("module_defaults", nodes(&keywords.module_defaults));
    add("notify", nodes(&keywords.notify));
    add("tags", Value::list(keywords.tags.iter().cloned().map(Value::String)));
    add("collections", Value::list(keywords.collections.iter().cloned().map(Value::String)));
    let variables = task.vars.iter().map(|(name, variable)| (Value::from(&**name), variable.value.clone()));
    add("vars", variables.collect::<Map>().into());
    let looping = task.looping.as_ref();
    add("loop", looping.map_or(Value::Null, |looping| looping.expression.to_value()));
    let with = looping.and_then(|looping| match &looping.kind {
        LoopKind::With(lookup) => Some(lookup.clone()),
        LoopKind::Loop => None,
    });
    add("loop_with", with.into());
    let register = match &task.register {
        Some(Register::Whole(name)) => Value::map([(&**name, "_task.polymorphic_result")]),
        Some(Register::Projections(projections)) => projections
            .iter()
            .map(|projection| (Value::from(&*projection.name), projection.template.clone()))
            .collect::<Map>()
            .into(),
        None => Value::Null,
    };
    add("register", register);
    for (name, node, default) in [
        ("any_errors_fatal", &keywords.any_errors_fatal, false.into()),
        ("async", &task.r#async, 0.into()),
        ("become", &keywords.r#become, false.into()),
        ("become_exe", &keywords.become_exe, Value::Null),
        ("become_flags", &keywords.become_flags, Value::Null),
        ("become_method", &keywords.become_method, "sudo".into()),
        ("become_user", &keywords.become_user, Value::Null),
        ("check_mode", &keywords.check_mode, scope.world.settings.check.into()),
        ("connection", &keywords.connection, scope.world.settings.connection.plugin.as_str().into()),
        ("delay", &task.delay, 5.into()),
        ("delegate_facts", &keywords.delegate_facts, Value::Null),
        ("delegate_to", &keywords.delegate_to, Value::Null),
        ("diff", &keywords.diff, scope.world.settings.diff.into()),
        ("ignore_errors", &keywords.ignore_errors, false.into()),
        ("ignore_unreachable", &keywords.ignore_unreachable, false.into()),
        ("no_log", &keywords.no_log, false.into()),
        ("poll", &task.poll, 15.into()),
        ("port", &keywords.port, Value::Null),
        ("remote_user", &keywords.remote_user, Value::Null),
        ("retries", &task.retries, Value::Null),
        ("run_once", &keywords.run_once, Value::Null),
        ("throttle", &keywords.throttle, 0.into()),
        ("timeout", &keywords.timeout, 0.into()),
    ] {
        add(name, node.as_ref().map_or(default, Node::to_value));
    }
    map.into()
}

fn arguments(task: &Task) -> Value {
    let arguments = &task.action.arguments;
    let named =
        arguments.named.iter().map(|argument| (Value::from(&*argument.name), argument.value.to_value()));
    let free_form = arguments.free_form.iter().map(|node| ("_raw_params".into(), node.to_value()));
    free_form.chain(named).collect::<Map>().into()
}
