use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use diag::{Error, Errors, Result, Span};
use indexmap::IndexMap;
use value::{Map, Value};

use crate::group::{ALL, GroupName};
use crate::host::{Host, HostName, LOCALHOST};
use crate::level::Level;
use crate::lock::lock;
use crate::membership::Membership;
use crate::options::LoadOptions;
use crate::registry::Registry;
use crate::variable_files::{Kind, VariableFiles};
use crate::variables::Variables;

/// The hosts and groups that a run knows, and their variables.
///
/// Hosts and groups can be added while a run is on, which needs `&mut`; everything else takes `&self` and is cached.
#[derive(Debug)]
pub struct Inventory {
    pub(crate) registry: Registry,
    pub(crate) options: LoadOptions,
    pub(crate) sources: Vec<String>,
    /// The directories beside which `group_vars` and `host_vars` of the inventory are looked for.
    pub(crate) bases: Vec<PathBuf>,
    /// What was added while the run is on, for when the sources are read again.
    pub(crate) added: Vec<Addition>,
    implicit: Vec<Host>,
    files: VariableFiles,
    membership: Mutex<Option<Arc<Membership>>>,
    variables: Mutex<HashMap<HostName, Arc<Map>>>,
}

/// Something added while a run is on.
#[derive(Clone, Debug)]
pub(crate) enum Addition {
    Host(String, Vec<String>, Map),
    Group(String, Vec<String>),
    Membership(String, String),
}

/// One setting of a variable.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// Where in the precedence of variables.
    pub level: Level,
    /// The group or host that it was set for.
    pub owner: Arc<str>,
    /// The place, where it was written into a file.
    pub place: Option<Span>,
    /// What it was set to.
    pub value: Value,
}

impl Inventory {
    pub(crate) fn empty(options: LoadOptions) -> Inventory {
        Inventory {
            registry: Registry::new(options.group_names, options.merge, options.details),
            options,
            sources: Vec::new(),
            bases: Vec::new(),
            added: Vec::new(),
            implicit: LOCALHOST.into_iter().map(Host::implicit).collect(),
            files: VariableFiles::default(),
            membership: Mutex::default(),
            variables: Mutex::default(),
        }
    }

    /// The sources as they were given, which the variable `ansible_inventory_sources` holds.
    pub fn sources(&self) -> &[String] {
        &self.sources
    }

    /// The host of this name. `localhost` and its addresses are always there.
    pub fn host(&self, name: &str) -> Option<&Host> {
        self.registry.hosts.get(name).or_else(|| {
            // Any name of this machine that the inventory knows stands for the others.
            let own = LOCALHOST
                .contains(&name)
                .then(|| self.registry.hosts.keys().find(|host| LOCALHOST.contains(&&***host)));
            match own.flatten() {
                Some(host) => self.registry.hosts.get(host),
                None => self.implicit.iter().find(|host| &**host.name() == name),
            }
        })
    }

    /// The hosts of the inventory in the order they were named, the implicit one not counted.
    pub fn hosts(&self) -> impl Iterator<Item = &Host> {
        self.registry.hosts.values()
    }

    /// Every group and its hosts, those of its children included; `all` and `ungrouped` come first. This is the variable
    /// `groups`.
    pub fn groups(&self) -> Arc<IndexMap<GroupName, Arc<[HostName]>>> {
        Arc::clone(&self.membership().hosts)
    }

    /// The groups of a host, sorted by name, without `all`: the variable `group_names`.
    pub fn group_names(&self, host: &str) -> Vec<GroupName> {
        let mut names = self.membership().groups(host).to_vec();
        names.sort();
        names
    }

    /// All variables that the inventory and the files beside it and beside the playbook give a host, by precedence;
    /// templates in them are not rendered. Worked out once for each host.
    ///
    /// # Errors
    ///
    /// There is no such host, or a file of variables can't be read; all such files.
    pub fn variables(&self, host: &str) -> Result<Arc<Map>, Errors> {
        if let Some(map) = lock(&self.variables).get(host) {
            return Ok(Arc::clone(map));
        }
        let mut map = Map::new();
        self.each_layer(host, &mut |_, _, variables| variables.apply(&mut map, self.options.merge))?;
        let map = Arc::new(map);
        lock(&self.variables).insert(host.into(), Arc::clone(&map));
        Ok(map)
    }

    /// A host's variables without those of its groups.
    pub(crate) fn own_variables(&self, host: &str) -> Result<Map, Errors> {
        let mut map = Map::new();
        self.each_layer(host, &mut |level, _, variables| {
            if level >= Level::InventoryHost {
                variables.apply(&mut map, self.options.merge);
            }
        })?;
        Ok(map)
    }

