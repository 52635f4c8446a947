use std::path::{Path, PathBuf};
use std::sync::Arc;

use diag::{Error, Result, Span, did_you_mean};
use value::{Text, Value};
use yaml::{Entry, Node, NodeKind};

use super::keywords::Own;
use super::{Builder, listed};
use crate::files::{absolute, names_in, with_ending};
use crate::{
    Action, ActionKind, Argument, Arguments, Block, Item, Keyword, Keywords, Meta, Place, Role, Scope, Task,
    Vars,
};

/// How a role is used.
#[derive(Clone)]
pub(crate) struct RoleUse {
    pub(crate) name: String,
    pub(crate) tasks_from: Option<String>,
    pub(crate) vars_from: Option<String>,
    pub(crate) defaults_from: Option<String>,
    pub(crate) handlers_from: Option<String>,
    pub(crate) keywords: Keywords,
    pub(crate) vars: Arc<Vars>,
    pub(crate) params: Arc<Vars>,
    pub(crate) parents: Option<Vec<Arc<Role>>>,
    pub(crate) public: bool,
    /// As the role itself says, if nothing is said here.
    pub(crate) allow_duplicates: Option<bool>,
    /// Whether the argument specification is checked.
    pub(crate) validate: bool,
    pub(crate) span: Span,
}

impl RoleUse {
    pub(crate) fn new(span: &Span) -> RoleUse {
        RoleUse {
            name: String::new(),
            tasks_from: None,
            vars_from: None,
            defaults_from: None,
            handlers_from: None,
            keywords: Keywords::default(),
            vars: Arc::default(),
            params: Arc::default(),
            parents: None,
            public: true,
            allow_duplicates: None,
            validate: true,
            span: span.clone(),
        }
    }
}

/// A role that was read.
pub(crate) struct LoadedRole {
    pub(crate) role: Arc<Role>,
    /// A block for each dependency and one for the role.
    pub(crate) items: Vec<Item>,
    /// The handlers, those of dependencies first.
    pub(crate) handlers: Vec<Arc<Task>>,
}

/// What `meta/main.yml` says.
#[derive(Default)]
struct RoleMeta {
    dependencies: Vec<Node>,
    allow_duplicates: bool,
    collections: Vec<Text>,
    argument_specs: Option<Node>,
}

