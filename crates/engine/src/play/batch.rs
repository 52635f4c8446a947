//! The hosts of a batch, and where each of them is.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use diag::{Errors, Result};
use indexmap::IndexMap;
use inventory::HostName;
use playbook::{ActionKind, Role, Task, selected};
use value::Unknown;

use super::PlayEnding;
use crate::accounting::Stats;
use crate::cursor::{Consequence, Cursor, Position};
use crate::notifications::Notifications;
use crate::variables::{HostScope, PlayContext};
use crate::world::World;

/// One batch of a play while it runs.
pub(super) struct Batch<'a> {
    pub(super) world: &'a Arc<World>,
    pub(super) context: Arc<PlayContext>,
    pub(super) handlers: RwLock<Vec<Arc<Task>>>,
    pub(super) hosts: IndexMap<HostName, HostRun>,
    /// The hosts that failed so far, in this play or before.
    pub(super) failed_hosts: &'a mut HashSet<HostName>,
    pub(super) stats: &'a mut Stats,
    pub(super) only_tags: &'a [String],
    /// The place of the task to start at.
    pub(super) start: Option<Position>,
    /// The tasks that the play itself puts before its own; they run wherever it starts.
    pub(super) preparations: Vec<Arc<Task>>,
    /// The names of handlers that were told to be unusable.
    pub(super) unusable: Mutex<HashSet<String>>,
    /// The places of `meta` tasks that were told, and for which hosts.
    pub(super) told: HashSet<(Position, HostName)>,
    /// Whether the debugger lets a person in when a task fails that says nothing of it.
    pub(super) debugs: bool,
}

/// What comes next in a batch: the place of a task, the task, and the hosts that have it before them.
pub(super) type Step = (Position, Arc<Task>, Vec<HostName>);

/// One host in a batch.
pub(super) struct HostRun {
    pub(super) cursor: Cursor,
    pub(super) scope: HostScope,
    pub(super) notifications: Notifications,
    /// Why a dry run can't know whether the handler that comes next runs.
    pub(super) doubt: Option<Unknown>,
    pub(super) state: State,
    /// The roles of which a task ran.
    pub(super) begun_roles: HashSet<Arc<str>>,
    pub(super) completed_roles: HashSet<Arc<str>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Active,
    Ended,
    Failed,
}

impl Batch<'_> {
    pub(super) async fn run(&mut self) -> Result<PlayEnding, Errors> {
        let mut ending = PlayEnding::GoOn;
        while let Some((position, task, hosts)) = self.next()? {
            match &task.action.kind {
                ActionKind::Meta(meta) => {
                    if let Some(ending) = self.meta(*meta, &position, &task, &hosts)? {
                        return Ok(ending);
                    }
                }
                _ => {
                    let end = self.task(&position, &task, &hosts).await?;
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
    pub(super) fn next(&mut self) -> Result<Option<Step>> {
        let mut found: Option<Step> = None;
        let names: Vec<HostName> = self.hosts.keys().cloned().collect();
        for name in names {
            let Some((position, task)) = self.peek(&name)? else { continue };
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
    pub(super) fn peek(&mut self, name: &HostName) -> Result<Option<(Position, Arc<Task>)>> {
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
                    self.fail_host(name);
                }
                return Ok(None);
            };
            let too_early = self.start.as_ref().is_some_and(|start| position < *start);
            let prepares = || self.preparations.iter().any(|preparation| Arc::ptr_eq(preparation, &task));
            if task.implicit || ((!too_early || prepares()) && self.is_selected(&task)?) {
                return Ok(Some((position, task)));
            }
            if let Some(host) = self.hosts.get_mut(name) {
                host.cursor.advance();
            }
        }
    }

    pub(super) fn is_selected(&self, task: &Task) -> Result<bool> {
        // Handlers run whatever their tags.
        if task.scope.handlers {
            return Ok(true);
        }
        let tags = self.world.loader.render_tags(&task.keywords.tags, &self.context.play)?;
        Ok(selected(&tags, self.only_tags, &self.world.settings.skip_tags))
    }

    /// Sends a host where a failure leads: into a rescue, or out of the play, perhaps by way of an `always`.
    pub(super) fn fall(&mut self, name: &HostName) {
        let Some(host) = self.hosts.get_mut(name) else { return };
        let guarded = host.cursor.is_guarded();
        match host.cursor.fail() {
            Consequence::Failed => self.fail_host(name),
            Consequence::Deferred if !guarded => self.lose(name),
            Consequence::Deferred | Consequence::Rescued => {}
        }
    }

    /// A host counts as failed from now on, although it may still have something to do.
    fn lose(&mut self, name: &HostName) {
        self.failed_hosts.insert(name.clone());
        self.context.active.write().unwrap_or_else(PoisonError::into_inner).retain(|host| host != name);
    }

    pub(super) fn fail_host(&mut self, name: &HostName) {
        if let Some(host) = self.hosts.get_mut(name) {
            host.state = State::Failed;
            host.cursor.end();
        }
        self.lose(name);
    }
}
