use std::path::{Path, PathBuf};
use std::sync::Arc;

use diag::{Error, Span};
use value::{Text, Value};
use yaml::{Entry, Node, NodeKind};

use super::{Builder, listed, written};
use crate::files::absolute;
use crate::{Keywords, Place, Play, Prompt, Scope, Vars, names};

/// How hosts may go through a play.
pub const STRATEGIES: [&str; 5] = ["linear", "free", "host_pinned", "graph", "debug"];

/// What `import_playbook` gives to the plays of the other playbook.
#[derive(Clone, Default)]
pub(crate) struct Imported {
    vars: Vars,
    tags: Vec<Text>,
    when: Vec<Node>,
}

impl Builder<'_> {
    /// The plays of a playbook.
    pub(crate) fn playbook(&mut self, path: &Path, span: Option<&Span>, imported: &Imported) -> Vec<Play> {
        let path = absolute(path);
        let entered = self.enter("the import", &path, "", span);
        if self.errors.take(entered).is_none() {
            return Vec::new();
        }
        let file = self.loader.read(&path).map_err(|error| error.at_some(span));
        if let Some(folder) = path.parent() {
            self.loader.search_beside(folder);
        }
        let mut plays = Vec::new();
        if let Some(file) = self.errors.take(file) {
            self.errors.extend(file.warnings.iter().cloned());
            match &file.root {
                Some(root) if !root.is_null() && root.items().is_none_or(|plays| !plays.is_empty()) => {
                    let entries =
                        root.expect_items("a playbook").map_err(|error| match root.entry("hosts") {
                            Some(_) => error.hint("start the play with '- '"),
                            None => {
                                error.hint("a playbook is a list of plays, each starting with '- hosts: ...'")
                            }
                        });
                    for entry in self.errors.take(entries).unwrap_or_default() {
                        plays.extend(self.entry(entry, &path, imported));
                    }
                }
                _ => self.errors.push(
                    Error::new("A playbook must contain at least one play")
                        .at(&file.span)
                        .hint("a playbook is a list of plays, each starting with '- hosts: ...'"),
                ),
            }
        }
        self.leave();
        plays
    }

    fn entry(&mut self, node: &Node, path: &Path, imported: &Imported) -> Vec<Play> {
        let Some(entries) = self.errors.take(node.expect_entries("a play")) else { return Vec::new() };
        let import = entries.iter().find(|entry| {
            entry.key.as_str().is_some_and(|key| names::without_builtin(key) == "import_playbook")
        });
        match import {
            Some(import) => self.import_playbook(import, entries, path, imported),
            None => self.play(node, entries, path, imported).into_iter().collect(),
        }
    }

    fn import_playbook(
        &mut self,
        import: &Entry,
        entries: &[Entry],
        path: &Path,
        imported: &Imported,
    ) -> Vec<Play> {
        let others = entries.iter().filter(|entry| !std::ptr::eq(*entry, import));
        let (own, _) = self.own(others.clone(), Place::ImportPlaybook);
        for entry in others {
            let name = entry.key.as_str().unwrap_or_default();
            let known =
                crate::Keyword::named(name).is_some_and(|it| it.places.contains(&Place::ImportPlaybook));
            if known && !["name", "vars", "tags", "when"].contains(&name) {
                self.errors.push(
                    Error::warning(format!("'{name}' has no effect on 'import_playbook'"))
                        .at(&entry.key.span)
                        .hint("write it in the plays of the other playbook"),
                );
            }
        }
        let scope = self.play_scope(path, Keywords::default());
        let outer_vars = std::mem::replace(&mut self.play_vars, imported.vars.clone());
        let file = self.static_name(&import.value, "the file of 'import_playbook'", &scope, &own.vars);
        self.play_vars = outer_vars;
        let Some(file) = file else { return Vec::new() };
        let mut inner = imported.clone();
        let mut vars = (*own.vars).clone();
        vars.overlay(&inner.vars);
        inner.vars = vars;
        inner.tags.extend(own.keywords.tags);
        inner.when.extend(own.keywords.when);
        let path = self.find_playbook(&file, &scope);
        self.playbook(&path, Some(&import.value.span), &inner)
    }

    fn find_playbook(&self, name: &str, scope: &Scope) -> PathBuf {
        let beside = scope.playbook_dir.join(name);
        let parts: Vec<&str> = name.splitn(3, '.').collect();
        let [namespace, collection, playbook] = parts[..] else { return beside };
        if beside.exists() || name.contains('/') {
            return beside;
        }
        let full_name = format!("{namespace}.{collection}");
        let mut folders = self.loader.collection_folders(&full_name);
        let found =
            folders.find_map(|folder| crate::files::with_ending(&folder.join("playbooks"), playbook, true));
        found.unwrap_or(beside)
    }

    fn play_scope(&self, path: &Path, keywords: Keywords) -> Scope {
        Scope {
            keywords,
            vars: Vec::new(),
            include_params: Vec::new(),
            role: None,
            file: Arc::from(path),
            playbook_dir: Arc::from(path.parent().unwrap_or(Path::new("/"))),
            included_from: None,
            handlers: false,
        }
    }

    fn play(&mut self, node: &Node, entries: &[Entry], path: &Path, imported: &Imported) -> Option<Play> {
        let before = self.errors.iter().count();
        let (mut own, others) = self.own(entries, Place::Play);
        let find = |name: &str| others.iter().find(|(found, _)| *found == name).map(|(_, entry)| *entry);
        let hosts = self.hosts(node, find("hosts"), before);
        if let Some(user) = find("user") {
            if let Some(remote_user) = node.entry("remote_user") {
                self.errors.push(
                    Error::new("both 'user' and 'remote_user' are set for this play.")
                        .at(&user.key.span)
                        .related(&remote_user.key.span, "the other one")
                        .hint("keep 'remote_user', which 'user' is an old name of"),
                );
            }
            own.keywords.remote_user = written(&user.value);
        }
        own.keywords.add_tags(imported.tags.iter().cloned());
        let mut vars = (*own.vars).clone();
        vars.overlay(&imported.vars);
        let vars = Arc::new(vars);
        let vars_files = find("vars_files").map(|entry| self.vars_files(&entry.value)).unwrap_or_default();
        let handler_scope = self.play_scope(path, own.keywords.clone());
        self.play_vars = Vars::clone(&vars);
        self.read_vars_files(&vars_files, &handler_scope);

        let mut scope = handler_scope.clone();
        scope.keywords.when.splice(0..0, imported.when.iter().cloned());
        self.import_conditions = imported.when.len();
        let scope = Arc::new(scope);
        let mut play = Play {
            name: own.name,
            hosts,
            keywords: own.keywords,
            vars,
            vars_files,
            vars_prompt: find("vars_prompt").map(|entry| self.vars_prompt(&entry.value)).unwrap_or_default(),
            gather_facts: None,
            gather_subset: None,
            gather_timeout: None,
            fact_path: None,
            serial: Vec::new(),
            strategy: None,
            validate_argspec: None,
            force_handlers: None,
            max_fail_percentage: None,
            order: None,
            pre_tasks: Vec::new(),
            role_blocks: Vec::new(),
            tasks: Vec::new(),
            post_tasks: Vec::new(),
            handlers: Vec::new(),
            roles: Vec::new(),
            static_vars: Arc::default(),
            scope: Arc::clone(&scope),
            file: Arc::from(path),
            span: node.span.clone(),
        };
        if let Some(entry) = find("roles") {
            self.play_roles(&entry.value, &mut play);
        }
        for (name, entry) in &others {
            let value = &entry.value;
            match *name {
                "pre_tasks" => play.pre_tasks = self.items(value, "'pre_tasks'", &scope),
                "tasks" => play.tasks = self.items(value, "'tasks'", &scope),
                "post_tasks" => play.post_tasks = self.items(value, "'post_tasks'", &scope),
                "handlers" => {
                    let scope = Arc::new(Scope { handlers: true, ..handler_scope.clone() });
                    let handlers = self.handlers(value, &scope);
                    play.handlers.extend(handlers);
                }
                "serial" => play.serial = listed(value),
                "gather_facts" => play.gather_facts = written(value),
                "gather_subset" => play.gather_subset = written(value),
                "gather_timeout" => play.gather_timeout = written(value),
                "fact_path" => play.fact_path = written(value),
                "strategy" => play.strategy = self.strategy(value),
                "validate_argspec" => play.validate_argspec = written(value),
                "force_handlers" => play.force_handlers = written(value),
                "max_fail_percentage" => play.max_fail_percentage = written(value),
                "order" => play.order = written(value),
                _ => {}
            }
        }
        play.handlers.append(&mut self.found.handlers);
        play.roles.append(&mut self.found.roles);
        play.static_vars = Arc::new(self.exported(&play));
        self.import_conditions = 0;
        Some(play)
    }

    /// What is known of the play before any host: variables of public roles, the play's own, those of the command line.
    fn exported(&self, play: &Play) -> Vars {
        let mut known = Vars::new();
        let public = || play.roles.iter().filter(|role| role.public);
        public().flat_map(|role| role.default_layers()).for_each(|layer| known.overlay(layer));
        known.overlay(&self.play_vars);
        public().flat_map(|role| role.exported_vars_layers()).for_each(|layer| known.overlay(layer));
        known.overlay(&self.loader.extra_vars);
        known
    }

    fn hosts(&mut self, play: &Node, entry: Option<&Entry>, errors_before: usize) -> Vec<Node> {
        let Some(entry) = entry else {
            // A misspelt or wrong 'hosts' was reported already.
            let reported = play.entry("hosts").is_some()
                || self.errors.iter().skip(errors_before).any(|error| {
                    error.message().starts_with("'h")
                        && error.message().ends_with("valid attribute for a Play")
                });
            if !reported {
                self.errors.push(
                    Error::new("the play names no hosts")
                        .at(&play.span)
                        .label("'hosts' is missing")
                        .hint("write 'hosts: all', or the pattern of those that are meant"),
                );
            }
            return Vec::new();
        };
        let hosts = listed(&entry.value);
        let empty = |node: &Node| node.is_null() || node.as_str().is_some_and(|text| text.trim().is_empty());
        if hosts.is_empty() || hosts.iter().any(empty) {
            self.errors.push(
                Error::new("Hosts list cannot be empty. Please check your playbook")
                    .at(&entry.key.span)
                    .hint("write 'hosts: all', or the pattern of those that are meant"),
            );
        }
        self.check(&entry.value);
        hosts
    }

    fn vars_prompt(&mut self, node: &Node) -> Vec<Prompt> {
        let nodes = match &node.kind {
            NodeKind::List(items) => items.iter().collect(),
            NodeKind::Scalar(Value::Null) => Vec::new(),
            _ => vec![node],
        };
        nodes.into_iter().filter_map(|node| self.prompt(node)).collect()
    }

    fn prompt(&mut self, node: &Node) -> Option<Prompt> {
        let entries = self.errors.take(node.expect_entries("an entry of 'vars_prompt'"))?;
        // Scripts look at these words.
        const WRONG: &str = "Invalid vars_prompt data structure";
        let Some(name) = node.get("name").and_then(Node::as_str) else {
            self.errors.push(
                Error::new(format!("{WRONG}, missing 'name' key"))
                    .at(&node.span)
                    .advice("say which variable is asked for: 'name: ...'"),
            );
            return None;
        };
        for entry in entries {
            let key = entry.key.as_str().unwrap_or_default();
            if !Prompt::KEYS.contains(&key) {
                let error = Error::new(format!("{WRONG}, found unsupported key '{key}'")).at(&entry.key.span);
                self.errors.push(error.hint_some(diag::did_you_mean(key, Prompt::KEYS)));
                return None;
            }
        }
        let value = |key: &str| node.get(key).and_then(written);
        Some(Prompt {
            name: name.to_owned(),
            prompt: value("prompt"),
            default: value("default"),
            private: value("private"),
            confirm: value("confirm"),
            encrypt: value("encrypt"),
            salt: value("salt"),
            salt_size: value("salt_size"),
            r#unsafe: value("unsafe"),
            span: node.span.clone(),
        })
    }

    fn vars_files(&mut self, node: &Node) -> Vec<Vec<Node>> {
        let entries: Vec<Vec<Node>> = listed(node).iter().map(listed).collect();
        for file in entries.iter().flatten() {
            if file.as_scalar().is_none() {
                self.errors.push(file.wrong_type("a file of variables", "a name"));
            }
            self.check(file);
        }
        entries
    }

    /// Reads those files of variables that are known before any host is.
    fn read_vars_files(&mut self, vars_files: &[Vec<Node>], scope: &Scope) {
        for candidates in vars_files {
            for candidate in candidates {
                let Some(text) = candidate.as_scalar().and_then(value::Value::as_text) else { continue };
                let name = if text.is_template() {
                    let known = self.static_vars(scope, &Vars::new());
                    let Ok(name) = self.loader.language.render(text, &known) else { continue };
                    crate::loader::plain(&name)
                } else {
                    text.to_string()
                };
                let found = scope
                    .search_path()
                    .into_iter()
                    .flat_map(|directory| [directory.join("vars").join(&name), directory.join(&name)]);
                let Some(path) = found.into_iter().find(|path| path.is_file()) else { continue };
                let layers = self.loader.load_vars_files(&path).map_err(|error| error.at(&candidate.span));
                for layer in self.errors.take(layers).into_iter().flatten() {
                    self.play_vars.overlay(&layer);
                }
                break;
            }
        }
    }

    fn play_roles(&mut self, node: &Node, play: &mut Play) {
        if node.is_null() {
            return;
        }
        let Some(entries) = self.errors.take(node.expect_items("'roles'")) else { return };
        let scope = Arc::clone(&play.scope);
        for entry in entries {
            let Some(role_use) = self.role_entry(entry, &scope) else { continue };
            let Some(loaded) = self.role(role_use, &scope) else { continue };
            play.role_blocks.extend(loaded.items);
            play.handlers.extend(loaded.handlers);
            play.roles.push(loaded.role);
        }
    }

    fn strategy(&mut self, node: &Node) -> Option<Node> {
        let name = node.as_str()?;
        let template =
            node.as_scalar().and_then(value::Value::as_text).is_some_and(|text| text.is_template());
        let short = names::without_builtin(name);
        if !template && !STRATEGIES.contains(&short) {
            let error = Error::new(format!("Invalid play strategy specified: {name}"))
                .hint_some(diag::did_you_mean(short, STRATEGIES));
            self.errors.push(error.at(&node.span));
        }
        written(node)
    }
}
