use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use protocol::Change;
use value::{Unknown, Value};

use crate::mentions::mentions;

/// A package that a dry run would install, and what is known of what it brings; or a folder that it would fill, such as
/// the copy of a repository.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct PendingPackage {
    /// Its name; of a folder its path.
    pub name: String,
    /// For a folder, the ids of the user and the group to whom belongs what is put there.
    pub folder_of: Option<(u32, u32)>,
    /// The files and directories in it, if they could be listed; directories end in `/`.
    pub files: Option<BTreeSet<String>>,
    /// The permission bits of those files that are not 0644 and directories that are not 0755, by path.
    pub permissions: BTreeMap<String, u32>,
    /// The content of its configuration files and of those that its scripts copy, by path.
    pub configuration: BTreeMap<PathBuf, Arc<[u8]>>,
    /// Where its symbolic links lead, by path.
    pub links: BTreeMap<String, String>,
    /// The files of which scripts put a copy at a path: of the first that is there.
    pub copies: BTreeMap<String, Vec<String>>,
    /// Owner and group, by name, of what does not belong to root, by path; an empty name is root's.
    pub owners: BTreeMap<String, (String, String)>,
    /// Those of the directories that no package that is installed has.
    pub own_directories: BTreeSet<String>,
    /// The text of its installation scripts, if they could be read.
    pub scripts: Option<String>,
    /// The text of its files that tell systemd-sysusers which accounts to make.
    pub sysusers: Vec<String>,
    /// Whether its installation scripts may make accounts that can't be read off them; `None` if nobody has read them.
    pub makes_accounts: Option<bool>,
    /// The archive, if it is kept until the run ends.
    pub archive: Option<PathBuf>,
    /// What the package manager's lists tell of it: a paragraph as in dpkg's database.
    pub record: Option<String>,
    /// Whether it comes as a dependency only.
    pub automatic: bool,
}

/// Where packages put nothing: by the rules of distributions, or because the kernel or the package manager owns it.
const NO_PACKAGES_PLACES: [&str; 12] = [
    "/dev",
    "/home",
    "/media",
    "/mnt",
    "/proc",
    "/root",
    "/run",
    "/sys",
    "/tmp",
    "/usr/local",
    "/var/lib/apt",
    "/var/lib/dpkg",
];

impl PendingPackage {
    /// The kind under which runners on one host tell each other of it.
    pub const KIND: &'static str = "pending package";

    /// A package of which only the name is known.
    pub fn new(name: impl Into<String>) -> PendingPackage {
        PendingPackage { name: name.into(), ..PendingPackage::default() }
    }

    /// A folder that would be filled with files that nobody has listed.
    pub fn folder(path: &Path, owner: u32, group: u32) -> PendingPackage {
        PendingPackage { folder_of: Some((owner, group)), ..PendingPackage::new(path.to_string_lossy()) }
    }

    /// Whether what is below a path can't be known, for it is put into a folder by nobody knows what.
    pub(crate) fn hides(&self, path: &Path) -> Option<Unknown> {
        let hidden = self.folder_of.is_some() && self.files.is_none() && path.starts_with(&self.name);
        hidden.then(|| Unknown::new(format!("what is in {} before it has been filled", self.name)))
    }

    /// Why the content of one of its files is not known.
    pub(crate) fn unread(&self) -> Unknown {
        Unknown::new(match self.folder_of {
            Some(_) => format!("a file that comes to {} and has not been read", self.name),
            None => format!("a file of the package '{}', which is not installed yet", self.name),
        })
    }

    /// Whether the package brings this file or directory.
    pub fn brings_file(&self, path: &Path) -> bool {
        let path = path.to_string_lossy();
        self.files.as_ref().is_some_and(|files| files.contains(&*path) || files.contains(&format!("{path}/")))
    }

    pub(crate) fn brings_directory(&self, path: &Path) -> bool {
        self.files.as_ref().is_some_and(|files| files.contains(&format!("{}/", path.display())))
    }

    /// Whether the package brings a file of this name to one of these directories.
    pub fn brings_named(&self, directories: &[&str], name: &str) -> bool {
        directories.iter().any(|directory| self.brings_file(&Path::new(directory).join(name)))
    }

    /// Whether its installation scripts enable a unit, as far as they could be read; else, what Debian's policy says.
    pub(crate) fn enables(&self, unit: &str) -> bool {
        self.does_to_unit(unit, &["enable", "update-rc.d"])
    }

