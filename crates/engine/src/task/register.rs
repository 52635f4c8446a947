//! What a task keeps of its result: one variable, or an expression for each of several, and `_task`, which they see.

use diag::{Error, Errors};
use playbook::{Projection, Register};
use value::{Map, Value};
use yaml::{Node, NodeKind};

use super::TaskRun;
use super::item::ItemEnd;
use super::loops::loop_result;
use crate::Status;
use crate::variables::HostScope;

/// What conditions and projections see of the task itself.
const TASK: &str = "_task";

impl TaskRun {
    /// The scope in which a result is judged: it is there under its registered name and in `_task`.
    pub(super) fn with_result(&self, scope: &HostScope, end: &ItemEnd) -> HostScope {
        let registered = end.registered();
        let mut scope = scope.clone();
        if let Some(Register::Whole(name)) = &self.task.register {
            scope.locals.insert(name.as_str().into(), registered.clone());
        }
        let mut results = self.results_so_far(&scope);
        if let Some(results) = &mut results {
            results.push(registered.clone());
        }
        self.add_task(&mut scope, results.as_deref(), Some(&registered));
        scope
    }

    /// Lets an item of a loop see what came before it.
    pub(super) fn add_task_variable(&self, scope: &mut HostScope, results: &[Value], last: Option<&Value>) {
        if self.looks_at_itself() {
            self.add_task(scope, Some(results), last);
        }
    }

    fn add_task(&self, scope: &mut HostScope, results: Option<&[Value]>, result: Option<&Value>) {
        let mut task = Map::new();
        if let Some(results) = results {
            task.insert("loop_result".into(), loop_result(results).into());
        }
        if let Some(result) = result {
            task.insert("result".into(), result.clone());
        }
        set_task(scope, task);
        self.add_projections(scope);
    }

    fn add_projections(&self, scope: &mut HostScope) {
        for projection in self.projections() {
            scope.locals.insert(projection.name.as_str().into(), projection.template.clone());
        }
    }

    fn projections(&self) -> &[Projection] {
        match &self.task.register {
            Some(Register::Projections(projections)) => projections,
            _ => &[],
        }
    }

    /// The results of the items before this one; none outside of a loop.
    fn results_so_far(&self, scope: &HostScope) -> Option<Vec<Value>> {
        let results = scope.locals.get(TASK)?.get("loop_result")?.get("results")?;
        results.as_list().map(<[Value]>::to_vec)
    }

    /// Whether `_task` must be there: for long loops it costs time.
    fn looks_at_itself(&self) -> bool {
        let task = &self.task;
        let control = task.looping.as_ref().map(|looping| looping.control.break_when.as_slice());
        let conditions = [&task.keywords.when, &task.until, &task.changed_when, &task.failed_when];
        let mut nodes = conditions.into_iter().flatten().chain(control.unwrap_or_default());
        !self.projections().is_empty() || nodes.any(mentions_task)
    }

    /// Keeps the whole result, if it has one name.
    pub(super) fn register_whole(&self, registered: &Value) {
        if let Some(Register::Whole(name)) = &self.task.register {
            self.set_variable(name, registered.clone());
        }
    }

    fn set_variable(&self, name: &str, value: Value) {
        self.scope.world.masks.learn(&value);
        self.scope.world.host(&self.scope.host).set(name, value);
    }

    /// Keeps the result at the end of the task; gives the variables that were set. A projection that fails, fails the
    /// task, and leaves its variable undefined with the reason. `scope` is that of the last item.
    pub(super) fn register(
        &self,
        scope: &HostScope,
        end: &mut ItemEnd,
        looped: bool,
    ) -> Vec<(String, Value)> {
        let registered = end.registered();
        let variables = match &self.task.register {
            None => Vec::new(),
            Some(Register::Whole(name)) => vec![(name.to_string(), registered)],
            Some(Register::Projections(_)) => self.project(scope, end, &registered, looped),
        };
        for (name, value) in &variables {
            self.set_variable(name, value.clone());
        }
        variables
    }

    fn project(
        &self,
        scope: &HostScope,
        end: &mut ItemEnd,
        registered: &Value,
        looped: bool,
    ) -> Vec<(String, Value)> {
        let mut scope = scope.clone();
        let mut task = Map::new();
        task.insert("polymorphic_result".into(), registered.clone());
        if looped {
            task.insert("loop_result".into(), registered.clone());
            let results = registered.get("results").and_then(Value::as_list).and_then(<[Value]>::last);
            task.extend(results.map(|last| ("result".into(), last.clone())));
        } else {
            task.insert("result".into(), registered.clone());
        }
        set_task(&mut scope, task);
        self.add_projections(&mut scope);
        let mut errors = Errors::new();
        let mut variables = Vec::new();
        for projection in self.projections() {
            let name = &projection.name;
            let value = match scope.world.templates.resolve(&projection.template, &scope) {
                Ok(value) => value,
                Err(error) => {
                    let error = error.at(&projection.span);
                    let reason = format!(
                        "The variable '{}' is undefined because its register expression failed: {}",
                        name.as_str(),
                        error.summary()
                    );
                    let failed = format!("Register projection '{}' failed", name.as_str());
                    errors.push(error.within(failed, None));
                    Value::undefined(reason)
                }
            };
            variables.push((name.to_string(), value));
        }
        if errors.any() {
            self.projections_failed(end, errors);
        }
        variables
    }

    fn projections_failed(&self, end: &mut ItemEnd, errors: Errors) {
        let (count, all) = (errors.iter().count(), self.projections().len());
        let message = format!("Task failed due to errors in {count} out of {all} register projections.");
        let first = errors.iter().next().cloned();
        let error = errors.iter().fold(Error::new(message), |error, cause| error.cause(cause.summary()));
        let error = error.at_some(first.as_ref().and_then(Error::span));
        let missing = end.result.get("msg").is_none_or(Value::is_null);
        if missing {
            end.result.insert("msg".into(), error.message().into());
        }
        end.result.insert("failed".into(), true.into());
        end.status = Status::Failed { ignored: false };
        end.exception = true;
        end.error = Some(error);
    }
}

fn set_task(scope: &mut HostScope, task: Map) {
    scope.locals.insert(TASK.into(), task.into());
}

fn mentions_task(node: &Node) -> bool {
    match &node.kind {
        NodeKind::Scalar(value) => value.as_str().is_some_and(|text| text.contains(TASK)),
        NodeKind::List(items) => items.iter().any(mentions_task),
        NodeKind::Map(_) => false,
    }
}