impl Builder<'_> {
    /// An entry of `roles:` or of a role's dependencies.
    pub(super) fn role_entry(&mut self, node: &Node, outer: &Scope) -> Option<RoleUse> {
        let mut role_use =
            RoleUse { public: !self.loader.private_roles.unwrap_or(false), ..RoleUse::new(&node.span) };
        let name = match &node.kind {
            NodeKind::Scalar(Value::String(text)) if text.as_str().contains(',') => {
                let message = format!("Invalid old style role requirement: {}", text.as_str());
                let error = Error::new(message).at(&node.span);
                self.errors
                    .push(error.hint("write the role's name alone; its version belongs in requirements.yml"));
                return None;
            }
            NodeKind::Scalar(Value::String(_)) => node.clone(),
            NodeKind::Map(entries) => {
                let is_keyword = |entry: &&Entry| {
                    entry.key.as_str().is_some_and(|key| {
                        Keyword::named(key).is_some_and(|keyword| keyword.places.contains(&Place::RoleEntry))
                    })
                };
                let (keywords, params): (Vec<&Entry>, Vec<&Entry>) = entries.iter().partition(is_keyword);
                let (own, _) = self.own(keywords, Place::RoleEntry);
                let Own { keywords, vars, .. } = own;
                role_use.keywords = keywords;
                role_use.vars = vars;
                role_use.params = self.params(&params);
                let name = node.get("role").or(node.get("name")).or(node.get("src"));
                let Some(name) = name else {
                    self.errors.push(
                        Error::new("a role entry names no role")
                            .at(&node.span)
                            .advice("write 'role: NAME' in it"),
                    );
                    return None;
                };
                name.clone()
            }
            _ => {
                self.errors.push(node.wrong_type("a role entry", "a name or a mapping"));
                return None;
            }
        };
        role_use.name = self.static_name(&name, "the name of the role", outer, &role_use.vars.clone())?;
        role_use.span = name.span.clone();
        Some(role_use)
    }

    /// The parameters of a role: the keys of its entry that are no keywords.
    fn params(&mut self, entries: &[&Entry]) -> Arc<Vars> {
        let mut params = Vars::new();
        for entry in entries {
            match entry.key.as_str() {
                // What says where a dependency can be downloaded is no parameter.
                Some("src" | "scm" | "version") => {}
                Some(name) => {
                    self.check(&entry.value);
                    params.insert(name, entry.value.to_value(), &entry.key.span);
                }
                None => self.errors.push(entry.key.wrong_type("a parameter's name", "a string")),
            }
        }
        Arc::new(params)
    }

    /// Reads a role with its dependencies.
    pub(crate) fn role(&mut self, role_use: RoleUse, outer: &Scope) -> Option<LoadedRole> {
        let found = self.find_role(&role_use.name, outer).map_err(|error| error.at(&role_use.span));
        let (path, collection) = self.errors.take(found)?;
        let entry = role_use.tasks_from.clone().unwrap_or_else(|| "main".to_owned());
        let entered = self.enter("the role", &path, &entry, Some(&role_use.span));
        self.errors.take(entered)?;
        let loaded = self.role_at(path, collection, role_use, outer);
        self.leave();
        loaded
    }

    fn role_at(
        &mut self,
        path: PathBuf,
        collection: Option<String>,
        role_use: RoleUse,
        outer: &Scope,
    ) -> Option<LoadedRole> {
        self.loader.search_beside(&path);
        let meta = self.role_meta(&path);
        let parents = role_use.parents.clone().unwrap_or_else(|| match &outer.role {
            Some(around) => around.parents.iter().chain([around]).cloned().collect(),
            None => Vec::new(),
        });
        let name = match (&collection, Path::new(&role_use.name).is_absolute()) {
            (Some(_), _) => role_use.name.rsplit('.').next().unwrap_or_default().to_owned(),
            (None, true) => super::last_part(&path),
            (None, false) => role_use.name.clone(),
        };
        let spec_name = role_use.tasks_from.as_deref().unwrap_or("main");
        let mut role = Role {
            identity: identity(&path, &role_use),
            name,
            defaults: self.role_vars(&path, "defaults", role_use.defaults_from.as_deref(), &role_use.span),
            vars: self.role_vars(&path, "vars", role_use.vars_from.as_deref(), &role_use.span),
            use_vars: Arc::clone(&role_use.vars),
            params: Arc::clone(&role_use.params),
            parents: parents.clone(),
            dependencies: Vec::new(),
            allow_duplicates: role_use.allow_duplicates.unwrap_or(meta.allow_duplicates),
            public: role_use.public,
            argument_spec: meta.argument_specs.as_ref().and_then(|specs| specs.get(spec_name)).cloned(),
            collection: collection.clone(),
            path: path.clone(),
            span: role_use.span.clone(),
        };
        let mut scope = Scope::clone(outer);
        scope.keywords = role_use.keywords.clone().within(&outer.keywords);
        // A play's collections are not for its roles; what a role itself is part of is searched first.
        scope.keywords.collections = collection
            .iter()
            .map(|name| Text::new(name.as_str()))
            .chain(meta.collections.iter().cloned())
            .collect();
        let before_it = Arc::new(role.clone());
        let mut items = Vec::new();
        let mut handlers = Vec::new();
        for node in &meta.dependencies {
            let mut dependency_scope = scope.clone();
            dependency_scope.role = Some(Arc::clone(&before_it));
            let Some(mut dependency) = self.role_entry(node, &dependency_scope) else { continue };
            dependency.parents = Some(parents.iter().chain([&before_it]).cloned().collect());
            dependency.public = role_use.public;
            let Some(loaded) = self.role(dependency, &dependency_scope) else { continue };
            role.dependencies.push(Arc::clone(&loaded.role));
            items.extend(loaded.items);
            handlers.extend(loaded.handlers);
        }
        let role = Arc::new(role);
        scope.role = Some(Arc::clone(&role));
        let tasks = self.role_tasks(&role, &role_use, &scope, &meta);
        let keywords = scope.keywords.clone();
        items.push(Item::Block(Arc::new(Block {
            name: None,
            block: tasks,
            rescue: Vec::new(),
            always: Vec::new(),
            keywords,
            vars: Arc::default(),
            role: Some(Arc::clone(&role)),
            span: role_use.span.clone(),
        })));
        scope.handlers = true;
        scope.keywords.when.drain(..self.import_conditions.min(scope.keywords.when.len()));
        handlers.extend(self.role_handlers(&role, &role_use, scope));
        Some(LoadedRole { role, items, handlers })
    }

    fn role_tasks(
        &mut self,
        role: &Arc<Role>,
        role_use: &RoleUse,
        scope: &Scope,
        meta: &RoleMeta,
    ) -> Vec<Item> {
        let file = self.role_file(&role.path, "tasks", role_use.tasks_from.as_deref(), &role_use.span);
        let mut scope = scope.clone();
        scope.file = Arc::from(file.clone().unwrap_or_else(|| role.path.join("tasks/main.yml")));
        let scope = Arc::new(scope);
        let mut items = Vec::new();
        if let Some(spec) = role.argument_spec.as_ref().filter(|_| role_use.validate) {
            items.extend(self.validation(role, role_use, spec, &scope));
        }
        if let Some(file) = file {
            items.extend(self.task_file_at(&file, Some(&role_use.span), Arc::clone(&scope)));
        } else if role_use.tasks_from.is_none() && meta.dependencies.is_empty() && !has_any_folder(&role.path)
        {
            let message = format!("the role '{}' is empty", role.name);
            self.errors.push(
                Error::warning(message)
                    .at(&role_use.span)
                    .hint(format!("its tasks belong into {}", role.path.join("tasks/main.yml").display())),
            );
        }
        items.push(Item::Task(Arc::new(Task::implicit(Meta::RoleComplete, &scope, &role_use.span))));
        items
    }

    fn role_handlers(&mut self, role: &Role, role_use: &RoleUse, mut scope: Scope) -> Vec<Arc<Task>> {
        let file = self.role_file(&role.path, "handlers", role_use.handlers_from.as_deref(), &role_use.span);
        let Some(file) = file else { return Vec::new() };
        scope.file = Arc::from(&*file);
        let items = self.task_file_at(&file, Some(&role_use.span), Arc::new(scope));
        items.iter().flat_map(Item::tasks).cloned().collect()
    }

    /// The task that checks a role's parameters against its specification.
    fn validation(
        &mut self,
        role: &Role,
        role_use: &RoleUse,
        spec: &Node,
        scope: &Arc<Scope>,
    ) -> Option<Item> {
        const MODULE: &str = "validate_argument_spec";
        if self.loader.modules.as_ref().is_some_and(|modules| !modules.contains(MODULE)) {
            let message = format!(
                "the arguments of the role '{}' are not checked against their specification",
                role.name
            );
            self.errors.push(
                Error::warning(message).at(&spec.span).hint(format!("'{MODULE}' is not supported yet")),
            );
            return None;
        }
        let entry = role_use.tasks_from.as_deref().unwrap_or("main");
        let mut name = format!("Validating arguments against arg spec '{entry}'");
        if let Some(description) = spec.get("short_description").and_then(Node::as_str) {
            name.push_str(&format!(" - {description}"));
        }
        let options = spec.get("options").cloned();
        let empty = |span: &Span| Node { kind: NodeKind::Map(Vec::new()), span: span.clone() };
        let params = role.params.iter().map(|(name, variable)| Entry {
            key: Node {
                kind: NodeKind::Scalar(Value::string(Arc::clone(name))),
                span: variable.span.clone(),
            },
            value: Node { kind: NodeKind::Scalar(variable.value.clone()), span: variable.span.clone() },
        });
        let provided = Node { kind: NodeKind::Map(params.collect()), span: role_use.span.clone() };
        let argument =
            |name: &str, value: Node| Argument { name: Text::new(name), span: spec.span.clone(), value };
        let mut task = Task::implicit(Meta::Noop, scope, &spec.span);
        task.action = Action {
            written: Text::new("ansible.builtin.validate_argument_spec"),
            module: MODULE.to_owned(),
            arguments: Arguments {
                named: vec![
                    argument("argument_spec", options.unwrap_or_else(|| empty(&spec.span))),
                    argument("provided_arguments", provided),
                    argument("validate_args_context", context(role, entry, &spec.span)),
                ],
                ..Arguments::none(&spec.span)
            },
            kind: ActionKind::Module,
            span: spec.span.clone(),
        };
        task.name = Some(Text::new(name));
        task.implicit = false;
        task.keywords = scope.keywords.clone();
        task.keywords.add_tags([Text::new("always")]);
        Some(Item::Task(Arc::new(task)))
    }

    /// A file of one of the role's folders; an error if it is asked for by name and not there.
    fn role_file(&mut self, role: &Path, folder: &str, from: Option<&str>, span: &Span) -> Option<PathBuf> {
        let directory = role.join(folder);
        let found = with_ending(&directory, from.unwrap_or("main"), from.is_some());
        let Some(name) = from else { return found };
        let Some(found) = found else {
            let names = names_in(&directory);
            let stems =
                names.iter().map(|name| name.rsplit_once('.').map_or(name.as_str(), |(stem, _)| stem));
            self.errors.push(
                Error::new(format!("the role has no file '{name}' in '{folder}'"))
                    .of_environment()
                    .at(span)
                    .cause(format!("looked in {}", directory.display()))
                    .hint_some(did_you_mean(name.trim_end_matches(".yml"), stems)),
            );
            return None;
        };
        if !absolute(&found).starts_with(absolute(&directory)) {
            let path = found.display();
            let message = format!(
                "Failed to find '{path}' as it is not inside the expected role path: {}",
                directory.display()
            );
            self.errors.push(Error::new(message).at(span));
            return None;
        }
        Some(found)
    }

    /// The variables in a folder of a role: `main` is a file, or a directory of files merged in order.
    fn role_vars(&mut self, role: &Path, folder: &str, from: Option<&str>, span: &Span) -> Arc<Vars> {
        let directory = role.join(folder).join(from.unwrap_or("main"));
        let mut vars = Vars::new();
        let files = if directory.is_dir() {
            variable_files(&directory)
        } else {
            self.role_file(role, folder, from, span).into_iter().collect()
        };
        for file in files {
            if let Some(layer) = self.errors.take(self.loader.load_vars(&file)) {
                let reserved = layer
                    .iter()
                    .filter_map(|(name, variable)| self.loader.reserved(name, Some(&variable.span)));
                self.errors.extend(reserved);
                vars.overlay(&layer);
            }
        }
        Arc::new(vars)
    }

    fn role_meta(&mut self, role: &Path) -> RoleMeta {
        let mut meta = RoleMeta::default();
        if let Some(path) = with_ending(&role.join("meta"), "argument_specs", false)
            && let Some(file) = self.errors.take(self.loader.read(&path))
        {
            meta.argument_specs = file.root.as_ref().and_then(|root| root.get("argument_specs")).cloned();
        }
        let Some(path) = with_ending(&role.join("meta"), "main", false) else { return meta };
        let Some(file) = self.errors.take(self.loader.read(&path)) else { return meta };
        let Some(root) = file.root.as_ref().filter(|root| !root.is_null()) else { return meta };
        let Some(entries) = self.errors.take(root.expect_entries("a role's meta file")) else { return meta };
        for entry in entries {
            match entry.key.as_str() {
                Some("dependencies") if !entry.value.is_null() => {
                    let items = self.errors.take(entry.value.expect_items("'dependencies'"));
                    meta.dependencies = items.unwrap_or_default().to_vec();
                }
                Some("allow_duplicates") => meta.allow_duplicates = entry.value.to_value().is_true(),
                Some("collections") => {
                    meta.collections = listed(&entry.value)
                        .iter()
                        .filter_map(|node| self.text(node, "a collection's name"))
                        .collect();
                }
                Some("argument_specs") if meta.argument_specs.is_none() => {
                    meta.argument_specs = Some(entry.value.clone());
                }
                _ => {}
            }
        }
        meta
    }

    /// The directory of a role, and the collection it is part of.
    fn find_role(&self, name: &str, scope: &Scope) -> Result<(PathBuf, Option<String>)> {
        let in_collection = |namespace: &str, collection: &str, role: &str| {
            let full_name = format!("{namespace}.{collection}");
            let mut folders =
                self.loader.collection_folders(&full_name).map(|folder| folder.join("roles").join(role));
            let path = folders.find(|path| path.is_dir())?;
            Some((absolute(&path), Some(full_name.clone())))
        };
        if let Some((namespace, rest)) = name.split_once('.')
            && let Some((collection, role)) = rest.split_once('.')
            && let Some(found) = in_collection(namespace, collection, role)
        {
            return Ok(found);
        }
        let of_collections = scope.keywords.collections.iter().find_map(|full| {
            let (namespace, collection) = full.split_once('.')?;
            in_collection(namespace, collection, name)
        });
        if let Some(found) = of_collections {
            return Ok(found);
        }
        let mut directories = vec![scope.playbook_dir.join("roles")];
        directories.extend(self.loader.roles_path.iter().cloned());
        directories.extend(scope.role.as_ref().and_then(|role| role.path.parent()).map(Path::to_path_buf));
        directories.push(scope.playbook_dir.to_path_buf());
        let found = directories.iter().map(|directory| directory.join(name)).find(|path| path.is_dir());
        if let Some(found) = found {
            // Where a link leads: `role_path` is the same however a role was found.
            return Ok((found.canonicalize().unwrap_or_else(|_| absolute(&found)), None));
        }
        let known: Vec<String> =
            directories[..directories.len() - 1].iter().flat_map(|path| names_in(path)).collect();
        let searched: Vec<String> = directories.iter().map(|path| path.display().to_string()).collect();
        // Playbooks and scripts look for this phrase.
        Err(Error::new(format!("The role '{name}' was not found in: {}", searched.join(":")))
            .of_environment()
            .advice(
                did_you_mean(name, known.iter().map(String::as_str))
                    .unwrap_or_else(|| "put it in 'roles' beside the playbook, or install it".into()),
            ))
    }
}

