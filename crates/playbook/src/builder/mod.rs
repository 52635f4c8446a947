//! The state of one load: what was found so far, and what is being read.

mod action;
mod import;
mod item;
mod keywords;
mod play;
mod role;
mod task;

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use diag::{Error, Errors, Result, Source, Span};
use value::{Text, Value};
use yaml::{Node, NodeKind};

pub(crate) use play::Imported;
pub use play::STRATEGIES;
pub(crate) use role::RoleUse;

use crate::loader::Included;
use crate::{Item, Loader, Role, Scope, Task, Vars};

pub(crate) struct Builder<'a> {
    loader: &'a Loader,
    errors: Errors,
    /// The play's own variables and those of its `vars_files`, as far as they are known before any host is.
    play_vars: Vars,
    found: Found,
    /// What is being read, outermost first.
    open: Vec<Open>,
    /// How many levels around expect a failure, so that a broken template may be meant.
    failure_expected: usize,
    /// How many levels around may keep what is read from ever being used: conditions, loops, rescues.
    doubts: usize,
    /// Whether the task or block that is being read has a condition of its own.
    conditional: bool,
    /// How many of the outermost conditions come from `import_playbook`; handlers don't have them.
    import_conditions: usize,
}

/// What is found on the way, beside the items.
#[derive(Default)]
pub(crate) struct Found {
    /// The handlers of imported roles.
    handlers: Vec<Arc<Task>>,
    /// The imported roles.
    roles: Vec<Arc<Role>>,
}

/// A file or role that is being read.
struct Open {
    path: PathBuf,
    /// For a role: the file of tasks it starts with.
    entry: String,
    span: Option<Span>,
}

impl Found {
    pub(crate) fn included(self, items: Vec<Item>, role: Option<Arc<Role>>, warnings: Errors) -> Included {
        Included {
            items,
            handlers: self.handlers,
            roles: role.into_iter().chain(self.roles).collect(),
            file: None,
            warnings,
        }
    }
}

