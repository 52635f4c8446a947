use std::path::{Path, PathBuf};
use std::time::Duration;

use diag::{Error, Result};
use inventory::HostName;
use value::{Map, Value};

/// Facts that outlive the run: a JSON file for each host, as Ansible's cache `jsonfile` keeps them.
#[derive(Clone, Debug)]
pub struct FactCache {
    /// The folder of the files.
    pub directory: PathBuf,
    /// What the names of the files begin with.
    pub prefix: String,
    /// How long facts hold; forever if zero.
    pub timeout: Duration,
}

/// The key of Ansible's files under which the facts stand, as JSON in a string.
const PAYLOAD: &str = "__payload__";

impl FactCache {
    fn path(&self, host: &HostName) -> PathBuf {
        self.directory.join(format!("{}s1_{host}", self.prefix))
    }

    /// The facts of a host, unless there are none or they are too old.
    pub(crate) fn load(&self, host: &HostName) -> Option<Map> {
        let path = self.path(host);
        let age = std::fs::metadata(&path).and_then(|metadata| metadata.modified()).ok()?.elapsed();
        if !self.timeout.is_zero() && age.is_ok_and(|age| age > self.timeout) {
            return None;
        }
        let kept: Value = serde_json::from_str(&std::fs::read_to_string(&path).ok()?).ok()?;
        let payload = kept.as_map()?.get(PAYLOAD)?.clone();
        let facts: Value = serde_json::from_str(payload.as_str()?).ok()?;
        facts.as_map().cloned()
    }

    /// Keeps the facts of a host.
    ///
    /// # Errors
    /// The file can't be written.
    pub(crate) fn store(&self, host: &HostName, facts: &Map) -> Result<()> {
        let path = self.path(host);
        let json = serde_json::to_string(&Value::from(facts.clone()))
            .and_then(|payload| serde_json::to_string(&Value::map([(PAYLOAD, payload)])))
            .map_err(|error| Error::new("the facts can't be written as JSON").cause(error))?;
        write(&self.directory, &path, &json)
            .map_err(|error| Error::new(format!("can't keep facts in {}", path.display())).cause(error))
    }

    /// Forgets the facts of a host.
    pub(crate) fn forget(&self, host: &HostName) {
        // What is not there need not be forgotten.
        let _ = std::fs::remove_file(self.path(host));
    }
}

/// Writes beside the file and puts it in its place, so that nobody reads half of it. Facts concern nobody else.
fn write(directory: &Path, path: &Path, text: &str) -> std::io::Result<()> {
    use std::io::Write;
    std::fs::create_dir_all(directory)?;
    let mut file = tempfile::NamedTempFile::new_in(directory)?;
    file.write_all(text.as_bytes())?;
    file.persist(path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_come_back_until_they_are_forgotten() {
        let directory = tempfile::tempdir().unwrap();
        let cache = FactCache {
            directory: directory.path().join("new"),
            prefix: "p_".into(),
            timeout: Duration::from_secs(60),
        };
        let host = HostName::from("web".to_owned());
        assert_eq!(cache.load(&host), None);
        let facts = Map::from_iter([("ansible_os_family".into(), "Debian".into())]);
        cache.store(&host, &facts).unwrap();
        assert!(directory.path().join("new/p_s1_web").is_file());
        assert_eq!(cache.load(&host), Some(facts));
        cache.forget(&host);
        assert_eq!(cache.load(&host), None);
    }
}
