use std::path::Path;

use module::{Arguments, HostPath, Module, Outcome};
use schemars::JsonSchema;
use serde::Deserialize;
use system::{Command, Error, Output, Result, System};

/// Checks out a Subversion repository and brings the copy up to date.
///
/// The host needs the program `svn`. A password is handed to it on its standard input.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Subversion {
    /// The repository's address.
    #[schemars(extend("aliases" = ["name", "repository"]))]
    repo: String,
    /// Where the copy goes; it need not be given if nothing is checked out, updated or exported.
    dest: Option<HostPath>,
    /// Which revision.
    #[serde(default = "head")]
    #[schemars(extend("aliases" = ["rev", "version"]))]
    revision: String,
    /// Throw away local changes; without it they are a failure.
    #[serde(default)]
    force: bool,
    /// Check out into a folder that is there and is no copy yet.
    #[serde(default)]
    in_place: bool,
    /// The user for a login.
    username: Option<String>,
    /// The password for a login.
    password: Option<String>,
    /// The svn program, if it is not the one in `PATH`.
    executable: Option<HostPath>,
    /// Check out if there is no copy.
    #[serde(default = "yes")]
    checkout: bool,
    /// Bring a copy that is there up to date.
    #[serde(default = "yes")]
    update: bool,
    /// Export the files alone, which makes no copy that could be brought up to date.
    #[serde(default)]
    export: bool,
    /// If a copy is of another address, switch it before it is brought up to date.
    #[serde(default = "yes")]
    switch: bool,
    /// Whether the server's certificate is checked.
    #[serde(default)]
    validate_certs: bool,
}

fn head() -> String {
    "HEAD".into()
}

fn yes() -> bool {
    true
}

impl Arguments for Subversion {
    const NAME: &'static str = "subversion";
    const EXAMPLES: &'static str = r#"
- name: The trunk
  subversion:
    repo: https://svn.example.org/project/trunk
    dest: /srv/project
    revision: "1234"
"#;
}

/// What svn tells of a copy: the lines of revision and address.
type Identity = Vec<String>;

impl Module for Subversion {
    fn run(self, host: &mut System) -> Result<Outcome> {
        let Some(dest) = &self.dest else {
            if self.checkout || self.update || self.export {
                // Playbooks look for these words.
                return Err(Error::failed(
                    "the destination directory must be specified unless checkout=no, update=no, and export=no",
                ));
            }
            let after = self.remote_revision(host, None)?;
            return Ok(Outcome::new().with("after", after).changed(false));
        };
        let dest = dest.expand(host)?;
        let shown = dest.to_string_lossy().into_owned();
        if self.export || host.follow(&dest)?.is_none() {
            return self.fetch(host, &shown);
        }
        if self.identity(host, &shown)?.is_some() {
            return self.bring_up_to_date(host, &shown);
        }
        if self.in_place {
            self.act(host, "checkout", &["checkout", "--force", "-r", &self.revision, &self.repo, &shown])?;
            if self.force && self.has_changes(host, &shown)? {
                self.act(host, "revert", &["revert", "-R", &shown])?;
            }
            return self.tell(host, &dest, None);
        }
        let message = format!("ERROR: {shown} folder already exists, but its not a subversion repository.");
        Err(Error::failed(message))
    }
}

impl Subversion {
    fn fetch(&self, host: &mut System, dest: &str) -> Result<Outcome> {
        if self.export {
            let force = if self.force { vec!["--force"] } else { Vec::new() };
            let words = ["export"].into_iter().chain(force).chain(["-r", &self.revision, &self.repo, dest]);
            self.act(host, "export", &words.collect::<Vec<_>>())?;
            return Ok(Outcome::new());
        }
        if !self.checkout {
            let after = self.remote_revision(host, None)?;
            return Ok(Outcome::new().with("after", after).changed(false));
        }
        self.act(host, "checkout", &["checkout", "-r", &self.revision, &self.repo, dest])?;
        self.tell(host, Path::new(dest), None)
    }

