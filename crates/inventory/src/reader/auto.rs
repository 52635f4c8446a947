use diag::{Error, Errors, did_you_mean};

use crate::candidate::Candidate;
use crate::inventory::Inventory;
use crate::reader::{PLUGINS, Plugin, find};

/// A YAML file that says with `plugin` what makes the hosts, and configures it.
pub(crate) const PLUGIN: Plugin = Plugin {
    name: "auto",
    accepts: |candidate, _| {
        matches!(candidate.extension().as_str(), ".yml" | ".yaml") && candidate.configured_plugin().is_some()
    },
    read,
};

fn read(candidate: &Candidate, inventory: &mut Inventory) -> Result<(), Errors> {
    let name = candidate.configured_plugin().unwrap_or_default();
    let path = candidate.path.display();
    let place = candidate.document().ok().and_then(|document| document.root.as_ref()?.get("plugin"));
    let place = place.map(|node| &node.span);
    let Some(plugin) = find(name) else {
        let names = PLUGINS.map(|plugin| plugin.name);
        return Err(Error::new(format!("inventory config '{path}' specifies unknown plugin '{name}'"))
            .at_some(place)
            .hint_some(did_you_mean(name, names))
            .hint("write the hosts into an INI or YAML inventory, or use an executable script that prints them as JSON")
            .into());
    };
    // A configuration of this very plugin would lead here again.
    if plugin.name == PLUGIN.name || !(plugin.accepts)(candidate, &inventory.options) {
        return Err(Error::new(format!(
            "inventory source '{path}' could not be verified by inventory plugin '{name}'"
        ))
        .at_some(place)
        .into());
    }
    (plugin.read)(candidate, inventory)
}
