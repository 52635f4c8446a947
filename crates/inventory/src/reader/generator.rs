use std::path::Path;
use std::sync::Arc;

use diag::{Error, Errors, Result};
use template::Templates;
use value::{Map, Value};
use vault::Secrets;
use yaml::Node;

use crate::candidate::Candidate;
use crate::inventory::Inventory;
use crate::plugin_config::PluginConfig;
use crate::reader::Plugin;
use crate::registry::Registry;
use crate::source_scope::SourceScope;

/// More hosts than one file may stand for.
const MAX_HOSTS: usize = 1_000_000;
/// Deeper chains of parents are no use, and a mistake.
const MAX_DEPTH: usize = 100;

/// Hosts and groups for each combination of the values of layers.
pub(crate) const PLUGIN: Plugin =
    Plugin { name: "generator", accepts: super::constructed::PLUGIN.accepts, read };

fn read(candidate: &Candidate, inventory: &mut Inventory) -> Result<(), Errors> {
    let config = PluginConfig::of(candidate, PLUGIN.name, &["hosts", "layers", "use_extra_vars"], inventory)?;
    let with_extra = config.flag("use_extra_vars", inventory.options.generator_uses_extra_vars);
    let generator = Generator {
        templates: Arc::clone(&inventory.options.templates),
        secrets: Arc::clone(&inventory.options.secrets),
        extra: with_extra.then(|| Arc::clone(&inventory.options.extra_vars)),
        directory: candidate.path.parent().unwrap_or(Path::new("/")),
    };
    let hosts = config.require("hosts")?;
    let name = hosts.get("name").ok_or_else(|| {
        Error::new("the hosts of an inventory have no 'name'")
            .at(&hosts.span)
            .hint("it is a template over the layers")
    })?;
    config.require("layers")?;
    let layers: Vec<(Value, Vec<Value>)> = config
        .entries("layers")?
        .iter()
        .map(|layer| {
            let values = layer.value.expect_items(&format!("the layer '{}'", layer.key.to_value()))?;
            Ok((layer.key.to_value(), values.iter().map(Node::to_value).collect()))
        })
        .collect::<Result<_>>()?;
    let count = layers.iter().fold(1usize, |count, (_, values)| count.saturating_mul(values.len()));
    if count > MAX_HOSTS {
        return Err(Error::new(format!("the layers stand for more than {MAX_HOSTS} hosts"))
            .at(&hosts.span)
            .into());
    }
    for index in 0..count {
        let variables = combination(&layers, index);
        let host = generator.text(name, &variables, "host")?;
        let host = inventory.registry.declare_host(&host);
        let members = Member::Host(&host);
        generator.parents(&members, hosts.get("parents"), &variables, &mut inventory.registry, 0)?;
    }
    Ok(())
}

/// One value of each layer; the last layer changes fastest.
fn combination(layers: &[(Value, Vec<Value>)], mut index: usize) -> Map {
    let mut chosen: Vec<(Value, Value)> = Vec::with_capacity(layers.len());
    for (name, values) in layers.iter().rev() {
        if let Some(value) = values.get(index % values.len().max(1)) {
            chosen.push((name.clone(), value.clone()));
        }
        index /= values.len().max(1);
    }
    chosen.into_iter().rev().collect()
}

/// What parents are given to.
enum Member<'a> {
    Host(&'a str),
    Group(&'a str),
}

struct Generator<'a> {
    templates: Arc<Templates>,
    secrets: Arc<Secrets>,
    extra: Option<Arc<Map>>,
    directory: &'a Path,
}

impl Generator<'_> {
    fn parents(
        &self,
        member: &Member,
        parents: Option<&Node>,
        variables: &Map,
        registry: &mut Registry,
        depth: usize,
    ) -> Result<()> {
        let Some(parents) = parents.filter(|parents| !parents.is_null()) else { return Ok(()) };
        if depth > MAX_DEPTH {
            return Err(Error::new("parents are nested too deep").at(&parents.span));
        }
        let (Member::Host(name) | Member::Group(name)) = member;
        for parent in parents.expect_items(&format!("'parents' of '{name}'"))? {
            let template = parent.get("name").filter(|name| !name.is_null()).ok_or_else(|| {
                Error::new(format!("Element {name} has a parent with no name.")).at(&parent.span)
            })?;
            let group = self.text(template, variables, "group")?;
            let group = registry.declare_group(&group, Some(&template.span));
            if let Some(settings) = parent.get("vars").filter(|settings| !settings.is_null()) {
                for entry in settings.expect_entries(&format!("'vars' of '{group}'"))? {
                    let value = self.value(&entry.value, variables)?;
                    registry.set_group_variable(
                        &group,
                        entry.key.to_value(),
                        value,
                        Some(&entry.key.span),
                    )?;
                }
            }
            match member {
                Member::Host(host) => registry.join(host, &group),
                Member::Group(child) => {
                    registry.adopt(&group, child).map_err(|error| error.at(&template.span))?;
                }
            }
            self.parents(&Member::Group(&group), parent.get("parents"), variables, registry, depth + 1)?;
        }
        Ok(())
    }

    /// The name that a template gives.
    fn text(&self, template: &Node, variables: &Map, what: &str) -> Result<String> {
        match self.value(template, variables)? {
            Value::String(text) => Ok(text.to_string()),
            other => Err(Error::new(format!(
                "Invalid {what} name supplied, expected a string but got {} for {other}",
                other.type_name()
            ))
            .at(&template.span)
            .hint("put the layer's value in quotes, or add text to the template")),
        }
    }

    /// What a template gives now; what stands inside of a list or mapping stays a template.
    fn value(&self, node: &Node, variables: &Map) -> Result<Value> {
        let scope = SourceScope {
            variables,
            extra: self.extra.as_deref(),
            directory: self.directory,
            secrets: &self.secrets,
        };
        match self.templates.resolve_outermost(&node.to_value(), &scope)? {
            Value::Undefined(undefined) => Err(undefined.error().at(&node.span)),
            value => Ok(value),
        }
    }
}