    fn bring_up_to_date(&self, host: &mut System, dest: &str) -> Result<Outcome> {
        let before = self.identity(host, dest)?;
        if !self.update {
            let after = self.remote_revision(host, Some(dest))?;
            return Ok(Outcome::new().with("before", before).with("after", after).changed(false));
        }
        if self.has_changes(host, dest)? {
            if !self.force {
                return Err(Error::failed("ERROR: modified files exist in the repository."));
            }
            self.act(host, "revert", &["revert", "-R", dest])?;
        }
        let address = |identity: &Identity| {
            identity.iter().find_map(|line| line.strip_prefix("URL: ").map(str::to_owned))
        };
        let elsewhere =
            before.as_ref().and_then(address).is_some_and(|found| found != self.repo.trim_end_matches('/'));
        if self.switch && elsewhere {
            self.act(host, "switch", &["switch", "-r", &self.revision, &self.repo, dest])?;
        } else {
            let wanted = self.remote_revision(host, Some(dest))?;
            let number = |identity: &Identity| identity.first().map(|line| line.replace("Revision: ", ""));
            if before.as_ref().and_then(number) == number(&wanted) {
                return Ok(Outcome::new().with("before", before.clone()).with("after", before));
            }
            self.act(host, "update", &["update", "-r", &self.revision, dest])?;
        }
        self.tell(host, Path::new(dest), before)
    }

    fn tell(&self, host: &mut System, dest: &Path, before: Option<Identity>) -> Result<Outcome> {
        // A dry run has made none.
        let after = match host.follow(dest)? {
            Some(_) => self.identity(host, &dest.to_string_lossy())?,
            None => None,
        };
        Ok(Outcome::new().with("before", before).with("after", after))
    }

    /// What is checked out; nothing if it is no copy.
    fn identity(&self, host: &mut System, dest: &str) -> Result<Option<Identity>> {
        let output = self.ask(host, &["info", dest])?;
        Ok(output.success().then(|| identity(&output)))
    }

    /// The revision that is wanted, as the server has it.
    fn remote_revision(&self, host: &mut System, dest: Option<&str>) -> Result<Identity> {
        let words = ["info", "-r", &self.revision, dest.unwrap_or(&self.repo)];
        Ok(identity(&self.ask(host, &words)?.checked("svn does not tell the revision")?))
    }

    fn has_changes(&self, host: &mut System, dest: &str) -> Result<bool> {
        let output = self.ask(host, &["status", "--quiet", "--ignore-externals", dest])?;
        let output = output.checked("svn does not tell what has changed")?;
        Ok(output.stdout().lines().any(|line| !line.trim().is_empty() && !line.starts_with(['?', 'X'])))
    }

    fn ask(&self, host: &mut System, words: &[&str]) -> Result<Output> {
        let command = self.command(host, words)?;
        host.query(&command)
    }

    fn act(&self, host: &mut System, verb: &str, words: &[&str]) -> Result<()> {
        let command = self.command(host, words)?;
        let dest = words.last().copied().unwrap_or_default();
        host.act("subversion copy", dest, verb, |backend| {
            backend.carry_out(&command, &format!("svn can't {verb} {}", self.repo)).map(drop)
        })
    }

    fn command(&self, host: &mut System, words: &[&str]) -> Result<Command> {
        let program = match &self.executable {
            Some(path) => path.expand(host)?.to_string_lossy().into_owned(),
            None => "svn".to_owned(),
        };
        if host.find_program(&program)?.is_none() {
            return Err(Error::failed(format!("Failed to find required executable \"{program}\" in paths")));
        }
        let mut command =
            Command::new([program.as_str(), "--non-interactive", "--no-auth-cache"]).env("LC_ALL", "C.UTF-8");
        if !self.validate_certs {
            command = command.arg("--trust-server-cert");
        }
        if let Some(user) = &self.username {
            command = command.args(["--username", user]);
        }
        if let Some(password) = &self.password {
            // Older ones could only be told where everybody sees it.
            command = command.arg("--password-from-stdin").input(password.clone().into_bytes());
        }
        Ok(command.args(words.iter().copied()))
    }
}

fn identity(output: &Output) -> Identity {
    let text = output.stdout();
    let line = |start: &str| text.lines().find(|line| line.starts_with(start)).map(str::to_owned);
    [line("Revision: "), line("URL: ")].into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn revision_and_address_are_told() {
        let output =
            Output { stdout: b"Path: x\nURL: https://h/r\nRevision: 7\n".to_vec(), ..Output::default() };
        assert_eq!(identity(&output), ["Revision: 7", "URL: https://h/r"]);
    }
}
