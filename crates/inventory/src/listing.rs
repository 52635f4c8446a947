use std::collections::HashSet;

use diag::{Error, Errors, Result};
use value::{Map, Value};

use crate::group::{ALL, UNGROUPED};
use crate::host::HostName;
use crate::inventory::Inventory;
use crate::toml_text;

/// What `capstan inventory` shows.
impl Inventory {
    /// The inventory in the form of `--list`, which is also what inventory scripts print: groups with their hosts and
    /// children, and under `_meta` the variables of hosts. With `export`, groups keep their own variables and hosts
    /// only theirs. With `only`, other hosts are left out.
    ///
    /// # Errors
    ///
    /// As for [`Inventory::variables`].
    pub fn list(&self, export: bool, only: Option<&[HostName]>) -> Result<Value, Errors> {
        let shown = Shown::new(only);
        let mut list = Map::new();
        let mut variables: Vec<(&str, Value)> = Vec::new();
        for host in self.hosts().filter(|host| shown.includes(host.name())) {
            let own = self.shown_variables(host.name(), export)?;
            if !own.is_empty() {
                variables.push((host.name(), marked(&own.into())));
            }
        }
        variables.sort_by(|left, right| left.0.cmp(right.0));
        let meta = Value::map([("hostvars", Value::map(variables)), ("profile", "inventory_legacy".into())]);
        list.insert("_meta".into(), meta);
        for (name, group) in &self.registry.groups {
            let name = &**name;
            let mut entry = Map::new();
            let hosts: Vec<&str> =
                group.hosts.iter().filter(|host| shown.includes(host)).map(|host| &**host).collect();
            if name != ALL && !hosts.is_empty() {
                entry.insert("hosts".into(), Value::list(hosts));
            }
            if !group.children.is_empty() {
                entry.insert("children".into(), Value::list(group.children.iter().map(|child| &**child)));
            }
            if export {
                let own = self.exported_group_variables(name)?;
                if !own.is_empty() {
                    entry.insert("vars".into(), marked(&own.into()));
                }
            }
            if !entry.is_empty() {
                list.insert(name.into(), entry.into());
            }
        }
        Ok(list.into())
    }

    /// The variables of one host in the form of `--host`. With `export`, those of its groups are left out.
    ///
    /// # Errors
    ///
    /// As for [`Inventory::variables`].
    pub fn list_host(&self, host: &str, export: bool) -> Result<Value, Errors> {
        Ok(sealed(&self.shown_variables(host, export)?.into()))
    }

    /// The variables of one host in the form of `--host --toml`.
    ///
    /// # Errors
    ///
    /// As for [`Inventory::variables`], and a value is nothing that TOML has a word for.
    pub fn host_toml(&self, host: &str, export: bool) -> Result<String, Errors> {
        Ok(toml_text::write(&self.unsorted_variables(host, export)?)?)
    }

    /// The inventory in the form of `--list --toml`, which is also that of a TOML inventory.
    ///
    /// # Errors
    ///
    /// As for [`Inventory::host_toml`].
    pub fn list_toml(&self, export: bool, only: Option<&[HostName]>) -> Result<String, Errors> {
        let mut tables = Map::new();
        let mut seen = HashSet::new();
        self.add_tables(ALL, export, &Shown::new(only), &mut seen, &mut tables)?;
        tables.retain(|_, table| table.as_map().is_some_and(|table| !table.is_empty()));
        Ok(toml_text::write(&tables)?)
    }

