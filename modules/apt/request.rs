use std::path::PathBuf;

use system::{Error, Result, System};

use super::wanted::is_at_least;

/// What apt-get is asked for.
pub(super) struct Request {
    /// The verb and what it is about.
    pub(super) words: Vec<String>,
    pub(super) aim: Aim,
    /// Packages that are not installed and should be.
    pub(super) installs: Vec<String>,
    /// Packages that are installed and should not be.
    pub(super) removes: Vec<String>,
    /// Versions that must at least be reached.
    pub(super) at_least: Vec<(String, String)>,
    /// The name and path of an archive that is to be installed.
    pub(super) archive: Option<(String, PathBuf)>,
}

/// Whether newer package lists could bring something else.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Aim {
    /// The packages that are named, in any version.
    Named,
    /// The newest versions.
    Newest,
}

impl Request {
    pub(super) fn of(words: impl IntoIterator<Item = impl Into<String>>, aim: Aim) -> Request {
        let words = words.into_iter().map(Into::into).collect();
        Request { words, aim, installs: Vec::new(), removes: Vec::new(), at_least: Vec::new(), archive: None }
    }

    pub(super) fn check_version(&self, host: &mut System, name: &str, version: &str) -> Result<()> {
        for (_, least) in self.at_least.iter().filter(|(wanted, _)| wanted == name) {
            if !is_at_least(host, version, least)? {
                let message = format!(
                    "no version of the package '{name}' that is at least {least} is available, only {version}"
                );
                return Err(Error::failed(message));
            }
        }
        Ok(())
    }
}
