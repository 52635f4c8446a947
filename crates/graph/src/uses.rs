//! Which variables a task uses, and which it sets.

use std::collections::BTreeSet;

use diag::Span;
use playbook::{ActionKind, Play, Task, Variable};
use template::Templates;
use yaml::{Node, NodeKind};

/// The use of a variable.
#[derive(Clone, Debug)]
pub(crate) struct Use {
    pub(crate) name: String,
    /// The variable that leads to it, if the task does not use it itself.
    pub(crate) through: Option<String>,
    pub(crate) span: Span,
}

/// Stands for all facts.
pub(crate) const FACTS: &str = "ansible_facts";

/// Modules whose result is facts.
const FACT_MODULES: [&str; 6] =
    ["gather_facts", "getent", "mount_facts", "package_facts", "service_facts", "setup"];

/// Variables that are named like facts but are none.
const NO_FACTS: [&str; 24] = [
    "ansible_become",
    "ansible_check_mode",
    "ansible_config_file",
    "ansible_connection",
    "ansible_delegated_vars",
    "ansible_diff_mode",
    "ansible_failed_result",
    "ansible_failed_task",
    "ansible_forks",
    "ansible_host",
    "ansible_index_var",
    "ansible_loop",
    "ansible_loop_var",
    "ansible_managed",
    "ansible_password",
    "ansible_play_batch",
    "ansible_play_hosts",
    "ansible_play_hosts_all",
    "ansible_play_name",
    "ansible_port",
    "ansible_role_name",
    "ansible_search_path",
    "ansible_user",
    "ansible_version",
];

/// The name under which what sets a variable is kept.
pub(crate) fn source_of(name: &str) -> &str {
    match name {
        "group_names" => "groups",
        _ if name.starts_with("ansible_") && !NO_FACTS.contains(&name) => FACTS,
        _ => name,
    }
}

/// What a task sets, each with the words for it.
pub(crate) fn sets(task: &Task) -> Vec<(String, &'static str)> {
    let mut sets = Vec::new();
    if let Some(register) = &task.register {
        sets.extend(register.names().map(|name| (name.to_owned(), "registered")));
    }
    let module = task.action.module.as_str();
    if module == "set_fact" {
        let names = task.action.arguments.named.iter().map(|argument| argument.name.as_str());
        sets.extend(names.filter(|name| *name != "cacheable").map(|name| (name.to_owned(), "set")));
    }
    if FACT_MODULES.contains(&module) {
        sets.push((FACTS.to_owned(), "gathered"));
    }
    if ["add_host", "group_by"].contains(&module) {
        sets.push(("groups".to_owned(), "changed"));
    }
    sets
}

/// Everything that a task uses, and what the variables it uses are made of.
pub(crate) fn uses(task: &Task, play: &Play, templates: &Templates) -> Vec<Use> {
    with_sources(direct_uses(task, templates), task, play, templates)
}

