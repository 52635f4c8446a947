use std::path::PathBuf;
use std::time::Duration;

use crate::Secret;

/// How to reach one host and as whom, with all settings (variables, command line, configuration) resolved.
#[derive(Clone, Debug)]
pub struct Target {
    /// The host's name in the inventory, for errors.
    pub name: String,
    /// The connection plugin ([`crate::connection_names`]); `smart` is `ssh`.
    pub connection: String,
    /// Name or address to connect to: for `ssh` also the name to look up in `~/.ssh/config`, for containers theirs, for
    /// `chroot` the folder.
    pub host: String,
    /// Port, unless the configuration or the default is to decide.
    pub port: Option<u16>,
    /// User to log in as, unless the configuration or the local user's name is to decide.
    pub user: Option<String>,
    /// Password to log in with.
    pub password: Option<Secret>,
    /// A private key to try before all others.
    pub private_key_file: Option<PathBuf>,
    /// What the private key files are encrypted with.
    pub key_passphrase: Option<Secret>,
    /// Further arguments of the `ssh` program (`ansible_ssh_args`, `ansible_ssh_common_args`,
    /// `ansible_ssh_extra_args`), split as a shell does.
    pub ssh_args: Vec<String>,
    /// False accepts any host key.
    pub host_key_checking: bool,
    /// Accept and remember the key of a host that was never seen before.
    pub accept_new: bool,
    /// How long connecting and logging in may take together.
    pub connect_timeout: Duration,
    /// How often connecting is tried again if the host can't be reached or hangs up before the login.
    pub retries: u32,
    /// The `ssh` program of the `openssh` connection.
    pub ssh_executable: Option<String>,
}

impl Target {
    /// A host that is reached by ssh under its own name, with every setting at its default.
    pub fn new(name: impl Into<String>) -> Target {
        let name = name.into();
        Target {
            host: name.clone(),
            name,
            connection: "ssh".to_owned(),
            port: None,
            user: None,
            password: None,
            private_key_file: None,
            key_passphrase: None,
            ssh_args: Vec::new(),
            host_key_checking: true,
            accept_new: false,
            connect_timeout: Duration::from_secs(10),
            retries: 0,
            ssh_executable: None,
        }
    }
}
