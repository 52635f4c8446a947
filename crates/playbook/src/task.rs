use std::sync::Arc;

use diag::Span;
use value::Text;
use yaml::Node;

use crate::{Action, ActionKind, Keywords, Loop, Register, Scope, Vars, wildcard};

/// A task or handler.
#[derive(Clone, Debug)]
pub struct Task {
    /// The name; may be a template.
    pub name: Option<Text>,
    /// What it does.
    pub action: Action,
    /// The keywords, with everything that it inherits merged in.
    pub keywords: Keywords,
    /// What it is repeated over.
    pub looping: Option<Loop>,
    /// What keeps the result.
    pub register: Option<Register>,
    /// Conditions that end the attempts.
    pub until: Vec<Node>,
    /// How many more attempts there may be; without `until`, as long as it fails.
    pub retries: Option<Node>,
    /// Seconds between attempts; 5 if not written.
    pub delay: Option<Node>,
    /// Seconds that it may go on by itself on the host, where nobody waits for it; 0 or nothing is the usual way.
    pub r#async: Option<Node>,
    /// Seconds between two looks at what goes on by itself; 15 if not written, and 0 is never.
    pub poll: Option<Node>,
    /// Conditions that decide whether the result counts as a change; empty if not written.
    pub changed_when: Vec<Node>,
    /// Conditions that decide whether the result counts as a failure; empty if not written.
    pub failed_when: Vec<Node>,
    /// The topics that a handler listens to.
    pub listen: Vec<Text>,
    /// Its own `vars:`. Those of blocks and imports around it are in [`Task::scope`].
    pub vars: Arc<Vars>,
    /// What it shares with the tasks beside it: role, file, outer variables.
    pub scope: Arc<Scope>,
    /// Whether nobody wrote it: a flush of handlers, the end of a role.
    pub implicit: bool,
    /// Where it is written.
    pub span: Span,
}

impl Task {
    /// Whether two handlers are one: the same role was included again, and with the same parameters.
    pub fn is_same_handler(&self, other: &Task) -> bool {
        let same = |left: &[Arc<Vars>], right: &[Arc<Vars>]| {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| left.is_like(right))
        };
        let (role, others) = (self.scope.role.as_ref(), other.scope.role.as_ref());
        self.span == other.span
            && same(&self.scope.vars, &other.scope.vars)
            && same(&self.scope.include_params, &other.scope.include_params)
            && role.zip(others).is_some_and(|(role, other)| {
                role.path == other.path
                    && role.params.is_like(&other.params)
                    && role.use_vars.is_like(&other.use_vars)
            })
    }

    /// The layers of variables of blocks, imports and the task itself, so that later ones win.
    pub fn vars_layers(&self) -> impl Iterator<Item = &Arc<Vars>> {
        self.scope.vars.iter().chain([&self.vars])
    }

    /// The name as written, else that of the action; not rendered, without the role.
    pub fn plain_name(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.action.written)
    }

    /// What banners show: `role : name`, or the name alone outside of a role; `name` is the rendered name. An
    /// `include_role` is shown without the role that it stands in, and if it has no name, with the role that it includes.
    pub fn title(&self, name: &str) -> String {
        match (&self.action.kind, &self.scope.role) {
            (ActionKind::IncludeRole(include), _) if self.name.is_none() => {
                format!("{name} : {}", include.name.as_str().unwrap_or_default())
            }
            (ActionKind::IncludeRole(_), _) | (_, None) => name.to_owned(),
            (_, Some(role)) => format!("{} : {name}", role.full_name()),
        }
    }

    /// Whether `--start-at-task PATTERN` means this task: its name, with or without the role, where the pattern may
    /// have wildcards. `name` is the rendered name.
    pub fn starts(&self, pattern: &str, name: &str) -> bool {
        [name, &self.title(name)].into_iter().any(|name| name == pattern || wildcard::matches(pattern, name))
    }
}
