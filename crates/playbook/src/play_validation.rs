use std::path::PathBuf;
use std::sync::Arc;

use diag::{Error, Result};
use value::{Text, Value};
use yaml::{Entry, Node, NodeKind};

use crate::{Action, ActionKind, Argument, Arguments, Loader, Meta, Play, Task};

/// The endings of the file beside a playbook that holds specifications.
const ENDINGS: [&str; 2] = ["meta.yml", "meta.yaml"];

impl Loader {
    /// The task that checks a play's variables against the specification of this name in the file beside the playbook.
    ///
    /// # Errors
    /// There is no name, no such file, or no such specification in it.
    pub fn play_validation(&self, play: &Play, name: &str) -> Result<Arc<Task>> {
        let paths: Vec<PathBuf> = ENDINGS.iter().map(|ending| play.file.with_extension(ending)).collect();
        let considered: Vec<String> = paths.iter().map(|path| format!("- {}", path.display())).collect();
        let path = paths.into_iter().find(|path| path.is_file());
        let mut wrong: Vec<String> = Vec::new();
        if name.is_empty() {
            wrong.push("A play name is required when validate_argspec is True.".into());
            wrong.push("Alternatively, set validate_argspec to the name of an argument spec.".into());
        }
        if path.is_none() {
            wrong.push(format!("A playbook meta file is required. Considered:\n{}", considered.join("\n")));
        }
        let Some(path) = path.filter(|_| wrong.is_empty()) else { return Err(Error::new(wrong.join(" "))) };
        let file = self.read(&path)?;
        let specs = file.root.as_ref().and_then(|root| root.get("argument_specs"));
        let Some(spec) = specs.and_then(|specs| specs.get(name)) else {
            return Err(Error::new(format!("No argument spec named '{name}' in {}", path.display())));
        };
        let span = &spec.span;
        let scalar = |text: &str| Node { kind: NodeKind::Scalar(Value::string(text)), span: span.clone() };
        let shown = path.display().to_string();
        let context = [("type", "play"), ("name", name), ("argument_spec_name", name), ("path", &shown)];
        let context = context.map(|(key, value)| Entry { key: scalar(key), value: scalar(value) });
        let map = |entries: Vec<Entry>| Node { kind: NodeKind::Map(entries), span: span.clone() };
        let options = spec.get("options").cloned().unwrap_or_else(|| map(Vec::new()));
        let argument =
            |name: &str, value: Node| Argument { name: Text::new(name), span: span.clone(), value };
        let mut title = format!("Validating arguments against arg spec {name}");
        if let Some(description) = spec.get("short_description").and_then(Node::as_str) {
            title.push_str(&format!(" - {description}"));
        }
        let mut task = Task::implicit(Meta::Noop, &play.scope, span);
        task.name = Some(Text::new(title));
        task.action = Action {
            written: Text::new("ansible.builtin.validate_argument_spec"),
            module: "validate_argument_spec".to_owned(),
            arguments: Arguments {
                named: vec![
                    argument("argument_spec", options),
                    argument("validate_args_context", map(context.into())),
                ],
                ..Arguments::none(span)
            },
            kind: ActionKind::Module,
            span: span.clone(),
        };
        task.keywords = play.keywords.clone();
        if task.keywords.tags.is_empty() {
            task.keywords.tags.push(Text::new("always"));
        }
        task.implicit = false;
        Ok(Arc::new(task))
    }
}
