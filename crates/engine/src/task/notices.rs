//! The handlers that a task notifies.

use diag::Result;
use value::{Unknown, Value};

use super::TaskRun;
use super::item::ItemEnd;
use super::keywords::keyword_error;
use crate::Status;
use crate::notifications::Notice;
use crate::variables::HostScope;

impl TaskRun {
    /// What is notified if the task, or this item of its loop, changes anything.
    ///
    /// # Errors
    /// A name can't be rendered.
    pub(super) fn notices(&self, scope: &HostScope) -> Result<Vec<Notice>> {
        let mut notices = Vec::new();
        for node in &self.task.keywords.notify {
            let value = scope
                .world
                .templates
                .resolve(&node.to_value(), scope)
                .map_err(|error| keyword_error(error.at(&node.span), "notify", node))?;
            let names = match value {
                Value::Omit | Value::Null => continue,
                Value::List(names) | Value::Tuple(names) => names.to_vec(),
                name => vec![name],
            };
            notices.extend(names.iter().map(|name| Notice {
                name: name.to_string(),
                span: node.span.clone(),
                unknown: None,
            }));
        }
        Ok(notices)
    }
}

/// Keeps what is notified, if the end is such that it is.
pub(super) fn notify(end: &mut ItemEnd, notices: Vec<Notice>) {
    let unknown: Option<Unknown> = match &end.status {
        Status::Changed => None,
        Status::Unknown(unknown) => Some(unknown.clone()),
        _ => return,
    };
    end.notices = notices.into_iter().map(|notice| Notice { unknown: unknown.clone(), ..notice }).collect();
}
