//! The loop around a task: where its items come from, what each of them sees, and what they sum up to.

use std::sync::Arc;
use std::time::{Duration, Instant};

use actions::Effect;
use diag::{Error, Result};
use playbook::{LoopControl, LoopKind};
use value::{Map, Unknown, Value};
use yaml::Node;

use super::conditions::{Decision, condition_failed, truth};
use super::item::ItemEnd;
use super::verdict::suppress;
use super::{TaskEnd, TaskRun};
use crate::includes::Inclusion;
use crate::notifications::Notice;
use crate::variables::HostScope;
use crate::{Event, Status};

/// The items of a loop.
pub(super) enum Items {
    Known(Vec<Value>),
    Unknown(Arc<Unknown>),
}

/// `loop_control`, rendered.
struct Control<'a> {
    loop_var: String,
    index_var: Option<&'a str>,
    extended: bool,
    all_items: bool,
    pause: Option<Duration>,
    label: Option<&'a Node>,
    break_when: &'a [Node],
}

impl TaskRun {
    /// What a loop goes over.
    ///
    /// # Errors
    /// An expression fails.
    pub(super) fn items(&self) -> Result<Value> {
        let Some(looping) = &self.task.looping else { return Ok(Value::list(Vec::<Value>::new())) };
        let templates = &self.scope.world.templates;
        let value = looping.expression.to_value();
        let found = match &looping.kind {
            LoopKind::Loop => templates.resolve(&value, &self.scope),
            LoopKind::With(lookup) => templates.resolve(&value, &self.scope).and_then(|terms| match terms {
                Value::Unknown(_) => Ok(terms),
                terms => {
                    let terms = terms.as_list().map_or_else(|| vec![terms.clone()], <[Value]>::to_vec);
                    templates.loop_items(lookup, terms, &self.task.action.written, &self.scope)
                }
            }),
        };
        found.map_err(|error| error.at(&looping.expression.span))
    }

    /// The items that a value stands for, or how the task fails.
    pub(super) fn as_items(&self, value: Value) -> Result<Items, Box<ItemEnd>> {
        match value {
            Value::List(items) | Value::Tuple(items) => Ok(Items::Known(items.to_vec())),
            Value::Unknown(unknown) => Ok(Items::Unknown(unknown)),
            other => {
                let message =
                    format!("The `loop` value must resolve to a 'list', not '{}'.", other.type_name());
                let place = self.task.looping.as_ref().map(|looping| &looping.expression.span);
                Err(Box::new(ItemEnd::plainly_failed(Error::new(message).at_some(place).hint(
                    "a mapping becomes a list with the filter 'dict2items', anything else with [ ] around it",
                ))))
            }
        }
    }

    fn control<'a>(&'a self, control: &'a LoopControl) -> Result<Control<'a>> {
        let scope = &self.scope;
        let loop_var = match &control.loop_var {
            Some(node) => scope.world.templates.resolve(&node.to_value(), scope)?.to_string(),
            None => "item".to_owned(),
        };
        check_name("loop_var", &loop_var, control.loop_var.as_ref())?;
        if let Some(name) = &control.index_var {
            check_name("index_var", name, None).map_err(|error| error.at_some(name.origin()))?;
        }
        let flag = |node: &Option<Node>, name: &str, default: bool| {
            self.keyword_flag(scope, node.as_ref(), name).map(|flag| flag.unwrap_or(default))
        };
        let pause = self.keyword_number(scope, control.pause.as_ref(), "pause", "float")?;
        Ok(Control {
            loop_var,
            index_var: control.index_var.as_deref(),
            extended: flag(&control.extended, "extended", false)?,
            all_items: flag(&control.extended_allitems, "extended_allitems", true)?,
            pause: pause.and_then(|pause| Duration::try_from_secs_f64(pause).ok()),
            label: control.label.as_ref(),
            break_when: &control.break_when,
        })
    }

