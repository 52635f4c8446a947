use std::path::{Path, PathBuf};

use diag::{Error, Result};
use tempfile::TempDir;

use crate::http::without_password;
use crate::lock::{Lock, Locked};
use crate::progress::Progress;
use crate::role::installed::{metadata_file, record};
use crate::role::{InstalledRole, RoleRequirement};
use crate::servers::Servers;
use crate::{archive, document, files, git};

/// What to install, and how.
#[derive(Debug)]
pub struct Install<'a> {
    /// What is asked for.
    pub requirements: Vec<RoleRequirement>,
    /// The folders that are searched for roles; the first one gets them.
    pub paths: &'a [PathBuf],
    /// Install also what is there.
    pub force: bool,
    /// The same for what it needs.
    pub force_dependencies: bool,
    /// Do not install what it needs.
    pub no_dependencies: bool,
    /// What does not go is warned of.
    pub ignore_errors: bool,
    /// Keep the history of repositories.
    pub keep_history: bool,
    /// What the lock file says.
    pub locked: Vec<Locked>,
    /// Nothing but that may be installed.
    pub must_be_locked: bool,
}

/// A role as it was fetched.
struct Fetched {
    archive: PathBuf,
    version: Option<String>,
    locked: Locked,
    _scratch: TempDir,
}

