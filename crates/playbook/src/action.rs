use diag::Span;
use value::Text;

use crate::{Arguments, IncludeRole, IncludeTasks, Meta};

/// What a task does.
#[derive(Clone, Debug)]
pub struct Action {
    /// The name as written.
    pub written: Text,
    /// The canonical name: short for what Ansible itself brings (`copy` for `ansible.builtin.copy`), else
    /// `namespace.collection.name`.
    pub module: String,
    /// The arguments.
    pub arguments: Arguments,
    /// Who carries it out.
    pub kind: ActionKind,
    /// Where the name is written.
    pub span: Span,
}

/// Who carries an action out.
#[derive(Clone, Debug)]
pub enum ActionKind {
    /// A module, with or without a controller's half.
    Module,
    /// The name is a template, or one that nobody knows under `action:`: [`Action::written`] is rendered at run time and
    /// resolved by [`crate::Loader::resolve_action`].
    Template,
    /// The engine, by itself.
    Meta(Meta),
    /// The engine, by loading a file of tasks.
    IncludeTasks(IncludeTasks),
    /// The engine, by loading a role.
    IncludeRole(Box<IncludeRole>),
}
