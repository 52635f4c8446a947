//! One task on one host: conditions, loop, attempts, the action, and what counts as changed and failed.

use std::sync::Arc;
use std::time::Duration;

use actions::{Call, Done, Effect, Failure, Kind, UserModule, Verdict};
use diag::{Error, Result};
use inventory::HostName;
use playbook::{ActionKind, LoopKind, Task};
use protocol::{Change, Request};
use template::Truth;
use value::{Convert, Map, Text, Unknown, Value};
use yaml::Node;

use crate::arguments::{self, Prepared};
use crate::environment;
use crate::includes::Inclusion;
use crate::jobs::Job;
use crate::orderly::Lane;
use crate::remote::{self, Remote};
use crate::result;
use crate::variables::HostScope;
use crate::{Event, Ran, Status};

/// A task on one host, about to run.
pub(crate) struct TaskRun {
    pub(crate) task: Arc<Task>,
    /// The variables that the task sees.
    pub(crate) scope: HostScope,
    pub(crate) lane: Lane,
    /// The task's name, rendered.
    pub(crate) title: String,
    /// Why a dry run can't know whether the task runs at all: a handler that may be notified.
    pub(crate) doubt: Option<Unknown>,
}

/// What came of it.
pub(crate) struct TaskEnd {
    pub(crate) ran: Ran,
    /// What `register` keeps.
    pub(crate) registered: Value,
    /// What it includes.
    pub(crate) inclusions: Vec<Inclusion>,
    /// What it changes on the controller, for hosts that share the result.
    pub(crate) effects: Vec<Effect>,
}

/// What came of one item, or of the task if there is no loop.
struct ItemEnd {
    status: Status,
    result: Map,
    changes: Vec<Change>,
    error: Option<Error>,
    delegate: Option<String>,
    shown: bool,
    warnings: Vec<String>,
    inclusion: Option<Inclusion>,
    effects: Vec<Effect>,
}

impl ItemEnd {
    fn new(status: Status, result: Map) -> ItemEnd {
        ItemEnd {
            status,
            result,
            changes: Vec::new(),
            error: None,
            delegate: None,
            shown: false,
            warnings: Vec::new(),
            inclusion: None,
            effects: Vec::new(),
        }
    }

    fn failed(error: Error) -> ItemEnd {
        let mut result = Map::new();
        result.insert("changed".into(), false.into());
        result.insert("msg".into(), error.summary().into());
        result.insert("failed".into(), true.into());
        ItemEnd { error: Some(error), ..ItemEnd::new(Status::Failed { ignored: false }, result) }
    }

    fn unknown(unknown: &Unknown) -> ItemEnd {
        let mut result = Map::new();
        result.insert("msg".into(), unknown.to_string().into());
        ItemEnd::new(Status::Unknown(unknown.clone()), result)
    }

    fn skipped(reason: &str, condition: Option<&Value>) -> ItemEnd {
        let mut result = Map::new();
        result.insert("changed".into(), false.into());
        result.insert("skipped".into(), true.into());
        result.insert("skip_reason".into(), reason.into());
        if let Some(condition) = condition {
            result.insert("false_condition".into(), condition.clone());
        }
        ItemEnd::new(Status::Skipped, result)
    }

    /// What `register` keeps of it.
    fn registered(&self) -> Value {
        match &self.status {
            Status::Unknown(unknown) => Value::from(unknown.clone()),
            _ => result::as_data(&self.result.clone().into()),
        }
    }
}

/// Whether all conditions hold.
enum Decision {
    Yes,
    No(Value),
    Unknown(Arc<Unknown>),
}

fn truth(scope: &HostScope, conditions: &[Node]) -> Result<Decision> {
    let mut unknown = None;
    for node in conditions {
        let value = node.to_value();
        match scope.world.templates.condition(&value, scope).map_err(|error| error.at(&node.span))? {
            Truth::True => {}
            // Whatever is unknown, one false condition is enough.
            Truth::False => return Ok(Decision::No(value)),
            Truth::Unknown(cause) => unknown = unknown.or(Some(cause)),
        }
    }
    Ok(unknown.map_or(Decision::Yes, Decision::Unknown))
}

