use diag::{Error, Span, did_you_mean};
use value::{Text, Value};
use yaml::{Entry, Node, NodeKind};

use super::{Builder, written};
use crate::names::EngineAction;
use crate::{Argument, Arguments, IncludeRole, IncludeTasks, Meta, Place, free_form, keyword};

/// An action as it is written, its name resolved.
pub(super) struct Written {
    pub(super) name: Text,
    pub(super) name_span: Span,
    pub(super) canonical: String,
    pub(super) engine: Option<EngineAction>,
    /// Whether the name is resolved when the task runs: it is a template, or the value of `action` and unknown.
    pub(super) late: bool,
    /// Whether it is a `local_action`.
    pub(super) local: bool,
    /// What stands under the name.
    arguments: Node,
}

/// What modules are told beside their arguments begins so.
const RESERVED_PREFIX: &str = "_ansible_";

const FROM: [&str; 4] = ["tasks_from", "vars_from", "defaults_from", "handlers_from"];

impl Builder<'_> {
    /// The action under a key of a task: a module's name, `action` or `local_action`. `task` is where the task begins.
    pub(super) fn action(
        &mut self,
        entry: &Entry,
        collections: &[Text],
        place: Place,
        task: &Span,
    ) -> Option<Written> {
        let key = self.text(&entry.key, "the name of an action")?;
        if key.as_str() == "include" || key.as_str() == "ansible.builtin.include" {
            self.errors.push(
                Error::new("the action 'include' is long gone").at(&entry.key.span).hint(
                    "use 'include_tasks' (when the host gets there) or 'import_tasks' (before the run)",
                ),
            );
            return None;
        }
        let local = key.as_str() == "local_action";
        let statement = local || key.as_str() == "action";
        let (name, name_span, arguments) = if statement {
            self.action_statement(&entry.value, &key)?
        } else {
            (key, entry.key.span.clone(), entry.value.clone())
        };
        let resolved = match name.is_template() {
            true => None,
            false => Some(self.loader.resolve_action(&name, collections)),
        };
        match resolved {
            Some(Ok(canonical)) => {
                let notices = self.loader.deprecations(&name, collections);
                self.errors.extend(notices.into_iter().map(|notice| notice.at(&name_span)));
                let engine = EngineAction::named(&canonical);
                Some(Written { name, name_span, canonical, engine, late: false, local, arguments })
            }
            Some(Err(error)) if !statement => {
                let error = match error.hints() {
                    [] => error.hint_some(keyword::unknown(&name, place).hints().first().cloned()),
                    _ => error,
                };
                self.errors.push(error.at(&name_span).told_at(Some(task)));
                None
            }
            _ => {
                let canonical = name.to_string();
                Some(Written { name, name_span, canonical, engine: None, late: true, local, arguments })
            }
        }
    }

    /// The value of `action:`: `copy src=a`, or a mapping with the module's name under `module`.
    fn action_statement(&mut self, node: &Node, keyword: &Text) -> Option<(Text, Span, Node)> {
        match &node.kind {
            NodeKind::Scalar(Value::String(text)) => {
                let first = free_form::split(text).ok().and_then(|tokens| tokens.into_iter().next());
                let end = first.map_or(text.len(), |first| first.end);
                let name = text.with_text(text[..end].trim());
                let rest = text[end..].trim();
                let kind = match rest {
                    "" => Value::Null,
                    rest => Value::String(text.with_text(rest)),
                };
                Some((
                    name,
                    node.span.clone(),
                    Node { kind: NodeKind::Scalar(kind), span: node.span.clone() },
                ))
            }
            NodeKind::Map(entries) => {
                let Some(module) = node.entry("module") else {
                    self.errors.push(Error::new(format!("'{}' names no module", keyword.as_str())).at(&node.span).hint(
                        "write 'module: NAME' in the mapping, or use the module's name instead of the keyword",
                    ));
                    return None;
                };
                let name = self.text(&module.value, "a module's name")?;
                let rest =
                    entries.iter().filter(|entry| entry.key.as_str() != Some("module")).cloned().collect();
                let rest = Node { kind: NodeKind::Map(rest), span: node.span.clone() };
                // `{module: x, args: {...}}` holds the arguments one level deeper.
                let inner = rest
                    .get("args")
                    .filter(|_| rest.entries().is_some_and(|entries| entries.len() == 1))
                    .cloned();
                Some((name, module.value.span.clone(), inner.unwrap_or(rest)))
            }
            _ => {
                self.errors
                    .push(node.wrong_type(&format!("'{}'", keyword.as_str()), "a string or a mapping"));
                None
            }
        }
    }

    /// The arguments of an action, those of `args:` under them.
    pub(super) fn arguments(&mut self, action: &Written, args: Option<&Node>) -> Option<Arguments> {
        let arguments = self.all_arguments(action, args)?;
        if !crate::names::takes_command(&action.canonical) {
            let reserved =
                arguments.named.iter().filter(|argument| argument.name.starts_with(RESERVED_PREFIX));
            self.errors.extend(reserved.map(|argument| reserved_argument(action, argument)));
        }
        Some(arguments)
    }

    fn all_arguments(&mut self, action: &Written, args: Option<&Node>) -> Option<Arguments> {
        let mut arguments = self.inline_arguments(action)?;
        let Some(args) = args.filter(|args| !args.is_null()) else { return Some(arguments) };
        match &args.kind {
            NodeKind::Map(entries) => {
                for argument in self.named(entries) {
                    if arguments.get(&argument.name).is_none() {
                        arguments.named.push(argument);
                    }
                }
            }
            NodeKind::Scalar(Value::String(text)) if text.is_template() => {
                arguments.splat = Some(args.clone())
            }
            _ => self.errors.push(args.wrong_type("'args'", "a mapping")),
        }
        Some(arguments)
    }

    fn inline_arguments(&mut self, action: &Written) -> Option<Arguments> {
        let node = &action.arguments;
        let span = if node.is_null() { &action.name_span } else { &node.span };
        let mut arguments = Arguments::none(span);
        match &node.kind {
            NodeKind::Scalar(Value::Null) => {}
            NodeKind::Scalar(Value::String(text)) => {
                return self.errors.take(free_form::parse(node, text, &action.canonical));
            }
            NodeKind::Map(entries) => {
                arguments.named = self.named(entries);
                if let Some(at) = arguments.named.iter().position(|argument| &*argument.name == "_raw_params")
                {
                    arguments.free_form = Some(arguments.named.remove(at).value);
                }
            }
            NodeKind::Scalar(_) if crate::names::takes_free_form(&action.canonical) => {
                arguments.free_form = Some(node.clone());
            }
            _ => {
                let what = format!("what stands under '{}'", action.name.as_str());
                self.errors.push(node.wrong_type(&what, "a mapping of arguments or a string").hint(
                    match node.items() {
                        Some(_) => "remove the '- ' before the arguments",
                        None => "write the arguments as 'name: value' on lines of their own",
                    },
                ));
                return None;
            }
        }
        Some(arguments)
    }

    fn named(&mut self, entries: &[Entry]) -> Vec<Argument> {
        let mut named = Vec::new();
        for entry in entries {
            if let Some(name) = self.text(&entry.key, "an argument's name") {
                named.push(Argument { name, span: entry.key.span.clone(), value: entry.value.clone() });
            }
        }
        named
    }

    /// What a `meta` task says.
    pub(super) fn meta(&mut self, arguments: &Arguments) -> Option<Meta> {
        let name = arguments.free_form.as_ref().and_then(Node::as_str);
        let Some(name) = name else {
            let error = Error::new("'meta' needs the name of what to do");
            self.errors.push(error.at(&arguments.span).hint("for example 'meta: flush_handlers'"));
            return None;
        };
        let meta = Meta::named(name);
        if meta.is_none() {
            let known = Meta::WRITTEN.iter().map(|meta| meta.name());
            self.errors.push(
                Error::new(format!("unknown meta action '{name}'"))
                    .at(&arguments.span)
                    .hint_some(did_you_mean(name, known)),
            );
        }
        meta
    }

    /// Refuses arguments that an include or import does not have; whether there are none.
    fn only(&mut self, arguments: &Arguments, action: &str, known: &[&str]) -> bool {
        let before = self.errors.iter().count();
        for argument in &arguments.named {
            if !known.contains(&&*argument.name) {
                self.errors.push(
                    Error::new(format!("'{action}' has no argument '{}'", argument.name.as_str()))
                        .at(&argument.span)
                        .hint_some(did_you_mean(&argument.name, known.iter().copied())),
                );
            }
        }
        if let Some(splat) = &arguments.splat {
            self.errors
                .push(Error::new(format!("the arguments of '{action}' can't be a template")).at(&splat.span));
        }
        self.errors.iter().count() == before
    }

    /// The file that an `include_tasks` or `import_tasks` names.
    pub(super) fn file_argument(&mut self, arguments: &Arguments, action: &str) -> Option<Node> {
        let file = arguments.get("file").or(arguments.free_form.as_ref()).filter(|file| !file.is_null());
        if file.is_none() {
            let error = Error::new(format!("'{action}' names no file")).at(&arguments.span);
            self.errors.push(error.hint(format!("for example '{action}: install.yml'")));
        }
        file.cloned()
    }

    pub(super) fn include_tasks(&mut self, arguments: &Arguments) -> Option<IncludeTasks> {
        self.only(arguments, "include_tasks", &["file", "apply"]).then_some(())?;
        let file = self.file_argument(arguments, "include_tasks")?;
        self.check(&file);
        let apply = arguments.get("apply").and_then(|apply| self.apply(apply));
        Some(IncludeTasks { file, apply })
    }

    pub(super) fn import_tasks_file(&mut self, arguments: &Arguments) -> Option<Node> {
        self.only(arguments, "import_tasks", &["file"]).then_some(())?;
        self.file_argument(arguments, "import_tasks")
    }

    pub(super) fn include_role(&mut self, arguments: &Arguments) -> Option<IncludeRole> {
        let more = ["apply", "public", "allow_duplicates", "rolespec_validate", "rescuable"];
        let known = [&["name", "role"][..], &FROM, &more].concat();
        self.only(arguments, "include_role", &known).then_some(())?;
        let role = self.role_argument(arguments, "include_role")?;
        let value = |name| arguments.get(name).and_then(written);
        let include = IncludeRole {
            name: role,
            tasks_from: value("tasks_from"),
            vars_from: value("vars_from"),
            defaults_from: value("defaults_from"),
            handlers_from: value("handlers_from"),
            apply: arguments.get("apply").and_then(|apply| self.apply(apply)),
            public: value("public"),
            allow_duplicates: value("allow_duplicates"),
            rolespec_validate: value("rolespec_validate"),
            rescuable: value("rescuable"),
        };
        for argument in &arguments.named {
            if &*argument.name != "apply" {
                self.check(&argument.value);
            }
        }
        Some(include)
    }

    /// The arguments of an `import_role`: the role, then a look-up of the others.
    pub(super) fn import_role_arguments(&mut self, arguments: &Arguments) -> Option<Node> {
        let known =
            [&["name", "role"][..], &FROM, &["public", "allow_duplicates", "rolespec_validate", "rescuable"]]
                .concat();
        self.only(arguments, "import_role", &known).then_some(())?;
        self.role_argument(arguments, "import_role")
    }

    fn role_argument(&mut self, arguments: &Arguments, action: &str) -> Option<Node> {
        let role = arguments.get("name").or(arguments.get("role")).filter(|role| !role.is_null());
        if role.is_none() {
            let error = Error::new(format!("'{action}' names no role")).at(&arguments.span);
            self.errors.push(error.hint("write 'name: ROLE' below it"));
        }
        role.cloned()
    }
}

/// Scripts look for these words.
fn reserved_argument(action: &Written, argument: &Argument) -> Error {
    let (action, name) = (action.name.as_str(), argument.name.as_str());
    let message = format!(
        "Invalid parameter specified beginning with keyword '{RESERVED_PREFIX}' for action '{action}': '{name}'. The \
         prefix '{RESERVED_PREFIX}' is reserved for internal use only."
    );
    Error::new(message).at(&argument.span)
}
