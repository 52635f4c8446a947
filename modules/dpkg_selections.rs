use module::{Arguments, Module, Outcome};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use system::{DpkgSelection, Error, Result, System};

/// Says what dpkg shall do with a package from now on: keep it as it is, for one.
///
/// It only notes the selection; nothing is installed or removed.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DpkgSelections {
    /// Name of the package.
    name: String,
    /// What shall become of it.
    selection: Selected,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Selected {
    /// It is installed, and upgraded with the others.
    Install,
    /// It stays as it is.
    Hold,
    /// It is to be removed, but for its configuration.
    Deinstall,
    /// It is to be removed with its configuration.
    Purge,
}

impl Selected {
    fn word(self) -> &'static str {
        match self {
            Selected::Install => "install",
            Selected::Hold => "hold",
            Selected::Deinstall => "deinstall",
            Selected::Purge => "purge",
        }
    }
}

impl Arguments for DpkgSelections {
    const NAME: &'static str = "dpkg_selections";
    const EXAMPLES: &'static str = r#"
- name: The database is not upgraded with everything else
  dpkg_selections:
    name: postgresql-15
    selection: hold
"#;
}

impl Module for DpkgSelections {
    fn run(self, host: &mut System) -> Result<Outcome> {
        let now = host.observe::<DpkgSelection>(&self.name)?;
        let after = self.selection.word();
        let Some(before) = now.selected.clone() else {
            // Playbooks look for these words.
            let message = format!("Failed to find package '{}' to perform selection '{after}'.", self.name);
            return Err(Error::failed(message));
        };
        if before != after {
            host.settle(&now, DpkgSelection { selected: Some(after.to_owned()), ..now.clone() })?;
        }
        Ok(Outcome::new().with("before", before).with("after", after))
    }
}
