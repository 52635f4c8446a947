//! One task on the hosts that have it before them.

use std::sync::{Arc, PoisonError};

use diag::{Error, Errors, Result};
use inventory::HostName;
use playbook::Task;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use value::Convert;

use super::batch::{Batch, State};
use super::settle::is_failure;
use super::{PlayEnding, static_value};
use crate::cursor::{Consequence, Position};
use crate::facts;
use crate::includes::Inclusion;
use crate::orderly::Orderly;
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
            self.settle(task, name, end, &sharing)?;
            fatal |= self.is_fatal(task, &scope, end, once);
            inclusions.extend(sharing.into_iter().map(|name| (name, end.inclusions.clone())));
        }
        self.include(position, task, &inclusions)?;
        let too_many = self.too_many_failed()?;
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
                    self.fail_host(name);
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

    pub(super) async fn run_on(&self, task: &Arc<Task>, hosts: &[HostName]) -> Vec<TaskEnd> {
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

    pub(super) fn throttle(&self, task: &Task) -> Option<usize> {
        let node = task.keywords.throttle.as_ref()?;
        let value = static_value(self.world, &self.context.play, node).ok()?;
        usize::try_from(value.to_i64().ok()?).ok().filter(|limit| *limit > 0)
    }
}
