use std::collections::HashMap;
use std::path::{Path, PathBuf};

use diag::{Error, Result};
use tempfile::TempDir;

use crate::collection::candidate::{Candidate, Origin};
use crate::collection::manifest::Manifest;
use crate::collection::metadata::{Metadata, file_in};
use crate::collection::requirement::GitPlace;
use crate::collection::{Kind, Name, Requirement};
use crate::http::without_password;
use crate::lock::Locked;
use crate::progress::Progress;
use crate::server::Server;
use crate::servers::Servers;
use crate::version::Version;
use crate::{archive, files, git};

/// A collection, and the server where only that one is asked.
type Asked = (Name, Option<String>);

/// Finds and fetches collections, each only once.
pub struct Fetch<'a> {
    pub(crate) progress: &'a dyn Progress,
    servers: &'a Servers,
    offline: bool,
    scratch: TempDir,
    clones: HashMap<(String, String), PathBuf>,
    versions: HashMap<Asked, Vec<(Version, Server)>>,
    candidates: HashMap<(Name, String), Candidate>,
    locked: Vec<Locked>,
}

impl<'a> Fetch<'a> {
    /// With these servers. Offline, none is asked, and what is locked is asked for first.
    ///
    /// # Errors
    /// There is no place for temporary files.
    pub fn new(
        servers: &'a Servers,
        offline: bool,
        locked: Vec<Locked>,
        progress: &'a dyn Progress,
    ) -> Result<Fetch<'a>> {
        Ok(Fetch {
            progress,
            servers,
            offline,
            scratch: files::scratch(None)?,
            clones: HashMap::new(),
            versions: HashMap::new(),
            candidates: HashMap::new(),
            locked,
        })
    }

    /// The collections at a place.
    ///
    /// # Errors
    /// It can't be fetched, or there is no collection.
    pub(crate) fn at_place(&mut self, requirement: &Requirement) -> Result<Vec<Candidate>> {
        match requirement.kind {
            Kind::Server => Ok(Vec::new()),
            Kind::Git => self.in_repository(requirement),
            Kind::Address => {
                let number = self.candidates.len() + self.clones.len();
                let path = self.fresh(&format!("address-{number}"))?.join("archive.tar.gz");
                let address = requirement.name.split(['#', ',']).next().unwrap_or_default();
                self.servers.client.file(address, None, &path)?;
                Ok(vec![self.archive(&path, without_password(address))?])
            }
            Kind::File => {
                let path = Path::new(requirement.name.strip_prefix("file://").unwrap_or(&requirement.name));
                Ok(vec![self.archive(path, requirement.name.clone())?])
            }
            Kind::Folder => {
                let path = Path::new(requirement.name.strip_prefix("file://").unwrap_or(&requirement.name));
                self.in_folder(path, &requirement.name, None)
            }
        }
    }

    fn fresh(&self, name: &str) -> Result<PathBuf> {
        let folder = self.scratch.path().join(name);
        files::create_folder(&folder)?;
        Ok(folder)
    }

    fn in_repository(&mut self, requirement: &Requirement) -> Result<Vec<Candidate>> {
        let place = GitPlace::parse(&requirement.name, &requirement.version);
        let source =
            format!("git+{}#{},{}", without_password(&place.repository), place.folder, place.version);
        let known = self.locked.iter().find(|locked| locked.source == source);
        let commit = known.and_then(|locked| locked.hash.as_deref()?.strip_prefix("commit:"));
        let version = commit.unwrap_or(&place.version).to_owned();
        let clone = self.clone_of(&place.repository, &version)?;
        let folder = clone.join(&place.folder);
        if !files::is_below(Path::new(&place.folder)) {
            return Err(Error::new(format!("'{}' is no folder of a repository", place.folder)));
        }
        let commit = git::commit(&clone)?;
        self.in_folder(&folder, &source, Some(commit))
    }

    fn clone_of(&mut self, repository: &str, version: &str) -> Result<PathBuf> {
        let key = (repository.to_owned(), version.to_owned());
        if let Some(folder) = self.clones.get(&key) {
            return Ok(folder.clone());
        }
        let name = format!("repository-{}", self.clones.len());
        let shown = without_password(repository);
        let cloned = git::clone(repository, self.scratch.path(), &name, self.servers.check_certificates)?;
        cloned.map_err(|failure| {
            Error::new(format!("Failed to clone a Git repository from `{shown}`.")).cause(failure.said)
        })?;
        let folder = self.scratch.path().join(&name);
        let said = git::check_out(&folder, version)?.map_err(|failure| {
            let message = format!(
                "Failed to switch a cloned Git repo `{shown}` to the requested revision `{version}`."
            );
            Error::new(message).cause(failure.said)
        })?;
        said.lines().for_each(|line| self.progress.say(line));
        self.clones.insert(key, folder.clone());
        Ok(folder)
    }

    /// The collection in a folder, or those in the folders in it.
    fn in_folder(&self, folder: &Path, source: &str, commit: Option<String>) -> Result<Vec<Candidate>> {
        let folder = files::absolute(folder);
        if let Some(candidate) = self.folder(&folder, source, commit.as_deref())? {
            return Ok(vec![candidate]);
        }
        let mut found = Vec::new();
        let failed = |error| Error::new(format!("can't read '{}'", folder.display())).cause(error);
        let mut entries: Vec<PathBuf> = Vec::new();
        for entry in std::fs::read_dir(&folder).map_err(failed)? {
            entries.push(entry.map_err(failed)?.path());
        }
        entries.sort();
        for entry in entries.iter().filter(|entry| entry.is_dir()) {
            found.extend(self.folder(entry, source, commit.as_deref())?);
        }
        if found.is_empty() {
            return Err(Error::new(format!(
                "the path '{source}' has no collection: neither it nor its folders have a galaxy.yml or MANIFEST.json"
            )));
        }
        Ok(found)
    }

    fn folder(&self, folder: &Path, source: &str, commit: Option<&str>) -> Result<Option<Candidate>> {
        let origin = Origin::Folder {
            path: folder.to_path_buf(),
            source: source.to_owned(),
            commit: commit.map(str::to_owned),
        };
        if let Some(path) = file_in(folder) {
            let metadata = Metadata::read(&path, &mut |warning| self.progress.warn(warning))?;
            let Metadata { name, version, dependencies, .. } = metadata;
            return Ok(Some(Candidate { name, version, dependencies, origin }));
        }
        let path = folder.join("MANIFEST.json");
        if !path.is_file() {
            return Ok(None);
        }
        let text = std::fs::read(&path)
            .map_err(|error| Error::new(format!("can't read '{}'", path.display())).cause(error))?;
        let manifest = Manifest::parse(&text, folder)?;
        Ok(Some(Candidate {
            name: manifest.name()?,
            version: manifest.version()?,
            dependencies: manifest.collection_info.dependencies.unwrap_or_default(),
            origin,
        }))
    }

    fn archive(&self, path: &Path, source: String) -> Result<Candidate> {
        let path = files::absolute(path);
        let contents = archive::contents(&path, &["MANIFEST.json"])?;
        let text = contents.get("MANIFEST.json").ok_or_else(|| {
            Error::new(format!(
                "Collection at '{}' does not contain the required file MANIFEST.json.",
                path.display()
            ))
        })?;
        let manifest = Manifest::parse(text, &path)?;
        let sha256 = files::hash_of(&path)?;
        Ok(Candidate {
            name: manifest.name()?,
            version: manifest.version()?,
            dependencies: manifest.collection_info.dependencies.unwrap_or_default(),
            origin: Origin::Archive { path, source, sha256 },
        })
    }

    /// The versions that the servers have, the newest first; each server counts only where those before it have none.
    ///
    /// # Errors
    /// No server can be asked.
    pub(crate) fn versions(&mut self, name: &Name, server: Option<&str>) -> Result<Vec<(Version, Server)>> {
        if self.offline {
            return Ok(Vec::new());
        }
        let key = (name.clone(), server.map(str::to_owned));
        if let Some(known) = self.versions.get(&key) {
            return Ok(known.clone());
        }
        let servers = match server {
            Some(server) => vec![self.servers.named(server)?],
            None => self.servers.iter().cloned().collect(),
        };
        let mut found: Vec<(Version, Server)> = Vec::new();
        let mut failure = None;
        for server in servers {
            match server.versions(name) {
                Ok(versions) => {
                    found.extend(versions.into_iter().map(|version| (version, server.clone())));
                }
                Err(error) => {
                    let text = format!(
                        "Skipping Galaxy server {}. Got an unexpected error when getting available versions of collection {name}",
                        server.url()
                    );
                    self.progress.warn(Error::warning(text).cause(&error));
                    failure = Some(error);
                }
            }
        }
        if let Some(failure) = failure.filter(|_| found.is_empty()) {
            return Err(failure);
        }
        // The sort is stable: of the same version, the first server's is taken.
        found.sort_by(|(a, _), (b, _)| b.cmp(a));
        found.dedup_by(|(a, _), (b, _)| a == b);
        self.versions.insert(key, found.clone());
        Ok(found)
    }

    /// A version on a server.
    ///
    /// # Errors
    /// The server can't be asked, or has something else than what is locked.
    pub(crate) fn on_server(&mut self, name: &Name, version: &Version, server: &Server) -> Result<Candidate> {
        let key = (name.clone(), version.to_string());
        if let Some(known) = self.candidates.get(&key) {
            return Ok(known.clone());
        }
        let release = server.release(name, version)?;
        let candidate = Candidate {
            name: name.clone(),
            version: Some(version.clone()),
            dependencies: release.dependencies.clone(),
            origin: Origin::Server(server.clone(), Box::new(release)),
        };
        self.candidates.insert(key, candidate.clone());
        Ok(candidate)
    }

    /// The version that is locked.
    pub(crate) fn locked_version(&self, name: &Name) -> Option<Version> {
        let name = name.to_string();
        Version::parse(&self.locked.iter().find(|locked| locked.name == name)?.version)
    }

    /// Fetches what is not here yet, and makes sure that it is what is locked.
    ///
    /// # Errors
    /// It can't be fetched, or its hash is another.
    pub(crate) fn bring(&mut self, candidate: &Candidate) -> Result<Candidate> {
        let mut brought = candidate.clone();
        if let Origin::Server(server, release) = &candidate.origin {
            let folder = self.fresh(&format!("{}-{}", candidate.name, candidate.shown_version()))?;
            let path = folder.join(format!(
                "{}-{}-{}.tar.gz",
                candidate.name.namespace,
                candidate.name.name,
                candidate.shown_version()
            ));
            self.progress.detail(&format!(
                "Downloading {} to {}",
                without_password(&release.download),
                path.display()
            ));
            server.fetch(&release.download, release.sha256.as_deref(), &path)?;
            brought.origin = self.archive(&path, server.url().to_owned())?.origin;
        }
        let locked = self.locked.iter().find(|locked| locked.name == candidate.name.to_string());
        if let (Some(locked), Some(found)) = (locked, brought.locked())
            && locked.version == found.version
            && locked.source == found.source
            && locked.hash.is_some()
            && locked.hash != found.hash
        {
            return Err(Error::new(format!(
                "{candidate} is not what the lock file says: its hash is another"
            ))
            .hint("if it was changed on purpose, remove its entry from galaxy.lock"));
        }
        Ok(brought)
    }
}
