use module::{Arguments, Module, Outcome};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use system::{Error, Result, System};

use crate::apt::{self, Apt};

/// Installs and removes packages with the host's own package manager.
///
/// So far that can be apt; on a host with another one it fails and says so.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Package {
    /// Names of packages, as the package manager knows them.
    #[schemars(extend("aliases" = ["pkg"]))]
    name: Vec<String>,
    /// What should be there.
    #[serde(default)]
    state: State,
    /// Which package manager; `auto` takes the one that the host has.
    #[serde(default, rename = "use")]
    manager: Manager,
    /// Fetch the package lists before anything else.
    #[serde(default)]
    update_cache: bool,
    /// For how many seconds fetched package lists are good.
    #[serde(default)]
    cache_valid_time: u64,
    /// Remove packages that are needed no more.
    #[serde(default)]
    autoremove: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum State {
    /// The packages are not installed.
    Absent,
    /// The packages are installed, in the newest version that there is.
    Latest,
    /// The packages are installed.
    #[default]
    Present,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Manager {
    /// The one that the host has.
    #[default]
    Auto,
    /// apt, of Debian and its relatives.
    Apt,
    /// dnf, of Fedora and its relatives.
    Dnf,
    /// dnf's fifth version.
    Dnf5,
    /// yum, of older relatives of Fedora.
    Yum,
    /// zypper, of SUSE.
    Zypper,
    /// apk, of Alpine.
    Apk,
    /// pacman, of Arch.
    Pacman,
}

/// The managers and the programs by which they are found, in the order in which they are looked for.
const MANAGERS: [(Manager, &str); 7] = [
    (Manager::Apt, "apt-get"),
    (Manager::Dnf5, "dnf5"),
    (Manager::Dnf, "dnf"),
    (Manager::Yum, "yum"),
    (Manager::Zypper, "zypper"),
    (Manager::Apk, "apk"),
    (Manager::Pacman, "pacman"),
];

impl Arguments for Package {
    const NAME: &'static str = "package";
    const EXAMPLES: &'static str = r#"
- name: Tools that are called the same everywhere
  package:
    name: [git, rsync]

- name: No telnet
  package:
    name: telnet
    state: absent
"#;
}

impl Module for Package {
    fn run(self, host: &mut System) -> Result<Outcome> {
        let (manager, program) = self.manager(host)?;
        if manager != Manager::Apt {
            let message = format!(
                "the package manager of this host is {program}, which 'package' can't use; so far it can use apt only"
            );
            return Err(Error::failed(message));
        }
        let state = match self.state {
            State::Absent => apt::State::Absent,
            State::Latest => apt::State::Latest,
            State::Present => apt::State::Present,
        };
        let mut apt = Apt::of(self.name, state);
        apt.update_cache = self.update_cache;
        apt.cache_valid_time = self.cache_valid_time;
        apt.autoremove = self.autoremove;
        apt.run(host)
    }
}

impl Package {
    fn manager(&self, host: &mut System) -> Result<(Manager, &'static str)> {
        for (manager, program) in MANAGERS {
            if manager == self.manager
                || (self.manager == Manager::Auto && host.find_program(program)?.is_some())
            {
                return Ok((manager, program));
            }
        }
        Err(Error::failed("this host has no package manager that is known here; 'use' can name one"))
    }
}
