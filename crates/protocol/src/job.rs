use serde::{Deserialize, Serialize};

/// How a request is carried out that nobody waits for: by a process of its own on the host, which outlives the
/// connection and leaves what came of it in a file (`async`).
///
/// The file is in the folder that the variable `ANSIBLE_ASYNC_DIR` of the environment names, else in `~/.ansible_async`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// The start of the job's name; the number of its process follows.
    pub name: String,
    /// Seconds after which it is ended.
    pub seconds: u64,
}
