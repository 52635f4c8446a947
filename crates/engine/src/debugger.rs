//! The debugger: a person looks at a task that has ended, changes its arguments and variables, and has it done again.

mod place;

use std::sync::Arc;

use diag::{Error, Result};
use playbook::{Argument, Arguments, Task};
use value::{Map, Text, Value};
use yaml::{Node, NodeKind};

use self::place::{Place, Root};
use crate::variables::HostScope;

/// What the person has decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// What came of the task counts.
    GoOn,
    /// The task is done again.
    Again,
    /// The run ends.
    Quit,
}

/// A task under the debugger.
pub(crate) struct Debugger {
    original: Arc<Task>,
    /// The task, as the person has changed it.
    pub(crate) task: Arc<Task>,
    /// The variables that the person has changed.
    pub(crate) variables: Map,
    scope: HostScope,
    title: String,
}

/// The commands, short and long.
const COMMANDS: [(&str, &str, &str); 6] = [
    ("p", "pprint", "shows an expression over task.args, task_vars, host and result"),
    ("u", "update_task", "takes the task as it was written, with the variables as they are now"),
    ("r", "redo", "does the task again"),
    ("c", "continue", "goes on"),
    ("q", "quit", "ends the run"),
    ("h", "help", "lists the commands"),
];

impl Debugger {
    /// For a task as a host sees it. `title` is its name as banners show it.
    pub(crate) fn new(task: &Arc<Task>, scope: HostScope, title: String) -> Debugger {
        Debugger { original: Arc::clone(task), task: Arc::clone(task), variables: Map::new(), scope, title }
    }

    /// Takes commands until one of them decides how to go on. `result` is what came of the task.
    pub(crate) async fn converse(&mut self, result: &Map) -> Decision {
        let prompt = format!("[{}] TASK: {} (debug)> ", self.scope.host, self.title);
        let mut last = String::new();
        loop {
            let Some(line) = self.scope.world.terminal.line(&prompt).await else { return self.quit() };
            // An empty line stands for the one before.
            if !line.trim().is_empty() {
                last = line.trim().to_owned();
            }
            let (command, rest) = last.split_once(char::is_whitespace).unwrap_or((&last, ""));
            match command {
                "c" | "continue" => return Decision::GoOn,
                "r" | "redo" => return Decision::Again,
                "q" | "quit" | "EOF" => return self.quit(),
                "u" | "update_task" => self.task = Arc::clone(&self.original),
                "h" | "help" | "?" => self.help(),
                "p" | "pprint" => match self.shown(rest.trim(), result) {
                    Ok(text) => self.say(&text),
                    Err(error) => self.complain(&error),
                },
                _ => {
                    let statement = last.clone();
                    if let Err(error) = self.carry_out(&statement, result) {
                        self.complain(&error);
                    }
                }
            }
        }
    }

    fn quit(&self) -> Decision {
        self.say("User interrupted execution");
        Decision::Quit
    }

    fn help(&self) {
        for (short, long, description) in COMMANDS {
            self.say(&format!("{short:<2} {long:<12} {description}"));
        }
        self.say("task.args[KEY] = VALUE and task_vars[KEY] = VALUE change what is used when the task is done again");
    }

    fn complain(&self, error: &Error) {
        self.say(&format!("***{}", error.summary()));
    }

    fn say(&self, text: &str) {
        let text = self.scope.world.masks.hide_text(text);
        self.scope.world.terminal.say(&format!("{text}\n"));
    }

    /// The value of an expression, as Python shows it.
    fn shown(&self, expression: &str, result: &Map) -> Result<String> {
        Ok(match expression {
            "task" => format!("TASK: {}", self.title),
            "host" => self.scope.host.to_string(),
            "result" => pretty(&result.clone().into()),
            _ => pretty(&self.value(expression, result)?),
        })
    }

    fn value(&self, expression: &str, result: &Map) -> Result<Value> {
        let world = &self.scope.world;
        let mut scope = HostScope { task: Some(Arc::clone(&self.task)), ..self.scope.clone() };
        scope.locals.extend(self.variables.clone());
        let names =
            if expression.contains("task_vars") { template::Scope::names(&scope) } else { Vec::new() };
        // What can't be rendered is of no use here.
        let variables = names.into_iter().filter_map(|name| {
            let value = scope.rendered(&name).ok().flatten()?;
            Some((Value::from(name), value))
        });
        let variables: Map = variables.collect();
        let arguments = self.arguments().into_iter().map(|(name, value)| {
            let rendered = world.templates.resolve(&value, &scope).unwrap_or(value);
            (name, rendered)
        });
        let task = [("args", Value::from(arguments.collect::<Map>())), ("name", self.title.as_str().into())];
        let mut outcome = result.clone();
        outcome.insert("_result".into(), result.clone().into());
        scope.locals.insert("task".into(), Value::map(task));
        scope.locals.insert("task_vars".into(), variables.into());
        scope.locals.insert("host".into(), (&*self.scope.host).into());
        scope.locals.insert("result".into(), outcome.into());
        let value = world.templates.expression(&Text::trusted(expression, None), &scope)?;
        match &value {
            Value::Undefined(undefined) => Err(Error::new(undefined.message.clone())),
            _ => Ok(value),
        }
    }

