//! What a collection says about its modules in `meta/runtime.yml`: which have moved, which will go, which are gone, and
//! which belong together in a group of `module_defaults`.

use diag::{Error, Result};
use value::Text;
use yaml::Node;

use crate::Loader;

/// So many moves one name may make.
const MOVES: usize = 10;

/// Groups that are known by a short name, and where they belong.
const SHORT_GROUPS: [(&str, &str); 9] = [
    ("acme", "community.crypto.acme"),
    ("aws", "amazon.aws.aws"),
    ("azure", "azure.azcollection.azure"),
    ("docker", "community.docker.docker"),
    ("gcp", "google.cloud.gcp"),
    ("k8s", "kubernetes.core.k8s"),
    ("os", "openstack.cloud.os"),
    ("ovirt", "ovirt.ovirt.ovirt"),
    ("vmware", "community.vmware.vmware"),
];

impl Loader {
    /// A part of a collection's runtime file.
    fn runtime(&self, collection: &str, part: &[&str]) -> Option<Node> {
        let path = self
            .collection_folders(collection)
            .map(|folder| folder.join("meta/runtime.yml"))
            .find(|path| path.is_file())?;
        let file = self.read(&path).ok()?;
        let mut node = file.root.as_ref()?;
        for key in part {
            node = node.get(key)?;
        }
        Some(node.clone())
    }

    /// What is said about the module of this full name.
    fn route(&self, name: &str) -> Option<Node> {
        let (collection, module) = split(name)?;
        ["modules", "action"]
            .into_iter()
            .find_map(|kind| self.runtime(&collection, &["plugin_routing", kind, module]))
    }

    /// Where the module of this full name has moved, over all moves; `None` if nothing is said about it.
    ///
    /// # Errors
    /// It is gone.
    pub(crate) fn routed(&self, name: &str) -> Result<Option<String>> {
        let mut names = vec![name.to_owned()];
        while let Some(route) = names.last().and_then(|name| self.route(name)) {
            let current = names.last().map(String::as_str).unwrap_or_default();
            if let Some(tombstone) = route.get("tombstone") {
                let message = format!("The '{current}' module has been removed.");
                return Err(Error::new(message + &epitaph(tombstone, current, "was removed from")));
            }
            let Some(target) = route.get("redirect").and_then(Node::as_str) else { break };
            if names.iter().any(|name| name == target) {
                return Err(Error::new(format!("the module '{name}' is moved in a circle, to '{target}'")));
            }
            names.push(target.to_owned());
        }
        Ok(if names.len() > 1 { names.pop() } else { None })
    }

    /// Notices that what a task calls, or has been moved to, will go.
    pub(crate) fn deprecations(&self, name: &str, collections: &[Text]) -> Vec<Error> {
        let mut candidates = vec![name.to_owned()];
        if !name.contains('.') {
            candidates =
                collections.iter().map(|collection| format!("{}.{name}", collection.as_str())).collect();
        }
        let Some(mut current) = candidates.into_iter().find(|name| self.route(name).is_some()) else {
            return Vec::new();
        };
        let mut notices = Vec::new();
        for _ in 0..MOVES {
            let Some(route) = self.route(&current) else { break };
            if let Some(deprecation) = route.get("deprecation").filter(|node| !node.is_null()) {
                let text = epitaph(deprecation, &current, "will be removed from");
                notices.push(Error::deprecation(format!("{current} has been deprecated.{text}")));
            }
            let Some(target) = route.get("redirect").and_then(Node::as_str) else { break };
            current = target.to_owned();
        }
        notices
    }

    /// Whether an action, by its canonical name, is in a group of `module_defaults`; `None` if nothing is known of the
    /// group.
    pub fn is_in_group(&self, group: &str, action: &str) -> Option<bool> {
        let members = self.group(group, 0)?;
        Some(members.iter().any(|member| match self.resolve_action(member, &[]) {
            Ok(canonical) => canonical == action,
            Err(_) => member == action,
        }))
    }

    fn group(&self, group: &str, depth: usize) -> Option<Vec<String>> {
        let short = SHORT_GROUPS.iter().find(|(short, _)| *short == group).map(|(_, full)| *full);
        let (collection, name) = split(short.unwrap_or(group))?;
        let Some(entries) = self.runtime(&collection, &["action_groups", name]) else {
            // Of a collection whose modules are ours there may be no folder; they all take the same connection's options.
            let prefix = format!("{collection}.");
            let ours = self.modules.iter().flatten().filter(|module| module.starts_with(&prefix));
            let ours: Vec<String> = ours.cloned().collect();
            return (short.is_some() || !ours.is_empty()).then_some(ours);
        };
        let full = |name: &str| match name.contains('.') {
            true => name.to_owned(),
            false => format!("{collection}.{name}"),
        };
        let mut members = Vec::new();
        for entry in entries.items().unwrap_or_default() {
            if let Some(name) = entry.as_str() {
                members.push(full(name));
            }
            let extended = entry.get("metadata").and_then(|metadata| metadata.get("extend_group"));
            for other in extended.and_then(Node::items).unwrap_or_default().iter().filter_map(Node::as_str) {
                if depth < MOVES {
                    members.extend(self.group(&full(other), depth + 1).unwrap_or_default());
                }
            }
        }
        Some(members)
    }
}

/// The collection and the name in it.
fn split(name: &str) -> Option<(String, &str)> {
    let mut parts = name.splitn(3, '.');
    let (namespace, collection, rest) = (parts.next()?, parts.next()?, parts.next()?);
    Some((format!("{namespace}.{collection}"), rest))
}

/// What a deprecation or tombstone says besides the name, in words that people know.
fn epitaph(node: &Node, name: &str, removed: &str) -> String {
    let text = |key: &str| node.get(key).map(|node| node.to_value().to_string());
    let collection = split(name).map(|(collection, _)| collection).unwrap_or_default();
    let warning = text("warning_text").map(|text| format!(" {}", text.trim())).unwrap_or_default();
    let warning = if warning.is_empty() || warning.ends_with('.') { warning } else { warning + "." };
    let when = match (text("removal_version"), text("removal_date")) {
        (Some(version), _) => format!(" version {version}"),
        (None, Some(date)) => format!(" in a release after {date}"),
        (None, None) => String::new(),
    };
    format!("{warning} This feature {removed} collection '{collection}'{when}.")
}