impl TaskRun {
    /// Runs the task to its end.
    pub(crate) async fn run(self) -> TaskEnd {
        let end = match &self.task.looping {
            None => {
                let item = self.item(&self.scope, None).await;
                self.close(item, false, None)
            }
            Some(_) => match self.items() {
                Ok(Items::Known(items)) => self.each(items).await,
                Ok(Items::Unknown(unknown)) => self.close(ItemEnd::unknown(&unknown), false, None),
                Err(error) => {
                    // A condition that does not hold skips the task before its loop matters.
                    let item = match truth(&self.scope, &self.task.keywords.when) {
                        Ok(Decision::No(condition)) => {
                            ItemEnd::skipped("Conditional result was False", Some(&condition))
                        }
                        _ => ItemEnd::failed(error),
                    };
                    self.close(item, false, None)
                }
            },
        };
        self.register(&end.registered);
        // What includes bring is told once for all hosts, when it is loaded.
        if end.inclusions.is_empty() || end.ran.status != Status::Ok {
            self.lane.take(Event::Ran(Box::new(end.ran.clone())));
        }
        end
    }

    fn register(&self, registered: &Value) {
        if let Some(name) = &self.task.register {
            self.scope.world.masks.learn(registered);
            self.scope.world.host(&self.scope.host).set(name, registered.clone());
        }
    }

    fn flag(&self, scope: &HostScope, node: Option<&Node>) -> Result<Option<bool>> {
        let Some(node) = node else { return Ok(None) };
        let value =
            scope.world.templates.resolve(&node.to_value(), scope).map_err(|error| error.at(&node.span))?;
        match value {
            Value::Omit | Value::Null => Ok(None),
            value => value.to_bool().map(Some).map_err(|error| Error::new(error.to_string()).at(&node.span)),
        }
    }

    /// As a flag that counts as false if it can't be told.
    fn lenient_flag(&self, node: Option<&Node>) -> bool {
        self.flag(&self.scope, node).ok().flatten().unwrap_or(false)
    }

    fn no_log(&self) -> bool {
        match &self.task.keywords.no_log {
            None => self.scope.world.settings.no_log,
            // What can't be told is masked.
            Some(node) => self.flag(&self.scope, Some(node)).map_or(true, |flag| flag.unwrap_or(false)),
        }
    }

    /// Makes an item's end the task's end: ignored failures, what is shown.
    fn close(&self, mut item: ItemEnd, looped: bool, label: Option<String>) -> TaskEnd {
        let keywords = &self.task.keywords;
        match &mut item.status {
            Status::Failed { ignored } => *ignored = self.lenient_flag(keywords.ignore_errors.as_ref()),
            Status::Unreachable { ignored } => {
                *ignored = self.lenient_flag(keywords.ignore_unreachable.as_ref())
            }
            _ => {}
        }
        let registered = item.registered();
        let inclusions = item.inclusion.take().into_iter().collect();
        let effects = std::mem::take(&mut item.effects);
        TaskEnd { ran: self.ran(item, looped, label), registered, inclusions, effects }
    }

    fn ran(&self, item: ItemEnd, looped: bool, label: Option<String>) -> Ran {
        let no_log = self.no_log();
        let diff = self
            .flag(&self.scope, self.task.keywords.diff.as_ref())
            .ok()
            .flatten()
            .unwrap_or(self.scope.world.settings.diff);
        let mut ran = Ran {
            host: self.scope.host.clone(),
            delegate: item.delegate,
            status: item.status,
            result: item.result,
            changes: item.changes,
            label,
            error: item.error,
            no_log,
            diff,
            shown: item.shown,
            looped,
            action: self.task.action.module.clone(),
            warnings: item.warnings,
        };
        if no_log {
            censor(&mut ran);
        }
        ran
    }

    fn items(&self) -> Result<Items> {
        let Some(looping) = &self.task.looping else { return Ok(Items::Known(Vec::new())) };
        let templates = &self.scope.world.templates;
        let value = looping.expression.to_value();
        let found = match &looping.kind {
            LoopKind::Loop => templates.resolve(&value, &self.scope),
            LoopKind::With(lookup) => templates.resolve(&value, &self.scope).and_then(|terms| match terms {
                Value::Unknown(_) => Ok(terms),
                terms => {
                    let terms = terms.as_list().map_or_else(|| vec![terms.clone()], <[Value]>::to_vec);
                    templates.lookup(lookup, terms, Map::new(), &self.scope, true)
                }
            }),
        };
        match found.map_err(|error| error.at(&looping.expression.span))? {
            Value::List(items) | Value::Tuple(items) => Ok(Items::Known(items.to_vec())),
            Value::Unknown(unknown) => Ok(Items::Unknown(unknown)),
            other => Err(Error::new(format!(
                "a loop needs a list, not {} ({})",
                other.type_name(),
                other.repr()
            ))
            .at(&looping.expression.span)
            .hint("a mapping becomes a list with the filter 'dict2items', anything else with [ ] around it")),
        }
    }

