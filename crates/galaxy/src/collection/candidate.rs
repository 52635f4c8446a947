use std::path::PathBuf;

use indexmap::IndexMap;

use crate::collection::{Installed, Name};
use crate::lock::Locked;
use crate::server::{Release, Server};
use crate::version::Version;

/// A version of a collection that could be installed.
#[derive(Clone, Debug)]
pub(crate) struct Candidate {
    pub(crate) name: Name,
    pub(crate) version: Option<Version>,
    pub(crate) dependencies: IndexMap<String, String>,
    pub(crate) origin: Origin,
}

/// Where it is.
#[derive(Clone, Debug)]
pub(crate) enum Origin {
    /// Installed already.
    Installed,
    /// On a server.
    Server(Server, Box<Release>),
    /// An archive, where it came from, and its hash.
    Archive { path: PathBuf, source: String, sha256: String },
    /// A folder, where it came from, and the commit if that is a git repository.
    Folder { path: PathBuf, source: String, commit: Option<String> },
}

impl Candidate {
    pub(crate) fn of_installed(installed: &Installed) -> Candidate {
        Candidate {
            name: installed.name.clone(),
            version: installed.version.clone(),
            dependencies: installed.dependencies.clone(),
            origin: Origin::Installed,
        }
    }

    pub(crate) fn shown_version(&self) -> String {
        self.version.as_ref().map_or_else(|| "*".into(), ToString::to_string)
    }

    /// Whether it is an archive or folder that was named, which is installed also over the same version.
    pub(crate) fn is_folder(&self) -> bool {
        matches!(self.origin, Origin::Folder { .. })
    }

    /// What the lock file says about it; nothing about what was there before.
    pub(crate) fn locked(&self) -> Option<Locked> {
        let (source, hash) = match &self.origin {
            Origin::Installed => return None,
            Origin::Server(server, release) => {
                (server.url().to_owned(), release.sha256.as_ref().map(|hash| format!("sha256:{hash}")))
            }
            Origin::Archive { source, sha256, .. } => (source.clone(), Some(format!("sha256:{sha256}"))),
            Origin::Folder { source, commit, .. } => {
                (source.clone(), commit.as_ref().map(|commit| format!("commit:{commit}")))
            }
        };
        Some(Locked { name: self.name.to_string(), version: self.shown_version(), source, hash })
    }
}

impl std::fmt::Display for Candidate {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}:{}", self.name, self.shown_version())
    }
}
