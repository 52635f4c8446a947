use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use diag::{Error, Errors, Result, Source, did_you_mean};
use value::{Map, Text, Value};
use yaml::{Node, NodeKind};

use crate::candidate::Candidate;
use crate::host::HostName;
use crate::inventory::Inventory;
use crate::options::LoadOptions;
use crate::program;
use crate::reader::Plugin;
use crate::registry::Registry;

/// How long a script may run where the options say nothing.
const TIMEOUT: Duration = Duration::from_secs(600);
const DECODER: &str = "Unable to get JSON decoder for inventory script result";
const SECTIONS: [&str; 3] = ["hosts", "vars", "children"];

/// An executable that prints an inventory as JSON.
pub(crate) const PLUGIN: Plugin = Plugin { name: "script", accepts, read };

/// Whether a file is to be run: it starts with `#!`, or is an executable binary. A text that is merely marked executable,
/// as everything is on some file systems, is not.
fn accepts(candidate: &Candidate, _: &LoadOptions) -> bool {
    use std::io::Read;
    use std::os::unix::fs::PermissionsExt;

    let path = &candidate.path;
    if !path.is_file() {
        return false;
    }
    let mut start = [0; 4];
    let read = std::fs::File::open(path).and_then(|mut file| file.read(&mut start));
    let executable = || path.metadata().is_ok_and(|metadata| metadata.permissions().mode() & 0o111 != 0);
    read.is_ok() && (start.starts_with(b"#!") || start == *b"\x7fELF" && executable())
}

/// Runs the script with `--list`, and where that prints no `_meta.hostvars` also with `--host` for each host.
///
/// # Errors
///
/// It can't be run, fails, or prints something else.
fn read(candidate: &Candidate, inventory: &mut Inventory) -> Result<(), Errors> {
    let script = Script::new(&candidate.path, &inventory.options);
    let registry = &mut inventory.registry;
    let root = script.list(registry)?;
    let mut reader = Reader { registry, hosts: Vec::new() };
    let mut errors = Errors::new();
    for entry in root.expect_entries("what an inventory script prints")? {
        match entry.key.as_str() {
            Some("_meta") => {}
            Some(name) => {
                errors.take(reader.group(name, &entry.value));
            }
            None => errors.push(entry.key.wrong_type("a group's name", "a string")),
        }
    }
    let hosts = reader.hosts;
    let variables = root.get("_meta").and_then(|meta| meta.get("hostvars"));
    if variables.is_none() && !hosts.is_empty() {
        registry.detail(
            Error::warning(format!(
                "the inventory script '{}' prints no '_meta.hostvars'",
                script.path.display()
            ))
            .hint("it is run again with --host for each host, which takes long"),
        );
    }
    let by_name: Option<HashMap<&str, &Node>> = variables.and_then(Node::entries).map(|entries| {
        entries.iter().filter_map(|entry| Some((entry.key.as_str()?, &entry.value))).collect()
    });
    for host in &hosts {
        let result = match &by_name {
            Some(by_name) => match by_name.get(&**host) {
                Some(variables) => host_variables(host, variables, registry),
                None => Ok(()),
            },
            None => script.host(host, registry),
        };
        errors.take(result);
    }
    if errors.any() { Err(errors) } else { Ok(()) }
}

struct Script<'a> {
    path: &'a Path,
    timeout: Duration,
    hide_stderr: bool,
}

