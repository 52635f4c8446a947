use std::path::Path;
use std::process::{Command, Output, Stdio};

use diag::{Error, Result};

/// What a command of git's that failed said.
#[derive(Debug)]
pub(crate) struct Failure {
    /// The command as it was run.
    pub(crate) command: String,
    /// The code that it ended with.
    pub(crate) code: i32,
    /// Its standard error.
    pub(crate) said: String,
}

/// Runs the program git in a folder. Nothing but what this module passes is taken for an option.
fn git(folder: &Path, arguments: &[&str], check_certificates: bool) -> Result<Result<Output, Failure>> {
    let mut git = Command::new("git");
    git.args(arguments).current_dir(folder).stdin(Stdio::inherit());
    if !check_certificates {
        git.env("GIT_SSL_NO_VERIFY", "true");
    }
    let output = git.output().map_err(|error| {
        Error::new("could not find/use git, it is required to continue with installing").cause(error)
    })?;
    if output.status.success() {
        return Ok(Ok(output));
    }
    Ok(Err(Failure {
        command: format!("git {}", arguments.join(" ")),
        code: output.status.code().unwrap_or(-1),
        said: String::from_utf8_lossy(&output.stderr).trim().to_owned(),
    }))
}

/// Clones a repository into `name` below a folder.
///
/// # Errors
/// There is no git. What git refuses is the inner error.
pub(crate) fn clone(
    repository: &str,
    folder: &Path,
    name: &str,
    check_certificates: bool,
) -> Result<Result<(), Failure>> {
    // After `--` nothing is an option.
    Ok(git(folder, &["clone", "--", repository, name], check_certificates)?.map(drop))
}

/// Checks a version out, and gives what git printed.
///
/// # Errors
/// There is no git, or the version looks like an option. What git refuses is the inner error.
pub(crate) fn check_out(repository: &Path, version: &str) -> Result<Result<String, Failure>> {
    if version.starts_with('-') {
        return Err(Error::new(format!("'{version}' is no version of a git repository")));
    }
    let done = git(repository, &["-c", "advice.detachedHead=false", "checkout", version], true)?;
    Ok(done.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()))
}

/// The commit that is checked out.
///
/// # Errors
/// git says no.
pub(crate) fn commit(repository: &Path) -> Result<String> {
    let output = git(repository, &["rev-parse", "HEAD"], true)?.map_err(Failure::into_error)?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Writes what is checked out to a tar archive, without what the repository leaves out of its archives.
///
/// # Errors
/// git says no.
pub(crate) fn archive(repository: &Path, archive: &Path) -> Result<()> {
    let option = format!("--output={}", archive.display());
    git(repository, &["archive", "--format=tar", &option, "HEAD"], true)?.map_err(Failure::into_error)?;
    Ok(())
}

impl Failure {
    fn into_error(self) -> Error {
        Error::new(format!("{} failed", self.command)).cause(self.said)
    }
}
