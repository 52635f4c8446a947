use diag::Result;

use crate::host_range::split_port;
use crate::registry::Registry;

/// Reads a list such as `web1,web2:2222,`.
pub(crate) fn read(list: &str, registry: &mut Registry) -> Result<()> {
    for entry in list.split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
        let (name, port) = split_port(entry);
        let name = registry.declare_host(name);
        registry.join(&name, crate::group::UNGROUPED);
        if let Some(port) = port {
            registry.set_host_variable(&name, "ansible_port".into(), u32::from(port).into(), None);
        }
    }
    Ok(())
}
