//! One task on one host: conditions, loop, attempts, the action, and what counts as changed and failed.

mod conditions;
mod delegation;
mod doubts;
mod effects;
mod invocation;
mod item;
mod keywords;
mod loops;
mod notices;
mod register;
mod rehearsal;
mod verdict;

use std::sync::Arc;
use std::time::{Duration, Instant};

use actions::{Call, Done, Effect, Failure, Kind, Teller, UserModule};
use diag::{Error, Result};
use inventory::HostName;
use playbook::{ActionKind, Task};
use protocol::Request;
use value::{Convert, Map, Text, Unknown, Value};
use yaml::Node;

use self::conditions::{Decision, condition_failed, truth};
use self::item::ItemEnd;
use self::loops::Items;
use crate::arguments::{self, Prepared};
use crate::environment;
use crate::includes::Inclusion;
use crate::jobs::Job;
use crate::notifications::Notice;
use crate::orderly::Lane;
use crate::remote::{self, Remote};
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
    /// The result as data.
    pub(crate) registered: Value,
    /// The variables that `register` has set.
    pub(crate) variables: Vec<(String, Value)>,
    /// What it includes.
    pub(crate) inclusions: Vec<Inclusion>,
    /// What it changes on the controller, for hosts that share the result.
    pub(crate) effects: Vec<Effect>,
    /// The handlers that it notifies, if it changed anything.
    pub(crate) notices: Vec<Notice>,
}

impl TaskRun {
    /// Runs the task to its end.
    pub(crate) async fn run(self) -> TaskEnd {
        let began = Instant::now();
        let mut end = match self.task.looping {
            None => {
                let item = self.item(&self.scope, None).await;
                self.finish(item, &self.scope, false)
            }
            Some(_) => match self.items().map(|value| self.as_items(value)) {
                Ok(Ok(Items::Known(items))) => self.each(items).await,
                Ok(Ok(Items::Unknown(unknown))) => {
                    self.finish(ItemEnd::unknown(&unknown), &self.scope, false)
                }
                Ok(Err(end)) => self.finish(*end, &self.scope, false),
                Err(error) => {
                    // A condition that does not hold skips the task before its loop matters.
                    let item = match truth(&self.scope, &self.task.keywords.when) {
                        Ok(Decision::No(condition)) => {
                            ItemEnd::skipped("Conditional result was False", Some(&condition))
                        }
                        _ => ItemEnd::failed(error, &self.task.span),
                    };
                    self.finish(item, &self.scope, false)
                }
            },
        };
        (end.ran.began, end.ran.ended) = (began, Instant::now());
        // What includes bring is told once for all hosts, when it is loaded.
        if end.inclusions.is_empty() || end.ran.status != Status::Ok {
            self.lane.take(Event::Ran(Box::new(end.ran.clone())));
        }
        end
    }

    /// Registers the task's end and closes it. `scope` is what the last item saw.
    fn finish(&self, mut item: ItemEnd, scope: &HostScope, looped: bool) -> TaskEnd {
        let variables = self.register(scope, &mut item, looped);
        TaskEnd { variables, ..self.close(item, scope, looped, None) }
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
    fn lenient_flag(&self, scope: &HostScope, node: Option<&Node>) -> bool {
        self.flag(scope, node).ok().flatten().unwrap_or(false)
    }

    fn no_log(&self, scope: &HostScope) -> bool {
        match &self.task.keywords.no_log {
            None => self.scope.world.settings.no_log,
            // What can't be told is masked.
            Some(node) => self.flag(scope, Some(node)).map_or(true, |flag| flag.unwrap_or(false)),
        }
    }

    /// Makes an item's end the task's end: ignored failures, what is shown.
    fn close(&self, mut item: ItemEnd, scope: &HostScope, looped: bool, label: Option<String>) -> TaskEnd {
        let keywords = &self.task.keywords;
        match &mut item.status {
            Status::Failed { ignored } => {
                *ignored = self.lenient_flag(scope, keywords.ignore_errors.as_ref())
            }
            Status::Unreachable { ignored } => {
                *ignored = self.lenient_flag(scope, keywords.ignore_unreachable.as_ref())
            }
            _ => {}
        }
        let registered = item.registered();
        let inclusions = item.inclusion.take().into_iter().collect();
        let effects = std::mem::take(&mut item.effects);
        let notices = std::mem::take(&mut item.notices);
        let variables = Vec::new();
        let ran = self.ran(item, scope, looped, label);
        TaskEnd { ran, registered, variables, inclusions, effects, notices }
    }

    /// Whether differences are wanted: by the task itself, or else for the whole run.
    fn shows_differences(&self) -> bool {
        let own = self.flag(&self.scope, self.task.keywords.diff.as_ref());
        own.ok().flatten().unwrap_or(self.scope.world.settings.diff)
    }

    fn ran(&self, item: ItemEnd, scope: &HostScope, looped: bool, label: Option<String>) -> Ran {
        let no_log = item.hidden || self.no_log(scope);
        let diff = self.shows_differences();
        let now = Instant::now();
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
            deprecations: item.deprecations,
            began: now,
            ended: now,
        };
        if no_log {
            censor(&mut ran);
        }
        ran
    }

