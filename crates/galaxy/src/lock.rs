use std::path::{Path, PathBuf};

use diag::{Error, Result};
use serde::{Deserialize, Serialize};

/// What was installed for a file of requirements: `galaxy.lock` beside it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lock {
    /// The roles, by name.
    #[serde(default)]
    pub roles: Vec<LockedRole>,
    /// The collections, by name.
    #[serde(default)]
    pub collections: Vec<Locked>,
}

/// A locked role has what a locked collection has.
pub type LockedRole = Locked;

/// A role or collection as it was installed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Locked {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Where it came from: a server's address, a path, an address, or a git repository with what was asked for there.
    pub source: String,
    /// `sha256:` and the hash of the archive, or `commit:` and the commit; nothing for folders.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hash: Option<String>,
}

/// How a lock file is used.
#[derive(Clone, Debug)]
pub struct Locking {
    /// Where it is.
    pub path: PathBuf,
    /// Nothing but what it says may be installed.
    pub required: bool,
    /// It is written where there is none yet.
    pub create: bool,
}

impl Lock {
    /// The lock file that goes with a file of requirements.
    pub fn path_beside(requirements: &Path) -> PathBuf {
        requirements.with_file_name("galaxy.lock")
    }

    /// Reads a lock file; nothing if there is none.
    ///
    /// # Errors
    /// It can't be read.
    pub fn read(path: &Path) -> Result<Option<Lock>> {
        let failed = |error: &dyn std::fmt::Display| {
            Error::new(format!("can't read the lock file '{}'", path.display())).cause(error)
        };
        match std::fs::read_to_string(path) {
            Ok(text) => serde_yaml::from_str(&text).map(Some).map_err(|error| failed(&error)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed(&error)),
        }
    }

    /// Writes it.
    ///
    /// # Errors
    /// It can't be written.
    pub fn write(&self, path: &Path) -> Result<()> {
        let failed = |error: &dyn std::fmt::Display| {
            Error::new(format!("can't write the lock file '{}'", path.display())).cause(error)
        };
        let mut sorted = self.clone();
        sorted.roles.sort_by(|a, b| a.name.cmp(&b.name));
        sorted.collections.sort_by(|a, b| a.name.cmp(&b.name));
        let text = serde_yaml::to_string(&sorted).map_err(|error| failed(&error))?;
        let text = format!("# What was installed; written by capstan galaxy.\n{text}");
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let file = tempfile::NamedTempFile::new_in(folder).map_err(|error| failed(&error))?;
        std::fs::write(file.path(), text).map_err(|error| failed(&error))?;
        crate::files::set_mode(file.path(), false)?;
        file.persist(path).map(drop).map_err(|error| failed(&error))
    }

    /// Makes sure that what is about to be installed is what is locked.
    ///
    /// # Errors
    /// It differs, or is not locked.
    pub(crate) fn check(locked: &[Locked], wanted: &[Locked], what: &str) -> Result<()> {
        for item in wanted {
            let Some(known) = locked.iter().find(|known| known.name == item.name) else {
                return Err(out_of_date(format!("the {what} {} is not in the lock file", item.name)));
            };
            if known != item {
                let described = |item: &Locked| {
                    let hash = item.hash.as_deref().map(|hash| format!(" ({hash})")).unwrap_or_default();
                    format!("{} from {}{hash}", item.version, item.source)
                };
                return Err(out_of_date(format!(
                    "the {what} {} is locked at {}, not {}",
                    item.name,
                    described(known),
                    described(item)
                )));
            }
        }
        match locked.iter().find(|known| !wanted.iter().any(|item| item.name == known.name)) {
            Some(known) => {
                Err(out_of_date(format!("the {what} {} is in the lock file and not required", known.name)))
            }
            None => Ok(()),
        }
    }
}

fn out_of_date(message: String) -> Error {
    Error::new(message).hint("install without --locked to write the lock file anew")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn locked(name: &str, version: &str) -> Locked {
        Locked { name: name.into(), version: version.into(), source: "https://galaxy".into(), hash: None }
    }

    #[test]
    fn what_is_written_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("galaxy.lock");
        assert_eq!(Lock::read(&path).unwrap(), None);
        let lock = Lock { roles: vec![locked("r", "v1")], collections: vec![locked("a.b", "1.0.0")] };
        lock.write(&path).unwrap();
        assert_eq!(Lock::read(&path).unwrap(), Some(lock));
    }

    #[test]
    fn differences_are_told() {
        let check =
            |a: &[Locked], b: &[Locked]| Lock::check(a, b, "collection").map_err(|error| error.to_string());
        assert_eq!(check(&[locked("a.b", "1.0.0")], &[locked("a.b", "1.0.0")]), Ok(()));
        assert!(
            check(&[locked("a.b", "1.0.0")], &[locked("a.b", "2.0.0")])
                .unwrap_err()
                .contains("locked at 1.0.0")
        );
        assert!(check(&[], &[locked("a.b", "2.0.0")]).unwrap_err().contains("not in the lock file"));
        assert!(check(&[locked("a.b", "1.0.0")], &[]).unwrap_err().contains("not required"));
    }
}