    /// Adds a group's table and those of the groups below it. A host's variables are written where it comes up first.
    fn add_tables<'a>(
        &'a self,
        name: &str,
        export: bool,
        shown: &Shown,
        seen: &mut HashSet<&'a str>,
        tables: &mut Map,
    ) -> Result<(), Errors> {
        let Some(group) = self.registry.groups.get(name) else { return Ok(()) };
        tables.insert(name.into(), Map::new().into());
        let mut table = Map::new();
        for child in &group.children {
            self.add_tables(child, export, shown, seen, tables)?;
        }
        if name != ALL {
            if !group.children.is_empty() {
                table.insert("children".into(), Value::list(group.children.iter().map(|child| &**child)));
            }
            let mut hosts = Map::new();
            for host in group.hosts.iter().filter(|host| shown.includes(host)) {
                let variables =
                    if seen.insert(host) { self.unsorted_variables(host, export)? } else { Map::new() };
                hosts.insert(host.as_ref().into(), variables.into());
            }
            if !hosts.is_empty() {
                table.insert("hosts".into(), hosts.into());
            }
        }
        if export {
            let own = self.own_group_variables(name)?;
            if !own.is_empty() {
                table.insert("vars".into(), own.into());
            }
        }
        tables.insert(name.into(), table.into());
        Ok(())
    }

    /// The inventory in the form of `--list --yaml`, which is also that of a YAML inventory; to be written with two
    /// spaces per level, and nothing in brackets.
    ///
    /// # Errors
    ///
    /// As for [`Inventory::variables`].
    pub fn tree(&self, export: bool, only: Option<&[HostName]>) -> Result<Value, Errors> {
        let shown = Shown::new(only);
        let mut seen = (HashSet::new(), HashSet::new());
        let all = self.branch(ALL, export, &shown, &mut seen)?;
        Ok(Value::map([(ALL, Value::from(all))]))
    }

    fn branch<'a>(
        &'a self,
        name: &'a str,
        export: bool,
        shown: &Shown,
        seen: &mut (HashSet<&'a str>, HashSet<&'a str>),
    ) -> Result<Map, Errors> {
        let mut branch = Map::new();
        let Some(group) = self.registry.groups.get(name) else { return Ok(branch) };
        let mut children = Map::new();
        for child in &group.children {
            if name == ALL
                && &**child == UNGROUPED
                && self.registry.groups.get(UNGROUPED).is_none_or(|group| group.hosts.is_empty())
            {
                continue;
            }
            // What stands under a group is written once.
            if !seen.0.insert(child) {
                children.insert(child.as_ref().into(), Map::new().into());
                continue;
            }
            let below = self.branch(child, export, shown, seen)?;
            if !below.is_empty() {
                children.insert(child.as_ref().into(), below.into());
            }
        }
        if !children.is_empty() {
            branch.insert("children".into(), children.into());
        }
        if name != ALL {
            let mut hosts = Map::new();
            for host in group.hosts.iter().filter(|host| shown.includes(host)) {
                let variables =
                    if seen.1.insert(host) { self.shown_variables(host, export)? } else { Map::new() };
                hosts.insert(host.as_ref().into(), variables.into());
            }
            if !hosts.is_empty() {
                branch.insert("hosts".into(), hosts.into());
            }
        }
        if export {
            let own = self.exported_group_variables(name)?;
            if !own.is_empty() {
                branch.insert("vars".into(), own.into());
            }
        }
        Ok(branch)
    }

    /// The inventory in the form of `--graph`: one line for each group and host below `group`, and with `variables` for
    /// each variable.
    ///
    /// # Errors
    ///
    /// There is no such group; or as for [`Inventory::variables`].
    pub fn graph(&self, group: &str, variables: bool) -> Result<String, Errors> {
        if !self.registry.groups.contains_key(group) {
            let names = self.registry.groups.keys().map(|name| &**name);
            let error = Error::new("Pattern must be valid group name when using --graph");
            return Err(error
                .hint_some(diag::did_you_mean(group, names))
                .hint(format!("there is no group '{group}'"))
                .into());
        }
        let mut lines = Vec::new();
        self.graph_group(group, variables, 0, &mut lines)?;
        Ok(lines.join("\n") + "\n")
    }

    fn graph_group(
        &self,
        name: &str,
        variables: bool,
        depth: usize,
        lines: &mut Vec<String>,
    ) -> Result<(), Errors> {
        lines.push(branch_line(&format!("@{name}:"), depth));
        let Some(group) = self.registry.groups.get(name) else { return Ok(()) };
        for child in &group.children {
            self.graph_group(child, variables, depth + 1, lines)?;
        }
        if name != ALL {
            for host in &group.hosts {
                lines.push(branch_line(host, depth + 1));
                if variables {
                    graph_variables(&self.shown_variables(host, false)?, depth + 2, lines);
                }
            }
        }
        if variables {
            graph_variables(&self.exported_group_variables(name)?, depth + 1, lines);
        }
        Ok(())
    }

    /// The variables that a list shows for a host, as they were set.
    fn unsorted_variables(&self, host: &str, export: bool) -> Result<Map, Errors> {
        if export { self.own_variables(host) } else { Ok((*self.variables(host)?).clone()) }
    }

    /// The variables that a list shows for a host, sorted by name.
    fn shown_variables(&self, host: &str, export: bool) -> Result<Map, Errors> {
        let mut variables = self.unsorted_variables(host, export)?;
        variables.sort_by(|left, _, right, _| left.to_string().cmp(&right.to_string()));
        Ok(variables)
    }

    fn exported_group_variables(&self, group: &str) -> Result<Map, Errors> {
        let mut variables = self.own_group_variables(group)?;
        variables.sort_by(|left, _, right, _| left.to_string().cmp(&right.to_string()));
        Ok(variables)
    }
}

/// The same with what JSON can't say said as inventory scripts do: which strings are encrypted, and which are no templates.
fn marked(value: &Value) -> Value {
    let unsafe_text = |text: Value| Value::map([("__ansible_unsafe", text)]);
    map_scalars(value, &|value| match value {
        Value::String(text) if !text.is_trusted() => unsafe_text(value.clone()),
        Value::Bytes(bytes) => unsafe_text(String::from_utf8_lossy(bytes).into_owned().into()),
        other => seal(other),
    })
}

/// The same with encrypted strings said as inventory scripts do.
fn sealed(value: &Value) -> Value {
    map_scalars(value, &seal)
}

fn seal(value: &Value) -> Value {
    match value {
        Value::Vaulted(text) => Value::map([("__ansible_vault", text.as_str())]),
        other => other.clone(),
    }
}

fn map_scalars(value: &Value, change: &impl Fn(&Value) -> Value) -> Value {
    match value {
        Value::List(items) | Value::Tuple(items) => {
            Value::list(items.iter().map(|item| map_scalars(item, change)))
        }
        Value::Map(map) => {
            map.iter().map(|(key, value)| (key.clone(), map_scalars(value, change))).collect::<Map>().into()
        }
        scalar => change(scalar),
    }
}

/// The hosts that a list shows.
struct Shown(Option<HashSet<HostName>>);

impl Shown {
    fn new(only: Option<&[HostName]>) -> Shown {
        Shown(only.map(|hosts| hosts.iter().cloned().collect()))
    }

    fn includes(&self, host: &HostName) -> bool {
        self.0.as_ref().is_none_or(|hosts| hosts.contains(host))
    }
}

fn branch_line(text: &str, depth: usize) -> String {
    match depth {
        0 => text.to_owned(),
        depth => format!("{}|--{text}", "  |".repeat(depth - 1) + "  "),
    }
}

fn graph_variables(variables: &Map, depth: usize, lines: &mut Vec<String>) {
    for (name, value) in variables {
        lines.push(branch_line(&format!("{{{name} = {value}}}"), depth));
    }
}