    /// One item, or the task if there is no loop.
    async fn item(&self, scope: &HostScope, params: Option<Vec<(String, Value)>>) -> ItemEnd {
        let mut end = match self.try_item(scope, params).await {
            Ok(end) => end,
            Err(error) => match self.missing(scope, &error) {
                Some(unknown) => ItemEnd::unknown(&unknown),
                None => ItemEnd::failed(error, &self.task.span),
            },
        };
        if let Status::Unknown(unknown) = &end.status {
            scope.world.host(&scope.host).doubt_because(unknown);
        }
        let conditions = self.task.keywords.when.iter();
        end.deprecations.extend(conditions.filter_map(|node| actions::braced_condition(&node.to_value())));
        end
    }

    async fn try_item(&self, scope: &HostScope, params: Option<Vec<(String, Value)>>) -> Result<ItemEnd> {
        let task = &self.task;
        // Where the task would run is worked out before whether it runs; that it can't be, matters only if it does.
        let delegate = self.delegate(scope);
        let known = delegate.as_ref().ok().and_then(Option::as_ref);
        self.check_delegate(known)?;
        let scope = &self.with_delegate(scope, known);
        let when = truth(scope, &task.keywords.when).map_err(|error| condition_failed("when", error))?;
        match when {
            Decision::Yes => {}
            Decision::No(condition) => {
                return Ok(ItemEnd::skipped("Conditional result was False", Some(&condition)));
            }
            Decision::Unknown(unknown) => return Ok(self.doubted(scope, &unknown).await),
        }
        if let Some(doubt) = &self.doubt {
            return Ok(self.doubted(scope, doubt).await);
        }
        if matches!(task.action.kind, ActionKind::IncludeTasks(_) | ActionKind::IncludeRole(_)) {
            let inclusion = Inclusion::of(task, scope, params.unwrap_or_default(), None)?;
            let mut end = ItemEnd::new(Status::Ok, Map::from_iter([("changed".into(), false.into())]));
            end.inclusion = Some(inclusion);
            return Ok(end);
        }
        self.keyword_flag(scope, task.keywords.ignore_errors.as_ref(), "ignore_errors")?;
        let kind = self.kind(scope)?;
        let notices = self.notices(scope)?;
        let delegate = delegate?;
        let remote = self.remote(scope, delegate.as_ref())?;
        let mut end = match arguments::prepare(task, kind, scope)? {
            Prepared::Unknown(unknown) => ItemEnd::unknown(&unknown),
            Prepared::Refused(error) => self.judge(scope, Done::refused(error, kind.action.is_module())),
            Prepared::Ready(_) if !kind.action.supports_async() && self.is_job(scope)? => {
                // Playbooks look at these words.
                let message = format!("This action ({}) does not support async.", kind.manual.name);
                self.judge(scope, Done::refused(Error::new(message).at(&task.span), false))
            }
            Prepared::Ready(arguments) => self.attempts(scope, kind, &remote, arguments).await?,
        };
        if end.is_failed()
            && let Some(doubt) = self.premature(&remote)
        {
            end = ItemEnd::unknown(&doubt);
        }
        end.delegate = delegate.as_ref().map(ToString::to_string);
        self.take_effects(scope, &end, delegate.as_ref());
        notices::notify(&mut end, notices);
        Ok(end)
    }

