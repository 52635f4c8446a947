use serde::{Deserialize, Serialize};

use crate::Blob;

/// A module of the user's own: a program that takes its arguments in a file and writes its result to its standard
/// output, as a JSON object.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Program {
    /// The name by which the task calls it.
    pub name: String,
    /// The program.
    pub file: Blob,
    /// What runs it, with arguments of its own; nothing, if it runs by itself.
    pub interpreter: Vec<String>,
    /// What the file of arguments holds.
    pub arguments: String,
    /// Whether it is Python and uses what Ansible offers its modules.
    pub uses_ansible: bool,
    /// Files that it shares with others: paths below `ansible_collections` or `module_utils`, and their content.
    pub shared: Vec<(String, Blob)>,
    /// Whether it changes nothing in a dry run, because it looks at the argument that says so.
    pub knows_dry_run: bool,
    /// Whether its result also tells what it wrote to its standard error.
    #[serde(default)]
    pub tells_stderr: bool,
}
