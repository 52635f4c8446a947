use std::path::{Path, PathBuf};

use diag::{Error, Result};

use crate::collection::build::prepare;
use crate::collection::candidate::{Candidate, Origin};
use crate::collection::installed::collections_folder;
use crate::collection::manifest::{FileList, Manifest};
use crate::collection::metadata::{Metadata, file_in};
use crate::collection::resolve::{Question, resolve};
use crate::collection::{Fetch, Kind, Requirement, find};
use crate::lock::{Lock, Locked};
use crate::progress::Progress;
use crate::{archive, files};

/// What to install, and how.
#[derive(Clone, Debug)]
pub struct Install<'a> {
    /// What is asked for.
    pub requirements: &'a [Requirement],
    /// The folder that is searched for collections and gets them.
    pub target: &'a Path,
    /// The folders where collections count as installed; the target is one of them.
    pub paths: &'a [PathBuf],
    /// Install also what is there in the same version.
    pub force: bool,
    /// The same for what it needs.
    pub force_dependencies: bool,
    /// Do not install what it needs.
    pub no_dependencies: bool,
    /// Install the newest.
    pub upgrade: bool,
    /// Pre-releases too.
    pub pre_releases: bool,
    /// What does not go is warned of.
    pub ignore_errors: bool,
    /// Nothing but what the lock file says; what it says.
    pub locked: Option<&'a [Locked]>,
}

