use diag::{Error, Result, did_you_mean};
use yaml::{Entry, Node};

use crate::candidate::Candidate;
use crate::inventory::Inventory;

/// The options of a plugin, as a YAML file configures it.
pub(crate) struct PluginConfig<'a> {
    plugin: &'static str,
    root: &'a Node,
}

impl<'a> PluginConfig<'a> {
    /// Takes a source as the configuration of a plugin. Options that are not known are warned of.
    ///
    /// # Errors
    ///
    /// The source is empty, no mapping, or configures something else.
    pub(crate) fn of(
        candidate: &'a Candidate,
        plugin: &'static str,
        known: &[&str],
        inventory: &mut Inventory,
    ) -> Result<PluginConfig<'a>> {
        let path = candidate.path.display();
        let Some(root) = candidate.document()?.root.as_ref().filter(|root| !root.is_null()) else {
            return Err(
                Error::new(format!("{path} is empty")).hint(format!("it must say 'plugin: {plugin}'"))
            );
        };
        let entries = root.expect_entries("the configuration of an inventory plugin")?;
        let name = candidate.configured_plugin().unwrap_or_default();
        if name.rsplit('.').next() != Some(plugin) {
            return Err(Error::new(format!(
                "Incorrect plugin name in file: {}",
                if name.is_empty() { "none found" } else { name }
            ))
            .at(&root.span)
            .hint(format!("it must say 'plugin: {plugin}'")));
        }
        for entry in entries {
            let key = entry.key.as_str().unwrap_or_default();
            if key != "plugin" && !known.contains(&key) {
                inventory.registry.detail(
                    Error::warning(format!(
                        "the option '{key}' means nothing to the inventory plugin '{plugin}'"
                    ))
                    .at(&entry.key.span)
                    .hint_some(did_you_mean(key, known.iter().copied())),
                );
            }
        }
        Ok(PluginConfig { plugin, root })
    }

    pub(crate) fn get(&self, option: &str) -> Option<&'a Node> {
        self.root.get(option).filter(|node| !node.is_null())
    }

    /// An option that must be there.
    ///
    /// # Errors
    ///
    /// It is not.
    pub(crate) fn require(&self, option: &str) -> Result<&'a Node> {
        self.get(option).ok_or_else(|| {
            Error::new(format!("the inventory plugin '{}' needs the option '{option}'", self.plugin))
                .at(&self.root.span)
        })
    }

    /// The entries of an option that is a mapping; none where it is not given.
    ///
    /// # Errors
    ///
    /// It is something else.
    pub(crate) fn entries(&self, option: &str) -> Result<&'a [Entry]> {
        match self.get(option) {
            Some(node) => node.entries().ok_or_else(|| self.invalid(option, node, "dict")),
            None => Ok(&[]),
        }
    }

    /// The items of an option that is a list; none where it is not given.
    ///
    /// # Errors
    ///
    /// It is something else.
    pub(crate) fn items(&self, option: &str) -> Result<&'a [Node]> {
        match self.get(option) {
            Some(node) => node.items().ok_or_else(|| self.invalid(option, node, "list")),
            None => Ok(&[]),
        }
    }

    /// An option that is yes or no.
    pub(crate) fn flag(&self, option: &str, default: bool) -> bool {
        let Some(node) = self.get(option) else { return default };
        node_flag(node, default)
    }

    fn invalid(&self, option: &str, node: &Node, wanted: &str) -> Error {
        Error::new(format!(
            "Config '{option}' for '{}' inventory plugin has an invalid value: Invalid value provided for '{wanted}': {}",
            self.plugin,
            node.to_value().repr()
        ))
        .at(&node.span)
    }
}

/// What a scalar means as yes or no.
pub(crate) fn node_flag(node: &Node, default: bool) -> bool {
    match node.to_value() {
        value::Value::Bool(flag) => flag,
        value::Value::Int(number) => number != 0,
        value::Value::String(text) => {
            matches!(text.to_ascii_lowercase().as_str(), "y" | "yes" | "on" | "1" | "true" | "t")
        }
        _ => default,
    }
}
