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
    /// The module for the package manager, such as `apt`; `auto` takes the one for what the host has, unless the variable
    /// `ansible_package_use` names one.
    #[serde(default = "auto", rename = "use")]
    manager: String,
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

fn auto() -> String {
    "auto".to_owned()
}

/// The package managers and the programs by which they are found, in the order in which they are looked for.
const MANAGERS: [(&str, &str); 7] = [
    ("apt", "apt-get"),
    ("dnf5", "dnf5"),
    ("dnf", "dnf"),
    ("yum", "yum"),
    ("zypper", "zypper"),
    ("apk", "apk"),
    ("pacman", "pacman"),
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
        let manager = self.manager(host)?;
        if manager != "apt" {
            let message = format!(
                "the package manager of this host is {manager}, which 'package' can't use; so far it can use apt only"
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
    fn manager(&self, host: &mut System) -> Result<&'static str> {
        let wanted = self.manager.strip_prefix("ansible.builtin.").unwrap_or(&self.manager);
        for (manager, program) in MANAGERS {
            if manager == wanted || (wanted == "auto" && host.find_program(program)?.is_some()) {
                return Ok(manager);
            }
        }
        Err(Error::failed(match wanted {
            "auto" => "this host has no package manager that is known here; 'use' can name one".to_owned(),
            // Playbooks compare these words.
            _ => format!("Could not find a matching action for the \"{}\" package manager.", self.manager),
        }))
    }
}
