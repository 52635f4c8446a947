//! The report for people who would rather look than read: one file with everything in it, made from events.

mod collected;
mod document;
mod texts;
mod write;

use std::path::PathBuf;

use diag::Errors;

pub(crate) use collected::Collected;
pub use write::check_destination;
pub(crate) use write::write;

/// What a report needs beside the events.
#[derive(Clone, Debug)]
pub struct PageOptions {
    /// The file that it is written to.
    pub path: PathBuf,
    /// The name of each playbook, and the picture of its graph.
    pub graphs: Vec<(String, String)>,
}

/// How a run came to its end, and how to hide what must not be seen.
pub struct End<'a> {
    /// In what way it ended.
    pub outcome: Outcome,
    /// What was wrong with the playbook, if that ended it.
    pub errors: Option<&'a Errors>,
    /// Hides all secrets that became known in the run.
    pub hide: &'a dyn Fn(&str) -> String,
}

/// In what way a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// All hosts did what they should.
    Good,
    /// A host failed.
    Failed,
    /// A host could not be reached.
    Unreachable,
    /// Something is wrong with a playbook.
    Wrong,
    /// Ctrl-C.
    Interrupted,
}
