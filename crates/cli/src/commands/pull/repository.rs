use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Stdio};

use diag::{Error, Result};

/// How a repository is brought up to date.
pub(super) struct Repository<'a> {
    pub(super) url: &'a str,
    pub(super) folder: &'a Path,
    /// The branch, tag or commit; the repository's own choice if there is none.
    pub(super) version: Option<&'a str>,
    /// Whether all of the history is wanted.
    pub(super) full: bool,
    /// Whether changes in the folder are thrown away.
    pub(super) force: bool,
    /// Whether files that the repository does not have are removed.
    pub(super) clean: bool,
    /// Whether submodules follow their branches.
    pub(super) track_submodules: bool,
    /// Whether the commit's signature must be good.
    pub(super) verify: bool,
    /// Whether the key of an unknown host is accepted.
    pub(super) accept_host_key: bool,
}

/// The commits before and after; there is none before the first time.
pub(super) struct Update {
    pub(super) before: Option<String>,
    pub(super) after: String,
    pub(super) cleaned: bool,
}

impl Update {
    pub(super) fn changed(&self) -> bool {
        self.cleaned || self.before.as_deref() != Some(&self.after)
    }
}

impl Repository<'_> {
    /// Clones it, or brings the clone up to date.
    ///
    /// # Errors
    /// git fails, or there are changes in the folder that would be lost.
    pub(super) fn update(&self) -> Result<Update> {
        let cloned = self.folder.join(".git").exists();
        let before = if cloned { Some(self.head()?) } else { None };
        if cloned {
            self.refresh()?
        } else {
            self.clone()?
        }
        let cleaned = self.clean && !self.git(["clean", "-fdx"])?.trim().is_empty();
        if self.verify {
            self.git(["verify-commit", "HEAD"])?;
        }
        Ok(Update { before, after: self.head()?, cleaned })
    }

    fn clone(&self) -> Result<()> {
        if let Some(parent) = self.folder.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            std::fs::create_dir_all(parent).map_err(|error| {
                Error::new(format!("can't make the folder {}", parent.display())).cause(error)
            })?;
        }
        let mut arguments: Vec<&OsStr> =
            ["clone", "--origin", "origin", "--recurse-submodules"].map(OsStr::new).into();
        if !self.full && self.version.is_none() {
            arguments.extend(["--depth", "1"].map(OsStr::new));
        }
        arguments.extend([OsStr::new("--"), self.url.as_ref(), self.folder.as_os_str()]);
        self.run(Path::new("."), &arguments)?;
        match self.version {
            Some(version) => self.git(["checkout", "--force", version]).map(drop),
            None => Ok(()),
        }
    }

    fn refresh(&self) -> Result<()> {
        if !self.force && !self.git(["status", "--porcelain", "--untracked-files=no"])?.trim().is_empty() {
            return Err(Error::new(format!(
                "Local modifications exist in the destination: {} (force=no).",
                self.folder.display()
            ))
            .hint("throw them away with --force"));
        }
        self.git(["remote", "set-url", "origin", self.url])?;
        self.git(["fetch", "--force", "--tags", "--prune", "origin"])?;
        let target = match self.version {
            None => "origin/HEAD".to_owned(),
            Some(version) => {
                let branch = format!("origin/{version}");
                let is_branch = self.git(["rev-parse", "--verify", "--quiet", &branch]).is_ok();
                if is_branch { branch } else { version.to_owned() }
            }
        };
        self.git(["reset", "--hard", &target])?;
        let mut arguments = vec!["submodule", "update", "--init", "--recursive"];
        if self.track_submodules {
            arguments.push("--remote");
        }
        self.git(arguments).map(drop)
    }

    fn head(&self) -> Result<String> {
        Ok(self.git(["rev-parse", "HEAD"])?.trim().to_owned())
    }

    fn git<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Result<String> {
        let arguments: Vec<&OsStr> = arguments.into_iter().map(OsStr::new).collect();
        self.run(self.folder, &arguments)
    }

    fn run(&self, folder: &Path, arguments: &[&OsStr]) -> Result<String> {
        let mut git = Command::new("git");
        git.args(arguments).current_dir(folder).stdin(Stdio::inherit());
        if self.accept_host_key && std::env::var_os("GIT_SSH_COMMAND").is_none() {
            git.env("GIT_SSH_COMMAND", "ssh -o StrictHostKeyChecking=accept-new");
        }
        let output = git.output().map_err(|error| {
            Error::new("can't run git").cause(error).hint("the repository is fetched with the program git")
        })?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        let words = arguments.first().map(|word| word.to_string_lossy().into_owned()).unwrap_or_default();
        Err(Error::new(format!("git {words} failed")).cause(String::from_utf8_lossy(&output.stderr).trim()))
    }
}
