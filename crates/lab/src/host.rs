use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Output, Stdio};
use std::sync::Arc;
use std::time::Instant;

use diag::{Error, Result};

use crate::keeper::PATIENCE;
use crate::namespaces::Namespaces;

/// One host of a [`crate::Lab`]. A clone is the same host, and does not keep it alive.
#[derive(Clone, Debug)]
pub struct LabHost {
    /// Its name in the inventory, and its own host name.
    pub name: String,
    /// Where its OpenSSH server is reached.
    pub address: String,
    /// And at which port.
    pub port: u16,
    /// Who logs in unless said otherwise.
    pub user: String,
    pub(crate) namespaces: Arc<Namespaces>,
}

impl LabHost {
    /// Runs a shell script as root on the host, not through SSH: for preparing it and looking at it.
    ///
    /// # Errors
    ///
    /// The host has ended, or the shell can't be started. A script that fails is no error; see its status.
    pub fn shell(&self, script: &str) -> Result<Output> {
        self.namespaces
            .command("/bin/sh")
            .map_err(|error| error.host(&self.name))?
            .args(["-c", script])
            .env("HOME", "/root")
            .stdin(Stdio::null())
            .output()
            .map_err(|error| Error::new("a shell can't be started").cause(error).host(&self.name))
    }

    /// The folder in which this machine sees the host's file system, for as long as the host lives.
    ///
    /// # Errors
    ///
    /// The host has ended, or is rebooting.
    pub fn root(&self) -> Result<PathBuf> {
        self.namespaces.root().map_err(|error| error.host(&self.name))
    }

    /// A socket of this process that listens at a port of the host's own loopback device: a way out of a host that has no
    /// network, to this process and no farther.
    ///
    /// # Errors
    ///
    /// The port is taken, the host has ended, or this process is not root.
    pub fn listen(&self, port: u16) -> Result<TcpListener> {
        self.namespaces.listen(port).map_err(|error| error.host(&self.name))
    }

    /// Waits until the host has booted, as after a reboot of a machine host; a sandbox host has nothing to boot.
    ///
    /// # Errors
    ///
    /// It did not within two minutes, or it has ended.
    pub fn wait_until_booted(&self) -> Result<()> {
        let booted = self.namespaces.wait_until_booted(Instant::now() + PATIENCE);
        booted.map_err(|error| error.host(&self.name))
    }

    /// Ends the host as a power failure would; connections to it break and new ones are refused.
    ///
    /// # Errors
    ///
    /// The system does not permit it.
    pub fn kill(&self) -> Result<()> {
        self.namespaces.kill().map_err(|error| error.host(&self.name))
    }
}
