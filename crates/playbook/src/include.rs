use std::sync::Arc;

use yaml::Node;

use crate::{Keywords, Vars};

/// `include_tasks`: a file of tasks that is loaded when a host gets there.
#[derive(Clone, Debug)]
pub struct IncludeTasks {
    /// The file; may be a template.
    pub file: Node,
    /// What the tasks in it get.
    pub apply: Option<Arc<Apply>>,
}

/// `include_role`: a role that is loaded when a host gets there.
#[derive(Clone, Debug)]
pub struct IncludeRole {
    /// The role; may be a template.
    pub name: Node,
    /// The file below `tasks` to start with instead of `main`.
    pub tasks_from: Option<Node>,
    /// The file below `vars` to use instead of `main`.
    pub vars_from: Option<Node>,
    /// The file below `defaults` to use instead of `main`.
    pub defaults_from: Option<Node>,
    /// The file below `handlers` to use instead of `main`.
    pub handlers_from: Option<Node>,
    /// What the tasks in it get.
    pub apply: Option<Arc<Apply>>,
    /// Whether the role's variables are exported to the play; false if not written.
    pub public: Option<Node>,
    /// Whether the role may run again; true if not written.
    pub allow_duplicates: Option<Node>,
    /// Whether the role's argument specification is checked; true if not written.
    pub rolespec_validate: Option<Node>,
    /// Whether failures in it can be rescued by a block around the include; true if not written.
    pub rescuable: Option<Node>,
}

/// The `apply` of a dynamic include: keywords and variables for the tasks that it brings.
#[derive(Clone, Debug, Default)]
pub struct Apply {
    /// The keywords.
    pub keywords: Keywords,
    /// The variables.
    pub vars: Arc<Vars>,
}