    /// A group's variables without those of its parents.
    pub(crate) fn own_group_variables(&self, group: &str) -> Result<Map, Errors> {
        let Some((name, group)) = self.registry.groups.get_key_value(group) else { return Ok(Map::new()) };
        let mut map = group.variables.to_map();
        let mut errors = Errors::new();
        for playbook in [false, true] {
            for (_, variables) in
                self.file_variables(playbook, Kind::Group, std::slice::from_ref(name), &mut errors)
            {
                variables.apply(&mut map, self.options.merge);
            }
        }
        if errors.any() { Err(errors) } else { Ok(map) }
    }

    /// Where a variable of a host was set, lowest precedence first: the last one counts, and overrode those before it.
    ///
    /// # Errors
    ///
    /// As for [`Inventory::variables`].
    pub fn explain(&self, host: &str, variable: &str) -> Result<Vec<Explanation>, Errors> {
        let mut found = Vec::new();
        self.each_layer(host, &mut |level, owner, variables| {
            if let Some(set) = variables.get(variable) {
                let (place, value) = (set.place.clone(), set.value.clone());
                found.push(Explanation { level, owner: owner.clone(), place, value });
            }
        })?;
        Ok(found)
    }

    /// Reads all files of variables of all hosts and groups, and gives everything wrong with them.
    pub fn check(&self) -> Errors {
        let mut errors = Errors::new();
        for (base, _) in self.variable_bases() {
            for group in self.registry.groups.keys() {
                errors.extend(
                    self.files.variables(base, Kind::Group, group, &self.options).err().unwrap_or_default(),
                );
            }
            for host in self.registry.hosts.keys() {
                errors.extend(
                    self.files.variables(base, Kind::Host, host, &self.options).err().unwrap_or_default(),
                );
            }
        }
        errors.extend(self.take_warnings());
        errors
    }

    /// The warnings of files that were read since the last call.
    pub fn take_warnings(&self) -> Vec<Error> {
        self.files.take_warnings()
    }

    /// Sets the directories of the playbooks beside which `group_vars` and `host_vars` are looked for.
    pub fn set_playbook_dirs(&mut self, directories: Vec<PathBuf>) {
        if self.options.playbook_dirs != directories {
            self.options.playbook_dirs = directories;
            lock(&self.variables).clear();
        }
    }

    /// Adds a host, or groups and variables to one that is there; groups that are missing are made. Returns whether
    /// anything is new.
    pub fn add_host(&mut self, name: &str, groups: &[&str], variables: &Map) -> bool {
        let groups: Vec<String> = groups.iter().map(|group| (*group).to_owned()).collect();
        self.add(Addition::Host(name.to_owned(), groups, variables.clone()))
    }

    /// Adds a group below others, or below `all` where there are none; parents that are missing are made. A parent
    /// that lies below the group is left out. Returns whether anything is new.
    pub fn add_group(&mut self, name: &str, parents: &[&str]) -> bool {
        let parents = parents.iter().map(|parent| (*parent).to_owned()).collect();
        self.add(Addition::Group(name.to_owned(), parents))
    }

    /// Puts a host of the inventory into a group, which is made if it is missing. Returns whether that is new.
    pub fn add_to_group(&mut self, host: &str, group: &str) -> bool {
        self.add(Addition::Membership(host.to_owned(), group.to_owned()))
    }

    fn add(&mut self, addition: Addition) -> bool {
        let changed = self.apply(&addition);
        if changed {
            self.added.push(addition);
        }
        changed
    }

    pub(crate) fn apply(&mut self, addition: &Addition) -> bool {
        let registry = &mut self.registry;
        registry.source = None;
        let mut changed = false;
        match addition {
            Addition::Host(name, groups, variables) => {
                changed |= !registry.hosts.contains_key(name.as_str());
                let host = registry.declare_host(name);
                for group in groups {
                    changed |= !registry.groups.contains_key(group.as_str());
                    let group = registry.declare_group(group, None);
                    changed |= !registry.hosts.get(&host).is_some_and(|host| host.groups.contains(&group));
                    registry.join(&host, &group);
                }
                for (name, value) in variables {
                    let known = registry
                        .hosts
                        .get(&host)
                        .and_then(|host| host.variables.get(name.as_str().unwrap_or_default()));
                    changed |= known.is_none_or(|known| known.value != *value);
                    registry.set_host_variable(&host, name.clone(), value.clone(), None);
                }
                registry.join(&host, ALL);
            }
            Addition::Group(name, parents) => {
                changed |= !registry.groups.contains_key(name.as_str());
                let group = registry.declare_group(name, None);
                for parent in parents {
                    let parent = registry.declare_group(parent, None);
                    let known =
                        registry.groups.get(&group).is_some_and(|group| group.parents.contains(&parent));
                    changed |= !known && registry.adopt(&parent, &group).is_ok();
                }
            }
            Addition::Membership(host, group) => {
                let known = |registry: &Registry, group: &str| {
                    registry.hosts.get(host.as_str()).is_none_or(|host| host.groups.contains(group))
                };
                let group = registry.declare_group(group, None);
                changed |= !known(registry, &group);
                registry.join(host, &group);
            }
        }
        if changed {
            registry.settle_groups();
            *lock(&self.membership) = None;
            let mut variables = lock(&self.variables);
            match addition {
                // The variables of other hosts stay as they are, unless this one now stands for the implicit host.
                Addition::Host(host, ..) | Addition::Membership(host, _) => {
                    registry.settle_host(host);
                    variables.retain(|name, _| &**name != host && !LOCALHOST.contains(&&**name));
                }
                Addition::Group(..) => variables.clear(),
            }
        }
        changed
    }

