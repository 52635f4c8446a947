use std::collections::HashMap;
use std::sync::Arc;

use indexmap::{IndexMap, IndexSet};

use crate::group::{ALL, GroupName};
use crate::host::HostName;
use crate::registry::Registry;

/// Who is in which group, children counted; worked out once for a state of the registry.
#[derive(Debug)]
pub(crate) struct Membership {
    /// Of every group, in the order of declaration, its hosts in inventory order.
    pub(crate) hosts: Arc<IndexMap<GroupName, Arc<[HostName]>>>,
    /// Of every host its groups but `all`, the later ones overriding the earlier.
    groups: HashMap<HostName, Arc<[GroupName]>>,
}

impl Membership {
    pub(crate) fn new(registry: &Registry) -> Membership {
        let hosts = registry.groups.keys().map(|name| (name.clone(), hosts_below(registry, name))).collect();
        let depths = depths(registry);
        let mut groups = HashMap::new();
        // Hosts of the same groups share the list.
        let mut lists: HashMap<Vec<&str>, Arc<[GroupName]>> = HashMap::new();
        for (name, host) in &registry.hosts {
            let direct: Vec<&str> = host.groups.iter().map(|group| &**group).collect();
            let list = lists.entry(direct).or_insert_with_key(|direct| {
                let mut all = ancestors(registry, direct);
                all.sort_by_key(|name| {
                    let priority = registry.groups.get(name).map_or(0, |group| group.priority);
                    (depths.get(name).copied().unwrap_or(0), priority, name.clone())
                });
                all.into()
            });
            groups.insert(name.clone(), Arc::clone(list));
        }
        Membership { hosts: Arc::new(hosts), groups }
    }

    /// The groups of a host but `all`, the later ones overriding the earlier; none for the implicit host.
    pub(crate) fn groups(&self, host: &str) -> Arc<[GroupName]> {
        self.groups.get(host).cloned().unwrap_or_default()
    }
}

/// The hosts of a group: its own, then those of its children, level by level.
fn hosts_below(registry: &Registry, name: &GroupName) -> Arc<[HostName]> {
    let mut groups: IndexSet<&GroupName> = IndexSet::from([name]);
    let mut hosts: IndexSet<&HostName> = IndexSet::new();
    let mut next = 0;
    while let Some(group) = groups.get_index(next).and_then(|name| registry.groups.get(*name)) {
        groups.extend(&group.children);
        hosts.extend(&group.hosts);
        next += 1;
    }
    hosts.into_iter().cloned().collect()
}

fn ancestors(registry: &Registry, direct: &[&str]) -> Vec<GroupName> {
    let mut found: IndexSet<GroupName> = direct
        .iter()
        .filter_map(|name| registry.groups.get_key_value(*name))
        .map(|(name, _)| name.clone())
        .collect();
    let mut next = 0;
    while let Some(group) = found.get_index(next).and_then(|name| registry.groups.get(name)) {
        found.extend(group.parents.iter().cloned());
        next += 1;
    }
    found.into_iter().filter(|name| &**name != ALL).collect()
}

/// How far below `all` each group is, on the longest way.
fn depths(registry: &Registry) -> HashMap<GroupName, usize> {
    let mut waiting: HashMap<&GroupName, usize> =
        registry.groups.iter().map(|(name, group)| (name, group.parents.len())).collect();
    let mut depths: HashMap<GroupName, usize> = HashMap::new();
    let mut ready: Vec<&GroupName> =
        registry.groups.iter().filter(|(_, group)| group.parents.is_empty()).map(|(name, _)| name).collect();
    while let Some(name) = ready.pop() {
        let depth = *depths.entry(name.clone()).or_default();
        for child in registry.groups.get(name).into_iter().flat_map(|group| &group.children) {
            let deepest = depths.entry(child.clone()).or_default();
            *deepest = (*deepest).max(depth + 1);
            if let Some(count) = waiting.get_mut(child) {
                *count -= 1;
                if *count == 0 {
                    ready.push(child);
                }
            }
        }
    }
    depths
}