impl<'a> Script<'a> {
    fn new(path: &'a Path, options: &LoadOptions) -> Script<'a> {
        Script {
            path,
            timeout: options.script_timeout.unwrap_or(TIMEOUT),
            hide_stderr: options.hide_script_stderr,
        }
    }

    /// What `--list` prints.
    fn list(&self, registry: &mut Registry) -> Result<Node> {
        let output = self.run(&["--list"], registry)?;
        let said = |error: Error| complained(error, &output.stderr);
        let text = std::str::from_utf8(&output.stdout).map_err(|cause| {
            said(
                Error::new(
                    "Inventory script result contained characters that cannot be interpreted as UTF-8",
                )
                .cause(cause),
            )
        })?;
        let root = self
            .json(text, &["--list"])
            .map_err(|error| said(error.context(format!("{DECODER}: Value could not be parsed as JSON"))))?;
        check_shape(&root).map_err(said)?;
        Ok(root)
    }

    /// What `--host` prints, into the host's variables.
    fn host(&self, host: &HostName, registry: &mut Registry) -> Result<()> {
        let output = self.run(&["--host", host], registry)?;
        let text = String::from_utf8_lossy(&output.stdout);
        if text.trim().is_empty() {
            return Ok(());
        }
        let root = self.json(&text, &["--host", host]).map_err(|error| {
            let what = format!("Inventory script result for host '{host}' could not be parsed as JSON");
            complained(error.context(what), &output.stderr)
        })?;
        // Some scripts wrap what they have for the one host into a mapping of hosts.
        host_variables(host, &root, registry)
    }

    fn run(&self, arguments: &[&str], registry: &mut Registry) -> Result<program::Output> {
        let path = std::path::absolute(self.path).unwrap_or_else(|_| self.path.to_owned());
        let output =
            program::run(&path, arguments, self.timeout).map_err(|error| {
                match path_is_executable(&path) {
                    true => error,
                    false => error.hint(format!("make it executable: chmod +x {}", path.display())),
                }
            })?;
        if !output.status.success() {
            let how = match output.status.code() {
                Some(code) => format!("Inventory script returned non-zero exit code {code}"),
                None => "Inventory script was ended by a signal".into(),
            };
            return Err(complained(Error::new(how), &output.stderr));
        }
        if !self.hide_stderr && !output.stderr.trim().is_empty() {
            registry.warn(Error::warning(output.stderr.trim_end()));
        }
        Ok(output)
    }

    fn json(&self, text: &str, arguments: &[&str]) -> Result<Node> {
        let name = format!("{} {}", self.path.display(), arguments.join(" "));
        if let Err(cause) = serde_json::from_str::<serde::de::IgnoredAny>(text) {
            return Err(Error::new(cause.to_string())
                .hint(format!("'{name}' must print JSON alone on standard output")));
        }
        let document = yaml::parse(&Source::new(name.as_str(), text))?;
        document.root.ok_or_else(|| Error::new("nothing was printed"))
    }
}

fn path_is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata().is_ok_and(|metadata| metadata.permissions().mode() & 0o111 != 0)
}

/// Adds what a script that failed said.
fn complained(error: Error, stderr: &str) -> Error {
    match stderr.trim_end() {
        "" => error,
        stderr => error.cause(format!("Standard error from inventory script:\n{stderr}")),
    }
}

/// Whether the result says in a form that is known what form it has.
fn check_shape(root: &Node) -> Result<()> {
    let wrong = |what: &str, node: &Node, wanted: &str| {
        let kind = node.to_value();
        Error::new(format!("{DECODER}: Value{what} is '{}' instead of '{wanted}'", kind.type_name()))
    };
    if root.entries().is_none() {
        return Err(wrong("", root, "dict"));
    }
    let Some(meta) = root.get("_meta") else { return Ok(()) };
    if meta.entries().is_none() {
        return Err(wrong(" contains '_meta' which", meta, "dict"));
    }
    if let Some(profile) = meta.get("profile") {
        let name =
            profile.as_str().ok_or_else(|| wrong(" contains '_meta.profile' which", profile, "str"))?;
        if name != "inventory_legacy" {
            return Err(match name.starts_with("inventory_") {
                true => Error::new(format!("{DECODER}: Unknown profile name '{name}'")),
                false => Error::new(format!("{DECODER}: Non-inventory profile '{name}' is not allowed.")),
            });
        }
    }
    match meta.get("hostvars") {
        Some(variables) if variables.entries().is_none() => {
            Err(contains("_meta.hostvars", variables, "dict"))
        }
        _ => Ok(()),
    }
}

fn contains(what: &str, node: &Node, wanted: &str) -> Error {
    Error::new(format!(
        "Value contains '{what}' which is '{}' instead of '{wanted}'",
        node.to_value().type_name()
    ))
    .at(&node.span)
}

struct Reader<'a> {
    registry: &'a mut Registry,
    /// The hosts that groups name, which are those whose variables count.
    hosts: Vec<HostName>,
}

