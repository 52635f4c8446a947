use std::collections::HashSet;
use std::sync::Arc;

use diag::{Error, Result, Span};
use indexmap::{IndexMap, IndexSet};
use value::{Convert, Value};

use crate::group::{ALL, Group, GroupName, UNGROUPED, is_unsafe, safe_name};
use crate::host::{Host, HostName, HostSource};
use crate::options::{GroupNames, Merge};

/// The hosts and groups as sources declare them; cheap enough to clone before each source, so that one that can't be
/// read leaves no half of itself behind.
#[derive(Clone, Debug)]
pub(crate) struct Registry {
    pub(crate) hosts: IndexMap<HostName, Host>,
    pub(crate) groups: IndexMap<GroupName, Group>,
    /// The source that is being read.
    pub(crate) source: Option<Arc<HostSource>>,
    pub(crate) warnings: Vec<Error>,
    group_names: GroupNames,
    /// What happens to a mapping that several sources set.
    merge: Merge,
    /// Whether what matters little is told too.
    details: bool,
    strange_names: IndexMap<String, Option<Span>>,
}

impl Registry {
    pub(crate) fn new(group_names: GroupNames, merge: Merge, details: bool) -> Registry {
        let mut registry = Registry {
            hosts: IndexMap::new(),
            groups: IndexMap::new(),
            source: None,
            warnings: Vec::new(),
            group_names,
            merge,
            details,
            strange_names: IndexMap::new(),
        };
        registry.groups.insert(ALL.into(), Group::default());
        registry.groups.insert(UNGROUPED.into(), Group::default());
        registry.tie(ALL, UNGROUPED);
        registry
    }

    pub(crate) fn warn(&mut self, warning: Error) {
        self.warnings.push(warning);
    }

    /// Notes what is told only to those who ask for everything.
    pub(crate) fn detail(&mut self, detail: Error) {
        if self.details {
            self.warnings.push(detail);
        }
    }

    /// Makes sure that there is a host of this name.
    pub(crate) fn declare_host(&mut self, name: &str) -> HostName {
        if let Some((name, _)) = self.hosts.get_key_value(name) {
            return name.clone();
        }
        let name: HostName = name.into();
        self.hosts.insert(name.clone(), Host::new(name.clone(), self.source.clone()));
        name
    }

    /// Makes sure that there is a group of this name, and gives the name that it has.
    pub(crate) fn declare_group(&mut self, name: &str, place: Option<&Span>) -> GroupName {
        let name = self.valid_group_name(name, place);
        self.groups.entry(name.clone()).or_default();
        name
    }

    /// The name that a group of this name gets.
    pub(crate) fn valid_group_name(&mut self, name: &str, place: Option<&Span>) -> GroupName {
        if let Some((name, _)) = self.groups.get_key_value(name) {
            return name.clone();
        }
        if !name.char_indices().any(is_unsafe) {
            return name.into();
        }
        if matches!(self.group_names, GroupNames::Keep | GroupNames::Replace) {
            self.strange_names.entry(name.to_owned()).or_insert_with(|| place.cloned());
        }
        match self.group_names {
            GroupNames::Keep | GroupNames::KeepSilently => name.into(),
            GroupNames::Replace | GroupNames::ReplaceSilently => safe_name(name).into(),
        }
    }

    /// Puts a host into a group.
    pub(crate) fn join(&mut self, host: &str, group: &str) {
        let (Some((_, group, members)), Some(host)) =
            (self.groups.get_full_mut(group), self.hosts.get_mut(host))
        else {
            return;
        };
        members.hosts.insert(host.name().clone());
        host.groups.insert(group.clone());
    }

    /// Makes a group the child of another.
    ///
    /// # Errors
    ///
    /// The parent is the child itself, or below it.
    pub(crate) fn adopt(&mut self, parent: &str, child: &str) -> Result<()> {
        if child == ALL || self.is_below(parent, child) {
            return Err(Error::new(format!(
                "the group '{child}' can't be a child of '{parent}': it would contain itself"
            )));
        }
        self.tie(parent, child);
        Ok(())
    }

    fn tie(&mut self, parent: &str, child: &str) {
        let (Some((parent_name, _)), Some((child_name, _))) =
            (self.groups.get_key_value(parent), self.groups.get_key_value(child))
        else {
            return;
        };
        let (parent_name, child_name) = (parent_name.clone(), child_name.clone());
        if let Some(parent) = self.groups.get_mut(&parent_name) {
            parent.children.insert(child_name.clone());
        }
        if let Some(child) = self.groups.get_mut(&child_name) {
            child.parents.insert(parent_name);
        }
    }

