use std::fmt;

use serde::{Deserialize, Serialize};

/// What a dry run can't know, and why: the output of a command that was not run, a file of a package that is not
/// installed yet. Whatever is computed from it is unknown for the same cause.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Unknown {
    /// What can't be known and why, such as `the output of a command that a dry run does not run`.
    pub cause: String,
    /// The task whose effect it is; empty where there is none.
    #[serde(default)]
    pub task: String,
    /// That task's `file:line:column`; empty where there is none.
    #[serde(default)]
    pub place: String,
}

impl Unknown {
    /// Unknown for this cause; the engine adds the task.
    pub fn new(cause: impl Into<String>) -> Unknown {
        Unknown { cause: cause.into(), task: String::new(), place: String::new() }
    }
}

/// `cause (task 'name' at file:line:column)`.
impl fmt::Display for Unknown {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.cause)?;
        match (self.task.is_empty(), self.place.is_empty()) {
            (true, true) => Ok(()),
            (false, true) => write!(formatter, " (task '{}')", self.task),
            (true, false) => write!(formatter, " ({})", self.place),
            (false, false) => write!(formatter, " (task '{}' at {})", self.task, self.place),
        }
    }
}