impl Install<'_> {
    /// Resolves, fetches and installs; gives what is to be locked, or nothing if all was there.
    ///
    /// # Errors
    /// There are no versions that go together, or one can't be fetched, is not what is locked, or can't be written.
    pub fn run(&self, fetch: &mut Fetch<'_>) -> Result<Option<Vec<Locked>>> {
        let progress = fetch.progress;
        progress.say("Starting galaxy collection install process");
        if self.locked.is_none() && self.all_there(fetch)? {
            progress.say(
                "Nothing to do. All requested collections are already installed. If you want to reinstall them, consider \
                 using `--force`.",
            );
            return Ok(None);
        }
        progress.say("Process install dependency map");
        let candidates = self.resolve(fetch)?;
        progress.say("Starting collection install process");
        let mut locked = Vec::new();
        for candidate in &candidates {
            if !self.is_wanted(candidate)? {
                progress.say(&format!("'{candidate}' is already installed, skipping."));
                locked.extend(candidate.locked());
                continue;
            }
            let installed = fetch.bring(candidate).and_then(|brought| {
                self.install(&brought, progress)?;
                Ok(brought)
            });
            match installed {
                Ok(brought) => locked.extend(brought.locked()),
                Err(error) if self.ignore_errors => progress.warn(
                    error
                        .context(format!(
                            "Failed to install collection {candidate} but skipping due to --ignore-errors being set. Error"
                        ))
                        .into_warning(),
                ),
                Err(error) => return Err(error),
            }
        }
        Ok(Some(locked))
    }

    /// Nothing that is installed counts where a lock file must hold, for nobody knows what it was.
    fn resolve(&self, fetch: &mut Fetch<'_>) -> Result<Vec<Candidate>> {
        let paths = if self.locked.is_some() { &[] } else { self.paths };
        let question = Question {
            direct: self.requirements,
            paths,
            keep_installed: !self.upgrade && !self.force_dependencies,
            keep_direct: !self.force,
            dependencies: !self.no_dependencies,
            pre_releases: self.pre_releases,
        };
        let candidates = resolve(&question, fetch)?;
        if let Some(locked) = self.locked {
            let wanted: Vec<Locked> = candidates.iter().filter_map(Candidate::locked).collect();
            Lock::check(locked, &wanted, "collection")?;
        }
        Ok(candidates)
    }

    /// Whether everything that is asked for by name or archive is installed in a version that will do.
    fn all_there(&self, fetch: &mut Fetch<'_>) -> Result<bool> {
        if self.force || self.force_dependencies || self.upgrade {
            return Ok(false);
        }
        for requirement in self.requirements {
            let wanted = match requirement.kind {
                Kind::Server => requirement.collection().map(|name| (name, requirement.range())),
                Kind::File | Kind::Address => {
                    fetch.at_place(requirement)?.into_iter().next().and_then(|candidate| {
                        Some((candidate.name.clone(), crate::Range::parse(&candidate.version?.to_string())?))
                    })
                }
                Kind::Git | Kind::Folder => None,
            };
            let Some((name, range)) = wanted else { return Ok(false) };
            let mut there = false;
            for path in self.paths {
                let installed = find(path, &name, &mut |_| {})?;
                there |=
                    installed.is_some_and(|found| found.version.is_none_or(|version| range.holds(&version)));
            }
            if !there {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn is_wanted(&self, candidate: &Candidate) -> Result<bool> {
        if matches!(candidate.origin, Origin::Installed) {
            return Ok(false);
        }
        let is_direct = self
            .requirements
            .iter()
            .any(|requirement| requirement.collection().is_none_or(|name| name == candidate.name));
        if candidate.is_folder() || self.force_dependencies || (self.force && is_direct) {
            return Ok(true);
        }
        let there = find(self.target, &candidate.name, &mut |_| {})?;
        Ok(there.is_none_or(|there| there.version != candidate.version))
    }

    fn install(&self, candidate: &Candidate, progress: &dyn Progress) -> Result<()> {
        let root = collections_folder(&files::absolute(self.target));
        let namespace = root.join(&candidate.name.namespace);
        let place = namespace.join(&candidate.name.name);
        progress.say(&format!("Installing '{candidate}' to '{}'", place.display()));
        let scratch = files::scratch(Some(&namespace))?;
        let finished = scratch.path().join(&candidate.name.name);
        files::create_folder(&finished)?;
        match &candidate.origin {
            Origin::Installed | Origin::Server(..) => {}
            Origin::Archive { path, .. } => unpack(path, &finished)?,
            Origin::Folder { path, .. } => install_folder(path, &finished, progress)?,
        }
        files::put(&finished, &place)?;
        if candidate.is_folder() {
            progress.say(&format!("Created collection for {candidate} at {}", place.display()));
        }
        progress.say(&format!("{candidate} was installed successfully"));
        Ok(())
    }
}

/// Unpacks what the archive's list of files names, and checks every hash.
fn unpack(path: &Path, folder: &Path) -> Result<()> {
    let contents = archive::contents(path, &["MANIFEST.json", "FILES.json"])?;
    let text = |name: &str| {
        contents.get(name).ok_or_else(|| {
            Error::new(format!(
                "Collection at '{}' does not contain the required file {name}.",
                path.display()
            ))
        })
    };
    let manifest = Manifest::parse(text("MANIFEST.json")?, path)?;
    let list = FileList::parse(text("FILES.json")?, &manifest, path)?;
    let names: std::collections::HashSet<&str> = list.files.iter().map(|item| item.name.as_str()).collect();
    let own = ["MANIFEST.json", "FILES.json"];
    archive::unpack(path, folder, "collection", |name| {
        let name = name.strip_prefix(".").unwrap_or(name);
        let text = name.to_str()?.trim_end_matches('/');
        (names.contains(text) || own.contains(&text)).then(|| name.to_path_buf())
    })?;
    check(folder, &list, path)
}

/// Makes sure that a folder has what the list says.
fn check(folder: &Path, list: &FileList, from: &Path) -> Result<()> {
    for item in &list.files {
        let place = folder.join(&item.name);
        if !files::is_below(Path::new(&item.name)) {
            return Err(Error::new(format!(
                "Cannot extract tar entry '{}' as it will be placed outside the collection directory",
                item.name
            )));
        }
        if !item.is_file() {
            files::create_folder(&place)?;
        } else if !place.is_file() {
            return Err(Error::new(format!(
                "Collection tar at '{}' does not contain the expected file '{}'.",
                from.display(),
                item.name
            )));
        } else if item.chksum_sha256.as_deref() != Some(&files::hash_of(&place)?) {
            return Err(Error::new(format!(
                "Checksum mismatch for '{}' inside collection at '{}'",
                item.name,
                from.display()
            )));
        }
    }
    Ok(())
}

fn install_folder(from: &Path, to: &Path, progress: &dyn Progress) -> Result<()> {
    if let Some(path) = file_in(from) {
        // It was read and told about when it was found.
        let metadata = Metadata::read(&path, &mut |_| {})?;
        return prepare(from, &metadata, progress)?.install(to);
    }
    let read = |name: &str| {
        let path = from.join(name);
        std::fs::read(&path)
            .map_err(|error| Error::new(format!("can't read '{}'", path.display())).cause(error))
    };
    let manifest = read("MANIFEST.json")?;
    let list = read("FILES.json")?;
    let parsed = FileList::parse(&list, &Manifest::parse(&manifest, from)?, from)?;
    files::write(&to.join("MANIFEST.json"), &manifest)?;
    files::write(&to.join("FILES.json"), &list)?;
    let root = from
        .canonicalize()
        .map_err(|error| Error::new(format!("can't read '{}'", from.display())).cause(error))?;
    for item in parsed.files.iter().filter(|item| item.is_file() && files::is_below(Path::new(&item.name))) {
        let source = from.join(&item.name);
        // A link in a repository may lead anywhere.
        if source.canonicalize().is_ok_and(|real| real.starts_with(&root)) {
            let target = to.join(&item.name);
            if let Some(parent) = target.parent() {
                files::create_folder(parent)?;
            }
            files::copy(&source, &target)?;
        }
    }
    check(to, &parsed, from)
}

/// Warns where plays will not look for what is installed.
pub fn warn_of_path(target: &Path, configured: &[PathBuf], progress: &dyn Progress) {
    let target = files::absolute(target);
    let known = |path: &PathBuf| {
        let path = files::absolute(path);
        target == path || target == path.join("ansible_collections")
    };
    if !configured.iter().any(known) {
        let shown: Vec<String> =
            configured.iter().map(|path| files::absolute(path).display().to_string()).collect();
        progress.warn(Error::warning(format!(
            "The specified collections path '{}' is not part of the configured Ansible collections paths '{}'. The \
             installed collection will not be picked up in an Ansible run, unless within a playbook-adjacent collections \
             directory.",
            target.display(),
            shown.join(":")
        )));
    }
}
