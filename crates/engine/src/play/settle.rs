//! What a result leads to: counts, notifications, failures.

use std::sync::{Arc, PoisonError};

use diag::{Error, Result};
use inventory::HostName;
use playbook::Task;
use value::{Convert, Map};
use yaml::Node;

use super::batch::Batch;
use super::failed_task::failed_task;
use super::keyword;
use crate::Status;
use crate::cursor::Failed;
use crate::facts;
use crate::task::TaskEnd;
use crate::variables::HostScope;
use crate::world::GATHERED;

impl Batch<'_> {
    /// Counts a result, lets other hosts share it, notifies handlers, and sends the hosts where a failure leads.
    pub(super) fn settle(
        &mut self,
        task: &Arc<Task>,
        name: &HostName,
        end: &TaskEnd,
        sharing: &[HostName],
    ) -> Result<()> {
        if end.inclusions.is_empty() || end.ran.status != Status::Ok {
            self.stats.count(&end.ran);
        }
        for other in sharing.iter().filter(|other| *other != name) {
            for (name, value) in &end.variables {
                self.world.host(other).set(name, value.clone());
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
        if let Some(role) = &task.scope.role
            && !matches!(end.ran.status, Status::Skipped | Status::Unreachable { .. })
        {
            // A role of which every task was skipped has not run.
            if let Some(host) = self.hosts.get_mut(name) {
                host.begun_roles.insert(Arc::clone(&role.identity));
            }
        }
        if facts::gathers(task) && matches!(end.ran.status, Status::Ok | Status::Changed) {
            self.world.add_facts(name, &Map::from_iter([(GATHERED.into(), true.into())]));
        }
        match &end.ran.status {
            Status::Changed | Status::Unknown(_) => {
                let notifier = self.hosts.get(name).map(|host| host.scope.for_task(task));
                for other in sharing {
                    self.notify(&end.notices, notifier.as_ref(), other)?;
                }
            }
            Status::Failed { ignored: false } => {
                for other in sharing {
                    let Some(host) = self.hosts.get_mut(other) else { continue };
                    host.cursor.failure =
                        Some(Failed { task: failed_task(task, &host.scope), result: end.registered.clone() });
                    if other == name && host.cursor.is_guarded() {
                        self.stats.rescue(other);
                    }
                    self.fall(other);
                }
            }
            Status::Unreachable { ignored: false } => {
                for other in sharing {
                    self.fail_host(other);
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Whether a failure of this task counts for all hosts.
    pub(super) fn any_errors_fatal(&self, task: &Task, scope: &HostScope) -> bool {
        let flag = |node: &Node| {
            self.world.templates.resolve(&node.to_value(), scope).ok().and_then(|value| value.to_bool().ok())
        };
        let wanted = task.keywords.any_errors_fatal.as_ref().and_then(flag);
        wanted.unwrap_or(self.world.settings.any_errors_fatal)
    }

    pub(super) fn too_many_failed(&self) -> Result<bool> {
        let play = &self.context.play;
        let Some((value, node)) = keyword(self.world, play, &play.max_fail_percentage)? else {
            return Ok(false);
        };
        let text = value.to_string();
        let limit: f64 = text
            .trim_end_matches('%')
            .parse()
            .map_err(|_| Error::new(format!("'{text}' is no percentage")).at(&node.span))?;
        let batch = self.context.batch.read().unwrap_or_else(PoisonError::into_inner);
        let failed = batch.iter().filter(|host| self.failed_hosts.contains(*host)).count();
        Ok(failed > 0 && failed as f64 * 100.0 / batch.len() as f64 > limit)
    }
}

pub(super) fn is_failure(status: &Status) -> bool {
    matches!(status, Status::Failed { ignored: false } | Status::Unreachable { ignored: false })
}
