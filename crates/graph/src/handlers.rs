//! Which handlers a notification means.

use std::sync::Arc;

use diag::{Error, Span, did_you_mean};
use playbook::{ActionKind, Item, Loader, Play, Task};

/// The handlers of a play under all the names by which they can be notified.
pub(crate) struct Handlers<'a> {
    list: Vec<Handler<'a>>,
    /// Whether handlers may be added while the play runs.
    open: bool,
}

struct Handler<'a> {
    task: &'a Arc<Task>,
    names: Vec<String>,
    topics: Vec<String>,
}

impl<'a> Handlers<'a> {
    pub(crate) fn of(play: &'a Play, loader: &Loader) -> Handlers<'a> {
        let list = play
            .handlers
            .iter()
            .map(|task| {
                let name = task.name.as_ref().and_then(|name| match name.is_template() {
                    true => loader.language.render(name, &play.static_vars).ok()?.as_str().map(str::to_owned),
                    false => Some(name.as_str().to_owned()),
                });
                let topics = task.listen.iter().flat_map(|topic| spellings(task, topic)).collect();
                Handler { task, names: name.map(|name| spellings(task, &name)).unwrap_or_default(), topics }
            })
            .collect();
        let items = play.items(false);
        let open = items
            .iter()
            .flat_map(Item::tasks)
            .any(|task| matches!(task.action.kind, ActionKind::IncludeTasks(_) | ActionKind::IncludeRole(_)));
        Handlers { list, open }
    }

    pub(crate) fn task(&self, number: usize) -> &'a Arc<Task> {
        self.list[number].task
    }

    /// The numbers of the handlers that are notified by a name or topic, in the order they run.
    ///
    /// # Errors
    /// There is none: a warning, for a task that never changes anything never notifies.
    pub(crate) fn notified(&self, name: &str, span: &Span) -> Result<Vec<usize>, Error> {
        let named = self.list.iter().rposition(|handler| handler.names.iter().any(|it| it == name));
        let listening = self
            .list
            .iter()
            .enumerate()
            .filter(|(_, it)| it.topics.iter().any(|topic| topic == name))
            .map(|(at, _)| at);
        let mut found: Vec<usize> = named.into_iter().chain(listening).collect();
        found.sort_unstable();
        found.dedup();
        if !found.is_empty() {
            return Ok(found);
        }
        let known = self.list.iter().flat_map(|handler| handler.names.iter().chain(&handler.topics));
        let hint = did_you_mean(name, known.map(String::as_str));
        let message = format!("there is no handler '{name}'");
        let error = if self.open {
            Error::warning(message).hint_some(
                hint.or_else(|| {
                    Some("it must come with a role that is included while the play runs".to_owned())
                }),
            )
        } else {
            let hint = hint.or_else(|| {
                let none = self.list.is_empty();
                none.then(|| "the play has no handlers; write some under 'handlers:' or in a role".to_owned())
            });
            Error::warning(message).hint_some(hint)
        };
        Err(error.at(span).label("nothing has this name, or listens to it"))
    }
}

/// The ways to write a handler's name or topic: alone, or with its role.
fn spellings(task: &Task, name: &str) -> Vec<String> {
    let mut spellings = vec![name.to_owned()];
    if let Some(role) = &task.scope.role {
        spellings.push(format!("{} : {name}", role.name));
        spellings.push(format!("{} : {name}", role.full_name()));
        spellings.dedup();
    }
    spellings
}
