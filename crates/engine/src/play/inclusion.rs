//! What a task includes, put before the hosts that include it.

use std::sync::{Arc, PoisonError};

use diag::{Error, Errors, Severity};
use inventory::HostName;
use playbook::Task;
use value::Value;

use super::batch::{Batch, State};
use crate::cursor::Position;
use crate::includes::Inclusion;
use crate::{Event, Ran, Status};

impl Batch<'_> {
    /// Loads what hosts include, once for those that include the same, and puts it before them.
    pub(super) fn include(
        &mut self,
        position: &Position,
        task: &Arc<Task>,
        inclusions: &[(HostName, Vec<Inclusion>)],
    ) -> Result<Vec<HostName>, Errors> {
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
        let mut failed: Vec<HostName> = Vec::new();
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
                    self.context
                        .included_roles
                        .write()
                        .unwrap_or_else(PoisonError::into_inner)
                        .extend(included.roles.iter().cloned());
                    let mut public =
                        self.context.public_roles.write().unwrap_or_else(PoisonError::into_inner);
                    public.extend(included.roles.iter().filter(|role| role.public).cloned());
                    drop(public);
                    // Of an include, what counts is each file that came in.
                    hosts.iter().for_each(|host| self.stats.of(host).ok += 1);
                    let mut handlers = self.handlers.write().unwrap_or_else(PoisonError::into_inner);
                    for handler in &included.handlers {
                        if !handlers.iter().any(|known| known.is_same_handler(handler)) {
                            handlers.push(Arc::clone(handler));
                        }
                    }
                    drop(handlers);
                    loaded.push((index, included, hosts));
                }
                // What is not there fails the task, what is wrong with what is there ends the run.
                Err(errors) if !errors.iter().all(is_missing) => return Err(errors),
                Err(errors) => {
                    let hosts: Vec<HostName> =
                        hosts.into_iter().filter(|host| !failed.contains(host)).collect();
                    self.include_failed(task, &hosts, errors);
                    failed.extend(hosts);
                }
            }
        }
        for (index, included, hosts) in loaded.into_iter().rev() {
            for name in hosts {
                if let Some(host) = self
                    .hosts
                    .get_mut(&name)
                    .filter(|host| host.state == State::Active && !failed.contains(&name))
                {
                    let prefix = [&position[..], &[index as u32]].concat();
                    host.cursor.include(included.items.clone(), prefix);
                }
            }
        }
        Ok(failed)
    }

    /// A file that can't be included fails the task on those hosts.
    pub(super) fn include_failed(&mut self, task: &Arc<Task>, hosts: &[HostName], errors: Errors) {
        let mut errors = errors.into_iter().filter(|error| error.severity() == Severity::Error);
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
            self.fall(name);
        }
    }
}

fn is_missing(error: &Error) -> bool {
    error.is_of_environment() || error.severity() != Severity::Error
}