    /// Runs the task for each item.
    pub(super) async fn each(&self, items: Vec<Value>) -> TaskEnd {
        let Some(looping) = &self.task.looping else {
            return self.finish(ItemEnd::plainly_failed(Error::new("no loop")), &self.scope, false);
        };
        if items.is_empty() {
            let mut item = ItemEnd::skipped("No items in the list", None);
            item.result.insert("results".into(), Value::list(Vec::<Value>::new()));
            item.result.insert("skipped_reason".into(), "No items in the list".into());
            return self.finish(item, &self.scope, true);
        }
        let control = match self.control(&looping.control) {
            Ok(control) => control,
            Err(error) => {
                let message = error.summary();
                let mut end = ItemEnd::plainly_failed(error);
                end.result.insert("msg".into(), message.into());
                return self.finish(end, &self.scope, false);
            }
        };
        let mut sum = Sum::default();
        let mut last = self.scope.clone();
        for (index, item) in items.iter().enumerate() {
            let scope = self.item_scope(&control, &items, index, &sum);
            let mut params = vec![(control.loop_var.clone(), item.clone())];
            params.extend(control.index_var.map(|name| (name.to_owned(), Value::from(index))));
            let own = ["ansible_loop_var", "ansible_index_var", "ansible_loop"];
            params.extend(
                own.into_iter().filter_map(|name| Some((name.to_owned(), scope.locals.get(name)?.clone()))),
            );
            let began = Instant::now();
            let mut end = self.item(&scope, Some(params)).await;
            let ended = Instant::now();
            self.add_loop_variables(&mut end, &control, &scope, item, index);
            // During the loop the variable holds the last item's result.
            self.register_whole(&end.registered());
            let (label, warning) = self.label(&scope, control.label, item);
            end.warnings.extend(warning);
            if let Some(inclusion) = &mut end.inclusion {
                inclusion.label = Some(label.clone());
            }
            let stop = self.breaks(&scope, &control, &mut end);
            let unreachable = matches!(end.status, Status::Unreachable { .. });
            sum.add(&end);
            if end.inclusion.is_none() {
                let mut told = self.close(end, &scope, false, Some(label));
                (told.ran.began, told.ran.ended) = (began, ended);
                sum.ignore(&told.ran.status);
                self.lane.take(Event::Item(Box::new(told.ran)));
                sum.effects.extend(told.effects);
            } else {
                sum.inclusions.extend(end.inclusion);
            }
            last = scope;
            if stop || unreachable {
                break;
            }
            if let Some(pause) = control.pause.filter(|_| index + 1 < items.len()) {
                tokio::time::sleep(pause).await;
            }
        }
        let (inclusions, effects) = (std::mem::take(&mut sum.inclusions), std::mem::take(&mut sum.effects));
        let spared = sum.spared;
        let mut end = self.finish(sum.end(), &last, true);
        // A failure of the loop is ignored if that of any item is.
        if let Status::Failed { ignored } = &mut end.ran.status {
            *ignored = spared;
        }
        end.inclusions = inclusions;
        end.effects = effects;
        end
    }

    /// What an item sees.
    fn item_scope(&self, control: &Control<'_>, items: &[Value], index: usize, sum: &Sum) -> HostScope {
        let mut scope = self.scope.clone();
        let mut local = |name: &str, value: Value| scope.locals.insert(name.into(), value);
        local(&control.loop_var, items[index].clone());
        local("ansible_loop_var", control.loop_var.as_str().into());
        if let Some(name) = control.index_var {
            local(name, index.into());
            local("ansible_index_var", name.into());
        }
        if control.extended {
            local("ansible_loop", extended_loop(items, index, control.all_items));
        }
        self.add_task_variable(&mut scope, &sum.results, sum.results.last());
        scope
    }

    fn add_loop_variables(
        &self,
        end: &mut ItemEnd,
        control: &Control<'_>,
        scope: &HostScope,
        item: &Value,
        index: usize,
    ) {
        end.result.insert("ansible_loop_var".into(), control.loop_var.as_str().into());
        end.result.insert(control.loop_var.as_str().into(), item.clone());
        if let Some(name) = control.index_var {
            end.result.insert("ansible_index_var".into(), name.into());
            end.result.insert(name.into(), index.into());
        }
        if let Some(extended) = scope.locals.get("ansible_loop").filter(|_| control.extended) {
            end.result.insert("ansible_loop".into(), extended.clone());
        }
    }

    /// Whether the loop ends after this item.
    fn breaks(&self, scope: &HostScope, control: &Control<'_>, end: &mut ItemEnd) -> bool {
        if control.break_when.is_empty() {
            return false;
        }
        match truth(&self.with_result(scope, end), control.break_when) {
            Ok(decision) => {
                let stop = matches!(decision, Decision::Yes);
                end.result.insert("break_when_result".into(), stop.into());
                stop
            }
            Err(error) => {
                suppress(end, "break_when");
                end.result.insert("break_when_result".into(), error.summary().into());
                end.result.insert("failed".into(), true.into());
                end.status = Status::Failed { ignored: false };
                end.exception = true;
                end.error = Some(condition_failed("break_when", error));
                true
            }
        }
    }

