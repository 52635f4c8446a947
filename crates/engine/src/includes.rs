//! What `include_tasks` and `include_role` bring, loaded once for all hosts that include the same.

use std::sync::Arc;

use diag::{Error, Errors, Result};
use playbook::{ActionKind, Included, RoleRequest, Task, Vars};
use value::{Convert, Value};
use yaml::Node;

use crate::variables::HostScope;
use crate::world::World;

/// So deep may includes be in each other.
const DEPTH: usize = 500;

/// One inclusion on one host: what, and the variables of the loop's item.
#[derive(Clone, Debug)]
pub(crate) struct Inclusion {
    pub(crate) what: What,
    pub(crate) params: Vec<(String, Value)>,
    pub(crate) label: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum What {
    Tasks(String),
    Role(Box<RoleWish>),
}

/// A [`RoleRequest`] that can be compared.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RoleWish {
    name: String,
    from: [Option<String>; 4],
    public: bool,
    allow_duplicates: bool,
    rolespec_validate: bool,
}

impl What {
    /// The file or role, as the playbook names it.
    pub(crate) fn name(&self) -> &str {
        match self {
            What::Tasks(file) => file,
            What::Role(wish) => &wish.name,
        }
    }
}

impl PartialEq for Inclusion {
    fn eq(&self, other: &Inclusion) -> bool {
        self.what == other.what && self.params == other.params
    }
}

impl Inclusion {
    /// What a task includes on this host, for this item.
    ///
    /// # Errors
    /// A name can't be rendered.
    pub(crate) fn of(
        task: &Task,
        scope: &HostScope,
        params: Vec<(String, Value)>,
        label: Option<String>,
    ) -> Result<Inclusion> {
        let text = |node: &Node| -> Result<String> {
            let value = scope
                .world
                .templates
                .resolve(&node.to_value(), scope)
                .map_err(|error| error.at(&node.span))?;
            match value {
                Value::Unknown(unknown) => {
                    Err(Error::new(format!("what is included can't be known: {unknown}")).at(&node.span))
                }
                value => Ok(value.to_string()),
            }
        };
        let optional = |node: &Option<Node>| node.as_ref().map(text).transpose();
        let flag = |node: &Option<Node>, default: bool| -> Result<bool> {
            let Some(node) = node else { return Ok(default) };
            let value = scope
                .world
                .templates
                .resolve(&node.to_value(), scope)
                .map_err(|error| error.at(&node.span))?;
            value.to_bool().map_err(|error| Error::new(error.to_string()).at(&node.span))
        };
        let what = match &task.action.kind {
            ActionKind::IncludeTasks(include) => What::Tasks(text(&include.file)?),
            ActionKind::IncludeRole(include) => What::Role(Box::new(RoleWish {
                name: text(&include.name)?,
                from: [
                    optional(&include.tasks_from)?,
                    optional(&include.vars_from)?,
                    optional(&include.defaults_from)?,
                    optional(&include.handlers_from)?,
                ],
                public: flag(&include.public, scope.world.loader.private_roles == Some(false))?,
                allow_duplicates: flag(&include.allow_duplicates, true)?,
                rolespec_validate: flag(&include.rolespec_validate, true)?,
            })),
            _ => return Err(Error::new("this task includes nothing").at(&task.span)),
        };
        Ok(Inclusion { what, params, label })
    }

    /// Loads what is included.
    ///
    /// # Errors
    /// It is not there, or something is wrong with it.
    pub(crate) fn load(&self, world: &World, task: &Task) -> Result<Included, Errors> {
        if task.scope.depth() >= DEPTH {
            let message = format!("'{}' is included without end", self.what.name());
            let error = Error::new(message).at(&task.span);
            return Err(error.hint(format!("{DEPTH} includes lead here; end them with a condition")).into());
        }
        let mut params = Vars::new();
        for (name, value) in &self.params {
            params.insert(name.as_str(), value.clone(), &task.span);
        }
        let params = Arc::new(params);
        match &self.what {
            What::Tasks(file) => world.loader.load_included_tasks(file, task, params),
            What::Role(wish) => {
                let [tasks_from, vars_from, defaults_from, handlers_from] = wish.from.clone();
                let request = RoleRequest {
                    tasks_from,
                    vars_from,
                    defaults_from,
                    handlers_from,
                    public: wish.public,
                    allow_duplicates: wish.allow_duplicates,
                    rolespec_validate: wish.rolespec_validate,
                    ..RoleRequest::new(&wish.name)
                };
                world.loader.load_included_role(&request, task, params)
            }
        }
    }
}
