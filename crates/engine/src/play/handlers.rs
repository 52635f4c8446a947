//! Notified handlers, found by name and topic.

use std::sync::{Arc, PoisonError};

use diag::{Error, Result};
use inventory::HostName;
use playbook::Task;

use super::batch::Batch;
use crate::Event;
use crate::notifications::Notice;
use crate::variables::HostScope;

impl Batch<'_> {
    /// Notes the handlers that a task notifies for a host. `notifier` is what the task saw.
    ///
    /// # Errors
    /// There is no such handler, and that counts as an error.
    pub(super) fn notify(
        &mut self,
        notices: &[Notice],
        notifier: Option<&HostScope>,
        host: &HostName,
    ) -> Result<()> {
        let Some(scope) = notifier else { return Ok(()) };
        for Notice { name, span, unknown } in notices {
            let found = self.handlers_named(name, scope);
            if found.is_empty() {
                let handlers = self.handlers.read().unwrap_or_else(PoisonError::into_inner);
                let names = handlers.iter().map(|handler| handler.plain_name());
                let message = format!(
                    "The requested handler '{name}' was not found in either the main handlers list nor in the \
                     listening handlers list"
                );
                let hint = diag::did_you_mean(name, names)
                    .or_else(|| Some("add a handler of this name, or one that listens to it".into()));
                if self.world.settings.error_on_missing_handler {
                    return Err(Error::new(message).at(span).hint_some(hint));
                }
                self.world.tell(Event::Notice(Error::warning(message).at(span).hint_some(hint)));
            }
            if let Some(host) = self.hosts.get_mut(host) {
                found.into_iter().for_each(|handler| host.notifications.notify(handler, unknown.clone()));
            }
        }
        Ok(())
    }

    /// The handler of that name, and all that listen to it, one for each name. Of handlers with the same name the one
    /// counts that was read last; within one list, the first.
    fn handlers_named(&self, wanted: &str, scope: &HostScope) -> Vec<usize> {
        let handlers = self.handlers.read().unwrap_or_else(PoisonError::into_inner);
        let order = latest_first(&handlers);
        let named = order.iter().copied().find(|index| {
            let handler = &handlers[*index];
            self.handler_name(handler, scope).is_some_and(|name| answers(handler, &name, wanted))
        });
        let mut found: Vec<usize> = named.into_iter().collect();
        let mut seen: Vec<&str> = Vec::new();
        for index in order {
            let handler = &handlers[index];
            if !handler.listen.iter().any(|topic| answers(handler, topic, wanted)) {
                continue;
            }
            let name = handler.name.as_deref().unwrap_or_default();
            if name.is_empty() || !seen.contains(&name) {
                seen.push(name);
                found.push(index);
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    /// The name of a handler, rendered; none if it has none, or if it can't be rendered, which is told once.
    fn handler_name(&self, handler: &Arc<Task>, scope: &HostScope) -> Option<String> {
        let name = handler.name.as_ref()?;
        if !name.is_template() {
            return Some(name.to_string());
        }
        let scope = scope.for_task(handler);
        match self.world.templates.render(name, &scope) {
            Ok(value) => Some(value.to_string()),
            Err(error) => {
                let mut told = self.unusable.lock().unwrap_or_else(PoisonError::into_inner);
                if handler.listen.is_empty() && told.insert(name.to_string()) {
                    let message = format!(
                        "Handler '{}' is unusable because its name can't be rendered and it listens to nothing",
                        &**name
                    );
                    self.world.tell(Event::Notice(
                        Error::warning(message).at(&handler.span).cause(error.summary()),
                    ));
                }
                None
            }
        }
    }
}

/// Whether a name or topic of a handler is the wanted one, alone or with the handler's role before it.
fn answers(handler: &Task, name: &str, wanted: &str) -> bool {
    name == wanted
        || handler.scope.role.as_ref().is_some_and(|role| {
            let inside = |role: &str| wanted.strip_prefix(role).and_then(|rest| rest.strip_prefix(" : "));
            inside(&role.full_name()) == Some(name) || inside(&role.name) == Some(name)
        })
}

/// The places of handlers: the list that was read last comes first, each list in its own order.
fn latest_first(handlers: &[Arc<Task>]) -> Vec<usize> {
    let list_of = |handler: &Arc<Task>| handler.scope.role.as_ref().map(Arc::as_ptr);
    let indexes: Vec<usize> = (0..handlers.len()).collect();
    let lists = indexes.chunk_by(|left, right| list_of(&handlers[*left]) == list_of(&handlers[*right]));
    lists.collect::<Vec<_>>().into_iter().rev().flatten().copied().collect()
}