    /// Whether `group` is `other` or somewhere below it.
    fn is_below(&self, group: &str, other: &str) -> bool {
        let mut seen: IndexSet<&str> = IndexSet::from([group]);
        let mut next = 0;
        while let Some(&name) = seen.get_index(next) {
            if name == other {
                return true;
            }
            seen.extend(
                self.groups
                    .get(name)
                    .into_iter()
                    .flat_map(|group| group.parents.iter().map(|parent| &**parent)),
            );
            next += 1;
        }
        false
    }

    pub(crate) fn set_host_variable(&mut self, host: &str, name: Value, value: Value, place: Option<&Span>) {
        if let Some(host) = self.hosts.get_mut(host) {
            host.variables.set_again(name, value, place.cloned(), self.merge);
        }
    }

    /// Sets a variable of a group, or its priority.
    ///
    /// # Errors
    ///
    /// The priority is not an integer.
    pub(crate) fn set_group_variable(
        &mut self,
        group: &str,
        name: Value,
        value: Value,
        place: Option<&Span>,
    ) -> Result<()> {
        let Some(group) = self.groups.get_mut(group) else { return Ok(()) };
        if name.as_str() == Some("ansible_group_priority") {
            group.priority = value.to_i64().map_err(|_| {
                Error::new(format!("ansible_group_priority must be an integer, not {}", value.repr()))
            })?;
        } else {
            group.variables.set_again(name, value, place.cloned(), self.merge);
        }
        Ok(())
    }

    /// Puts every group under `all`, and every host that is in no group into `ungrouped`.
    pub(crate) fn settle(&mut self) {
        self.settle_groups();
        let (grouped, alone): (Vec<_>, Vec<_>) =
            self.hosts.iter_mut().partition(|(_, host)| host.is_grouped());
        let alone: Vec<HostName> = alone.into_iter().map(|(name, _)| name.clone()).collect();
        // All at once: one by one, each would move all that stand behind it.
        let leaving: HashSet<HostName> = grouped
            .into_iter()
            .filter_map(|(name, host)| host.groups.shift_remove(UNGROUPED).then(|| name.clone()))
            .collect();
        if let Some(ungrouped) = self.groups.get_mut(UNGROUPED) {
            ungrouped.hosts.retain(|name| !leaving.contains(name));
        }
        for name in alone {
            self.join(&name, UNGROUPED);
        }
    }

    /// Puts every group that has no parent under `all`.
    pub(crate) fn settle_groups(&mut self) {
        let top: Vec<GroupName> = self
            .groups
            .iter()
            .filter(|(name, group)| &***name != ALL && group.parents.is_empty())
            .map(|(name, _)| name.clone())
            .collect();
        for name in top {
            self.tie(ALL, &name);
        }
    }

    /// Puts a host that is in no group into `ungrouped`, and one that is in another out of it.
    pub(crate) fn settle_host(&mut self, name: &str) {
        let Some(host) = self.hosts.get_mut(name) else { return };
        if !host.is_grouped() {
            self.join(name, UNGROUPED);
        } else if host.groups.shift_remove(UNGROUPED)
            && let Some(ungrouped) = self.groups.get_mut(UNGROUPED)
        {
            ungrouped.hosts.shift_remove(name);
        }
    }

    /// Everything noted while sources were read, once.
    pub(crate) fn take_warnings(&mut self) -> Vec<Error> {
        let mut warnings = std::mem::take(&mut self.warnings);
        let strange = std::mem::take(&mut self.strange_names);
        let place = strange.values().flatten().next().cloned();
        let names: Vec<String> = strange.keys().take(5).map(|name| format!("'{name}'")).collect();
        if !names.is_empty() {
            let more = if strange.len() > names.len() { " and others" } else { "" };
            let what = match self.group_names {
                GroupNames::Keep | GroupNames::KeepSilently => "but not replaced",
                GroupNames::Replace | GroupNames::ReplaceSilently => "and automatically replaced",
            };
            warnings.push(
                Error::warning(format!(
                    "Invalid characters were found in group names {what}, use -vvvv to see details"
                ))
                .at_some(place.as_ref())
                .hint(format!(
                    "of {}{more}, use only letters, digits and '_', and no digit first",
                    names.join(", ")
                )),
            );
        }
        warnings
    }
}
