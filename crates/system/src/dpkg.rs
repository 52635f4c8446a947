use std::collections::BTreeMap;
use std::path::Path;

use value::Value;

use crate::{Packages, Result, System};

/// What dpkg knows of the packages on a host.
#[derive(Clone, Debug, Default)]
pub struct DpkgDatabase {
    /// The architecture whose packages are written without one.
    architecture: String,
    /// By name, with the architecture where that is a foreign one: `nginx`, `libc6:i386`.
    packages: BTreeMap<String, DpkgPackage>,
}

/// One package in dpkg's database.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DpkgPackage {
    /// Its name.
    pub name: String,
    /// Its architecture; `all` if it has none.
    pub architecture: String,
    /// Its version; empty if it never was installed.
    pub version: String,
    /// What kind of thing it is: `admin`, `contrib/net`; empty where nobody knows.
    pub section: String,
    /// Whether it is installed as a whole. If not, nothing or only configuration files may be left.
    pub installed: bool,
    /// Whether it was removed and its configuration files are still there.
    pub leftovers: bool,
    /// Whether it is to be kept at its version.
    pub held: bool,
    /// Names of other packages that it stands in for.
    pub provides: Vec<String>,
}

impl DpkgDatabase {
    /// Reads the text of `/var/lib/dpkg/status`.
    pub fn parse(text: &str) -> DpkgDatabase {
        let all: Vec<DpkgPackage> = text.split("\n\n").filter_map(parse_package).collect();
        // dpkg itself is always of the native architecture.
        let native = all
            .iter()
            .find(|package| package.name == "dpkg")
            .or_else(|| all.iter().find(|package| package.architecture != "all"));
        let architecture = native.map_or_else(|| "all".to_owned(), |package| package.architecture.clone());
        let mut database = DpkgDatabase { architecture, packages: BTreeMap::new() };
        for package in all {
            let foreign = package.architecture != "all" && package.architecture != database.architecture;
            let key = if foreign {
                format!("{}:{}", package.name, package.architecture)
            } else {
                package.name.clone()
            };
            database.packages.insert(key, package);
        }
        database
    }

    /// All packages that are installed as a whole.
    pub fn installed(&self) -> impl Iterator<Item = &DpkgPackage> {
        self.packages.values().filter(|package| package.installed)
    }

    /// A package by its name, with or without an architecture.
    pub fn get(&self, name: &str) -> Option<&DpkgPackage> {
        self.packages.get(self.key(name))
    }

    /// The version of a package, if it is installed.
    pub fn version(&self, name: &str) -> Option<&str> {
        self.get(name).filter(|package| package.installed).map(|package| package.version.as_str())
    }

    /// Whether an installed package stands in for one of this name.
    pub fn provides(&self, name: &str) -> bool {
        self.packages
            .values()
            .any(|package| package.installed && package.provides.iter().any(|provided| provided == name))
    }

    /// All packages, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &DpkgPackage)> {
        self.packages.iter().map(|(name, package)| (name.as_str(), package))
    }

    /// The name under which a package is known: without the host's own architecture.
    pub fn key<'a>(&self, name: &'a str) -> &'a str {
        match name.rsplit_once(':') {
            Some((plain, architecture))
                if architecture == self.architecture || matches!(architecture, "all" | "any" | "native") =>
            {
                plain
            }
            _ => name,
        }
    }

    /// What a dry run has predicted: a version or, for one that would be gone, null.
    fn predict(&mut self, name: &str, state: &Value) {
        let version = state.get("version").map(|version| version.as_str().unwrap_or_default());
        let (plain, architecture) = name.split_once(':').unwrap_or((name, &self.architecture));
        let package = self.packages.entry(name.to_owned()).or_insert_with(|| DpkgPackage {
            name: plain.to_owned(),
            architecture: architecture.to_owned(),
            ..DpkgPackage::default()
        });
        package.installed = version.is_some();
        package.leftovers = false;
        package.version = version.unwrap_or_default().to_owned();
    }
}

fn parse_package(paragraph: &str) -> Option<DpkgPackage> {
    let mut package = DpkgPackage::default();
    for line in paragraph.lines().filter(|line| !line.starts_with([' ', '\t'])) {
        let Some((field, value)) = line.split_once(": ") else { continue };
        match field {
            "Package" => package.name = value.trim().to_owned(),
            "Architecture" => package.architecture = value.trim().to_owned(),
            "Version" => package.version = value.trim().to_owned(),
            "Status" => {
                // What is wanted, whether that is in order, and how far it is.
                let mut words = value.split_whitespace();
                package.held = words.next() == Some("hold");
                let state = words.nth(1).unwrap_or_default();
                package.installed = matches!(state, "installed" | "triggers-awaited" | "triggers-pending");
                package.leftovers = state == "config-files";
            }
            "Section" => package.section = value.trim().to_owned(),
            "Provides" => {
                let name = |provided: &str| {
                    provided.trim().split([' ', ':', '(']).next().unwrap_or_default().to_owned()
                };
                package.provides = value.split(',').map(name).collect();
            }
            _ => {}
        }
    }
    (!package.name.is_empty()).then_some(package)
}

impl System {
    /// What dpkg knows of the packages on the host, in a dry run as earlier tasks would have left them. Starts no
    /// program. A host without dpkg has no packages.
    pub fn dpkg_database(&mut self) -> Result<DpkgDatabase> {
        let text = self.read_text_if_any(Path::new("/var/lib/dpkg/status"))?.unwrap_or_default();
        let mut database = DpkgDatabase::parse(&text);
        for (name, state) in self.predicted(Packages::PACKAGE) {
            database.predict(&name, &state);
        }
        Ok(database)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATUS: &str = "\
Package: dpkg
Status: install ok installed
Architecture: amd64
Version: 1.21.22

Package: libc6
Status: install ok installed
Architecture: i386
Multi-Arch: same
Version: 2.36-9

Package: postfix
Status: hold ok installed
Architecture: amd64
Version: 3.7.11-0+deb12u1
Provides: default-mta, mail-transport-agent (= 1)
Description: a mail server
 Version: is not said here

Package: nginx-common
Status: deinstall ok config-files
Architecture: all
Version: 1.22
";

    #[test]
    fn the_status_file_is_understood() {
        let database = DpkgDatabase::parse(STATUS);
        assert_eq!(database.version("dpkg"), Some("1.21.22"));
        assert_eq!(database.version("dpkg:amd64"), Some("1.21.22"));
        assert_eq!(database.version("libc6"), None);
        assert_eq!(database.version("libc6:i386"), Some("2.36-9"));
        assert_eq!(database.version("nginx-common"), None);
        assert!(database.get("nginx-common").unwrap().leftovers);
        assert!(database.get("postfix").unwrap().held);
        assert_eq!(database.version("postfix"), Some("3.7.11-0+deb12u1"));
        assert!(database.provides("mail-transport-agent"));
        assert!(!database.provides("postfix"));
    }
}
