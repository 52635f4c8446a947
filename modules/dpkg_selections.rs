use module::{Arguments, Module, Outcome};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use system::{Backend, Command, Error, Overlay, Packages, Result, State, System};

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

/// What dpkg has noted of a package.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Selection {
    package: String,
    /// Nothing for a package that dpkg does not know.
    selected: Option<String>,
}

impl State for Selection {
    const KIND: &'static str = "dpkg selection";

    fn name(&self) -> String {
        self.package.clone()
    }

    fn observe(host: &mut System, name: &str) -> Result<Selection> {
        let output = host.query(&Command::new(["dpkg", "--get-selections", name]))?;
        let text = output.checked(&format!("can't ask dpkg about {name}"))?.stdout();
        let selected = text.lines().next().and_then(|line| line.split_whitespace().nth(1)).map(str::to_owned);
        Ok(Selection { package: name.into(), selected })
    }

    fn absent(name: &str) -> Selection {
        Selection { package: name.into(), selected: None }
    }

    fn is_absent(&self) -> bool {
        self.selected.is_none()
    }

    /// dpkg wants those packages installed that it has just installed.
    fn recall(overlay: &Overlay, name: &str) -> Option<Selection> {
        if let Some(known) = overlay.state(Selection::KIND, name) {
            return Selection::deserialize(known.clone()).ok();
        }
        let version = overlay.state(Packages::PACKAGE, name)?;
        let selected = (!version.is_null()).then(|| Selected::Install.word().to_owned());
        Some(Selection { package: name.into(), selected })
    }

    fn bring_about(backend: &mut dyn Backend, _: &Selection, want: &Selection) -> Result<()> {
        let Some(selected) = &want.selected else {
            return Err(Error::failed(format!("dpkg can't forget the selection of {}", want.package)));
        };
        let line = format!("{} {selected}\n", want.package);
        let command = Command::new(["dpkg", "--set-selections"]).input(line.into_bytes());
        backend.carry_out(&command, &format!("can't change the selection of {}", want.package)).map(drop)
    }
}

impl Module for DpkgSelections {
    fn run(self, host: &mut System) -> Result<Outcome> {
        let now = host.observe::<Selection>(&self.name)?;
        let after = self.selection.word();
        let Some(before) = now.selected.clone() else {
            // Playbooks look for these words.
            let message = format!("Failed to find package '{}' to perform selection '{after}'.", self.name);
            return Err(Error::failed(message));
        };
        if before != after {
            host.settle(&now, Selection { selected: Some(after.to_owned()), ..now.clone() })?;
        }
        Ok(Outcome::new().with("before", before).with("after", after))
    }
}
