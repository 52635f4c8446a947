//! What is in the page as data.

use serde::Serialize;

use super::texts::Text;

/// All of it.
#[derive(Debug, Serialize)]
pub(crate) struct Document<'a> {
    pub(crate) name: &'a str,
    pub(crate) version: &'static str,
    pub(crate) dry: bool,
    /// Whether differences were asked for.
    pub(crate) diff: bool,
    /// In what way the run ended.
    pub(crate) outcome: &'static str,
    /// Milliseconds since 1970.
    pub(crate) began: i64,
    /// Milliseconds.
    pub(crate) took: u64,
    pub(crate) hosts: &'a [String],
    pub(crate) plays: &'a [Play],
    pub(crate) tasks: &'a [Task],
    pub(crate) cells: &'a [Cell],
    pub(crate) details: Vec<&'a Detail>,
    pub(crate) messages: &'a [Message],
    pub(crate) texts: Vec<String>,
}

/// A play.
#[derive(Debug, Serialize)]
pub(crate) struct Play {
    pub(crate) name: Text,
    pub(crate) playbook: Text,
}

/// A task, on all hosts.
#[derive(Debug, Serialize)]
pub(crate) struct Task {
    pub(crate) title: Text,
    /// `file:line:column`.
    pub(crate) place: Option<Text>,
    /// The number of its play.
    pub(crate) play: usize,
    pub(crate) handler: bool,
    pub(crate) action: Option<Text>,
}

/// What came of a task on a host: the numbers of task, host and status, when it began and how long it took in
/// milliseconds, and the number of its detail, -1 if there is nothing more to say. There may be many.
#[derive(Debug, Serialize)]
pub(crate) struct Cell(
    pub(crate) usize,
    pub(crate) usize,
    pub(crate) Status,
    pub(crate) u64,
    pub(crate) u64,
    pub(crate) i64,
);

/// How it ended, as a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Status {
    Ok = 0,
    Changed = 1,
    Skipped = 2,
    Failed = 3,
    Unreachable = 4,
    Unknown = 5,
    /// It failed, and the play goes on all the same.
    Ignored = 6,
    /// The run was over before it had ended.
    Interrupted = 7,
}

impl Serialize for Status {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(*self as u8)
    }
}

/// What there is to say of a result.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize)]
pub(crate) struct Detail {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) result: Option<Text>,
    /// A text for each thing that changed; the first character of a line says what it is.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) differences: Vec<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<Text>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) warnings: Vec<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) unknown: Option<Unknown>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) delegate: Option<Text>,
    /// What was included.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) included: Vec<Text>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) items: Vec<Item>,
}

/// What a dry run can't know.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub(crate) struct Unknown {
    pub(crate) cause: Text,
    pub(crate) task: Text,
    pub(crate) place: Text,
}

/// One item of a loop.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub(crate) struct Item {
    pub(crate) label: Text,
    pub(crate) status: Status,
    pub(crate) detail: Detail,
}

/// A warning or an error that concerns no host alone.
#[derive(Debug, Serialize)]
pub(crate) struct Message {
    pub(crate) error: bool,
    pub(crate) text: Text,
}
