use std::path::{Path, PathBuf};
use std::sync::Arc;

use diag::{Error, Result, Span, did_you_mean};
use value::Convert;
use yaml::Node;

use super::keywords::Own;
use super::{Builder, RoleUse};
use crate::files::{absolute, names_in};
use crate::{Arguments, Block, Item, Scope};

impl Builder<'_> {
    /// The tasks of an `import_tasks`, with its keywords and variables on each.
    pub(super) fn import_tasks(
        &mut self,
        node: &Node,
        arguments: &Arguments,
        own: Own,
        scope: &Arc<Scope>,
    ) -> Vec<Item> {
        let Some(file) = self.import_tasks_file(arguments) else { return Vec::new() };
        let Some(name) = self.static_name(&file, "the file of 'import_tasks'", scope, &own.vars) else {
            return Vec::new();
        };
        let inner = inner_scope(&own, scope);
        let before = self.errors.iter().count();
        let items = self.task_file(&name, &file.span, Arc::clone(&inner));
        if items.is_empty() && self.errors.iter().count() == before {
            self.errors.push(Error::warning(format!("'{name}' has no tasks to import")).at(&file.span));
        }
        vec![Item::Block(Arc::new(imported_block(node, own, &inner, items)))]
    }

    /// The tasks of a role that is imported by a task.
    pub(super) fn import_role(
        &mut self,
        node: &Node,
        arguments: &Arguments,
        own: Own,
        scope: &Arc<Scope>,
    ) -> Vec<Item> {
        let Some(role) = self.import_role_arguments(arguments) else { return Vec::new() };
        let Some(name) = self.static_name(&role, "the name of the role", scope, &own.vars) else {
            return Vec::new();
        };
        let mut from = |argument: &str| {
            let node = arguments.get(argument).filter(|node| !node.is_null())?;
            self.static_name(node, &format!("'{argument}'"), scope, &own.vars)
        };
        let (tasks_from, vars_from) = (from("tasks_from"), from("vars_from"));
        let (defaults_from, handlers_from) = (from("defaults_from"), from("handlers_from"));
        let flag = |argument: &str| {
            arguments.get(argument).is_none_or(|node| node.to_value().to_bool() != Ok(false))
        };
        let role_use = RoleUse {
            name,
            tasks_from,
            vars_from,
            defaults_from,
            handlers_from,
            vars: Arc::clone(&own.vars),
            public: arguments
                .get("public")
                .map_or(!self.loader.private_roles.unwrap_or(false), |_| flag("public")),
            allow_duplicates: Some(flag("allow_duplicates")),
            validate: flag("rolespec_validate"),
            ..RoleUse::new(&role.span)
        };
        let inner = inner_scope(&own, scope);
        let Some(loaded) = self.role(role_use, &inner) else { return Vec::new() };
        self.found.handlers.extend(loaded.handlers);
        self.found.roles.push(loaded.role);
        vec![Item::Block(Arc::new(imported_block(node, own, &inner, loaded.items)))]
    }

    /// The tasks of a file that is looked for from `scope`, which they get.
    pub(crate) fn task_file(&mut self, name: &str, span: &Span, scope: Arc<Scope>) -> Vec<Item> {
        self.included_file(name, span, scope).1
    }

    /// [`Builder::task_file`], with the path that was found.
    pub(crate) fn included_file(
        &mut self,
        name: &str,
        span: &Span,
        scope: Arc<Scope>,
    ) -> (Option<PathBuf>, Vec<Item>) {
        let path = find_task_file(name, &scope).map_err(|error| error.at(span));
        let Some(path) = self.errors.take(path) else { return (None, Vec::new()) };
        let items = self.task_file_at(&path, Some(span), scope);
        (Some(path), items)
    }

    /// The tasks of a file.
    pub(super) fn task_file_at(
        &mut self,
        path: &Path,
        span: Option<&Span>,
        mut scope: Arc<Scope>,
    ) -> Vec<Item> {
        let entered = self.enter("the import", path, "", span);
        if self.errors.take(entered).is_none() {
            return Vec::new();
        }
        let file = self.loader.read(path).map_err(|error| error.at_some(span));
        let mut items = Vec::new();
        if let Some(file) = self.errors.take(file) {
            self.errors.extend(file.warnings.iter().cloned());
            let inner = Arc::make_mut(&mut scope);
            inner.file = Arc::from(path);
            if let Some(root) = &file.root {
                items = self.items(root, "a file of tasks", &scope);
            }
        }
        self.leave();
        items
    }
}

/// What the children of an import inherit.
fn inner_scope(own: &Own, scope: &Arc<Scope>) -> Arc<Scope> {
    let mut inner = Scope::clone(scope);
    inner.keywords = own.keywords.clone().within(&scope.keywords);
    inner.vars.push(Arc::clone(&own.vars));
    inner.included_from = Some(Arc::clone(scope));
    Arc::new(inner)
}

fn imported_block(node: &Node, own: Own, inner: &Scope, items: Vec<Item>) -> Block {
    Block {
        name: own.name,
        block: items,
        rescue: Vec::new(),
        always: Vec::new(),
        keywords: inner.keywords.clone(),
        vars: own.vars,
        role: None,
        span: node.span.clone(),
    }
}

/// Where a file of tasks lies: beside the file that names it, else beside those that led there, in the role, beside
/// the playbook.
fn find_task_file(name: &str, scope: &Scope) -> Result<PathBuf> {
    let mut directories: Vec<PathBuf> = Vec::new();
    let mut add = |directory: PathBuf| {
        let directory = absolute(&directory);
        if !directories.contains(&directory) {
            directories.push(directory);
        }
    };
    let mut around = Some(scope);
    while let Some(scope) = around {
        scope.file.parent().into_iter().for_each(|directory| add(directory.to_path_buf()));
        around = scope.included_from.as_deref();
    }
    if let Some(role) = &scope.role {
        // Handlers may include what is among the tasks.
        if scope.handlers {
            add(role.path.join("handlers"));
        }
        add(role.path.join("tasks"));
        add(role.path.clone());
    }
    add(scope.playbook_dir.to_path_buf());
    if let Some(found) = directories.iter().map(|directory| directory.join(name)).find(|path| path.is_file())
    {
        return Ok(absolute(&found));
    }
    let wanted = Path::new(name);
    let beside: Vec<String> = directories
        .iter()
        .flat_map(|directory| names_in(directory.join(name).parent().unwrap_or(directory)))
        .collect();
    let last = wanted.file_name().unwrap_or_default().to_string_lossy();
    let hint = did_you_mean(&last, beside.iter().map(String::as_str));
    let hint = hint.unwrap_or_else(|| {
        let searched: Vec<String> =
            directories.iter().map(|directory| directory.display().to_string()).collect();
        format!("looked in {}", searched.join(", "))
    });
    Err(Error::new(format!("there is no file of tasks '{name}'")).of_environment().hint(hint))
}
