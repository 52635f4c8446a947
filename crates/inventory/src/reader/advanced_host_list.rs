use diag::{Error, Errors};

use crate::candidate::Candidate;
use crate::host_range::{expand, split_port};
use crate::inventory::Inventory;
use crate::reader::{Plugin, host_list};

/// A list in which names may hold ranges: `web[01:10],db`.
pub(crate) const PLUGIN: Plugin =
    Plugin { name: "advanced_host_list", accepts: |candidate, _| candidate.is_list(), read };

fn read(candidate: &Candidate, inventory: &mut Inventory) -> Result<(), Errors> {
    let mut errors = Errors::new();
    for entry in host_list::entries(&candidate.name) {
        let (name, port) = split_port(entry);
        match expand(name) {
            Ok(names) => {
                names.iter().for_each(|name| host_list::declare(name, port, &mut inventory.registry))
            }
            // A range without an end is a name, as strange as it is.
            Err(problem) if name.contains(":]") => {
                inventory.registry.detail(
                    Error::warning(format!(
                        "Unable to parse address from hostname, leaving unchanged: {name}"
                    ))
                    .cause(problem),
                );
                host_list::declare(name, port, &mut inventory.registry);
            }
            Err(problem) => errors.push(Error::new(problem)),
        }
    }
    if errors.any() { Err(errors) } else { Ok(()) }
}