    /// Carries out an assignment or a `del`; any other statement is an expression that nobody looks at.
    fn carry_out(&mut self, statement: &str, result: &Map) -> Result<()> {
        let (target, value) = match statement.strip_prefix("del ") {
            Some(target) => (target, None),
            None => match place::assignment(statement) {
                Some((target, value)) => (target, Some(self.value(value, result)?)),
                None => return self.value(statement, result).map(drop),
            },
        };
        let Place { root, keys } = Place::parse(target)?;
        let mut path = Vec::with_capacity(keys.len());
        for key in keys {
            path.push(self.value(key, result)?);
        }
        match root {
            Root::Arguments => {
                let changed = place::changed(self.arguments().into(), &path, value)?;
                let changed =
                    changed.as_map().cloned().ok_or_else(|| Error::new("task.args must be a mapping"))?;
                self.set_arguments(changed);
            }
            Root::Variables => {
                let (Some(Value::String(name)), Some(value)) = (path.first(), value) else {
                    return Err(Error::new("a variable's name is text, and it can't be taken away"));
                };
                let before = match self.variables.get(name.as_str()) {
                    Some(value) => value.clone(),
                    None => self.scope.rendered(name)?.unwrap_or_default(),
                };
                let changed = place::changed(before, &path[1..], Some(value))?;
                self.variables.insert(name.as_str().into(), changed);
            }
        }
        Ok(())
    }

    /// The task's arguments, templates in them not rendered.
    fn arguments(&self) -> Map {
        let arguments = &self.task.action.arguments;
        let free_form = arguments.free_form.iter().map(|node| ("_raw_params".into(), node.to_value()));
        let named = arguments.named.iter();
        free_form
            .chain(named.map(|argument| (argument.name.as_str().into(), argument.value.to_value())))
            .collect()
    }

    fn set_arguments(&mut self, map: Map) {
        let task = Arc::make_mut(&mut self.task);
        let span = task.action.arguments.span.clone();
        let splat = task.action.arguments.splat.take();
        let mut arguments = Arguments { splat, ..Arguments::none(&span) };
        for (name, value) in map {
            let value = Node { kind: NodeKind::Scalar(value), span: span.clone() };
            match name.to_string().as_str() {
                "_raw_params" => arguments.free_form = Some(value),
                name => {
                    arguments.named.push(Argument { name: Text::new(name), span: span.clone(), value });
                }
            }
        }
        task.action.arguments = arguments;
    }
}

/// The columns of a value that is shown.
const WIDTH: usize = 80;

/// A value as Python's `pprint` shows it: on one line where it fits, else with an item on each.
fn pretty(value: &Value) -> String {
    pretty_at(value, 0)
}

fn pretty_at(value: &Value, column: usize) -> String {
    let value = sorted(value);
    let line = value.repr();
    if column + line.chars().count() <= WIDTH {
        return line;
    }
    let separator = format!(",\n{}", " ".repeat(column + 1));
    match &value {
        Value::Map(map) => {
            let items = map.iter().map(|(key, value)| {
                let key = key.repr();
                let value = pretty_at(value, column + key.chars().count() + 3);
                format!("{key}: {value}")
            });
            format!("{{{}}}", items.collect::<Vec<_>>().join(&separator))
        }
        Value::List(list) => {
            let items = list.iter().map(|item| pretty_at(item, column + 1));
            format!("[{}]", items.collect::<Vec<_>>().join(&separator))
        }
        _ => line,
    }
}

/// With the keys of mappings in order.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Map(map) => {
            let mut entries: Vec<(Value, Value)> =
                map.iter().map(|(key, value)| (key.clone(), sorted(value))).collect();
            entries.sort_by_cached_key(|(key, _)| key.to_string());
            entries.into_iter().collect::<Map>().into()
        }
        Value::List(list) => Value::list(list.iter().map(sorted)),
        value => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_long_goes_over_several_lines_in_order() {
        let short = Value::map([("b", 1), ("a", 2)]);
        assert_eq!(pretty(&short), "{'a': 2, 'b': 1}");
        let word = "x".repeat(40);
        let long = Value::map([("b", Value::list([word.as_str(), word.as_str()])), ("a", 1.into())]);
        assert_eq!(pretty(&long), format!("{{'a': 1,\n 'b': ['{word}',\n       '{word}']}}"));
    }
}
