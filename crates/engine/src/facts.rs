//! The gathering of facts at the start of a play.

use std::sync::Arc;

use diag::Span;
use playbook::{Action, ActionKind, Argument, Arguments, Meta, Play, Task};
use value::Text;
use yaml::Node;

/// The task that gathers facts, which nobody writes.
pub(crate) fn gathering_task(play: &Play) -> Arc<Task> {
    let span = &play.span;
    let mut task = Task::implicit(Meta::Noop, &play.scope, span);
    task.name = Some(Text::new("Gathering Facts"));
    task.keywords = play.keywords.clone();
    // Whoever selects none of a play's own tags does not want its facts either.
    if task.keywords.tags.is_empty() {
        task.keywords.tags.push(Text::new("always"));
    }
    task.keywords.when.clear();
    // Every host has facts of its own.
    task.keywords.run_once = None;
    task.action = Action {
        written: Text::new("gather_facts"),
        module: "setup".to_owned(),
        arguments: arguments(play, span),
        kind: ActionKind::Module,
        span: span.clone(),
    };
    task.implicit = false;
    Arc::new(task)
}

/// Whether it is the task that gathers facts at the start of a play.
pub(crate) fn gathers(task: &Task) -> bool {
    &*task.action.written == "gather_facts" && task.action.module == "setup"
}

fn arguments(play: &Play, span: &Span) -> Arguments {
    let named = [
        ("gather_subset", &play.gather_subset),
        ("gather_timeout", &play.gather_timeout),
        ("fact_path", &play.fact_path),
    ];
    let argument = |(name, node): (&str, &Option<Node>)| {
        let value = node.clone()?;
        Some(Argument { name: Text::new(name), span: value.span.clone(), value })
    };
    Arguments { named: named.into_iter().filter_map(argument).collect(), ..Arguments::none(span) }
}
