use diag::Errors;

use crate::candidate::Candidate;
use crate::group::UNGROUPED;
use crate::host_range::split_port;
use crate::inventory::Inventory;
use crate::reader::Plugin;
use crate::registry::Registry;

/// A list such as `web1,web2:2222,`.
pub(crate) const PLUGIN: Plugin =
    Plugin { name: "host_list", accepts: |candidate, _| candidate.is_list(), read };

fn read(candidate: &Candidate, inventory: &mut Inventory) -> Result<(), Errors> {
    for entry in entries(&candidate.name) {
        let (name, port) = split_port(entry);
        declare(name, port, &mut inventory.registry);
    }
    Ok(())
}

pub(super) fn entries(list: &str) -> impl Iterator<Item = &str> {
    list.split(',').map(str::trim).filter(|entry| !entry.is_empty())
}

/// Puts a host of a list into the inventory.
pub(super) fn declare(name: &str, port: Option<u16>, registry: &mut Registry) {
    let name = registry.declare_host(name);
    registry.join(&name, UNGROUPED);
    if let Some(port) = port {
        registry.set_host_variable(&name, "ansible_port".into(), u32::from(port).into(), None);
    }
}
