//! One task on the hosts that have it before them.

use std::sync::{Arc, PoisonError};

use diag::{Error, Errors, Result};
use inventory::HostName;
use playbook::Task;
use tokio::task::JoinSet;
use value::Convert;
use yaml::Node;

use super::batch::{Batch, State};
use super::settle::is_failure;
use super::{PlayEnding, checks, keyword};
use crate::cursor::Position;
use crate::facts;
use crate::includes::Inclusion;
use crate::orderly::{Lane, Orderly};
use crate::task::{TaskEnd, TaskRun, title};
use crate::variables::HostScope;
use crate::{Event, Gathering};

impl Batch<'_> {
    /// Runs a task on the hosts that have it before them.
    pub(super) async fn task(
        &mut self,
        position: &Position,
        task: &Arc<Task>,
        hosts: &[HostName],
    ) -> Result<PlayEnding, Errors> {
        hosts.iter().for_each(|name| self.set_out(name));
        let hosts: Vec<HostName> = hosts.iter().filter(|host| !self.has_facts(task, host)).cloned().collect();
        let Some(first) = hosts.first().and_then(|name| self.hosts.get(name)) else {
            return Ok(PlayEnding::GoOn);
        };
        let scope = first.scope.for_task(task);
        let shown = title(task, &scope);
        if !self.is_confirmed(&shown).await? {
            return Ok(PlayEnding::GoOn);
        }
        let handler = first.cursor.in_handlers() || task.scope.handlers;
        let check_mode = checks(self.world, &self.context.play, task.keywords.check_mode.as_ref());
        let span = Some(task.span.clone());
        self.world.tell(Event::Task { title: shown.clone(), handler, span, check_mode });
        let once = self.runs_once(task, &scope)?;
        let runners: Vec<HostName> = if once { hosts[..1].to_vec() } else { hosts.clone() };
        let ends = self.run_on(task, &runners).await?;
        let mut inclusions: Vec<(HostName, Vec<Inclusion>)> = Vec::new();
        let mut failed: Vec<HostName> = Vec::new();
        for (name, end) in runners.iter().zip(ends) {
            let end = &self.debug(task, name, end).await;
            let sharing: Vec<HostName> = if once { hosts.clone() } else { vec![name.clone()] };
            self.settle(task, name, end, &sharing)?;
            // Of a task that runs once, the other hosts fail with it and then once more, which no rescue can mend: so
            // it is in Ansible.
            if is_failure(&end.ran.status) {
                failed.push(name.clone());
            }
            inclusions.extend(sharing.into_iter().map(|name| (name, end.inclusions.clone())));
        }
        failed.extend(self.include(position, task, &inclusions)?);
        if !failed.is_empty() && (once || self.any_errors_fatal(task, &scope)) {
            return Ok(self.fail_others(&failed));
        }
        if self.too_many_failed()? {
            let ending = self.fail_others(&failed);
            // An error that counts for all is told without this banner.
            if ending == PlayEnding::Stop {
                self.world.tell(Event::NoMoreHosts);
            }
            return Ok(ending);
        }
        Ok(PlayEnding::GoOn)
    }

    /// Fails all hosts but those that have failed already; a rescue may take them over as well.
    fn fail_others(&mut self, failed: &[HostName]) -> PlayEnding {
        let active = self.hosts.iter().filter(|(_, host)| host.state == State::Active);
        let others: Vec<HostName> =
            active.map(|(name, _)| name.clone()).filter(|name| !failed.contains(name)).collect();
        for name in others {
            self.fall(&name);
        }
        match self.hosts.values().all(|host| host.state != State::Active) {
            true => PlayEnding::Stop,
            false => PlayEnding::GoOn,
        }
    }

    /// Goes past a task that a host begins.
    pub(super) fn set_out(&mut self, name: &HostName) {
        if let Some(host) = self.hosts.get_mut(name) {
            host.cursor.advance();
        }
    }

    /// Whether facts of this host need not be gathered again.
    pub(super) fn has_facts(&self, task: &Task, host: &HostName) -> bool {
        if !facts::gathers(task) || self.world.settings.gathering != Gathering::Smart {
            return false;
        }
        let state = self.world.host(host);
        let mut gathered = state.gathered.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut gathered, true)
    }

    pub(super) fn runs_once(&self, task: &Task, scope: &HostScope) -> Result<bool> {
        let action_wants =
            actions::find(&task.action.module).is_some_and(|kind| kind.action.once_for_all_hosts());
        let Some(node) = &task.keywords.run_once else { return Ok(action_wants) };
        let value =
            self.world.templates.resolve(&node.to_value(), scope).map_err(|error| error.at(&node.span))?;
        Ok(action_wants || value.to_bool().map_err(|error| Error::new(error.to_string()).at(&node.span))?)
    }

    /// Runs a task on hosts, as many at once as may be, begun in their order.
    async fn run_on(&self, task: &Arc<Task>, hosts: &[HostName]) -> Result<Vec<TaskEnd>> {
        let lanes = Orderly::lanes(Arc::clone(&self.world.events), hosts.len());
        let limit = self.throttle(task)?.unwrap_or(usize::MAX).min(self.world.settings.forks).max(1);
        let mut running = JoinSet::new();
        let mut waiting = hosts.iter().zip(&lanes).enumerate();
        let mut working: Vec<HostName> = hosts.to_vec();
        let mut ends: Vec<(usize, TaskEnd)> = Vec::with_capacity(hosts.len());
        self.world.tell(Event::Working { hosts: working.clone() });
        loop {
            while running.len() < limit
                && let Some((index, (name, lane))) = waiting.next()
            {
                let Some(run) = self.task_run(task, name, lane) else { continue };
                let lane = lane.clone();
                running.spawn(async move {
                    let end = run.run().await;
                    lane.finish();
                    (index, end)
                });
            }
            match running.join_next().await {
                None => break,
                Some(Ok(end)) => {
                    working.retain(|host| *host != hosts[end.0]);
                    self.world.tell(Event::Working { hosts: working.clone() });
                    ends.push(end);
                }
                Some(Err(error)) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
                Some(Err(_)) => {}
            }
        }
        ends.sort_by_key(|(index, _)| *index);
        Ok(ends.into_iter().map(|(_, end)| end).collect())
    }

    /// A task ready to run on a host, which tells its events to `lane`.
    pub(super) fn task_run(&self, task: &Arc<Task>, name: &HostName, lane: &Lane) -> Option<TaskRun> {
        let host = self.hosts.get(name)?;
        let mut scope = host.scope.for_task(task);
        if let Some(failed) = &host.cursor.failure {
            scope.locals.insert("ansible_failed_task".into(), failed.task.clone());
            scope.locals.insert("ansible_failed_result".into(), failed.result.clone());
        }
        let title = title(task, &scope);
        self.world.tell(Event::Start { host: name.clone(), title: title.clone() });
        let doubt = host.doubt.clone().filter(|_| host.cursor.in_handlers());
        Some(TaskRun { task: Arc::clone(task), scope, lane: lane.clone(), title, doubt })
    }

    /// How many hosts may run this task at once, if it says so.
    ///
    /// # Errors
    /// It says something that is no number.
    pub(super) fn throttle(&self, task: &Task) -> Result<Option<usize>> {
        let failed = |cause: String, node: &Node| {
            Error::new(format!("Failed to convert the throttle value to an integer: {cause}")).at(&node.span)
        };
        let Some(node) = task.keywords.throttle.as_ref() else { return Ok(None) };
        let value = match keyword(self.world, &self.context.play, &task.keywords.throttle) {
            Ok(None) => return Ok(None),
            Ok(Some((value, _))) => value,
            Err(error) => return Err(failed(error.summary(), node)),
        };
        let limit = value
            .to_i64()
            .map_err(|_| failed(format!("invalid literal for int() with base 10: {}", value.repr()), node))?;
        Ok(usize::try_from(limit).ok().filter(|limit| *limit > 0))
    }
}
