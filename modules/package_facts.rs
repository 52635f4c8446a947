use std::path::Path;

use module::{Arguments, Module, Outcome};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use system::{Error, Result, RpmPackage, System};
use value::{Map, Value};

/// Tells which packages are installed, as the fact `packages`: by name, a list of the versions that are there.
///
/// A dry run counts what tasks before it would have installed and removed.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PackageFacts {
    /// Whom to ask: package managers in the order in which they are tried; `auto` stands for all of them.
    #[serde(default = "auto")]
    manager: Vec<Manager>,
    /// Whether the first one that is there is asked, or all.
    #[serde(default)]
    strategy: Strategy,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Manager {
    /// Whichever is there.
    Auto,
    /// dpkg's database, as on Debian and Ubuntu.
    Apt,
    /// The database of rpm.
    Rpm,
    /// The database of rpm.
    Dnf,
    /// The database of rpm.
    Yum,
    /// The database of rpm.
    Zypper,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Strategy {
    /// All that are there.
    All,
    /// The first one that is there.
    #[default]
    First,
}

fn auto() -> Vec<Manager> {
    vec![Manager::Auto]
}

impl Arguments for PackageFacts {
    const NAME: &'static str = "package_facts";
    const EXAMPLES: &'static str = r#"
- name: What is installed?
  package_facts:

- name: Which nginx
  debug:
    msg: "{{ ansible_facts.packages.nginx[0].version }}"
  when: "'nginx' in ansible_facts.packages"
"#;
}

impl Module for PackageFacts {
    fn run(self, host: &mut System) -> Result<Outcome> {
        let mut packages = Map::new();
        let mut asked = false;
        for manager in self.managers() {
            let found = match manager {
                Manager::Apt => of_dpkg(host)?,
                _ => of_rpm(host)?,
            };
            let Some(found) = found else { continue };
            asked = true;
            for (name, package) in found {
                match packages.get_mut(&Value::from(name.as_str())) {
                    Some(Value::List(list)) => std::sync::Arc::make_mut(list).push(package),
                    _ => {
                        packages.insert(name.into(), Value::list([package]));
                    }
                }
            }
            if self.strategy == Strategy::First {
                break;
            }
        }
        if !asked {
            // Playbooks look for these words.
            return Err(Error::failed(
                "Could not detect a supported package manager from the following list",
            ));
        }
        Ok(Outcome::new().facts(Map::from_iter([("packages".into(), packages.into())])))
    }
}

impl PackageFacts {
    fn managers(&self) -> Vec<Manager> {
        let mut managers: Vec<Manager> = Vec::new();
        for manager in &self.manager {
            let meant: &[Manager] = match manager {
                Manager::Auto => &[Manager::Apt, Manager::Rpm],
                Manager::Apt => &[Manager::Apt],
                _ => &[Manager::Rpm],
            };
            managers.extend(meant);
        }
        managers.dedup();
        managers
    }
}

type Found = Vec<(String, Value)>;

/// `None` where there is no dpkg.
fn of_dpkg(host: &mut System) -> Result<Option<Found>> {
    if host.find_program("dpkg")?.is_none() {
        return Ok(None);
    }
    let database = host.dpkg_database()?;
    let package = |package: &system::DpkgPackage| {
        let described = Value::map([
            ("name", package.name.as_str()),
            ("version", &package.version),
            ("arch", &package.architecture),
            ("category", &package.section),
            ("source", "apt"),
        ]);
        (package.name.clone(), described)
    };
    Ok(Some(database.installed().map(package).collect()))
}

/// `None` where there is no rpm.
fn of_rpm(host: &mut System) -> Result<Option<Found>> {
    if host.find_program("rpm")?.is_none() {
        return Ok(None);
    }
    let database = host.rpm_database(Path::new("/"))?;
    let package = |package: &RpmPackage| {
        let epoch = package.epoch.parse::<i64>().ok().filter(|epoch| *epoch > 0);
        let described = Value::map([
            ("name", package.name.as_str().into()),
            ("version", package.version.as_str().into()),
            ("release", package.release.as_str().into()),
            ("epoch", epoch.map_or(Value::Null, Value::from)),
            ("arch", package.architecture.as_str().into()),
            ("source", Value::from("rpm")),
        ]);
        (package.name.clone(), described)
    };
    Ok(Some(database.iter().map(package).collect()))
}