    /// Whether its installation scripts start a unit, as far as they could be read; else, what Debian's policy says.
    pub(crate) fn starts(&self, unit: &str) -> bool {
        self.does_to_unit(
            unit,
            &["deb-systemd-invoke", "invoke-rc.d", "systemctl start", "systemctl restart"],
        )
    }

    fn does_to_unit(&self, unit: &str, verbs: &[&str]) -> bool {
        let Some(scripts) = &self.scripts else { return true };
        let service = unit.strip_suffix(".service").unwrap_or(unit);
        scripts.lines().any(|line| line.contains(service) && verbs.iter().any(|verb| line.contains(verb)))
    }

    /// Why a thing that is not there may be there once this package is installed; `None` if it surely will not.
    pub(crate) fn may_bring(&self, kind: &str, name: &str) -> Option<Unknown> {
        if self.folder_of.is_some() {
            return None;
        }
        let because = || {
            Some(Unknown::new(format!("the package '{}' may bring it, and is not installed yet", self.name)))
        };
        match (kind, &self.files) {
            ("user" | "group", _) => (self.makes_accounts != Some(false)).then(because)?,
            (_, None) => because(),
            ("command", Some(_)) => self
                .brings_named(&["/usr/bin", "/usr/sbin", "/bin", "/sbin", "/usr/local/bin"], name)
                .then(|| {
                    Unknown::new(format!(
                        "the command '{name}' comes with the package '{}', which is not installed yet",
                        self.name
                    ))
                }),
            ("service", Some(_)) if self.brings_file(&Path::new("/etc/init.d").join(name)) => because(),
            _ => None,
        }
    }

    /// Why a file that is neither on the host nor in the package may be there once it is installed: its scripts may make
    /// it. `parent_is_known` says whether its directory is on the host or in a package.
    pub(crate) fn may_make(&self, path: &Path, parent_is_known: bool) -> Option<Unknown> {
        if self.folder_of.is_some() {
            return self.hides(path).filter(|_| path != Path::new(&self.name));
        }
        if NO_PACKAGES_PLACES.iter().any(|place| path.starts_with(place)) {
            return None;
        }
        let possible = match (&self.files, &self.scripts) {
            (None, _) | (_, None) => true,
            (Some(_), Some(scripts)) => {
                let is_own = |path: &Path| self.own_directories.contains(&format!("{}/", path.display()));
                let mentions = |path: &Path| mentions(scripts, &path.to_string_lossy());
                let parent = path.parent().unwrap_or(Path::new("/"));
                let name = path.file_name().map(Path::new).unwrap_or(path);
                mentions(path)
                    || (is_own(parent) && mentions(&Path::new("/").join(name)))
                    || (!parent_is_known && mentions(parent))
                    || (!parent_is_known
                        && !scripts.trim().is_empty()
                        && path.ancestors().skip(2).any(is_own))
            }
        };
        possible.then(|| {
            Unknown::new(format!(
                "the package '{}' may make it when it is installed, which a dry run does not do",
                self.name
            ))
        })
    }

    /// It as plain data, for the other runners on the host.
    pub fn to_change(&self) -> Change {
        let files = self.files.as_ref().map(|files| Value::list(files.iter()));
        let configuration = Value::map(
            self.configuration
                .iter()
                .map(|(path, bytes)| (path.to_string_lossy().into_owned(), Value::Bytes(Arc::clone(bytes)))),
        );
        let after = Value::map([
            ("files", Value::from(files)),
            (
                "permissions",
                Value::map(self.permissions.iter().map(|(path, bits)| (path.clone(), Value::from(*bits)))),
            ),
            ("own_directories", Value::list(self.own_directories.iter())),
            ("scripts", Value::from(self.scripts.as_ref())),
            ("configuration", configuration),
            ("makes_accounts", Value::from(self.makes_accounts)),
            (
                "links",
                Value::map(self.links.iter().map(|(path, target)| (path.clone(), Value::from(target)))),
            ),
            (
                "owners",
                Value::map(
                    self.owners
                        .iter()
                        .map(|(path, (owner, group))| (path.clone(), Value::list([owner, group]))),
                ),
            ),
            (
                "copies",
                Value::map(
                    self.copies.iter().map(|(path, sources)| (path.clone(), Value::list(sources.iter()))),
                ),
            ),
            ("sysusers", Value::list(self.sysusers.iter())),
            ("archive", Value::from(self.archive.as_ref().map(|path| path.to_string_lossy().into_owned()))),
            ("record", Value::from(self.record.as_ref())),
            ("automatic", Value::Bool(self.automatic)),
            ("owner", Value::from(self.folder_of.map(|(owner, _)| owner))),
            ("group", Value::from(self.folder_of.map(|(_, group)| group))),
        ]);
        Change { kind: PendingPackage::KIND.into(), name: self.name.clone(), before: Value::Null, after }
    }

