use std::process::Stdio;

use async_trait::async_trait;
use diag::{Error, Result};
use tokio::process::Command;

use crate::{Connection, Pipe, Target, child};

/// A place that a program on this machine leads into, such as a container: the program is given a command to run there.
pub(crate) struct Wrapped {
    name: String,
    way: &'static Way,
    place: String,
    user: Option<String>,
}

/// How a program is told to run a command somewhere.
#[derive(Debug)]
pub(crate) struct Way {
    /// The program.
    program: &'static str,
    /// Its arguments before the place.
    before: &'static [&'static str],
    /// Its flag for the user there, if it has one.
    user: Option<&'static str>,
    /// Its arguments between the place and the command.
    after: &'static [&'static str],
}

/// A container of Docker.
pub(crate) static DOCKER: Way =
    Way { program: "docker", before: &["exec", "-i"], user: Some("--user"), after: &[] };
/// A container of Podman.
pub(crate) static PODMAN: Way =
    Way { program: "podman", before: &["exec", "-i"], user: Some("--user"), after: &[] };
/// A pod of Kubernetes.
pub(crate) static KUBECTL: Way =
    Way { program: "kubectl", before: &["exec", "-i"], user: None, after: &["--"] };
/// A folder that holds a whole system.
pub(crate) static CHROOT: Way = Way { program: "chroot", before: &[], user: None, after: &[] };

impl Wrapped {
    /// Sees whether commands run there.
    ///
    /// # Errors
    /// When the program is missing, or says that the place is.
    pub(crate) async fn connect(target: &Target, way: &'static Way) -> Result<Wrapped> {
        let place = target.host.clone();
        if place.is_empty() || place.starts_with('-') {
            return Err(Error::new(format!("'{place}' can't be a place for '{}'", way.program)));
        }
        if let (Some(user), None) = (&target.user, way.user) {
            return Err(Error::new(format!("{} can't log in as '{user}'", way.program))
                .hint("leave out ansible_user, and use become for another user"));
        }
        let connection = Wrapped { name: target.name.clone(), way, place, user: target.user.clone() };
        let mut command = connection.command("true");
        let output = command.stdin(Stdio::null()).kill_on_drop(true).output();
        let failed = || Error::new(format!("{} can't run commands in '{}'", way.program, connection.place));
        let limit = target.connect_timeout;
        let output = tokio::time::timeout(limit, output)
            .await
            .map_err(|_| failed().cause(format!("no answer for {} seconds", limit.as_secs_f64())))?
            .map_err(|error| {
                failed().cause(error).hint(format!("is '{}' installed on this machine?", way.program))
            })?;
        match output.status.success() {
            true => Ok(connection),
            false => Err(failed().cause(String::from_utf8_lossy(&output.stderr).trim())),
        }
    }

    fn command(&self, line: &str) -> Command {
        let mut command = Command::new(self.way.program);
        command.args(self.way.before);
        if let (Some(flag), Some(user)) = (self.way.user, &self.user) {
            command.args([flag, user]);
        }
        command.arg(&self.place).args(self.way.after).args(["/bin/sh", "-c", line]);
        command
    }
}

#[async_trait]
impl Connection for Wrapped {
    async fn exec(&self, command: &str) -> Result<Pipe> {
        child::spawn(self.command(command)).map_err(|error| error.host(&self.name))
    }

    async fn close(&self) {}

    fn name(&self) -> &str {
        &self.name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(way: &'static Way, user: Option<&str>) -> Vec<String> {
        let place =
            Wrapped { name: "web1".to_owned(), way, place: "box".to_owned(), user: user.map(str::to_owned) };
        let command = place.command("id -u");
        let command = command.as_std();
        [command.get_program()]
            .into_iter()
            .chain(command.get_args())
            .map(|word| word.to_string_lossy().into_owned())
            .collect()
    }

    #[test]
    fn each_program_is_told_in_its_own_way() {
        assert_eq!(
            words(&DOCKER, Some("www")),
            ["docker", "exec", "-i", "--user", "www", "box", "/bin/sh", "-c", "id -u"]
        );
        assert_eq!(words(&PODMAN, None), ["podman", "exec", "-i", "box", "/bin/sh", "-c", "id -u"]);
        assert_eq!(words(&KUBECTL, None), ["kubectl", "exec", "-i", "box", "--", "/bin/sh", "-c", "id -u"]);
        assert_eq!(words(&CHROOT, None), ["chroot", "box", "/bin/sh", "-c", "id -u"]);
    }

    #[tokio::test]
    async fn a_place_that_is_not_there_is_told_at_once() {
        let mut target = Target::new("web1");
        target.host = "/nonexistent".to_owned();
        let error = Wrapped::connect(&target, &CHROOT).await.err().unwrap();
        assert_eq!(error.message(), "chroot can't run commands in '/nonexistent'");
        target.user = Some("alice".to_owned());
        assert!(
            Wrapped::connect(&target, &CHROOT)
                .await
                .err()
                .unwrap()
                .message()
                .contains("can't log in as 'alice'")
        );
        target.host = "-v".to_owned();
        assert!(Wrapped::connect(&target, &DOCKER).await.is_err());
    }
}