    /// Forgets everything that was worked out.
    pub(crate) fn forget(&mut self) {
        *lock(&self.membership) = None;
        lock(&self.variables).clear();
        self.files.forget();
    }

    /// Forgets who is in which group, while sources are still being read.
    pub(crate) fn forget_memberships(&self) {
        *lock(&self.membership) = None;
    }

    /// What is known of a host while sources are still being read: the variables of the sources so far and, where
    /// `with_files`, of the files beside them, and the names that every host has.
    ///
    /// # Errors
    ///
    /// As for [`Inventory::variables`].
    pub(crate) fn variables_so_far(&self, host: &str, with_files: bool) -> Result<Map, Errors> {
        let mut map = Map::new();
        self.each_layer(host, &mut |level, _, variables| {
            if with_files || matches!(level, Level::InventoryGroup | Level::InventoryHost) {
                variables.apply(&mut map, self.options.merge);
            }
        })?;
        let short = host.split('.').next().unwrap_or(host);
        let names = self.group_names(host);
        map.insert("inventory_hostname".into(), host.into());
        map.insert("inventory_hostname_short".into(), short.into());
        map.insert("group_names".into(), Value::list(names.iter().map(|name| &**name)));
        if let Some(host) = self.registry.hosts.get(host) {
            map.insert("inventory_file".into(), host.inventory_file());
            map.insert("inventory_dir".into(), host.inventory_dir());
        }
        Ok(map)
    }

    pub(crate) fn membership(&self) -> Arc<Membership> {
        Arc::clone(lock(&self.membership).get_or_insert_with(|| Arc::new(Membership::new(&self.registry))))
    }

    /// The directories with files of variables, and whether each is a playbook's.
    fn variable_bases(&self) -> impl Iterator<Item = (&PathBuf, bool)> {
        let inventory = self.bases.iter().map(|base| (base, false));
        inventory.chain(self.options.playbook_dirs.iter().map(|base| (base, true)))
    }

    /// The variables of a group or host in the files of all directories of one sort.
    fn file_variables(
        &self,
        playbook: bool,
        kind: Kind,
        names: &[Arc<str>],
        errors: &mut Errors,
    ) -> Vec<(Arc<str>, Variables)> {
        let mut found = Vec::new();
        for (base, _) in self.variable_bases().filter(|(_, of_playbook)| *of_playbook == playbook) {
            for name in names {
                match self.files.variables(base, kind, name, &self.options) {
                    Ok(variables) if variables.is_empty() => {}
                    Ok(variables) => found.push((name.clone(), variables)),
                    Err(others) => errors.extend(others),
                }
            }
        }
        found
    }

    /// Calls `visit` with everything that sets variables of a host, lowest precedence first.
    fn each_layer(
        &self,
        host: &str,
        visit: &mut dyn FnMut(Level, &Arc<str>, &Variables),
    ) -> Result<(), Errors> {
        let host = self.host(host).ok_or_else(|| {
            let names = self.registry.hosts.keys().map(|name| &**name);
            Error::new(format!("there is no host '{host}' in the inventory"))
                .hint_some(diag::did_you_mean(host, names))
        })?;
        let mut errors = Errors::new();
        let all: [GroupName; 1] = [ALL.into()];
        let groups = self.membership().groups(host.name());
        for name in all.iter().chain(groups.iter()) {
            if let Some(group) = self.registry.groups.get(name) {
                visit(Level::InventoryGroup, name, &group.variables);
            }
        }
        let own = [host.name().clone()];
        let steps: [(Level, bool, Kind, &[Arc<str>]); 6] = [
            (Level::InventoryGroupVarsAll, false, Kind::Group, &all),
            (Level::PlaybookGroupVarsAll, true, Kind::Group, &all),
            (Level::InventoryGroupVars, false, Kind::Group, &groups),
            (Level::PlaybookGroupVars, true, Kind::Group, &groups),
            (Level::InventoryHostVars, false, Kind::Host, &own),
            (Level::PlaybookHostVars, true, Kind::Host, &own),
        ];
        for (level, playbook, kind, names) in steps {
            if level == Level::InventoryHostVars {
                visit(Level::InventoryHost, host.name(), &host.variables);
            }
            for (name, variables) in self.file_variables(playbook, kind, names, &mut errors) {
                visit(level, &name, &variables);
            }
        }
        if errors.any() { Err(errors) } else { Ok(()) }
    }
}
