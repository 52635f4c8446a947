//! One play: its batches, and in each the hosts that go through it together.

use std::collections::HashSet;
use std::sync::{Arc, PoisonError, RwLock};

use diag::{Error, Errors, Result};
use indexmap::IndexMap;
use inventory::HostName;
use playbook::{ActionKind, Item, Meta, Play, Role, Task, selected};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use value::{Convert, Unknown, Value};
use yaml::Node;

use crate::accounting::Stats;
use crate::cursor::{Consequence, Cursor, Failed, Position};
use crate::facts;
use crate::includes::Inclusion;
use crate::notifications::Notifications;
use crate::orderly::Orderly;
use crate::task::{TaskEnd, TaskRun, title};
use crate::variables::{HostScope, PlayContext};
use crate::world::World;
use crate::{Event, Gathering, Ran, Status};

/// How a play ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PlayEnding {
    /// Go on with the next one.
    GoOn,
    /// All hosts failed, or an error counts for all.
    Stop,
}

/// One batch of a play while it runs.
struct Batch<'a> {
    world: &'a Arc<World>,
    context: Arc<PlayContext>,
    handlers: RwLock<Vec<Arc<Task>>>,
    hosts: IndexMap<HostName, HostRun>,
    stats: &'a mut Stats,
    only_tags: &'a [String],
    /// The place of the task to start at.
    start: Option<Position>,
    /// The places of `meta` tasks that were told, and for which hosts.
    told: HashSet<(Position, HostName)>,
}

/// What comes next in a batch: the place of a task, the task, and the hosts that have it before them.
type Step = (Position, Arc<Task>, Vec<HostName>);

/// One host in a batch.
struct HostRun {
    cursor: Cursor,
    scope: HostScope,
    notifications: Notifications,
    /// Why a dry run can't know whether the handler that comes next runs.
    doubt: Option<Unknown>,
    state: State,
    /// The roles of which a task ran.
    begun_roles: HashSet<Arc<str>>,
    completed_roles: HashSet<Arc<str>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Active,
    Ended,
    Failed,
}

/// Runs a play on its hosts. `started` says whether the task to start at was met; until then nothing runs.
///
/// # Errors
/// Something about the play itself is wrong: its batch sizes, its order.
pub(crate) async fn run(
    world: &Arc<World>,
    play: &Play,
    hosts: Vec<HostName>,
    failed_hosts: &mut HashSet<HostName>,
    stats: &mut Stats,
    started: &mut bool,
) -> Result<PlayEnding, Errors> {
    let name = play_name(world, play);
    let alive: Vec<HostName> = hosts.iter().filter(|host| !failed_hosts.contains(*host)).cloned().collect();
    if hosts.is_empty() {
        world.tell(Event::Play { name });
        world.tell(Event::NoHosts);
        return Ok(PlayEnding::GoOn);
    }
    let batches = batches(world, play, &alive)?;
    let force_handlers = match &play.force_handlers {
        Some(node) => static_value(world, play, node)?
            .to_bool()
            .map_err(|error| Error::new(error.to_string()).at(&node.span))?,
        None => world.settings.force_handlers,
    };
    let mut items = play.items(force_handlers);
    if gathers_facts(world, play)? {
        items.insert(0, Item::Task(facts::gathering_task(play)));
    }
    let wanted = world.settings.start_at_task.as_deref().filter(|_| !*started);
    let start = match wanted.map(|wanted| start_position(world, play, &items, wanted)) {
        Some(None) => {
            world.tell(Event::Play { name });
            return Ok(PlayEnding::GoOn);
        }
        position => position.flatten(),
    };
    *started = true;
    for batch in batches {
        world.tell(Event::Play { name: name.clone() });
        let context = Arc::new(PlayContext {
            play: play.clone(),
            name: name.clone(),
            all_hosts: hosts.clone(),
            batch: RwLock::new(batch.clone()),
            active: RwLock::new(alive.iter().filter(|host| !failed_hosts.contains(*host)).cloned().collect()),
            public_roles: RwLock::new(play.roles.iter().filter(|role| role.public).cloned().collect()),
        });
        let runs = batch.iter().map(|host| {
            let run = HostRun {
                cursor: Cursor::new(items.clone()),
                scope: HostScope::new(world, &context, host),
                notifications: Notifications::default(),
                doubt: None,
                state: State::Active,
                begun_roles: HashSet::new(),
                completed_roles: HashSet::new(),
            };
            (host.clone(), run)
        });
        let mut running = Batch {
            world,
            context: Arc::clone(&context),
            handlers: RwLock::new(play.handlers.clone()),
            hosts: runs.collect(),
            stats,
            only_tags: &world.settings.tags,
            start: start.clone(),
            told: HashSet::new(),
        };
        let ending = running.run(failed_hosts).await?;
        let all_failed = !batch.is_empty() && batch.iter().all(|host| failed_hosts.contains(host));
        if ending == PlayEnding::Stop || all_failed {
            return Ok(PlayEnding::Stop);
        }
    }
    Ok(PlayEnding::GoOn)
}