    /// Why a failure in a dry run says nothing of the real run: a task that runs all the same, as its `check_mode` is
    /// false, finds the host without the changes that were predicted before it.
    fn premature(&self, remote: &Remote) -> Option<Unknown> {
        let world = &self.scope.world;
        let real = world.settings.check && !remote.request.dry_run;
        let ignored = || self.lenient_flag(&self.scope, self.task.keywords.ignore_errors.as_ref());
        let predicted = || world.connections.link(&remote.target).has_predictions();
        (real && predicted() && !ignored()).then(|| Unknown {
            task: self.title.clone(),
            place: self.task.span.to_string(),
            ..Unknown::new("it failed before the changes that the dry run predicts have been made")
        })
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
                    .map_err(|error| self.unresolved(&written, error.hints()))?
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
        actions::find(&name).ok_or_else(|| {
            let hint = format!("there is a module '{name}', but it is not supported yet");
            self.unresolved(&self.task.action.written, &[hint])
        })
    }

    /// The error that there is no such action.
    fn unresolved(&self, written: &str, hints: &[String]) -> Error {
        let error = Error::new(format!("Cannot resolve '{written}' to an action or module."));
        hints.iter().fold(error.at(&self.task.action.span), Error::hint)
    }

    fn remote(&self, scope: &HostScope, delegate: Option<&HostName>) -> Result<Remote> {
        let task = &self.task;
        let world = &scope.world;
        let connection_scope =
            delegate.map_or_else(|| scope.clone(), |host| self.delegated_scope(scope, host));
        let target = remote::target(&connection_scope, scope)?;
        let become_user = remote::become_user(&connection_scope, scope, &target)?;
        let dry_run = self.keyword_flag(scope, task.keywords.check_mode.as_ref(), "check_mode")?;
        let dry_run = dry_run.unwrap_or(world.settings.check);
        let diff = self.keyword_flag(scope, task.keywords.diff.as_ref(), "diff")?;
        let diff = diff.unwrap_or(world.settings.diff);
        let request = Request {
            id: 0,
            module: String::new(),
            arguments: Value::Null,
            dry_run,
            rehearsal: (dry_run && !world.settings.check).then(|| world.next_rehearsal()),
            foresight: world.settings.foresight,
            diff,
            environment: self.with_job_directory(scope, environment::render(task, scope)?)?,
            timeout: None,
            program: None,
            job: None,
            predicted: Vec::new(),
            acts_for: None,
            task: self.title.clone(),
            place: task.span.to_string(),
        };
        Ok(Remote { world: Arc::clone(world), target, scope: connection_scope, become_user, request })
    }

    /// Whether the task is to run on its own, which not every action can.
    fn is_job(&self, scope: &HostScope) -> Result<bool> {
        Ok(self.seconds(scope)? >= 1.0)
    }

