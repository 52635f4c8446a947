use std::path::Path;
use std::time::Duration;

use facts::Subsets;
use module::{Arguments, Module, Outcome};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use system::{Error, Result, System};
use value::Value;

use crate::apt::{self, Apt};
use crate::dnf::{self, Dnf};

/// Installs and removes packages with the host's own package manager.
///
/// That can be apt or dnf; on a host with another one it fails and says so.
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
        match self.manager(host)? {
            "apt" => self.by_apt(host),
            "dnf5" => self.by_dnf(host, dnf::Backend::Dnf5),
            "dnf" | "yum" => self.by_dnf(host, dnf::Backend::Auto),
            manager => Err(Error::failed(format!(
                "the package manager of this host is {manager}, which 'package' can't use; it can use apt and dnf"
            ))),
        }
    }
}

impl Package {
    fn by_apt(self, host: &mut System) -> Result<Outcome> {
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

    fn by_dnf(self, host: &mut System, backend: dnf::Backend) -> Result<Outcome> {
        let state = match self.state {
            State::Absent => dnf::State::Absent,
            State::Latest => dnf::State::Latest,
            State::Present => dnf::State::Present,
        };
        let mut dnf = Dnf::of(self.name, state, backend);
        dnf.update_cache = self.update_cache;
        dnf.autoremove = self.autoremove;
        dnf.run(host)
    }

    fn manager(&self, host: &mut System) -> Result<&'static str> {
        let wanted = self.manager.strip_prefix("ansible.builtin.").unwrap_or(&self.manager);
        // Several may be there: which one the distribution means is a fact.
        let meant = match wanted {
            "auto" => fact(host)?,
            _ => wanted.to_owned(),
        };
        for (manager, program) in MANAGERS {
            let is_it = match meant.as_str() {
                "unknown" => host.find_program(program)?.is_some(),
                meant => manager == meant,
            };
            if is_it {
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

/// The fact `pkg_mgr`.
fn fact(host: &mut System) -> Result<String> {
    let subsets = Subsets::parse(["!all", "!min", "pkg_mgr"]);
    let subsets = subsets.map_err(|error| Error::failed(error.to_string()))?;
    let facts = facts::gather(host, &subsets, Duration::from_secs(10), Path::new("/etc/ansible/facts.d"));
    let manager = facts.get(&Value::from("ansible_pkg_mgr")).and_then(Value::as_str);
    Ok(manager.unwrap_or("unknown").to_owned())
}