impl<'a> Builder<'a> {
    pub(crate) fn new(loader: &'a Loader) -> Builder<'a> {
        Builder {
            loader,
            errors: Errors::new(),
            play_vars: Vars::new(),
            found: Found::default(),
            open: Vec::new(),
            failure_expected: 0,
            doubts: 0,
            conditional: false,
            import_conditions: 0,
        }
    }

    /// The result, unless there was an error.
    pub(crate) fn finish<T>(self, result: impl FnOnce(Found, Errors) -> T) -> Result<T, Errors> {
        let (found, errors) = self.into_parts();
        if errors.any() { Err(errors) } else { Ok(result(found, errors)) }
    }

    /// What was found, and all that is wrong.
    pub(crate) fn into_parts(self) -> (Found, Errors) {
        let mut errors = Errors::new();
        // A file that is used several times has its errors once.
        let mut known: HashSet<(String, String)> = HashSet::new();
        for error in self.errors {
            let place = error.span().map(ToString::to_string).unwrap_or_default();
            if known.insert((error.message().to_owned(), place)) {
                errors.push(error);
            }
        }
        (self.found, errors)
    }

    /// Notes that a file or role is being read.
    ///
    /// # Errors
    /// It is being read already, so that it would never end.
    fn enter(&mut self, what: &str, path: &Path, entry: &str, span: Option<&Span>) -> Result<()> {
        let Some(first) = self.open.iter().position(|open| open.path == path && open.entry == entry) else {
            self.open.push(Open { path: path.to_path_buf(), entry: entry.to_owned(), span: span.cloned() });
            return Ok(());
        };
        let names: Vec<String> = self.open[first..]
            .iter()
            .map(|open| &open.path)
            .chain([&path.to_path_buf()])
            .map(|path| last_part(path))
            .collect();
        let mut error =
            Error::new(format!("{what} leads back to itself: {}", names.join(" -> "))).at_some(span);
        for open in &self.open[first + 1..] {
            if let Some(span) = &open.span {
                error = error.related(span, "by way of this");
            }
        }
        Err(error)
    }

    fn leave(&mut self) {
        self.open.pop();
    }

    /// Checks every template in a node.
    fn check(&mut self, node: &Node) {
        match &node.kind {
            NodeKind::Scalar(Value::String(text)) if text.is_template() => {
                if let Err(error) = self.loader.language.check(text) {
                    self.broken(error.at(&node.span));
                }
            }
            NodeKind::Scalar(_) => {}
            NodeKind::List(items) => items.iter().for_each(|item| self.check(item)),
            NodeKind::Map(entries) => entries.iter().for_each(|entry| self.check(&entry.value)),
        }
    }

    /// Conditions: one or a list of them, each checked.
    fn conditions(&mut self, node: &Node) -> Vec<Node> {
        let conditions = listed(node);
        for condition in &conditions {
            if let Err(error) = self.loader.language.check_condition(&condition.to_value()) {
                self.broken(error.at(&condition.span));
            }
        }
        conditions
    }

    /// The conditions of `when`: the first one is always used, the others only if those before them hold.
    fn when(&mut self, node: &Node) -> Vec<Node> {
        let outer = std::mem::replace(&mut self.conditional, false);
        let conditions = listed(node);
        for condition in &conditions {
            self.conditions(condition);
            self.conditional = true;
        }
        self.conditional = outer;
        conditions
    }

    /// Notes what will fail when it is used: an error if it is used in any case, a warning if it may never be, nothing if
    /// a failure is expected.
    fn broken(&mut self, error: Error) {
        if self.failure_expected > 0 {
            return;
        }
        if self.doubts == 0 && !self.conditional {
            self.errors.push(error);
            return;
        }
        let warning = Error::warning(error.summary()).at_some(error.span());
        let warning = error.hints().iter().fold(warning, |warning, hint| warning.hint(hint.as_str()));
        self.errors.push(warning.hint("the task fails on every host that gets here"));
    }

    /// The variables that are known before any host is, at this place.
    fn static_vars(&self, scope: &Scope, own: &Vars) -> Vars {
        let mut known = Vars::new();
        let role = scope.role.as_deref();
        let layers = role.map(Role::default_layers).unwrap_or_default();
        layers.into_iter().for_each(|layer| known.overlay(layer));
        known.overlay(&self.play_vars);
        let layers = role.map(Role::vars_layers).unwrap_or_default();
        layers.into_iter().chain(&scope.vars).for_each(|layer| known.overlay(layer));
        known.overlay(own);
        let layers = role.map(Role::param_layers).unwrap_or_default();
        layers.into_iter().chain(&scope.include_params).for_each(|layer| known.overlay(layer));
        known.overlay(&self.loader.extra_vars);
        let place = Span::new(&Source::new("<built in>", ""), 0, 0);
        let mut magic = |name: &str, value: String| known.insert(name, Value::string(value), &place);
        magic("playbook_dir", scope.playbook_dir.display().to_string());
        if let Some(role) = role {
            magic("role_name", role.name.clone());
            magic("role_path", role.path.display().to_string());
        }
        known
    }

    /// A name that must be known before any host is: of an imported file or role.
    fn static_name(&mut self, node: &Node, what: &str, scope: &Scope, own: &Vars) -> Option<String> {
        let Some(value) = node.as_scalar().filter(|value| !value.is_null()) else {
            self.errors.push(node.wrong_type(what, "a name"));
            return None;
        };
        let Some(text) = value.as_text().filter(|text| text.is_template()) else {
            return Some(crate::loader::plain(value));
        };
        let rendered = self.loader.language.render(text, &self.static_vars(scope, own));
        let rendered = rendered.map_err(|error| {
            error.context(format!("{what} can't be rendered")).at(&node.span).hint(
                "it is read before any host is known: only play, role and extra variables are there; \
                       the include of the same kind is done later, with everything known",
            )
        });
        self.errors.take(rendered).map(|value| crate::loader::plain(&value))
    }

    /// Variables written as a mapping, their names checked.
    fn vars(&mut self, node: &Node, what: &str) -> Arc<Vars> {
        let mut vars = Vars::new();
        if node.is_null() {
            return Arc::new(vars);
        }
        let Some(entries) = self.errors.take(node.expect_entries(what)) else { return Arc::default() };
        for entry in entries {
            match entry.key.as_str() {
                Some(name) if crate::is_identifier(name) => {
                    vars.insert(name, entry.value.to_value(), &entry.key.span);
                    self.errors.extend(self.loader.reserved(name, Some(&entry.key.span)));
                }
                Some(name) => self.errors.push(
                    Error::new(format!("'{name}' is not a name that a variable may have"))
                        .at(&entry.key.span)
                        .hint("letters, digits and underscores, not starting with a digit"),
                ),
                None => self.errors.push(entry.key.wrong_type("a variable's name", "a string")),
            }
        }
        Arc::new(vars)
    }

    /// A scalar as text.
    fn text(&mut self, node: &Node, what: &str) -> Option<Text> {
        match node.as_scalar() {
            Some(Value::Null) => None,
            Some(Value::String(text)) => Some(text.clone()),
            Some(value) => Some(Text::trusted(value.repr(), Some(node.span.clone()))),
            None => {
                self.errors.push(node.wrong_type(what, "a string"));
                None
            }
        }
    }

    /// A scalar or a list of them as texts.
    fn texts(&mut self, node: &Node, what: &str) -> Vec<Text> {
        listed(node).iter().filter_map(|item| self.text(item, what)).collect()
    }
}

/// The items of a list, or the one thing that stands in its place; nothing for nothing.
fn listed(node: &Node) -> Vec<Node> {
    match &node.kind {
        NodeKind::List(items) => items.clone(),
        NodeKind::Scalar(Value::Null) => Vec::new(),
        _ => vec![node.clone()],
    }
}

/// The node, unless nothing is written.
fn written(node: &Node) -> Option<Node> {
    (!node.is_null()).then(|| node.clone())
}

fn last_part(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}
