//! Hosts that don't wait for each other: the strategies `free` and `host_pinned`.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use diag::{Error, Errors};
use inventory::HostName;
use playbook::{ActionKind, Task};
use tokio::task::JoinSet;

use super::batch::{Batch, State};
use super::{PlayEnding, checks};
use crate::cursor::Position;
use crate::orderly::Orderly;
use crate::task::{TaskEnd, title};
use crate::{Event, Events};

/// What a host is at.
struct Underway {
    host: HostName,
    position: Position,
    task: Arc<Task>,
    told: Arc<Kept>,
}

/// Events that wait until their task has ended.
#[derive(Default)]
struct Kept(Mutex<Vec<Event>>);

impl Events for Kept {
    fn take(&self, event: Event) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(event);
    }
}

impl Batch<'_> {
    /// Lets every host go on as soon as it can. If they are `pinned`, a host is seen to its end before another one takes
    /// its place among those that work at once.
    pub(super) async fn run_freely(&mut self, pinned: bool) -> Result<PlayEnding, Errors> {
        let forks = self.world.settings.forks.max(1);
        let names: Vec<HostName> = self.hosts.keys().cloned().collect();
        let mut running: JoinSet<(Underway, TaskEnd)> = JoinSet::new();
        let mut busy: HashMap<HostName, Arc<Task>> = HashMap::new();
        let mut shown: Option<Arc<Task>> = None;
        let mut ending = PlayEnding::GoOn;
        loop {
            let mut admitted = 0;
            for name in &names {
                let active = self.hosts.get(name).is_some_and(|host| host.state == State::Active);
                admitted += usize::from(active);
                if pinned && admitted > forks {
                    break;
                }
                if busy.contains_key(name) || busy.len() >= forks {
                    continue;
                }
                if let Some((position, task)) = self.next_of(name, &mut ending)? {
                    let limit = self.throttle(&task)?.unwrap_or(usize::MAX);
                    if busy.values().filter(|other| Arc::ptr_eq(other, &task)).count() >= limit {
                        continue;
                    }
                    self.set_out(name);
                    let told = Arc::new(Kept::default());
                    let lanes = Orderly::lanes(Arc::clone(&told) as Arc<dyn Events>, 1);
                    let Some(run) = lanes.first().and_then(|lane| self.task_run(&task, name, lane)) else {
                        continue;
                    };
                    busy.insert(name.clone(), Arc::clone(&task));
                    let underway = Underway { host: name.clone(), position, task, told };
                    running.spawn(async move { (underway, run.run().await) });
                }
            }
            self.world.tell(Event::Working { hosts: busy.keys().cloned().collect() });
            match running.join_next().await {
                None => return Ok(ending),
                Some(Ok((underway, end))) => {
                    busy.remove(&underway.host);
                    self.arrive(underway, end, &mut shown).await?;
                }
                Some(Err(error)) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
                Some(Err(_)) => {}
            }
        }
    }

    /// The next task of a host, `meta` tasks and facts that are known done on the way.
    fn next_of(
        &mut self,
        name: &HostName,
        ending: &mut PlayEnding,
    ) -> Result<Option<(Position, Arc<Task>)>, Errors> {
        while let Some((position, task)) = self.peek(name)? {
            match &task.action.kind {
                ActionKind::Meta(meta) => {
                    let ends = self.meta(*meta, &position, &task, std::slice::from_ref(name))?;
                    if let Some(ends) = ends {
                        *ending = ends;
                        return Ok(None);
                    }
                }
                _ if self.has_facts(&task, name) => self.set_out(name),
                _ => {
                    let kind = actions::find(&task.action.module);
                    if kind.is_some_and(|kind| kind.action.once_for_all_hosts()) {
                        let action = &*task.action.written;
                        return Err(Error::new(format!(
                            "'{action}' is done once for all hosts, which a strategy where they don't wait for \
                             each other can't do"
                        ))
                        .at(&task.span)
                        .hint("use the strategy 'linear' for this play")
                        .into());
                    }
                    return Ok(Some((position, task)));
                }
            }
        }
        Ok(None)
    }

    /// Tells what came of a task and sends the host on.
    async fn arrive(
        &mut self,
        underway: Underway,
        end: TaskEnd,
        shown: &mut Option<Arc<Task>>,
    ) -> Result<(), Errors> {
        let Underway { host: name, position, task, told } = underway;
        if !shown.as_ref().is_some_and(|shown| Arc::ptr_eq(shown, &task))
            && let Some(host) = self.hosts.get(&name)
        {
            let handler = host.cursor.in_handlers() || task.scope.handlers;
            let title = title(&task, &host.scope.for_task(&task));
            let check_mode = checks(self.world, &self.context.play, task.keywords.check_mode.as_ref());
            self.world.tell(Event::Task { title, handler, span: Some(task.span.clone()), check_mode });
            *shown = Some(Arc::clone(&task));
        }
        let events = std::mem::take(&mut *told.0.lock().unwrap_or_else(PoisonError::into_inner));
        events.into_iter().for_each(|event| self.world.tell(event));
        let end = self.debug(&task, &name, end).await;
        self.settle(&task, &name, &end, std::slice::from_ref(&name))?;
        self.include(&position, &task, &[(name, end.inclusions.clone())])?;
        Ok(())
    }
}