/// What a failed validation tells of the role.
fn context(role: &Role, entry: &str, span: &Span) -> Node {
    let scalar = |text: &str| Node { kind: NodeKind::Scalar(Value::string(text)), span: span.clone() };
    let path = role.path.display().to_string();
    let entries =
        [("type", "role"), ("name", role.name.as_str()), ("argument_spec_name", entry), ("path", &path)];
    let entries = entries.map(|(key, value)| Entry { key: scalar(key), value: scalar(value) });
    Node { kind: NodeKind::Map(entries.into()), span: span.clone() }
}

/// The same for two uses of a role that do the same.
fn identity(path: &Path, role_use: &RoleUse) -> Arc<str> {
    let mut identity = path.display().to_string();
    let from = [&role_use.tasks_from, &role_use.vars_from, &role_use.defaults_from, &role_use.handlers_from];
    for name in from {
        identity.push_str(&format!("\0{}", name.as_deref().unwrap_or_default()));
    }
    for vars in [&role_use.vars, &role_use.params] {
        identity.push('\0');
        for (name, variable) in vars.iter() {
            identity.push_str(&format!("{name}={}\0", variable.value.repr()));
        }
    }
    for condition in &role_use.keywords.when {
        identity.push_str(&format!("\0{}", condition.to_value().repr()));
    }
    for tag in &role_use.keywords.tags {
        identity.push_str(&format!("\0{}", tag.as_str()));
    }
    Arc::from(identity)
}

fn has_any_folder(role: &Path) -> bool {
    ["defaults", "vars", "handlers", "meta"].iter().any(|folder| role.join(folder).is_dir())
}

/// The files of variables below a directory, in order of their paths; hidden and backup files are left out.
fn variable_files(directory: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for name in names_in(directory) {
        let path = directory.join(&name);
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        if name.starts_with('.') || name.ends_with('~') {
            continue;
        }
        if path.is_dir() {
            files.extend(variable_files(&path));
        } else if ["", "yml", "yaml", "json"].contains(&ending) {
            files.push(path);
        }
    }
    files
}
