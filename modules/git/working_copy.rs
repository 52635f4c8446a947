use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use system::{Backend, Error, Result, State, System};

use super::{Git, Program, Target};

/// A copy of a repository.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct WorkingCopy {
    path: String,
    /// What is checked out; nothing in a repository without commits.
    pub(crate) commit: Option<String>,
    /// Where it comes from.
    pub(crate) address: Option<String>,
    /// Where its repository is.
    pub(crate) git_dir: Option<String>,
    /// Whether files that git knows were changed.
    pub(crate) modified: bool,
}

impl WorkingCopy {
    /// What is there, and whether that is a dry run's prediction.
    ///
    /// # Errors
    /// What is there is broken.
    pub(crate) fn look(
        host: &mut System,
        program: &Program,
        git: &Git,
        dest: &Path,
    ) -> Result<(WorkingCopy, bool)> {
        let name = dest.to_string_lossy();
        let predicted = host.predicted(WorkingCopy::KIND).into_iter().find(|(found, _)| *found == name);
        if predicted.is_some() {
            return Ok((host.observe::<WorkingCopy>(&name)?, true));
        }
        let mut copy = WorkingCopy::absent(&name);
        let Some(git_dir) = git_dir(host, dest, git.bare)? else { return Ok((copy, false)) };
        if host.follow(&git_dir)?.is_none() {
            let message =
                format!("{} says that its repository is {}, which is not there", name, git_dir.display());
            return Err(Error::failed(message));
        }
        copy.git_dir = Some(git_dir.to_string_lossy().into_owned());
        // Without a working tree nothing is checked out.
        let revision = if git.bare { format!("{}^{{commit}}", git.version) } else { "HEAD".to_owned() };
        let said = program.ask(host, dest, &["rev-parse", "--verify", "--quiet", &revision])?;
        copy.commit = said.success().then(|| said.stdout().trim().to_owned());
        let key = format!("remote.{}.url", git.remote);
        let said = program.ask(host, dest, &["config", "--get", &key])?;
        copy.address = said.success().then(|| said.stdout().trim_end().to_owned());
        if !git.bare {
            let words = ["status", "--porcelain", "--untracked-files=no", "--ignore-submodules=all"];
            let said = program.ask(host, dest, &words)?;
            let said = said.checked("git does not tell what was changed")?;
            copy.modified = said.stdout().lines().any(|line| !line.trim().is_empty());
        }
        Ok((copy, false))
    }

    /// The copy as it is wanted.
    pub(crate) fn brought_to(&self, target: &Target, address: &str) -> WorkingCopy {
        WorkingCopy {
            commit: target.commit.clone(),
            address: Some(address.to_owned()),
            modified: false,
            ..self.clone()
        }
    }
}

/// Where the repository of a copy is: gitrepository-layout(5).
fn git_dir(host: &mut System, dest: &Path, bare: bool) -> Result<Option<PathBuf>> {
    if bare {
        return Ok(host.follow(&dest.join("config"))?.map(|_| dest.to_owned()));
    }
    let path = dest.join(".git");
    match host.follow(&path)? {
        None => Ok(None),
        Some(found) if found.is_directory() => Ok(Some(path)),
        Some(_) => {
            let text = String::from_utf8_lossy(&host.read(&path)?).into_owned();
            let place = text.trim().strip_prefix("gitdir:").ok_or_else(|| {
                Error::failed(format!("{} does not say where the repository is", path.display()))
            })?;
            Ok(Some(dest.join(place.trim())))
        }
    }
}

impl State for WorkingCopy {
    const KIND: &'static str = "git copy";

    fn name(&self) -> String {
        self.path.clone()
    }

    /// Nobody can look without the arguments: see [`WorkingCopy::look`].
    fn observe(_: &mut System, name: &str) -> Result<WorkingCopy> {
        Ok(WorkingCopy::absent(name))
    }

    fn absent(name: &str) -> WorkingCopy {
        WorkingCopy { path: name.to_owned(), commit: None, address: None, git_dir: None, modified: false }
    }

    fn is_absent(&self) -> bool {
        self.git_dir.is_none()
    }

    fn bring_about(_: &mut dyn Backend, _: &WorkingCopy, want: &WorkingCopy) -> Result<()> {
        Err(Error::failed(format!("the copy {} is changed by its module only", want.path)))
    }
}
