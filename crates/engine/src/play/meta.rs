//! `meta` tasks: what steers the run itself.

use std::sync::{Arc, PoisonError};

use diag::Errors;
use inventory::HostName;
use playbook::{Meta, Task};

use super::PlayEnding;
use super::batch::{Batch, State};
use crate::cursor::Position;
use crate::task::title;
use crate::{Event, Ran};

impl Batch<'_> {
    /// Carries out a `meta` task. Returns how the batch ends, if it ends here.
    pub(super) fn meta(
        &mut self,
        meta: Meta,
        position: &Position,
        task: &Arc<Task>,
        hosts: &[HostName],
    ) -> Result<Option<PlayEnding>, Errors> {
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
                    handler: host.cursor.in_handlers() || task.scope.handlers,
                    span: Some(task.span.clone()),
                    check_mode: world.settings.check,
                });
                let role = task.scope.role.as_ref().map(|role| role.name.as_str()).unwrap_or_default();
                let said = if wanted { done(meta, name, role) } else { left_out(meta, name, role) };
                world.tell(Event::Remark { text: format!("META: {said}"), verbosity: 2 });
                if !wanted {
                    let mut ran = Ran::skipped(name, &task.action.module);
                    ran.result.insert("changed".into(), false.into());
                    ran.result.insert("msg".into(), meta.name().into());
                    ran.result.insert("skip_reason".into(), said.into());
                    world.tell(Event::Ran(Box::new(ran)));
                }
            }
            match meta {
                Meta::FlushHandlers if wanted => match host.notifications.next() {
                    Some(turn) => {
                        if task.implicit
                            && world.settings.debug
                            && self.told.insert((position.clone(), name.clone()))
                        {
                            let text = format!("META: {}", done(meta, name, ""));
                            world.tell(Event::Remark { text, verbosity: 0 });
                        }
                        host.doubt = turn.unknown;
                        let handlers = self.handlers.read().unwrap_or_else(PoisonError::into_inner);
                        if let Some(handler) = handlers.get(turn.handler) {
                            let prefix = [&position[..], &[turn.handler as u32]].concat();
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
                    // Whoever leaves a role has run it.
                    if let Some(role) = &task.scope.role {
                        host.completed_roles.insert(Arc::clone(&role.identity));
                    }
                    continue;
                }
                Meta::EndPlay | Meta::EndBatch if wanted => {
                    self.hosts
                        .values_mut()
                        .filter(|host| host.state == State::Active)
                        .for_each(|host| host.state = State::Ended);
                    return Ok(Some(match meta {
                        Meta::EndPlay => PlayEnding::EndPlay,
                        _ => PlayEnding::GoOn,
                    }));
                }
                Meta::ClearFacts if wanted => {
                    world.clear_facts(name);
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
                    self.failed_hosts.clear();
                    self.hosts.values_mut().for_each(|host| host.cursor.forgive());
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
        Ok(None)
    }
}

/// What a `meta` task has done, in words that scripts look for.
fn done(meta: Meta, host: &HostName, role: &str) -> String {
    match meta {
        Meta::FlushHandlers => format!("triggered running handlers for {host}"),
        Meta::RefreshInventory => "inventory successfully refreshed".into(),
        Meta::ClearFacts => "facts cleared".into(),
        Meta::ClearHostErrors => "cleared host errors".into(),
        Meta::EndHost => format!("ending play for {host}"),
        Meta::EndPlay => "ending play".into(),
        Meta::EndBatch => "ending batch".into(),
        Meta::EndRole => format!("ending role {role} for {host}"),
        Meta::ResetConnection => "reset connection".into(),
        Meta::Noop | Meta::RoleComplete => meta.name().into(),
    }
}

/// What a `meta` task has not done because of its condition.
fn left_out(meta: Meta, host: &HostName, role: &str) -> String {
    let instead = match meta {
        Meta::FlushHandlers => format!(", not running handlers for {host}"),
        Meta::RefreshInventory => ", not refreshing the inventory".into(),
        Meta::ClearFacts => format!(", not clearing facts and fact cache for {host}"),
        Meta::ClearHostErrors => ", not clearing host error state for all hosts".into(),
        Meta::EndHost => format!(", continuing execution for {host}"),
        Meta::EndPlay => ", continuing play".into(),
        Meta::EndBatch => ", continuing current batch".into(),
        Meta::EndRole => format!(", continuing role {role} for {host}"),
        Meta::Noop | Meta::ResetConnection | Meta::RoleComplete => String::new(),
    };
    format!("{} conditional evaluated to False{instead}", meta.name())
}
