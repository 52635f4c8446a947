//! One reader for each kind of inventory source. Ansible calls them inventory plugins.

mod advanced_host_list;
mod auto;
mod constructed;
mod generator;
mod host_list;
mod ini;
mod keyed_group;
mod script;
mod toml;
mod yaml;

use diag::Errors;

use crate::candidate::Candidate;
use crate::inventory::Inventory;
use crate::options::LoadOptions;

/// A kind of inventory source.
pub(crate) struct Plugin {
    pub(crate) name: &'static str,
    /// Whether a source may be of this kind, as far as its name and its first words tell.
    pub(crate) accepts: fn(&Candidate, &LoadOptions) -> bool,
    /// Reads a source into an inventory.
    pub(crate) read: fn(&Candidate, &mut Inventory) -> Result<(), Errors>,
}

/// All kinds. The first six are tried where the settings say nothing, in this order.
const PLUGINS: [&Plugin; 9] = [
    &host_list::PLUGIN,
    &script::PLUGIN,
    &auto::PLUGIN,
    &yaml::PLUGIN,
    &ini::PLUGIN,
    &toml::PLUGIN,
    &advanced_host_list::PLUGIN,
    &constructed::PLUGIN,
    &generator::PLUGIN,
];

/// The names of all kinds of sources.
pub fn plugin_names() -> impl Iterator<Item = &'static str> {
    PLUGINS.iter().map(|plugin| plugin.name)
}

/// The plugins that are tried where the settings name none.
pub(crate) fn default_plugins() -> &'static [&'static Plugin] {
    &PLUGINS[..6]
}

/// The plugin of a name, which may be a full one: `ansible.builtin.ini`.
pub(crate) fn find(name: &str) -> Option<&'static Plugin> {
    let name = name
        .strip_prefix("ansible.builtin.")
        .or_else(|| name.strip_prefix("ansible.legacy."))
        .unwrap_or(name);
    PLUGINS.into_iter().find(|plugin| plugin.name == name)
}

/// The plugin whose complaint helps most where a source can't be read: its name and first words say what it was meant
/// to be.
pub(crate) fn likeliest(candidate: &Candidate, options: &LoadOptions) -> &'static Plugin {
    let accepting = [&host_list::PLUGIN, &script::PLUGIN, &auto::PLUGIN, &toml::PLUGIN];
    if let Some(plugin) = accepting.into_iter().find(|plugin| (plugin.accepts)(candidate, options)) {
        return plugin;
    }
    match candidate.extension().as_str() {
        "" if yaml::seems_so(candidate) => &yaml::PLUGIN,
        extension if !extension.is_empty() && (yaml::PLUGIN.accepts)(candidate, options) => &yaml::PLUGIN,
        _ => &ini::PLUGIN,
    }
}
