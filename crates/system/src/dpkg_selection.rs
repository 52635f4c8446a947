use serde::{Deserialize, Serialize};

use crate::{Backend, Command, Error, Overlay, Packages, Result, State, System};

/// What dpkg has noted of a package.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DpkgSelection {
    /// Its name.
    pub package: String,
    /// `install`, `hold`, `deinstall` or `purge`; nothing for a package that dpkg does not know.
    pub selected: Option<String>,
}

impl State for DpkgSelection {
    const KIND: &'static str = "dpkg selection";

    fn name(&self) -> String {
        self.package.clone()
    }

    fn observe(host: &mut System, name: &str) -> Result<DpkgSelection> {
        let output = host.query(&Command::new(["dpkg", "--get-selections", name]))?;
        let text = output.checked(&format!("can't ask dpkg about {name}"))?.stdout();
        let selected = text.lines().next().and_then(|line| line.split_whitespace().nth(1)).map(str::to_owned);
        Ok(DpkgSelection { package: name.into(), selected })
    }

    fn absent(name: &str) -> DpkgSelection {
        DpkgSelection { package: name.into(), selected: None }
    }

    fn is_absent(&self) -> bool {
        self.selected.is_none()
    }

    /// dpkg wants those packages installed that it has just installed.
    fn recall(overlay: &Overlay, name: &str) -> Option<DpkgSelection> {
        if let Some(known) = overlay.state(DpkgSelection::KIND, name) {
            return DpkgSelection::deserialize(known.clone()).ok();
        }
        let version = overlay.state(Packages::PACKAGE, name)?;
        let selected = (!version.is_null()).then(|| "install".to_owned());
        Some(DpkgSelection { package: name.into(), selected })
    }

    fn bring_about(backend: &mut dyn Backend, _: &DpkgSelection, want: &DpkgSelection) -> Result<()> {
        let Some(selected) = &want.selected else {
            return Err(Error::failed(format!("dpkg can't forget the selection of {}", want.package)));
        };
        let line = format!("{} {selected}\n", want.package);
        let command = Command::new(["dpkg", "--set-selections"]).input(line.into_bytes());
        backend.carry_out(&command, &format!("can't change the selection of {}", want.package)).map(drop)
    }
}
