use std::path::Path;
use std::sync::Arc;

use diag::{Error, Errors, Result};
use template::{Templates, Truth};
use value::{Map, Text, Value};
use yaml::{Entry, Node};

use super::keyed_group::KeyedGroup;
use crate::candidate::Candidate;
use crate::group::{ALL, safe_name};
use crate::host::HostName;
use crate::inventory::Inventory;
use crate::plugin_config::PluginConfig;
use crate::reader::Plugin;
use crate::registry::Registry;
use crate::source_scope::SourceScope;

const OPTIONS: [&str; 7] = [
    "strict",
    "compose",
    "groups",
    "keyed_groups",
    "use_extra_vars",
    "leading_separator",
    "use_vars_plugins",
];

/// Variables and groups for the hosts of earlier sources, worked out with expressions.
pub(crate) const PLUGIN: Plugin = Plugin {
    name: "constructed",
    accepts: |candidate, _| {
        !candidate.is_list()
            && matches!(candidate.extension().as_str(), "" | ".config" | ".yml" | ".yaml")
            && candidate.path.is_file()
    },
    read,
};

fn read(candidate: &Candidate, inventory: &mut Inventory) -> Result<(), Errors> {
    let config = PluginConfig::of(candidate, PLUGIN.name, &OPTIONS, inventory)?;
    let leading = config.flag("leading_separator", true);
    let keyed = config.items("keyed_groups")?;
    let rules = Rules {
        compose: config.entries("compose")?,
        groups: config.entries("groups")?,
        keyed: keyed.iter().map(|node| KeyedGroup::read(node, leading)).collect::<Result<_>>()?,
        strict: config.flag("strict", false),
        templates: Arc::clone(&inventory.options.templates),
        directory: candidate.path.parent().unwrap_or(Path::new("/")),
    };
    let with_files = config.flag("use_vars_plugins", false);
    let with_extra = config.flag("use_extra_vars", inventory.options.constructed_uses_extra_vars);
    let extra = with_extra.then(|| Arc::clone(&inventory.options.extra_vars));
    inventory.forget_memberships();
    let hosts: Vec<HostName> = inventory.registry.hosts.keys().cloned().collect();
    let failed = |error: Error| error.context(format!("Failed to parse '{}'", candidate.path.display()));
    for host in hosts {
        let variables = inventory.variables_so_far(&host, with_files)?;
        rules.apply(&host, variables, extra.as_deref(), inventory).map_err(failed)?;
    }
    inventory.forget_memberships();
    Ok(())
}

struct Rules<'a> {
    compose: &'a [Entry],
    groups: &'a [Entry],
    keyed: Vec<KeyedGroup<'a>>,
    strict: bool,
    templates: Arc<Templates>,
    directory: &'a Path,
}

impl Rules<'_> {
    /// Works out everything for one host.
    fn apply(
        &self,
        host: &HostName,
        mut variables: Map,
        extra: Option<&Map>,
        inventory: &mut Inventory,
    ) -> Result<()> {
        let secrets = Arc::clone(&inventory.options.secrets);
        let directory = self.directory;
        let registry = &mut inventory.registry;
        let mut composed = Vec::new();
        let scope = SourceScope { variables: &variables, extra, directory, secrets: &secrets };
        for entry in self.compose {
            let name = entry.key.to_value();
            match self.expression(&entry.value, &scope) {
                Ok(value) => composed.push((name, value, &entry.key.span)),
                Err(error) => self.skip(error, || format!("Could not set {name} for host {host}"))?,
            }
        }
        for (name, value, place) in composed {
            variables.insert(name.clone(), value.clone());
            registry.set_host_variable(host, name, value, Some(place));
        }
        let scope = SourceScope { variables: &variables, extra, directory, secrets: &secrets };
        for entry in self.groups {
            let name = safe_name(&entry.key.to_value().to_string());
            match self.templates.condition(&entry.value.to_value(), &scope) {
                Ok(Truth::True) => {
                    let group = registry.declare_group(&name, Some(&entry.key.span));
                    registry.join(host, &group);
                }
                Ok(_) => {}
                Err(error) => self.skip(error, || format!("Could not add host {host} to group {name}"))?,
            }
        }
        for keyed in &self.keyed {
            self.keyed_group(keyed, host, &scope, registry)?;
        }
        Ok(())
    }

    fn keyed_group(
        &self,
        keyed: &KeyedGroup,
        host: &HostName,
        scope: &SourceScope,
        registry: &mut Registry,
    ) -> Result<()> {
        let Some(key) = keyed.key else {
            let error = Error::new("No key supplied, invalid entry");
            return self.skip(error, || format!("Could not generate group for host {host}"));
        };
        let value = match self.expression(key, scope) {
            Ok(value) => value,
            Err(error) => {
                let shown = key.to_value();
                return self
                    .skip(error, || format!("Could not generate group for host {host} from {shown} entry"));
            }
        };
        let names = keyed.names(&value).map_err(|error| error.at(&key.span))?;
        let parent = match keyed.parent_group.map(|node| self.templates.resolve(&node.to_value(), scope)) {
            None => None,
            Some(Ok(name)) => Some(name.to_string()),
            Some(Err(error)) => {
                return self.skip(error, || format!("Could not generate parent group for host {host}"));
            }
        };
        let parent = parent.map(|parent| match parent.as_str() {
            ALL => registry.declare_group(ALL, None),
            parent => registry.declare_group(&safe_name(parent), Some(&key.span)),
        });
        for name in names {
            let group = registry.declare_group(&name, Some(&key.span));
            registry.join(host, &group);
            if let Some(parent) = &parent {
                registry.adopt(parent, &group).map_err(|error| error.at(&key.span))?;
            }
        }
        Ok(())
    }

    /// The value of an expression, which is written without braces.
    fn expression(&self, node: &Node, scope: &SourceScope) -> Result<Value> {
        let written = node.to_value();
        let Some(text) = written.as_text() else {
            return Err(node.wrong_type("an expression", "a string"));
        };
        let found = match text.contains("{{") {
            // Braces around the whole are one pair too many, and forgiven.
            true if text.trim_start().starts_with("{{") => self.templates.render(text, scope),
            _ => self.templates.expression(text, scope),
        };
        let value = self.templates.resolve(&found?, scope)?;
        match value {
            Value::Undefined(undefined) => Err(undefined.error()),
            value => Ok(value.map_text(&mut |text: &Text| text.clone())),
        }
    }

    /// What can't be worked out for a host is left out, unless the configuration is strict.
    fn skip(&self, error: Error, what: impl FnOnce() -> String) -> Result<()> {
        if self.strict { Err(error.context(what())) } else { Ok(()) }
    }
}