    async fn each(&self, items: Vec<Value>) -> TaskEnd {
        let Some(looping) = &self.task.looping else {
            return self.close(ItemEnd::failed(Error::new("no loop")), false, None);
        };
        if items.is_empty() {
            let mut item = ItemEnd::skipped("No items in the list", None);
            item.result.insert("results".into(), Value::list(Vec::<Value>::new()));
            item.result.insert("skipped_reason".into(), "No items in the list".into());
            return self.close(item, false, None);
        }
        let control = &looping.control;
        let loop_var = match &control.loop_var {
            Some(node) => self
                .scope
                .world
                .templates
                .resolve(&node.to_value(), &self.scope)
                .map(|value| value.to_string()),
            None => Ok("item".to_owned()),
        };
        let loop_var = match loop_var {
            Ok(name) => name,
            Err(error) => return self.close(ItemEnd::failed(error), false, None),
        };
        let extended = self.lenient_flag(control.extended.as_ref());
        let count = items.len();
        let mut sum = Sum::default();
        for (index, item) in items.iter().enumerate() {
            let mut scope = self.scope.clone();
            let mut local = |name: &str, value: Value| scope.locals.insert(name.into(), value);
            local(&loop_var, item.clone());
            local("ansible_loop_var", loop_var.as_str().into());
            if let Some(name) = &control.index_var {
                local(name, index.into());
                local("ansible_index_var", name.as_str().into());
            }
            if extended {
                local("ansible_loop", extended_loop(&items, index));
            }
            let mut params = vec![(loop_var.clone(), item.clone())];
            params.extend(control.index_var.iter().map(|name| (name.to_string(), Value::from(index))));
            let label = self.label(&scope, control.label.as_ref(), item);
            let mut end = self.item(&scope, Some((params, label.clone()))).await;
            end.result.insert("ansible_loop_var".into(), loop_var.as_str().into());
            end.result.insert(loop_var.as_str().into(), item.clone());
            if let Some(name) = &control.index_var {
                end.result.insert("ansible_index_var".into(), name.as_str().into());
                end.result.insert(name.as_str().into(), index.into());
            }
            // During the loop the variable holds the last item's result.
            self.register(&end.registered());
            let stop = match truth(&scope, &control.break_when) {
                Ok(Decision::Yes) => !control.break_when.is_empty(),
                _ => false,
            };
            let unreachable = matches!(end.status, Status::Unreachable { .. });
            sum.add(&end);
            if end.inclusion.is_none() {
                let told = self.close(end, false, Some(label));
                self.lane.take(Event::Item(Box::new(told.ran)));
                sum.effects.extend(told.effects);
            } else {
                sum.inclusions.extend(end.inclusion);
            }
            if stop || unreachable {
                break;
            }
            if let Some(pause) = &control.pause
                && index + 1 < count
                && let Ok(seconds) = self.scope.world.templates.resolve(&pause.to_value(), &self.scope)
                && let Ok(pause) = Duration::try_from_secs_f64(seconds.to_f64().unwrap_or(0.0))
            {
                tokio::time::sleep(pause).await;
            }
        }
        let (inclusions, effects) = (std::mem::take(&mut sum.inclusions), std::mem::take(&mut sum.effects));
        let mut end = self.close(sum.end(), true, None);
        end.inclusions = inclusions;
        end.effects = effects;
        end
    }

    fn label(&self, scope: &HostScope, label: Option<&Node>, item: &Value) -> String {
        let rendered = label.and_then(|node| scope.world.templates.resolve(&node.to_value(), scope).ok());
        rendered.unwrap_or_else(|| item.clone()).to_string()
    }