fn play_name(world: &World, play: &Play) -> String {
    match &play.name {
        Some(name) if name.is_template() => world
            .loader
            .language
            .render(name, &play.static_vars)
            .map_or_else(|_| name.to_string(), |value| value.to_string()),
        Some(name) => name.trim().to_owned(),
        None => {
            let patterns = play.hosts.iter().filter_map(|node| static_value(world, play, node).ok());
            patterns.map(|value| value.to_string()).collect::<Vec<_>>().join(",")
        }
    }
}

/// A play's keyword, rendered with what is known before any host.
pub(crate) fn static_value(world: &World, play: &Play, node: &Node) -> Result<Value> {
    match node.to_value() {
        Value::String(text) if text.is_template() => {
            world.loader.language.render(&text, &play.static_vars).map_err(|error| error.at(&node.span))
        }
        value => Ok(value),
    }
}

fn gathers_facts(world: &World, play: &Play) -> Result<bool> {
    let Some(node) = &play.gather_facts else { return Ok(world.settings.gathering != Gathering::Explicit) };
    static_value(world, play, node)?.to_bool().map_err(|error| Error::new(error.to_string()).at(&node.span))
}

/// The hosts in batches, as `serial` says.
fn batches(world: &World, play: &Play, hosts: &[HostName]) -> Result<Vec<Vec<HostName>>> {
    let mut sizes = Vec::new();
    for node in &play.serial {
        let value = static_value(world, play, node)?;
        let wrong = || {
            Error::new(format!("'serial' takes numbers and percentages, not {}", value.repr())).at(&node.span)
        };
        let size = match value.as_str().and_then(|text| text.trim().strip_suffix('%')) {
            Some(percent) => {
                let percent: f64 = percent.trim().parse().map_err(|_| wrong())?;
                ((hosts.len() as f64 * percent / 100.0) as usize).max(1)
            }
            None => match value.to_i64().map_err(|_| wrong())? {
                size if size <= 0 => hosts.len(),
                size => size as usize,
            },
        };
        sizes.push(size.max(1));
    }
    let mut sizes = sizes.into_iter();
    let mut size = sizes.next().unwrap_or(hosts.len()).max(1);
    let mut rest = hosts;
    let mut batches = Vec::new();
    while !rest.is_empty() {
        let (batch, after) = rest.split_at(size.min(rest.len()));
        batches.push(batch.to_vec());
        rest = after;
        size = sizes.next().unwrap_or(size);
    }
    Ok(batches)
}

/// Where `--start-at-task` begins, if it is in this play.
fn start_position(world: &World, play: &Play, items: &[Item], wanted: &str) -> Option<Position> {
    let mut cursor = Cursor::new(items.to_vec());
    let mut failed = false;
    while let Some((position, task)) = cursor.peek(&mut failed) {
        let name = match &task.name {
            Some(name) => world
                .loader
                .language
                .render(name, &play.static_vars)
                .map_or_else(|_| name.to_string(), |value| value.to_string()),
            None => task.plain_name().to_owned(),
        };
        if playbook::matches_wildcard(wanted, &name) || playbook::matches_wildcard(wanted, &task.title(&name))
        {
            return Some(position);
        }
        cursor.advance();
    }
    None
}

