use std::path::PathBuf;
use std::sync::Arc;

use diag::Span;
use yaml::Node;

use crate::Vars;

/// One use of a role: by a play's `roles:`, by another role's dependencies, by `import_role` or `include_role`.
#[derive(Clone, Debug)]
pub struct Role {
    /// The name: the last part of a collection's name or of a path.
    pub name: String,
    /// The collection, as `namespace.collection`.
    pub collection: Option<String>,
    /// The role's directory; absolute.
    pub path: PathBuf,
    /// `defaults/main.yml`.
    pub defaults: Arc<Vars>,
    /// `vars/main.yml`.
    pub vars: Arc<Vars>,
    /// The `vars:` of this use; they win over the role's own.
    pub use_vars: Arc<Vars>,
    /// The parameters of this use (keys that are no keywords); they win over `set_fact`.
    pub params: Arc<Vars>,
    /// The roles that led here, outermost first.
    pub parents: Vec<Arc<Role>>,
    /// The roles that run before it.
    pub dependencies: Vec<Arc<Role>>,
    /// Whether it may run again on a host although it has run there in this play with the same
    /// [identity](Role::identity).
    pub allow_duplicates: bool,
    /// Whether its defaults and vars are seen by the rest of the play.
    pub public: bool,
    /// The same for two uses that would do the same: role, parameters, variables, conditions, tags and files.
    pub identity: Arc<str>,
    /// The argument specification of the file of tasks in use, if the role has one.
    pub argument_spec: Option<Node>,
    /// Where it is used.
    pub span: Span,
}

impl Role {
    /// The name with its collection.
    pub fn full_name(&self) -> String {
        match &self.collection {
            Some(collection) => format!("{collection}.{}", self.name),
            None => self.name.clone(),
        }
    }

    /// The defaults that a task of this role sees, so that later ones win: of dependencies, of the roles that led
    /// here, its own.
    pub fn default_layers(&self) -> Vec<&Arc<Vars>> {
        let mut layers: Vec<&Arc<Vars>> =
            self.all_dependencies().into_iter().map(|role| &role.defaults).collect();
        layers.extend(self.parents.iter().map(|role| &role.defaults));
        layers.push(&self.defaults);
        layers
    }

    /// The role variables that a task of this role sees, so that later ones win: of the roles that led here, of
    /// dependencies, its own, those of its use.
    pub fn vars_layers(&self) -> Vec<&Arc<Vars>> {
        let mut layers: Vec<&Arc<Vars>> =
            self.parents.iter().flat_map(|role| [&role.vars, &role.use_vars]).collect();
        layers.extend(self.all_dependencies().into_iter().flat_map(|role| [&role.vars, &role.use_vars]));
        layers.extend([&self.vars, &self.use_vars]);
        layers
    }

    /// The parameters that a task of this role sees, so that later ones win: of the roles that led here, its own.
    pub fn param_layers(&self) -> Vec<&Arc<Vars>> {
        self.parents.iter().map(|role| &role.params).chain([&self.params]).collect()
    }

    /// What the rest of the play sees of a public role, so that later ones win: vars of its dependencies and its own.
    pub fn exported_vars_layers(&self) -> Vec<&Arc<Vars>> {
        let mut layers: Vec<&Arc<Vars>> =
            self.all_dependencies().into_iter().map(|role| &role.vars).collect();
        layers.push(&self.vars);
        layers
    }

    /// Its dependencies and theirs, in the order they run.
    pub fn all_dependencies(&self) -> Vec<&Arc<Role>> {
        self.dependencies.iter().flat_map(|role| role.all_dependencies().into_iter().chain([role])).collect()
    }
}