    pub(crate) fn from_value(name: &str, value: &Value) -> Option<PendingPackage> {
        let paths = |key: &str| -> Option<BTreeSet<String>> {
            let paths = value.get(key)?.as_list()?;
            Some(paths.iter().filter_map(|path| Some(path.as_str()?.to_owned())).collect())
        };
        let configuration = value
            .get("configuration")?
            .as_map()?
            .iter()
            .filter_map(|(path, bytes)| match bytes {
                Value::Bytes(bytes) => Some((PathBuf::from(path.as_str()?), Arc::clone(bytes))),
                _ => None,
            })
            .collect();
        let permissions = value.get("permissions").and_then(Value::as_map).into_iter().flatten();
        let permissions = permissions.filter_map(|(path, bits)| {
            Some((path.as_str()?.to_owned(), u32::try_from(bits.as_i64()?).ok()?))
        });
        let permissions = permissions.collect();
        let makes_accounts = value.get("makes_accounts").and_then(Value::as_bool);
        let text = |key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
        let links = value.get("links").and_then(Value::as_map).into_iter().flatten();
        let links = links
            .filter_map(|(path, target)| Some((path.as_str()?.to_owned(), target.as_str()?.to_owned())))
            .collect();
        let copies = value.get("copies").and_then(Value::as_map).into_iter().flatten();
        let copies = copies
            .filter_map(|(path, sources)| {
                let sources =
                    sources.as_list()?.iter().filter_map(|source| Some(source.as_str()?.to_owned()));
                Some((path.as_str()?.to_owned(), sources.collect()))
            })
            .collect();
        let owners = value.get("owners").and_then(Value::as_map).into_iter().flatten();
        let owners = owners
            .filter_map(|(path, names)| {
                let names = names.as_list()?;
                let name = |index: usize| Some(names.get(index)?.as_str()?.to_owned());
                Some((path.as_str()?.to_owned(), (name(0)?, name(1)?)))
            })
            .collect();
        let sysusers = value.get("sysusers").and_then(Value::as_list);
        let sysusers =
            sysusers.map(|texts| texts.iter().filter_map(|text| Some(text.as_str()?.to_owned())).collect());
        let id = |key: &str| u32::try_from(value.get(key)?.as_i64()?).ok();
        Some(PendingPackage {
            name: name.into(),
            folder_of: id("owner").zip(id("group")),
            files: paths("files"),
            permissions,
            configuration,
            own_directories: paths("own_directories").unwrap_or_default(),
            scripts: text("scripts"),
            makes_accounts,
            links,
            owners,
            copies,
            sysusers: sysusers.unwrap_or_default(),
            archive: text("archive").map(PathBuf::from),
            record: text("record"),
            automatic: value.get("automatic").and_then(Value::as_bool).unwrap_or(false),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_installation_scripts_may_make_is_not_taken_for_missing() {
        let set = |paths: &[&str]| paths.iter().map(|path| (*path).to_owned()).collect::<BTreeSet<String>>();
        let package = PendingPackage {
            files: Some(set(&["/etc/", "/etc/nginx/", "/etc/nginx/sites-enabled/", "/etc/nginx/nginx.conf"])),
            own_directories: set(&["/etc/nginx/", "/etc/nginx/sites-enabled/"]),
            scripts: Some("D=/etc/nginx\nln -s $D/sites-available/default $D/sites-enabled/default\ntouch /etc/motd.d/nginx\n".into()),
            makes_accounts: Some(false),
            ..PendingPackage::new("nginx-common")
        };
        let may_make =
            |path: &str, parent_is_known| package.may_make(Path::new(path), parent_is_known).is_some();
        assert!(may_make("/etc/nginx/sites-enabled/default", true));
        assert!(!may_make("/etc/nginx/sites-enabled/site", true));
        assert!(!may_make("/etc/default", true));
        assert!(may_make("/etc/motd.d/nginx", false));
        assert!(!may_make("/etc/motd.d/nginx.conf", true));
        assert!(may_make("/etc/nginx/15/main/x.conf", false));
        assert!(!may_make("/srv/www/index.html", false));
        assert!(!may_make("/home/ann/default", false));
        assert_eq!(PendingPackage::from_value("nginx-common", &package.to_change().after), Some(package));
        assert!(PendingPackage::new("nginx").may_make(Path::new("/etc/x"), true).is_some());
    }
}