impl Install<'_> {
    /// Fetches and installs; gives what is to be locked.
    ///
    /// # Errors
    /// A role can't be fetched or written, unless that is ignored.
    pub fn run(&self, servers: &Servers, progress: &dyn Progress) -> Result<Vec<Locked>> {
        progress.say("Starting galaxy role install process");
        let mut waiting: Vec<(RoleRequirement, bool)> =
            self.requirements.iter().cloned().map(|role| (role, true)).collect();
        let mut locked = Vec::new();
        let mut next = 0;
        while let Some((role, is_direct)) = waiting.get(next).cloned() {
            next += 1;
            let folder = self.folder(&role)?;
            let there = folder.as_ref().and_then(|folder| InstalledRole::read(&role.name, folder));
            let force = self.force_dependencies || (self.force && is_direct);
            if let Some(there) = there.as_ref().filter(|_| !self.must_be_locked) {
                let same = role.version.is_none() || there.version == role.version;
                if !force {
                    let known = self.locked.iter().find(|locked| locked.name == role.name);
                    locked.extend(known.cloned());
                    if same {
                        progress.say(&format!("- {role} is already installed, skipping."));
                    } else {
                        progress.warn(Error::warning(format!(
                            "- {} ({}) is already installed - use --force to change version to {}",
                            role.name,
                            there.version.as_deref().unwrap_or("None"),
                            role.version.as_deref().unwrap_or("unspecified")
                        )));
                    }
                    continue;
                }
                if !same || is_direct {
                    let shown =
                        |version: &Option<String>| version.clone().unwrap_or_else(|| "unspecified".into());
                    let before = there.version.clone().unwrap_or_else(|| "None".into());
                    progress.say(&format!(
                        "- changing role {} from {before} to {}",
                        role.name,
                        shown(&role.version)
                    ));
                }
            }
            match self.install(&role, servers, progress) {
                Ok((installed, entry)) => {
                    locked.push(entry);
                    if !self.no_dependencies {
                        self.add_dependencies(&installed, &mut waiting, progress)?;
                    }
                }
                Err(error) => {
                    let shown = format!("- {} was NOT installed successfully", role.name);
                    progress.warn(error.context(shown).into_warning());
                    if !self.ignore_errors {
                        return Err(Error::new(
                            "- you can use --ignore-errors to skip failed roles and finish processing the list.",
                        ));
                    }
                }
            }
        }
        Ok(locked)
    }

    /// The folder of the role: where it is, or where it will be.
    fn folder(&self, role: &RoleRequirement) -> Result<Option<PathBuf>> {
        if !files::is_below(Path::new(&role.name)) || role.name.is_empty() {
            return Ok(None);
        }
        let there = self.paths.iter().map(|path| path.join(&role.name)).find(|path| path.exists());
        Ok(there.or_else(|| Some(self.paths.first()?.join(&role.name))))
    }

    fn install(
        &self,
        role: &RoleRequirement,
        servers: &Servers,
        progress: &dyn Progress,
    ) -> Result<(InstalledRole, Locked)> {
        let fetched = self.fetch(role, servers, progress)?;
        if self.must_be_locked {
            let known: Vec<Locked> =
                self.locked.iter().filter(|known| known.name == role.name).cloned().collect();
            Lock::check(&known, std::slice::from_ref(&fetched.locked), "role")?;
        }
        let Some(target) = self.folder(role)? else {
            return Err(Error::new(format!("'{}' is no name of a role", role.name)));
        };
        let root = root_of(&fetched.archive)?;
        let target = files::absolute(&target);
        progress.say(&format!("- extracting {} to {}", role.name, target.display()));
        let scratch = files::scratch(target.parent())?;
        let finished = scratch.path().join("role");
        files::create_folder(&finished)?;
        archive::unpack(&fetched.archive, &finished, "role", |name| {
            let inner = name.strip_prefix(&root).ok()?;
            (!inner.as_os_str().is_empty()).then(|| inner.to_path_buf())
        })?;
        record(&finished, fetched.version.as_deref())?;
        check_dependencies(&finished)?;
        files::put(&finished, &target)?;
        let shown = RoleRequirement { version: fetched.version.clone(), ..role.clone() };
        progress.say(&format!("- {shown} was installed successfully"));
        let installed = InstalledRole::read(&role.name, &target)
            .ok_or_else(|| Error::new(format!("there is no role in '{}'", target.display())))?;
        Ok((installed, fetched.locked))
    }

    fn fetch(&self, role: &RoleRequirement, servers: &Servers, progress: &dyn Progress) -> Result<Fetched> {
        let scratch = files::scratch(None)?;
        let archive = scratch.path().join("role.tar");
        let entry = |version: Option<&str>, source: String, hash: String| Locked {
            name: role.name.clone(),
            version: version.unwrap_or_default().to_owned(),
            source,
            hash: Some(hash),
        };
        if role.git {
            let shown = without_password(&role.src);
            let source = match &role.version {
                Some(version) => format!("git+{shown},{version}"),
                None => format!("git+{shown}"),
            };
            let known = self.locked.iter().find(|known| known.name == role.name && known.source == source);
            let commit = known.and_then(|known| known.hash.as_deref()?.strip_prefix("commit:"));
            let folder = scratch.path().join("clone");
            files::create_folder(&folder)?;
            let clone = folder.join(&role.name);
            let failed = |failure: git::Failure, folder: &Path| {
                Error::new(format!(
                    "- command {} failed in directory {} (rc={})",
                    failure.command,
                    folder.display(),
                    failure.code
                ))
                .cause(format!("- {}", failure.said))
            };
            git::clone(&role.src, &folder, &role.name, servers.check_certificates)?
                .map_err(|failure| failed(failure, &folder))?;
            if let Some(version) = commit.or(role.version.as_deref()) {
                git::check_out(&clone, version)?.map_err(|failure| failed(failure, &clone))?;
            }
            let hash = format!("commit:{}", git::commit(&clone)?);
            if self.keep_history {
                archive::pack_folder(&clone, &archive)?;
            } else {
                git::archive(&clone, &archive)?;
            }
            let version = role.version.clone();
            let locked = entry(version.as_deref(), source, hash);
            return Ok(Fetched { archive, version, locked, _scratch: scratch });
        }
        let path =
            configuration::expand_home(Path::new(role.src.strip_prefix("file://").unwrap_or(&role.src)));
        if path.is_file() {
            let hash = format!("sha256:{}", files::hash_of(&path)?);
            let version = role.version.clone();
            let locked = entry(version.as_deref(), role.src.clone(), hash);
            return Ok(Fetched { archive: files::absolute(&path), version, locked, _scratch: scratch });
        }
        let (address, version) = if role.src.contains("://") {
            (role.src.clone(), role.version.clone())
        } else {
            from_server(role, servers)?
        };
        progress.say(&format!("- downloading role from {}", without_password(&address)));
        servers.client.file(&address, None, &archive)?;
        if !archive::is_archive(&archive) {
            return Err(Error::new("the downloaded file does not appear to be a valid tar archive."));
        }
        let hash = format!("sha256:{}", files::hash_of(&archive)?);
        let locked = entry(version.as_deref(), without_password(&address), hash);
        Ok(Fetched { archive, version, locked, _scratch: scratch })
    }

    /// What a role needs waits for its turn, once.
    fn add_dependencies(
        &self,
        role: &InstalledRole,
        waiting: &mut Vec<(RoleRequirement, bool)>,
        progress: &dyn Progress,
    ) -> Result<()> {
        for needed in dependencies(&role.folder)? {
            // A role of a collection comes with the collection.
            let in_collection =
                !needed.git && !needed.src.contains('/') && needed.name.matches('.').count() >= 2;
            if in_collection {
                progress.detail(&format!("- {} is in a collection", needed.name));
            } else if waiting.iter().any(|(known, _)| known.name == needed.name) {
                progress.say(&format!("- dependency {} already pending installation.", needed.name));
            } else {
                progress.say(&format!("- adding dependency: {needed}"));
                waiting.push((needed, false));
            }
        }
        Ok(())
    }
}