/// What a task itself uses, and where.
pub(crate) fn direct_uses(task: &Task, templates: &Templates) -> Vec<(String, Span)> {
    let mut direct: Vec<(String, Span)> = Vec::new();
    let keywords = &task.keywords;
    let single = [
        &keywords.delegate_to,
        &keywords.delegate_facts,
        &keywords.connection,
        &keywords.port,
        &keywords.remote_user,
        &keywords.r#become,
        &keywords.become_method,
        &keywords.become_user,
        &keywords.become_flags,
        &keywords.become_exe,
        &keywords.no_log,
        &keywords.run_once,
        &keywords.ignore_errors,
        &keywords.ignore_unreachable,
        &keywords.check_mode,
        &keywords.diff,
        &keywords.any_errors_fatal,
        &keywords.throttle,
        &keywords.timeout,
        &task.retries,
        &task.delay,
    ];
    let arguments = &task.action.arguments;
    let values = single.into_iter().flatten();
    let values = values.chain(keywords.environment.iter().chain(&keywords.notify));
    let values = values.chain(task.looping.iter().map(|looping| &looping.expression));
    let values = values.chain(arguments.named.iter().map(|argument| &argument.value));
    for node in values.chain(&arguments.free_form).chain(&arguments.splat) {
        of_value(node, templates, &mut direct);
    }
    if let Some(name) = task.name.as_ref() {
        let names = templates.variables_in(name);
        direct.extend(names.into_iter().map(|name| (name, task.span.clone())));
    }
    if matches!(task.action.kind, ActionKind::Template) {
        let names = templates.variables_in(&task.action.written);
        direct.extend(names.into_iter().map(|name| (name, task.action.span.clone())));
    }
    of_conditions(&keywords.when, templates, &mut direct);
    if module_takes_expressions(task) {
        let conditions = ["that", "var"].into_iter().filter_map(|name| arguments.get(name));
        for node in conditions {
            let one = std::slice::from_ref(node);
            of_conditions(node.items().unwrap_or(one), templates, &mut direct);
        }
    }
    // What is evaluated after the action sees the task's own result under the registered name.
    let mut after: Vec<(String, Span)> = Vec::new();
    for conditions in [&task.until, &task.changed_when, &task.failed_when] {
        of_conditions(conditions, templates, &mut after);
    }
    after.retain(|(name, _)| {
        task.register.iter().flat_map(playbook::Register::names).all(|register| register != name)
    });
    direct.extend(after);
    direct
}

/// Whether the arguments hold expressions without delimiters.
fn module_takes_expressions(task: &Task) -> bool {
    ["assert", "debug"].contains(&task.action.module.as_str())
}

fn of_value(node: &Node, templates: &Templates, uses: &mut Vec<(String, Span)>) {
    match &node.kind {
        NodeKind::Scalar(value) => {
            uses.extend(
                templates.variables_in_value(value).into_iter().map(|name| (name, node.span.clone())),
            );
        }
        NodeKind::List(items) => items.iter().for_each(|item| of_value(item, templates, uses)),
        NodeKind::Map(entries) => entries.iter().for_each(|entry| of_value(&entry.value, templates, uses)),
    }
}

fn of_conditions(conditions: &[Node], templates: &Templates, uses: &mut Vec<(String, Span)>) {
    for node in conditions {
        let names = templates.variables_in_condition(&node.to_value());
        uses.extend(names.into_iter().map(|name| (name, node.span.clone())));
    }
}

/// The uses, and those of the variables that they lead to.
fn with_sources(direct: Vec<(String, Span)>, task: &Task, play: &Play, templates: &Templates) -> Vec<Use> {
    let mut known: BTreeSet<String> = BTreeSet::new();
    let mut waiting: Vec<Use> =
        direct.into_iter().rev().map(|(name, span)| Use { name, through: None, span }).collect();
    let mut uses = Vec::new();
    while let Some(next) = waiting.pop() {
        if !known.insert(next.name.clone()) {
            continue;
        }
        if let Some(variable) = variable(&next.name, task, play) {
            let through = next.through.clone().unwrap_or_else(|| next.name.clone());
            let inner = templates.variables_in_value(&variable.value);
            waiting.extend(inner.into_iter().rev().map(|name| Use {
                name,
                through: Some(through.clone()),
                span: next.span.clone(),
            }));
        }
        uses.push(next);
    }
    uses
}

/// What is written for a variable where the task can see it.
fn variable<'a>(name: &str, task: &'a Task, play: &'a Play) -> Option<&'a Variable> {
    let scope = &task.scope;
    let role = scope.role.as_deref();
    let own = task.vars_layers().chain(&scope.include_params);
    let of_role = role.into_iter().flat_map(|role| {
        let layers = [role.default_layers(), role.vars_layers(), role.param_layers()];
        layers.concat()
    });
    let mut layers: Vec<&playbook::Vars> = vec![&play.static_vars];
    layers.extend(of_role.map(|layer| &**layer));
    layers.extend(own.map(|layer| &**layer));
    layers.into_iter().rev().find_map(|layer| layer.get(name))
}
