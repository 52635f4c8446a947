use diag::{Error, Errors};
use module::{Problem, Schema};
use playbook::{ActionKind, Block, Item, Playbook, Task};
use value::Value;
use yaml::{Node, NodeKind};

/// Checks arguments against the schemas of their modules, as far as that can be told without any host: unknown names,
/// missing ones, and values that no variable can change any more. `schema_of` gives a module's schema.
///
/// Wrong arguments fail a task when it runs. Only where that failure is certain to end the run is it told before
/// anything has started: nothing may skip the task, tolerate its failure or look at its result.
pub fn check_arguments(playbook: &Playbook, schema_of: &dyn Fn(&str) -> Option<Schema>) -> Errors {
    let mut errors = Errors::new();
    for play in &playbook.plays {
        let sections = [&play.pre_tasks, &play.role_blocks, &play.tasks, &play.post_tasks];
        for task in sections.into_iter().flat_map(|items| certain(items)) {
            if let (ActionKind::Module, Some(schema)) = (&task.action.kind, schema_of(&task.action.module)) {
                errors.extend(check(task, &schema));
            }
        }
    }
    errors
}

/// The tasks whose failure nothing skips or mends.
fn certain(items: &[Item]) -> Vec<&Task> {
    let mut tasks = Vec::new();
    for item in items {
        match item {
            Item::Task(task) if ends_the_run(task) => tasks.push(&**task),
            Item::Task(_) => {}
            Item::Block(block) if is_guarded(block) => {}
            Item::Block(block) => tasks.extend(certain(&block.block)),
        }
    }
    tasks
}

fn is_guarded(block: &Block) -> bool {
    !block.rescue.is_empty() || !block.always.is_empty()
}

fn ends_the_run(task: &Task) -> bool {
    let keywords = &task.keywords;
    keywords.when.is_empty()
        && keywords.tags.is_empty()
        && keywords.ignore_errors.is_none()
        && task.register.is_none()
        && task.looping.is_none()
        && task.until.is_empty()
        && task.retries.is_none()
        && task.failed_when.is_empty()
}

fn check(task: &Task, schema: &Schema) -> Vec<Error> {
    let arguments = &task.action.arguments;
    let names = arguments.named.iter().map(|argument| &*argument.name).filter(|name| !name.contains("{{"));
    // Text where a module takes none fails when it runs.
    let free_form = "_raw_params";
    let free_form = arguments.free_form.as_ref().and(schema.canonical(free_form)).map(|_| free_form);
    // What comes from a variable or from defaults may complete the arguments.
    let complete = arguments.splat.is_none() && task.keywords.module_defaults.is_empty();
    let mut errors: Vec<Error> = schema
        .check_names(names.chain(free_form))
        .into_iter()
        .filter(|problem| complete || !problem.path.is_empty())
        .map(|problem| name_error(task, problem))
        .collect();
    for argument in &arguments.named {
        if is_static(&argument.value)
            && let Some(problem) = schema.check_value(&argument.name, &argument.value.to_value())
        {
            let place = argument.value.descend(problem.path.iter().skip(1).map(String::as_str));
            errors.push(Error::new(problem.message).at(&place.span).hint_some(problem.hint));
        }
    }
    errors
}

fn name_error(task: &Task, problem: Problem) -> Error {
    let arguments = &task.action.arguments.named;
    let named = problem
        .path
        .first()
        .and_then(|name| arguments.iter().find(|argument| &*argument.name == name.as_str()));
    let span = named.map_or(&task.action.span, |argument| &argument.span);
    Error::new(problem.message).at(span).hint_some(problem.hint)
}

/// Whether no template is in it.
fn is_static(node: &Node) -> bool {
    match &node.kind {
        NodeKind::Scalar(Value::String(text)) => !text.is_template(),
        NodeKind::Scalar(Value::Vaulted(_)) => false,
        NodeKind::Scalar(_) => true,
        NodeKind::List(items) => items.iter().all(is_static),
        NodeKind::Map(entries) => {
            entries.iter().all(|entry| is_static(&entry.key) && is_static(&entry.value))
        }
    }
}
