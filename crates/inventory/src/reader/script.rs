use std::path::Path;
use std::process::Command;

use diag::{Error, Errors, Result, Source};
use yaml::{Node, NodeKind};

use crate::registry::Registry;

/// Runs an executable with `--list`, and reads the JSON that it prints.
///
/// # Errors
///
/// It can't be run, fails, or prints something else.
pub(crate) fn read(path: &Path, registry: &mut Registry) -> Result<(), Errors> {
    let Some(root) = run(path, &["--list"])? else { return Ok(()) };
    let mut errors = Errors::new();
    for entry in root.expect_entries("what an inventory script prints")? {
        match entry.key.as_str() {
            Some("_meta") => {}
            Some(name) => {
                let result = group(name, &entry.value, registry);
                errors.take(result);
            }
            None => errors.push(entry.key.wrong_type("a group's name", "a string")),
        }
    }
    match root.get("_meta").and_then(|meta| meta.get("hostvars")) {
        Some(variables) => {
            for entry in variables.expect_entries("'hostvars'")? {
                if let Some(name) = entry.key.as_str() {
                    let name = registry.declare_host(name);
                    let result = host_variables(&name, &entry.value, registry);
                    errors.take(result);
                }
            }
        }
        // Old scripts are asked for each host.
        None => {
            for name in registry.host_names_of_source() {
                let result = run(path, &["--host", &name]);
                if let Some(Some(variables)) = errors.take(result) {
                    let result = host_variables(&name, &variables, registry);
                    errors.take(result);
                }
            }
        }
    }
    if errors.any() { Err(errors) } else { Ok(()) }
}

fn run(path: &Path, arguments: &[&str]) -> Result<Option<Node>> {
    let name = format!("{} {}", path.display(), arguments.join(" "));
    let program = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let output = Command::new(program).args(arguments).stdin(std::process::Stdio::null()).output().map_err(
        |cause| Error::new(format!("the inventory script '{}' can't be run", path.display())).cause(cause),
    )?;
    if !output.status.success() {
        let stderr = String::from_utf8_lossy(&output.stderr);
        let error = Error::new(format!("the inventory script '{name}' failed")).cause(output.status);
        return Err(if stderr.trim().is_empty() { error } else { error.cause(stderr.trim()) });
    }
    let text = String::from_utf8(output.stdout).map_err(|_| {
        Error::new(format!("the inventory script '{name}' prints something that is not UTF-8 text"))
    })?;
    let document = yaml::parse(&Source::new(name.as_str(), text)).map_err(|error| {
        error.context(format!("the inventory script '{name}' prints something that is not JSON"))
    })?;
    Ok(document.root)
}

fn group(name: &str, node: &Node, registry: &mut Registry) -> Result<()> {
    let group = registry.declare_group(name, Some(&node.span));
    match &node.kind {
        NodeKind::List(hosts) => members(&group, hosts, registry),
        NodeKind::Map(entries) => {
            let known = ["hosts", "vars", "children"];
            if !entries.is_empty() && !known.iter().any(|key| node.get(key).is_some()) {
                // The oldest form: a host of that name, and its variables.
                let host = registry.declare_host(name);
                registry.join(&host, &group);
                for entry in entries {
                    registry.set_group_variable(
                        &group,
                        entry.key.to_value(),
                        entry.value.to_value(),
                        Some(&entry.key.span),
                    )?;
                }
                return Ok(());
            }
            if let Some(hosts) = node.get("hosts").filter(|hosts| !hosts.is_null()) {
                members(&group, hosts.expect_items(&format!("'hosts' of the group '{name}'"))?, registry)?;
            }
            if let Some(variables) = node.get("vars").filter(|variables| !variables.is_null()) {
                for entry in variables.expect_entries(&format!("'vars' of the group '{name}'"))? {
                    registry.set_group_variable(
                        &group,
                        entry.key.to_value(),
                        entry.value.to_value(),
                        Some(&entry.key.span),
                    )?;
                }
            }
            if let Some(children) = node.get("children").filter(|children| !children.is_null()) {
                for child in children.expect_items(&format!("'children' of the group '{name}'"))? {
                    let name =
                        child.as_str().ok_or_else(|| child.wrong_type("a group's name", "a string"))?;
                    let name = registry.declare_group(name, Some(&child.span));
                    registry.adopt(&group, &name).map_err(|error| error.at(&child.span))?;
                }
            }
            Ok(())
        }
        NodeKind::Scalar(_) => {
            Err(node.wrong_type(&format!("the group '{name}'"), "a mapping or a list of hosts"))
        }
    }
}

fn members(group: &str, hosts: &[Node], registry: &mut Registry) -> Result<()> {
    for host in hosts {
        let name = host.as_str().ok_or_else(|| host.wrong_type("a host's name", "a string"))?;
        let name = registry.declare_host(name);
        registry.join(&name, group);
    }
    Ok(())
}

fn host_variables(name: &str, node: &Node, registry: &mut Registry) -> Result<()> {
    for entry in node.expect_entries(&format!("the variables of the host '{name}'"))? {
        registry.set_host_variable(name, entry.key.to_value(), entry.value.to_value(), Some(&entry.key.span));
    }
    Ok(())
}
