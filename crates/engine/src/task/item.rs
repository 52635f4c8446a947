//! What came of one item of a loop, or of the task if there is no loop.

use actions::Effect;
use diag::{Error, Span};
use protocol::Change;
use value::{Map, Unknown, Value};

use crate::Status;
use crate::includes::Inclusion;
use crate::notifications::Notice;

/// What stands where Ansible has a traceback: content asks whether there was one.
pub(super) const EXCEPTION: &str = "(traceback unavailable)";

/// The outermost frame of what fails a task.
const TASK_FAILED: &str = "Task failed";

/// What came of one item, or of the task if there is no loop.
pub(super) struct ItemEnd {
    pub(super) status: Status,
    pub(super) result: Map,
    pub(super) changes: Vec<Change>,
    pub(super) error: Option<Error>,
    /// Whether it failed, or would have but for a condition.
    pub(super) exception: bool,
    /// Whether the action had no message of its own for its failure.
    pub(super) crashed: bool,
    pub(super) delegate: Option<String>,
    pub(super) shown: bool,
    pub(super) warnings: Vec<String>,
    pub(super) deprecations: Vec<Error>,
    pub(super) inclusion: Option<Inclusion>,
    pub(super) effects: Vec<Effect>,
    /// The handlers that it notifies.
    pub(super) notices: Vec<Notice>,
    /// Whether the result must not be shown, whatever the task says.
    pub(super) hidden: bool,
    /// Why a dry run that surely changes something can't know the result.
    pub(super) unknown_rest: Option<Unknown>,
}

impl ItemEnd {
    pub(super) fn new(status: Status, result: Map) -> ItemEnd {
        ItemEnd {
            status,
            result,
            changes: Vec::new(),
            error: None,
            exception: false,
            crashed: false,
            delegate: None,
            shown: false,
            warnings: Vec::new(),
            deprecations: Vec::new(),
            inclusion: None,
            effects: Vec::new(),
            notices: Vec::new(),
            hidden: false,
            unknown_rest: None,
        }
    }

    /// The task can't be done; `msg` tells all that led there.
    pub(super) fn failed(error: Error, task: &Span) -> ItemEnd {
        let error = task_failed(error, task);
        let message = error.summary();
        ItemEnd::with_message(error, &message)
    }

    /// The error is all that is said, as where a loop can't begin.
    pub(super) fn plainly_failed(error: Error) -> ItemEnd {
        let message = error.message().to_owned();
        ItemEnd::with_message(error, &message)
    }

    fn with_message(error: Error, message: &str) -> ItemEnd {
        let mut result = Map::new();
        result.insert("changed".into(), false.into());
        result.insert("msg".into(), message.into());
        result.insert("failed".into(), true.into());
        let failed = ItemEnd::new(Status::Failed { ignored: false }, result);
        ItemEnd { error: Some(error), exception: true, ..failed }
    }

    pub(super) fn unknown(unknown: &Unknown) -> ItemEnd {
        let mut result = Map::new();
        result.insert("msg".into(), unknown.to_string().into());
        ItemEnd::new(Status::Unknown(unknown.clone()), result)
    }

    pub(super) fn skipped(reason: &str, condition: Option<&Value>) -> ItemEnd {
        let mut result = Map::new();
        result.insert("changed".into(), false.into());
        result.insert("skipped".into(), true.into());
        result.insert("skip_reason".into(), reason.into());
        if let Some(condition) = condition {
            result.insert("false_condition".into(), condition.clone());
        }
        ItemEnd::new(Status::Skipped, result)
    }

    pub(super) fn unreachable(error: Error, connection: &str) -> ItemEnd {
        // Playbooks and scripts look for these words.
        let by_ssh =
            matches!(connection.strip_prefix("ansible.builtin.").unwrap_or(connection), "ssh" | "smart");
        let message = match by_ssh {
            true => format!("Task failed: Failed to connect to the host via ssh: {}", error.summary()),
            false => error.summary(),
        };
        let mut result = Map::new();
        result.insert("changed".into(), false.into());
        result.insert("msg".into(), message.into());
        result.insert("unreachable".into(), true.into());
        ItemEnd { error: Some(error), ..ItemEnd::new(Status::Unreachable { ignored: false }, result) }
    }

    pub(super) fn is_failed(&self) -> bool {
        matches!(self.status, Status::Failed { .. })
    }

    /// What `register` keeps of it.
    pub(super) fn registered(&self) -> Value {
        if let Status::Unknown(unknown) = &self.status {
            return Value::from(unknown.clone());
        }
        if let Some(unknown) = &self.unknown_rest {
            return Value::from(unknown.clone());
        }
        let mut result = self.result.clone();
        for (key, value) in [("changed", false), ("failed", self.is_failed())] {
            result.entry(key.into()).or_insert(value.into());
        }
        if self.exception && self.is_failed() {
            result.entry("exception".into()).or_insert(EXCEPTION.into());
        }
        if !self.warnings.is_empty() {
            result.insert("warnings".into(), Value::list(self.warnings.iter().map(String::as_str)));
        }
        if !self.deprecations.is_empty() {
            let told =
                self.deprecations.iter().map(|deprecation| Value::map([("msg", deprecation.message())]));
            result.insert("deprecations".into(), Value::list(told));
        }
        result.into()
    }
}

/// The error of a task that failed.
pub(super) fn task_failed(error: Error, task: &Span) -> Error {
    error.at(task).within(TASK_FAILED, Some(task))
}