    /// One item, or the task if there is no loop.
    async fn item(&self, scope: &HostScope, looped: Option<(Vec<(String, Value)>, String)>) -> ItemEnd {
        match self.try_item(scope, looped).await {
            Ok(end) => end,
            Err(error) => ItemEnd::failed(error),
        }
    }

    async fn try_item(
        &self,
        scope: &HostScope,
        looped: Option<(Vec<(String, Value)>, String)>,
    ) -> Result<ItemEnd> {
        let task = &self.task;
        // Where the task would run is worked out before whether it runs.
        if let Some(node) = &task.keywords.delegate_to
            && let Ok(Value::String(host)) = scope.world.templates.resolve(&node.to_value(), scope)
            && host.is_empty()
        {
            let message = format!("Empty hostname produced from delegate_to: {}", node.to_value().repr());
            return Err(Error::new(message).at(&node.span));
        }
        match truth(scope, &task.keywords.when)? {
            Decision::Yes => {}
            Decision::No(condition) => {
                return Ok(ItemEnd::skipped("Conditional result was False", Some(&condition)));
            }
            Decision::Unknown(unknown) => return Ok(ItemEnd::unknown(&unknown)),
        }
        if let Some(doubt) = &self.doubt {
            return Ok(ItemEnd::unknown(doubt));
        }
        if matches!(task.action.kind, ActionKind::IncludeTasks(_) | ActionKind::IncludeRole(_)) {
            let (params, label) = looped.map_or((Vec::new(), None), |(params, label)| (params, Some(label)));
            let inclusion = Inclusion::of(task, scope, params, label)?;
            let mut end = ItemEnd::new(Status::Ok, Map::from_iter([("changed".into(), false.into())]));
            end.inclusion = Some(inclusion);
            return Ok(end);
        }
        let kind = self.kind(scope)?;
        let (remote, delegate) = self.remote(scope)?;
        let mut end = match arguments::prepare(task, kind, scope)? {
            Prepared::Unknown(unknown) => ItemEnd::unknown(&unknown),
            Prepared::Ready(arguments) => self.attempts(scope, kind, &remote, arguments).await?,
        };
        end.delegate = delegate.as_ref().map(ToString::to_string);
        self.take_effects(scope, &mut end, delegate.as_ref());
        Ok(end)
    }

    /// The canonical name of the action.
    fn canonical(&self, scope: &HostScope) -> Result<String> {
        let action = &self.task.action;
        Ok(match action.kind {
            ActionKind::Template => {
                let written = scope.world.templates.render(&action.written, scope)?.to_string();
                scope
                    .world
                    .loader
                    .resolve_action(&written, &self.task.keywords.collections)
                    .map_err(|error| error.at(&action.span))?
            }
            _ => action.module.clone(),
        })
    }

    /// The module, if it is one of the user's own.
    fn program(&self, scope: &HostScope) -> Result<Option<UserModule>> {
        let loader = &scope.world.loader;
        let name = self.canonical(scope)?;
        Ok(loader.program(&name).map(|file| UserModule { name, file, shared: loader.module_utils() }))
    }

