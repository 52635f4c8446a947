use diag::{Error, Errors, did_you_mean};
use yaml::{Entry, Node, NodeKind};

use crate::candidate::Candidate;
use crate::host_range::expand_entry;
use crate::input::Input;
use crate::inventory::Inventory;
use crate::options::LoadOptions;
use crate::reader::Plugin;
use crate::registry::Registry;

const SECTIONS: [&str; 3] = ["vars", "hosts", "children"];

/// Ends of the names of YAML inventories where the settings say nothing.
const EXTENSIONS: [&str; 3] = [".yaml", ".yml", ".json"];

/// A YAML file of groups.
pub(crate) const PLUGIN: Plugin = Plugin { name: "yaml", accepts, read };

fn accepts(candidate: &Candidate, options: &LoadOptions) -> bool {
    let extension = candidate.extension();
    let known = match &options.yaml_extensions {
        Some(extensions) => extensions.contains(&extension),
        None => EXTENSIONS.contains(&extension.as_str()),
    };
    !candidate.is_list() && (extension.is_empty() || known)
}

/// Whether a file whose name does not tell was written as YAML.
pub(super) fn seems_so(candidate: &Candidate) -> bool {
    let Ok(input) = candidate.input() else { return false };
    let lines = input.text().lines().map(str::trim);
    let first = lines.into_iter().find(|line| !line.is_empty() && !line.starts_with(['#', ';']));
    first.is_some_and(|line| line == "---" || line.starts_with('{') || line.ends_with(':'))
        || first.is_some_and(|line| !line.starts_with('['))
            && candidate
                .document()
                .is_ok_and(|document| document.root.as_ref().is_some_and(|root| root.entries().is_some()))
}

/// Reads a YAML inventory.
///
/// # Errors
///
/// All places that can't be read.
fn read(candidate: &Candidate, inventory: &mut Inventory) -> Result<(), Errors> {
    let input = candidate.input()?;
    // Most INI files are no YAML, and to find out where they are not costs more than a look.
    if candidate.extension().is_empty() && !seems_so(candidate) {
        return Err(Error::new("YAML inventory has no groups, such as: all: {hosts: {web1: }}").into());
    }
    let document = candidate.document()?;
    for warning in &document.warnings {
        inventory.registry.warn(warning.clone());
    }
    // An empty file is an inventory without hosts.
    match &document.root {
        Some(root) => read_root(root, input, &mut inventory.registry),
        None => Ok(()),
    }
}

/// Reads the mapping of groups that an inventory is.
///
/// # Errors
///
/// All places that can't be read.
pub(crate) fn read_root(root: &Node, input: &Input, registry: &mut Registry) -> Result<(), Errors> {
    let mut reader = Reader { registry, errors: Errors::new() };
    match root.entries() {
        None => reader.errors.push(
            root.wrong_type("a YAML inventory", "a mapping of groups")
                .hint("groups are at the top, each with 'hosts', 'vars' and 'children', such as: all: {hosts: {web1: }}"),
        ),
        Some(_) if root.get("plugin").is_some_and(|plugin| plugin.as_str().is_some()) => {
            let place = root.get("plugin").map(|plugin| &plugin.span);
            reader.errors.push(Error::new("Plugin configuration YAML file, not YAML inventory").at_some(place));
        }
        Some(entries) => {
            for entry in entries {
                reader.group(entry);
            }
        }
    }
    if reader.errors.any() { Err(input.conceal_errors(reader.errors)) } else { Ok(()) }
}

struct Reader<'a> {
    registry: &'a mut Registry,
    errors: Errors,
}

