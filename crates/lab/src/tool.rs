use std::path::{Path, PathBuf};
use std::process::Command;

use diag::{Error, Result};

/// A program that a lab runs on this machine, and the Debian package that has it.
pub(crate) struct Tool {
    name: &'static str,
    package: &'static str,
}

pub(crate) const CP: Tool = Tool { name: "cp", package: "coreutils" };
pub(crate) const DEBOOTSTRAP: Tool = Tool { name: "debootstrap", package: "debootstrap" };
pub(crate) const HOSTNAME: Tool = Tool { name: "hostname", package: "hostname" };
pub(crate) const IP: Tool = Tool { name: "ip", package: "iproute2" };
pub(crate) const MOUNT: Tool = Tool { name: "mount", package: "mount" };
pub(crate) const NEWUIDMAP: Tool = Tool { name: "newuidmap", package: "uidmap" };
pub(crate) const NSENTER: Tool = Tool { name: "nsenter", package: "util-linux" };
pub(crate) const SETPRIV: Tool = Tool { name: "setpriv", package: "util-linux" };
pub(crate) const SSHD: Tool = Tool { name: "sshd", package: "openssh-server" };
pub(crate) const SSH_KEYGEN: Tool = Tool { name: "ssh-keygen", package: "openssh-client" };
pub(crate) const SUDO: Tool = Tool { name: "sudo", package: "sudo" };
pub(crate) const SYSTEMD_NSPAWN: Tool = Tool { name: "systemd-nspawn", package: "systemd-container" };
pub(crate) const UNSHARE: Tool = Tool { name: "unshare", package: "util-linux" };

/// Where system programs are; an ordinary user's own `PATH` often lacks the last ones.
pub(crate) const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

impl Tool {
    fn path(&self) -> Option<PathBuf> {
        PATH.split(':').map(|folder| Path::new(folder).join(self.name)).find(|path| path.is_file())
    }

    /// A command that runs it with a bare environment: what this process was given, such as tokens, stays here.
    pub(crate) fn command(&self) -> Result<Command> {
        let path = self.path().ok_or_else(|| missing(&[self]))?;
        let mut command = Command::new(path);
        command.env_clear().env("PATH", PATH);
        Ok(command)
    }
}

/// An error that names all of the programs that are not there, and how to get them.
pub(crate) fn require<'a>(tools: impl IntoIterator<Item = &'a Tool>) -> Result<()> {
    let absent: Vec<&Tool> = tools.into_iter().filter(|tool| tool.path().is_none()).collect();
    match absent.is_empty() {
        true => Ok(()),
        false => Err(missing(&absent)),
    }
}

fn missing(tools: &[&Tool]) -> Error {
    let names: Vec<&str> = tools.iter().map(|tool| tool.name).collect();
    let mut packages: Vec<&str> = tools.iter().map(|tool| tool.package).collect();
    packages.sort_unstable();
    packages.dedup();
    Error::new(format!("{} not found", names.join(", ")))
        .hint(format!("apt-get install {}", packages.join(" ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_named_once_with_the_way_to_get_it() {
        let here = Tool { name: "sh", package: "dash" };
        let one = Tool { name: "no-such-one", package: "package" };
        let two = Tool { name: "no-such-two", package: "package" };
        assert!(require([&here]).is_ok());
        let error = require([&here, &one, &two]).unwrap_err();
        assert_eq!(error.message(), "no-such-one, no-such-two not found");
        assert_eq!(error.hints(), ["apt-get install package"]);
    }
}