    fn kind(&self, scope: &HostScope) -> Result<&'static Kind> {
        let name = self.canonical(scope)?;
        if scope.world.loader.program(&name).is_some() {
            return Ok(actions::program());
        }
        actions::find(&name)
            .ok_or_else(|| Error::new(format!("unknown module '{name}'")).at(&self.task.action.span))
    }

    fn remote(&self, scope: &HostScope) -> Result<(Remote, Option<HostName>)> {
        let task = &self.task;
        let world = &scope.world;
        let delegate = match &task.keywords.delegate_to {
            None => None,
            Some(node) => match world
                .templates
                .resolve(&node.to_value(), scope)
                .map_err(|error| error.at(&node.span))?
            {
                Value::Omit | Value::Null => None,
                value => Some(HostName::from(value.to_string())),
            },
        };
        let connection_scope = match &delegate {
            None => scope.clone(),
            // Its own variables say how to reach it, with the task's over them.
            Some(host) => HostScope {
                task: scope.task.clone(),
                locals: scope.locals.clone(),
                sees_play: true,
                ..scope.of_host(host)
            },
        };
        let target = remote::target(&connection_scope, scope)?;
        let become_user = remote::become_user(&connection_scope, scope, &target)?;
        let dry_run = self.flag(scope, task.keywords.check_mode.as_ref())?.unwrap_or(world.settings.check);
        let diff = self.flag(scope, task.keywords.diff.as_ref())?.unwrap_or(world.settings.diff);
        let request = Request {
            id: 0,
            module: String::new(),
            arguments: Value::Null,
            dry_run,
            diff,
            environment: self.with_job_directory(scope, environment::render(task, scope)?)?,
            timeout: None,
            program: None,
            job: None,
            predicted: Vec::new(),
            task: self.title.clone(),
            place: task.span.to_string(),
        };
        Ok((Remote { world: Arc::clone(world), target, become_user, request }, delegate))
    }

    fn number(&self, scope: &HostScope, node: Option<&Node>) -> Result<Option<f64>> {
        let Some(node) = node else { return Ok(None) };
        let value =
            scope.world.templates.resolve(&node.to_value(), scope).map_err(|error| error.at(&node.span))?;
        match value {
            Value::Omit | Value::Null => Ok(None),
            value => value.to_f64().map(Some).map_err(|error| Error::new(error.to_string()).at(&node.span)),
        }
    }

    /// The job that the task is to be, if it has `async`.
    fn job(&self, scope: &HostScope, kind: &Kind) -> Result<Option<Job>> {
        let seconds = self.number(scope, self.task.r#async.as_ref())?.unwrap_or(0.0);
        if seconds < 1.0 {
            return Ok(None);
        }
        if !kind.action.supports_async() {
            // Playbooks look at these words.
            let message = format!("This action ({}) does not support async.", kind.manual.name);
            return Err(Error::new(message).at(&self.task.span));
        }
        let poll = self.number(scope, self.task.poll.as_ref())?;
        Ok(Some(Job { seconds: seconds as u64, poll: poll.unwrap_or(scope.world.settings.poll_interval) }))
    }

    /// Where jobs keep their files, if that is not the usual place.
    fn with_job_directory(
        &self,
        scope: &HostScope,
        mut environment: Vec<(String, String)>,
    ) -> Result<Vec<(String, String)>> {
        const NAME: &str = "ANSIBLE_ASYNC_DIR";
        if !environment.iter().any(|(name, _)| name == NAME) {
            let variable = scope.rendered("ansible_async_dir")?.map(|directory| directory.to_string());
            let directory = variable.or_else(|| scope.world.settings.async_directory.clone());
            environment.extend(directory.map(|directory| (NAME.to_owned(), directory)));
        }
        Ok(environment)
    }

    /// Runs the action until it is good enough.
    async fn attempts(
        &self,
        scope: &HostScope,
        kind: &Kind,
        remote: &Remote,
        arguments: Map,
    ) -> Result<ItemEnd> {
        let task = &self.task;
        let retries = self.number(scope, task.retries.as_ref())?;
        let attempts = match (retries, task.until.is_empty()) {
            (None, true) => 1,
            (None, false) => 3,
            (Some(retries), _) => (retries as u64).max(1),
        };
        let delay = self.number(scope, task.delay.as_ref())?.unwrap_or(5.0);
        let delay = if delay < 0.0 { 1.0 } else { delay };
        let mut attempt = 1;
        loop {
            let mut end = self.attempt(scope, kind, remote, arguments.clone()).await?;
            if attempts == 1 || matches!(end.status, Status::Unreachable { .. } | Status::Unknown(_)) {
                return Ok(end);
            }
            end.result.insert("attempts".into(), attempt.into());
            let good = match self.is_good_enough(scope, &end)? {
                Decision::Yes => true,
                Decision::No(_) => false,
                Decision::Unknown(unknown) => return Ok(ItemEnd::unknown(&unknown)),
            };
            if good {
                return Ok(end);
            }
            if remote.request.dry_run {
                let cause = "a dry run does not wait, so nobody knows whether 'until' comes true";
                return Ok(ItemEnd::unknown(&self.cause(cause)));
            }
            let mut told = end.result.clone();
            told.insert("retries".into(), attempts.into());
            self.lane.take(Event::Retry {
                host: scope.host.clone(),
                title: self.title.clone(),
                left: attempts - attempt,
                result: if self.no_log() { Map::new() } else { told },
            });
            if attempt == attempts {
                end.result.insert("failed".into(), true.into());
                end.status = Status::Failed { ignored: false };
                return Ok(end);
            }
            attempt += 1;
            tokio::time::sleep(Duration::try_from_secs_f64(delay).unwrap_or(Duration::from_secs(5))).await;
        }
    }

    fn cause(&self, cause: &str) -> Unknown {
        Unknown { cause: cause.to_owned(), task: self.title.clone(), place: self.task.span.to_string() }
    }

    fn is_good_enough(&self, scope: &HostScope, end: &ItemEnd) -> Result<Decision> {
        if self.task.until.is_empty() {
            let failed = matches!(end.status, Status::Failed { .. });
            return Ok(if failed { Decision::No(Value::Null) } else { Decision::Yes });
        }
        truth(&self.with_result(scope, end), &self.task.until)
    }

    /// The scope in which a result is judged.
    fn with_result(&self, scope: &HostScope, end: &ItemEnd) -> HostScope {
        let registered = end.registered();
        match &self.task.register {
            Some(name) => scope.with_local(name, registered),
            None => scope.clone(),
        }
    }

    async fn attempt(
        &self,
        scope: &HostScope,
        kind: &Kind,
        remote: &Remote,
        arguments: Map,
    ) -> Result<ItemEnd> {
        let job = self.job(scope, kind)?;
        let starts = !remote.request.dry_run;
        let detached = job.as_ref().filter(|_| starts).map(|job| job.detached(remote));
        let call = Call {
            name: kind.manual.name,
            arguments,
            task: &self.task,
            program: self.program(scope)?,
            scope,
            templates: &scope.world.templates,
            site: detached.as_ref().unwrap_or(remote),
            dry_run: remote.request.dry_run,
            diff: remote.request.diff,
            verbosity: scope.world.settings.verbosity,
        };
        let running = kind.action.run(call);
        let limit = match &self.task.keywords.timeout {
            None => scope.world.settings.task_timeout,
            Some(node) => {
                let value = scope
                    .world
                    .templates
                    .resolve(&node.to_value(), scope)
                    .map_err(|error| error.at(&node.span))?;
                value.to_f64().map_err(|error| Error::new(error.to_string()).at(&node.span))?
            }
        };
        let outcome = match Duration::try_from_secs_f64(limit) {
            Ok(limit) if !limit.is_zero() => match tokio::time::timeout(limit, running).await {
                Ok(outcome) => outcome,
                Err(_) => Ok(timed_out(limit)),
            },
            _ => running.await,
        };
        let outcome = match (job, outcome) {
            (Some(job), Ok(begun)) if starts => job.follow(begun, remote, &self.lane).await,
            (Some(job), Ok(predicted)) => Ok(job.predicted(predicted)),
            (_, outcome) => outcome,
        };
        let done = match outcome {
            Ok(done) => done,
            Err(Failure::Task(error)) => return Err(error.at(&self.task.span)),
            Err(Failure::Unreachable(error)) => return Ok(unreachable(error)),
        };
        self.judge(scope, done)
    }

    /// Decides what counts as changed and failed.
    fn judge(&self, scope: &HostScope, done: Done) -> Result<ItemEnd> {
        let changed = done.changed();
        let Done { mut result, changes, verdict, effects, warnings, shown } = done;
        result::add_lines(&mut result);
        let task = &self.task;
        let status = match verdict {
            Verdict::Done if changed => Status::Changed,
            Verdict::Done => Status::Ok,
            Verdict::Failed => Status::Failed { ignored: false },
            Verdict::Skipped => Status::Skipped,
            Verdict::Unknown(unknown) => Status::Unknown(unknown),
        };
        if status == Status::Skipped {
            result.insert("skipped".into(), true.into());
        }
        let failed = matches!(status, Status::Failed { .. });
        result.insert("changed".into(), changed.into());
        result.insert("failed".into(), failed.into());
        if scope.world.settings.diff && !changes.is_empty() && !result.contains_key("diff") {
            result.insert("diff".into(), result::diff(&changes));
        }
        let shown_changes = changes.into_iter().filter(|change| change.kind != "pending package").collect();
        let error = failed.then(|| {
            let message = result.get("msg").map_or_else(|| "the task failed".to_owned(), ToString::to_string);
            // A failed assertion knows which of its conditions it was.
            let place = result.get("msg").and_then(Value::as_text).and_then(Text::origin);
            Error::new(message).at_some(place).at(&task.span)
        });
        let mut end = ItemEnd {
            changes: shown_changes,
            effects,
            warnings,
            shown,
            error,
            ..ItemEnd::new(status, result)
        };
        if matches!(end.status, Status::Unknown(_) | Status::Skipped) {
            return Ok(end);
        }
        if !task.failed_when.is_empty() {
            // What can't be known counts as no failure: the dry run goes on.
            let fails = matches!(truth(&self.with_result(scope, &end), &task.failed_when)?, Decision::Yes);
            end.result.insert("failed_when_result".into(), fails.into());
            end.result.insert("failed".into(), fails.into());
            if fails {
                end.status = Status::Failed { ignored: false };
                let message =
                    end.result.get("msg").map(ToString::to_string).filter(|message| !message.is_empty());
                let message = message.unwrap_or_else(|| "a condition of 'failed_when' holds".into());
                end.result.insert("msg".into(), message.as_str().into());
                end.error = Some(Error::new(message).at(&task.failed_when[0].span));
            } else {
                end.status = if changed { Status::Changed } else { Status::Ok };
                end.error = None;
            }
        }
        if !task.changed_when.is_empty() {
            let failed = matches!(end.status, Status::Failed { .. });
            match truth(&self.with_result(scope, &end), &task.changed_when)? {
                Decision::Unknown(_) if failed => {}
                Decision::Unknown(unknown) => end.status = Status::Unknown((*unknown).clone()),
                decision => {
                    let changed = matches!(decision, Decision::Yes);
                    end.result.insert("changed".into(), changed.into());
                    end.result.insert("changed_when_result".into(), changed.into());
                    if !failed {
                        end.status = if changed { Status::Changed } else { Status::Ok };
                    }
                }
            }
        }
        Ok(end)
    }

    /// Facts and variables take effect at once, so that the next item of a loop sees them.
    fn take_effects(&self, scope: &HostScope, end: &mut ItemEnd, delegate: Option<&HostName>) {
        if matches!(end.status, Status::Failed { .. } | Status::Unreachable { .. }) {
            return;
        }
        if let Some(Value::Map(facts)) = end.result.get("ansible_facts") {
            let own_effect = end
                .effects
                .iter()
                .any(|effect| matches!(effect, Effect::SetFacts { .. } | Effect::IncludeVars(_)));
            if !own_effect {
                let for_delegate = self
                    .flag(scope, self.task.keywords.delegate_facts.as_ref())
                    .ok()
                    .flatten()
                    .unwrap_or(false);
                let host = delegate.filter(|_| for_delegate).unwrap_or(&scope.host);
                let facts = result::as_data(&Value::Map(Arc::clone(facts)));
                scope.world.add_facts(host, facts.as_map().unwrap_or(&Map::new()));
            }
        }
        let effects = end.effects.clone();
        if self.apply(scope, &scope.host, &effects) {
            end.status = Status::Changed;
            end.result.insert("changed".into(), true.into());
        }
    }

    /// Carries out what an action changes on the controller, for one host. Returns whether the inventory changed.
    pub(crate) fn apply(&self, scope: &HostScope, host: &HostName, effects: &[Effect]) -> bool {
        let state = scope.world.host(host);
        let mut changed = false;
        for effect in effects {
            match effect {
                Effect::SetFacts { facts, cacheable } => {
                    for (name, value) in facts {
                        state.set(&name.to_string(), value.clone());
                    }
                    if *cacheable {
                        scope.world.add_facts(host, facts);
                    }
                }
                Effect::IncludeVars(variables) => {
                    let mut included =
                        state.included.write().unwrap_or_else(std::sync::PoisonError::into_inner);
                    included.extend(variables.iter().map(|(name, value)| (name.clone(), value.clone())));
                }
                Effect::AddHost { name, groups, variables } => {
                    let mut inventory =
                        scope.world.inventory.write().unwrap_or_else(std::sync::PoisonError::into_inner);
                    let groups: Vec<&str> = groups.iter().map(String::as_str).collect();
                    changed |= inventory.add_host(name, &groups, variables);
                }
                Effect::GroupBy { group, parents } => {
                    let mut inventory =
                        scope.world.inventory.write().unwrap_or_else(std::sync::PoisonError::into_inner);
                    let parents: Vec<&str> = parents.iter().map(String::as_str).collect();
                    changed |= inventory.add_group(group, &parents);
                    changed |= inventory.add_to_group(host, group);
                }
            }
        }
        changed
    }
}

