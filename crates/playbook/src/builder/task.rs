use std::sync::Arc;

use diag::{Error, did_you_mean};
use value::{Text, Value};
use yaml::{Entry, Node, NodeKind};

use super::action::Written;
use super::item::is_engine_action;
use super::{Builder, written};
use crate::keyword;
use crate::names::EngineAction;
use crate::{
    Action, ActionKind, Arguments, Item, Keyword, Loop, LoopControl, LoopKind, Meta, Place, Projection,
    Register, Scope, Task,
};

/// What only tasks have.
#[derive(Default)]
struct OfTask {
    looping: Option<Loop>,
    register: Option<Register>,
    until: Vec<Node>,
    retries: Option<Node>,
    delay: Option<Node>,
    r#async: Option<Node>,
    poll: Option<Node>,
    changed_when: Vec<Node>,
    failed_when: Vec<Node>,
}

/// The keys of a task, sorted.
struct Parts<'n> {
    action: Option<Written>,
    topics: Vec<Text>,
    keywords: Vec<&'n Entry>,
    loops: Vec<&'n Entry>,
    place: Place,
}

impl Builder<'_> {
    /// A task; none after an error, several where it imports some.
    pub(super) fn task(&mut self, node: &Node, entries: &[Entry], scope: &Arc<Scope>) -> Vec<Item> {
        let mut keywords: Vec<&Entry> = Vec::new();
        let mut loops: Vec<&Entry> = Vec::new();
        let mut others: Vec<&Entry> = Vec::new();
        let mut topics: Vec<Text> = Vec::new();
        for entry in entries {
            match entry.key.as_str() {
                Some("action" | "local_action") => others.push(entry),
                Some("args") => {}
                // A handler that includes tasks may listen, although an include takes few keywords.
                Some("listen") if scope.handlers => topics = self.topics(entry),
                // What is a keyword elsewhere may be a module here: 'user', 'gather_facts'.
                Some(key) if self.is_module(key) => others.push(entry),
                Some(key) if Keyword::named(key).is_some() => keywords.push(entry),
                Some(key) if key.starts_with("with_") => loops.push(entry),
                Some(_) => others.push(entry),
                None => self.errors.push(entry.key.wrong_type("a keyword of a task", "a string")),
            }
        }
        let collections = node.get("collections").map(|node| self.texts(node, "a collection's name"));
        let collections = collections.unwrap_or_else(|| scope.keywords.collections.clone());
        let action = self.the_action(node, others, &collections, scope);
        let place = match &action {
            Some(Written {
                engine: Some(EngineAction::IncludeTasks | EngineAction::IncludeRole), ..
            }) => Place::Include,
            _ if scope.handlers => Place::Handler,
            _ => Place::Task,
        };
        let may_fail = |entry: &&Entry| matches!(entry.key.as_str(), Some("ignore_errors" | "failed_when"));
        let has = |name: &str| {
            keywords.iter().any(|entry| entry.key.as_str() == Some(name) && !entry.value.is_null())
        };
        let expected = usize::from(keywords.iter().any(may_fail) || scope.keywords.ignore_errors.is_some());
        let repeated = has("loop") || !loops.is_empty();
        let doubt = usize::from(scope.handlers || !scope.keywords.when.is_empty()) + usize::from(repeated);
        let conditional = has("when");
        let outer = std::mem::replace(&mut self.conditional, conditional);
        self.failure_expected += expected;
        self.doubts += doubt;
        let items = self.task_with(node, Parts { action, topics, keywords, loops, place }, scope);
        self.failure_expected -= expected;
        self.doubts -= doubt;
        self.conditional = outer;
        items
    }

    /// Whether a keyword that tasks don't have is the name of a module.
    fn is_module(&self, key: &str) -> bool {
        let of_tasks = [Place::Task, Place::Handler, Place::Include];
        let keyword = Keyword::named(key);
        let elsewhere = keyword.is_some_and(|it| of_tasks.iter().all(|place| !it.places.contains(place)));
        elsewhere
            && (key == "user"
                || self.loader.resolve_action(key, &[]).is_ok() && self.loader.modules.is_some())
    }

    /// The topics that a handler listens to.
    fn topics(&mut self, entry: &Entry) -> Vec<Text> {
        let checked = Keyword::at(&entry.key, Place::Handler).and_then(|keyword| keyword.check(&entry.value));
        self.errors.take(checked);
        self.texts(&entry.value, "a topic")
    }

    fn task_with(&mut self, node: &Node, parts: Parts<'_>, scope: &Arc<Scope>) -> Vec<Item> {
        let Parts { action, topics, keywords, loops, place } = parts;
        let (mut own, rest) = self.own(keywords, place);
        let of_task = self.of_task(&rest, &loops);
        let Some(action) = action else { return Vec::new() };
        if action.local {
            let localhost = Value::string("localhost");
            own.keywords.delegate_to =
                Some(Node { kind: NodeKind::Scalar(localhost), span: action.name_span.clone() });
        }
        let arguments = self.arguments(&action, node.get("args"));
        let Some(arguments) = arguments else { return Vec::new() };
        let kind = match action.engine {
            None if action.late => Some(ActionKind::Template),
            None => Some(ActionKind::Module),
            Some(EngineAction::Meta) => {
                let meta = self.meta(&arguments);
                if scope.handlers && meta == Some(Meta::FlushHandlers) {
                    let error = Error::new("flush_handlers cannot be used as a handler");
                    self.errors.push(error.at(&action.name_span));
                }
                if scope.role.is_none() && meta == Some(Meta::EndRole) {
                    let error = Error::new("Cannot execute 'end_role' from outside of a role");
                    self.errors.push(error.at(&action.name_span));
                }
                meta.map(ActionKind::Meta)
            }
            Some(EngineAction::IncludeTasks) => self.include_tasks(&arguments).map(ActionKind::IncludeTasks),
            Some(EngineAction::IncludeRole) => {
                if scope.handlers {
                    self.errors.push(no_handler(&action));
                }
                self.include_role(&arguments).map(|include| ActionKind::IncludeRole(Box::new(include)))
            }
            Some(EngineAction::ImportTasks | EngineAction::ImportRole) if of_task.looping.is_some() => {
                let span = of_task.looping.as_ref().map(|looping| &looping.span);
                self.errors.push(
                    Error::new(format!(
                        "'{}' can't be repeated: it is done before the playbook runs",
                        action.name.as_str()
                    ))
                    .at_some(span)
                    .hint(format!("use '{}'", action.canonical.replace("import", "include"))),
                );
                return Vec::new();
            }
            Some(EngineAction::ImportTasks) => return self.import_tasks(node, &arguments, own, scope),
            Some(EngineAction::ImportRole) => {
                if scope.handlers {
                    self.errors.push(no_handler(&action));
                    return Vec::new();
                }
                return self.import_role(node, &arguments, own, scope);
            }
            Some(EngineAction::ImportPlaybook) => {
                self.errors.push(
                    Error::new("'import_playbook' is not a task")
                        .at(&action.name_span)
                        .hint("write it in the list of plays"),
                );
                return Vec::new();
            }
        };
        let Some(kind) = kind else { return Vec::new() };
        if matches!(kind, ActionKind::Module | ActionKind::Template) {
            self.check_arguments(&arguments);
        }
        vec![Item::Task(Arc::new(Task {
            name: own.name,
            action: Action {
                written: action.name,
                module: action.canonical,
                arguments,
                kind,
                span: action.name_span,
            },
            keywords: own.keywords.within(&scope.keywords),
            looping: of_task.looping,
            register: of_task.register,
            until: of_task.until,
            retries: of_task.retries,
            delay: of_task.delay,
            r#async: of_task.r#async,
            poll: of_task.poll,
            changed_when: of_task.changed_when,
            failed_when: of_task.failed_when,
            listen: topics,
            vars: own.vars,
            scope: Arc::clone(scope),
            implicit: false,
            span: node.span.clone(),
        }))]
    }

    fn check_arguments(&mut self, arguments: &Arguments) {
        for argument in &arguments.named {
            self.check(&argument.value);
        }
        for node in [&arguments.free_form, &arguments.splat].into_iter().flatten() {
            self.check(node);
        }
    }

    /// The keywords that only tasks have.
    fn of_task(&mut self, entries: &[(&'static str, &Entry)], loops: &[&Entry]) -> OfTask {
        let mut of_task = OfTask::default();
        let mut control = LoopControl::default();
        let mut found: Vec<(LoopKind, &Entry)> = Vec::new();
        for (name, entry) in entries {
            let node = &entry.value;
            match *name {
                "loop" if !node.is_null() => found.push((LoopKind::Loop, entry)),
                "loop_control" => control = self.loop_control(node),
                "register" => of_task.register = self.register(node),
                "until" => of_task.until = self.conditions(node),
                "retries" => of_task.retries = written(node),
                "delay" => of_task.delay = written(node),
                "async" => of_task.r#async = written(node),
                "poll" => of_task.poll = written(node),
                "changed_when" => of_task.changed_when = self.conditions(node),
                "failed_when" => of_task.failed_when = self.conditions(node),
                _ => {}
            }
        }
        for entry in loops {
            let name = entry.key.as_str().unwrap_or_default();
            let lookup = crate::names::without_builtin(name.trim_start_matches("with_"));
            if let Some(lookups) = &self.loader.lookups
                && !lookups.contains(lookup)
            {
                let keywords = crate::KEYWORDS.iter().map(|keyword| keyword.name);
                let hint = did_you_mean(lookup, lookups.iter().map(String::as_str))
                    .map(|hint| hint.replacen('\'', "'with_", 1))
                    .or_else(|| did_you_mean(name, keywords));
                self.errors.push(
                    Error::new(format!("unknown lookup '{lookup}' of '{name}'"))
                        .at(&entry.key.span)
                        .hint_some(hint),
                );
                continue;
            }
            found.push((LoopKind::With(lookup.to_owned()), entry));
        }
        let mut found = found.into_iter();
        let Some((kind, entry)) = found.next() else { return of_task };
        if let Some((_, second)) = found.next() {
            self.errors.push(
                Error::new("a task can be repeated over one thing only")
                    .at(&second.key.span)
                    .advice("keep one of the two")
                    .related(&entry.key.span, "the first loop is here"),
            );
        }
        // Whether there is an item matters to all of the task but to the loop itself.
        self.doubts -= 1;
        if kind == LoopKind::Loop {
            let node = &entry.value;
            let template = node.as_scalar().and_then(Value::as_text).is_some_and(|text| text.is_template());
            if node.items().is_none() && !template && !node.is_null() {
                let error = node.wrong_type("'loop'", "a list");
                let hint = "use \"{{ mapping | dict2items }}\" to repeat over a mapping";
                self.broken(error.hint_some(node.entries().map(|_| hint.to_owned())));
            }
        }
        self.check(&entry.value);
        self.doubts += 1;
        of_task.looping =
            Some(Loop { kind, expression: entry.value.clone(), control, span: entry.key.span.clone() });
        of_task
    }

    /// What keeps the result: one name, or an expression for each name.
    fn register(&mut self, node: &Node) -> Option<Register> {
        let Some(entries) = node.entries() else {
            return self.text(node, "a variable's name").map(Register::Whole);
        };
        let mut projections = Vec::new();
        for entry in entries {
            let Some(name) = self.text(&entry.key, "a variable's name") else { continue };
            let expression = entry.value.to_value();
            let template = match &expression {
                Value::String(text) if text.is_template() => expression.clone(),
                Value::String(text) => Value::String(Text::trusted(
                    format!("{{{{ {} }}}}", text.as_str()),
                    text.origin().cloned(),
                )),
                _ => expression.clone(),
            };
            projections.push(Projection { name, template, span: entry.value.span.clone() });
        }
        Some(Register::Projections(projections))
    }

    fn loop_control(&mut self, node: &Node) -> LoopControl {
        const FIELDS: [&str; 7] =
            ["loop_var", "index_var", "label", "pause", "extended", "extended_allitems", "break_when"];
        let mut control = LoopControl::default();
        for entry in node.entries().unwrap_or_default() {
            let value = &entry.value;
            match entry.key.as_str() {
                Some("loop_var") => control.loop_var = written(value),
                Some("index_var") => control.index_var = self.text(value, "a variable's name"),
                Some("label") => control.label = written(value),
                Some("pause") => control.pause = written(value),
                Some("extended") => control.extended = written(value),
                Some("extended_allitems") => control.extended_allitems = written(value),
                Some("break_when") => control.break_when = self.conditions(value),
                Some(name) => self.errors.push(
                    Error::new(format!("unknown keyword '{name}' of 'loop_control'"))
                        .at(&entry.key.span)
                        .hint_some(did_you_mean(name, FIELDS)),
                ),
                None => self.errors.push(entry.key.wrong_type("a keyword of 'loop_control'", "a string")),
            }
            if entry.key.as_str() != Some("break_when") {
                self.check(value);
            }
        }
        control
    }

    /// The one action among the keys of a task that are no keywords.
    fn the_action(
        &mut self,
        node: &Node,
        mut others: Vec<&Entry>,
        collections: &[Text],
        scope: &Scope,
    ) -> Option<Written> {
        let known = |entry: &&Entry| {
            entry.key.as_str().is_some_and(|key| {
                ["action", "local_action"].contains(&key)
                    || is_engine_action(key)
                    || self.loader.modules.is_some() && self.loader.resolve_action(key, collections).is_ok()
            })
        };
        let place = if scope.handlers { Place::Handler } else { Place::Task };
        let what = if scope.handlers { "the handler" } else { "the task" };
        if others.len() > 1 {
            let actions: Vec<&Entry> = others.iter().copied().filter(known).collect();
            if let [first, second, ..] = actions[..] {
                self.errors.push(
                    Error::new(format!(
                        "{what} has two actions: '{}' and '{}'",
                        first.key.as_str().unwrap_or_default(),
                        second.key.as_str().unwrap_or_default()
                    ))
                    .at(&second.key.span)
                    .related(&first.key.span, "the first one")
                    .hint("each task has one; start another with '- '"),
                );
                return None;
            }
            let action = actions.first().copied().or_else(|| others.first().copied());
            others.retain(|entry| {
                let keep = action.is_some_and(|action| std::ptr::eq(*entry, action));
                if !keep {
                    let error = keyword::unknown(entry.key.as_str().unwrap_or_default(), place);
                    let error = error.at(&entry.key.span);
                    let error = match action.filter(|_| error.hints().is_empty()) {
                        Some(action) => error.hint(format!(
                            "if it is an argument of '{}', indent it below that",
                            action.key.as_str().unwrap_or_default()
                        )),
                        None => error,
                    };
                    self.errors.push(error);
                }
                keep
            });
        }
        match others.first() {
            Some(entry) => self.action(entry, collections, place, &node.span),
            None => {
                let name = node.get("name").and_then(Node::as_str);
                self.errors.push(
                    Error::new(format!("{what} has no action"))
                        .at(&node.span)
                        .label(name.map(|name| format!("'{name}' does nothing")).unwrap_or_default())
                        .hint("give it a module, such as 'ansible.builtin.debug:'"),
                );
                None
            }
        }
    }
}

fn no_handler(action: &Written) -> Error {
    Error::new(format!("Using '{}' as a handler is not supported.", action.name.as_str()))
        .at(&action.name_span)
        .hint("use 'include_tasks'")
}