impl Reader<'_> {
    fn group(&mut self, name: &str, node: &Node) -> Result<()> {
        let group = self.registry.declare_group(name, Some(&node.span));
        let Some(entries) = node.entries() else {
            // An old form: the list of hosts alone.
            return match node.items() {
                Some(_) => self.members(name, &group, node),
                None => Err(contains(&format!("{name}.hosts"), node, "list")),
            };
        };
        if !entries.is_empty() && !SECTIONS.iter().any(|key| node.get(key).is_some()) {
            // The oldest form: a host of that name, and its variables.
            self.registry.warn(
                Error::warning(format!("Treating malformed group '{name}' as the sole host of that group"))
                    .at(&node.span)
                    .hint_some(entries.iter().find_map(|entry| did_you_mean(entry.key.as_str()?, SECTIONS)))
                    .hint("a group has 'hosts', 'vars' and 'children'"),
            );
            let host = self.registry.declare_host(name);
            self.registry.join(&host, &group);
            self.hosts.push(host);
            for entry in entries {
                let value =
                    tagged(&entry.value.to_value()).map_text(&mut |text: &Text| text.clone().untrusted());
                self.registry.set_group_variable(
                    &group,
                    entry.key.to_value(),
                    value,
                    Some(&entry.key.span),
                )?;
            }
            return Ok(());
        }
        if let Some(hosts) = node.get("hosts") {
            self.members(name, &group, hosts)?;
        }
        if let Some(variables) = node.get("vars") {
            let entries = variables.entries();
            for entry in entries.ok_or_else(|| contains(&format!("{name}.vars"), variables, "dict"))? {
                let value = tagged(&entry.value.to_value());
                self.registry.set_group_variable(
                    &group,
                    entry.key.to_value(),
                    value,
                    Some(&entry.key.span),
                )?;
            }
        }
        if let Some(children) = node.get("children") {
            let items = children.items();
            for child in items.ok_or_else(|| contains(&format!("{name}.children"), children, "list"))? {
                let name = child.as_str().ok_or_else(|| child.wrong_type("a group's name", "a string"))?;
                let name = self.registry.declare_group(name, Some(&child.span));
                self.registry.adopt(&group, &name).map_err(|error| error.at(&child.span))?;
            }
        }
        Ok(())
    }

    fn members(&mut self, name: &str, group: &str, hosts: &Node) -> Result<()> {
        for host in hosts.items().ok_or_else(|| contains(&format!("{name}.hosts"), hosts, "list"))? {
            let host_name = host.as_str().ok_or_else(|| host.wrong_type("a host's name", "a string"))?;
            let host_name = self.registry.declare_host(host_name);
            self.registry.join(&host_name, group);
            self.hosts.push(host_name);
        }
        Ok(())
    }
}

fn host_variables(name: &str, node: &Node, registry: &mut Registry) -> Result<()> {
    let entries = node.entries().ok_or_else(|| {
        let kind = node.to_value();
        Error::new(format!(
            "Invalid data from file, expected dictionary and got: {} for host '{name}'",
            kind.type_name()
        ))
        .at(&node.span)
    })?;
    for entry in entries {
        let value = match &entry.value.kind {
            NodeKind::Map(_) | NodeKind::List(_) => tagged(&entry.value.to_value()),
            NodeKind::Scalar(value) => value.clone(),
        };
        registry.set_host_variable(name, entry.key.to_value(), value, Some(&entry.key.span));
    }
    Ok(())
}

/// A value with what JSON has no words for: strings that are no templates, and encrypted ones.
fn tagged(value: &Value) -> Value {
    match value {
        Value::Map(map) => {
            let only = match map.len() {
                1 => map.iter().next(),
                _ => None,
            };
            match only.map(|(key, value)| (key.as_str(), value)) {
                Some((Some("__ansible_unsafe"), Value::String(text))) => {
                    Value::String(text.clone().untrusted())
                }
                Some((Some("__ansible_vault"), Value::String(text))) => Value::Vaulted(text.clone()),
                _ => map.iter().map(|(key, value)| (key.clone(), tagged(value))).collect::<Map>().into(),
            }
        }
        Value::List(items) => Value::List(Arc::new(items.iter().map(tagged).collect())),
        other => other.clone(),
    }
}