    /// What is shown for an item, and a warning if that can't be rendered.
    fn label(&self, scope: &HostScope, label: Option<&Node>, item: &Value) -> (String, Option<String>) {
        match label.map(|node| scope.world.templates.resolve(&node.to_value(), scope)) {
            Some(Ok(label)) => (label.to_string(), None),
            Some(Err(error)) => {
                let warning = format!("Failed to template loop_control label: {}", error.summary());
                (item.to_string(), Some(warning))
            }
            None => (item.to_string(), None),
        }
    }
}

fn check_name(keyword: &str, name: &str, node: Option<&Node>) -> Result<()> {
    if playbook::is_identifier(name) {
        return Ok(());
    }
    let span = node.map(|node| &node.span);
    let error = Error::new(format!("Invalid variable name '{name}'."))
        .at_some(span)
        .hint("a name starts with a letter or '_' and goes on with letters, digits and '_'");
    Err(error.within(format!("Invalid '{keyword}'"), span))
}

/// The sum of a loop's items.
#[derive(Default)]
struct Sum {
    results: Vec<Value>,
    changed: bool,
    failed: Option<Option<Error>>,
    unreachable: Option<Option<Error>>,
    unknown: Option<Unknown>,
    skipped: usize,
    /// Whether a failure of an item was ignored.
    spared: bool,
    delegate: Option<String>,
    warnings: Vec<String>,
    inclusions: Vec<Inclusion>,
    effects: Vec<Effect>,
    notices: Vec<Notice>,
    hidden: bool,
}

impl Sum {
    fn add(&mut self, end: &ItemEnd) {
        self.results.push(end.registered());
        self.delegate = end.delegate.clone().or(self.delegate.take());
        self.warnings.extend(end.warnings.iter().cloned());
        self.notices.extend(end.notices.iter().cloned());
        self.hidden |= end.hidden;
        self.changed |= end.result.get("changed").is_some_and(Value::is_true);
        match &end.status {
            Status::Changed => self.changed = true,
            Status::Failed { .. } => self.failed = self.failed.take().or(Some(end.error.clone())),
            Status::Unreachable { .. } => self.unreachable = Some(end.error.clone()),
            Status::Skipped => self.skipped += 1,
            Status::Unknown(unknown) => self.unknown = self.unknown.take().or(Some(unknown.clone())),
            Status::Ok => {}
        }
    }

    fn ignore(&mut self, status: &Status) {
        if let Status::Failed { ignored } = status {
            self.spared |= *ignored;
        }
    }

    fn end(self) -> ItemEnd {
        let all_skipped = self.skipped == self.results.len();
        let (status, message, error) = match (self.unreachable, self.failed, self.unknown) {
            (Some(error), _, _) => (Status::Unreachable { ignored: false }, "All items completed", error),
            (None, Some(error), _) => (Status::Failed { ignored: false }, "One or more items failed", error),
            _ if all_skipped => (Status::Skipped, "All items skipped", None),
            (None, None, Some(unknown)) if !self.changed => {
                (Status::Unknown(unknown), "All items completed", None)
            }
            _ if self.changed => (Status::Changed, "All items completed", None),
            _ => (Status::Ok, "All items completed", None),
        };
        let mut result = loop_result(&self.results);
        result.insert("msg".into(), message.into());
        result.insert("changed".into(), self.changed.into());
        match status {
            Status::Failed { .. } => {
                result.insert("failed".into(), true.into());
            }
            Status::Skipped => {
                result.insert("skipped".into(), true.into());
            }
            _ => {}
        }
        ItemEnd {
            error,
            delegate: self.delegate,
            warnings: self.warnings,
            notices: self.notices,
            hidden: self.hidden,
            ..ItemEnd::new(status, result)
        }
    }
}

/// The results of items as the result of a loop that goes on.
pub(super) fn loop_result(results: &[Value]) -> Map {
    Map::from_iter([("results".into(), Value::list(results.iter().cloned()))])
}

/// `ansible_loop`.
fn extended_loop(items: &[Value], index: usize, all_items: bool) -> Value {
    let count = items.len();
    let mut entries = vec![
        ("first", (index == 0).into()),
        ("index", (index + 1).into()),
        ("index0", index.into()),
        ("last", (index + 1 == count).into()),
        ("length", count.into()),
        ("revindex", (count - index).into()),
        ("revindex0", (count - index - 1).into()),
    ];
    if all_items {
        entries.push(("allitems", Value::list(items.iter().cloned())));
    }
    if let Some(next) = items.get(index + 1) {
        entries.push(("nextitem", next.clone()));
    }
    if let Some(previous) = index.checked_sub(1).and_then(|index| items.get(index)) {
        entries.push(("previtem", previous.clone()));
    }
    Value::map(entries)
}