impl Reader<'_> {
    /// Declares a group, and gives its name.
    fn group(&mut self, entry: &Entry) -> Option<crate::GroupName> {
        let Some(name) = entry.key.as_str() else {
            self.errors.push(
                entry
                    .key
                    .wrong_type("a group's name", "a string")
                    .hint("put the name in quotes to have it as a string"),
            );
            return None;
        };
        let name = self.registry.declare_group(name, Some(&entry.key.span));
        let sections = match &entry.value.kind {
            NodeKind::Map(sections) => sections.as_slice(),
            NodeKind::Scalar(_) if entry.value.is_null() => &[],
            _ => {
                let error = entry.value.wrong_type(&format!("the group '{name}'"), "a mapping");
                self.errors.push(error.hint("a group has 'hosts', 'vars' and 'children'"));
                return None;
            }
        };
        for section in sections {
            match section.key.as_str() {
                Some("vars") => self.variables(&name, &section.value),
                Some("hosts") => {
                    self.each(&section.value, "hosts", &mut |reader, entry| reader.host(&name, entry))
                }
                Some("children") => self.each(&section.value, "children", &mut |reader, entry| {
                    if let Some(child) = reader.group(entry) {
                        let result =
                            reader.registry.adopt(&name, &child).map_err(|error| error.at(&entry.key.span));
                        reader.errors.take(result);
                    }
                }),
                other => self.registry.warn(
                    Error::warning(match other {
                        Some(key) => {
                            format!("the key '{key}' of the group '{name}' means nothing in an inventory")
                        }
                        None => format!("the group '{name}' has a key that means nothing in an inventory"),
                    })
                    .at(&section.key.span)
                    .hint_some(other.and_then(|other| did_you_mean(other, SECTIONS)))
                    .hint("a group has 'hosts', 'vars' and 'children'"),
                ),
            }
        }
        Some(name)
    }

    /// The entries of `hosts` or `children`; a string stands for one entry without more.
    fn each(&mut self, node: &Node, what: &str, read: &mut dyn FnMut(&mut Self, &Entry)) {
        match &node.kind {
            NodeKind::Map(entries) => entries.iter().for_each(|entry| read(self, entry)),
            NodeKind::Scalar(_) if node.is_null() => {}
            NodeKind::Scalar(_) if node.as_str().is_some() => {
                let nothing = Node { kind: NodeKind::Scalar(value::Value::Null), span: node.span.clone() };
                read(self, &Entry { key: node.clone(), value: nothing });
            }
            _ => self.errors.push(
                node.wrong_type(&format!("'{what}'"), "a mapping")
                    .hint("write a ':' after each name instead of a '-' before it"),
            ),
        }
    }

    fn variables(&mut self, group: &str, node: &Node) {
        match &node.kind {
            NodeKind::Map(entries) => {
                for entry in entries {
                    let place = &entry.key.span;
                    let (name, value) = (entry.key.to_value(), entry.value.to_value());
                    let result = self.registry.set_group_variable(group, name, value, Some(place));
                    self.errors.take(result.map_err(|error| error.at(&entry.value.span)));
                }
            }
            NodeKind::Scalar(_) if node.is_null() => {}
            _ => self.errors.push(node.wrong_type("'vars'", "a mapping")),
        }
    }

    fn host(&mut self, group: &str, entry: &Entry) {
        let place = &entry.key.span;
        let Some(name) = entry.key.as_str() else {
            let name = entry.key.to_value();
            self.errors.push(
                Error::new(format!(
                    "Host pattern {name} must be a string. Enclose integers/floats in quotation marks."
                ))
                .at(place)
                .hint(format!("put it in quotes: '{}'", place.text())),
            );
            return;
        };
        let variables =
            match &entry.value.kind {
                NodeKind::Map(variables) => variables.as_slice(),
                NodeKind::Scalar(_) if entry.value.is_null() => &[],
                _ => {
                    self.errors.push(entry.value.wrong_type(
                        &format!("what stands under the host '{name}'"),
                        "a mapping of variables",
                    ));
                    return;
                }
            };
        // The hosts of a range share their values.
        let variables: Vec<_> = variables
            .iter()
            .map(|variable| (variable.key.to_value(), variable.value.to_value(), variable.key.span.clone()))
            .collect();
        let (names, port) = match expand_entry(name) {
            Ok(expanded) => expanded,
            Err(message) => return self.errors.push(Error::new(message).at(place)),
        };
        for name in names {
            let host = self.registry.declare_host(&name);
            self.registry.join(&host, group);
            if let Some(port) = port {
                self.registry.set_host_variable(
                    &host,
                    "ansible_port".into(),
                    u32::from(port).into(),
                    Some(place),
                );
            }
            for (name, value, place) in &variables {
                self.registry.set_host_variable(&host, name.clone(), value.clone(), Some(place));
            }
        }
    }
}