/// What the role in a folder needs: `meta/requirements.yml` and the dependencies in `meta/main.yml`.
fn dependencies(folder: &Path) -> Result<Vec<RoleRequirement>> {
    let mut found = Vec::new();
    let own = metadata_file(folder).map(|path| document::read(&path)).transpose()?.flatten();
    let mut lists = Vec::new();
    lists.extend(own.as_ref().and_then(|node| node.get("dependencies")).cloned());
    for name in ["meta/requirements.yml", "meta/requirements.yaml"] {
        let path = folder.join(name);
        if path.is_file() {
            lists.extend(document::read(&path)?);
        }
    }
    for list in lists.iter().filter(|list| !list.is_null()) {
        let Some(items) = list.items() else {
            return Err(Error::new(format!(
                "Expected role dependencies to be a list. Role {} has {}",
                folder.display(),
                list.to_value().repr()
            ))
            .at(&list.span));
        };
        for item in items {
            found.push(RoleRequirement::of_node(item)?);
        }
    }
    Ok(found)
}

/// Refuses a role whose dependencies can't be read, before it stands where it would be found.
fn check_dependencies(folder: &Path) -> Result<()> {
    dependencies(folder).map(drop)
}

/// Where on a server's behalf the role is, and which version.
fn from_server(role: &RoleRequirement, servers: &Servers) -> Result<(String, Option<String>)> {
    let missing = || {
        Error::new(format!("- sorry, {} was not found on the configured servers", role.src)).hint(
            "a role is owner.name on a server, a path, an address, or git+ and the address of a repository",
        )
    };
    let Some((user, name)) = role.src.split_once('.') else { return Err(missing()) };
    let mut failure = None;
    for server in servers.iter() {
        let found = match server.role(user, name) {
            Ok(Some(found)) => found,
            Ok(None) => continue,
            Err(error) => {
                failure = Some(error);
                continue;
            }
        };
        let mut versions: Vec<&String> = found.versions.iter().collect();
        versions.sort_by_key(|version| loose(version));
        let version = match &role.version {
            Some(wanted) if versions.is_empty() || versions.contains(&wanted) => wanted.clone(),
            Some(wanted) => {
                let known: Vec<String> = versions.iter().map(|version| format!("'{version}'")).collect();
                return Err(Error::new(format!(
                    "- the specified version ({wanted}) of {} was not found in the list of available versions ([{}]).",
                    role.name,
                    known.join(", ")
                )));
            }
            None => match versions.last() {
                Some(newest) => (*newest).clone(),
                None => found.branch.clone().unwrap_or_else(|| "HEAD".into()),
            },
        };
        let address =
            format!("https://github.com/{}/{}/archive/{version}.tar.gz", found.user, found.repository);
        return Ok((address, Some(version)));
    }
    Err(failure.unwrap_or_else(missing))
}

/// A version so that `1.10` comes after `1.9`; versions of roles follow no rule.
fn loose(version: &str) -> Vec<(u64, String)> {
    version
        .trim_start_matches('v')
        .split(['.', '-', '_', '+'])
        .map(|part| {
            part.parse::<u64>().map_or_else(|_| (0, part.to_owned()), |number| (number, String::new()))
        })
        .collect()
}

/// The folder in an archive that the role is in: where the uppermost `meta/main.yml` is.
fn root_of(path: &Path) -> Result<PathBuf> {
    let names = archive::names(path)?;
    let metadata = |name: &&PathBuf| name.ends_with("meta/main.yml") || name.ends_with("meta/main.yaml");
    let found = names.iter().filter(metadata).min_by_key(|name| name.components().count());
    if let Some(root) = found.and_then(|name| name.parent()?.parent()) {
        return Ok(root.to_path_buf());
    }
    Err(Error::new("this role does not appear to have a meta/main.yml file."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_roles_are_sorted_by_numbers() {
        let mut versions = ["v1.10.0", "1.9", "2.0-beta", "1.9.1"];
        versions.sort_by_key(|version| loose(version));
        assert_eq!(versions, ["1.9", "1.9.1", "v1.10.0", "2.0-beta"]);
    }
}
