use serde::{Deserialize, Serialize};
use value::{Unknown, Value};

use crate::Change;

/// How a module call ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// What came of it.
    pub outcome: Outcome,
    /// What it changed, or in a dry run would change, in order; also when it failed half-way.
    pub changes: Vec<Change>,
    /// Things worth telling the user.
    #[serde(default)]
    pub warnings: Vec<String>,
}

/// What came of a module call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Outcome {
    /// It did what it should; the map is the result that playbooks register. `changed` is not in it, it follows from
    /// the changes, unless the module knows better (a command has changed something, though nobody knows what).
    Done(Value),
    /// It could not; the map holds at least `msg`.
    Failed(Value),
    /// A dry run can't say what it would do.
    Unknown(Unknown),
}