impl Batch<'_> {
    async fn run(&mut self, failed_hosts: &mut HashSet<HostName>) -> Result<PlayEnding, Errors> {
        let mut ending = PlayEnding::GoOn;
        while let Some((position, task, hosts)) = self.next(failed_hosts)? {
            match &task.action.kind {
                ActionKind::Meta(meta) => {
                    if self.meta(*meta, &position, &task, &hosts, failed_hosts)? {
                        break;
                    }
                }
                _ => {
                    let end = self.task(&position, &task, &hosts, failed_hosts).await?;
                    if end == PlayEnding::Stop {
                        ending = PlayEnding::Stop;
                        break;
                    }
                }
            }
        }
        Ok(ending)
    }

    /// The earliest task that any host has before it, and the hosts that have it.
    fn next(&mut self, failed_hosts: &mut HashSet<HostName>) -> Result<Option<Step>> {
        let mut found: Option<Step> = None;
        let names: Vec<HostName> = self.hosts.keys().cloned().collect();
        for name in names {
            let Some((position, task)) = self.peek(&name, failed_hosts)? else { continue };
            match &mut found {
                Some((earliest, known, hosts)) if *earliest == position && Arc::ptr_eq(known, &task) => {
                    hosts.push(name)
                }
                Some((earliest, ..)) if *earliest <= position => {}
                _ => found = Some((position, task, vec![name])),
            }
        }
        Ok(found)
    }

    /// A host's next task that the tags select.
    fn peek(
        &mut self,
        name: &HostName,
        failed_hosts: &mut HashSet<HostName>,
    ) -> Result<Option<(Position, Arc<Task>)>> {
        loop {
            let Some(host) = self.hosts.get_mut(name).filter(|host| host.state == State::Active) else {
                return Ok(None);
            };
            let mut failed = false;
            let completed = &host.completed_roles;
            let runs_again = |role: &Role| role.allow_duplicates || !completed.contains(&role.identity);
            let Some((position, task)) = host.cursor.peek_where(&mut failed, runs_again) else {
                host.state = State::Ended;
                if failed {
                    self.fail_host(name, failed_hosts);
                }
                return Ok(None);
            };
            let too_early = self.start.as_ref().is_some_and(|start| position < *start);
            if task.implicit || ((!too_early || facts::gathers(&task)) && self.is_selected(&task)?) {
                return Ok(Some((position, task)));
            }
            if let Some(host) = self.hosts.get_mut(name) {
                host.cursor.advance();
            }
        }
    }

    fn is_selected(&self, task: &Task) -> Result<bool> {
        // Handlers run whatever their tags.
        if task.scope.handlers {
            return Ok(true);
        }
        let tags = self.world.loader.render_tags(&task.keywords.tags, &self.context.play)?;
        Ok(selected(&tags, self.only_tags, &self.world.settings.skip_tags))
    }

    fn fail_host(&mut self, name: &HostName, failed_hosts: &mut HashSet<HostName>) {
        if let Some(host) = self.hosts.get_mut(name) {
            host.state = State::Failed;
            host.cursor.end();
        }
        failed_hosts.insert(name.clone());
        self.context.active.write().unwrap_or_else(PoisonError::into_inner).retain(|host| host != name);
    }

    /// Carries out a `meta` task. Returns whether the play is over.
    fn meta(
        &mut self,
        meta: Meta,
        position: &Position,
        task: &Arc<Task>,
        hosts: &[HostName],
        failed_hosts: &mut HashSet<HostName>,
    ) -> Result<bool, Errors> {
        let for_all = matches!(
            meta,
            Meta::RefreshInventory
                | Meta::ClearFacts
                | Meta::ClearHostErrors
                | Meta::EndPlay
                | Meta::EndBatch
        );
        let conditional = !matches!(meta, Meta::Noop | Meta::RefreshInventory | Meta::ResetConnection);
        let mut wanted = true;
        for (index, name) in hosts.iter().enumerate() {
            let world = Arc::clone(self.world);
            let Some(host) = self.hosts.get_mut(name) else { continue };
            let scope = host.scope.for_task(task);
            // What counts for all hosts is decided by the first one.
            let decides = index == 0 || !for_all;
            if decides {
                wanted = true;
                for node in task.keywords.when.iter().filter(|_| conditional) {
                    let truth = world
                        .templates
                        .condition(&node.to_value(), &scope)
                        .map_err(|error| error.at(&node.span))?;
                    wanted &= matches!(truth, template::Truth::True);
                }
            }
            // A flush comes back here after each handler, but is told once.
            if decides && !task.implicit && self.told.insert((position.clone(), name.clone())) {
                world.tell(Event::Task {
                    title: title(task, &scope),
                    handler: false,
                    span: Some(task.span.clone()),
                });
                if !wanted {
                    world.tell(Event::Ran(Box::new(Ran::skipped(name, &task.action.module))));
                }
            }
            match meta {
                Meta::FlushHandlers if wanted => match host.notifications.next() {
                    Some(turn) => {
                        host.doubt = turn.unknown;
                        let handlers = self.handlers.read().unwrap_or_else(PoisonError::into_inner);
                        if let Some(handler) = handlers.get(turn.handler) {
                            let prefix = [&position[..], &[turn.pass, turn.handler as u32]].concat();
                            host.cursor.handle(vec![Arc::clone(handler)], prefix);
                        }
                        // The flush itself comes again, until nothing is left.
                        continue;
                    }
                    None => host.doubt = None,
                },
                Meta::EndHost if wanted => {
                    host.state = State::Ended;
                    host.cursor.end();
                }
                Meta::EndRole if wanted => {
                    host.cursor.end_role();
                    continue;
                }
                Meta::EndPlay | Meta::EndBatch if wanted => {
                    self.hosts
                        .values_mut()
                        .filter(|host| host.state == State::Active)
                        .for_each(|host| host.state = State::Ended);
                    return Ok(true);
                }
                Meta::ClearFacts if wanted => {
                    let state = world.host(name);
                    *state.facts.write().unwrap_or_else(PoisonError::into_inner) = Arc::default();
                    *state.gathered.lock().unwrap_or_else(PoisonError::into_inner) = false;
                }
                Meta::RoleComplete => {
                    // A role of which the tags selected nothing may still run for another one that needs it.
                    if let Some(role) =
                        task.scope.role.as_ref().filter(|role| host.begun_roles.contains(&role.identity))
                    {
                        host.completed_roles.insert(Arc::clone(&role.identity));
                    }
                }
                Meta::ClearHostErrors if wanted => {
                    failed_hosts.clear();
                    let mut active = self.context.active.write().unwrap_or_else(PoisonError::into_inner);
                    *active = self.context.batch.read().unwrap_or_else(PoisonError::into_inner).clone();
                }
                Meta::ResetConnection => {
                    let target = crate::remote::target(&scope, &scope)?;
                    let link = world.connections.link(&target);
                    tokio::spawn(async move { link.close().await });
                }
                Meta::RefreshInventory if decides => {
                    let mut inventory = world.inventory.write().unwrap_or_else(PoisonError::into_inner);
                    let warnings = inventory.refresh()?;
                    drop(inventory);
                    warnings.into_iter().for_each(|warning| world.tell(Event::Notice(warning)));
                }
                _ => {}
            }
            if let Some(host) = self.hosts.get_mut(name) {
                host.cursor.advance();
            }
        }
        Ok(false)
    }

    /// Runs a task on the hosts that have it before them.
    async fn task(
        &mut self,
        position: &Position,
        task: &Arc<Task>,
        hosts: &[HostName],
        failed_hosts: &mut HashSet<HostName>,
    ) -> Result<PlayEnding, Errors> {
        for name in hosts {
            if let Some(host) = self.hosts.get_mut(name) {
                host.cursor.advance();
                host.begun_roles.extend(task.scope.role.iter().map(|role| Arc::clone(&role.identity)));
            }
        }
        let hosts: Vec<HostName> = hosts.iter().filter(|host| !self.has_facts(task, host)).cloned().collect();
        let Some(first) = hosts.first().and_then(|name| self.hosts.get(name)) else {
            return Ok(PlayEnding::GoOn);
        };
        let scope = first.scope.for_task(task);
        let shown = title(task, &scope);
        let handler = first.cursor.in_handlers() || task.scope.handlers;
        self.world.tell(Event::Task { title: shown.clone(), handler, span: Some(task.span.clone()) });
        let once = self.runs_once(task, &scope)?;
        let runners: Vec<HostName> = if once { hosts[..1].to_vec() } else { hosts.clone() };
        let ends = self.run_on(task, &runners).await;
        let mut inclusions: Vec<(HostName, Vec<Inclusion>)> = Vec::new();
        let mut fatal = false;
        for (name, end) in runners.iter().zip(&ends) {
            let sharing: Vec<HostName> = if once { hosts.clone() } else { vec![name.clone()] };
            self.settle(task, name, end, &sharing, failed_hosts)?;
            fatal |= self.is_fatal(task, &scope, end, once);
            inclusions.extend(sharing.into_iter().map(|name| (name, end.inclusions.clone())));
        }
        self.include(position, task, &inclusions, failed_hosts)?;
        let too_many = self.too_many_failed(failed_hosts)?;
        if fatal || too_many {
            let others: Vec<HostName> = self
                .hosts
                .iter()
                .filter(|(_, host)| host.state == State::Active)
                .map(|(name, _)| name.clone())
                .collect();
            for name in others.iter().filter(|name| !hosts.contains(name) || ends.len() > 1 || once) {
                let failed_here = runners
                    .iter()
                    .zip(&ends)
                    .any(|(runner, end)| runner == name && is_failure(&end.ran.status));
                let Some(host) = self.hosts.get_mut(name) else { continue };
                if !failed_here && host.cursor.fail() == Consequence::Failed {
                    self.fail_host(name, failed_hosts);
                }
            }
            if self.hosts.values().all(|host| host.state != State::Active) {
                // An error that counts for all is told without this banner.
                if too_many {
                    self.world.tell(Event::NoMoreHosts);
                }
                return Ok(PlayEnding::Stop);
            }
        }
        Ok(PlayEnding::GoOn)
    }

    /// Whether facts of this host need not be gathered again.
    fn has_facts(&self, task: &Task, host: &HostName) -> bool {
        if !facts::gathers(task) || self.world.settings.gathering != Gathering::Smart {
            return false;
        }
        let state = self.world.host(host);
        let mut gathered = state.gathered.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut gathered, true)
    }

    fn runs_once(&self, task: &Task, scope: &HostScope) -> Result<bool> {
        let action_wants =
            actions::find(&task.action.module).is_some_and(|kind| kind.action.once_for_all_hosts());
        let Some(node) = &task.keywords.run_once else { return Ok(action_wants) };
        let value =
            self.world.templates.resolve(&node.to_value(), scope).map_err(|error| error.at(&node.span))?;
        Ok(action_wants || value.to_bool().map_err(|error| Error::new(error.to_string()).at(&node.span))?)
    }

    async fn run_on(&self, task: &Arc<Task>, hosts: &[HostName]) -> Vec<TaskEnd> {
        let lanes = Orderly::lanes(Arc::clone(&self.world.events), hosts.len());
        let limit = self.throttle(task).unwrap_or(usize::MAX).min(self.world.settings.forks).max(1);
        let slots = Arc::new(Semaphore::new(limit));
        let mut running = JoinSet::new();
        for (index, name) in hosts.iter().enumerate() {
            let Some(host) = self.hosts.get(name) else { continue };
            let mut scope = host.scope.for_task(task);
            if let Some(failed) = &host.cursor.failure {
                scope.locals.insert("ansible_failed_task".into(), failed.task.clone());
                scope.locals.insert("ansible_failed_result".into(), failed.result.clone());
            }
            let title = title(task, &scope);
            let doubt = host.doubt.clone().filter(|_| host.cursor.in_handlers());
            let run = TaskRun { task: Arc::clone(task), scope, lane: lanes[index].clone(), title, doubt };
            let slots = Arc::clone(&slots);
            let lane = lanes[index].clone();
            running.spawn(async move {
                // The semaphore is never closed; without a permit the host would only run earlier.
                let _slot = slots.acquire_owned().await;
                let end = run.run().await;
                lane.finish();
                (index, end)
            });
        }
        let mut working: Vec<HostName> = hosts.to_vec();
        self.world.tell(Event::Working { hosts: working.clone() });
        let mut ends: Vec<(usize, TaskEnd)> = Vec::with_capacity(hosts.len());
        while let Some(joined) = running.join_next().await {
            match joined {
                Ok(end) => {
                    working.retain(|host| *host != hosts[end.0]);
                    self.world.tell(Event::Working { hosts: working.clone() });
                    ends.push(end);
                }
                Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
                Err(_) => {}
            }
        }
        ends.sort_by_key(|(index, _)| *index);
        ends.into_iter().map(|(_, end)| end).collect()
    }

    fn throttle(&self, task: &Task) -> Option<usize> {
        let node = task.keywords.throttle.as_ref()?;
        let value = static_value(self.world, &self.context.play, node).ok()?;
        usize::try_from(value.to_i64().ok()?).ok().filter(|limit| *limit > 0)
    }

    /// Counts a result, lets other hosts share it, notifies handlers, and sends the hosts where a failure leads.
    fn settle(
        &mut self,
        task: &Arc<Task>,
        name: &HostName,
        end: &TaskEnd,
        sharing: &[HostName],
        failed_hosts: &mut HashSet<HostName>,
    ) -> Result<()> {
        if end.inclusions.is_empty() || end.ran.status != Status::Ok {
            self.stats.count(&end.ran);
        }
        for other in sharing.iter().filter(|other| *other != name) {
            if let Some(register) = &task.register {
                self.world.host(other).set(register, end.registered.clone());
            }
            let facts = end.effects.iter();
            for effect in facts {
                if let actions::Effect::SetFacts { facts, .. } = effect {
                    facts
                        .iter()
                        .for_each(|(key, value)| self.world.host(other).set(&key.to_string(), value.clone()));
                }
            }
        }
        match &end.ran.status {
            Status::Changed => {
                let notifier = self.hosts.get(name).map(|host| host.scope.for_task(task));
                for other in sharing {
                    self.notify(task, notifier.as_ref(), other, None)?;
                }
            }
            Status::Unknown(unknown) => {
                let notifier = self.hosts.get(name).map(|host| host.scope.for_task(task));
                for other in sharing {
                    self.notify(task, notifier.as_ref(), other, Some(unknown.clone()))?;
                }
            }
            Status::Failed { ignored: false } => {
                for other in sharing {
                    let Some(host) = self.hosts.get_mut(other) else { continue };
                    host.cursor.failure = Some(Failed {
                        task: Value::map([
                            ("name", Value::from(task.name.as_deref().unwrap_or_default())),
                            ("action", Value::from(&*task.action.written)),
                        ]),
                        result: end.registered.clone(),
                    });
                    if other == name && host.cursor.is_guarded() {
                        self.stats.rescue(other);
                    }
                    if host.cursor.fail() == Consequence::Failed {
                        self.fail_host(other, failed_hosts);
                    }
                }
            }
            Status::Unreachable { ignored: false } => {
                for other in sharing {
                    self.fail_host(other, failed_hosts);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn notify(
        &mut self,
        task: &Task,
        notifier: Option<&HostScope>,
        host: &HostName,
        unknown: Option<Unknown>,
    ) -> Result<()> {
        let Some(scope) = notifier else { return Ok(()) };
        for node in &task.keywords.notify {
            let value = self
                .world
                .templates
                .resolve(&node.to_value(), scope)
                .map_err(|error| error.at(&node.span))?;
            let names = value.as_list().map_or_else(|| vec![value.clone()], <[Value]>::to_vec);
            for wanted in names {
                let wanted = wanted.to_string();
                let found = self.handlers_named(&wanted, scope);
                if found.is_empty() && self.world.settings.error_on_missing_handler {
                    let handlers = self.handlers.read().unwrap_or_else(PoisonError::into_inner);
                    let names = handlers.iter().map(|handler| handler.plain_name());
                    return Err(Error::new(format!("there is no handler '{wanted}'"))
                        .at(&node.span)
                        .hint_some(diag::did_you_mean(&wanted, names)));
                }
                if let Some(host) = self.hosts.get_mut(host) {
                    found.into_iter().for_each(|handler| host.notifications.notify(handler, unknown.clone()));
                }
            }
        }
        Ok(())
    }

    /// The last handler of that name, and all that listen to it.
    fn handlers_named(&self, wanted: &str, scope: &HostScope) -> Vec<usize> {
        let handlers = self.handlers.read().unwrap_or_else(PoisonError::into_inner);
        let is_named = |handler: &Task| {
            let handler_scope = scope.for_task(&Arc::new(handler.clone()));
            let name = match &handler.name {
                Some(name) if name.is_template() => {
                    match handler_scope.world.templates.render(name, &handler_scope) {
                        Ok(value) => value.to_string(),
                        Err(_) => return false,
                    }
                }
                Some(name) => name.to_string(),
                None => return false,
            };
            let full = handler.scope.role.as_ref().map(|role| format!("{} : {name}", role.full_name()));
            let short = handler.scope.role.as_ref().map(|role| format!("{} : {name}", role.name));
            name == wanted || full.as_deref() == Some(wanted) || short.as_deref() == Some(wanted)
        };
        let mut found: Vec<usize> = handlers
            .iter()
            .enumerate()
            .rev()
            .find(|(_, handler)| is_named(handler))
            .map(|(index, _)| index)
            .into_iter()
            .collect();
        let listens = |handler: &Task| handler.listen.iter().any(|topic| &**topic == wanted);
        found.extend(
            handlers.iter().enumerate().filter(|(_, handler)| listens(handler)).map(|(index, _)| index),
        );
        found.sort_unstable();
        found.dedup();
        found
    }

    fn is_fatal(&self, task: &Task, scope: &HostScope, end: &TaskEnd, once: bool) -> bool {
        if !is_failure(&end.ran.status) {
            return false;
        }
        let flag = |node: &Node| {
            self.world.templates.resolve(&node.to_value(), scope).ok().and_then(|value| value.to_bool().ok())
        };
        let wanted = task
            .keywords
            .any_errors_fatal
            .as_ref()
            .and_then(flag)
            .unwrap_or(self.world.settings.any_errors_fatal);
        wanted || once
    }

    fn too_many_failed(&self, failed_hosts: &HashSet<HostName>) -> Result<bool> {
        let Some(node) = &self.context.play.max_fail_percentage else { return Ok(false) };
        let value = static_value(self.world, &self.context.play, node)?;
        let text = value.to_string();
        let limit: f64 = text
            .trim_end_matches('%')
            .parse()
            .map_err(|_| Error::new(format!("'{text}' is no percentage")).at(&node.span))?;
        let batch = self.context.batch.read().unwrap_or_else(PoisonError::into_inner);
        let failed = batch.iter().filter(|host| failed_hosts.contains(*host)).count();
        Ok(failed > 0 && failed as f64 * 100.0 / batch.len() as f64 > limit)
    }

    /// Loads what hosts include, once for those that include the same, and puts it before them.
    fn include(
        &mut self,
        position: &Position,
        task: &Arc<Task>,
        inclusions: &[(HostName, Vec<Inclusion>)],
        failed_hosts: &mut HashSet<HostName>,
    ) -> Result<(), Errors> {
        let mut groups: Vec<(usize, Inclusion, Vec<HostName>)> = Vec::new();
        for (host, wanted) in inclusions {
            for (index, inclusion) in wanted.iter().enumerate() {
                match groups
                    .iter_mut()
                    .find(|(known_index, known, _)| *known_index == index && known == inclusion)
                {
                    Some((_, _, hosts)) => hosts.push(host.clone()),
                    None => groups.push((index, inclusion.clone(), vec![host.clone()])),
                }
            }
        }
        // What comes first must be put on top of the stack, so it goes last.
        groups.sort_by_key(|(index, ..)| *index);
        let mut loaded = Vec::new();
        for (index, inclusion, hosts) in groups {
            match inclusion.load(self.world, task) {
                Ok(included) => {
                    let what = match &included.file {
                        Some(file) => file.display().to_string(),
                        None => inclusion.what.name().to_owned(),
                    };
                    self.world.tell(Event::Included {
                        what,
                        hosts: hosts.clone(),
                        label: inclusion.label.clone(),
                    });
                    included
                        .warnings
                        .iter()
                        .for_each(|warning| self.world.tell(Event::Notice(warning.clone())));
                    let mut public =
                        self.context.public_roles.write().unwrap_or_else(PoisonError::into_inner);
                    public.extend(included.roles.iter().filter(|role| role.public).cloned());
                    drop(public);
                    // Of an include, what counts is each file that came in.
                    hosts.iter().for_each(|host| self.stats.of(host).ok += 1);
                    self.handlers
                        .write()
                        .unwrap_or_else(PoisonError::into_inner)
                        .extend(included.handlers.iter().cloned());
                    loaded.push((index, included, hosts));
                }
                Err(errors) => self.include_failed(task, &hosts, errors, failed_hosts),
            }
        }
        for (index, included, hosts) in loaded.into_iter().rev() {
            for name in hosts {
                if let Some(host) = self.hosts.get_mut(&name).filter(|host| host.state == State::Active) {
                    let prefix = [&position[..], &[index as u32]].concat();
                    host.cursor.include(included.items.clone(), prefix);
                }
            }
        }
        Ok(())
    }

    /// A file that can't be included fails the task on those hosts.
    fn include_failed(
        &mut self,
        task: &Arc<Task>,
        hosts: &[HostName],
        errors: Errors,
        failed_hosts: &mut HashSet<HostName>,
    ) {
        let mut errors = errors.into_iter().filter(|error| error.severity() == diag::Severity::Error);
        let first = errors.next().unwrap_or_else(|| Error::new("the include failed")).at(&task.span);
        errors.for_each(|error| self.world.tell(Event::Notice(error)));
        for name in hosts {
            let result = value::Map::from_iter([
                ("changed".into(), Value::Bool(false)),
                ("failed".into(), Value::Bool(true)),
                ("msg".into(), Value::from(first.summary())),
            ]);
            let status = Status::Failed { ignored: false };
            let ran =
                Ran { error: Some(first.clone()), ..Ran::new(name, &task.action.module, status, result) };
            self.world.tell(Event::Ran(Box::new(ran.clone())));
            self.stats.count(&ran);
            let Some(host) = self.hosts.get_mut(name) else { continue };
            if host.cursor.is_guarded() {
                self.stats.rescue(name);
            }
            if host.cursor.fail() == Consequence::Failed {
                self.fail_host(name, failed_hosts);
            }
        }
    }
}

fn is_failure(status: &Status) -> bool {
    matches!(status, Status::Failed { ignored: false } | Status::Unreachable { ignored: false })
}
