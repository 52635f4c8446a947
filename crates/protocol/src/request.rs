use serde::{Deserialize, Serialize};
use value::Value;

use crate::{Change, Foresight, Job, Program};

/// One module call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// Names the call in the answers; the controller counts up.
    pub id: u64,
    /// The module, by its short name.
    pub module: String,
    /// Its arguments: a map, normalised by the module's schema.
    pub arguments: Value,
    /// Whether this is a dry run: changes are predicted and not made.
    pub dry_run: bool,
    /// The number of the one task that is a dry run, in a run that is not: it sees the host as it is, and what it
    /// predicts is forgotten after it.
    #[serde(default)]
    pub rehearsal: Option<u64>,
    /// How far a dry run looks ahead.
    #[serde(default)]
    pub foresight: Foresight,
    /// Whether changes shall carry contents, to be shown as a diff.
    pub diff: bool,
    /// Variables for the processes that the module starts.
    #[serde(default)]
    pub environment: Vec<(String, String)>,
    /// Seconds after which the module's processes are ended and the call fails.
    #[serde(default)]
    pub timeout: Option<f64>,
    /// The program to run instead of a module of ours, if it is one of the user's own.
    #[serde(default)]
    pub program: Option<Box<Program>>,
    /// Whether it is a job that goes on by itself: the report then says only that it was started.
    #[serde(default)]
    pub job: Option<Job>,
    /// What other runners on this host have predicted since the last request: in a dry run all of them share one
    /// picture of the host.
    #[serde(default)]
    pub predicted: Vec<Change>,
    /// The user that the runner, which is root's, acts for in a dry run: one who is not there yet.
    #[serde(default)]
    pub acts_for: Option<String>,
    /// The task's name, which unknowns name as their cause.
    #[serde(default)]
    pub task: String,
    /// The task's `file:line:column`.
    #[serde(default)]
    pub place: String,
}
