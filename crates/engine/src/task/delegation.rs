//! The host that does a task instead.

use std::sync::Arc;

use diag::{Error, Result};
use inventory::HostName;
use value::Value;

use super::TaskRun;
use crate::variables::{AllVars, HostScope};

impl TaskRun {
    /// The host that the task is delegated to, if it is.
    ///
    /// # Errors
    /// The keyword can't be rendered.
    pub(super) fn delegate(&self, scope: &HostScope) -> Result<Option<HostName>> {
        let Some(node) = &self.task.keywords.delegate_to else { return Ok(None) };
        let value =
            scope.world.templates.resolve(&node.to_value(), scope).map_err(|error| error.at(&node.span))?;
        Ok(match value {
            Value::Omit | Value::Null => None,
            value => Some(HostName::from(value.to_string())),
        })
    }

    /// The failure of a task whose delegate has no name, which comes before any condition.
    ///
    /// # Errors
    /// That one.
    pub(super) fn check_delegate(&self, delegate: Option<&HostName>) -> Result<()> {
        match &self.task.keywords.delegate_to {
            Some(node) if delegate.is_some_and(|host| host.is_empty()) => {
                let written = node.to_value().repr();
                Err(Error::new(format!("Empty hostname produced from delegate_to: {written}")).at(&node.span))
            }
            _ => Ok(()),
        }
    }

    /// What says how the delegate is reached: its own variables, with the task's over them.
    pub(super) fn delegated_scope(&self, scope: &HostScope, delegate: &HostName) -> HostScope {
        let mut delegated = HostScope {
            task: scope.task.clone(),
            locals: scope.locals.clone(),
            sees_play: true,
            ..scope.of_host(delegate)
        };
        // It works in the name of the task's own host.
        delegated.locals.insert("inventory_hostname".into(), (&*scope.host).into());
        delegated
    }

    /// What the task sees: also the variables of its delegate, under that one's name.
    pub(super) fn with_delegate(&self, scope: &HostScope, delegate: Option<&HostName>) -> HostScope {
        let Some(delegate) = delegate else { return scope.clone() };
        let variables = AllVars::of_delegate(self.delegated_scope(scope, delegate));
        let by_name = Value::map([(&**delegate, Value::Object(Arc::new(variables)))]);
        let mut scope = scope.clone();
        scope.locals.insert("ansible_delegated_vars".into(), by_name);
        scope
    }
}
