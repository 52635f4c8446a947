//! Notified handlers, found by name and topic.

use std::sync::{Arc, PoisonError};

use diag::{Error, Result};
use inventory::HostName;
use playbook::Task;
use value::{Unknown, Value};

use super::batch::Batch;
use crate::variables::HostScope;

impl Batch<'_> {
    pub(super) fn notify(
        &mut self,
        task: &Task,
        notifier: Option<&HostScope>,
        host: &HostName,
        unknown: Option<Unknown>,
    ) -> Result<()> {
        let Some(scope) = notifier else { return Ok(()) };
        for node in &task.keywords.notify {
            let value = self
                .world
                .templates
                .resolve(&node.to_value(), scope)
                .map_err(|error| error.at(&node.span))?;
            let names = value.as_list().map_or_else(|| vec![value.clone()], <[Value]>::to_vec);
            for wanted in names {
                let wanted = wanted.to_string();
                let found = self.handlers_named(&wanted, scope);
                if found.is_empty() && self.world.settings.error_on_missing_handler {
                    let handlers = self.handlers.read().unwrap_or_else(PoisonError::into_inner);
                    let names = handlers.iter().map(|handler| handler.plain_name());
                    return Err(Error::new(format!(
                        "The requested handler '{wanted}' was not found in either the main handlers list nor in the \
                         listening handlers list"
                    ))
                        .at(&node.span)
                        .hint_some(diag::did_you_mean(&wanted, names)));
                }
                if let Some(host) = self.hosts.get_mut(host) {
                    found.into_iter().for_each(|handler| host.notifications.notify(handler, unknown.clone()));
                }
            }
        }
        Ok(())
    }

    /// The last handler of that name, and all that listen to it.
    pub(super) fn handlers_named(&self, wanted: &str, scope: &HostScope) -> Vec<usize> {
        let handlers = self.handlers.read().unwrap_or_else(PoisonError::into_inner);
        let is_named = |handler: &Task| {
            let handler_scope = scope.for_task(&Arc::new(handler.clone()));
            let name = match &handler.name {
                Some(name) if name.is_template() => {
                    match handler_scope.world.templates.render(name, &handler_scope) {
                        Ok(value) => value.to_string(),
                        Err(_) => return false,
                    }
                }
                Some(name) => name.to_string(),
                None => return false,
            };
            let full = handler.scope.role.as_ref().map(|role| format!("{} : {name}", role.full_name()));
            let short = handler.scope.role.as_ref().map(|role| format!("{} : {name}", role.name));
            name == wanted || full.as_deref() == Some(wanted) || short.as_deref() == Some(wanted)
        };
        let mut found: Vec<usize> = handlers
            .iter()
            .enumerate()
            .rev()
            .find(|(_, handler)| is_named(handler))
            .map(|(index, _)| index)
            .into_iter()
            .collect();
        let listens = |handler: &Task| handler.listen.iter().any(|topic| &**topic == wanted);
        found.extend(
            handlers.iter().enumerate().filter(|(_, handler)| listens(handler)).map(|(index, _)| index),
        );
        found.sort_unstable();
        found.dedup();
        found
    }
}