enum Items {
    Known(Vec<Value>),
    Unknown(Arc<Unknown>),
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
    delegate: Option<String>,
    inclusions: Vec<Inclusion>,
    effects: Vec<Effect>,
}

impl Sum {
    fn add(&mut self, end: &ItemEnd) {
        self.results.push(end.registered());
        self.delegate = end.delegate.clone().or(self.delegate.take());
        match &end.status {
            Status::Changed => self.changed = true,
            Status::Failed { .. } => self.failed = self.failed.take().or(Some(end.error.clone())),
            Status::Unreachable { .. } => self.unreachable = Some(end.error.clone()),
            Status::Skipped => self.skipped += 1,
            Status::Unknown(unknown) => self.unknown = self.unknown.take().or(Some(unknown.clone())),
            Status::Ok => {}
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
        let mut result = Map::new();
        result.insert("results".into(), Value::from(self.results));
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
        ItemEnd { error, delegate: self.delegate, ..ItemEnd::new(status, result) }
    }
}

/// The end of a task that took longer than its `timeout`.
fn timed_out(limit: Duration) -> Done {
    // Playbooks look at these words and keys.
    let period = limit.as_secs();
    let message = format!("Task failed: Timed out after {period} second(s).");
    Done::failed(message).and("timedout", Value::map([("period", Value::from(period))]))
}

fn unreachable(error: Error) -> ItemEnd {
    let mut result = Map::new();
    result.insert("changed".into(), false.into());
    result.insert("msg".into(), error.summary().into());
    result.insert("unreachable".into(), true.into());
    ItemEnd { error: Some(error), ..ItemEnd::new(Status::Unreachable { ignored: false }, result) }
}

/// `ansible_loop`.
fn extended_loop(items: &[Value], index: usize) -> Value {
    let count = items.len();
    let mut entries = vec![
        ("allitems", Value::list(items.iter().cloned())),
        ("first", (index == 0).into()),
        ("index", (index + 1).into()),
        ("index0", index.into()),
        ("last", (index + 1 == count).into()),
        ("length", count.into()),
        ("revindex", (count - index).into()),
        ("revindex0", (count - index - 1).into()),
    ];
    if let Some(next) = items.get(index + 1) {
        entries.push(("nextitem", next.clone()));
    }
    if let Some(previous) = index.checked_sub(1).and_then(|index| items.get(index)) {
        entries.push(("previtem", previous.clone()));
    }
    Value::map(entries)
}

/// What is left of a result that must not be shown.
fn censor(ran: &mut Ran) {
    const CENSORED: &str =
        "the output has been hidden due to the fact that 'no_log: true' was specified for this result";
    let kept = ["changed", "failed", "skipped", "attempts", "retries", "unreachable"];
    let mut result = Map::new();
    result.insert("censored".into(), CENSORED.into());
    for key in kept {
        if let Some(value) = ran.result.get(key) {
            result.insert(key.into(), value.clone());
        }
    }
    ran.result = result;
    ran.changes.clear();
    ran.warnings.clear();
    ran.label = ran.label.as_ref().map(|_| "(censored due to no_log)".to_owned());
    if let Some(error) = ran.error.take() {
        ran.error =
            Some(Error::new("the task failed; its output is hidden by 'no_log'").at_some(error.span()));
    }
}

/// A task's name as it is shown: templates in it rendered as well as can be.
pub(crate) fn title(task: &Task, scope: &HostScope) -> String {
    let name = match &task.name {
        Some(name) if name.is_template() => match scope.world.templates.render(name, scope) {
            Ok(value) => value.to_string(),
            Err(error) => best_effort(name, &error),
        },
        _ => task.plain_name().to_owned(),
    };
    task.title(name.trim())
}

fn best_effort(name: &Text, error: &Error) -> String {
    match (name.find("{{"), name.rfind("}}")) {
        (Some(start), Some(end)) if start < end => {
            format!("{}<< error 1 - {} >>{}", &name[..start], error.message(), &name[end + 2..])
        }
        _ => name.to_string(),
    }
}