    /// For how many seconds the task may run on its own.
    fn seconds(&self, scope: &HostScope) -> Result<f64> {
        Ok(self.keyword_number(scope, self.task.r#async.as_ref(), "async", "int")?.unwrap_or(0.0))
    }

    /// The job that the task is to be, if it has `async`.
    fn job(&self, scope: &HostScope) -> Result<Option<Job>> {
        let seconds = self.seconds(scope)?;
        if seconds < 1.0 {
            return Ok(None);
        }
        let poll = self.keyword_number(scope, self.task.poll.as_ref(), "poll", "int")?;
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
        let retries = self.keyword_number(scope, task.retries.as_ref(), "retries", "int")?;
        // The first attempt is none of the retries.
        let retries = match (retries, task.until.is_empty()) {
            (None, true) => 0,
            (None, false) => 3,
            (Some(retries), _) => retries as u64,
        };
        let delay = self.keyword_number(scope, task.delay.as_ref(), "delay", "float")?.unwrap_or(5.0);
        let delay = if delay < 0.0 { 1.0 } else { delay };
        let mut attempt = 1;
        loop {
            let mut end = self
                .attempt(scope, kind, remote, arguments.clone(), (retries > 0).then_some(attempt))
                .await?;
            if retries == 0 && task.until.is_empty()
                || matches!(end.status, Status::Unreachable { .. } | Status::Unknown(_))
            {
                return Ok(end);
            }
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
            if attempt > retries {
                if retries > 0 {
                    end.result.insert("attempts".into(), retries.into());
                }
                // Where the playbook says what a failure is, waiting in vain is none.
                if task.failed_when.is_empty() {
                    end.result.insert("failed".into(), true.into());
                    end.status = Status::Failed { ignored: false };
                }
                return Ok(end);
            }
            let mut told = end.result.clone();
            told.insert("retries".into(), retries.into());
            self.lane.take(Event::Retry {
                host: scope.host.clone(),
                title: self.title.clone(),
                left: retries - attempt,
                result: if self.no_log(scope) { Map::new() } else { told },
            });
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
            .map_err(|error| condition_failed("until", error))
    }

    async fn attempt(
        &self,
        scope: &HostScope,
        kind: &Kind,
        remote: &Remote,
        arguments: Map,
        number: Option<u64>,
    ) -> Result<ItemEnd> {
        let job = self.job(scope)?;
        let starts = !remote.request.dry_run;
        let rehearses = remote.request.rehearsal.is_some();
        let is_conditional = ["creates", "removes"]
            .iter()
            .any(|key| arguments.get(*key).is_some_and(|value| !value.is_null()));
        let invocation = invocation::asked_for(scope, &arguments)?;
        let detached = job.as_ref().filter(|_| starts).map(|job| job.detached(remote));
        let call = Call {
            name: kind.manual.name,
            arguments,
            task: &self.task,
            program: self.program(scope)?,
            scope,
            host_scope: &remote.scope,
            templates: &scope.world.templates,
            site: detached.as_ref().unwrap_or(remote),
            dry_run: remote.request.dry_run,
            diff: remote.request.diff,
            verbosity: scope.world.settings.verbosity,
            managed: scope.world.settings.managed.as_deref(),
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
                let limit = value.to_f64().map_err(|error| Error::new(error.to_string()).at(&node.span))?;
                if !(0.0..=LONGEST_TIMEOUT).contains(&limit) {
                    // Playbooks look at these words.
                    let message =
                        format!("Timeout {value} is invalid, it must be between 0 and {LONGEST_TIMEOUT}.");
                    return Err(Error::new(message).at(&node.span));
                }
                limit
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
            Err(Failure::Refused(error)) => Done::refused(error, false),
            Err(Failure::Unreachable(error)) => {
                return Ok(ItemEnd::unreachable(error, &remote.target.connection));
            }
        };
        let action = &self.task.action.module;
        let mut done = if rehearses { rehearsal::settled(done, action, is_conditional) } else { done };
        invocation::tell(&mut done, invocation);
        self.take_inventory_effects(scope, &mut done);
        // The conditions look at it.
        if let Some(number) = number {
            done = done.and("attempts", number);
        }
        Ok(self.judge(scope, done))
    }
}

/// The most seconds that a task may be given.
const LONGEST_TIMEOUT: f64 = 100_000_000.0;

/// The end of a task that took longer than its `timeout`.
fn timed_out(limit: Duration) -> Done {
    // Playbooks look at these words and keys.
    let period = limit.as_secs();
    let message = format!("Timed out after {period} second(s).");
    let done = Done::failed(format!("Task failed: {message}"));
    let done = done.and("timedout", Value::map([("period", Value::from(period))]));
    Done { teller: Teller::Refusal, error: Some(Error::new(message)), ..done }
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
    ran.deprecations.clear();
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
