use std::sync::Arc;

use diag::Span;
use playbook::Task;

/// Something that happens in a run.
#[derive(Clone, Debug)]
pub struct Node {
    /// What kind of thing.
    pub kind: NodeKind,
    /// Its name, not rendered, with the role that it belongs to.
    pub title: String,
    /// Which play it belongs to, counted from 0.
    pub play: usize,
    /// The blocks that it stands in, outermost first: `roles`, `block 'install'`, `rescue`.
    pub within: Vec<String>,
    /// The task, if somebody wrote one.
    pub task: Option<Arc<Task>>,
    /// Where it is written.
    pub span: Span,
}

/// What kind of thing happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeKind {
    /// A play starts.
    Play,
    /// Facts are gathered.
    Facts,
    /// A task runs.
    Task,
    /// Notified handlers are due.
    Flush,
    /// A handler runs, if it was notified.
    Handler,
}

impl Node {
    /// A short name, for lists: `p` for a play, `t` for what happens in one, counted from 1.
    pub(crate) fn key(&self, number: usize) -> String {
        match self.kind {
            NodeKind::Play => format!("p{}", self.play + 1),
            _ => format!("t{number}"),
        }
    }
}
